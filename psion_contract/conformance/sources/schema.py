"""Cases of the rule on schemas, keyword by keyword."""

from __future__ import annotations

from typing import Any

from psion_contract.conformance.sources import strings
from psion_contract.conformance.sources.base import FULL, RUN
from psion_contract.conformance.sources.editing import Edit, append, drop, put
from psion_contract.conformance.sources.making import Group
from psion_contract.conformance.sources.sealing import as_it_is

_RULE = "schema-violation"
_DELIVERED = "/full/delivered_execution"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, by keyword."""
    made = Group("schema", "Documents that do not fit the schema of their kind.", on=RUN, then=as_it_is)
    _required(made)
    _unknown(made)
    _types(made)
    _words(made)
    _ranges(made)
    _lists(made)
    strings.add(made)
    _conditions(made)
    return made


def _required(made: Group) -> None:
    made.rejected(_RULE, "missing", "A member is missing.", drop("/receipt/stage_kind"), at=["/receipt"])
    made.rejected(
        _RULE, "missing-two", "Two members of an object are missing, which is one place.",
        drop("/receipt/stage_kind"), drop("/receipt/summary"), at=["/receipt"],
    )
    made.rejected(
        _RULE, "missing-nested", "A member of an object in a list is missing.",
        drop("/receipt/source_family_reports/2/detail"), at=["/receipt/source_family_reports/2"],
    )
    made.rejected(
        _RULE, "null", "A member that must be there is null.", put("/receipt/summary", None),
        at=["/receipt/summary"],
    )
    made.rejected(
        _RULE, "only-kind", "Nothing but the kind is there.",
        put("/other", {"schema_version": "psion.sampling_policy.v1"}), at=["/other"],
    )


def _unknown(made: Group) -> None:
    made.rejected(_RULE, "unknown", "A member is unknown.", put("/config/notes", "x"), at=["/config/notes"])
    made.rejected(
        _RULE, "unknown-null", "It is unknown even where it is null.", put("/config/notes", None),
        at=["/config/notes"],
    )
    made.rejected(
        _RULE, "unknown-two", "Two members are unknown; their names hold what pointers escape.",
        put("/receipt/a~1b", 1), put("/receipt/c~0d", 1), at=["/receipt/a~1b", "/receipt/c~0d"],
    )
    made.rejected(
        _RULE, "unknown-empty", "The name of a member is empty.", put("/receipt/", 1), at=["/receipt/"],
    )
    made.rejected(
        _RULE, "misspelt", "An optional member is misspelt.",
        put("/receipt/checkpoint_lineage/base_chekpoint", None),
        at=["/receipt/checkpoint_lineage/base_chekpoint"],
    )
    made.rejected(
        _RULE, "case", "A name that differs in the case of a letter is another.",
        put("/receipt/Summary", "x"), drop("/receipt/summary"), at=["/receipt", "/receipt/Summary"],
    )
    made.accepted(
        _RULE, "open", "The open object may hold anything.",
        put(f"{_DELIVERED}/cluster_execution", {"": None, "a|b": [{}, "\u0001"], "n": {"n": False}}), on=FULL,
    )


def _types(made: Group) -> None:
    for slug, place, value in (
        ("text-for-integer", "/receipt/replay_receipt/successful_replays", "2"),
        ("boolean-for-integer", "/receipt/replay_receipt/successful_replays", True),
        ("integer-for-boolean", "/receipt/replay_receipt/exact_replay_observed", 1),
        ("integer-for-text", "/receipt/summary", 1),
        ("list-for-object", "/receipt/replay_receipt", []),
        ("object-for-list", "/receipt/source_family_reports", {}),
        ("list-for-text", "/receipt/source_family_reports/0/detail", ["x"]),
        ("text-for-object", "/receipt/source_family_reports/0", "x"),
        ("text-for-optional", "/receipt/checkpoint_lineage/base_checkpoint", "none"),
        ("boolean-for-open", f"{_DELIVERED}/cluster_execution", False),
        ("list-for-open", f"{_DELIVERED}/cluster_execution", []),
    ):
        on = FULL if place.startswith("/full") else RUN
        made.rejected(
            _RULE, slug, f"There is {slug.replace('-', ' ').replace(' for ', ' in the place of ')}.",
            put(place, value), at=[place], on=on,
        )


def _words(made: Group) -> None:
    for slug, place, value in (
        ("stage-kind", "/receipt/stage_kind", "general_sft"),
        ("objective-kind", "/receipt/objective_config/objective_kind", "masked_token_prediction"),
        ("loss-normalization", "/receipt/objective_config/loss_normalization", "by_sequence"),
        ("split-kind", "/receipt/source_family_reports/0/split_kind", "Train"),
        ("iteration-mode", "/receipt/replay_receipt/iteration_mode", "Repeat"),
        ("shard-ordering", "/receipt/replay_receipt/shard_ordering", "shuffle"),
    ):
        made.rejected(
            _RULE, slug, f"The {slug.replace('-', ' ')} is none of the contract.", put(place, value),
            at=[place],
        )


def _ranges(made: Group) -> None:
    row, replay = "/receipt/source_family_reports/4", "/receipt/replay_receipt"
    promoted = "/receipt/checkpoint_lineage/promoted_checkpoint"
    for slug, place, value in (
        ("basis-points", f"{row}/token_share_bps_within_split", 10001),
        ("u16", f"{replay}/successful_replays", 65536),
        ("u32", f"{row}/mean_next_token_loss_milli", 4294967296),
        ("below-one", f"{replay}/successful_replays", 0),
        ("negative", f"{row}/mean_next_token_loss_milli", -1),
    ):
        made.rejected(_RULE, slug, f"{value} is out of range.", put(place, value), at=[place])
    made.rejected(
        _RULE, "u64", "2^64 is out of range.", put(f"{promoted}/membership_epoch", 2**64),
        at=[f"{promoted}/membership_epoch"], also=[("unsafe-integer", f"{promoted}/membership_epoch")],
    )
    made.rejected(
        _RULE, "optional-u64", "So it is where the member is optional.", put(f"{promoted}/step", 2**64),
        at=[f"{promoted}/step"], also=[("unsafe-integer", f"{promoted}/step")],
    )


def _lists(made: Group) -> None:
    rows = "/receipt/source_family_reports"
    made.rejected(_RULE, "no-rows", "A receipt reports nothing.", put(rows, []), at=[rows])
    made.rejected(
        _RULE, "no-sources", "A row has no sources.", put(f"{rows}/0/source_ids", []),
        at=[f"{rows}/0/source_ids"],
    )
    made.rejected(
        _RULE, "repeated", "A row has a source twice.", append(f"{rows}/0/source_ids", "handbook"),
        at=[f"{rows}/0/source_ids"],
    )
    made.rejected(
        _RULE, "no-devices", "Nothing ran on no devices.", put(f"{_DELIVERED}/selected_devices", []),
        at=[f"{_DELIVERED}/selected_devices"], on=FULL,
    )


def _conditions(made: Group) -> None:
    made.rejected(
        _RULE, "not-delivered", "Accelerators ran, but nothing was delivered.", drop(_DELIVERED),
        at=["/full"], on=FULL,
    )
    made.rejected(
        _RULE, "delivered-null", "So it is where what was delivered is null.", put(_DELIVERED, None),
        at=[_DELIVERED], on=FULL,
    )
    made.accepted(
        _RULE, "neither", "Both are null.", put("/receipt/delivered_execution", None),
        put("/receipt/accelerator_execution", None),
    )
    partition = f"{_DELIVERED}/execution_topology/assignments/0/partition"
    partitions: dict[str, tuple[list[Edit], list[str]]] = {
        "unknown": ([put(partition, {"kind": "half_model"})], [f"{partition}/kind"]),
        "none": ([put(partition, {})], [partition]),
        "whole-model-more": ([put(f"{partition}/replica_index", 0)], [f"{partition}/replica_index"]),
        "replica-less": ([put(partition, {"kind": "replica"})], [partition]),
    }
    rest: dict[str, dict[str, Any]] = {
        "replica": {"replica_index": 0},
        "layer_range": {"start_layer": 0, "end_layer": 1},
        "tensor_range": {"axis": 0, "start": 0, "end": 1},
    }
    for kind, members in rest.items():
        slug = kind.replace("_", "-")
        partitions[f"{slug}-more"] = ([put(partition, {"kind": kind, **members, "x": 1})], [f"{partition}/x"])
        for name in members:
            less = {key: value for key, value in members.items() if key != name}
            partitions[f"{slug}-without-{name.replace('_', '-')}"] = (
                [put(partition, {"kind": kind, **less})],
                [partition],
            )
            wrong = {"kind": kind, **members, name: -1}
            partitions[f"{slug}-{name.replace('_', '-')}"] = (
                [put(partition, wrong)],
                [f"{partition}/{name}"],
            )
    del partitions["replica-less"]
    for slug, (edits, at) in partitions.items():
        made.rejected(
            _RULE, f"partition-{slug}", f"A partition is of no known form: {slug.replace('-', ' ')}.", *edits,
            at=at, on=FULL,
        )
