"""Checkers with one fault each: the pack fails every one of them, in cases that are about the fault.

A checker is this implementation with its requests or answers changed, or with one function replaced.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection
from typing import Any

import pytest

from psion_contract.catalog import RULES
from psion_contract.conformance.pack import Case, Vector, load_cases, load_vectors
from psion_contract.conformance.runner import Ask, run
from psion_contract.conformance.serving import ask
from psion_contract.documents import digests
from psion_contract.documents.document import Document
from psion_contract.reading import json_reader, scanner
from psion_contract.reading.json_reader import DEFAULT_LIMITS
from psion_contract.reading.json_text import MAX_NAMES
from psion_contract.rules import lineage

pytestmark = pytest.mark.slow

Json = dict[str, Any]
CASES, VECTORS = load_cases(), load_vectors()


def failed(ask: Ask, items: Collection[Case | Vector]) -> set[str]:
    """The ids of the cases and vectors that a checker fails."""
    assert items
    return {result.id for result in run(items, ask) if not result.passed}


def cases_of(*rules: str) -> list[Case]:
    return [case for case in CASES if case.rule in rules]


def silent(is_silent: Callable[[Json, Json], bool]) -> Ask:
    """A checker that keeps some findings to itself; the predicate gets the request and the finding."""

    def lenient(request: Json) -> Json:
        answer = ask(request)
        kept = [finding for finding in answer["findings"] if not is_silent(request, finding)]
        decisive = [each for each in kept if request["strict"] or RULES[each["rule"]].severity == "error"]
        verdict = answer["verdict"] if decisive or kept == answer["findings"] else "consistent"
        return {"verdict": verdict, "findings": kept}

    return lenient


def rereading(pattern: bytes, replacement: bytes) -> tuple[Ask, list[Case | Vector]]:
    """A checker that takes one spelling for another, and the cases and vectors with that spelling."""

    def respelt(entry: Json) -> Json:
        text = re.sub(pattern, replacement, b64decode(entry["base64"]))
        return entry | {"base64": b64encode(text).decode()}

    def lenient(request: Json) -> Json:
        if request["op"] == "digest":
            return ask(respelt(request))
        return ask(request | {name: list(map(respelt, request[name])) for name in ("documents", "inputs")})

    cases = [case for case in CASES if any(re.search(pattern, text.data) for text in case.documents)]
    return lenient, [*cases, *(each for each in VECTORS if re.search(pattern, each.input.encode()))]


# Inputs that a judged document reaches.

_READING = {"duplicate-member", "non-integer-number", "schema-violation", "unsafe-integer"}


@pytest.mark.parametrize(
    ("role", "own_rule"),
    [
        ("config", "context-length-mismatch"),
        ("descriptor", "parameter-count-mismatch"),
        ("corpus", "split-count-mismatch"),
        ("policy", "content-class-total-mismatch"),
    ],
)
@pytest.mark.parametrize("overlooked", [*sorted(_READING), "own rules"])
def test_reached_inputs_are_held_to_the_reader_the_schema_and_their_rules(
    role: str, own_rule: str, overlooked: str
) -> None:
    rules = {overlooked} if overlooked in _READING else RULES.keys() - _READING

    def is_silent(request: Json, finding: Json) -> bool:
        is_input = any(each["name"] == finding["document"] for each in request["inputs"])
        return is_input and finding["document"] == f"{role}.json" and finding["rule"] in rules

    case = f"{overlooked if overlooked in _READING else own_rule}.reached-{role}"
    assert case in failed(silent(is_silent), [each for each in CASES if each.inputs])


# The reader.


@pytest.mark.parametrize(
    ("pattern", "replacement", "expected"),
    [
        (rb"\\u[dD][89abAB]..(?=\\u(?![dD][c-fC-F]))", rb"", "invalid-json.half-pair"),
        (rb"\\u\+([0-9a-f]{3})", rb"\\u0\1", "invalid-json.escape-plus"),
        (rb"\\u ([0-9a-f]{3})", rb"\\u0\1", "invalid-json.escape-space"),
        (rb"\\b", rb"b", "duplicate-member.backspace"),
        (rb"\\f", rb"f", "duplicate-member.form-feed"),
        (rb"\\b", rb"b", "content.short-escapes"),
        (rb"\\f", rb"f", "content.short-escapes"),
        (rb"\\b", rb"\\x", "invalid-json.short-escapes"),
        (rb"\\f", rb"\\x", "invalid-json.short-escapes"),
        (rb"(?<![0-9])[0-9]{4300}(?![0-9])", rb"\g<0>9", "unsafe-integer.digits"),
        (rb"(?<![0-9])([0-9]{4300})[0-9](?![0-9])", rb"\1", "limit-exceeded.digits"),
        (rb"([0-9])_", rb"\1", "non-integer-number.then-underscore"),
        (rb"\[\f\]", rb"[]", "limit-exceeded.form-feed"),
    ],
)
def test_spellings_are_told_apart(pattern: bytes, replacement: bytes, expected: str) -> None:
    assert expected in failed(*rereading(pattern, replacement))


@pytest.mark.parametrize(
    ("name", "by", "expected"),
    [
        ("max_bytes", -1, "limit-exceeded.at-bytes"),
        ("max_bytes", 1, "limit-exceeded.bytes"),
        ("max_depth", -1, "limit-exceeded.at-default-depth"),
        ("max_depth", 1, "limit-exceeded.default-depth"),
        ("max_members", -1, "limit-exceeded.at-members"),
        ("max_members", 1, "limit-exceeded.members"),
    ],
)
def test_limits_are_exact(name: str, by: int, expected: str) -> None:
    def lenient(request: Json) -> Json:
        limits = request.get("limits", {})
        limit = limits.get(name, getattr(DEFAULT_LIMITS, name))
        return ask(request | {"limits": limits | {name: max(limit + by, 1)}})

    assert expected in failed(lenient, cases_of("limit-exceeded"))


@pytest.mark.parametrize(("by", "expected"), [(-1, "below-problems"), (1, "last-problem")])
def test_reading_ends_at_the_right_problem(by: int, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "MAX_PROBLEMS", scanner.MAX_PROBLEMS + by)
    assert f"limit-exceeded.{expected}" in failed(ask, cases_of("limit-exceeded"))


@pytest.mark.parametrize(("by", "expected"), [(-1, "at-names"), (1, "names")])
def test_names_have_the_right_number_of_characters(
    by: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (scanner, json_reader):
        monkeypatch.setattr(module, "MAX_NAMES", MAX_NAMES + by)
    found = failed(ask, cases_of("limit-exceeded"))
    assert {f"limit-exceeded.{expected}", f"limit-exceeded.{expected}-nested"} <= found


def test_numbers_with_an_exponent_are_no_integers() -> None:
    def is_silent(request: Json, finding: Json) -> bool:
        return finding["rule"] == "non-integer-number"

    lenient, items = rereading(rb"1e16", b"1" + b"0" * 16)
    assert "non-integer-number.large-exponent" in failed(lenient, items)
    assert "non-integer-number.large-exponent" in failed(silent(is_silent), cases_of("non-integer-number"))


# References and digests.


def test_no_config_is_looked_up_by_broken_members(monkeypatch: pytest.MonkeyPatch) -> None:
    broken_at = Document.broken_at

    def lenient(document: Document, needed: Any) -> str | None:
        return None if set(needed) <= {"/run_id", "/stage_id"} else broken_at(document, needed)

    monkeypatch.setattr(Document, "broken_at", lenient)
    found = failed(ask, cases_of("schema-violation", "duplicate-member"))
    for member in ("run-id", "stage-id"):
        assert found >= {f"schema-violation.broken-{member}-{how}" for how in ("unlike", "near", "inputs")}
        assert found >= {f"schema-violation.broken-{member}-{how}" for how in ("equal", "of-config")}
        assert found >= {f"duplicate-member.{how}-{member}" for how in ("reference", "identity")}


def test_the_content_digest_writes_fractions_as_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "_double", repr)
    assert failed(ask, VECTORS) == {"content.fractions", "content.doubles"}


def test_the_content_digest_writes_short_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    canonical = digests.canonical_json

    def lenient(value: Any) -> str:
        return canonical(value).replace("\\b", "\\u0008").replace("\\f", "\\u000c")

    monkeypatch.setattr(digests, "canonical_json", lenient)
    assert failed(ask, VECTORS) == {"content.escapes", "content.short-escapes"}


def test_a_checkpoint_without_a_step_is_not_of_step_0(monkeypatch: pytest.MonkeyPatch) -> None:
    succession = lineage._succession
    monkeypatch.setattr(
        lineage, "_succession", lambda base, promoted: succession({"step": 0} | base, promoted)
    )
    assert failed(ask, cases_of("checkpoint-order")) == {"checkpoint-order.zero-and-no-base-step"}
