"""Sealing recomputes the digests of a receipt and nothing else, and never where anything else is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.canonical_sets import documents
from support.measured_runs import RUNS, inputs

from psion_contract import Checker, Limits, Source
from psion_contract.build import sealing as sealing_module
from psion_contract.build.sealing import (
    LINEAGE_DIGEST,
    RECEIPT_DIGEST,
    REPLAY_DIGEST,
    DigestChange,
    Sealing,
    put_digests,
    seal,
)
from psion_contract.documents.serialising import document_text
from psion_contract.exceptions import ArgumentError, NotSealableError
from psion_contract.reading.pointers import value_at

POINTERS = (REPLAY_DIGEST, LINEAGE_DIGEST, RECEIPT_DIGEST)
CONFIG_OF = {receipt: config for config, receipt in RUNS.items()}


def the(name: str) -> Any:
    """One canonical document."""
    return documents(name)[name]


def put(document: Any, pointer: str, value: Any) -> None:
    holder, last = value_at(document, pointer.rpartition("/")[0]), pointer.rpartition("/")[2]
    holder[int(last) if isinstance(holder, list) else last] = value


def sealed(data: str | bytes, name: str = "receipt", **changes: Any) -> Sealing:
    """The result of sealing a text, with the inputs of a canonical run."""
    encoded = data.encode() if isinstance(data, str) else data
    return seal(Source("receipt.json", encoded), inputs(CONFIG_OF[name]) | changes)


def rules(sealing: Sealing) -> list[tuple[str, str]]:
    return [(each.rule, each.pointer) for each in sealing.report.findings if each.severity == "error"]


# What it changes.


@pytest.mark.parametrize("name", CONFIG_OF)
def test_a_receipt_that_is_sealed_stays_as_it_is(name: str) -> None:
    data = document_text(the(name)).encode()
    sealing = sealed(data, name)
    assert (sealing.data, sealing.changes, sealing.refused) == (data, (), False)


@pytest.mark.parametrize("name", CONFIG_OF)
def test_the_digests_of_a_canonical_receipt_are_found_again(name: str) -> None:
    receipt = the(name)
    stored = [value_at(receipt, pointer) for pointer in POINTERS]
    for pointer in POINTERS:
        put(receipt, pointer, "")
    sealing = sealed(document_text(receipt), name)
    assert sealing.data.decode() == document_text(the(name))
    assert [tuple(change) for change in sealing.changes] == [
        (pointer, "", digest) for pointer, digest in zip(POINTERS, stored, strict=True)
    ]


@pytest.mark.parametrize(
    ("pointer", "changed"),
    [
        ("/replay_receipt/summary", [REPLAY_DIGEST, RECEIPT_DIGEST]),
        ("/checkpoint_lineage/promoted_checkpoint_label", [LINEAGE_DIGEST, RECEIPT_DIGEST]),
        ("/summary", [RECEIPT_DIGEST]),
        ("/source_family_reports/0/detail", []),  # which no digest binds
    ],
)
def test_only_the_digests_that_bind_a_member_are_changed(pointer: str, changed: list[str]) -> None:
    receipt = the("receipt")
    put(receipt, pointer, "other words")
    sealing = sealed(document_text(receipt))
    assert [change.pointer for change in sealing.changes] == changed
    assert not sealing.refused
    assert Checker(inputs("config")).check([Source("receipt.json", sealing.data)]).ok


def test_the_receipts_digest_is_made_of_the_new_digests_of_its_parts() -> None:
    receipt = the("receipt")
    for pointer in POINTERS:
        put(receipt, pointer, "0" * 64)
    put_digests(receipt)
    assert receipt == the("receipt")
    put(receipt, RECEIPT_DIGEST, "0" * 64)
    assert [change.pointer for change in put_digests(receipt)] == [RECEIPT_DIGEST]
    assert put_digests(receipt) == ()


def test_a_changed_copy_of_a_receipt_is_sealed_beside_the_original_and_others_that_are_not_sealed() -> None:
    original = the("receipt")
    changed = {**original, "summary": "Corrected."}
    unsealed = {name: {**original, "summary": name, RECEIPT_DIGEST[1:]: "0" * 64} for name in ("a", "b")}
    sealing = sealed(document_text(changed), original=original, **unsealed)
    assert ([change.pointer for change in sealing.changes], sealing.refused) == ([RECEIPT_DIGEST], False)


def test_a_receipt_that_would_have_the_digest_of_another_one_is_not_sealed() -> None:
    other = the("receipt")
    put(other, "/source_family_reports/0/detail", "other words")
    sealing = sealed(document_text({**the("receipt"), RECEIPT_DIGEST[1:]: ""}), other=other)
    assert (sealing.refused, rules(sealing)) == (True, [("identity-conflict", RECEIPT_DIGEST)])


# Every other byte.


def test_the_layout_stays() -> None:
    receipt = the("receipt")
    receipt["summary"] = 'Øre \u2028 😀 \\ " /'
    put(receipt, RECEIPT_DIGEST, '{[,\\"]} |')
    texts = [
        json.dumps(receipt),
        json.dumps(receipt, ensure_ascii=False, separators=(",", ":")),
        json.dumps(receipt, indent="\t", sort_keys=True).replace("\n", "\r\n") + "\r\n\r\n",
        "\n\n  " + json.dumps(receipt, indent=7).replace("/", "\\/"),
        json.dumps(receipt)
        .replace('"summary"', '"\\u0073ummary"')
        .replace('"receipt_digest"', '"receipt\\u005Fdigest"'),
    ]
    (stored,) = {json.dumps('{[,\\"]} |'), json.dumps('{[,\\"]} |', ensure_ascii=False)}
    for text in texts:
        sealing = sealed(text)
        assert [change.pointer for change in sealing.changes] == [RECEIPT_DIGEST]
        digest = json.dumps(sealing.changes[0].computed)
        assert sealing.data.decode() == text.replace(stored, digest).replace(
            stored.replace("/", "\\/"), digest
        )
        assert text.count(stored) == 1


WHITE_SPACE = st.text(" \t\r\n", max_size=3)


@st.composite
def written(draw: st.DrawFn, value: Any) -> str:
    """A JSON value as text: members in any order, any white space, any character escaped or not."""
    before, after = draw(WHITE_SPACE), draw(WHITE_SPACE)
    if isinstance(value, dict):
        members = [
            f"{draw(written(key))}:{draw(written(value[key]))}" for key in draw(st.permutations(list(value)))
        ]
        text = "{" + ",".join(members) + "}" if members else "{}"
    elif isinstance(value, list):
        text = "[" + ",".join(draw(written(item)) for item in value) + "]"
    elif isinstance(value, str) and value in MARKS:
        text = value
    else:
        text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    return before + text + after


MARKS = tuple(f"<the digest at {pointer}>" for pointer in POINTERS)
"""Placeholders for the digests in the text, replaced by the values before sealing and after."""


@settings(max_examples=10)
@given(st.data())
def test_every_byte_outside_the_digests_stays(data: st.DataObject) -> None:
    receipt = the("receipt")
    digests = [value_at(receipt, pointer) for pointer in POINTERS]
    for pointer, mark in zip(POINTERS, MARKS, strict=True):
        put(receipt, pointer, mark)
    text = after = data.draw(written(receipt))
    for mark, digest in zip(MARKS, digests, strict=True):
        placeholder = data.draw(st.just(digest) | st.text(st.characters(codec="utf-8"), max_size=80))
        text = text.replace(mark, json.dumps(placeholder, ensure_ascii=data.draw(st.booleans())))
        after = after.replace(mark, json.dumps(digest))
    sealing = sealed(text)
    assert not sealing.refused
    assert sealing.data.decode() == after


def test_a_digest_that_is_right_stays_as_it_is_spelled() -> None:
    receipt = the("receipt")
    receipt["summary"] = "other words"
    digest = receipt["replay_receipt"]["replay_digest"]
    text = document_text(receipt).replace(f'"{digest}"', f'"\\u00{ord(digest[0]):x}{digest[1:]}"')
    sealing = sealed(text)
    assert [change.pointer for change in sealing.changes] == [RECEIPT_DIGEST]
    assert sealing.data.decode() == text.replace(sealing.changes[0].stored, sealing.changes[0].computed)


# What it refuses.


def test_a_receipt_with_a_coverage_hole_is_left_alone_and_reported_why() -> None:
    receipt = the("receipt")
    del receipt["source_family_reports"][-1]
    data = document_text(receipt).encode()
    sealing = sealed(data)
    assert sealing.refused
    assert (sealing.data, sealing.changes) == (data, ())
    assert rules(sealing) == [("incomplete-coverage", "/source_family_reports")]
    assert "held_out_examinations" in sealing.report.findings[0].message


@pytest.mark.parametrize(
    ("edits", "found"),
    [
        ({"/run_id": "another"}, ("config-mismatch", "/run_id")),
        (
            {"/objective_config/label_smoothing_bps": 1},
            ("objective-config-mismatch", "/objective_config/label_smooth"),
        ),
        (
            {"/source_family_reports/0/split_kind": "test"},
            ("split-kind-mismatch", "/source_family_reports/0/split_kind"),
        ),
        (
            {"/source_family_reports/0/token_share_bps_within_split": 1},
            ("share-total-mismatch", "/source_family_rep"),
        ),
        (
            {"/replay_receipt/deterministic_shuffle_seed": 1},
            ("replay-contract-mismatch", "/replay_receipt/determini"),
        ),
        ({"/checkpoint_lineage/model_id": "m"}, ("lineage-model-mismatch", "/checkpoint_lineage/model_id")),
        ({"/summary": "a|b"}, ("schema-violation", "/summary")),
        ({"/summary": None}, ("schema-violation", "/summary")),
        ({"/sealed_by": "me"}, ("schema-violation", "/sealed_by")),
        (
            {"/replay_receipt/successful_replays": 1.5},
            ("non-integer-number", "/replay_receipt/successful_replays"),
        ),
        ({REPLAY_DIGEST: None}, ("schema-violation", REPLAY_DIGEST)),
        ({LINEAGE_DIGEST: 0}, ("schema-violation", LINEAGE_DIGEST)),
        ({RECEIPT_DIGEST: ["", ""]}, ("schema-violation", RECEIPT_DIGEST)),
    ],
)
@pytest.mark.parametrize("placeholder", ["", "0" * 64])
def test_nothing_is_laundered(edits: dict[str, Any], found: tuple[str, str], placeholder: str) -> None:
    receipt = the("receipt")
    for pointer in POINTERS:
        put(receipt, pointer, placeholder)
    for pointer, value in edits.items():
        put(receipt, pointer, value)
    data = json.dumps(receipt).encode()
    sealing = sealed(data)
    assert sealing.refused
    assert (sealing.data, sealing.changes) == (data, ())
    ((rule, pointer),) = rules(sealing)
    assert rule == found[0]
    assert pointer.startswith(found[1])


def test_findings_give_places_of_the_text_that_was_to_be_sealed() -> None:
    receipt = the("receipt")
    for pointer in POINTERS:
        put(receipt, pointer, "")
    put(receipt, "/checkpoint_lineage/model_id", "m")
    text = json.dumps(receipt)
    (finding,) = sealed(text).report.findings
    assert (finding.line, finding.column) == (1, text.index('"m"') + 1)


def test_what_is_written_was_checked_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = the("receipt")
    put(receipt, "/summary", "other words")
    data = document_text(receipt).encode()
    wrong = DigestChange(RECEIPT_DIGEST, receipt["receipt_digest"], "f" * 64)
    monkeypatch.setattr(sealing_module, "put_digests", lambda receipt: (wrong,))
    sealing = sealed(data)
    assert rules(sealing) == [("receipt-digest-mismatch", RECEIPT_DIGEST)]
    assert (sealing.refused, sealing.data, sealing.changes) == (True, data, ())


@pytest.mark.parametrize("pointer", POINTERS)
def test_a_digest_that_is_missing_is_not_put_in(pointer: str) -> None:
    receipt = the("receipt")
    holder, _, member = pointer.rpartition("/")
    del value_at(receipt, holder)[member]
    sealing = sealed(document_text(receipt))
    assert rules(sealing) == [("schema-violation", holder)]
    assert member in sealing.report.findings[0].message


def test_without_the_documents_it_refers_to_no_receipt_is_sealed() -> None:
    receipt = the("receipt")
    receipt["summary"] = "other words"
    data = document_text(receipt).encode()
    sealing = seal(Source("receipt.json", data), {})
    assert rules(sealing) == [("unresolved-reference", "/run_id")]
    without_corpus = {name: value for name, value in inputs("config").items() if name != "corpus"}
    sealing = seal(Source("receipt.json", data), without_corpus)
    assert [each.rule for each in sealing.report.findings] == ["unresolved-reference"]
    assert sealing.refused and sealing.data == data


def test_inputs_that_contradict_themselves_keep_a_receipt_from_being_sealed() -> None:
    corpus = the("corpus")
    corpus["splits"][0]["token_count"] += 1
    receipt = the("receipt")
    receipt["summary"] = "other words"
    sealing = sealed(document_text(receipt), corpus=corpus)
    assert rules(sealing) == [("split-count-mismatch", "/splits/0/token_count")]


def test_an_input_with_members_called_like_the_digests_keeps_a_receipt_from_being_sealed() -> None:
    config = the("config") | {"receipt_digest": "x"}
    sealing = sealed(document_text(the("receipt")), config=config)
    assert rules(sealing) == [("schema-violation", "/receipt_digest")]


def test_a_digest_given_twice_keeps_a_receipt_from_being_sealed() -> None:
    text = json.dumps(the("receipt"))
    sealing = sealed(text[:-1] + ', "receipt_digest": ""}')
    assert ("duplicate-member", RECEIPT_DIGEST) in rules(sealing)
    assert sealing.data.decode().endswith(', "receipt_digest": ""}')


@pytest.mark.parametrize(
    ("data", "rule"), [(b"{", "invalid-json"), (b'"\xff"', "invalid-json"), (b"[]", "unknown-kind")]
)
def test_what_is_not_receipt_at_all_is_refused(data: bytes, rule: str) -> None:
    sealing = sealed(data)
    assert [each.rule for each in sealing.report.findings] == [rule]
    assert sealing.refused and sealing.data == data


def test_a_file_above_the_readers_limit_is_refused_whole() -> None:
    data = document_text(the("receipt")).encode()
    sealing = seal(Source("receipt.json", data), inputs("config"), limits=Limits(max_bytes=1000))
    assert {each.rule for each in sealing.report.findings} == {"limit-exceeded"}
    assert sealing.data == data


def test_a_warning_keeps_no_receipt_from_being_sealed() -> None:
    receipt = the("receipt")
    receipt["replay_receipt"]["exact_replay_observed"] = False
    sealing = sealed(document_text(receipt))
    assert not sealing.refused
    assert [change.pointer for change in sealing.changes] == [REPLAY_DIGEST, RECEIPT_DIGEST]
    assert [each.rule for each in sealing.report.findings] == ["replay-not-exact"]


@pytest.mark.parametrize(
    ("holding", "words"),
    [
        (lambda receipt: {"receipt": receipt}, "/receipt"),
        (lambda receipt: [receipt], "/0"),
        (
            lambda receipt: {"stages": [{"pretrain_runs": [receipt]}], "checkpoint_family": "f"},
            "/stages/0/pretrain_runs/0",
        ),
        (
            lambda _: the("config"),
            "pretrain-stage config",
        ),
    ],
)
def test_only_a_receipt_at_the_root_of_its_file_is_sealed(holding: Callable[[Any], Any], words: str) -> None:
    data = json.dumps(holding(the("receipt"))).encode()
    with pytest.raises(NotSealableError, match=f"x.json .*{words}"):
        seal(Source("x.json", data), inputs("config"))


def test_a_receipt_comes_in_any_form(tmp_path: Path) -> None:
    receipt = the("receipt")
    digest = receipt["receipt_digest"]
    receipt["receipt_digest"] = ""
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(receipt), encoding="utf-8")
    for form in (receipt, MappingProxyType(receipt), json.dumps(receipt), path):
        sealing = seal(form, inputs(CONFIG_OF["receipt"]))
        assert [tuple(change) for change in sealing.changes] == [(RECEIPT_DIGEST, "", digest)]
        assert json.loads(sealing.data)["receipt_digest"] == digest
    assert json.loads(path.read_bytes())["receipt_digest"] == ""
    with pytest.raises(ArgumentError, match="source: /summary: a value of type set"):
        seal({**receipt, "summary": {1}}, {})
    with pytest.raises(ArgumentError, match="inputs: expected a mapping"):
        seal(receipt, None)  # type: ignore[arg-type]
