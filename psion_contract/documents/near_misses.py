"""Objects that are no documents of the contract but mean to be, or that another reader would see.

Section 3 of the contract, "What was shown and not judged".
"""

from __future__ import annotations

from functools import cache
from json import loads
from typing import Any, NamedTuple

from psion_contract.documents import kinds, schemas
from psion_contract.documents.kinds import PROGRAM
from psion_contract.reading.claims import (
    VERSION_MEMBER,
    claimed_version,
    is_spelling_of,
    text_claims,
)
from psion_contract.reading.json_reader import Json, read
from psion_contract.reading.json_text import Problem, Text
from psion_contract.reading.pointers import containers


class NearMiss(NamedTuple):
    """An object that means to be a document.

    Attributes:
        version: of the kind that it means.
        member: the member that should be the ``schema_version``; empty if there is none.
    """

    version: str
    member: str


def near_miss(value: Json) -> NearMiss | None:
    """What an object that is no document means to be; None if it has nothing to do with the contract."""
    for member, version in value.items():
        if isinstance(version, str) and is_spelling_of(member, VERSION_MEMBER):
            claimed = claimed_version(version)
            if claimed is not None:
                return NearMiss(claimed, member)
    version = value.get(VERSION_MEMBER)
    if isinstance(version, str) and version.strip():
        # A reader that ignores the version sees a program all the same.
        is_program = "stages" in value and "checkpoint_family" in value
        return NearMiss(PROGRAM.version, VERSION_MEMBER) if is_program else None
    version = _most_members(value)
    return None if version is None else NearMiss(version, "")


def _most_members(value: Json) -> str | None:
    """The version of the kind most of whose members an object has; None if there is no such kind.

    Of several such kinds, the one of which it has most: a receipt repeats nearly all members of its config.
    """
    if len(value) < 2:
        return None
    names = value.keys()
    found, most = None, 0
    for version, required in _required().items():
        count = len(required & names)
        if 2 * count > len(required) and count > most:
            found, most = version, count
    return found or (PROGRAM.version if _is_like_a_program(value) else None)


@cache
def _required() -> dict[str, frozenset[str]]:
    """By version, the members that a kind requires besides its version; not of the program, which has only three."""
    return {
        version: frozenset(schemas.schema(version)["required"]) - {VERSION_MEMBER}
        for version in kinds.KINDS
        if version != PROGRAM.version
    }


_PROGRAM_LISTS = ("completions", "promotions", "transitions")
_STAGE_MEMBERS = frozenset({"stage_id", "kind", "environment", "status"})


def _is_like_a_program(value: Json) -> bool:
    """Whether an object has the stages of a program, or misspells one of the two members that make a program."""
    stages = value.get("stages")
    if isinstance(stages, list) and stages and isinstance(stages[0], dict):
        return stages[0].keys() >= _STAGE_MEMBERS or any(name in value for name in _PROGRAM_LISTS)
    for right, misspelt in (("stages", "checkpoint_family"), ("checkpoint_family", "stages")):
        if right in value and any(is_spelling_of(name, misspelt) for name in value if len(name) > 3):
            return True
    return False


def is_foreign(data: bytes) -> bool:
    """Whether no object of a JSON text is or means to be a document, whichever of repeated keys a reader keeps.

    Tells quickly of a text for which `claiming_duplicates` finds nothing; false does not mean that it finds something.
    """

    def look(members: list[tuple[str, Any]]) -> Json:
        value = dict(members)
        if kinds.recognise(value) or near_miss(value):
            raise _Meant
        if len(value) < len(members) and any(
            isinstance(item, str) and near_miss({name: item}) for name, item in members
        ):
            raise _Meant
        return value

    try:
        loads(data, object_pairs_hook=look)
    except _Meant:
        return False
    return not text_claims(data)


class _Meant(Exception):  # noqa: N818 - control flow, not an error
    """Ends the look at a text in which something means to be a document."""


def claiming_duplicates(text: Text, problems: list[Problem]) -> list[Problem]:
    """The repeated keys of a text whose discarded value is or holds a document, or made one of its object.

    Readers differ in which occurrence they keep.

    Args:
        text: a text that can be read.
        problems: of the text.
    """
    from psion_contract.reading.locator import end_of, value_after_key  # only repeated keys need it

    repeated = sorted(
        (problem for problem in problems if problem.discarded is not None),
        key=lambda problem: problem.discarded or 0,
    )
    first: dict[str, Problem] = {}  # a pointer has one finding, at the first repetition
    found, end = [], 0
    for problem in repeated:
        first.setdefault(problem.pointer, problem)
        key = problem.discarded or 0
        if key < end:  # inside a discarded value that has been looked at
            continue
        start = value_after_key(text.text, key)
        end = end_of(text.text, start)
        if _claims(problem.actual, text.text[start:end]):
            found.append(first[problem.pointer])
    return found


def _claims(key: str, discarded: str) -> bool:
    if discarded.startswith('"'):
        return is_spelling_of(key, VERSION_MEMBER) and claimed_version(loads(discarded)) is not None
    if not discarded.startswith(("{", "[")):
        return False
    data = discarded.encode()
    value = read(data).value
    return text_claims(data) or any(
        isinstance(node, dict) and (kinds.recognise(node) or near_miss(node)) for _, node in containers(value)
    )
