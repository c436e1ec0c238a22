"""The checker made anew, with the code of one module changed, and the conformance pack put to it."""

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
from psion_contract.conformance import pack
from psion_contract.conformance.pack import Case, Vector
from psion_contract.conformance.runner import request_of
from psion_contract.documents import schemas
from psion_contract.reading.json_reader import read

_ROOT = Path(psion_contract.__file__).parent
RULES = [
    ".".join(path.relative_to(_ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((_ROOT / "rules").rglob("*.py"))
]
ANEW = {"kinds", "digests", "stages", "library", *RULES, "intake", "checker", "conformance.answer"}
"""The modules that a world makes anew, by name below the package; the others are shared by all."""


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
        self.answer: Callable[[Any], Any] = self._module("conformance.answer").answer
        intake = self.modules["intake"]
        intake.read, intake.schemas = _read, _schemas
        if changed not in ("digests", "kinds"):
            digests = self.modules["digests"]
            for name in ("model_descriptor_digest", "tokenizer_binding_digest", "tensor_layout_preimage"):
                setattr(digests, name, _remembered(name, getattr(digests, name)))

    def fails(self, case: Case | Vector) -> bool:
        """Whether the answer to a case or a vector is not the expected one, or there is none."""
        try:
            answer = self.answer(_request(case.id))
        except Exception:
            return True
        if isinstance(case, Vector):
            return bool(answer != {"preimage": case.preimage, "sha256": case.sha256})
        found = {(each["rule"], each["document"], each["pointer"]) for each in answer["findings"]}
        return bool(answer["verdict"] != case.verdict or found != case.findings)

    def _module(self, name: str) -> ModuleType:
        if name not in self.modules:
            module = self.modules[name] = ModuleType(f"psion_contract.{name}")
            module.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._import}
            exec(self._codes.get(name) or _code(name), module.__dict__)
        return self.modules[name]

    def _import(self, name: str, *arguments: Any) -> Any:
        """What an import statement of one of its modules gives."""
        wanted: Sequence[str] = arguments[2] if len(arguments) > 2 else ()
        package, _, short = name.partition(".")
        if package != "psion_contract" or (short and short not in ANEW):
            return builtins.__import__(name, *arguments)
        found: Any = self._module(short) if short else SimpleNamespace()
        for each in wanted or ():
            below = f"{short}.{each}".lstrip(".")
            if below in ANEW:
                setattr(found, each, self._module(below))
            elif not short:
                setattr(found, each, import_module(f"psion_contract.{each}"))
        return found


@cache
def items() -> dict[str, Case | Vector]:
    """Every case and vector, by id."""
    return {each.id: each for each in (*pack.load_cases(), *pack.load_vectors())}


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
def _read(data: bytes, limits: Any, first_line: int, plain: Any) -> Any:
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


def _is_valid(name: str, value: Any) -> bool:
    return bool(_remembered(name, lambda value: schemas.is_valid(name, value))(value))


def _violations(name: str, value: Any, most: int) -> Any:
    return _remembered(f"{name} violations", lambda value: schemas.violations(name, value, most))(value)


_schemas = SimpleNamespace(is_valid=_is_valid, violations=_violations, is_plain=lambda name, value: False)
