"""Cases of checks that are not applied, because what they read is broken.

Next to the broken members, other members that the same checks read are wrong too: an implementation that applies
these checks anyway reports unexpected findings.
"""

from __future__ import annotations

from tools.edits import drop, put
from tools.pack import broken_input_cases as brokeninputs
from tools.pack.base_documents import FULL, PLAN, RUN
from tools.pack.broken_input_cases import skips
from tools.pack.case_builder import ZEROS, Group, respelt
from tools.pack.restoring import bound, sealed, unchanged

_RULE = "schema-violation"
_BLANK = " "

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, by kind of document."""
    cases = Group(
        "broken", "Checks that are not applied, because what they read is broken.", on=RUN, then=unchanged
    )
    _configs(cases)
    _receipts(cases)
    brokeninputs.add(cases)
    _applied(cases)
    _references(cases)
    return cases


def _configs(cases: Group) -> None:
    for name in ("model_id", "dataset_identity", "sampling_policy_id", "sampling_policy_version"):
        skips(cases, f"/config/{name}", _BLANK)
    for name in (
        "model_descriptor_digest",
        "tokenizer_binding_digest",
        "objective_config/tokenizer_binding_digest",
    ):
        skips(cases, f"/config/{name}", ZEROS[1:])
    skips(cases, "/config/objective_config/dataset_identity", _BLANK)
    skips(cases, "/config/objective_config/label_smoothing_bps", 10001)
    skips(cases, "/config/objective_config/max_context_tokens", 0)
    skips(cases, "/config/objective_config", "x")
    skips(
        cases, "/config/objective_config/objective_kind", "x",
        put("/receipt/objective_config/label_smoothing_bps", 0),
    )
    for name in ("run_id", "stage_id"):
        cases.rejected(
            _RULE, f"skips-config-{name.replace('_', '-')}",
            f"A config with a blank {name} cannot be found by the receipt.", put(f"/config/{name}", _BLANK),
            at=[f"/config/{name}"], also=[("unresolved-reference", "/receipt/run_id")],
        )


def _receipts(cases: Group) -> None:
    for name in (
        "run_id",
        "stage_id",
        "model_id",
        "dataset_identity",
        "sampling_policy_id",
        "sampling_policy_version",
        "summary",
    ):
        skips(cases, f"/receipt/{name}", _BLANK)
    for name in (
        "model_descriptor_digest",
        "tokenizer_binding_digest",
        "receipt_digest",
        "replay_receipt/replay_digest",
        "checkpoint_lineage/checkpoint_lineage_digest",
        "checkpoint_lineage/model_descriptor_digest",
    ):
        skips(cases, f"/receipt/{name}", ZEROS[1:])
    for name in ("stable_dataset_identity", "iteration_mode", "shard_ordering", "summary"):
        skips(cases, f"/receipt/replay_receipt/{name}", "|")
    skips(cases, "/receipt/replay_receipt/deterministic_shuffle_seed", -1)
    skips(cases, "/receipt/replay_receipt/exact_replay_observed", 0)
    skips(cases, "/receipt/checkpoint_lineage/model_id", _BLANK)
    rows = "/receipt/source_family_reports"
    skips(
        cases, f"{rows}/0/detail", _BLANK, put(f"{rows}/1/token_share_bps_within_split", 10000),
        put(f"{rows}/2/split_kind", "custom"), put(f"{rows}/4/source_ids", ["kernel"]),
    )
    skips(
        cases, "/receipt/objective_config/max_context_tokens", 0,
        put("/receipt/objective_config/label_smoothing_bps", 0),
    )
    lineage, delivered = "/full/checkpoint_lineage", "/full/delivered_execution"
    for name, other in (
        ("promoted_checkpoint", "base_checkpoint"),
        ("base_checkpoint", "promoted_checkpoint"),
    ):
        skips(
            cases, f"{lineage}/{name}/writer_node_id", _BLANK,
            put(f"{lineage}/{other}/checkpoint_family", "other"), put(f"{lineage}/base_checkpoint/step", 700),
            put(f"{lineage}/{name}/durable_at_ms", 1), on=FULL,
        )
    skips(cases, f"{delivered}/runtime_backend", _BLANK, on=FULL)
    skips(cases, f"{delivered}/execution_topology/effective_backend", _BLANK, on=FULL)
    skips(cases, "/full/accelerator_execution/optimizer_steps_completed", 0, on=FULL)
    skips(cases, f"{delivered}/selected_devices/1/stable_device_id", _BLANK, on=FULL)


def _applied(cases: Group) -> None:
    """Checks that read nothing broken are still applied."""
    rows = "/receipt/source_family_reports"
    cases.rejected(
        _RULE, "rest-of-receipt", "A broken summary keeps nothing else of a receipt from being checked.",
        put("/receipt/summary", _BLANK), put("/receipt/sampling_policy_version", "2"),
        put(f"{rows}/4/split_kind", "test"), put("/receipt/replay_receipt/deterministic_shuffle_seed", 18),
        at=["/receipt/summary"],
        also=[("config-mismatch", "/receipt/sampling_policy_version"), ("split-kind-mismatch",
            f"{rows}/4/split_kind"), ("replay-contract-mismatch",
            "/receipt/replay_receipt/deterministic_shuffle_seed"), ("replay-digest-mismatch",
            "/receipt/replay_receipt/replay_digest")],
    )
    cases.rejected(
        _RULE, "rest-of-two", "Two broken members keep nothing else of a receipt from being checked.",
        put("/receipt/summary", _BLANK), put("/receipt/schema_version_note", 1),
        put("/receipt/sampling_policy_version", "2"), put(f"{rows}/4/split_kind", "test"),
        at=["/receipt/schema_version_note", "/receipt/summary"],
        also=[("config-mismatch", "/receipt/sampling_policy_version"),
            ("split-kind-mismatch", f"{rows}/4/split_kind")],
    )
    cases.rejected(
        _RULE, "rest-of-coverage",
        "The corpus' splits are broken, but the shares of the receipt's rows are still added up.",
        put("/corpus/splits/2/sequence_count", -1), put(f"{rows}/4/token_share_bps_within_split", 1),
        put(f"{rows}/4/split_kind", "test"), at=["/corpus/splits/2/sequence_count"],
        also=[("share-total-mismatch", f"{rows}/4/token_share_bps_within_split")], then=sealed,
    )
    cases.rejected(
        _RULE, "rest-of-members",
        "The corpus' iteration_mode is broken, but its shard_ordering is still compared.",
        put("/corpus/replay_contract/iteration_mode", "x"),
        put("/receipt/replay_receipt/shard_ordering", "manifest_order"),
        at=["/corpus/replay_contract/iteration_mode"],
        also=[("replay-contract-mismatch", "/receipt/replay_receipt/shard_ordering")], then=sealed,
    )
    cases.rejected(
        _RULE, "rest-of-corpus", "If a split is broken, shards are not compared with splits, but still with the packing policy.",
        put("/corpus/splits/2/sequence_count", -1), put("/corpus/shards/3/max_sequence_tokens", 2049),
        put("/corpus/splits/0/split_name", "other"), at=["/corpus/splits/2/sequence_count"],
        also=[("shard-bounds-mismatch", "/corpus/shards/3/max_sequence_tokens")], on=("corpus",),
    )
    cases.rejected(
        _RULE, "unknown-above",
        "An unknown member of the objective breaks the objective as a whole, but not the run_id.",
        put("/receipt/objective_config/x", 1), put("/receipt/objective_config/label_smoothing_bps", 0),
        put("/receipt/run_id", "other"), at=["/receipt/objective_config/x"],
        also=[("config-mismatch", "/receipt/run_id")], then=sealed,
    )
    cases.rejected(
        _RULE, "same-prefix", "The unknown source_family_weights_more does not break source_family_weights.",
        put("/policy/source_family_weights_more", 1),
        put("/policy/source_family_weights/0/sampling_weight_bps", 1),
        at=["/policy/source_family_weights_more"],
        also=[("weight-total-mismatch", "/policy/source_family_weights")], on=PLAN,
    )
    cases.rejected(
        "unsafe-integer", "broken", "An integer of 2^53 is unsafe even where a sentence is expected.",
        put("/receipt/summary", 2**53), at=["/receipt/summary"], also=[(_RULE, "/receipt/summary")],
    )


def _references(cases: Group) -> None:
    """Repeated members make an identity unusable, and numbers that are not integers break what reads them."""
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
        cases.rejected(
            "unresolved-reference", f"repeated-{name}",
            f"A {name} whose {at.rpartition('/')[2]} is given twice cannot be found.",
            texts={name: respelt(member, f"{member},{member}")}, at=[then], also=[("duplicate-member", at)],
        )
    cases.rejected(
        "unresolved-reference", "broken-near",
        "A broken descriptor has no digest by which it could be found.", put("/config/model_id", "other"),
        put("/descriptor/model/revision", ""), at=["/config/model_id"], on=PLAN, then=bound,
        also=[(_RULE, "/descriptor/model/revision")],
    )
    for name in ("sampling_policy_id", "sampling_policy_version"):
        cases.rejected(
            "dataset-identity-mismatch", f"without-{name.replace('_', '-')}",
            f"A config without a {name} still finds the corpus that its objective names.", drop(f"/config/{name}"),
            put("/config/dataset_identity", "x"), at=["/config/dataset_identity"], on=PLAN,
            also=[(_RULE, "/config")],
        )
    for slug, what, pointer, value in (
        ("objective", "objective_config is a string", "/config/objective_config", "x"),
        (
            "objective-identity",
            "objective's dataset_identity is a list",
            "/config/objective_config/dataset_identity",
            [[]],
        ),
    ):
        cases.rejected(
            "dataset-identity-mismatch", f"broken-{slug}",
            f"Where the {what}, the policy still names the corpus.", put(pointer, value),
            put("/config/dataset_identity", "x"), at=["/config/dataset_identity"], on=PLAN,
            also=[(_RULE, pointer)],
        )
