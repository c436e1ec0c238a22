"""The conformance pack: its files, what its cases cover, and that this implementation passes."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator
from support.pack_cases import WITHOUT_CASES

from psion_contract.catalog import RULES
from psion_contract.conformance.pack import Case, load_cases, load_vectors
from psion_contract.conformance.runner import run
from psion_contract.conformance.serving import ask
from psion_contract.documents import schemas
from psion_contract.documents.kinds import DESCRIPTOR, RECEIPT
from psion_contract.reading.json_reader import read
from psion_contract.resources import data_path
from tools import pack

PACK = Path(data_path("fixtures", "conformance"))
CASES = load_cases()
VECTORS = load_vectors()
READING = {
    "invalid-json",
    "duplicate-member",
    "non-integer-number",
    "limit-exceeded",
    "unknown-kind",
    "schema-violation",
}
"""Rules whose cases may be about texts that cannot be read."""


def rejected(case: Case) -> bool:
    """Whether the case expects a finding of the rule that it is about."""
    return any(rule == case.rule for rule, _, _ in case.findings)


# The files.


@pytest.mark.parametrize(("schema", "folder"), [("case", "conformance/cases"), ("vector", "digests")])
def test_every_file_is_valid(schema: str, folder: str) -> None:
    definition = json.loads((PACK / f"{schema}.schema.json").read_text())
    Draft202012Validator.check_schema(definition)
    validator = jsonschema_rs.validator_for(definition)
    files = sorted(Path(data_path("fixtures", *folder.split("/"))).glob("*.json"))
    assert files
    for file in files:
        content = json.loads(file.read_text())
        assert [error.message for error in validator.iter_errors(content)] == []
        assert content.get("group", content.get("digest")) == file.stem


def test_the_schemas_of_the_pack_use_plain_keywords_only() -> None:
    plain = {
        "$schema", "title", "description", "type", "properties", "required", "additionalProperties", "items", "minItems",
        "uniqueItems", "minLength", "maxLength", "minimum", "maximum", "pattern", "enum", "$ref", "$defs", "minProperties",
        "maxProperties",
    }  # fmt: skip

    def keywords(where: Any) -> set[str]:
        if not isinstance(where, dict):
            return set()
        named = [where.get(name, {}).values() for name in ("properties", "$defs")]
        below = [*named[0], *named[1], where.get("items"), where.get("additionalProperties")]
        return set(where).union(*map(keywords, below))

    for name in ("case", "vector"):
        assert keywords(json.loads((PACK / f"{name}.schema.json").read_text())) <= plain


def test_ids_are_never_given_twice() -> None:
    times = Counter(each.id for each in (*CASES, *VECTORS))
    assert [name for name, count in times.items() if count > 1] == []


def test_every_description_can_be_read_alone() -> None:
    descriptions = [each.description.removeprefix("Strict: ") for each in (*CASES, *VECTORS)]
    leaning = re.compile("(And|Also|But|It|Neither|None|Nor|So|Their|They|That|This|To it)\\b")
    assert [each for each in descriptions if leaning.match(each)] == []
    assert [each for each in descriptions if len(each.split()) < 4 or not each.endswith(".")] == []
    given = Counter(each.description for each in (*CASES, *VECTORS))
    assert [each for each, count in given.items() if count > 1] == []


def test_the_readme_of_the_pack_needs_nothing_else() -> None:
    text = (PACK / "README.md").read_text()
    assert "](" not in text.replace("](http", "")  # no link to follow
    for name in ("max_bytes", "max_depth", "max_members"):
        assert name in text


def test_no_builder_asks_the_checker_what_to_expect() -> None:
    """Except for what a finding is related to."""
    for file in Path(pack.__file__).parent.glob("*.py"):
        imports = re.findall(r"psion_contract\.(checker|rules|resolution|conformance)\b", file.read_text())
        assert imports == (["checker"] if file.stem == "recorded_related" else []), file


# What the cases cover.


def test_the_pack_has_enough_cases_most_of_them_about_one_rule() -> None:
    assert len(CASES) >= 200
    refused = [case for case in CASES if case.findings]
    alone = [case for case in refused if {rule for rule, _, _ in case.findings} == {case.rule}]
    assert len(alone) > len(refused) * 3 / 4


@pytest.mark.parametrize("rule", sorted(RULES.keys() - WITHOUT_CASES))
def test_every_rule_has_an_accepted_and_two_rejected_cases(rule: str) -> None:
    own = [case for case in CASES if case.rule == rule]
    assert sum(not case.findings for case in own) >= 1
    assert sum(map(rejected, own)) >= 2


@pytest.mark.parametrize(
    "rule",
    [rule.name for rule in RULES.values() if rule.severity == "warning" and rule.name not in WITHOUT_CASES],
)
def test_every_warning_has_a_plain_and_a_strict_case(rule: str) -> None:
    # Of a policy, the caps of the families of code add up to no more than its maximum.
    others = {"family-cap-exceeded"} if rule == "code-ratio-exceeded" else set()
    verdicts = {
        (case.strict, case.verdict)
        for case in CASES
        if {name for name, _, _ in case.findings} - others == {rule}
    }
    assert verdicts == {(False, "consistent"), (True, "inconsistent")}


def test_every_verdict_follows_from_the_severities_of_its_findings() -> None:
    nothing_judged = {"unresolved-reference.nothing-judged"}
    for case in CASES:
        decides = [rule for rule, _, _ in case.findings if case.strict or RULES[rule].severity == "error"]
        assert (case.verdict == "inconsistent") == (bool(decides) or case.id in nothing_judged), case.id


def test_every_finding_and_what_it_is_related_to_is_in_a_text_of_its_case() -> None:
    for case in CASES:
        names = [text.name for text in (*case.documents, *case.inputs)]
        assert len(names) == len(set(names)), case.id
        assert {document for _, document, _ in case.findings} <= set(names), case.id
        assert {document for places in case.related.values() for document, _ in places} <= set(names), case.id
        assert case.related.keys() <= case.findings
        assert case.rule in RULES


def test_findings_of_most_rules_are_related_to_something() -> None:
    related = {rule for case in CASES for rule, _, _ in case.related}
    assert len(related) > len(RULES) / 2
    assert all(case.related for case in CASES if case.rule == "config-mismatch" and case.findings)


def test_most_texts_of_cases_can_be_read() -> None:
    """Otherwise the cases would all be about reading."""
    cases = (case for case in CASES if case.rule not in READING and not case.limits)
    texts = {text.data: case.id for case in cases for text in case.documents}  # many cases have the same
    assert [case for data, case in texts.items() if not read(data).readable] == []


# Digest vectors.


def test_every_digest_has_vectors() -> None:
    assert {vector.digest for vector in VECTORS} == {*(f"D{number}" for number in range(1, 10)), "content"}


def test_digests_are_those_of_the_preimages() -> None:
    for vector in VECTORS:
        assert hashlib.sha256(vector.preimage.encode()).hexdigest() == vector.sha256, vector.id


@pytest.mark.parametrize(
    ("digest", "kind"), [("D1", DESCRIPTOR), ("D2", DESCRIPTOR), ("D5", RECEIPT), ("D6", DESCRIPTOR)]
)
def test_whole_documents_are_valid(digest: str, kind: Any) -> None:
    """Except for tensors of another type or quantization than this family of models has: D6 is defined for all."""
    for vector in VECTORS:
        if vector.digest == digest:
            value = read(vector.input.encode()).value
            for tensor in value["checkpoint_contract"]["tensor_layout"] if digest == "D6" else ():
                tensor |= {"dtype": "F32", "quantization": "none"}
            assert schemas.is_valid(kind.version, value), vector.id


def test_every_enum_name_is_in_a_preimage() -> None:
    names = """
        SinglePass Repeat ManifestOrder DeterministicShuffle Train Validation Test HeldOut Preference Replay Custom
        None Int8Symmetric GgmlMxfp4 GgmlQ4_0 GgmlQ4_1 GgmlQ5_0 GgmlQ5K GgmlQ4K GgmlQ6K GgmlQ8_0 F32 F16 BF16 I32 I8
        exact non_exact true false pretrain general_sft agentic_sft rl
    """
    segments = {segment for vector in VECTORS for segment in vector.preimage.split("|")}
    assert set(names.split()) <= segments
    everything = "".join(vector.preimage for vector in VECTORS)
    for family in ("sentence_piece", "byte_pair_encoding", "word_piece", "unigram"):
        assert f'"{family}"' in everything
    assert str(2**64 - 1) in everything
    assert str(2**53 + 1) in everything


# This implementation.


@pytest.mark.parametrize("rule", sorted({case.rule for case in CASES}))
def test_this_implementation_passes_the_cases(rule: str) -> None:
    results = run([case for case in CASES if case.rule == rule], ask, require_related=True)
    assert {each.id: each.problems for each in results if not each.passed} == {}


@pytest.mark.parametrize("digest", sorted({vector.digest for vector in VECTORS}))
def test_this_implementation_passes_the_vectors(digest: str) -> None:
    results = run([vector for vector in VECTORS if vector.digest == digest], ask)
    assert {each.id: each.problems for each in results if not each.passed} == {}
