"""The checker imported again, with the code of one module changed, and the conformance pack run against it."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType, ModuleType, SimpleNamespace
from typing import Any

import psion_contract
from psion_contract.conformance.pack import Case, Vector, load_cases, load_vectors
from psion_contract.conformance.runner import request_of
from psion_contract.documents import loading, schemas
from psion_contract.reading.json_reader import read

_ROOT = Path(psion_contract.__file__).parent
RULES = [f"rules.{path.stem}" for path in sorted((_ROOT / "rules").glob("[!_]*.py"))]
"""The modules of the rules."""

_DOCUMENTS = ("kinds", "digests", "stage_kinds", "document", "loading", "confusables")
ANEW = {
    *(
        "catalog",
        "rules",
        *RULES,
        "resolution",
        "identities",
        "checker",
        "conformance.answering",
    ),
    *(f"documents.{name}" for name in _DOCUMENTS),
}
"""The modules that a world makes anew, by name below the package; all others are shared."""


def source(module: str) -> tuple[str, str]:
    """The text of a module, and the path of its file."""
    path = _ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return path.read_text(encoding="utf-8"), str(path)


@cache
def _code(module: str) -> CodeType:
    return compile(*source(module), "exec")


class World:
    """A checker of its own.

    Args:
        changed: the module whose code is replaced.
        code: what replaces it.
    """

    def __init__(self, changed: str = "", code: CodeType | None = None) -> None:
        self._codes = {changed: code} if code else {}
        self.modules: dict[str, ModuleType] = {}
        self.answer: Callable[[Any], Any] = self._module("conformance.answering").answer
        own_loading: Any = self.modules["documents.loading"]
        own_loading.read, own_loading.schemas, own_loading._violations = _read, _SCHEMAS, _violations
        if changed not in ("documents.digests", "documents.kinds"):
            digests = self.modules["documents.digests"]
            for name in ("model_descriptor_digest", "tokenizer_binding_digest", "tensor_layout_preimage"):
                setattr(digests, name, _remembered(name, getattr(digests, name)))

    def fails(self, item: Case | Vector) -> bool:
        """Whether the answer to a case or a vector is not the expected one, or there is none."""
        try:
            answer = self.answer(_request(item.id))
        except Exception:
            return True
        if isinstance(item, Vector):
            return bool(answer != {"preimage": item.preimage, "sha256": item.sha256})
        related: dict[tuple[str, str, str], set[tuple[str, str]]] = {}
        for each in answer["findings"]:
            others = {(other["document"], other["pointer"]) for other in each["related"]}
            related.setdefault((each["rule"], each["document"], each["pointer"]), set()).update(others)
        return bool(
            answer["verdict"] != item.verdict
            or related.keys() != item.findings
            or any(others != item.related.get(key, frozenset()) for key, others in related.items())
        )

    def _module(self, name: str) -> ModuleType:
        if name not in self.modules:
            module = self.modules[name] = ModuleType(f"psion_contract.{name}")
            module.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._import}
            exec(self._codes.get(name) or _code(name), module.__dict__)
        return self.modules[name]

    def _import(self, name: str, *arguments: Any) -> Any:
        """What an import statement of one of its modules gives; ``from … import`` only."""
        wanted: Sequence[str] = (arguments[2] if len(arguments) > 2 else ()) or ()
        package, _, short = name.partition(".")
        below = [f"{short}.{each}".lstrip(".") for each in wanted]
        if package != "psion_contract" or (short not in ANEW and ANEW.isdisjoint(below)):
            return builtins.__import__(name, *arguments)
        found: Any = self._module(short) if short in ANEW else SimpleNamespace()
        for each, path in zip(wanted, below, strict=True):
            if path in ANEW:
                setattr(found, each, self._module(path))
            elif short not in ANEW:
                real = import_module(name)
                setattr(found, each, getattr(real, each, None) or import_module(f"psion_contract.{path}"))
        return found


@cache
def items() -> dict[str, Case | Vector]:
    """Every case and vector, by id."""
    return {each.id: each for each in (*load_cases(), *load_vectors())}


def covered(run: Callable[[], object]) -> set[tuple[str, int]]:
    """The lines of a world that are run by a call, by file."""
    lines: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
            return trace
        return trace if frame.f_globals.get("__builtins__") is not builtins.__dict__ else None

    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(None)
    return lines


@cache
def _request(name: str) -> Any:
    return request_of(items()[name])


# Reading and schemas are the same in every world; what they say of a text is remembered.


@cache
def _read(
    data: bytes, limits: Any = None, first_line: int = 1, plain: Any = None, foreign: Any = None
) -> Any:
    return read(data, limits, first_line)


def _remembered(name: str, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def made(value: Any) -> Any:
        known = _MEMORY.get((name, id(value)))
        if known is None:
            # The value is kept too, so that no other one gets its id.
            known = _MEMORY[name, id(value)] = value, make(value)
        return known[1]

    return made


_MEMORY: dict[tuple[str, int], tuple[Any, Any]] = {}
_real_violations = loading._violations


def _violations(name: str, value: Any, limit: int) -> Any:
    return _remembered(f"violations {name}", lambda value: _real_violations(name, value, limit))(value)


_SCHEMAS = SimpleNamespace(is_valid=schemas.is_valid, is_plain=lambda name, value: False)
