"""Runs the pack against an implementation and compares its answers with the expected ones.

An answer may contain anything, so messages escape and shorten the parts that they quote.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Literal, NamedTuple

from psion_contract.conformance.pack import Case, CaseText, FindingKey, Location, Vector, finding_key
from psion_contract.conformance.protocol import Json, ProtocolError, member
from psion_contract.reading.escaping import printable, quoted

MAX_PROBLEMS = 10
"""Maximum number of problems listed for one case; the others are counted."""

_MAX_QUOTED = 200
"""Maximum number of characters quoted from an answer."""

_KEY = ("rule", "document", "pointer")
_ANSWER = "the answer"


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
        expected: the part of the expected answer that is compared.
        problems: what is wrong, one line each; empty unless it failed.
        causes: the kinds of problems, the same for all cases that fail in the same way.
        not_implemented: why the implementation has no answer, if it said so.
        remarks: differences that do not fail the case, one line each.
        found: the compared part of the answer, or its ``error``; None without a valid answer.
    """

    id: str
    group: str
    description: str
    expected: Json
    problems: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    not_implemented: str | None = None
    remarks: tuple[str, ...] = ()
    found: Json | None = None

    @property
    def result(self) -> Literal["passed", "failed", "not_implemented"]:
        """What became of it."""
        if self.problems:
            return "failed"
        return "passed" if self.not_implemented is None else "not_implemented"

    @property
    def passed(self) -> bool:
        """Whether the answer was the expected one."""
        return self.result == "passed"


def run(
    items: Iterable[Case | Vector],
    ask: Ask,
    finish: Callable[[], None] = lambda: None,
    *,
    rules: Collection[str] | None = None,
    require_related: bool = False,
) -> Iterator[CaseResult]:
    """Run cases and vectors against an implementation, in order.

    Args:
        items: the cases and vectors.
        ask: the implementation.
        finish: called after the last answer; if it raises `UnansweredError`, the last item fails.
        rules: the rules whose findings are compared; all without it. A verdict is compared if neither expected nor
            found findings are of other rules.
        require_related: whether ``related`` must be as expected, which is required of this implementation.
            Otherwise it is compared if an answer has it, and a difference is a remark.

    Yields:
        The result of each item.
    """
    last = None
    for item in items:
        if last:
            yield last
        last = _result(item, ask, rules, require_related)
    if last:
        try:
            finish()
        except UnansweredError as error:
            last = last._replace(problems=(*last.problems, str(error)), causes=(*last.causes, _cause(error)))
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


def _result(
    item: Case | Vector, ask: Ask, rules: Collection[str] | None, require_related: bool
) -> CaseResult:
    group = item.rule if isinstance(item, Case) else item.digest
    result = CaseResult(item.id, group, item.description, _in_scope(expected_of(item), rules))
    try:
        answer = ask(request_of(item))
        if "not_implemented" in answer:
            return result._replace(not_implemented=member(answer, "not_implemented", str, _ANSWER))
        found = _compared(item, answer)
    except UnansweredError as error:
        return result._replace(problems=(str(error),), causes=(_cause(error),))
    except ProtocolError as error:
        problem = f"the answer breaks the protocol: {error}"
        return result._replace(problems=(problem,), causes=(_cause(problem),))
    found = _in_scope(found, rules)
    problems = _first(_problems(result.expected, found))
    causes = tuple(islice(_causes(result.expected, found, group), MAX_PROBLEMS))
    remarks = tuple[str, ...]()
    if isinstance(item, Case) and "findings" in found:
        remarks = _first(_related_differences(item, _in_scope(answer, rules)["findings"], require_related))
    if remarks and require_related:
        problems, remarks, causes = (
            (*problems, *remarks),
            (),
            (*causes, "findings are related to other places"),
        )
    return result._replace(problems=problems, causes=causes, remarks=remarks, found=found)


def _in_scope(answer: Json, rules: Collection[str] | None) -> Json:
    """An answer with findings of the rules only, and without the verdict if that leaves some out."""
    if rules is None or "findings" not in answer:
        return answer
    findings = [finding for finding in answer["findings"] if finding["rule"] in rules]
    kept = {"findings": findings}
    return {"verdict": answer["verdict"], **kept} if len(findings) == len(answer["findings"]) else kept


def _compared(item: Case | Vector, answer: Json) -> Json:
    """The part of an answer that is compared, or its error.

    Raises:
        ProtocolError: something is missing or of another type.
    """
    if "error" in answer:
        return {"error": member(answer, "error", str, _ANSWER)}
    if isinstance(item, Vector):
        names = ("preimage", "sha256") if answer.get("preimage") is not None else ("sha256",)
        return {name: member(answer, name, str, _ANSWER) for name in names}
    verdict, findings = (
        member(answer, "verdict", str, _ANSWER),
        member(answer, "findings", list, _ANSWER),
    )
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
    if "findings" in expected:
        yield from _check_problems(expected, found)
        return
    if found.get("preimage", expected["preimage"]) != expected["preimage"]:
        yield _first_difference(expected["preimage"], found["preimage"])
    if found["sha256"] != expected["sha256"]:
        yield f"the sha256 is {quoted(found['sha256'])}; expected {quoted(expected['sha256'])}"


def _check_problems(expected: Json, found: Json) -> Iterator[str]:
    """What is wrong with a verdict and with findings, which are compared as sets."""
    if _verdicts_differ(expected, found):
        yield f"the verdict is {_shortened(found['verdict'])}; expected {expected['verdict']}"
    expected_keys, found_keys = (set(map(finding_key, each["findings"])) for each in (expected, found))
    for key in sorted(expected_keys - found_keys):
        yield f"missing finding: {_finding_text(key)}"
    for key in sorted(found_keys - expected_keys):
        yield f"unexpected finding: {_finding_text(key)}"


def _verdicts_differ(expected: Json, found: Json) -> bool:
    return "verdict" in expected and "verdict" in found and found["verdict"] != expected["verdict"]


def _causes(expected: Json, found: Json, group: str) -> Iterator[str]:
    """The kinds of problems, in which neither documents nor pointers nor numbers count."""
    if "error" in found:
        yield _cause(f"answered with an error: {quoted(found['error'], _MAX_QUOTED)}")
    elif "findings" in expected:
        if _verdicts_differ(expected, found):
            yield f"the verdict is {_shortened(found['verdict'])}; expected {expected['verdict']}"
        expected_keys, found_keys = (set(map(finding_key, each["findings"])) for each in (expected, found))
        missing, unexpected = (
            {key[0] for key in keys} for keys in (expected_keys - found_keys, found_keys - expected_keys)
        )
        yield from (f"{_shortened(rule)} is missing" for rule in sorted(missing - unexpected))
        yield from (f"{_shortened(rule)} is unexpected" for rule in sorted(unexpected - missing))
        yield from (f"{_shortened(rule)} is at another place" for rule in sorted(missing & unexpected))
    elif found.get("preimage", expected["preimage"]) != expected["preimage"]:
        yield f"the preimage of {group} differs"
    elif found["sha256"] != expected["sha256"]:
        yield f"the sha256 of {group} differs"


def _cause(problem: object) -> str:
    """A problem without its numbers, which differ from case to case."""
    return re.sub(r"[0-9]+", "N", str(problem))


def _related_differences(case: Case, findings: list[Json], required: bool) -> Iterator[str]:
    """The differences of the related locations; those of findings with the same key are merged."""
    found: dict[FindingKey, set[Location]] = {}
    for finding in findings:
        key = finding_key(finding)
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


def _finding_text(key: FindingKey) -> str:
    return f"{_shortened(key[0])} in {_location_text(key[1:])}"


def _location_text(location: Location) -> str:
    document, pointer = map(_shortened, location)
    return f"{document} at {pointer or 'the root'}"


def _shortened(text: str) -> str:
    return printable(text if len(text) <= _MAX_QUOTED else text[: _MAX_QUOTED - 1] + "…")
