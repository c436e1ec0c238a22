"""Configs and receipts are made from what only the run knows, and only consistent ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from support.canonical_sets import documents
from support.measured_runs import RUNS, inputs, measured, receipt_arguments

from psion_contract import Limits, Source, check_documents
from psion_contract.build import new_documents as produce
from psion_contract.build.new_documents import new_config, new_receipt
from psion_contract.documents.serialising import document_text
from psion_contract.exceptions import (
    ArgumentError,
    ContractWarning,
    InconsistentError,
    RowFileError,
    WrongKindError,
)


def broken(error: pytest.ExceptionInfo[InconsistentError]) -> list[tuple[str, str, str]]:
    return [(each.rule, each.document, each.pointer) for each in error.value.report.findings]


def new_receipt_with_warning(**arguments: Any) -> Any:
    with pytest.warns(ContractWarning):
        return new_receipt(**arguments)


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


def test_what_is_wrong_with_the_text_of_an_input_is_reported_with_its_place() -> None:
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
    with pytest.raises(WrongKindError, match=r"^corpus contains a sampling policy"):
        new_config(**documents | {"corpus": documents["policy"]}, run_id="exp-7")
    with pytest.raises(WrongKindError, match=r"^policy contains "):
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
    made = new_receipt(
        **inputs(config), **receipt_arguments(receipt, reports=receipt["source_family_reports"])
    )
    assert made == receipt


def test_rows_that_say_only_what_was_counted_are_filled_in() -> None:
    (receipt,) = documents("receipt").values()
    rows = [
        {key: row[key] for key in ("split", "family", "tokens", "sequences", "loss")}
        for row in measured(receipt)
    ]
    made = new_receipt(**inputs("config"), **receipt_arguments(receipt, reports=rows))[
        "source_family_reports"
    ]
    for row, finished in zip(made, receipt["source_family_reports"], strict=True):
        assert {**row, "detail": ""} == {**finished, "detail": ""}
    assert made[0]["detail"] == "162545019 tokens in 86088 sequences."


def test_the_order_of_the_rows_is_kept() -> None:
    (receipt,) = documents("receipt").values()
    rows = measured(receipt)[::-1]
    made = new_receipt(**inputs("config"), **receipt_arguments(receipt, reports=rows))[
        "source_family_reports"
    ]
    assert made == receipt["source_family_reports"][::-1]


def test_ids_and_words_of_the_evidence_have_defaults() -> None:
    (receipt,) = documents("receipt").values()
    made = new_receipt(**inputs("config"), **receipt_arguments(receipt, replay_summary=None))
    assert made["replay_receipt"]["receipt_id"] == "tidewater-pilot-01-replay"
    exact = made["replay_receipt"]["summary"]
    assert exact.startswith("3 replays")
    assert made["checkpoint_lineage"]["receipt_id"] == "tidewater-pilot-01-lineage"
    made = new_receipt_with_warning(
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
    assert made["replay_receipt"]["summary"].startswith("1 replay ")
    assert "not" in made["replay_receipt"]["summary"] and "not" not in exact
    assert made["checkpoint_lineage"]["receipt_id"] == "l-1"


def test_a_warning_keeps_no_receipt_from_being_made() -> None:
    (receipt,) = documents("receipt").values()
    with pytest.warns(ContractWarning, match="replay-not-exact") as caught:
        made = new_receipt(**inputs("config"), **receipt_arguments(receipt, exact_replay_observed=False))
    assert caught[0].filename == __file__
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
    with pytest.raises(ValueError):
        new_receipt(**inputs("config"), **receipt_arguments(receipt))


# Arguments.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"config": object()}, "config: a value of type object is not JSON"),
        ({"corpus": {"a": {1}}}, "corpus: /a: a value of type set is not JSON"),
        ({"policy": "policy.json"}, 'policy: "policy.json" is a file name'),
        ({"successful_replays": {1}}, "successful_replays: a value of type set"),
        ({"exact_replay_observed": object()}, "exact_replay_observed: a value of type object"),
        ({"promoted_checkpoint": {"step": 1j}}, "promoted_checkpoint: /step: a value of type complex"),
        ({"base_checkpoint": {"step": float("nan")}}, "base_checkpoint: /step: nan is not JSON"),
        ({"delivered_execution": [object()]}, "delivered_execution: /0: a value of type object"),
        ({"accelerator_execution": {"a": b""}}, "accelerator_execution: /a: a value of type bytes"),
        ({"promoted_checkpoint_label": {1}}, "promoted_checkpoint_label: a value of type set"),
        ({"summary": {1}}, "summary: a value of type set"),
        ({"replay_summary": {1}}, "replay_summary: a value of type set"),
        ({"replay_receipt_id": {1}}, "replay_receipt_id: a value of type set"),
        ({"lineage_receipt_id": {1}}, "lineage_receipt_id: a value of type set"),
        ({"limits": None}, "limits: expected a Limits"),
        ({"reports": 7}, "reports: expected a list of rows, found a int"),
    ],
)
def test_an_argument_that_is_not_json_is_named(arguments: dict[str, Any], message: str) -> None:
    (receipt,) = documents("receipt").values()
    with pytest.raises(ArgumentError) as error:
        new_receipt(**{**inputs("config"), **receipt_arguments(receipt), **arguments})
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("argument", ["run_id", "stage_id", "label_smoothing_bps"])
def test_an_argument_of_a_config_that_is_not_json_is_named(argument: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{argument}: a value of type set"):
        new_config(**inputs(), **{"run_id": "r", argument: {1}})


class Scalar:
    """A scalar of numpy or torch."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def tolist(self) -> Any:
        return self.value


def test_numbers_of_a_library_paths_and_mappings_make_the_same_receipt(tmp_path: Path) -> None:
    (receipt,) = documents("receipt").values()
    arguments = receipt_arguments(receipt)
    expected = new_receipt(**inputs("config"), **arguments)
    checkpoint = dict(arguments["promoted_checkpoint"])
    paths = {}
    for name, value in {**inputs("config"), "checkpoint": checkpoint, "rows": arguments["reports"]}.items():
        paths[name] = tmp_path / f"{name}.json"
        paths[name].write_text(json.dumps(value), encoding="utf-8")
    made = new_receipt(
        **{name: paths[name] for name in inputs("config")},
        **{
            **arguments,
            "successful_replays": Scalar(3),
            "exact_replay_observed": Scalar(True),
            "promoted_checkpoint": MappingProxyType({**checkpoint, "step": Scalar(checkpoint["step"])}),
        },
    )
    assert made == expected
    arguments |= {"promoted_checkpoint": paths["checkpoint"], "reports": paths["rows"]}
    assert new_receipt(**inputs("config"), **arguments) == expected


def test_a_file_of_rows_says_where_it_is_wrong(tmp_path: Path) -> None:
    (receipt,) = documents("receipt").values()
    rows = tmp_path / "rows.csv"
    rows.write_text("split,family,tokens,sequences,loss\ntrain,systems_code,1.0,1,1\n", encoding="utf-8")
    with pytest.raises(RowFileError, match=r"rows\.csv:2: column tokens: 1\.0 is a float; give an int: 1$"):
        new_receipt(**inputs("config"), **receipt_arguments(receipt, reports=rows))


def test_an_implausible_loss_is_warned_of() -> None:
    (receipt,) = documents("receipt").values()
    rows = measured(receipt)
    rows[3]["loss"] = 3720
    with pytest.warns(
        ContractWarning, match=r'reports\[3\]\["loss"\]: 3720 nats is an implausible loss'
    ) as caught:
        made = new_receipt(**inputs("config"), **receipt_arguments(receipt, reports=iter(rows)))
    assert made["source_family_reports"][3]["mean_next_token_loss_milli"] == 3_720_000
    assert [(each.filename, each.message.report) for each in caught] == [(__file__, None)]
