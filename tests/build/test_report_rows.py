"""Rows of a receipt, made of what a trainer measured."""

from __future__ import annotations

from typing import Any

import pytest
from support.canonical_sets import documents
from support.measured_runs import measured
from syrupy.assertion import SnapshotAssertion

from psion_contract.build.report_rows import report_rows
from psion_contract.exceptions import RowsError

WRONG_ROWS: dict[str, dict[str, Any]] = {
    "negative tokens": {"tokens": -1},
    "tokens with a fraction": {"tokens": 1.0},
    "sequences as text": {"sequences": "12"},
    "no finite loss": {"loss": float("nan")},
    "two losses": {"loss_milli": 3},
    "an unknown split and no loss": {"loss": None, "split": "trian"},
    "a family of another split": {"family": "held_out_examinations"},
    "a number for a family": {"family": 7},
    "a text for the sources": {"sources": "harbour_handbook"},
    "a number for a source": {"sources": [1]},
    "a number for the detail": {"detail": 1},
    "an unknown member": {"token": 1},
    "a finished row among measured ones": {"split_name": "train"},
}


@pytest.mark.parametrize("what", WRONG_ROWS)
def test_a_row_that_cannot_be_understood_is_refused_with_everything_that_is_wrong(
    what: str, snapshot: SnapshotAssertion
) -> None:
    (corpus, receipt) = documents("corpus", "receipt").values()
    rows = measured(receipt)
    rows[1] = {**rows[0], **WRONG_ROWS[what]}
    with pytest.raises(RowsError) as error:
        report_rows(rows, corpus)
    found = error.value.problems
    assert {each.row for each in found} == {1}
    assert {each.member for each in found} <= set(WRONG_ROWS[what])
    assert len(found) == (2 if what == "an unknown split and no loss" else 1)
    assert str(error.value) == snapshot


def test_all_rows_that_are_wrong_are_reported_at_once() -> None:
    (corpus, receipt) = documents("corpus", "receipt").values()
    rows: list[Any] = measured(receipt)
    del rows[0]["tokens"]
    del rows[3]["loss"]
    rows[5] = "a row"
    with pytest.raises(RowsError) as error:
        report_rows(rows, corpus)
    assert [each[:2] for each in error.value.problems] == [(0, "tokens"), (3, "loss"), (5, "")]


def test_a_split_that_counts_nothing_is_refused() -> None:
    (corpus, receipt) = documents("corpus", "receipt").values()
    rows = measured(receipt)
    for row in rows[3:6]:
        row["sequences"] = 0
    with pytest.raises(RowsError) as error:
        report_rows(rows, corpus)
    assert [each[:2] for each in error.value.problems] == [(3, "sequences")]


def test_a_family_that_was_not_read_has_a_row_all_the_same() -> None:
    (corpus, receipt) = documents("corpus", "receipt").values()
    rows = measured(receipt)
    rows[5] |= {"tokens": 0, "sequences": 0}
    made = report_rows(rows, corpus)
    assert [row["token_share_bps_within_split"] for row in made[3:6]] == [5629, 4371, 0]


def test_the_sources_of_a_row_are_those_of_the_splits_shards() -> None:
    (corpus,) = documents("corpus").values()
    rows = [{"split": "validation", "family": "systems_code", "tokens": 1, "sequences": 1, "loss": 1}]
    assert report_rows(rows, corpus)[0]["source_ids"] == ["numerics_library"]
    assert corpus["source_family_bindings"][2]["source_ids"] == ["storage_engine", "numerics_library"]
