"""A report in the Static Analysis Results Interchange Format (SARIF 2.1.0), for code scanning services and editors."""

from __future__ import annotations

from typing import Any

from psion_contract.catalog import RULES, Rule
from psion_contract.findings import Finding, Related, Report, finite
from psion_contract.output.fingerprints import fingerprints
from psion_contract.output.json_report import compact, compact_list
from psion_contract.output.places import Repository, path_of, repository
from psion_contract.reading.escaping import excerpt, printable
from psion_contract.version import VERSION

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FINGERPRINT = "psionContract/v1"
"""The name of our fingerprint; another way to make fingerprints gets another name."""

_RULE_INDEX = {name: index for index, name in enumerate(RULES)}


def render(report: Report) -> str:
    """The report as SARIF.

    The result of a finding has its place with the line, the other sides as related locations, and a fingerprint that
    outlives edits of other lines. Skipped rules, ignored files and claims about files that could not be verified are
    notifications of the invocation.
    """
    place = repository()
    said = fingerprints(report.findings, place)
    run = {
        "tool": {
            "driver": {
                "name": "psion-contract",
                "semanticVersion": VERSION,
                "rules": [_rule(rule) for rule in RULES.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "properties": {
            "outcome": report.outcome,
            "verdict": report.verdict,
            "strict": report.strict,
        },
    }
    results = compact_list(_result(*each, place) for each in zip(report.findings, said, strict=True))
    members = compact(run).removesuffix("}\n")
    return f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": [{members}, "results": {results}}}]}}\n'


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": _text(rule.sentence)},
        "help": {"text": _text(f"{rule.remedy} Run `psion-contract explain {rule.name}` for more.")},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"section": rule.section, "origin": rule.origin},
    }


def _result(finding: Finding, fingerprint: str, place: Repository) -> dict[str, Any]:
    result = {
        "ruleId": finding.rule,
        "ruleIndex": _RULE_INDEX[finding.rule],
        "level": finding.severity,
        "message": {"text": _text(finding.message)},
        "locations": [_location(finding, place)],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
        "properties": {
            name: value
            for name, value in (
                ("pointer", finding.pointer),
                ("keyword", finding.keyword),
                ("expected", finding.expected),
                ("actual", finite(finding.actual)),
            )
            if value is not None
        },
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_location(each, place), "message": {"text": _text(_related_message(each))}}
            for number, each in enumerate(finding.related, 1)
        ]
    if finding.suppression is not None:
        reason, owner, expires, source = finding.suppression
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": reason,
                "properties": {"owner": owner, "expires": expires, "source": source},
            }
        ]
    return result


def _related_message(related: Related) -> str:
    value = "" if related.value is None else f" is {excerpt(related.value)}"
    return f"{printable(related.pointer) or 'the document'}{value}"


def _location(item: Finding | Related, place: Repository) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": place.uri(path_of(item))}}
    if item.line is not None:
        region: dict[str, Any] = {"startLine": item.line, "startColumn": item.column}
        if item.snippet is not None and item.snippet.text:
            region["snippet"] = {"text": item.snippet.text}
        physical["region"] = region
    location: dict[str, Any] = {"physicalLocation": physical}
    if item.pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": item.pointer, "kind": "member"}]
    return location


def _invocation(report: Report) -> dict[str, Any]:
    notes = [
        f"{each.rule} was skipped for {each.document}{each.pointer and f'#{each.pointer}'}: {each.reason}"
        for each in report.skipped
    ] + [f"{each.name} was ignored: {each.reason}" for each in report.left_alone]
    notes += [
        f"{claims.claim} of {claims.document}: {each.claims} not verified because {each.reason}"
        for claims in report.files or ()
        for each in claims.unverified
    ]
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": [
            {"level": "note", "message": {"text": _text(printable(note))}} for note in notes
        ],
    }


def _text(text: str) -> str:
    """Text for a message, in which parentheses right after brackets would make a link."""
    return text.replace("](", "] (")
