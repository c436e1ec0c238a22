"""A dry run finds before the first step what would make the receipt refused after the last one."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from support.canonical_sets import documents
from support.measured_runs import INPUTS
from support.stage_programs import ENVIRONMENT, FAMILY, RUN

from psion_contract import ArgumentError, InconsistentError, StageProgram, StageRefusalError
from psion_contract.record import preflight

Documents = dict[str, Any]


def canonical() -> Documents:
    return documents("config", *INPUTS)


def program(family: str = FAMILY, run: str = RUN) -> StageProgram:
    return StageProgram.start(run, family, "pretrain", ENVIRONMENT)


def test_a_sound_plan_has_no_finding_and_changes_nothing() -> None:
    stages = program()
    before = stages.to_json()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert preflight(**canonical(), program=stages).findings == ()
        assert preflight(**canonical()).findings == ()
    assert stages.to_json() == before


def test_the_warnings_of_the_receipt_are_known_before() -> None:
    plan = canonical()
    first, second, *_ = plan["policy"]["source_family_weights"]
    first["sampling_weight_bps"] += 600
    second["sampling_weight_bps"] -= 600
    found = preflight(**plan, program=program())
    assert [(each.rule, each.pointer) for each in found.findings] == [
        ("family-cap-exceeded", "/source_family_reports/0/token_share_bps_within_split")
    ]


REFUSED: dict[str, tuple[Callable[[Documents], Documents], type[Exception], str]] = {
    "a config of another model": (
        lambda plan: plan["config"].update(model_descriptor_digest="0" * 64) or {},
        InconsistentError,
        "model-descriptor-digest-mismatch",
    ),
    "a config of another stage": (
        lambda plan: plan["config"].update(stage_id="annealing") or {"program": program()},
        StageRefusalError,
        "receipt-stage-mismatch",
    ),
    "a program of another run": (
        lambda plan: {"program": program(run="another")},
        StageRefusalError,
        "receipt-stage-mismatch",
    ),
    "a base of another family": (
        lambda plan: {
            "program": program(),
            "base_checkpoint": {
                **documents("receipt")["receipt"]["checkpoint_lineage"]["promoted_checkpoint"],
                "checkpoint_family": "another",
            },
        },
        InconsistentError,
        "checkpoint-family-mismatch",
    ),
    "an execution without devices": (
        lambda plan: {"delivered_execution": {"runtime_backend": "cuda", "selected_devices": []}},
        InconsistentError,
        "selected_devices",
    ),
    "a summary with a separator": (lambda plan: {"summary": "a|b"}, InconsistentError, "/summary"),
    "a policy in place of the corpus": (
        lambda plan: plan.update(corpus=plan["policy"]) or {},
        ValueError,
        "corpus contains a sampling policy",
    ),
    "an argument that is none": (lambda plan: {"program": program(), "steps": 5}, TypeError, "steps"),
    "a set": (lambda plan: {"summary": {1}}, ArgumentError, "summary: "),
}


@pytest.mark.parametrize(("change", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_what_would_be_refused_at_the_end_is_refused_before(
    change: Callable[[Documents], Documents], kind: type[Exception], message: str
) -> None:
    plan = canonical()
    known = change(plan)
    with pytest.raises(kind) as error:
        preflight(**plan, **known)
    assert message in str(error.value)
