"""Cases of checks that are not applied, because what they read of inputs and programs is broken."""

from __future__ import annotations

from json import dumps
from typing import Any

from tools.edits import Edit, drop, put
from tools.pack.base_documents import PLAN, PROGRAM
from tools.pack.case_builder import ZEROS, Group, respelt

_RULE = "schema-violation"
_BLANK = " "
_OWNERS = {"full": "receipt's", "corpus": "corpus'"}
"""By short name, the possessive that descriptions use, if it does not end in 's."""

# A case reads best as a few full lines.
# fmt: off


def skips(cases: Group, pointer: str, value: Any, *edits: Edit, **how: Any) -> None:
    """A case in which the value at `place` is broken."""
    slug = pointer[1:].replace("/", "-").replace("_", "-")
    kind, _, member = pointer[1:].partition("/")
    owner = _OWNERS.get(kind, f"{kind}'s")
    wrong = {_BLANK: "blank", ZEROS[1:]: "a digit short"}.get(value, dumps(value))
    besides = ", though other members are wrong too" if edits else ""
    cases.rejected(
        _RULE, f"skips-{slug}",
        f"The {owner} {member} is {wrong}, so no check that reads it is applied{besides}.",
        put(pointer, value), *edits, at=[pointer], **how,
    )


def add(cases: Group) -> None:
    """Add the cases, by kind of document."""
    _descriptors(cases)
    _corpora(cases)
    _policies(cases)
    _programs(cases)


def _descriptors(cases: Group) -> None:
    config, attention = "/descriptor/config", "/descriptor/config/block/attention"
    contract = "/descriptor/checkpoint_contract"
    skips(cases, "/descriptor/model/revision", _BLANK, on=PLAN)
    skips(cases, "/descriptor/tokenizer_binding/tokenizer_version", _BLANK, on=PLAN)
    skips(cases, f"{config}/max_context", 0, on=PLAN)
    one = {"on": ("descriptor",)}
    for pointer in (
        f"{config}/hidden_size",
        f"{config}/layer_count",
        f"{config}/vocab_size",
        f"{attention}/head_count",
        f"{attention}/kv_head_count",
        f"{attention}/head_dim",
        f"{attention}/rotary_dim",
        f"{config}/block/feed_forward/intermediate_size",
        f"{config}/block/feed_forward/activation",
        "/descriptor/size_anchor",
        "/descriptor/parameter_count_estimate",
        "/descriptor/tokenizer_binding/vocab_size",
    ):
        skips(cases, pointer, "x", **one)
    skips(cases, f"{contract}/state_dict_namespace", _BLANK, **one)
    skips(cases, f"{contract}/checkpoint_file_name", _BLANK, **one)
    skips(cases, "/descriptor/export_contract/checkpoint_format", "x", **one)
    for part in ("checkpoint_contract", "export_contract"):
        skips(cases, f"/descriptor/{part}/tensor_layout_digest", "x", **one)
    skips(
        cases, f"{contract}/tensor_layout/3/dtype", "x", put(f"{contract}/tensor_layout/4/shape/dims", [1]),
        **one,
    )


def _corpora(cases: Group) -> None:
    for name in (
        "tokenizer_id",
        "tokenizer_version",
        "tokenizer/tokenizer_digest",
        "tokenizer/template_digest",
        "raw_source_schema_version",
        "preprocessing_version",
        "packing_policy/policy_version",
    ):
        skips(cases, f"/corpus/{name}", "|")
    for name in ("dataset_id", "dataset_version"):
        skips(cases, f"/corpus/{name}", _BLANK)
    for name, value in (("iteration_mode", "x"), ("shard_ordering", "x"), ("deterministic_shuffle_seed", -1)):
        skips(cases, f"/corpus/replay_contract/{name}", value)
    skips(cases, "/corpus/packing_policy/max_sequence_tokens", 0)
    splits, shards, bindings = "/corpus/splits", "/corpus/shards", "/corpus/source_family_bindings"
    skips(
        cases, f"{splits}/2/sequence_count", -1, put(f"{splits}/0/split_name", "validation"),
        put(f"{splits}/1/kind", "replay"), put(f"{splits}/0/shard_ids", ["s9"]),
        put(f"{splits}/0/source_family_ids", ["exams"]), put(f"{splits}/1/token_count", 1),
        put(f"{splits}/1/source_family_ids", ["exams"]),
    )
    skips(
        cases, f"{shards}/3/storage_ref", _BLANK, put(f"{shards}/0/shard_id", "s2"),
        put(f"{shards}/0/split_kind", "replay"), put(f"{shards}/0/source_lineage/0/source_family_id", "code"),
        put(f"{shards}/1/source_lineage/0/source_family_id", "ghost"),
        put(f"{shards}/1/source_lineage/0/source_id", "ghost"), put(f"{shards}/0/token_count", 1),
        put(f"{shards}/0/min_sequence_tokens", 4000), put(f"{shards}/0/max_sequence_tokens", 3000),
        put(f"{shards}/0/preprocessing_version", "x"), put(f"{shards}/0/tokenizer_digest", "x"),
        put(f"{shards}/0/source_manifest_schema_version", "x"),
        put(f"{shards}/0/packing_policy_version", "x"),
    )
    cases.rejected(
        "duplicate-member", "skips-corpus-kind",
        "The corpus' schema_version is given twice, so the policy is not compared with it.",
        put("/policy/tokenized_corpus_schema_version", "x"), at=["/corpus/schema_version"],
        texts={"corpus": respelt('{"schema_version":', '{"schema_version":1,"schema_version":')},
    )
    skips(cases, f"{bindings}/1/source_family_id", _BLANK, put(f"{bindings}/0/source_ids", ["kernel", "x"]))


def _policies(cases: Group) -> None:
    for name in (
        "dataset_identity",
        "tokenized_corpus_schema_version",
        "raw_source_schema_version",
        "packing_policy_version",
    ):
        skips(cases, f"/policy/{name}", _BLANK, on=PLAN)
    weights, caps = "/policy/source_family_weights", "/policy/source_contribution_caps"
    classes, regions = "/policy/content_class_token_share_report", "/policy/repetitive_region_controls"
    skips(
        cases, f"{weights}/0/rationale", _BLANK, put(f"{weights}/0/maximum_family_token_share_bps", 1),
        put(f"{weights}/1/source_family_id", "ghost"), put(f"{weights}/1/sampling_weight_bps", 1),
    )
    skips(
        cases, f"{caps}/0/rationale", _BLANK, put(f"{caps}/0/maximum_source_token_share_bps", 1),
        put(f"{caps}/1/source_id", "ghost"), put(f"{caps}/2/maximum_source_token_share_bps", 10000),
    )
    skips(
        cases, f"{regions}/0/rationale", _BLANK, put(f"{regions}/0/source_id", "ghost"),
        put(f"{regions}/0/maximum_region_token_share_bps", 10000), on=PLAN,
    )
    skips(
        cases, f"{classes}/1/content_class", "x", put(f"{classes}/0/observed_token_share_bps", 10000), on=PLAN,
    )
    skips(cases, "/policy/maximum_code_token_ratio_bps", -1, on=PLAN)
    skips(
        cases, "/policy/regression_thresholds/1/rationale", _BLANK,
        put("/policy/regression_thresholds/0/regression_kind", "coding_fluency"), on=PLAN,
    )


def _programs(cases: Group) -> None:
    on: dict[str, Any] = {"on": PROGRAM}
    skips(cases, "/program/run_id", _BLANK, **on)
    skips(cases, "/program/checkpoint_family", _BLANK, **on)
    for records, member in (
        ("completions", "kind"),
        ("promotions", "to_stage_kind"),
        ("transitions", "next_stage_kind"),
    ):
        pointer = f"/program/{records}"
        counts = [put(f"{pointer}/0/ingested_trace_count", 9)] if records == "completions" else []
        skips(
            cases, f"{pointer}/1/{member}", "x", drop(f"{pointer}/2"),
            put(f"{pointer}/0/{records[:-1]}_digest", ZEROS), put(f"{pointer}/0/run_id", "other"), *counts, **on,
        )
    stages = "/program/stages"
    skips(
        cases, f"{stages}/3/environment/version", _BLANK, put(f"{stages}/0/kind", "rl"),
        put(f"{stages}/1/stage_id", "x"), put(f"{stages}/1/ingested_traces", []),
        put(f"{stages}/2/status", "active"), **on,
    )
    receipt = f"{stages}/0/pretrain_runs/0"
    cases.rejected(
        _RULE, "skips-program-receipt", "A blank detail in a program's receipt breaks the stages, so no check that reads them is applied.",
        put(f"{receipt}/source_family_reports/0/detail", _BLANK), put(f"{stages}/1/stage_id", "x"),
        at=[f"{receipt}/source_family_reports/0/detail"], **on,
    )
