"""The rules on model descriptor, corpus and sampling policy by themselves, and of policy against corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from time import perf_counter
from typing import Any

import pytest
from corpus_cases import corpus_cases, of_shards
from descriptor_cases import ATTENTION, KEY_WIDTHS, LAYOUT, MAX_U64, descriptor_cases, layout_cases
from edits import Case, canonical_documents, put
from policy_cases import policy_and_corpus_cases, policy_cases
from psion_contract.rules.table import INPUTS

from psion_contract import check_documents
from psion_contract.documents.document import Document
from psion_contract.documents.kinds import ROLES
from psion_contract.reading.pointers import child, parts, value_at
from psion_contract.catalog import RULES
from psion_contract.rules import CHECKS, Check, Subject

CASES = [*descriptor_cases(), *layout_cases(), *corpus_cases(), *policy_cases(), *policy_and_corpus_cases()]
OWN = {name for name, rule in RULES.items() if rule.section == INPUTS}
INPUT_ROLES = ("descriptor", "corpus", "policy")
ALL_ROLES = (*INPUT_ROLES, "config")


def named(case: Case) -> str:
    return f"{case.rule}: {case.what}"


def is_unsafe(value: Any) -> bool:
    return isinstance(value, int) and value >= 2**53


@pytest.mark.parametrize("roles", [(role,) for role in INPUT_ROLES] + [ALL_ROLES], ids="+".join)
def test_the_canonical_documents_are_accepted(roles: tuple[str, ...]) -> None:
    report = check_documents(canonical_documents(*roles), strict=True)
    assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_change_breaks_this_rule_in_these_places_and_no_others(case: Case) -> None:
    documents = case.documents()
    report = check_documents(documents)
    found = [(finding.rule, finding.document, finding.pointer) for finding in report.findings]
    errors = [each for each in found if each[0] != "unsafe-integer"]
    assert errors == [(case.rule, case.role, place) for place in case.places]
    changed = documents[case.role]
    large = [place for place in places(changed) if is_unsafe(value_at(changed, place))]
    assert sorted(set(found) - set(errors)) == sorted(("unsafe-integer", case.role, each) for each in large)
    assert len(found) == len(errors) + len(large)
    assert report.ok is not bool(case.places)
    assert report.skipped == ()


@pytest.mark.parametrize("rule", sorted(OWN))
def test_each_rule_has_an_accepted_and_two_rejected_changes(rule: str) -> None:
    counts = Counter(bool(case.places) for case in CASES if case.rule == rule)
    assert counts[False] >= 1
    assert counts[True] >= 2


@pytest.mark.parametrize("case", [case for case in CASES if case.places], ids=named)
def test_a_finding_names_two_places_that_there_are(case: Case) -> None:
    documents = case.documents()
    for finding in check_documents(documents).findings:
        assert value_at(documents[finding.document], finding.pointer) is not None
        for other in finding.related:
            assert value_at(documents[other.document], other.pointer) is not None
        if finding.rule in OWN and not finding.message.startswith("there is no row"):
            assert finding.related


@pytest.mark.parametrize("case", [case for case in CASES if case.places], ids=named)
def test_the_value_expected_mends_what_stands_there(case: Case) -> None:
    documents = case.documents()
    for finding in check_documents(documents).findings:
        stands = value_at(documents[finding.document], finding.pointer)
        if isinstance(stands, list) and isinstance(finding.expected, int):
            continue  # a total, which no one row can mend
        assert finding.actual in (stands, None)
        if isinstance(finding.expected, int):
            assert str(finding.expected) in finding.message
        if finding.expected is not None:
            mended = deepcopy(documents)
            put(finding.pointer, finding.expected)(mended[finding.document])
            left = check_documents(mended).findings
            assert (finding.pointer, finding.related) not in {(each.pointer, each.related) for each in left}


MESSAGES = {
    "the larger size by name only": "hidden_size is 384, but the size internal128m has 768",
    "one tensor left out": (
        "the layout has 148 tensors, but 8 layers imply 149; from position 3 on: "
        '"decoder.layers.0.attention.q_proj.weight" instead of "decoder.layers.0.attention_norm.beta"'
    ),
    "one tensor too many": "the layout has 150 tensors, but 8 layers imply 149",
    "a name mistyped": (
        '"decoder.x" stands where the config implies "decoder.layers.0.attention.q_proj.weight"'
    ),
    "all names in another namespace": 'the name starts with "model", not with "decoder"',
    "keys narrower than the config says": (
        "the dimension is 64 long, but kv_head_count times head_dim is 384"
    ),
    "a matrix flattened": "the tensor's dimensions are [147456], but the config implies [384, 384]",
    "a region controlled twice": (
        'source_id "encoding_standard", document_id "encoding_standard/annex-c", '
        'section_id "encoding_standard/annex-c/code-charts" stands here again'
    ),
    "a weight too small": (
        "the sampling_weight_bps of all rows add up to 9999 basis points, 1 less than the whole"
    ),
    "a weight too large": (
        "the sampling_weight_bps of all rows add up to 10001 basis points, 1 more than the whole"
    ),
}


@pytest.mark.parametrize("what", MESSAGES)
def test_a_message_says_what_is_wrong_in_terms_of_the_document(what: str) -> None:
    (case,) = (case for case in CASES if case.what == what)
    assert check_documents(case.documents()).findings[0].message == MESSAGES[what]


# One cause, a finding in each place. (That a reader is shown one block: test_render_alike.py.)


def test_a_number_that_contradicts_many_tensors_is_a_finding_in_each_of_them() -> None:
    documents = canonical_documents("descriptor")
    put(f"{ATTENTION}/kv_head_count", 3)(documents["descriptor"])
    findings = check_documents(documents).findings
    assert [finding.pointer for finding in findings] == list(KEY_WIDTHS)
    for finding in findings:
        assert (finding.expected, finding.actual) == (192, 384)
        assert [(other.pointer, other.value) for other in finding.related] == [
            (f"{ATTENTION}/kv_head_count", 3),
            (f"{ATTENTION}/head_dim", 64),
        ]


def test_a_version_that_contradicts_all_shards_is_a_finding_in_each_of_them() -> None:
    documents = canonical_documents("corpus")
    put("/preprocessing_version", "next")(documents["corpus"])
    findings = check_documents(documents).findings
    assert [finding.pointer for finding in findings] == list(of_shards("preprocessing_version"))
    for finding in findings:
        assert (finding.expected, finding.actual) == ("next", "tidewater-normalize-2026.02")
        assert [(other.pointer, other.value) for other in finding.related] == [
            ("/preprocessing_version", "next")
        ]


def test_each_of_several_wrong_values_is_a_finding_of_its_own_those_alike_too() -> None:
    documents = canonical_documents("corpus")
    for position, version in enumerate(("a", "b", "a")):
        put(f"/shards/{position}/preprocessing_version", version)(documents["corpus"])
    found = [(finding.pointer, finding.actual) for finding in check_documents(documents).findings]
    assert found == [
        ("/shards/0/preprocessing_version", "a"),
        ("/shards/1/preprocessing_version", "b"),
        ("/shards/2/preprocessing_version", "a"),
    ]


def test_what_a_split_of_unknown_shards_must_hold_is_left_open() -> None:
    documents = canonical_documents("corpus")
    corpus = documents["corpus"]
    put("/splits/2/shard_ids/0", "nowhere")(corpus)
    put("/splits/2/token_count", 0)(corpus)
    assert {finding.rule for finding in check_documents(documents).findings} == {"split-shards-mismatch"}


# Large numbers.


def test_a_descriptor_of_2_to_the_63_layers_is_judged_at_once() -> None:
    documents = canonical_documents("descriptor")
    put("/config/layer_count", 2**63)(documents["descriptor"])
    start = perf_counter()
    report = check_documents(documents)
    assert perf_counter() - start < 1
    assert {finding.rule for finding in report.findings if finding.severity == "error"} == {
        "size-anchor-mismatch",
        "tensor-layout-mismatch",
    }


@pytest.mark.parametrize(
    ("dims", "elements"),
    [
        ([MAX_U64], MAX_U64),
        ([MAX_U64, 1, 1], MAX_U64),
        ([MAX_U64, 2], None),
        ([2**32, 2**32], None),
        ([MAX_U64] * 50_000, None),
        ([MAX_U64] * 50_000 + [0], 0),
        ([], 1),
    ],
    ids=[
        "the largest",
        "with ones",
        "twice the largest",
        "2^64",
        "beyond all bounds",
        "no element",
        "a scalar",
    ],
)
def test_the_elements_of_a_tensor_are_counted_as_far_as_the_count_can_be_written(
    dims: list[int], elements: int | None
) -> None:
    documents = canonical_documents("descriptor")
    layout = documents["descriptor"]["checkpoint_contract"]["tensor_layout"]
    layout[1:] = []
    put("/shape/dims", dims)(layout[0])
    start = perf_counter()
    report = check_documents(documents)
    assert perf_counter() - start < 5
    (count,) = (finding for finding in report.findings if finding.rule == "parameter-count-mismatch")
    assert count.expected == elements
    assert (f"more than {MAX_U64}" if elements is None else f"have {elements} elements") in count.message


def test_the_numbers_of_the_attention_may_be_as_large_as_they_can_be_written() -> None:
    documents = canonical_documents("descriptor")
    for name in ("head_count", "head_dim", "rotary_dim", "kv_head_count"):
        put(f"{ATTENTION}/{name}", MAX_U64)(documents["descriptor"])
    rules = {finding.rule for finding in check_documents(documents).findings}
    assert rules == {
        "attention-shape-mismatch",
        "size-anchor-mismatch",
        "tensor-layout-mismatch",
        "unsafe-integer",
    }


# What a check reads.


def subject_of(role: str, values: dict[str, Any]) -> Subject:
    documents = {
        each: Document(each, "", ROLES[each], value, text=None, judged=True) for each, value in values.items()
    }
    return Subject(documents[role], documents)


def pruned(value: dict[str, Any], pointers: tuple[str, ...]) -> dict[str, Any]:
    """What stands at the pointers, and nothing else."""
    if "" in pointers:
        return value
    kept: dict[str, Any] = {}
    for pointer in pointers:
        *above, last = parts(pointer)
        holder = kept
        for name in above:
            holder = holder.setdefault(name, {})
        holder[last] = deepcopy(value_at(value, pointer))
    return kept


def input_checks() -> Iterator[Check]:
    """The checks of this section, and the parts of those that have some."""
    for role in ALL_ROLES:
        for check in CHECKS[role]:
            for each in (check, *check.parts):
                if OWN.issuperset(each.rules):
                    yield each


@pytest.mark.parametrize("check", list(input_checks()), ids=lambda check: check.body.__qualname__)
def test_a_check_reads_no_more_than_it_says_it_needs(check: Check) -> None:
    documents = [canonical_documents(*ALL_ROLES)]
    documents += [{**documents[0], **case.documents()} for case in CASES if case.rule in check.rules]
    for each in documents:
        whole = list(check.body(subject_of(check.subject, each)))
        needed = {role: pruned(each[role], pointers) for role, pointers in check.needs.items()}
        needed.setdefault(check.subject, {})
        assert list(check.body(subject_of(check.subject, needed))) == whole


# Broken documents.

WRONG: tuple[Any, ...] = (None, [], {}, "", -1, 2**70, [[]], [{}], True)


def places(value: Any, pointer: str = "") -> Iterator[str]:
    """Every place in a document; of the tensors only the first and the last."""
    if pointer.startswith(f"{LAYOUT}/") and parts(pointer)[2] not in ("0", "148"):
        return
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield child(pointer, key)
        yield from places(item, child(pointer, key))


@pytest.mark.parametrize("role", INPUT_ROLES)
def test_no_wrong_value_anywhere_trips_a_rule(role: str) -> None:
    documents = canonical_documents(*ALL_ROLES)
    right = documents[role]
    for number, pointer in enumerate(places(right)):
        documents[role] = deepcopy(right)
        put(pointer, WRONG[number % len(WRONG)])(documents[role])
        check_documents(documents)


@pytest.mark.parametrize("role", INPUT_ROLES)
def test_a_broken_document_has_its_rules_skipped_and_the_others_applied(role: str) -> None:
    documents = canonical_documents(role)
    first = next(check for check in CHECKS[role] if OWN.issuperset(check.rules))
    put(first.needs[role][0], 1.5)(documents[role])
    report = check_documents(documents)
    assert not report.ok
    skipped = {each.rule for each in report.skipped}
    assert skipped.issuperset(first.rules)
    assert skipped != {rule for check in CHECKS[role] for rule in check.rules}
