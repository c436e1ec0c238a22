"""Runs the pack against an implementation and compares its answers with the expected ones.

An answer may contain anything, so messages escape and shorten the parts that they quote.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from psion_contract.conformance.pack import Case, CaseText, FindingKey, Location, Vector
from psion_contract.conformance.protocol import Json, ProtocolError, member
from psion_contract.reading.escaping import printable, quoted

MAX_PROBLEMS = 10
"""Maximum number of problems listed for one case; the others are counted."""

_MAX_QUOTED = 200
"""Maximum number of characters quoted from an answer."""

_KEY = ("rule", "document", "pointer")


class UnansweredError(Exception):
    """A request got no valid answer; the message says what happened instead."""


Ask = Callable[[Json], Json]
"""Answers a request, both without an id; raises `UnansweredError`."""


class CaseResult(NamedTuple):
    """The result of one case or vector.

    Attributes:
        id: of the case or vector.
        group: the rule that the case is about, or the digest.
        description: of the case or vector, one sentence.
        problems: what is wrong, one line each; empty if it passed.
        remarks: differences that do not fail the case, one line each.
        expected: the expected answer.
        found: the compared part of the answer, or its ``error``; None without a valid answer.
    """

    id: str
    group: str
    description: str
    problems: tuple[str, ...]
    remarks: tuple[str, ...]
    expected: Json
    found: Json | None

    @property
    def passed(self) -> bool:
        """Whether the answer was the expected one."""
        return not self.problems


def run(
    items: Iterable[Case | Vector],
    ask: Ask,
    finish: Callable[[], None] = lambda: None,
    *,
    require_related: bool = False,
) -> Iterator[CaseResult]:
    """Run cases and vectors against an implementation, in order.

    Args:
        items: the cases and vectors.
        ask: the implementation.
        finish: called after the last answer; if it raises `UnansweredError`, the last item fails.
        require_related: whether ``related`` must be as expected, which is required of this implementation.
            Otherwise it is compared if an answer has it, and a difference is a remark.

    Yields:
        The result of each item.
    """
    last = None
    for item in items:
        if last:
            yield last
        last = _result(item, ask, require_related)
    if last:
        try:
            finish()
        except UnansweredError as error:
            last = last._replace(problems=(*last.problems, str(error)))
        yield last


def request_of(item: Case | Vector) -> Json:
    """The request for a case or vector, without an id."""
    if isinstance(item, Vector):
        return {"op": "digest", "digest": item.digest, "base64": b64encode(item.input.encode()).decode()}
    request: Json = {
        "op": "check",
        "documents": [_text(text) for text in item.documents],
        "inputs": [_text(text) for text in item.inputs],
        "strict": item.strict,
    }
    return request | {"limits": item.limits} if item.limits else request


def expected_of(item: Case | Vector) -> Json:
    """The expected answer to the request for a case or vector, without an id."""
    if isinstance(item, Vector):
        return {"preimage": item.preimage, "sha256": item.sha256}
    findings: list[Json] = []
    for key in sorted(item.findings):
        finding: Json = dict(zip(_KEY, key, strict=True))
        if key in item.related:
            finding["related"] = [
                {"document": document, "pointer": pointer} for document, pointer in sorted(item.related[key])
            ]
        findings.append(finding)
    return {"verdict": item.verdict, "findings": findings}


def _text(text: CaseText) -> Json:
    return {"name": text.name, "base64": b64encode(text.data).decode()}


def _result(item: Case | Vector, ask: Ask, require_related: bool) -> CaseResult:
    expected, found, remarks = expected_of(item), None, tuple[str, ...]()
    try:
        answer = ask(request_of(item))
        found = _compared(item, answer)
        problems = _first(_problems(expected, found))
        if isinstance(item, Case) and "findings" in found:
            remarks = _first(_related_differences(item, answer["findings"], require_related))
            if require_related:
                problems, remarks = (*problems, *remarks), ()
    except UnansweredError as error:
        problems = (str(error),)
    except ProtocolError as error:
        problems = (f"the answer breaks the protocol: {error}",)
    group = item.rule if isinstance(item, Case) else item.digest
    return CaseResult(item.id, group, item.description, problems, remarks, expected, found)


def _compared(item: Case | Vector, answer: Json) -> Json:
    """The part of an answer that is compared, or its error.

    Raises:
        ProtocolError: something is missing or of another type.
    """
    label = "the answer"
    if "error" in answer:
        return {"error": member(answer, "error", str, label)}
    if isinstance(item, Vector):
        names = ("preimage", "sha256") if answer.get("preimage") is not None else ("sha256",)
        return {name: member(answer, name, str, label) for name in names}
    verdict, findings = member(answer, "verdict", str, label), member(answer, "findings", list, label)
    return {
        "verdict": verdict,
        "findings": [
            {name: member(finding, name, str, f"findings[{index}]") for name in _KEY}
            for index, finding in enumerate(findings)
        ],
    }


def _problems(expected: Json, found: Json) -> Iterator[str]:
    """What is wrong with an answer; a preimage is compared if there is one."""
    if "error" in found:
        yield f"answered with an error: {quoted(found['error'], _MAX_QUOTED)}"
        return
    if "verdict" in expected:
        yield from _check_problems(expected, found)
        return
    if found.get("preimage", expected["preimage"]) != expected["preimage"]:
        yield _first_difference(expected["preimage"], found["preimage"])
    if found["sha256"] != expected["sha256"]:
        yield f"the sha256 is {quoted(found['sha256'])}; expected {quoted(expected['sha256'])}"


def _check_problems(expected: Json, found: Json) -> Iterator[str]:
    """What is wrong with a verdict and with findings, which are compared as sets."""
    if found["verdict"] != expected["verdict"]:
        yield f"the verdict is {_shortened(found['verdict'])}; expected {expected['verdict']}"
    expected_keys, found_keys = (set(map(_key, each["findings"])) for each in (expected, found))
    for key in sorted(expected_keys - found_keys):
        yield f"missing finding: {_finding_text(key)}"
    for key in sorted(found_keys - expected_keys):
        yield f"unexpected finding: {_finding_text(key)}"


def _related_differences(case: Case, findings: list[Json], required: bool) -> Iterator[str]:
    """The differences of the related locations; those of findings with the same key are merged."""
    found: dict[FindingKey, set[Location]] = {}
    for finding in findings:
        key = _key(finding)
        if key not in case.findings or not (required or "related" in finding):
            continue
        locations = found.setdefault(key, set())
        try:
            locations.update(_related(finding) if "related" in finding else ())
        except ProtocolError as error:
            yield f"{_finding_text(key)}: {error}"
    for key in sorted(found):
        expected = case.related.get(key, frozenset())
        for location in sorted(expected - found[key]):
            yield f"{_finding_text(key)} is not related to {_location_text(location)}"
        for location in sorted(found[key] - expected):
            yield f"{_finding_text(key)} is related to {_location_text(location)}, which is unexpected"


def _related(finding: Json) -> Iterator[Location]:
    for index, location in enumerate(member(finding, "related", list, "the finding")):
        label = f"related[{index}]"
        yield member(location, "document", str, label), member(location, "pointer", str, label)


def _first_difference(expected: str, found: str) -> str:
    """The first difference of two preimages, which may be long."""
    pairs = enumerate(zip(expected, found, strict=False))
    same = next((index for index, (one, other) in pairs if one != other), min(len(expected), len(found)))
    start = max(same - 20, 0)
    return (
        f"the preimage differs from character {same + 1} on: "
        f"{quoted(found[start:])}; expected {quoted(expected[start:])}"
    )


def _first(lines: Iterator[str]) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    first, more = tuple(islice(lines, MAX_PROBLEMS)), sum(1 for _ in lines)
    return (*first, f"and {more} more") if more else first


def _key(finding: Json) -> FindingKey:
    return finding["rule"], finding["document"], finding["pointer"]


def _finding_text(key: FindingKey) -> str:
    return f"{_shortened(key[0])} in {_location_text(key[1:])}"


def _location_text(location: Location) -> str:
    document, pointer = map(_shortened, location)
    return f"{document} at {pointer or 'the root'}"


def _shortened(text: str) -> str:
    return printable(text if len(text) <= _MAX_QUOTED else text[: _MAX_QUOTED - 1] + "…")
