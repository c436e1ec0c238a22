"""A dry run: whether the receipt of a run could be made and recorded, before its first step."""

from __future__ import annotations

import os
import warnings
from typing import Any

from psion_contract.build.inputs import Input, Inputs
from psion_contract.build.new_documents import new_receipt
from psion_contract.exceptions import ContractWarning
from psion_contract.findings import Report
from psion_contract.program.machine import StageMachine, now_ms
from psion_contract.program.stage_program import StageProgram
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits
from psion_contract.reading.source import json_object

_INVENTED = "invented before the run"


def preflight(
    config: Input,
    descriptor: Input,
    corpus: Input,
    policy: Input,
    *,
    program: StageMachine | str | os.PathLike[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    **known: Any,
) -> Report:
    """Make a receipt with invented measurements, and record it in a copy of the program.

    It finds what would make the receipt refused after the run: contradictions between the documents, a config for another
    stage of the program, a checkpoint of another family. What only the run can show, it cannot find: ``Tally.missing``
    says during the run what was not measured yet.

    Args:
        config: the config of the run.
        descriptor: the model that will be trained.
        corpus: the manifest of the data that will be read.
        policy: the policy by which sources will be mixed.
        program: the stage program in which the receipt will be recorded, or the path of its file; it is not changed.
        limits: the limits of the reader, per document.
        known: those arguments of ``new_receipt`` that are known already, such as ``base_checkpoint``,
            ``delivered_execution`` or ``summary``; the others are invented.

    Returns:
        The report on the invented receipt; its warnings are those that the receipt of the run would have.

    Raises:
        StageRefusalError: the program would refuse the receipt.
        Exception: as by ``new_receipt``: the receipt would be refused.
    """
    documents = {"config": config, "descriptor": descriptor, "corpus": corpus, "policy": policy}
    inputs = Inputs(limits, **documents)
    machine = StageProgram.load(program) if isinstance(program, (str, os.PathLike)) else program
    base = json_object("base_checkpoint", known.get("base_checkpoint"), limits)
    family = machine.state["checkpoint_family"] if machine is not None else None
    if isinstance(base, dict):
        family = family or base.get("checkpoint_family")
    arguments: dict[str, Any] = {
        "reports": _rows(inputs.values["corpus"], inputs.values["policy"]),
        "successful_replays": 1,
        "exact_replay_observed": True,
        "promoted_checkpoint": _checkpoint(family or _INVENTED),
        "promoted_checkpoint_label": _INVENTED,
        "summary": _INVENTED,
    }
    if "replays" in known:
        del arguments["successful_replays"], arguments["exact_replay_observed"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContractWarning)  # the report has them
        receipt = new_receipt(*inputs.values.values(), **(arguments | known), limits=limits)
        if machine is not None:
            copy = StageMachine(machine.state, now_ms, limits)
            return copy.record_pretrain_receipt(receipt, inputs.values)
    return inputs.check("the receipt of this run", receipt)


def _rows(corpus: Json, policy: Json) -> list[Json]:
    """A row for each family of each split; families are drawn as the policy has it."""
    weights = {
        each["source_family_id"]: each["sampling_weight_bps"] for each in policy["source_family_weights"]
    }
    return [
        {
            "split": split["split_name"],
            "family": family,
            "tokens": weights.get(family, 1),
            "sequences": weights.get(family, 1),
            "loss": 1,
        }
        for split in corpus["splits"]
        for family in split["source_family_ids"]
    ]


def _checkpoint(family: Any) -> Json:
    names = ("stream_id", "manifest_digest", "object_digest", "writer_node_id", "cluster_state_digest")
    return {
        "checkpoint_family": family,
        **dict.fromkeys((*names, "topology_digest"), _INVENTED),
        "membership_epoch": 0,
        "started_at_ms": now_ms(),
    }
