"""Cases of checks that are not applied, because what they read is broken.

Beside what is broken, other members are made wrong that the same checks read: whoever applies them all the same
finds more than is expected.
"""

from __future__ import annotations

from typing import Any

from psion_contract.conformance.sources.base import FULL, PLAN, PROGRAM, RUN
from psion_contract.conformance.sources.editing import Edit, drop, put
from psion_contract.conformance.sources.making import ZEROS, Group, respelt
from psion_contract.conformance.sources.sealing import as_it_is, bound, sealed

_RULE = "schema-violation"
_BLANK = " "

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, by kind of document."""
    made = Group(
        "broken", "Checks that are not applied, because what they read is broken.", on=RUN, then=as_it_is
    )
    _configs(made)
    _receipts(made)
    _descriptors(made)
    _corpora(made)
    _policies(made)
    _programs(made)
    _applied(made)
    _references(made)
    return made


def _skips(made: Group, place: str, value: Any, *edits: Edit, **how: Any) -> None:
    """A case in which what stands at `place` is broken."""
    slug = place[1:].replace("/", "-").replace("_", "-")
    made.rejected(
        _RULE, f"skips-{slug}", f"What reads {place} is not applied.", put(place, value), *edits, at=[place],
        **how,
    )


def _configs(made: Group) -> None:
    for name in ("model_id", "dataset_identity", "sampling_policy_id", "sampling_policy_version"):
        _skips(made, f"/config/{name}", _BLANK)
    for name in (
        "model_descriptor_digest",
        "tokenizer_binding_digest",
        "objective_config/tokenizer_binding_digest",
    ):
        _skips(made, f"/config/{name}", ZEROS[1:])
    _skips(made, "/config/objective_config/dataset_identity", _BLANK)
    _skips(made, "/config/objective_config/label_smoothing_bps", 10001)
    _skips(made, "/config/objective_config/max_context_tokens", 0)
    _skips(made, "/config/objective_config", "x")
    _skips(
        made, "/config/objective_config/objective_kind", "x",
        put("/receipt/objective_config/label_smoothing_bps", 0),
    )
    for name in ("run_id", "stage_id"):
        made.rejected(
            _RULE, f"skips-config-{name.replace('_', '-')}",
            f"A config with a broken {name} cannot be found.", put(f"/config/{name}", _BLANK),
            at=[f"/config/{name}"], also=[("unresolved-reference", "/receipt/run_id")],
        )


def _receipts(made: Group) -> None:
    for name in (
        "run_id",
        "stage_id",
        "model_id",
        "dataset_identity",
        "sampling_policy_id",
        "sampling_policy_version",
        "summary",
    ):
        _skips(made, f"/receipt/{name}", _BLANK)
    for name in (
        "model_descriptor_digest",
        "tokenizer_binding_digest",
        "receipt_digest",
        "replay_receipt/replay_digest",
        "checkpoint_lineage/checkpoint_lineage_digest",
        "checkpoint_lineage/model_descriptor_digest",
    ):
        _skips(made, f"/receipt/{name}", ZEROS[1:])
    for name in ("stable_dataset_identity", "iteration_mode", "shard_ordering", "summary"):
        _skips(made, f"/receipt/replay_receipt/{name}", "|")
    _skips(made, "/receipt/replay_receipt/deterministic_shuffle_seed", -1)
    _skips(made, "/receipt/replay_receipt/exact_replay_observed", 0)
    _skips(made, "/receipt/checkpoint_lineage/model_id", _BLANK)
    rows = "/receipt/source_family_reports"
    _skips(
        made, f"{rows}/0/detail", _BLANK, put(f"{rows}/1/token_share_bps_within_split", 10000),
        put(f"{rows}/2/split_kind", "custom"), put(f"{rows}/4/source_ids", ["kernel"]),
    )
    _skips(
        made, "/receipt/objective_config/max_context_tokens", 0,
        put("/receipt/objective_config/label_smoothing_bps", 0),
    )
    lineage, delivered = "/full/checkpoint_lineage", "/full/delivered_execution"
    for name, other in (
        ("promoted_checkpoint", "base_checkpoint"),
        ("base_checkpoint", "promoted_checkpoint"),
    ):
        _skips(
            made, f"{lineage}/{name}/writer_node_id", _BLANK,
            put(f"{lineage}/{other}/checkpoint_family", "other"), put(f"{lineage}/base_checkpoint/step", 700),
            put(f"{lineage}/{name}/durable_at_ms", 1), on=FULL,
        )
    _skips(made, f"{delivered}/runtime_backend", _BLANK, on=FULL)
    _skips(made, f"{delivered}/execution_topology/effective_backend", _BLANK, on=FULL)
    _skips(made, "/full/accelerator_execution/optimizer_steps_completed", 0, on=FULL)
    _skips(made, f"{delivered}/selected_devices/1/stable_device_id", _BLANK, on=FULL)


def _descriptors(made: Group) -> None:
    config, attention = "/descriptor/config", "/descriptor/config/block/attention"
    contract = "/descriptor/checkpoint_contract"
    _skips(made, "/descriptor/model/revision", _BLANK, on=PLAN)
    _skips(made, "/descriptor/tokenizer_binding/tokenizer_version", _BLANK, on=PLAN)
    _skips(made, f"{config}/max_context", 0, on=PLAN)
    one = {"on": ("descriptor",)}
    for place in (
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
        _skips(made, place, "x", **one)
    _skips(made, f"{contract}/state_dict_namespace", _BLANK, **one)
    _skips(made, f"{contract}/checkpoint_file_name", _BLANK, **one)
    _skips(made, "/descriptor/export_contract/checkpoint_format", "x", **one)
    for part in ("checkpoint_contract", "export_contract"):
        _skips(made, f"/descriptor/{part}/tensor_layout_digest", "x", **one)
    _skips(
        made, f"{contract}/tensor_layout/3/dtype", "x", put(f"{contract}/tensor_layout/4/shape/dims", [1]),
        **one,
    )


def _corpora(made: Group) -> None:
    for name in (
        "tokenizer_id",
        "tokenizer_version",
        "tokenizer/tokenizer_digest",
        "tokenizer/template_digest",
        "raw_source_schema_version",
        "preprocessing_version",
        "packing_policy/policy_version",
    ):
        _skips(made, f"/corpus/{name}", "|")
    for name in ("dataset_id", "dataset_version"):
        _skips(made, f"/corpus/{name}", _BLANK)
    for name, value in (("iteration_mode", "x"), ("shard_ordering", "x"), ("deterministic_shuffle_seed", -1)):
        _skips(made, f"/corpus/replay_contract/{name}", value)
    _skips(made, "/corpus/packing_policy/max_sequence_tokens", 0)
    splits, shards, bindings = "/corpus/splits", "/corpus/shards", "/corpus/source_family_bindings"
    _skips(
        made, f"{splits}/2/sequence_count", -1, put(f"{splits}/0/split_name", "validation"),
        put(f"{splits}/1/kind", "replay"), put(f"{splits}/0/shard_ids", ["s9"]),
        put(f"{splits}/0/source_family_ids", ["exams"]), put(f"{splits}/1/token_count", 1),
        put(f"{splits}/1/source_family_ids", ["exams"]),
    )
    _skips(
        made, f"{shards}/3/storage_ref", _BLANK, put(f"{shards}/0/shard_id", "s2"),
        put(f"{shards}/0/split_kind", "replay"), put(f"{shards}/0/source_lineage/0/source_family_id", "code"),
        put(f"{shards}/1/source_lineage/0/source_family_id", "ghost"),
        put(f"{shards}/1/source_lineage/0/source_id", "ghost"), put(f"{shards}/0/token_count", 1),
        put(f"{shards}/0/min_sequence_tokens", 4000), put(f"{shards}/0/max_sequence_tokens", 3000),
        put(f"{shards}/0/preprocessing_version", "x"), put(f"{shards}/0/tokenizer_digest", "x"),
        put(f"{shards}/0/source_manifest_schema_version", "x"),
        put(f"{shards}/0/packing_policy_version", "x"),
    )
    made.rejected(
        "duplicate-member", "skips-corpus-kind",
        "What reads the kind of the corpus is not applied where it stands there twice.",
        put("/policy/tokenized_corpus_schema_version", "x"), at=["/corpus/schema_version"],
        texts={"corpus": respelt('{"schema_version":', '{"schema_version":1,"schema_version":')},
    )
    _skips(made, f"{bindings}/1/source_family_id", _BLANK, put(f"{bindings}/0/source_ids", ["kernel", "x"]))


def _policies(made: Group) -> None:
    for name in (
        "dataset_identity",
        "tokenized_corpus_schema_version",
        "raw_source_schema_version",
        "packing_policy_version",
    ):
        _skips(made, f"/policy/{name}", _BLANK, on=PLAN)
    weights, caps = "/policy/source_family_weights", "/policy/source_contribution_caps"
    classes, regions = "/policy/content_class_token_share_report", "/policy/repetitive_region_controls"
    _skips(
        made, f"{weights}/0/rationale", _BLANK, put(f"{weights}/0/maximum_family_token_share_bps", 1),
        put(f"{weights}/1/source_family_id", "ghost"), put(f"{weights}/1/sampling_weight_bps", 1),
    )
    _skips(
        made, f"{caps}/0/rationale", _BLANK, put(f"{caps}/0/maximum_source_token_share_bps", 1),
        put(f"{caps}/1/source_id", "ghost"), put(f"{caps}/2/maximum_source_token_share_bps", 10000),
    )
    _skips(
        made, f"{regions}/0/rationale", _BLANK, put(f"{regions}/0/source_id", "ghost"),
        put(f"{regions}/0/maximum_region_token_share_bps", 10000), on=PLAN,
    )
    _skips(
        made, f"{classes}/1/content_class", "x", put(f"{classes}/0/observed_token_share_bps", 10000), on=PLAN,
    )
    _skips(made, "/policy/maximum_code_token_ratio_bps", -1, on=PLAN)
    _skips(
        made, "/policy/regression_thresholds/1/rationale", _BLANK,
        put("/policy/regression_thresholds/0/regression_kind", "coding_fluency"), on=PLAN,
    )


def _programs(made: Group) -> None:
    on: dict[str, Any] = {"on": PROGRAM}
    _skips(made, "/program/run_id", _BLANK, **on)
    _skips(made, "/program/checkpoint_family", _BLANK, **on)
    for records, member in (
        ("completions", "kind"),
        ("promotions", "to_stage_kind"),
        ("transitions", "next_stage_kind"),
    ):
        place = f"/program/{records}"
        counts = [put(f"{place}/0/ingested_trace_count", 9)] if records == "completions" else []
        _skips(
            made, f"{place}/1/{member}", "x", drop(f"{place}/2"),
            put(f"{place}/0/{records[:-1]}_digest", ZEROS), put(f"{place}/0/run_id", "other"), *counts, **on,
        )
    stages = "/program/stages"
    _skips(
        made, f"{stages}/3/environment/version", _BLANK, put(f"{stages}/0/kind", "rl"),
        put(f"{stages}/1/stage_id", "x"), put(f"{stages}/1/ingested_traces", []),
        put(f"{stages}/2/status", "active"), **on,
    )
    receipt = f"{stages}/0/pretrain_runs/0"
    made.rejected(
        _RULE, "skips-program-receipt", "A broken member of a receipt is one of the stages, too.",
        put(f"{receipt}/source_family_reports/0/detail", _BLANK), put(f"{stages}/1/stage_id", "x"),
        at=[f"{receipt}/source_family_reports/0/detail"], **on,
    )


def _applied(made: Group) -> None:
    """What reads nothing broken is applied all the same."""
    rows = "/receipt/source_family_reports"
    made.rejected(
        _RULE, "rest-of-receipt", "A broken summary keeps nothing else of a receipt from being checked.",
        put("/receipt/summary", _BLANK), put("/receipt/sampling_policy_version", "2"),
        put(f"{rows}/4/split_kind", "test"), put("/receipt/replay_receipt/deterministic_shuffle_seed", 18),
        at=["/receipt/summary"],
        also=[("config-mismatch", "/receipt/sampling_policy_version"), ("split-kind-mismatch",
            f"{rows}/4/split_kind"), ("replay-contract-mismatch",
            "/receipt/replay_receipt/deterministic_shuffle_seed"), ("replay-digest-mismatch",
            "/receipt/replay_receipt/replay_digest")],
    )
    made.rejected(
        _RULE, "rest-of-coverage",
        "Where the corpus' splits are broken, the shares of rows are added up all the same.",
        put("/corpus/splits/2/sequence_count", -1), put(f"{rows}/4/token_share_bps_within_split", 1),
        put(f"{rows}/4/split_kind", "test"), at=["/corpus/splits/2/sequence_count"],
        also=[("share-total-mismatch", f"{rows}/4/token_share_bps_within_split")], then=sealed,
    )
    made.rejected(
        _RULE, "rest-of-members",
        "Of members that are compared one by one, those that are sound are compared.",
        put("/corpus/replay_contract/iteration_mode", "x"),
        put("/receipt/replay_receipt/shard_ordering", "manifest_order"),
        at=["/corpus/replay_contract/iteration_mode"],
        also=[("replay-contract-mismatch", "/receipt/replay_receipt/shard_ordering")], then=sealed,
    )
    made.rejected(
        _RULE, "rest-of-corpus", "A broken split keeps shards from nothing but being held to splits.",
        put("/corpus/splits/2/sequence_count", -1), put("/corpus/shards/3/max_sequence_tokens", 2049),
        put("/corpus/splits/0/split_name", "other"), at=["/corpus/splits/2/sequence_count"],
        also=[("shard-bounds-mismatch", "/corpus/shards/3/max_sequence_tokens")], on=("corpus",),
    )
    made.rejected(
        _RULE, "unknown-above",
        "An unknown member breaks what is read as a whole above it, and nothing else.",
        put("/receipt/objective_config/x", 1), put("/receipt/objective_config/label_smoothing_bps", 0),
        put("/receipt/run_id", "other"), at=["/receipt/objective_config/x"],
        also=[("config-mismatch", "/receipt/run_id")], then=sealed,
    )
    made.rejected(
        _RULE, "same-prefix", "A member is not below another because its name starts alike.",
        put("/policy/source_family_weights_more", 1),
        put("/policy/source_family_weights/0/sampling_weight_bps", 1),
        at=["/policy/source_family_weights_more"],
        also=[("weight-total-mismatch", "/policy/source_family_weights")], on=PLAN,
    )
    made.rejected(
        "unsafe-integer", "broken", "Large integers are told wherever they stand.",
        put("/receipt/summary", 2**53), at=["/receipt/summary"], also=[(_RULE, "/receipt/summary")],
    )


def _references(made: Group) -> None:
    """Repeated members make an identity unusable, and numbers that are no integers break what reads them."""
    for name, member, at, then in (
        ("config", '"run_id":"quay"', "/config/run_id", "/receipt/run_id"),
        (
            "descriptor",
            '"model_id":"psion-tidewater-pilot"',
            "/descriptor/model/model_id",
            "/config/model_id",
        ),
        (
            "corpus",
            '"stable_dataset_identity":"quay-corpus@1"',
            "/corpus/replay_contract/stable_dataset_identity",
            "/config/dataset_identity",
        ),
        ("policy", '"policy_id":"quay-mix"', "/policy/policy_id", "/config/sampling_policy_id"),
    ):
        made.rejected(
            "unresolved-reference", f"repeated-{name}",
            f"A {name} whose identity stands there twice cannot be found.",
            texts={name: respelt(member, f"{member},{member}")}, at=[then], also=[("duplicate-member", at)],
        )
    made.rejected(
        "unresolved-reference", "broken-near",
        "A broken descriptor has no digest, even if one can be computed.", put("/config/model_id", "other"),
        put("/descriptor/model/revision", ""), at=["/config/model_id"], on=PLAN, then=bound,
        also=[(_RULE, "/descriptor/model/revision")],
    )
    for name in ("sampling_policy_id", "sampling_policy_version"):
        made.rejected(
            "dataset-identity-mismatch", f"without-{name.replace('_', '-')}",
            f"Without a {name} the objective can still name the corpus.", drop(f"/config/{name}"),
            put("/config/dataset_identity", "x"), at=["/config/dataset_identity"], on=PLAN,
            also=[(_RULE, "/config")],
        )
    for slug, place, value in (
        ("objective", "/config/objective_config", "x"),
        ("objective-identity", "/config/objective_config/dataset_identity", [[]]),
    ):
        made.rejected(
            "dataset-identity-mismatch", f"broken-{slug}",
            "The policy can still name the corpus where the objective is broken.", put(place, value),
            put("/config/dataset_identity", "x"), at=["/config/dataset_identity"], on=PLAN,
            also=[(_RULE, place)],
        )
