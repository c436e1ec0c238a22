"""What is wrong with an invalid document: the same by both validators, in good words, at a bounded cost."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.canonical_sets import as_text, documents
from support.random_documents import DIGEST, SUBJECTS, mutated

import psion_contract
from psion_contract import check_documents
from psion_contract.conformance.pack import load_cases
from psion_contract.documents import explanation, kinds, schemas
from psion_contract.documents.explanation import Violation
from psion_contract.reading.json_reader import read
from psion_contract.reading.pointers import child
from tools.edits import Edit, drop, edited, put

ALL = 1_000_000
"""More violations than there are in any test."""

# Two validators.

REFERENCE = {
    name: jsonschema.Draft202012Validator(psion_contract.schema(name), registry=psion_contract.registry())
    for name in kinds.KINDS
}
"""jsonschema by itself."""


def one_form(keyword: str | None) -> str:
    """The keyword, or the same word for those that together say what a string looks like, or which words there are."""
    if keyword in {"minLength", "maxLength", "pattern"}:
        return "form"
    return "word" if keyword in {"const", "enum"} else str(keyword)


def by_reference(name: str, value: Any) -> set[tuple[str, str]]:
    """Pointer and keyword of each error of `REFERENCE`."""
    found = set()
    for each in REFERENCE[name].iter_errors(value):
        for error in by_choice(each):
            pointer = ""
            for part in error.absolute_path:
                pointer = child(pointer, part)
            found.add((pointer, one_form(str(error.validator))))
    return without_types_of_words(found)


def by_choice(error: Any) -> Iterator[Any]:
    """An error; for a choice that fails, the errors of the choice that is meant."""
    if error.validator == "anyOf":
        meant = [each for each in error.context if each.relative_schema_path[0] == 0]
    elif error.validator == "oneOf":
        meant = meant_by_tag(error)
    else:
        yield error
        return
    for each in meant:
        yield from by_choice(each)


def meant_by_tag(error: Any) -> list[Any]:
    """The errors of the choice that the tag names; if it names none, the errors that all choices share."""
    choices: dict[int, list[Any]] = {}
    for each in error.context:
        choices.setdefault(each.relative_schema_path[0], []).append(each)
    named = [each for each in choices.values() if not any(error.validator == "const" for error in each)]
    if len(named) == 1:
        return named[0]
    return [
        each
        for each in choices[0]
        if each.validator in ("type", "const") or each.message.startswith("'kind'")
    ]


def by_ours(name: str, value: Any) -> set[tuple[str, str]]:
    """The same from our explanation, with unknown properties at their object, as in jsonschema."""
    found = [
        (
            each.pointer.rpartition("/")[0] if each.keyword == "additionalProperties" else each.pointer,
            one_form(each.keyword),
        )
        for each in explanation.violations(name, value, ALL)
    ]
    return without_types_of_words(set(found))


def without_types_of_words(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The violations without the type of a value that is none of some words: the schemas need not say it."""
    return {each for each in found if each[1] != "type" or (each[0], "word") not in found}


def line_feeds(value: Any) -> bool:
    """Whether a digest ends with a line feed, which ``$`` of Python's ``re`` overlooks."""
    return f"{DIGEST}\\n" in json.dumps(value)


def infinity(value: Any) -> bool:
    """Whether there is a number too large for a double, which only jsonschema compares with a limit."""
    return "Infinity" in json.dumps(value)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_both_validators_accept_the_canonical_documents(subject: str) -> None:
    name, value = SUBJECTS[subject]
    assert schemas.is_valid(name, value)
    assert by_reference(name, value) == by_ours(name, value) == set()


@pytest.mark.slow
@pytest.mark.parametrize("subject", SUBJECTS)
def test_both_validators_find_the_same_in_hundreds_of_mutations(subject: str) -> None:
    name, value = SUBJECTS[subject]
    dice = random.Random(subject)
    refused = 0
    for _ in range(80):
        mutation = mutated(value, dice)
        ours, theirs = by_ours(name, mutation), by_reference(name, mutation)
        if line_feeds(mutation) or infinity(mutation):
            assert bool(ours) is bool(theirs)
        else:
            assert ours == theirs, json.dumps(mutation)
        assert schemas.is_valid(name, mutation) is not bool(ours)
        refused += bool(ours)
    assert refused > 40


def pack() -> Iterator[tuple[str, Any]]:
    """Every distinct document of the conformance pack that has a schema, with the name of the schema."""
    texts = {text.data for case in load_cases() for text in (*case.documents, *case.inputs)}
    for data in sorted(texts):
        for _, kind, value in kinds.find(read(data).value):
            yield kind.version, value


@pytest.mark.slow
def test_both_validators_agree_on_every_document_of_the_pack() -> None:
    invalid = 0
    for name, value in pack():
        explained = explanation.violations(name, value, ALL)
        assert REFERENCE[name].is_valid(value) is schemas.is_valid(name, value) is not bool(explained)
        assert all(each.keyword for each in explained)
        invalid += bool(explained)
    assert invalid > 300


def test_a_line_feed_behind_a_digest_breaks_its_form() -> None:
    name, value = SUBJECTS["config"]
    mutation = {**value, "model_descriptor_digest": DIGEST + "\n"}
    assert by_reference(name, mutation) == by_ours(name, mutation) == {("/model_descriptor_digest", "form")}


@pytest.mark.parametrize("value", ["", "TODO", "0" * 65, "A" * 64, "A" * 65, DIGEST + "\n"])
def test_a_wrong_digest_is_one_violation(value: str) -> None:
    found = violations("config", put("/d/model_descriptor_digest", value))
    assert [each.pointer for each in found] == ["/model_descriptor_digest"]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (f"sha256:{DIGEST}", 'omit "sha256:"'),
        (f"SHA-256={DIGEST.upper()}", 'omit "SHA-256="'),
        (DIGEST.upper(), "write it in lowercase"),
        (f" {DIGEST}\n", "omit the white space"),
        (DIGEST[:40], "it has 40 hex characters, expected 64"),
        (f"sha1:{DIGEST[:40]}", "(64 lowercase hex characters)"),
    ],
)
def test_a_digest_in_another_form_is_recognised(value: str, hint: str) -> None:
    (violation,) = violations("config", put("/d/model_descriptor_digest", value))
    assert violation.message.endswith(hint)
    assert "is not a SHA-256 digest" in violation.message


def test_every_keyword_of_the_documents_is_explained_in_our_own_words() -> None:
    without_errors = {"$ref", "anyOf", "oneOf", "dependentSchemas", "if", "then"}
    annotations = {"$schema", "$id", "$defs", "$comment", "title", "description"}
    ours = {
        keyword
        for keyword, check in explanation._Explainer.VALIDATORS.items()
        if check is not jsonschema.Draft202012Validator.VALIDATORS.get(keyword)
    }

    def keywords(where: dict[str, Any]) -> Iterator[str]:
        yield from where
        for keyword, value in where.items():
            below = value if keyword in ("anyOf", "oneOf") else []
            below = value.values() if keyword in ("properties", "$defs", "dependentSchemas") else below
            below = [value] if keyword in ("items", "not", "if", "then") else below
            for each in below:
                yield from keywords(each)

    for name in kinds.KINDS:
        assert set(keywords(schemas.schema(name))) <= ours | without_errors | annotations


# If the two ever disagree.


class FindsNothing:
    def iter_errors(self, value: Any) -> Iterator[Any]:
        return iter(())


def test_an_invalid_document_without_an_explanation_fails_at_its_root(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explanation, "_explainer", lambda name: FindsNothing())
    config = {**documents("config")["config"], "run_id": 1}
    (violation,) = explanation.violations(config["schema_version"], config, ALL)
    assert (violation.pointer, violation.touches, violation.keyword) == ("", "", None)
    report = check_documents({"config": as_text(config)})
    assert [(each.rule, each.pointer, each.keyword) for each in report.findings] == [
        ("schema-violation", "", None)
    ]
    assert not report.ok


def test_a_valid_document_is_never_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanation, "_explainer", None)
    name, value = SUBJECTS["config"]
    assert explanation.violations(name, value, ALL) == []


# What a violation says.


def violations(subject: str, *edits: Edit) -> list[Violation]:
    name, value = SUBJECTS[subject]
    return explanation.violations(name, edited({"d": value}, *edits)["d"], ALL)


OPTIMIZER = "/accelerator_execution/optimizer_steps_completed"


@pytest.mark.parametrize(
    ("subject", "place", "value", "keyword", "message"),
    [
        ("config", "/run_id", 1, "type", "expected a string, found a number"),
        ("config", "/run_id", False, "type", "expected a string, found false"),
        ("config", "/objective_config", None, "type", "expected an object, found null"),
        ("resumed", "/source_family_reports", {}, "type", "expected a list, found an object"),
        ("accelerated", "/accelerator_execution", "x", "type", "expected an object or null, found a string"),
        ("accelerated", OPTIMIZER, 0.5, "type", "expected an integer, found 0.5"),
        (
            "resumed",
            "/replay_receipt/exact_replay_observed",
            1,
            "type",
            "expected true or false, found a number",
        ),
        ("config", "/stage_kind", "rl", "const", '"rl" is not allowed; expected "pretrain"'),
        ("config", "/stage_kind", [1], "const", 'a list is not allowed; expected "pretrain"'),
        (
            "resumed",
            "/replay_receipt/iteration_mode",
            "loop",
            "enum",
            '"loop" is not one of "single_pass", "repeat"',
        ),
        ("resumed", "/replay_receipt/successful_replays", 0, "minimum", "0 is out of range: at least 1"),
        (
            "resumed",
            "/replay_receipt/successful_replays",
            65536,
            "maximum",
            "65536 is out of range: at most 65535",
        ),
        (
            "resumed",
            "/source_family_reports",
            [],
            "minItems",
            "the list has 0 items; at least 1 is required",
        ),
        (
            "resumed",
            "/source_family_reports/0/source_ids",
            ["b", "a", "b"],
            "uniqueItems",
            '"b" is repeated; items must be distinct',
        ),
        (
            "config",
            "/run_id",
            "\u3000",
            "pattern",
            r'"\u3000" is blank; at least one character that is not white space is required',
        ),
        (
            "config",
            "/run_id",
            "a|b",
            "not",
            '"a|b" contains | (U+007C) at character 2, which separates the fields that digests are computed over',
        ),
        (
            "config",
            "/run_id",
            "ab\x1b",
            "not",
            r'"ab\u001b" contains a control character (U+001B) at character 3',
        ),
        (
            "resumed",
            "/summary",
            "a\rb",
            "not",
            r'"a\u000db" contains a control character (U+000D) at character 2',
        ),
        (
            "config",
            "/model_descriptor_digest",
            "A" * 64,
            "pattern",
            f'"{"A" * 64}" is not a SHA-256 digest: write it in lowercase',
        ),
        (
            "config",
            "/model_descriptor_digest",
            "ab",
            "minLength",
            '"ab" is not a SHA-256 digest: it has 2 hex characters, expected 64',
        ),
    ],
)
def test_a_violation_says_what_is_wrong_and_what_is_expected(
    subject: str, place: str, value: Any, keyword: str, message: str
) -> None:
    found = {one_form(each.keyword): each for each in violations(subject, put(f"/d{place}", value))}
    violation = found[one_form(keyword)]
    assert violation.pointer == violation.touches == place
    assert violation.actual == value
    assert violation.message == message


@pytest.mark.parametrize(
    ("place", "value", "keyword", "expected"),
    [
        ("/stage_kind", "rl", "const", "pretrain"),
        ("/replay_receipt/iteration_mode", "loop", "enum", ["single_pass", "repeat"]),
        ("/replay_receipt/successful_replays", 0, "minimum", 1),
        ("/replay_receipt/successful_replays", 65536, "maximum", 65535),
        ("/summary", 1, "type", None),
    ],
)
def test_a_violation_has_the_expected_value_where_there_is_one(
    place: str, value: Any, keyword: str, expected: Any
) -> None:
    (violation,) = violations("resumed", put(f"/d{place}", value))
    assert (violation.keyword, violation.expected) == (keyword, expected)


def test_a_missing_property_is_reported_at_its_object_and_touches_the_property() -> None:
    (violation,) = violations("config", drop("/d/objective_config/dataset_identity"))
    assert violation == Violation(
        "/objective_config",
        "required",
        'missing property "dataset_identity"',
        "/objective_config/dataset_identity",
    )


def test_an_unknown_property_is_reported_at_its_place_with_the_nearest_known_name() -> None:
    near, far = sorted(
        violations(
            "resumed", put("/d/checkpoint_lineage/modell_id", "m"), put("/d/replay_receipt/xyz~0~1", [1])
        )
    )
    place = "/checkpoint_lineage/modell_id"
    message = 'unknown property "modell_id"; did you mean "model_id"?'
    assert near == Violation(place, "additionalProperties", message, place, None, "m")
    place = "/replay_receipt/xyz~0~1"
    assert far == Violation(place, "additionalProperties", 'unknown property "xyz~/"', place, None, [1])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("$schema", "schema_version names the kind; an editor's settings say which schema a file has"),
        ("$comment", "documents cannot hold comments"),
        ("_comment", "documents cannot hold comments"),
        ("//", "documents cannot hold comments"),
    ],
)
def test_a_property_of_other_formats_is_refused_with_what_to_do_instead(name: str, reason: str) -> None:
    place = child("", name)
    (found,) = violations("config", put(f"/d{place}", "x"))
    assert found == Violation(
        place, "additionalProperties", f'unknown property "{name}": {reason}', place, None, "x"
    )


def test_every_violation_of_a_document_is_listed() -> None:
    found = violations(
        "config",
        put("/d/run_id", ""),
        put("/d/stage_id", 1),
        put("/d/extra", 1),
        put("/d/objective_config/max_context_tokens", 0),
        drop("/d/model_id"),
        drop("/d/dataset_identity"),
    )
    assert {(each.touches, each.keyword) for each in found} == {
        ("/run_id", "pattern"),
        ("/stage_id", "type"),
        ("/extra", "additionalProperties"),
        ("/objective_config/max_context_tokens", "minimum"),
        ("/model_id", "required"),
        ("/dataset_identity", "required"),
    }
    assert len(found) == 6


def test_an_error_that_two_branches_find_is_listed_once() -> None:
    found = violations("accelerated", put("/d/delivered_execution", 1))
    assert [(each.pointer, each.keyword) for each in found] == [("/delivered_execution", "type")]


def test_a_receipt_inside_a_program_is_explained_like_one_of_its_own() -> None:
    receipt = {**SUBJECTS["resumed"][1], "run_id": 1, "run_idd": "r"}
    found = violations("program", put("/d/stages/0/pretrain_runs", [receipt]))
    place = "/stages/0/pretrain_runs/0/"
    assert {(each.pointer, each.message) for each in found} == {
        (f"{place}run_id", "expected a string, found a number"),
        (f"{place}run_idd", 'unknown property "run_idd"; did you mean "run_id"?'),
    }


def test_a_number_too_large_for_a_double_has_the_wrong_type_and_no_range() -> None:
    (violation,) = violations("accelerated", put(f"/d{OPTIMIZER}", float("inf")))
    assert (violation.pointer, violation.keyword) == (OPTIMIZER, "type")


@pytest.mark.parametrize("subject", SUBJECTS)
def test_messages_are_short_and_printable(subject: str) -> None:
    name, value = SUBJECTS[subject]
    dice = random.Random(f"words of {subject}")
    for _ in range(100):
        for each in explanation.violations(name, mutated(value, dice), ALL):
            assert each.message.isprintable()
            assert len(each.message) < 400


JSON = st.recursive(
    st.one_of(st.sampled_from([None, True, False, 0, 1, 1.0, 2, 2**64, "", "1"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.lists(JSON, max_size=4))
@example([[1], [1.0]])
@example([[1], [True]])
@example([{"a": [1]}, {"a": [1.0]}])
@example([{"a": 1, "b": 2}, {"b": 2, "a": 1}])
@example([{"a": 0}, {"a": False}])
@example([0, False, "0", None])
def test_items_are_repeated_exactly_where_the_verdict_says_so(items: list[Any]) -> None:
    unique = jsonschema_rs.Draft202012Validator({"uniqueItems": True})
    found = list(explanation._unique_items(None, True, items, {}))
    assert unique.is_valid(items) is not bool(found)


# What it costs.


def receipt_with_rows(rows: list[Any]) -> tuple[str, Any]:
    name, value = SUBJECTS["resumed"]
    return name, {**value, "source_family_reports": rows}


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the type of a value was looked at since the start of the test."""
    count = 0
    real: Any = explanation._Explainer.VALIDATORS["type"]

    def counting(*arguments: Any) -> Iterator[Any]:
        nonlocal count
        count += 1
        yield from real(*arguments)

    monkeypatch.setitem(explanation._Explainer.VALIDATORS, "type", counting)
    return lambda: count


def test_explaining_stops_after_the_limit(checks: Callable[[], int]) -> None:
    name, value = receipt_with_rows([0] * 100_000)
    found = explanation.violations(name, value, 10)
    assert len(found) == 11
    assert checks() < 20


def test_what_is_valid_is_not_explained(checks: Callable[[], int]) -> None:
    good = SUBJECTS["resumed"][1]["source_family_reports"][0]
    name, value = receipt_with_rows([*[good] * 10_000, {**good, "split_name": 1}])
    (violation,) = explanation.violations(name, value, 10)
    assert violation.pointer == "/source_family_reports/10000/split_name"
    assert checks() < 10


def test_only_some_unknown_properties_get_a_suggestion() -> None:
    name, value = SUBJECTS["resumed"]
    unknown = {f"run_id{index}": 0 for index in range(1000)}
    found = explanation.violations(name, {**value, **unknown}, ALL)
    assert len(found) == 1000
    assert sum("did you mean" in each.message for each in found) == 100


def test_a_suggestion_is_repeated_in_every_row() -> None:
    good = SUBJECTS["resumed"][1]["source_family_reports"][0]
    name, value = receipt_with_rows([{**good, "split_nam": "x"} for _ in range(1000)])
    found = explanation.violations(name, value, ALL)
    assert {each.message for each in found} == {'unknown property "split_nam"; did you mean "split_name"?'}


@pytest.mark.slow
def test_repeated_items_are_found_in_long_lists_that_cannot_be_sorted() -> None:
    items = [[index] if index % 2 else {"a": index} for index in range(20_000)]
    place = "/source_family_reports/0/source_ids"
    found = violations("resumed", put(f"/d{place}", [*items, items[0]]))
    repeated = [each.message for each in found if each.keyword == "uniqueItems"]
    assert repeated == ["an object is repeated; items must be distinct"]


def test_only_a_document_that_fails_loads_jsonschema() -> None:
    program = """
import sys
from psion_contract import Checker
from psion_contract.__main__ import main
def loaded():
    return [name for name in ("jsonschema", "referencing") if name in sys.modules]
sys.argv = ["psion-contract", "check", "--canonical"]
try:
    main()
except SystemExit as leaving:
    assert not leaving.code
print("valid:", loaded())
assert not Checker().check({"receipt": b'{"schema_version": "psion.pretrain_stage_receipt.v1"}'}).ok
print("invalid:", loaded())
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-2:] == ["valid: []", "invalid: ['jsonschema', 'referencing']"]
