"""Puts the pack to an implementation and says what came of it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from psion_contract.conformance.pack import Case, Given, Vector

Json = dict[str, Any]


class UnansweredError(Exception):
    """A request that got no answer of the protocol; the message says what happened instead."""


Ask = Callable[[Json], Json]
"""Answers a request, without ids; raises `UnansweredError`."""


class Outcome(NamedTuple):
    """What came of one case or vector.

    Attributes:
        id: of the case or vector.
        group: the rule that the case is about, or the digest.
        problems: what is wrong, a line each; empty where it passed.
        expected: what was expected.
        found: what was answered; None where there was no answer.
    """

    id: str
    group: str
    problems: tuple[str, ...]
    expected: Json
    found: Json | None

    @property
    def passed(self) -> bool:
        """Whether the answer was the expected one."""
        return not self.problems


def run(items: Iterable[Case | Vector], ask: Ask) -> Iterator[Outcome]:
    """Put cases and vectors to an implementation, one after the other."""
    for item in items:
        expected = expected_of(item)
        answer = None
        try:
            answer = ask(request_of(item))
            if "error" in answer:
                raise UnansweredError(f"answered with an error: {answer['error']}")
            compare = _check_problems if isinstance(item, Case) else _digest_problems
            problems = tuple(compare(expected, answer))
        except UnansweredError as error:
            problems = (str(error),)
        group = item.rule if isinstance(item, Case) else item.digest
        yield Outcome(item.id, group, problems, expected, answer)


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
    return {"verdict": item.verdict, "findings": [_listed(each) for each in sorted(item.findings)]}


def _given(given: Given) -> Json:
    return {"name": given.name, "base64": b64encode(given.data).decode()}


def _check_problems(expected: Json, answer: Json) -> Iterator[str]:
    """What is wrong with the answer to a check: verdict and findings, which are compared as sets."""
    try:
        verdict, found = answer["verdict"], set(map(_place, answer["findings"]))
    except (KeyError, TypeError) as error:
        raise UnansweredError(f"answered without what the protocol asks for: {error}") from None
    if verdict != expected["verdict"]:
        yield f"the verdict is {verdict}, not {expected['verdict']}"
    right = set(map(_place, expected["findings"]))
    for finding in sorted(right - found):
        yield f"not found: {_told(finding)}"
    for finding in sorted(found - right):
        yield f"found, but not expected: {_told(finding)}"


def _digest_problems(expected: Json, answer: Json) -> Iterator[str]:
    """What is wrong with the answer to a digest request; a preimage that is not given is not compared."""
    for name in ("preimage", "sha256"):
        if answer.get(name) != expected[name] and not (name == "preimage" and answer.get(name) is None):
            yield f"the {name} is {answer.get(name)!r}, not {expected[name]!r}"


def _place(finding: Any) -> tuple[str, str, str]:
    place = finding["rule"], finding["document"], finding["pointer"]
    if not all(isinstance(each, str) for each in place):
        raise TypeError(f"a finding of {place}")
    return place


def _listed(place: tuple[str, str, str]) -> Json:
    return dict(zip(("rule", "document", "pointer"), place, strict=True))


def _told(place: tuple[str, str, str]) -> str:
    rule, document, pointer = place
    return f"{rule} in {document} at {pointer or 'the root'}"
