"""Small changes of Python source, each of which some test should notice.

What only makes messages, and the values that they quote, is not changed: no test of verdicts can notice it.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

_WORDING_CALLS = {"excerpt", "listed", "quoted", "counted", "printable", "Skipped", "LeftAlone"}
_WORDING_KEYWORDS = {"message", "expected", "actual", "keyword", "position", "strict"}
_SHIFTED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_OTHER_OPERATOR = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Mod: ast.Mult}
_OTHER_CALL = {"any": "all", "all": "any", "min": "max", "max": "min"}


class Mutant(NamedTuple):
    """A module with one change.

    Attributes:
        name: function, the old code and the new code; with a number if another mutant has the same.
        lines: where.
        code: the module, compiled.
    """

    name: str
    lines: range
    code: Any


def mutants(source: str, file: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    tree = ast.parse(source)
    module = _Module(tree)
    times: Counter[str] = Counter()
    for holder, field, index, node, changed in list(_changes(module)):
        values = getattr(holder, field)
        if index is None:
            setattr(holder, field, changed)
        else:
            setattr(
                holder,
                field,
                [*values[:index], *([] if changed is None else [changed]), *values[index + 1 :]],
            )
        code = compile(ast.fix_missing_locations(tree), file, "exec")
        setattr(holder, field, values)
        after = "nothing" if changed is None or isinstance(changed, ast.Pass) else ast.unparse(changed)
        name = f"{module.function(node)}: {ast.unparse(node)} -> {after}"
        times[name] += 1
        if times[name] > 1:
            name += f" #{times[name]}"
        yield Mutant(name, range(node.lineno, (node.end_lineno or node.lineno) + 1), code)


NodeChange = tuple[ast.AST, str, int | None, ast.AST, ast.AST | None]
"""The node that holds the changed one, the field and the index in it, the node, and what comes in its place."""


def _changes(module: _Module) -> Iterator[NodeChange]:
    for node, (holder, field, index) in module.places.items():
        if module.is_wording(node):
            continue
        for changed in _instead(node, module):
            yield holder, field, index, node, changed
        if _is_element(holder, field) and not module.is_type(holder):
            yield holder, field, index, node, None


def _instead(node: ast.AST, module: _Module) -> Iterator[ast.AST]:
    """What a node can be changed into."""
    if module.is_condition(node):
        yield from (ast.Constant(value) for value in (True, False))
    match node:
        case ast.Compare(left, [operator], right) if type(operator) in _SHIFTED:
            yield ast.Compare(left, [_SHIFTED[type(operator)]()], right)
        case ast.BoolOp(values=values) if not module.is_condition(node):
            yield from values
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, operator, right) if type(operator) in _OTHER_OPERATOR:
            yield ast.BinOp(left, _OTHER_OPERATOR[type(operator)](), right)
        case ast.Constant(value) if type(value) is int:
            yield ast.Constant(value + 1)
        case ast.Dict(keys, values):
            for left in range(len(keys)):
                kept = [index for index in range(len(keys)) if index != left]
                yield ast.Dict([keys[index] for index in kept], [values[index] for index in kept])
        case ast.Slice(lower, upper):
            yield from (ast.Slice(None, upper) for _ in [0] if lower)
            yield from (ast.Slice(lower, None) for _ in [0] if upper)
        case ast.Expr(ast.Call(ast.Attribute(value, "setdefault"), arguments)):
            yield ast.Pass()
            yield ast.Expr(ast.Call(ast.Attribute(value, "__setitem__", ast.Load()), arguments, []))
        case ast.Expr(value) if not isinstance(value, ast.Constant):
            yield ast.Pass()
        case ast.Call(ast.Name(name), arguments, keywords) if name in _OTHER_CALL:
            yield ast.Call(ast.Name(_OTHER_CALL[name], ast.Load()), arguments, keywords)
        case ast.AugAssign() | ast.Continue() | ast.Break():
            yield ast.Pass()


def _is_element(holder: ast.AST, field: str) -> bool:
    """Whether the node can be left out: items, pieces of strings, operands, decorators."""
    if isinstance(holder, (ast.Tuple, ast.List)):
        return field == "elts" and isinstance(holder.ctx, ast.Load)
    if isinstance(holder, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return field == "decorator_list"
    return isinstance(holder, (ast.Set, ast.JoinedStr)) and field in ("elts", "values")


class _Module:
    """A syntax tree whose nodes know their place, and whether they only make words.

    Attributes:
        places: of each expression, statement and so on, what holds it, in which field and at which index.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.places: dict[ast.AST, tuple[ast.AST, str, int | None]] = {}
        self._bound: dict[ast.AST | None, set[str]] = {None: set()}
        self._place(tree)
        self._words: set[tuple[ast.AST | None, str]] = set()
        loads: dict[tuple[ast.AST | None, str], list[ast.AST]] = {}
        for node in self.places:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                loads.setdefault((self._scope(node, node.id), node.id), []).append(node)
        while more := {
            name
            for name, nodes in loads.items()
            if name not in self._words and all(map(self.is_wording, nodes))
        }:
            self._words |= more

    def function(self, node: ast.AST) -> str:
        """The name of the function that contains the node, or that it is."""
        names = [each.name for each in (node, *self._holders(node)) if isinstance(each, ast.FunctionDef)]
        return ".".join(reversed(names)) or "module"

    def is_condition(self, node: ast.AST) -> bool:
        """Whether only the truth of an expression counts."""
        holder, field, _ = self.places[node]
        if isinstance(holder, ast.BoolOp) or (
            isinstance(holder, ast.UnaryOp) and isinstance(holder.op, ast.Not)
        ):
            return self.is_condition(holder) or isinstance(holder, ast.UnaryOp)
        return field in ("test", "ifs") or (
            isinstance(holder, (ast.Return, ast.Lambda)) and isinstance(node, (ast.Compare, ast.BoolOp))
        )

    def is_type(self, node: ast.AST) -> bool:
        """Whether the node is in square brackets."""
        return any(
            self.places[each][1] == "slice" for each in (node, *self._holders(node)) if each in self.places
        )

    def is_wording(self, node: ast.AST) -> bool:
        """Whether what it makes ends up in words for people only."""
        holder, field, index = self.places[node]
        match holder:
            case ast.Call(ast.Name("Flaw")) if field == "args":
                return index in (2, 3, 4)
            case ast.Call(ast.Name("finding")) if field == "args":
                return (index or 0) >= 3
            case ast.Call(ast.Name("Related")) if field == "args":
                return (index or 0) >= 2
            case ast.Call(ast.Name(name)) if field == "args" and name in _WORDING_CALLS:
                return True
            case ast.Call(ast.Name("check_equal")) if field == "args":
                return index == 4
            case ast.Call(ast.Name("Check")) if field == "args":
                return index == 2
            case ast.keyword(name) if name in _WORDING_KEYWORDS:
                return True
            case ast.Assign([target], _) if field == "value":
                return self._is_words(target)
            case ast.NamedExpr(target) | ast.AugAssign(target) if field == "value":
                return self._is_words(target)
            case ast.Tuple() if field == "elts" and isinstance(self.places[holder][0], ast.Assign):
                (target,) = self.places[holder][0].targets
                if isinstance(target, ast.Tuple) and holder is not target:
                    return self._is_words(target.elts[index or 0])
            case ast.FunctionDef(name) if field == "body" and (None, name) in self._words:
                return True
        if isinstance(node, ast.AugAssign) and self._is_words(node.target):
            return True
        return holder in self.places and self.is_wording(holder)

    def _is_words(self, target: ast.AST) -> bool:
        if isinstance(target, ast.Tuple):
            return all(map(self._is_words, target.elts))
        return isinstance(target, ast.Name) and (self._scope(target, target.id), target.id) in self._words

    def _scope(self, node: ast.AST, name: str) -> ast.AST | None:
        """The function that binds a name which is used at the node; None for the module."""
        return next((each for each in self._holders(node) if name in self._bound.get(each, ())), None)

    def _holders(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.places:
            node = self.places[node][0]
            yield node

    def _place(self, holder: ast.AST, function: ast.AST | None = None) -> None:
        if isinstance(holder, (ast.FunctionDef, ast.Lambda)):
            function, arguments = holder, holder.args
            self._bound[holder] = {each.arg for each in (*arguments.args, *arguments.kwonlyargs)}
        for field, value in ast.iter_fields(holder):
            if field in ("annotation", "returns", "bases", "ctx", "op", "ops"):
                continue
            for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.AST):
                    self.places[node] = (holder, field, index)
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                        self._bound[function].add(node.id)
                    self._place(node, function)
