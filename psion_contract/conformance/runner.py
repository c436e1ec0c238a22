"""Puts the pack to an implementation and says what came of it.

What an implementation says may be anything: where messages repeat it, it is escaped and shortened.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from psion_contract.conformance.pack import Case, Given, Place, Vector
from psion_contract.conformance.protocol import Json, ProtocolError, member
from psion_contract.reading.escaping import printable, quoted

MAX_PROBLEMS = 10
"""Problems of one case that are told; of the others there is but the number."""

_LONGEST = 200
"""Characters of what an implementation says that are shown in one place."""

_PLACE = ("rule", "document", "pointer")


class UnansweredError(Exception):
    """A request that got no answer of the protocol; the message says what happened instead."""


Ask = Callable[[Json], Json]
"""Answers a request, without ids; raises `UnansweredError`."""


class Outcome(NamedTuple):
    """What came of one case or vector.

    Attributes:
        id: of the case or vector.
        group: the rule that the case is about, or the digest.
        description: of the case or vector, one sentence.
        problems: what is wrong, a line each; empty where it passed.
        expected: what was expected.
        found: what was answered, as far as it is compared, or the ``error``; None where there was no answer
            of the protocol.
    """

    id: str
    group: str
    description: str
    problems: tuple[str, ...]
    expected: Json
    found: Json | None

    @property
    def passed(self) -> bool:
        """Whether the answer was the expected one."""
        return not self.problems


def run(
    items: Iterable[Case | Vector], ask: Ask, finish: Callable[[], None] = lambda: None
) -> Iterator[Outcome]:
    """Put cases and vectors to an implementation, one after the other.

    Args:
        items: the cases and vectors.
        ask: the implementation.
        finish: called after the last answer; where it raises `UnansweredError`, the last item has failed.
    """
    last = None
    for item in items:
        if last:
            yield last
        last = _outcome(item, ask)
    if last:
        try:
            finish()
        except UnansweredError as error:
            last = last._replace(problems=(*last.problems, str(error)))
        yield last


def request_of(item: Case | Vector) -> Json:
    """What an implementation is asked, without the id of the request."""
    if isinstance(item, Vector):
        return {"op": "digest", "digest": item.digest, "base64": b64encode(item.input.encode()).decode()}
    request: Json = {
        "op": "check",
        "documents": [_given(each) for each in item.documents],
        "inputs": [_given(each) for each in item.inputs],
        "strict": item.strict,
    }
    return request | {"limits": item.limits} if item.limits else request


def expected_of(item: Case | Vector) -> Json:
    """The answer that is expected, without the id of the request."""
    if isinstance(item, Vector):
        return {"preimage": item.preimage, "sha256": item.sha256}
    findings = [dict(zip(_PLACE, place, strict=True)) for place in sorted(item.findings)]
    return {"verdict": item.verdict, "findings": findings}


def _given(given: Given) -> Json:
    return {"name": given.name, "base64": b64encode(given.data).decode()}


def _outcome(item: Case | Vector, ask: Ask) -> Outcome:
    expected, found = expected_of(item), None
    try:
        found = _understood(item, ask(request_of(item)))
        problems = _first(_problems(expected, found))
    except UnansweredError as error:
        problems = (str(error),)
    except ProtocolError as error:
        problems = (f"answered without what the protocol asks for: {error}",)
    group = item.rule if isinstance(item, Case) else item.digest
    return Outcome(item.id, group, item.description, problems, expected, found)


def _understood(item: Case | Vector, answer: Json) -> Json:
    """What is compared of an answer, or its error.

    Raises:
        ProtocolError: something of it is missing or of another type.
    """
    where = "the answer"
    if "error" in answer:
        return {"error": member(answer, "error", str, where)}
    if isinstance(item, Vector):
        names = ("preimage", "sha256") if answer.get("preimage") is not None else ("sha256",)
        return {name: member(answer, name, str, where) for name in names}
    verdict, findings = member(answer, "verdict", str, where), member(answer, "findings", list, where)
    return {
        "verdict": verdict,
        "findings": [
            {name: member(each, name, str, f"findings[{index}]") for name in _PLACE}
            for index, each in enumerate(findings)
        ],
    }


def _problems(expected: Json, found: Json) -> Iterator[str]:
    """What is wrong with an answer; a preimage that is not given is not compared."""
    if "error" in found:
        yield f"answered with an error: {quoted(found['error'], _LONGEST)}"
        return
    if "verdict" in expected:
        yield from _check_problems(expected, found)
        return
    if found.get("preimage", expected["preimage"]) != expected["preimage"]:
        yield _first_difference(expected["preimage"], found["preimage"])
    if found["sha256"] != expected["sha256"]:
        yield f"the sha256 is {quoted(found['sha256'])}, not {quoted(expected['sha256'])}"


def _check_problems(expected: Json, found: Json) -> Iterator[str]:
    """What is wrong with verdict and findings, which are compared as sets."""
    if found["verdict"] != expected["verdict"]:
        yield f"the verdict is {_shortened(found['verdict'])}, not {expected['verdict']}"
    right, told = (set(map(_place, each["findings"])) for each in (expected, found))
    for place in sorted(right - told):
        yield f"not found: {_where(place)}"
    for place in sorted(told - right):
        yield f"found, but not expected: {_where(place)}"


def _first_difference(expected: str, found: str) -> str:
    """Where a preimage goes wrong: it may be long, and most of it right."""
    pairs = enumerate(zip(expected, found, strict=False))
    same = next((index for index, (one, other) in pairs if one != other), min(len(expected), len(found)))
    start = max(same - 20, 0)
    return (
        f"the preimage is wrong from character {same + 1} on: "
        f"{quoted(found[start:])}, not {quoted(expected[start:])}"
    )


def _first(problems: Iterator[str]) -> tuple[str, ...]:
    """The first problems, and how many more there are."""
    first, more = tuple(islice(problems, MAX_PROBLEMS)), sum(1 for _ in problems)
    return (*first, f"and {more} more") if more else first


def _place(finding: Json) -> Place:
    return finding["rule"], finding["document"], finding["pointer"]


def _where(place: Place) -> str:
    rule, document, pointer = map(_shortened, place)
    return f"{rule} in {document} at {pointer or 'the root'}"


def _shortened(text: str) -> str:
    return printable(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
