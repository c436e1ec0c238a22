"""Cases of the rule on schemas, keyword by keyword."""

from __future__ import annotations

from typing import Any

from tools.edits import Edit, append, drop, put
from tools.pack import strings_cases as strings
from tools.pack.base_documents import FULL, PROGRAM, RUN
from tools.pack.base_receipts import cluster
from tools.pack.case_builder import Group
from tools.pack.restoring import counted, unchanged

_RULE = "schema-violation"
_DELIVERED = "/full/delivered_execution"
_OPEN = f"{_DELIVERED}/cluster_execution"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, by keyword."""
    cases = Group("schema", "Documents that do not fit the schema of their kind.", on=RUN, then=unchanged)
    _required(cases)
    _unknown(cases)
    _types(cases)
    _words(cases)
    _ranges(cases)
    _lists(cases)
    strings.add(cases)
    _conditions(cases)
    return cases


def _required(cases: Group) -> None:
    cases.rejected(_RULE, "missing", "The receipt lacks its stage_kind.", drop("/receipt/stage_kind"), at=["/receipt"])
    cases.rejected(
        _RULE, "missing-two", "The receipt lacks two members, which is one finding at the receipt.",
        drop("/receipt/stage_kind"), drop("/receipt/summary"), at=["/receipt"],
    )
    cases.rejected(
        _RULE, "missing-nested", "A row of the receipt lacks its detail.",
        drop("/receipt/source_family_reports/2/detail"), at=["/receipt/source_family_reports/2"],
    )
    cases.rejected(
        _RULE, "null", "The summary of the receipt is null, though it is not optional.", put("/receipt/summary", None),
        at=["/receipt/summary"],
    )
    cases.rejected(
        _RULE, "only-kind", "A policy has no member but its schema_version.",
        put("/other", {"schema_version": "psion.sampling_policy.v1"}), at=["/other"],
    )


def _unknown(cases: Group) -> None:
    cases.rejected(_RULE, "unknown", "The config has a member that is unknown.", put("/config/notes", "x"), at=["/config/notes"])
    cases.rejected(
        _RULE, "unknown-null", "The config has a member that is unknown, even though it is null.", put("/config/notes", None),
        at=["/config/notes"],
    )
    cases.rejected(
        _RULE, "unknown-two", "Two unknown members have / and ~ in their names, which pointers escape.",
        put("/receipt/a~1b", 1), put("/receipt/c~0d", 1), at=["/receipt/a~1b", "/receipt/c~0d"],
    )
    cases.rejected(
        _RULE, "unknown-empty", "An unknown member has an empty name.", put("/receipt/", 1), at=["/receipt/"],
    )
    cases.rejected(
        _RULE, "misspelt", "The name of an optional member is misspelt, so the member is unknown.",
        put("/receipt/checkpoint_lineage/base_chekpoint", None),
        at=["/receipt/checkpoint_lineage/base_chekpoint"],
    )
    cases.rejected(
        _RULE, "case", "Summary is an unknown member, and summary is missing.",
        put("/receipt/Summary", "x"), drop("/receipt/summary"), at=["/receipt", "/receipt/Summary"],
    )
    cases.accepted(
        _RULE, "open", "The open object may hold any further members, under any name.",
        put(_OPEN, cluster(**{"": None, "a|b": [{}, "\u0001"], "n": {"n": False}})), on=FULL,
    )
    cases.accepted(_RULE, "open-none", "The open object needs no further members.", put(_OPEN, cluster()), on=FULL)
    cases.accepted(_RULE, "open-null", "The open object may be null.", put(_OPEN, None), on=FULL)
    cases.rejected(_RULE, "open-empty", "The open object lacks all of its own members.", put(_OPEN, {}), at=[_OPEN], on=FULL)
    for name in cluster():
        slug = name.replace("_", "-")
        cases.rejected(
            _RULE, f"open-without-{slug}", f"The open object lacks its {name}.", drop(f"{_OPEN}/{name}"), at=[_OPEN],
            on=FULL,
        )
        cases.rejected(
            _RULE, f"open-{slug}-null", f"The {name} of the open object is null, though it is not optional.",
            put(f"{_OPEN}/{name}", None), at=[f"{_OPEN}/{name}"], on=FULL,
        )
        cases.rejected(
            _RULE, f"open-{slug}", f"The {name} of the open object is no identifier, and no word that the contract knows.",
            put(f"{_OPEN}/{name}", "a|b"), at=[f"{_OPEN}/{name}"], on=FULL,
        )


def _types(cases: Group) -> None:
    for slug, wrong, right, pointer, value in (
        ("text-for-integer", "A string", "an integer", "/receipt/replay_receipt/successful_replays", "2"),
        ("boolean-for-integer", "A boolean", "an integer", "/receipt/replay_receipt/successful_replays", True),
        ("integer-for-boolean", "An integer", "a boolean", "/receipt/replay_receipt/exact_replay_observed", 1),
        ("integer-for-text", "An integer", "a string", "/receipt/summary", 1),
        ("list-for-object", "A list", "an object", "/receipt/replay_receipt", []),
        ("object-for-list", "An object", "a list", "/receipt/source_family_reports", {}),
        ("list-for-text", "A list", "a string", "/receipt/source_family_reports/0/detail", ["x"]),
        ("text-for-object", "A string", "an object", "/receipt/source_family_reports/0", "x"),
        ("text-for-optional", "A string", "an optional object", "/receipt/checkpoint_lineage/base_checkpoint", "none"),
        ("object-for-word", "An object", "a word, which it names", "/receipt/source_family_reports/0/split_kind", {"train": None}),
        ("object-for-constant", "An object", "a constant, which it names", "/receipt/stage_kind", {"pretrain": None}),
        ("values-for-object", "A list of its values", "an object", "/receipt/checkpoint_lineage/promoted_checkpoint",
            ["quay.decoder", "quay", "manifest-a", "object-a", "node-0", 7, "cluster-1", "topology-1", 100]),
        ("boolean-for-open", "A boolean", "the open object", _OPEN, False),
        ("list-for-open", "A list", "the open object", _OPEN, []),
    ):
        on = FULL if pointer.startswith("/full") else RUN
        cases.rejected(
            _RULE, slug, f"{wrong} replaces {right}.", put(pointer, value), at=[pointer], on=on,
        )


def _words(cases: Group) -> None:
    for slug, pointer, value in (
        ("stage-kind", "/receipt/stage_kind", "general_sft"),
        ("objective-kind", "/receipt/objective_config/objective_kind", "masked_token_prediction"),
        ("loss-normalization", "/receipt/objective_config/loss_normalization", "by_sequence"),
        ("split-kind", "/receipt/source_family_reports/0/split_kind", "Train"),
        ("iteration-mode", "/receipt/replay_receipt/iteration_mode", "Repeat"),
        ("shard-ordering", "/receipt/replay_receipt/shard_ordering", "shuffle"),
    ):
        cases.rejected(
            _RULE, slug, f"The {slug.replace('-', '_')} is {value}, which the contract does not know.",
            put(pointer, value), at=[pointer],
        )
    for name, words in (
        ("transport", ("local_only", "loopback", "trusted_lan_datagram", "wider_network_stream", "mixed")),
        ("disposition", ("local_only", "remote_whole_request", "replica_routed")),
    ):
        for word in words:
            cases.accepted(
                _RULE, f"{name}-{word.replace('_', '-')}", f"The {name} of the open object is {word}.",
                put(f"{_OPEN}/{name}", word), on=FULL,
            )
    cases.rejected(
        _RULE, "transport", "The transport of the open object is a word that the contract does not know.",
        put(f"{_OPEN}/transport", "carrier_pigeon"), at=[f"{_OPEN}/transport"], on=FULL,
    )
    _fixed(cases)


def _fixed(cases: Group) -> None:
    """The members of a descriptor that have one value in its family of models."""
    checkpoint, export = "/descriptor/checkpoint_contract", "/descriptor/export_contract"
    tensor = f"{checkpoint}/tensor_layout/3"
    for slug, pointer, value in (
        ("checkpoint-file-name", f"{checkpoint}/checkpoint_file_name", "weights.safetensors"),
        ("state-dict-namespace", f"{checkpoint}/state_dict_namespace", "model"),
        ("descriptor-file-name", f"{export}/descriptor_file_name", "model.json"),
        ("exported-file-name", f"{export}/checkpoint_file_name", "weights.safetensors"),
        ("export-format-id", f"{export}/export_format_id", "psionic.decoder_state_dict.safetensors.v2"),
        ("checkpoint-format", f"{checkpoint}/checkpoint_format", "Gguf"),
        ("exported-format", f"{export}/checkpoint_format", "ProgrammaticFixture"),
        ("dtype", f"{tensor}/dtype", "F16"),
        ("quantization", f"{tensor}/quantization", "ggml_q4_0"),
    ):
        cases.rejected(
            _RULE, slug, f"The {slug.replace('-', ' ')} is {value}, which this family of models does not have.",
            put(pointer, value), at=[pointer], on=("descriptor",), then=counted,
        )


def _ranges(cases: Group) -> None:
    row, replay = "/receipt/source_family_reports/4", "/receipt/replay_receipt"
    promoted = "/receipt/checkpoint_lineage/promoted_checkpoint"
    for slug, pointer, value in (
        ("basis-points", f"{row}/token_share_bps_within_split", 10001),
        ("u16", f"{replay}/successful_replays", 65536),
        ("u32", f"{row}/mean_next_token_loss_milli", 4294967296),
        ("below-one", f"{replay}/successful_replays", 0),
        ("negative", f"{row}/mean_next_token_loss_milli", -1),
    ):
        name = pointer.rpartition("/")[2]
        cases.rejected(_RULE, slug, f"A value of {value} for {name} is out of range.", put(pointer, value), at=[pointer])
    cases.rejected(
        _RULE, "u64", "A value of 2^64 for membership_epoch is out of range.", put(f"{promoted}/membership_epoch", 2**64),
        at=[f"{promoted}/membership_epoch"], also=[("unsafe-integer", f"{promoted}/membership_epoch")],
    )
    cases.rejected(
        _RULE, "optional-u64", "A value of 2^64 for the optional step is out of range.", put(f"{promoted}/step", 2**64),
        at=[f"{promoted}/step"], also=[("unsafe-integer", f"{promoted}/step")],
    )


def _lists(cases: Group) -> None:
    rows = "/receipt/source_family_reports"
    cases.rejected(_RULE, "no-rows", "The source_family_reports of a receipt are empty.", put(rows, []), at=[rows])
    cases.rejected(
        _RULE, "no-sources", "The source_ids of a row are empty.", put(f"{rows}/0/source_ids", []),
        at=[f"{rows}/0/source_ids"],
    )
    cases.rejected(
        _RULE, "repeated", "The source_ids of a row name a source twice.", append(f"{rows}/0/source_ids", "handbook"),
        at=[f"{rows}/0/source_ids"],
    )
    lists = ("completions", "promotions", "transitions", "stages/0/pretrain_runs", "stages/1/ingested_traces")
    for path in lists:
        name = path.rpartition("/")[2]
        cases.rejected(
            _RULE, f"null-{name.replace('_', '-')}", f"The list of {name} of a program is null; it may only be absent.",
            put(f"/program/{path}", None), at=[f"/program/{path}"], on=PROGRAM,
        )
    cases.rejected(
        _RULE, "no-devices", "The selected_devices of a receipt are empty.", put(f"{_DELIVERED}/selected_devices", []),
        at=[f"{_DELIVERED}/selected_devices"], on=FULL,
    )


def _conditions(cases: Group) -> None:
    cases.rejected(
        _RULE, "not-delivered", "A receipt with an accelerator_execution lacks its delivered_execution.", drop(_DELIVERED),
        at=["/full"], on=FULL,
    )
    cases.rejected(
        _RULE, "delivered-null", "The delivered_execution is null in a receipt with an accelerator_execution.", put(_DELIVERED, None),
        at=[_DELIVERED], on=FULL,
    )
    cases.accepted(
        _RULE, "neither", "Both accelerator_execution and delivered_execution may be null.", put("/receipt/delivered_execution", None),
        put("/receipt/accelerator_execution", None),
    )
    partition = f"{_DELIVERED}/execution_topology/assignments/0/partition"
    partitions: dict[str, tuple[str, list[Edit], list[str]]] = {
        "unknown": ("is of an unknown kind", [put(partition, {"kind": "half_model"})], [f"{partition}/kind"]),
        "none": ("has no kind", [put(partition, {})], [partition]),
        "whole-model-more": (
            "of the kind whole_model has a replica_index",
            [put(f"{partition}/replica_index", 0)],
            [f"{partition}/replica_index"],
        ),
    }
    rest: dict[str, dict[str, Any]] = {
        "replica": {"replica_index": 0},
        "layer_range": {"start_layer": 0, "end_layer": 1},
        "tensor_range": {"axis": 0, "start": 0, "end": 1},
    }
    for kind, members in rest.items():
        slug = kind.replace("_", "-")
        partitions[f"{slug}-more"] = (
            f"of the kind {kind} has an unknown member",
            [put(partition, {"kind": kind, **members, "x": 1})],
            [f"{partition}/x"],
        )
        for name in members:
            less = {key: value for key, value in members.items() if key != name}
            partitions[f"{slug}-without-{name.replace('_', '-')}"] = (
                f"of the kind {kind} lacks its {name}",
                [put(partition, {"kind": kind, **less})],
                [partition],
            )
            wrong = {"kind": kind, **members, name: -1}
            partitions[f"{slug}-{name.replace('_', '-')}"] = (
                f"of the kind {kind} has a negative {name}",
                [put(partition, wrong)],
                [f"{partition}/{name}"],
            )
    for slug, (what, edits, at) in partitions.items():
        cases.rejected(_RULE, f"partition-{slug}", f"A partition {what}.", *edits, at=at, on=FULL)
