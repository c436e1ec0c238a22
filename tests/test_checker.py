"""What is checked and how it is reported: documents of every form, anywhere."""

from __future__ import annotations

import gc
import json
import pickle
import socket
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import (
    ACCELERATED,
    INPUTS,
    PILOT,
    PLAN,
    RESUMED,
    as_text,
    checked,
    documents,
    found,
)

from psion_contract import ArgumentError, Checker, Limits, Report, Source, check_documents
from psion_contract.catalog import RULES
from psion_contract.documents import kinds
from psion_contract.documents.document import Document
from psion_contract.findings import MAX_FINDINGS
from tools.edits import copy, drop, edited, put
from tools.pack.restoring import sealed

ZEROS = "0" * 64
WRONG = put("/receipt/receipt_digest", ZEROS)
UNSEALED = ("receipt-digest-mismatch", "/receipt/receipt_digest", "/receipt")


def entries(report: Report) -> list[tuple[str, str, str, bool]]:
    return [(each.name, each.pointer, kinds.KINDS[each.kind].role, each.judged) for each in report.documents]


# Forms.


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda document: document, id="object"),
        pytest.param(as_text, id="text"),
        pytest.param(lambda document: as_text(document).encode(), id="bytes"),
        pytest.param(lambda document: bytearray(as_text(document).encode()), id="bytearray"),
        pytest.param(lambda document: memoryview(as_text(document).encode()), id="memoryview"),
    ],
)
def test_a_document_may_be_an_object_text_or_bytes(form: Any) -> None:
    tree = documents(*PILOT)
    assert check_documents({name: form(each) for name, each in tree.items()}, strict=True).ok
    wrong = edited(tree, WRONG)
    report = check_documents({name: form(each) for name, each in wrong.items()})
    assert found(report) == [UNSEALED]


def test_a_finding_has_a_position_only_where_the_text_is_available() -> None:
    tree = edited(documents(*PILOT), WRONG)
    given: dict[str, Any] = {name: as_text(each) for name, each in tree.items()}
    (finding,) = check_documents(given).findings
    assert (finding.line, finding.column) == (as_text(tree["receipt"]).count("\n") - 1, 21)
    given["receipt"] = tree["receipt"]
    (finding,) = check_documents(given).findings
    assert (finding.line, finding.column) == (None, None)
    assert [(other.line, other.column) for other in finding.related] == [(None, None)]


def test_an_object_that_was_given_is_not_changed() -> None:
    tree = edited(documents(*PILOT), WRONG, put("/config/run_id", None))
    before = deepcopy(tree)
    check_documents(tree)
    assert tree == before


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({1, 2}, ""),
        (object(), ""),
        ({"a": {"b": object()}}, "/a/b"),
        ({("a",): 1}, ""),
        (float("nan"), ""),
        ({"schema_version": float("inf")}, "/schema_version"),
        (b"\xff", ""),
        ("\ud800", ""),
        ("", ""),
    ],
    ids=["set", "object", "nested", "tuple", "NaN", "infinity", "not UTF-8", "surrogate", "empty"],
)
def test_what_is_not_json_is_a_finding_and_no_exception(value: Any, place: str) -> None:
    report = check_documents({**documents(*PILOT), "odd": value})
    assert report.verdict == "inconsistent"
    assert found(report) == [("invalid-json", f"/odd{place}")]


def test_an_object_that_cannot_be_written_as_json_is_refused_for_the_reason_why() -> None:
    (finding,) = check_documents({"odd": {"a": {1, 2}}}).findings
    assert "set" in finding.message


@pytest.mark.parametrize("value", [1.5, {"a": 1.5}, {"a": -0.0}, [0.1]])
def test_a_fraction_in_an_object_that_is_no_document_is_not_our_concern(value: Any) -> None:
    assert found(check_documents({"odd": value})) == [("unknown-kind", "/odd")]


def test_an_object_with_a_fraction_is_refused_as_its_text_would_be() -> None:
    tree = edited(documents(*PILOT), put("/config/objective_config/max_context_tokens", 2048.0))
    for given in (tree, {name: as_text(each) for name, each in tree.items()}):
        report = check_documents(given)
        assert found(report) == [("non-integer-number", "/config/objective_config/max_context_tokens")]
        assert report.findings[0].actual == "2048.0"


@pytest.mark.parametrize("value", [None, 1, "text", True, [], {}, [[]], {"schema_version": "x"}, [{"a": 1}]])
def test_a_document_of_no_known_kind_that_was_named_is_a_finding(value: Any) -> None:
    report = check_documents({**documents(*PILOT), "odd": json.dumps(value)})
    version = isinstance(value, dict) and "schema_version" in value
    assert found(report) == [("unknown-kind", "/odd/schema_version" if version else "/odd")]
    assert (report.findings[0].line, report.verdict) == (1, "inconsistent")
    assert "psion.pretrain_stage_receipt.v1" in report.findings[0].message


def test_nothing_at_all_is_never_consistent() -> None:
    for report in (check_documents({}), Checker(documents()).check({}), Checker().check(iter(()))):
        assert (report.verdict, report.findings, report.ok) == ("inconsistent", (), False)


# Reading, and the rules beside it.


@pytest.mark.parametrize(
    ("old", "new", "rule", "pointer"),
    [
        (
            '"successful_replays": 3',
            '"successful_replays": 3.0',
            "non-integer-number",
            "/replay_receipt/successful_replays",
        ),
        (
            '"membership_epoch": 7',
            '"membership_epoch": 7e0',
            "non-integer-number",
            "/checkpoint_lineage/promoted_checkpoint/membership_epoch",
        ),
        (
            '"label_smoothing_bps": 40',
            '"label_smoothing_bps": -0',
            "non-integer-number",
            "/objective_config/label_smoothing_bps",
        ),
        ('"run_id": ', '"run_id": "x", "run_id": ', "duplicate-member", "/run_id"),
        ('"run_id": ', '"\\u0072un_id": "x", "run_id": ', "duplicate-member", "/run_id"),
    ],
)
def test_what_the_reader_refuses_is_a_finding_of_the_document(
    old: str, new: str, rule: str, pointer: str
) -> None:
    given = {name: as_text(each) for name, each in documents(*PILOT).items()}
    assert given["receipt"].count(old) == 1
    given["receipt"] = given["receipt"].replace(old, new)
    report = check_documents(given)
    assert report.verdict == "inconsistent"
    place = f"/receipt{pointer}"
    assert found(report) == [(rule, place, place) if rule == "duplicate-member" else (rule, place)]
    line = report.findings[0].line
    assert line is not None
    assert new in given["receipt"].splitlines()[line - 1]


def test_a_repeated_member_is_reported_with_both_its_places() -> None:
    report = check_documents(
        {"odd": '{"schema_version": "psion.sampling_policy.v1",\n "a": 1, "\\u0061":\n2}'}
    )
    (finding,) = (each for each in report.findings if each.rule == "duplicate-member")
    assert (finding.pointer, finding.line, finding.column) == ("/a", 2, 10)
    assert [(other.pointer, other.line, other.column) for other in finding.related] == [("/a", 2, 2)]


def test_a_member_that_is_repeated_several_times_has_one_finding_at_the_second() -> None:
    document = '"schema_version": "psion.sampling_policy.v1"'
    text = f'{{{document}, "a": 1, "a": {{{document}}}, "a": 2}}'
    for report in (check_documents({"odd": text}), Checker({"odd": text}).check({})):
        columns = [each.column for each in report.findings if each.rule == "duplicate-member"]
        assert columns == [text.index('"a": {') + 1]


def test_rules_do_not_read_what_the_reader_refused() -> None:
    given = {name: as_text(each) for name, each in documents(*PILOT).items()}
    given["receipt"] = given["receipt"].replace('"successful_replays": 3', '"successful_replays": 1e999')
    report = check_documents(given)
    assert found(report) == [("non-integer-number", "/receipt/replay_receipt/successful_replays")]
    assert "replay-digest-mismatch" in {each.rule for each in report.skipped}


def test_a_number_that_is_refused_inside_the_open_object_is_a_finding_and_nothing_is_skipped() -> None:
    given = {name: as_text(each) for name, each in documents(*ACCELERATED).items()}
    given["accelerated"] = given["accelerated"].replace('"job": 48151623', '"job": 1.5')
    report = check_documents(given)
    place = "/accelerated/delivered_execution/cluster_execution/job"
    assert found(report) == [("non-integer-number", place)]


@pytest.mark.parametrize("other", ['{"a": 1.5}', '{"a": 1, "a": 1}', '{"a": -0}'])
def test_what_is_beside_an_embedded_document_is_not_judged(other: str) -> None:
    given = {name: as_text(each) for name, each in documents(*PILOT).items()}
    given["receipt"] = f'{{"other": {other}, "receipt": {given["receipt"]}}}'
    assert check_documents(given, strict=True).ok


def test_a_document_is_not_hidden_by_repeating_the_member_that_holds_it() -> None:
    given = {name: as_text(each) for name, each in documents(*PILOT).items()}
    wrong = as_text(edited(documents("receipt"), WRONG)["receipt"])
    given["receipt"] = f'{{"receipt": {wrong}, "receipt": {given["receipt"]}}}'
    report = check_documents(given)
    assert found(report) == [("duplicate-member", "/receipt/receipt", "/receipt/receipt")]
    finding = report.findings[0]
    assert (finding.related[0].line, finding.related[0].column) == (1, 2)
    assert (finding.line or 0) > 1


def test_a_document_that_could_not_be_read_leaves_the_others_judged() -> None:
    given: dict[str, Any] = {name: as_text(each) for name, each in edited(documents(*PILOT), WRONG).items()}
    given["policy"] = given["policy"][:-3]
    report = check_documents(given)
    assert found(report) == [
        ("invalid-json", "/policy"),
        UNSEALED,
        ("unresolved-reference", "/config/sampling_policy_id"),
    ]


def test_the_limits_are_those_of_each_document() -> None:
    tree = documents(*PLAN)
    size = max(len(as_text(each).encode()) for each in tree.values())
    given = {name: as_text(each) for name, each in tree.items()}
    assert check_documents(given, limits=Limits(max_bytes=size)).ok
    report = check_documents(given, limits=Limits(max_bytes=size - 1))
    assert ("limit-exceeded", "/descriptor") in found(report)
    assert check_documents(given, limits=Limits(max_depth=7)).ok
    assert ("limit-exceeded", "/descriptor") in found(check_documents(given, limits=Limits(max_depth=3)))


# Very much wrong.

LAST = ("unlisted-findings", "/receipt")


def test_no_list_of_schema_findings_is_endless() -> None:
    report = checked(edited(documents("receipt"), put("/receipt/source_family_reports", [0] * 20_000)))
    counts = Counter(finding.rule for finding in report.findings)
    assert counts == {"schema-violation": MAX_FINDINGS, "unlisted-findings": 1}
    assert LAST in found(report)


@pytest.mark.slow
def test_no_list_of_rule_findings_is_endless() -> None:
    row = documents("receipt")["receipt"]["source_family_reports"][8]
    rows = [{**row, "split_name": f"s{number}", "source_ids": ["x"]} for number in range(6_000)]
    report = checked(sealed(edited(documents(*PILOT), put("/receipt/source_family_reports", rows))))
    assert len(report.findings) == MAX_FINDINGS + 1
    assert report.findings[-1].rule == "unlisted-findings"


@pytest.mark.parametrize(
    "member",
    [
        "replay_receipt",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("checkpoint_lineage", "objective_config", "summary", "run_id")
        ),
    ],
)
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.slow
def test_what_is_broken_and_no_longer_listed_trips_no_rule(member: str, first: bool) -> None:
    tree = documents(*PILOT)
    rows = {"source_family_reports": [0] * 20_000}
    receipt = {**tree["receipt"], member: {} if isinstance(tree["receipt"][member], dict) else 1}
    del receipt["source_family_reports"]
    tree["receipt"] = {**rows, **receipt} if first else {**receipt, **rows}
    report = check_documents(tree)
    assert report.verdict == "inconsistent"
    assert LAST in found(report)
    assert {finding.rule for finding in report.findings} <= {"schema-violation", "unlisted-findings"}


def test_of_very_many_documents_each_is_still_said_to_be_wrong() -> None:
    tiny = '{"schema_version":"psion.sampling_policy.v1"}'
    report = check_documents({"many": f"[{','.join([tiny] * 3000)}]"})
    by_document = Counter(
        each.pointer.split("/")[1] for each in report.findings if each.rule == "schema-violation"
    )
    assert by_document.keys() == {str(number) for number in range(3000)}
    assert len(report.findings) < MAX_FINDINGS + 3000
    unlisted = [each for each in report.findings if each.rule == "unlisted-findings"]
    assert unlisted and all(each.severity == "warning" and each.document == "many" for each in unlisted)
    alone = check_documents({"one": tiny})
    assert by_document["0"] == len(alone.findings) and by_document["2999"] == 1


@pytest.mark.slow
def test_of_documents_after_very_many_findings_the_rest_is_counted() -> None:
    tree = documents(*PILOT)
    rows = tree["receipt"]["source_family_reports"]
    changes = put("/receipt/source_family_reports", [{**each, "split_name": "s"} for each in rows])
    wrong = edited(tree, changes, put("/receipt/objective_config/label_smoothing_bps", 41))["receipt"]
    checker = Checker({name: each for name, each in tree.items() if name != "receipt"})
    own = len(checker.check({"receipt": wrong}).findings)
    full = -(-MAX_FINDINGS // own)
    report = checker.check({f"r{number}": wrong for number in range(full + 3)})
    by_document = Counter(each.document for each in report.findings if each.rule != "unlisted-findings")
    assert set(by_document.values()) == {own, 1}
    assert (by_document[f"r{full - 1}"], by_document[f"r{full}"]) == (own, 1)
    last = report.findings[-1]
    assert (last.rule, last.document) == ("unlisted-findings", f"r{full}")
    assert last.message.startswith(f"from this document on, at least {3 * (own - 1)} findings and 0 skipped")


MOST = 50
"""Findings listed at most, where 10,000 would only take longer."""


def test_a_cap_on_warnings_never_changes_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psion_contract.checker.MAX_FINDINGS", MOST)
    for count in (MOST - 1, MOST, MOST + 1):
        numbers = put("/accelerated/delivered_execution/cluster_execution/job", [2**53] * count)
        tree = edited(documents(*ACCELERATED), numbers)
        report = checked(tree)
        assert (report.verdict, report.errors) == ("consistent", 0)
        counts = Counter(each.rule for each in report.findings)
        assert counts["unsafe-integer"] == min(count, MOST)
        assert counts["unlisted-findings"] == (count >= MOST)
    assert checked(tree, strict=True).verdict == "inconsistent"


def test_an_error_behind_very_many_warnings_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psion_contract.checker.MAX_FINDINGS", MOST)
    many = put("/accelerated/delivered_execution/cluster_execution/job", [2**53] * (MOST + 1))
    tree = edited(documents(*ACCELERATED), many)
    wrong = edited(tree, put("/accelerated/summary", "other"))["accelerated"]
    report = check_documents(
        {**{name: as_text(each) for name, each in tree.items()}, "wrong": as_text(wrong)}
    )
    own = Counter(each.rule for each in report.findings if each.document == "wrong")
    assert own["receipt-digest-mismatch"] == 1 and report.verdict == "inconsistent"


def test_of_very_many_candidates_some_are_listed() -> None:
    tree = documents(*PILOT)
    others = {
        f"c{number}": {**tree["config"], "run_id": f"r{number}", "model_id": "x"} for number in range(50)
    }
    report = check_documents(
        {"receipt": as_text(tree["receipt"]), **{k: as_text(v) for k, v in others.items()}}
    )
    (missing,) = (each for each in report.findings if each.document == "receipt")
    assert (missing.rule, len(missing.related)) == ("unresolved-reference", 10)
    assert missing.message.endswith("and 45 more") or "more" in missing.message
    same = {f"c{number}": {**tree["config"], "stage_kind": f"x{number}"} for number in range(50)}
    report = check_documents(
        {"receipt": as_text(tree["receipt"]), **{k: as_text(v) for k, v in same.items()}}
    )
    (ambiguous,) = (each for each in report.findings if each.document == "receipt")
    assert (ambiguous.rule, len(ambiguous.related)) == ("ambiguous-reference", 10)
    assert "50 different documents" in ambiguous.message


def test_a_missing_document_names_what_could_not_be_used() -> None:
    tree = documents("receipt")
    inputs = [Source("lost.json", as_text(documents("config")["config"]).encode()[:300], named=False)]
    (lost, missing) = Checker(inputs).check({name: as_text(each) for name, each in tree.items()}).findings
    assert (lost.rule, lost.document) == ("invalid-json", "lost.json")
    assert missing.rule == "unresolved-reference" and missing.message.endswith(
        'could not be used: "lost.json"'
    )


# Embedded documents.


def test_documents_inside_another_are_found_judged_and_pointed_into() -> None:
    tree = sealed(edited(documents(*PILOT), put("/receipt/checkpoint_lineage/model_id", "other")))
    holder = {"kept/here": [None, {"~": tree["receipt"]}], "plan": {"config": tree["config"]}}
    report = check_documents({"holder": as_text(holder), **{name: as_text(tree[name]) for name in INPUTS}})
    base = "/holder/kept~1here/1/~0"
    assert found(report) == [
        ("lineage-model-mismatch", f"{base}/checkpoint_lineage/model_id", f"{base}/model_id")
    ]
    assert entries(report)[:2] == [
        ("holder", "/kept~1here/1/~0", "receipt", True),
        ("holder", "/plan/config", "config", True),
    ]
    (finding,) = report.findings
    lines = as_text(holder).splitlines()
    assert finding.line is not None
    assert '"model_id": "other"' in lines[finding.line - 1]
    assert (finding.related[0].line or 0) < finding.line


def test_schema_and_reading_findings_point_into_the_embedded_document() -> None:
    receipt = as_text(
        edited(documents("receipt"), put("/receipt/summary", ""), drop("/receipt/run_id"))["receipt"]
    )
    receipt = receipt.replace('"successful_replays": 3', '"successful_replays": 3.0, "successful_replays": 3')
    report = check_documents({"holder": f'{{"a": [{receipt}]}}'})
    replays = "/holder/a/0/replay_receipt/successful_replays"
    assert found(report) == [
        ("duplicate-member", replays, replays),
        ("non-integer-number", "/holder/a/0/replay_receipt/successful_replays"),
        ("schema-violation", "/holder/a/0"),
        ("schema-violation", "/holder/a/0/summary"),
    ]


def test_an_array_of_documents_is_as_good_as_a_file_each() -> None:
    assert check_documents({"all": as_text(list(documents().values()))}, strict=True).ok


def test_a_document_in_the_open_object_of_another_is_judged_too() -> None:
    tree = documents(*ACCELERATED)
    broken = {"schema_version": "psion.pretrain_stage_config.v1"}
    tree = edited(tree, put("/accelerated/delivered_execution/cluster_execution/config", broken))
    places = {(rule, pointer) for rule, pointer, *_ in found(checked(tree))}
    assert places == {("schema-violation", "/accelerated/delivered_execution/cluster_execution/config")}


# Several documents.


def test_the_same_document_twice_is_found_wrong_twice() -> None:
    tree = edited(documents(*PILOT), WRONG, copy("/receipt", "/again"))
    report = checked(tree)
    assert found(report) == sorted([UNSEALED, ("receipt-digest-mismatch", "/again/receipt_digest", "/again")])
    assert len(report.documents) == 6


def test_findings_come_in_the_order_of_the_documents_and_then_of_the_rules() -> None:
    tree = edited(
        documents("receipt", "policy", "descriptor", "config", "corpus"),
        put("/receipt/summary", ""),
        put("/receipt/run_id", 1),
        put("/receipt/checkpoint_lineage/model_id", "other"),
        put("/receipt/replay_receipt/exact_replay_observed", False),
        put("/config/model_descriptor_digest", ZEROS),
        put("/config/sampling_policy_version", "5"),
        put("/policy/maximum_code_token_ratio_bps", -1),
    )
    order = [(each.rule, each.document) for each in checked(tree).findings]
    assert order == [
        ("schema-violation", "receipt"),
        ("schema-violation", "receipt"),
        ("replay-digest-mismatch", "receipt"),
        ("replay-not-exact", "receipt"),
        ("lineage-model-mismatch", "receipt"),
        ("lineage-digest-mismatch", "receipt"),
        ("schema-violation", "policy"),
        ("model-descriptor-digest-mismatch", "config"),
        ("sampling-policy-mismatch", "config"),
    ]


def test_two_checks_of_the_same_documents_say_the_same() -> None:
    tree = edited(documents(), WRONG, put("/policy/source_family_weights/0/sampling_weight_bps", 1))
    assert checked(tree) == checked(tree)


def test_the_order_in_which_documents_are_given_decides_nothing() -> None:
    tree = edited(documents(), WRONG, put("/resumed/objective_config/label_smoothing_bps", 1))
    assert found(checked(dict(reversed(tree.items())))) == found(checked(tree))


# Inputs given once.


def test_inputs_are_available_and_not_judged() -> None:
    tree = documents(*PILOT)
    receipt = {"receipt": tree.pop("receipt")}
    report = Checker(tree, strict=True).check(receipt)
    assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())
    assert entries(report) == [
        ("receipt", "", "receipt", True),
        *((name, "", name, False) for name in PLAN),
    ]


RECEIPT_EDITS = [
    [],
    [WRONG],
    [put("/receipt/run_id", "other")],
    [put("/receipt/run_id", 1)],
    [put("/receipt/source_family_reports/8/split_name", "x"), drop("/receipt/source_family_reports/0")],
    [put("/receipt/replay_receipt/deterministic_shuffle_seed", 2**60)],
    [drop("/receipt/summary"), put("/receipt/objective_config/max_context_tokens", 1)],
    [put("/receipt/run_id", "a"), put("/receipt/stage_id", "b")],
]


@pytest.mark.parametrize("strict", [False, True])
def test_a_checker_that_is_used_again_says_what_a_fresh_check_says(strict: bool) -> None:
    plan = {name: as_text(each) for name, each in documents(*PLAN).items()}
    checker = Checker(plan, strict=strict)
    for edits in (*RECEIPT_EDITS, *RECEIPT_EDITS):
        receipt = {"receipt": as_text(edited(documents("receipt"), *edits)["receipt"])}
        again, fresh = checker.check(receipt), check_documents({**receipt, **plan}, strict=strict)
        assert (again.verdict, again.findings, again.skipped) == (
            fresh.verdict,
            fresh.findings,
            fresh.skipped,
        )


@pytest.mark.parametrize("name", PLAN)
def test_a_checker_with_a_wrong_input_says_so_every_time_it_is_reached(name: str) -> None:
    changes = {
        "descriptor": put("/descriptor/parameter_count_estimate", 1),
        "corpus": put("/corpus/splits/0/token_count", 1),
        "policy": put("/policy/source_family_weights/0/sampling_weight_bps", 1),
        "config": put("/config/objective_config/max_context_tokens", 1),
    }
    tree = edited(documents(*PILOT), changes[name])
    receipt = {"receipt": tree.pop("receipt")}
    checker = Checker(tree)
    fresh = check_documents({**receipt, **tree})
    assert fresh.verdict == "inconsistent"
    for _ in range(3):
        report = checker.check(receipt)
        assert report.verdict == "inconsistent"
        assert found(report) == found(fresh)
        assert any(finding.document == name for finding in report.findings)


@pytest.mark.parametrize("name", PLAN)
def test_a_checker_with_a_broken_input_says_so_every_time_it_is_reached(name: str) -> None:
    member = {
        "descriptor": "config",
        "corpus": "shards",
        "policy": "packing_policy_version",
        "config": "model_id",
    }
    tree = edited(documents(*PILOT), put(f"/{name}/{member[name]}", None))
    receipt = {"receipt": tree.pop("receipt")}
    checker = Checker(tree)
    reports = [checker.check(receipt) for _ in range(3)]
    for report in reports:
        assert report.verdict == "inconsistent"
        assert ("schema-violation", f"/{name}/{member[name]}") in found(report)
        assert {each.document for each in report.skipped} & {"config", name}
        assert report == reports[0]


def test_inputs_that_nothing_refers_to_are_not_judged() -> None:
    tree = documents(*PILOT)
    other = edited(
        documents("corpus", "policy"),
        put("/corpus/replay_contract/stable_dataset_identity", "other@1"),
        put("/corpus/shards", []),
        put("/policy/policy_version", "99"),
        put("/policy/regression_thresholds", []),
    )
    checker = Checker(
        {**{name: tree[name] for name in PLAN}, "corpus2": other["corpus"], "policy2": other["policy"]}
    )
    report = checker.check({"receipt": tree["receipt"]})
    assert (report.verdict, found(report), report.skipped) == ("consistent", [], ())
    assert len(report.documents) == 7


def test_an_input_that_cannot_be_read_is_always_reported() -> None:
    tree = documents(*PILOT)
    report = Checker({"odd": b"{", **{name: tree[name] for name in PLAN}}).check({"receipt": tree["receipt"]})
    assert (report.verdict, found(report)) == ("inconsistent", [("invalid-json", "/odd")])


def test_an_input_of_another_kind_is_no_finding() -> None:
    tree = documents(*PILOT)
    checker = Checker({"odd": {"a": 1}, **{name: tree[name] for name in PLAN}})
    assert checker.check({"receipt": tree["receipt"]}).ok


def test_judged_documents_and_inputs_refer_to_each_other() -> None:
    tree = documents(*PILOT)
    checker = Checker({name: tree[name] for name in INPUTS})
    assert checker.check({name: tree[name] for name in ("config", "receipt")}).ok
    assert found(checker.check({"receipt": tree["receipt"]})) == [("unresolved-reference", "/receipt/run_id")]
    assert checker.check({name: tree[name] for name in ("config", "receipt")}).ok


def test_a_judged_document_may_complete_a_reference_between_inputs() -> None:
    tree = documents(*PILOT)
    checker = Checker({"config": tree["config"], "corpus": tree["corpus"], "policy": tree["policy"]})
    without = checker.check({"receipt": tree["receipt"]})
    assert found(without) == [("unresolved-reference", "/config/model_id")]
    assert checker.check({"receipt": tree["receipt"], "descriptor": tree["descriptor"]}).ok
    assert found(checker.check({"receipt": tree["receipt"]})) == found(without)


@pytest.mark.slow
def test_a_checker_keeps_nothing_of_what_it_judged() -> None:
    tree = documents()
    program = {"run_id": "r", "checkpoint_family": "f", "stages": []}
    checker = Checker({name: tree[name] for name in INPUTS})

    def kept() -> int:
        gc.collect()
        return sum(isinstance(each, Document) for each in gc.get_objects())

    def check() -> None:
        checker.check({name: tree[name] for name in ("config", "receipt", "resumed", "accelerated")})
        checker.check({"receipt": tree["receipt"]})
        checker.check({"program": program})

    check()
    before = kept()
    for _ in range(5):
        check()
    assert kept() == before


# Sources.


def lines(*values: Any, named: bool = True) -> list[Source]:
    """A JSON Lines file with these lines."""
    data = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in values]
    return [
        Source(f"log.jsonl:{number}", line, named, number, group="log.jsonl")
        for number, line in enumerate(data, 1)
    ]


def test_the_lines_of_a_file_are_documents_of_their_own() -> None:
    tree = edited(documents(*PILOT), WRONG)
    report = Checker().check(lines(*tree.values()))
    assert found(report) == [("receipt-digest-mismatch", "/log.jsonl:5/receipt_digest", "/log.jsonl:5")]
    assert (report.findings[0].line, report.findings[0].column) == (
        5,
        json.dumps(tree["receipt"]).index(f'"{ZEROS}"') + 1,
    )


def test_lines_of_other_kinds_are_left_alone_where_one_line_is_a_document() -> None:
    report = Checker().check(lines({"event": 1}, *documents(*PLAN).values(), {"schema_version": "x.v1"}))
    assert report.ok
    assert [tuple(each) for each in report.left_alone] == [
        ("log.jsonl:1", "other-kind", None, True),
        ("log.jsonl:6", "other-kind", "x.v1", True),
    ]


def test_a_file_without_one_document_among_its_lines_is_a_finding() -> None:
    report = Checker().check(lines({"event": 1}, {"event": 2}))
    assert found(report) == [("unknown-kind", "/log.jsonl")]
    assert len(report.left_alone) == 2


def test_a_line_that_is_no_json_is_a_finding_where_the_file_was_named() -> None:
    report = Checker().check(lines(*documents(*PLAN).values(), b'{"a":\t'))
    assert found(report) == [("invalid-json", "/log.jsonl:5")]
    assert (report.findings[0].line, report.findings[0].column) == (5, 7)


def test_what_was_not_named_and_holds_no_document_is_left_alone() -> None:
    tree = [Source(name, as_text(each).encode(), False) for name, each in documents(*PLAN).items()]
    others = [
        Source("broken.json", b"{", False),
        Source("other.json", b'{"schema_version": "x.v1"}', False),
        Source("list.json", b"[1]", False),
        *lines({"a": 1}, b"{", named=False),
    ]
    report = Checker().check([*tree, *others])
    assert (report.verdict, report.findings) == ("consistent", ())
    assert [tuple(each) for each in report.left_alone] == [
        ("broken.json", "not-json", None, True),
        ("other.json", "other-kind", "x.v1", True),
        ("list.json", "other-kind", None, True),
        ("log.jsonl:1", "other-kind", None, True),
        ("log.jsonl:2", "not-json", None, True),
    ]


def test_a_document_that_was_not_named_is_judged_all_the_same() -> None:
    tree = edited(documents(*PILOT), WRONG, put("/receipt/summary", ""))
    report = Checker().check([Source(name, as_text(each).encode(), False) for name, each in tree.items()])
    assert found(report) == [("schema-violation", "/receipt/summary")]


def test_a_source_that_is_not_located_has_no_positions() -> None:
    report = Checker().check([Source("a", b"{", located=False), Source("b", b"{}", located=False)])
    assert [(each.rule, each.line) for each in report.findings] == [
        ("invalid-json", None),
        ("unknown-kind", None),
    ]


# The report.


def test_documents_are_reported_with_kind_and_identity() -> None:
    report = checked(documents(*RESUMED))
    identities = {each.name: each.identity for each in report.documents}
    kinds_of = {each.name: each.kind for each in report.documents}
    assert kinds_of["resumed"] == "psion.pretrain_stage_receipt.v1"
    assert identities["descriptor"] == {"model_id": "psion-tidewater-pilot"}
    assert identities["resumed_config"] == {
        "run_id": "tidewater-pilot-02",
        "stage_id": "tidewater-pilot-02-stage-1-pretrain",
    }


def test_only_reading_reads_and_holds_to_schemas_and_does_no_more() -> None:
    tree = edited(documents(*PILOT), WRONG, put("/policy/policy_id", ""))
    held, findings = Checker().read({**tree, "odd": b"{", "other": {}})
    assert [each.name for each in held] == list(PILOT)
    assert [(each.rule, each.document) for each in findings] == [
        ("invalid-json", "odd"),
        ("unknown-kind", "other"),
        ("schema-violation", "policy"),
    ]


def test_every_finding_names_a_rule_of_the_table_with_its_severity() -> None:
    tree = edited(
        documents(),
        WRONG,
        put("/resumed/replay_receipt/exact_replay_observed", False),
        put("/policy/policy_id", 1),
        put("/corpus/splits/0/token_count", 2**60),
    )
    findings = check_documents({**tree, "odd": b"{", "other": {}}).findings
    assert {each.severity for each in findings} == {"error", "warning"}
    for finding in findings:
        assert RULES[finding.rule].severity == finding.severity


def test_a_check_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> Any:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert check_documents(documents(), strict=True).ok


@pytest.mark.parametrize(
    "copied", [deepcopy, lambda checker: pickle.loads(pickle.dumps(checker))], ids=["copied", "pickled"]
)
def test_a_copy_of_a_checker_gives_the_same_report(copied: Callable[[Checker], Checker]) -> None:
    inputs = documents("descriptor", "policy", "config")
    receipt = documents("receipt")
    report = copied(Checker(inputs)).check(receipt)  # the corpus is missing
    assert [finding.rule for finding in report.findings] == ["unresolved-reference"]
    assert report == Checker(inputs).check(receipt)


def test_ignored_lines_are_listed_up_to_a_limit_and_then_counted(tmp_path: Path) -> None:
    lines, folder = tmp_path / "a.jsonl", tmp_path / "folder"
    lines.write_text("{}\n" * (MAX_FINDINGS + 7) + json.dumps(documents("policy")["policy"]))
    folder.mkdir()
    (folder / "b.json").write_text("{}")
    report = check_documents([lines, folder])
    assert len(report.left_alone) == MAX_FINDINGS + 1
    assert report.left_alone[-2].name == f"{lines}:{MAX_FINDINGS}"
    assert report.left_alone[-1].name == str(folder / "b.json")
    assert report.unlisted.left_alone == (("other-kind", 7),)
    assert report.ok


@pytest.mark.parametrize("strict", ["yes", "no", 1, None])
def test_strict_is_a_boolean(strict: Any) -> None:
    with pytest.raises(ArgumentError, match=f"strict: expected True or False, found {strict!r}"):
        check_documents({}, strict=strict)
