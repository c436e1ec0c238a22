"""A tally counts exactly, whatever the order and the number of processes."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from math import inf, nan, ulp
from multiprocessing import get_context
from numbers import Real
from random import Random
from typing import Any

import pytest
from support.canonical_sets import documents

from psion_contract import ArgumentError
from psion_contract.build.report_rows import report_rows
from psion_contract.record.tally import Counts, Tally

PAIRS = [("train", "prose"), ("train", "code"), ("validation", "prose")]
Measurement = tuple[str, str, int, int, float]


def measurements(count: int) -> list[Measurement]:
    """Losses of very different sizes, whose sum depends on the order if it is rounded."""
    random = Random(7)
    return [
        (*random.choice(PAIRS), 64 + n % 5, 63, random.random() * 10.0 ** random.randint(-12, 12))
        for n in range(count)
    ]


def tallied(measured: list[Measurement]) -> Tally:
    tally = Tally()
    for split, family, tokens, targets, loss in measured:
        tally.add(split, family, tokens=tokens, targets=targets, loss=loss)
    return tally


def in_units(loss: float) -> int:
    return int(Fraction(loss) * 2**1074)


def test_eight_processes_merged_in_any_order_give_the_tally_of_one() -> None:
    measured = measurements(800)
    whole = tallied(measured)
    parts = [measured[rank::8] for rank in range(8)]
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:  # one starts sooner, and pickles them alike
        tallies = list(pool.map(tallied, parts))
    for seed in range(5):
        Random(seed).shuffle(tallies)
        merged = Tally()
        merged.merge(*tallies)
        assert merged == whole
        assert merged.state_dict() == whole.state_dict()
    exact = sum(Fraction(loss) for split, family, _, _, loss in measured if (split, family) == PAIRS[0])
    counts = whole.counts(*PAIRS[0])
    assert Fraction(counts.loss, 2**1074) == exact
    assert whole.mean_loss(*PAIRS[0]) == float(exact / counts.targets)


def test_the_sum_is_exact_where_floats_are_not() -> None:
    tally = Tally()
    for loss in (1e16, 1.0, 5e-324):
        tally.add("train", "prose", tokens=2, targets=1, loss=loss)
    assert tally.counts("train", "prose") == Counts(6, 3, 3, in_units(1e16) + in_units(1.0) + 1)


def test_a_resumed_run_has_the_tally_of_an_uninterrupted_one() -> None:
    measured = measurements(300)
    before = tallied(measured[:100])
    state = json.loads(json.dumps(before.state_dict()))
    before.add("train", "prose", tokens=9, targets=9, loss=9.0)  # lost by the crash
    resumed = Tally()
    resumed.load_state_dict(state)
    for split, family, tokens, targets, loss in measured[100:]:
        resumed.add(split, family, tokens=tokens, targets=targets, loss=loss)
    assert resumed == tallied(measured)


def test_the_state_is_json_with_exact_sums() -> None:
    tally = Tally()
    tally.add("train", "prose", tokens=4, targets=3, loss=0.1, sequences=2)
    tally.add("train", "code", tokens=1, targets=0, loss=0)
    assert tally.state_dict() == {
        "version": 1,
        "rows": [
            {"split": "train", "family": "code", "tokens": 1, "targets": 0, "sequences": 1, "loss": "0x0p+0"},
            {
                "split": "train",
                "family": "prose",
                "tokens": 4,
                "targets": 3,
                "sequences": 2,
                "loss": "0xccccccccccccdp-55",
            },
        ],
    }
    assert float.fromhex(tally.state_dict()["rows"][1]["loss"]) == 0.1


def test_it_can_be_pickled() -> None:
    tally = tallied(measurements(20))
    assert pickle.loads(pickle.dumps(tally)) == tally


class Scalar:
    """A scalar of an array library, such as a tensor of torch without dimensions."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def item(self) -> Any:
        return self.value


def test_scalars_of_array_libraries_are_exact() -> None:
    tally, plain = Tally(), Tally()
    tally.add("train", "prose", tokens=Scalar(64), targets=Scalar(63), loss=Scalar(0.1), sequences=Scalar(2))
    plain.add("train", "prose", tokens=64, targets=63, loss=0.1, sequences=2)
    assert tally == plain


class Float32(Scalar):
    """A scalar of numpy, which is of Python's tower of numbers."""


Real.register(Float32)


def test_scalars_of_numpy_are_exact() -> None:
    tally = Tally()
    tally.add("train", "prose", tokens=64, targets=63, loss=Float32(0.1))
    assert tally.counts("train", "prose").loss == in_units(0.1)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nan": (
        {"loss": nan},
        "'train', 'prose': loss: nan is not finite; leave out a batch that the optimizer skips",
    ),
    "infinite": ({"loss": inf}, "loss: inf is not finite"),
    "a huge integer": ({"loss": 10**5000}, "loss: the integer is larger than any float"),
    "negative": ({"loss": -ulp(0.0)}, "loss: -5e-324 is negative"),
    "text": ({"loss": "1.5"}, "loss: expected a number of nats, found a str"),
    "true": ({"loss": True}, "loss: expected a number of nats, found a bool"),
    "a float for a count": ({"tokens": 64.0}, "tokens: 64.0 is a float; give an int: 64"),
    "more targets than tokens": (
        {"targets": 65},
        "65 targets of 64 tokens; expected at most one for each token",
    ),
    "more sequences than tokens": ({"sequences": 65}, "65 sequences of 64 tokens"),
    "a loss of nothing": ({"targets": 0}, "there is a loss, but no target"),
    "no family": ({"family": None}, "family: expected a string, found a NoneType"),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_counted_is_refused_and_not_added(change: dict[str, Any], message: str) -> None:
    tally = Tally()
    arguments = {"split": "train", "family": "prose", "tokens": 64, "targets": 63, "loss": 1.5} | change
    with pytest.raises(ArgumentError) as error:
        tally.add(arguments.pop("split"), arguments.pop("family"), **arguments)
    assert message in str(error.value).replace('"', "'")
    assert tally == Tally()


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        {"version": 2, "rows": []},
        {"version": 1, "rows": [{}]},
        {
            "version": 1,
            "rows": [{"split": "a", "family": "b", "tokens": 1, "targets": 1, "sequences": 1, "loss": 0.5}],
        },
        {
            "version": 1,
            "rows": [
                {"split": "a", "family": "b", "tokens": 1, "targets": 1, "sequences": 1, "loss": "-0x1p+0"}
            ],
        },
        {
            "version": 1,
            "rows": [
                {
                    "split": "a",
                    "family": "b",
                    "tokens": 1,
                    "targets": 1,
                    "sequences": 1,
                    "loss": "0x1p+99999999999",
                }
            ],
        },
    ],
    ids=str,
)
def test_another_state_is_refused_and_changes_nothing(state: Any) -> None:
    tally = tallied(measurements(3))
    before = tally.state_dict()
    with pytest.raises(ArgumentError, match=r"^(state: |\"a\", \"b\": loss: )"):
        tally.load_state_dict(state)
    assert tally.state_dict() == before


def test_a_state_with_two_rows_of_one_pair_is_refused() -> None:
    row = {"split": "a", "family": "b", "tokens": 1, "targets": 1, "sequences": 1, "loss": "0x0p+0"}
    with pytest.raises(ArgumentError, match=r'^"a", "b": two rows of the state; expected one$'):
        Tally().load_state_dict({"version": 1, "rows": [row, row]})


def test_rows_have_the_order_of_the_corpus_and_say_what_was_never_read() -> None:
    (corpus,) = documents("corpus").values()
    tally = Tally()
    tally.add("train", "systems_code", tokens=100, targets=98, sequences=2, loss=98 * 2.5)
    tally.add("validation", "systems_code", tokens=10, targets=9, sequences=1, loss=9 * 3.0)
    rows = tally.rows(corpus)
    places = [
        (split["split_name"], family) for split in corpus["splits"] for family in split["source_family_ids"]
    ]
    assert [(row["split"], row["family"]) for row in rows] == places
    read = {"train": (100, 2, 2.5), "validation": (10, 1, 3.0)}
    for row in rows:
        expected = read[row["split"]] if row["family"] == "systems_code" else (0, 0, None)
        assert (row["tokens"], row["sequences"], row["loss"]) == expected
    assert rows[2]["detail"] == "100 tokens, 98 of them targets, in 2 sequences."
    assert tally.missing(corpus) == [place for place in places if place[1] != "systems_code"]
    for row in rows[6:]:
        tally.add(row["split"], row["family"], tokens=2, targets=1, loss=1.0)
    made = report_rows(tally.rows(corpus), corpus)
    assert [row["mean_next_token_loss_milli"] for row in made] == [0, 0, 2500, 0, 0, 3000, 1000, 1000, 1000]


def test_what_the_corpus_does_not_have_is_kept_for_the_receipt_to_refuse() -> None:
    (corpus,) = documents("corpus").values()
    tally = Tally()
    tally.add("trian", "systems_code", tokens=2, targets=1, loss=1.0)
    assert tally.rows(corpus)[-1]["split"] == "trian"


def test_a_new_evaluation_replaces_the_old_one() -> None:
    tally = Tally()
    for split, family in PAIRS:
        tally.add(split, family, tokens=2, targets=1, loss=1.0)
    tally.clear("train", "code")
    assert [tally.counts(*pair).tokens for pair in PAIRS] == [2, 0, 2]
    tally.clear("train")
    assert [tally.counts(*pair).tokens for pair in PAIRS] == [0, 0, 2]


def test_only_tallies_are_merged() -> None:
    tally = Tally()
    with pytest.raises(ArgumentError, match="merge: expected tallies, found a dict"):
        tally.merge(tallied(measurements(3)), {})  # type: ignore[arg-type]
    assert tally == Tally()
