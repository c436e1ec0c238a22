"""Rows of a receipt, made of what a trainer measured."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import make_dataclass
from typing import Any

import pytest
from support.canonical_sets import documents
from support.measured_runs import measured
from syrupy.assertion import SnapshotAssertion

from psion_contract.build.report_rows import MAX_PROBLEMS, implausible, report_rows
from psion_contract.exceptions import ArgumentError, RowsError


class Scalar:
    """A scalar of numpy or torch."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def item(self) -> Any:
        return self.value


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
    "a float of a number library": {"tokens": Scalar(7.0)},
    "no tokens": {"tokens": None},
    "a boolean of a number library": {"tokens": Scalar(True)},
    "a loss of a number library that is NaN": {"loss": Scalar(float("nan"))},
    "an empty loss": {"loss": " "},
    "a loss with a comma": {"loss": "3,72"},
    "a list for a loss": {"loss": [1]},
    "more sequences than tokens": {"sequences": 10**12},
    "a mapping for the sources": {"sources": {"a": 1}},
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
        row.update(tokens=0, sequences=0, loss=None)
    with pytest.raises(RowsError) as error:
        report_rows(rows, corpus)
    assert [each[:2] for each in error.value.problems] == [(3, "tokens"), (3, "sequences")]


def test_tokens_are_read_in_sequences() -> None:
    (corpus, receipt) = documents("corpus", "receipt").values()
    rows = measured(receipt)
    rows[4]["sequences"] = 0
    with pytest.raises(
        RowsError, match=r"sequences.*tokens in no sequence: what is read is part of a sequence"
    ):
        report_rows(rows, corpus)


@pytest.mark.parametrize("loss", [{"loss": None}, {"loss": ""}, {"loss": 0}, {"loss_milli": 0}, {}], ids=str)
def test_a_family_that_was_not_read_has_a_row_without_a_loss(loss: dict[str, Any]) -> None:
    (corpus, receipt) = documents("corpus", "receipt").values()
    rows = measured(receipt)
    rows[5] = {"split": "validation", "family": "systems_code", "tokens": 0, "sequences": 0, **loss}
    made = report_rows(rows, corpus)
    assert [row["token_share_bps_within_split"] for row in made[3:6]] == [5629, 4371, 0]
    assert made[5]["mean_next_token_loss_milli"] == 0
    assert made[5]["detail"] == "0 tokens in 0 sequences."


@pytest.mark.parametrize("loss", [{"loss": 2.5}, {"loss": float("nan")}, {"loss_milli": 1}], ids=str)
def test_a_family_that_was_not_read_has_no_loss(loss: dict[str, Any]) -> None:
    (corpus, receipt) = documents("corpus", "receipt").values()
    rows = measured(receipt)
    rows[5] = {"split": "validation", "family": "systems_code", "tokens": 0, "sequences": 0, **loss}
    with pytest.raises(RowsError, match="a loss without a token that was read") as error:
        report_rows(rows, corpus)
    assert [each[:2] for each in error.value.problems] == [(5, next(iter(loss)))]


def test_the_sources_of_a_row_are_those_of_the_splits_shards() -> None:
    (corpus,) = documents("corpus").values()
    rows = [{"split": "validation", "family": "systems_code", "tokens": 1, "sequences": 1, "loss": 1}]
    assert report_rows(rows, corpus)[0]["source_ids"] == ["geometry_kernels"]
    bound = corpus["source_family_bindings"][2]["source_ids"]
    assert bound == ["storage_engine", "numerics_library", "geometry_kernels"]


def test_rows_come_as_dataclasses_and_named_tuples_with_numbers_of_a_library() -> None:
    (corpus, receipt) = documents("corpus", "receipt").values()
    rows = measured(receipt)
    expected = report_rows(rows, corpus)
    for row in rows:
        row |= {"tokens": Scalar(row["tokens"]), "loss": Scalar(float(row["loss"]))}
    assert report_rows(iter(rows), corpus) == expected
    data = make_dataclass("Row", rows[0])
    assert report_rows([data(**row) for row in rows], corpus) == expected
    named = namedtuple("Row", rows[0])
    assert report_rows([named(**row) for row in rows], corpus) == expected
    finished = make_dataclass("Finished", expected[0])
    assert report_rows([finished(**row) for row in expected], corpus) == expected


class DataFrame(list[str]):
    """Iterates over the names of its columns, as that of pandas."""

    def to_dict(self) -> None:
        """Has the rows."""


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (None, "reports: expected a list of rows, found a NoneType"),
        ({"train": []}, "reports: expected a list of rows, found a dict"),
        ("rows.csv", "reports: expected a list of rows, found a str"),
        (
            DataFrame(["split"]),
            r'reports: expected a list of rows, found a DataFrame; use to_dict\("records"\)',
        ),
        ([{"split_name": {1}}], r"reports\[0\]: /split_name: a value of type set is not JSON"),
    ],
)
def test_what_is_no_list_of_rows_is_refused(rows: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        report_rows(rows, documents("corpus")["corpus"])


def test_problems_are_limited() -> None:
    with pytest.raises(RowsError) as error:
        report_rows([{}] * 1000, documents("corpus")["corpus"])
    assert len(error.value.problems) == MAX_PROBLEMS + 1
    assert error.value.problems[-1] == (
        20,
        "",
        "after 100 problems, the rest of the rows, 980, were not examined",
    )
    with pytest.raises(RowsError) as error:
        report_rows([{}] * 21, documents("corpus")["corpus"])
    assert error.value.problems[-1] == (20, "", "after 100 problems, the last row was not examined")
    with pytest.raises(RowsError) as error:
        report_rows([{}] * 20, documents("corpus")["corpus"])
    assert len(error.value.problems) == MAX_PROBLEMS


def test_implausible_losses_are_pointed_out() -> None:
    rows = [{"loss": loss} for loss in (1, "100", "100.0005", 100.001, Scalar(3720), "x", None, float("nan"))]
    assert [each.row for each in implausible([*rows, "no row", {"loss_milli": 10**6}])] == [3, 4]
    assert len(implausible([{"loss": 3720}] * 1000)) == MAX_PROBLEMS
