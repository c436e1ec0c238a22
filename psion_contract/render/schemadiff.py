"""What a change between two schemas breaks, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps
from typing import Any

from psion_contract.quoting import printable, quoted
from psion_contract.render.text import Paint
from psion_contract.schema_tools.diff import Change, Comparison
from psion_contract.schema_tools.fitting import MISSING
from psion_contract.schema_tools.shown import shown
from psion_contract.schema_tools.witness import Witness

_SHOWN = 3
"""Of further members in which the same changed, so many are named; the others are counted."""

_DIRECTIONS = {
    "producers": "was valid and no longer is",
    "consumers": "is valid and was not before",
}


def as_text(comparison: Comparison, paint: Paint) -> str:
    """A block for each change, then what is harmless, then the count; with a newline at the end.

    The same change of several members, which one definition can bring about, is one block.
    """
    alike: dict[tuple[object, ...], list[Change]] = {}
    for change in comparison.changes:
        told = (change.message, *change.when, change.verdict, not change.producers, not change.consumers)
        alike.setdefault(told, []).append(change)
    blocks = ["\n".join(_block(first, others, paint)) for first, *others in alike.values()]
    if comparison.remarks:
        rows = (f"#{pointer.removesuffix('/')}: {words}" for pointer, words in comparison.remarks)
        blocks.append("\n".join([paint("dim", "harmless"), *(f"  {printable(row)}" for row in rows)]))
    return "\n\n".join([*blocks, _closing(comparison, paint)]) + "\n"


def as_json(comparison: Comparison) -> str:
    """The comparison as JSON, with the whole documents that show the changes."""
    value = {
        "old": comparison.old,
        "new": comparison.new,
        "breaks": comparison.breaks,
        "changes": [_change(change) for change in comparison.changes],
        "harmless": [{"pointer": pointer, "message": words} for pointer, words in comparison.remarks],
    }
    return dumps(value, ensure_ascii=False, indent=2) + "\n"


def _block(change: Change, others: list[Change], paint: Paint) -> Iterator[str]:
    condition = f" (where {' and '.join(change.when)})" if change.when else ""
    heading = f"{change.pointer or '(the whole document)'}: {change.message}{condition}"
    yield paint("bold", printable(heading))
    if others:
        named = printable(", ".join(other.pointer for other in others[:_SHOWN]))
        rest = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        yield f"  also {named}{rest}"
    for whom, consequence in _DIRECTIONS.items():
        witness = getattr(change, whom)
        if witness is not None:
            yield f"  {paint('error', f'breaks {whom}')}: {_document(witness)} {consequence}"
    if change.verdict == "undecided":
        yield f"  {paint('warning', 'undecided')}: no document was found that tells the two apart; judge by hand"
    if change.verdict == "harmless":
        yield "  harmless: no document can tell the two apart"


def _document(witness: Witness) -> str:
    """A document in words."""
    base = f"fixtures/{witness.base}" if witness.base else "a document"
    if witness.value is MISSING:
        return f"{base} without {_whole(witness.pointer)}"
    if not witness.pointer:
        return base if isinstance(witness.value, dict) else f"the value {shown(witness.value)}"
    return f"{base} with {shown(witness.value)} at {_whole(witness.pointer)}"


def _whole(pointer: str) -> str:
    """A pointer in quotes, never shortened: it has to lead there."""
    return quoted(pointer, len(pointer))


def _closing(comparison: Comparison, paint: Paint) -> str:
    changes = comparison.changes
    if not changes:
        return paint("good", "no change of what is valid")
    counts = {
        "for producers": sum(change.producers is not None for change in changes),
        "for consumers": sum(change.consumers is not None for change in changes),
        "undecided": sum(change.verdict == "undecided" for change in changes),
    }
    breaking = sum(change.verdict == "breaking" for change in changes)
    told = ", ".join(f"{count} {words}" for words, count in counts.items())
    closing = paint("bold", f"{breaking} breaking change{'s' if breaking != 1 else ''}: {told}")
    return f"{closing}; --format json has the documents in full" if breaking else closing


def _change(change: Change) -> dict[str, Any]:
    return {
        "pointer": change.pointer,
        "keyword": change.keyword,
        "message": change.message,
        "when": change.when,
        "was": change.was,
        "now": change.now,
        "verdict": change.verdict,
        "producers": _witness(change.producers),
        "consumers": _witness(change.consumers),
    }


def _witness(witness: Witness | None) -> dict[str, Any] | None:
    if witness is None:
        return None
    base = f"fixtures/{witness.base}" if witness.base else None
    return {"pointer": witness.pointer, "base": base, "document": witness.document}
