"""Configs and receipts are made of what the run alone knows, and only such as hold to the contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise, permutations
from numbers import Integral, Real
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.canonical_sets import documents
from support.measured_runs import RUNS, inputs, measured, receipt_arguments

from psion_contract import Limits, Source, check_documents
from psion_contract.build import new_documents as produce
from psion_contract.build.new_documents import new_config, new_receipt
from psion_contract.build.report_rows import report_rows
from psion_contract.build.rounding import basis_points, thousandths, whole_number
from psion_contract.documents.serialising import document_text
from psion_contract.exceptions import InconsistentError, RowsError, WrongKindError

U64 = 2**64 - 1
COUNTS = st.lists(st.integers(0, U64) | st.integers(0, 20), min_size=1, max_size=60).filter(any)


def broken(error: pytest.ExceptionInfo[InconsistentError]) -> list[tuple[str, str, str]]:
    return [(each.rule, each.document, each.pointer) for each in error.value.report.findings]


# Shares.


@given(COUNTS)
def test_shares_add_up_to_the_whole(counts: list[int]) -> None:
    assert sum(basis_points(counts)) == 10_000


@given(COUNTS)
def test_a_share_is_less_than_one_basis_point_off_the_exact_one(counts: list[int]) -> None:
    for count, share in zip(counts, basis_points(counts), strict=True):
        assert abs(share - Fraction(10_000 * count, sum(counts))) < 1


@given(COUNTS)
def test_what_is_left_goes_to_the_largest_remainders_and_of_equal_ones_to_the_earlier(
    counts: list[int],
) -> None:
    exact = [Fraction(10_000 * count, sum(counts)) for count in counts]
    raised = [share > each for share, each in zip(basis_points(counts), exact, strict=True)]
    remainders = [(each % 1, -place) for place, each in enumerate(exact)]
    got = [each for each, more in zip(remainders, raised, strict=True) if more]
    went_without = [each for each, more in zip(remainders, raised, strict=True) if not more]
    assert not got or not went_without or min(got) > max(went_without)


@given(COUNTS)
def test_a_count_of_zero_has_no_share_and_a_larger_count_no_smaller_one(counts: list[int]) -> None:
    shared = sorted(zip(counts, basis_points(counts), strict=True))
    assert all(share == 0 for count, share in shared if count == 0)
    assert all(low[1] <= high[1] for low, high in pairwise(shared) if low[0] < high[0])


def test_ties_are_broken_in_row_order() -> None:
    assert basis_points([1, 1, 1]) == [3334, 3333, 3333]
    assert basis_points([5, 1, 5, 1, 5, 1, 1]) == [2632, 526, 2632, 526, 2632, 526, 526]
    assert {tuple(basis_points(order)) for order in permutations([2, 2, 3])} == {
        (2857, 2857, 4286),
        (2857, 4286, 2857),
        (4286, 2857, 2857),
    }


def test_shares_of_counts_that_a_double_cannot_hold_are_exact() -> None:
    assert basis_points([U64, U64, U64 - 1]) == [3334, 3333, 3333]
    assert basis_points([2**53, 2**53 + 1]) == [5000, 5000]
    assert basis_points([U64, 1]) == [10_000, 0]
    # The first exact share is 1000 less 10^-15, which a double rounds to 1000.
    assert basis_points([10**18 - 1, 6 * 10**14, 9 * 10**18 - 6 * 10**14 + 1]) == [1000, 1, 8999]
    assert basis_points([10**400, 10**400]) == [5000, 5000]


def test_of_nothing_there_are_no_shares() -> None:
    with pytest.raises(ValueError, match="all zero"):
        basis_points([0, 0])


# Losses.


@pytest.mark.parametrize(
    ("nats", "milli"),
    [
        ("2.0005", 2000),
        ("2.0015", 2002),
        ("2.00150000000000000000000000000001", 2002),
        ("2.00049999999999999999999999999999999999999999999", 2000),
        ("2.00050000000000000000000000000000000000000000001", 2001),
        (2.0005, 2000),  # the nearest double is above the half
        (1.0015, 1002),  # and here below it
        (Decimal("0.0005"), 0),
        (Decimal("3.41E0"), 3410),
        (7, 7000),
        (0.0, 0),
        (-0.0, 0),
        ("1e-400", 0),
        (5e-324, 0),
        ("4294967.295", 2**32 - 1),
    ],
)
def test_a_loss_is_rounded_half_to_even_from_its_decimal_text(nats: Any, milli: int) -> None:
    assert thousandths(nats) == milli


@given(st.floats(0, 4_000_000))
def test_a_float_is_rounded_by_the_shortest_decimal_that_reads_back(loss: float) -> None:
    assert thousandths(loss) == round(Fraction(repr(loss)) * 1000)


@given(st.decimals(0, 4_000_000, places=40))
def test_a_decimal_of_any_length_is_rounded_once(loss: Decimal) -> None:
    with localcontext(prec=3):  # the caller's precision does not matter
        assert thousandths(loss) == round(Fraction(loss) * 1000)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        ("sNaN", "finite"),
        (-0.001, "out of range: from 0 to 4294967.295"),
        ("4294967.2951", "out of range"),
        (1e300, "out of range"),
        ("1e999999999", "out of range"),
        ("three", "no decimal number"),
        ("", "no decimal number"),
        ("3,4", "no decimal number"),
        (Fraction(1, 3), "no decimal number"),
        (None, "NoneType is no loss"),
        (True, "bool is no loss"),
        (1j, "complex is no loss"),
    ],
)
def test_a_loss_that_is_none_is_refused(loss: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        thousandths(loss)


def test_numbers_of_an_array_library_are_numbers() -> None:
    class Int64:
        def __int__(self) -> int:
            return 12

    class Float32:
        def __str__(self) -> str:
            return "3.4119"

    Integral.register(Int64)
    Real.register(Float32)
    assert whole_number(Int64()) == 12
    assert thousandths(Float32()) == 3412


@pytest.mark.parametrize("value", [-1, 1.0, True, "7", None, Decimal(7), U64 + 1, [1], Fraction(2)])
def test_a_count_that_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is no whole number from 0 to 18446744073709551615"):
        whole_number(value)


# Configs.


@pytest.mark.parametrize("name", RUNS)
def test_the_canonical_configs_are_made_of_a_run_id_alone(name: str) -> None:
    (config,) = documents(name).values()
    made = new_config(**inputs(), run_id=config["run_id"], label_smoothing_bps=40)
    assert document_text(made) == document_text(config)
    assert list(made) == list(config)


def test_what_is_not_said_of_a_config_has_a_default() -> None:
    made = new_config(**inputs(), run_id="exp-7")
    assert made["stage_id"] == "exp-7-stage-1-pretrain"
    assert made["objective_config"]["label_smoothing_bps"] == 0
    made = new_config(**inputs(), run_id="exp-7", stage_id="warm-up", label_smoothing_bps=10_000)
    assert made["stage_id"] == "warm-up"
    assert made["objective_config"]["label_smoothing_bps"] == 10_000


@pytest.mark.parametrize(
    "form",
    [
        json.dumps,
        lambda document: json.dumps(document).encode(),
        lambda document: Source("its file", json.dumps(document).encode()),
        lambda document: Source("a bundle", json.dumps({"other": [], "inside": [document]}).encode()),
    ],
    ids=["text", "bytes", "source", "inside another"],
)
def test_inputs_may_be_given_as_text_bytes_or_sources(form: Callable[[Any], Any]) -> None:
    given_as = {name: form(document) for name, document in inputs().items()}
    assert new_config(**given_as, run_id="exp-7") == new_config(**inputs(), run_id="exp-7")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (
            {"run_id": "a|b"},
            [("schema-violation", "new config", "/run_id"), ("schema-violation", "new config", "/stage_id")],
        ),
        ({"run_id": "a", "stage_id": " "}, [("schema-violation", "new config", "/stage_id")]),
        (
            {"run_id": "a", "label_smoothing_bps": 10_001},
            [("schema-violation", "new config", "/objective_config/label_smoothing_bps")],
        ),
        (
            {"run_id": "a", "label_smoothing_bps": 0.5},
            [("non-integer-number", "new config", "/objective_config/label_smoothing_bps")],
        ),
    ],
)
def test_a_config_that_would_not_fit_its_schema_is_not_made(values: Any, found: Any) -> None:
    with pytest.raises(InconsistentError) as error:
        new_config(**inputs(), **values)
    assert broken(error) == found
    assert found[0][0] in str(error.value) and found[0][2] in str(error.value)


@pytest.mark.parametrize(
    ("name", "edit", "found"),
    [
        ("corpus", lambda it: it.update(tokenizer_version="1"), ("tokenizer-mismatch", "/tokenizer_version")),
        (
            "policy",
            lambda it: it.update(dataset_identity="x"),
            ("dataset-identity-mismatch", "/dataset_identity"),
        ),
        (
            "descriptor",
            lambda it: it.update(parameter_count_estimate=1),
            ("parameter-count-mismatch", "/parameter_count_estimate"),
        ),
        (
            "corpus",
            lambda it: it["splits"][0].update(token_count=1),
            ("split-count-mismatch", "/splits/0/token_count"),
        ),
    ],
)
def test_no_config_is_made_of_inputs_that_contradict_each_other_or_themselves(
    name: str, edit: Callable[[Any], None], found: tuple[str, str]
) -> None:
    documents = inputs()
    edit(documents[name])
    with pytest.raises(InconsistentError) as error:
        new_config(**documents, run_id="exp-7")
    assert broken(error) == [(found[0], name, found[1])]


def test_what_is_wrong_with_the_text_of_an_input_is_told_with_its_place() -> None:
    documents = inputs()
    data = document_text(documents["policy"]).replace('"4"', '"4",').encode()
    with pytest.raises(InconsistentError) as error:
        new_config(**documents | {"policy": Source("mix.json", data)}, run_id="exp-7")
    (finding,) = error.value.report.findings
    assert (finding.rule, finding.document, finding.line) == ("invalid-json", "mix.json", 7)


def test_what_is_wrong_with_a_parsed_input_has_no_place_in_a_text() -> None:
    documents = inputs()
    documents["policy"]["dataset_identity"] = "x"
    with pytest.raises(InconsistentError) as error:
        new_config(**documents, run_id="exp-7")
    (finding,) = error.value.report.findings
    assert (finding.line, finding.related[0].line) == (None, None)


def test_an_input_of_another_kind_is_refused_by_name() -> None:
    documents = inputs()
    with pytest.raises(
        WrongKindError, match=r"^corpus holds a sampling policy, where one tokenized corpus manif"
    ):
        new_config(**documents | {"corpus": documents["policy"]}, run_id="exp-7")
    with pytest.raises(WrongKindError, match=r"^policy holds a sampling policy, a sampling policy, where"):
        new_config(**documents | {"policy": {"both": [documents["policy"]] * 2}}, run_id="exp-7")


def test_an_input_that_is_no_contract_document_is_refused() -> None:
    with pytest.raises(InconsistentError) as error:
        new_config(**inputs() | {"descriptor": {"schema_version": "mine.v1"}}, run_id="exp-7")
    assert broken(error) == [("unknown-kind", "descriptor", "/schema_version")]


def test_the_readers_limits_can_be_raised_and_lowered() -> None:
    with pytest.raises(InconsistentError) as error:
        new_config(**inputs(), run_id="exp-7", limits=Limits(max_bytes=3000))
    assert [each[0] for each in broken(error)] == ["limit-exceeded"]
    (receipt,) = documents("receipt").values()
    with pytest.raises(InconsistentError) as error:
        new_receipt(**inputs("config"), **receipt_arguments(receipt), limits=Limits(max_bytes=3000))
    assert [each[0] for each in broken(error)] == ["limit-exceeded"]


# Receipts.


@pytest.mark.parametrize(("config", "name"), RUNS.items())
def test_the_canonical_receipts_are_made_of_what_their_runs_alone_know(config: str, name: str) -> None:
    (receipt,) = documents(name).values()
    made = new_receipt(**inputs(config), **receipt_arguments(receipt))
    assert document_text(made) == document_text(receipt)
    assert list(made) == list(receipt)


@pytest.mark.parametrize(("config", "name"), RUNS.items())
def test_finished_rows_are_taken_as_they_are(config: str, name: str) -> None:
    (receipt,) = documents(name).values()
    made = new_receipt(**inputs(config), **receipt_arguments(receipt, reports=receipt["source_family_reports"]))
    assert made == receipt


def test_rows_that_say_only_what_was_counted_are_filled_in() -> None:
    (receipt,) = documents("receipt").values()
    rows = [
        {key: row[key] for key in ("split", "family", "tokens", "sequences", "loss")}
        for row in measured(receipt)
    ]
    made = new_receipt(**inputs("config"), **receipt_arguments(receipt, reports=rows))["source_family_reports"]
    for row, finished in zip(made, receipt["source_family_reports"], strict=True):
        assert {**row, "detail": ""} == {**finished, "detail": ""}
    assert made[0]["detail"] == "162545019 tokens in 86088 sequences."


def test_the_order_of_the_rows_is_kept() -> None:
    (receipt,) = documents("receipt").values()
    rows = measured(receipt)[::-1]
    made = new_receipt(**inputs("config"), **receipt_arguments(receipt, reports=rows))["source_family_reports"]
    assert made == receipt["source_family_reports"][::-1]


def test_ids_and_words_of_the_evidence_have_defaults() -> None:
    (receipt,) = documents("receipt").values()
    made = new_receipt(**inputs("config"), **receipt_arguments(receipt, replay_summary=None))
    assert made["replay_receipt"]["receipt_id"] == "tidewater-pilot-01-replay"
    assert made["replay_receipt"]["summary"] == "3 replays of the order of the data, exact."
    assert made["checkpoint_lineage"]["receipt_id"] == "tidewater-pilot-01-lineage"
    made = new_receipt(
        **inputs("config"),
        **receipt_arguments(
            receipt,
            replay_summary=None,
            successful_replays=1,
            exact_replay_observed=False,
            replay_receipt_id="r-1",
            lineage_receipt_id="l-1",
        ),
    )
    assert made["replay_receipt"]["receipt_id"] == "r-1"
    assert made["replay_receipt"]["summary"] == "1 replay of the order of the data, and not exact."
    assert made["checkpoint_lineage"]["receipt_id"] == "l-1"


def test_a_warning_keeps_no_receipt_from_being_made() -> None:
    (receipt,) = documents("receipt").values()
    made = new_receipt(**inputs("config"), **receipt_arguments(receipt, exact_replay_observed=False))
    report = check_documents({**inputs("config"), "receipt": made})
    assert [(each.rule, each.severity) for each in report.findings] == [("replay-not-exact", "warning")]


def test_null_and_absent_members_make_the_same_receipt() -> None:
    (receipt,) = documents("receipt").values()
    checkpoint = receipt["checkpoint_lineage"]["promoted_checkpoint"]
    del checkpoint["durable_at_ms"]
    without = new_receipt(**inputs("config"), **receipt_arguments(receipt))
    checkpoint["durable_at_ms"] = None
    assert new_receipt(**inputs("config"), **receipt_arguments(receipt)) == without
    assert "base_checkpoint" not in without["checkpoint_lineage"]
    assert "delivered_execution" not in without


def test_a_receipt_shares_nothing_with_what_it_was_made_of() -> None:
    (receipt,) = documents("accelerated").values()
    arguments, given_inputs = receipt_arguments(receipt), inputs("accelerated_config")
    before = deepcopy((arguments, given_inputs))
    made = new_receipt(**given_inputs, **arguments)
    made["checkpoint_lineage"]["promoted_checkpoint"]["step"] = 1
    made["source_family_reports"][0]["source_ids"].append("x")
    made["delivered_execution"]["cluster_execution"]["labels"]["priority"] = "low"
    made["objective_config"]["label_smoothing_bps"] = 1
    assert (arguments, given_inputs) == before


def test_a_receipt_may_not_leave_a_family_unreported() -> None:
    (receipt,) = documents("receipt").values()
    with pytest.raises(InconsistentError) as error:
        new_receipt(**inputs("config"), **receipt_arguments(receipt, reports=measured(receipt)[:-1]))
    assert broken(error) == [("incomplete-coverage", "new receipt", "/source_family_reports")]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"summary": ""}, [("schema-violation", "/summary")]),
        ({"successful_replays": 0}, [("schema-violation", "/replay_receipt/successful_replays")]),
        ({"successful_replays": "two"}, [("schema-violation", "/replay_receipt/successful_replays")]),
        ({"promoted_checkpoint": {}}, [("schema-violation", "/checkpoint_lineage/promoted_checkpoint")] * 9),
        ({"promoted_checkpoint": "c"}, [("schema-violation", "/checkpoint_lineage/promoted_checkpoint")]),
        (
            {"accelerator_execution": {"accelerator_backed": True}},
            [("schema-violation", "/accelerator_execution")] * 3
            + [("schema-violation", "/delivered_execution")],
        ),
        ({"reports": []}, [("schema-violation", "/source_family_reports")]),
        ({"replay_receipt_id": "a|b"}, [("schema-violation", "/replay_receipt/receipt_id")]),
    ],
)
def test_a_receipt_that_would_not_fit_its_schema_is_not_made(changes: Any, found: Any) -> None:
    (receipt,) = documents("receipt").values()
    with pytest.raises(InconsistentError) as error:
        new_receipt(**inputs("config"), **receipt_arguments(receipt, **changes))
    assert sorted(broken(error)) == sorted((rule, "new receipt", place) for rule, place in found)


@pytest.mark.parametrize(
    ("edit", "rule", "place"),
    [
        (
            lambda it: it["reports"].append(it["reports"][0]),
            "duplicate-report-row",
            "/source_family_reports/9",
        ),
        (
            lambda it: it["reports"][0].update(sources=["storage_engine"]),
            "unknown-source",
            "/source_family_reports/0/source_ids/0",
        ),
        (
            lambda it: it.update(base_checkpoint=it["promoted_checkpoint"] | {"checkpoint_family": "x"}),
            "checkpoint-family-mismatch",
            "/checkpoint_lineage/base_checkpoint/checkpoint_family",
        ),
    ],
)
def test_a_receipt_that_breaks_a_rule_is_not_made(edit: Callable[[Any], None], rule: str, place: str) -> None:
    (receipt,) = documents("receipt").values()
    arguments = receipt_arguments(receipt)
    edit(arguments)
    with pytest.raises(InconsistentError) as error:
        new_receipt(**inputs("config"), **arguments)
    errors = [each for each in error.value.report.findings if each.severity == "error"]
    assert [(each.rule, each.document, each.pointer) for each in errors] == [(rule, "new receipt", place)]


def test_no_receipt_is_made_for_a_config_of_other_inputs() -> None:
    (receipt,) = documents("receipt").values()
    given_inputs = inputs("config")
    given_inputs["config"]["objective_config"]["max_context_tokens"] = 1024
    with pytest.raises(InconsistentError) as error:
        new_receipt(**given_inputs, **receipt_arguments(receipt))
    place = "/objective_config/max_context_tokens"
    assert broken(error) == [("context-length-mismatch", "config", place)]


def test_what_is_returned_was_checked_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    (receipt,) = documents("receipt").values()
    monkeypatch.setattr(produce, "put_digests", lambda receipt: ())
    with pytest.raises(InconsistentError) as error:
        new_receipt(**inputs("config"), **receipt_arguments(receipt))
    assert {rule for rule, _, _ in broken(error)} == {
        "replay-digest-mismatch",
        "lineage-digest-mismatch",
        "receipt-digest-mismatch",
    }


def test_a_value_that_is_not_json_is_refused() -> None:
    (receipt,) = documents("receipt").values()
    receipt["checkpoint_lineage"]["promoted_checkpoint"]["step"] = {1, 2}
    with pytest.raises(ValueError, match="not a JSON value: Object of type set is not JSON serializable"):
        new_receipt(**inputs("config"), **receipt_arguments(receipt))


# Rows.


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"tokens": -1}, [("tokens", "-1 is no whole number")]),
        ({"tokens": 1.0}, [("tokens", "1.0 is no whole number")]),
        ({"sequences": "12"}, [("sequences", "'12' is no whole number")]),
        ({"loss": float("nan")}, [("loss", "a loss of nan cannot be recorded")]),
        ({"loss_milli": 3}, [("loss_milli", "the loss is given twice")]),
        (
            {"loss": None, "split": "trian"},
            [("split", 'no split "trian"; it has "train", '), ("loss", "None")],
        ),
        ({"family": "held_out_examinations"}, [("family", 'the split "train" holds no family "held_out_ex')]),
        ({"family": 7}, [("family", "a int stands where a text is wanted")]),
        ({"sources": "harbour_handbook"}, [("sources", "a str stands where a list")]),
        ({"sources": [1]}, [("sources", "a int stands where a text")]),
        ({"detail": 1}, [("detail", "a int stands where a text")]),
        ({"token": 1}, [("token", "a measured row has no such member; it has split, family,")]),
        ({"split_name": "train"}, [("split_name", "a finished row among measured ones")]),
    ],
)
def test_a_row_that_cannot_be_understood_is_refused_with_everything_that_is_wrong(
    changes: Any, problems: list[tuple[str, str]]
) -> None:
    (corpus, receipt) = documents("corpus", "receipt").values()
    rows = measured(receipt)
    rows[1] = {**rows[0], **changes}
    with pytest.raises(RowsError) as error:
        report_rows(rows, corpus)
    found = error.value.problems
    assert [(each.row, each.member) for each in found] == [(1, member) for member, _ in problems]
    for each, (_, message) in zip(found, problems, strict=True):
        assert message in each.message
    assert str(error.value).startswith(f'reports[1]["{problems[0][0]}"]: ')


def test_all_rows_that_are_wrong_are_told_at_once() -> None:
    (corpus, receipt) = documents("corpus", "receipt").values()
    rows: list[Any] = measured(receipt)
    del rows[0]["tokens"]
    del rows[3]["loss"]
    rows[5] = "a row"
    with pytest.raises(RowsError) as error:
        report_rows(rows, corpus)
    assert str(error.value).splitlines() == [
        'reports[0]["tokens"]: missing',
        'reports[3]["loss"]: missing',
        "reports[5]: a str is no row; give the members by their names",
    ]


def test_a_split_that_counts_nothing_is_refused() -> None:
    (corpus, receipt) = documents("corpus", "receipt").values()
    rows = measured(receipt)
    for row in rows[3:6]:
        row["sequences"] = 0
    with pytest.raises(RowsError) as error:
        report_rows(rows, corpus)
    message = 'no row of the split "validation" counts any sequences: there is nothing to share out'
    assert error.value.problems == ((3, "sequences", message),)


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
