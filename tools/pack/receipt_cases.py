"""Cases of the rules on a receipt against its config, and on its own digest."""

from __future__ import annotations

from typing import Any

from tools.edits import Edit, copy, drop, put, repeat, reverse, swap
from tools.pack.base_documents import FULL, RUN
from tools.pack.base_receipts import cluster
from tools.pack.case_builder import ZEROS, Group
from tools.pack.restoring import unchanged

_DIGEST = "/receipt/receipt_digest"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    cases = Group("receipt", "A receipt against its config and against its own digest.", on=RUN)
    _config(cases)
    _objective(cases)
    _digest(cases)
    return cases


def _both(member: str, value: Any) -> list[Edit]:
    return [put(f"/config/{member}", value), put(f"/receipt/{member}", value)]


def _config(cases: Group) -> None:
    rule = "config-mismatch"
    cases.accepted(
        rule, "another-run", "Config and receipt both have the run_id quay-β.", *_both("run_id", "quay-β"),
    )
    cases.accepted(
        rule, "two-runs", "A config of another run lies beside the one that the receipt names.",
        copy("/config", "/other"), put("/other/run_id", "other"),
    )
    cases.accepted(
        rule, "two-stages", "A config of another stage lies beside the one that the receipt names.",
        copy("/config", "/other"), put("/other/stage_id", "other"),
    )
    for name, value in {
        "run_id": "other",
        "stage_id": "quay-stage-2-pretrain",
        "model_id": "other",
        "model_descriptor_digest": ZEROS,
        "tokenizer_binding_digest": ZEROS,
        "dataset_identity": "other@1",
        "sampling_policy_id": "other",
        "sampling_policy_version": "2",
    }.items():
        edits = [put(f"/receipt/{name}", value)]
        if name.startswith("model"):
            edits.append(put(f"/receipt/checkpoint_lineage/{name}", value))
        cases.rejected(
            rule, name.replace("_", "-"), f"The receipt has another {name} than its config.", *edits,
            at=[f"/receipt/{name}"],
        )
    cases.rejected(
        rule, "six-at-once",
        "Six members of the receipt differ from its config, all but the run_id and stage_id that find it.",
        *(put(f"/receipt/{name}", "other") for name in ("model_id", "checkpoint_lineage/model_id",
            "dataset_identity", "sampling_policy_id", "sampling_policy_version")),
        *(put(f"/receipt/{name}", ZEROS) for name in ("model_descriptor_digest",
            "checkpoint_lineage/model_descriptor_digest", "tokenizer_binding_digest")),
        at=[f"/receipt/{name}" for name in ("model_id", "model_descriptor_digest", "tokenizer_binding_digest",
            "dataset_identity", "sampling_policy_id", "sampling_policy_version")],
    )


def _objective(cases: Group) -> None:
    rule, pointer = "objective-config-mismatch", "/receipt/objective_config"
    cases.accepted(
        rule, "no-smoothing", "Config and receipt both declare a label smoothing of 0, which is allowed.",
        *_both("objective_config/label_smoothing_bps", 0),
    )
    cases.accepted(
        rule, "member-order",
        "The members of the receipt and of its objective are in reverse order, which makes no difference.",
        reverse(pointer), reverse("/receipt"),
    )
    for name, value in {
        "label_smoothing_bps": 41,
        "tokenizer_binding_digest": ZEROS,
        "dataset_identity": "other@1",
        "max_context_tokens": 2047,
    }.items():
        where = f"{pointer}/{name}"
        cases.rejected(
            rule, name.replace("_", "-"), f"The receipt's objective has another {name} than the config's.",
            put(where, value), at=[where],
        )
    cases.rejected(
        rule, "two-members",
        "The receipt's objective differs from the config's in label_smoothing_bps and max_context_tokens.",
        put(f"{pointer}/label_smoothing_bps", 0), put(f"{pointer}/max_context_tokens", 1),
        at=[f"{pointer}/label_smoothing_bps", f"{pointer}/max_context_tokens"],
    )


def _digest(cases: Group) -> None:
    rule = "receipt-digest-mismatch"
    cases.accepted(rule, "full", "A receipt with everything that is optional has the right D5.", on=FULL)
    cases.accepted(
        rule, "unbound",
        "The detail of a row and the start of a checkpoint were changed afterwards, which D5 does not bind.",
        put("/receipt/source_family_reports/0/detail", "Another word."),
        put("/receipt/checkpoint_lineage/promoted_checkpoint/started_at_ms", 101), then=unchanged,
    )
    cases.accepted(
        rule, "nulls",
        "Delivered and accelerator execution are null, which makes the same D5 as their absence.",
        put("/receipt/delivered_execution", None), put("/receipt/accelerator_execution", None), then=unchanged,
    )
    cases.accepted(
        rule, "null-topology", "The execution_topology is null, and D5 is that of a receipt without one.",
        put("/full/delivered_execution/execution_topology", None), on=FULL,
    )
    cases.rejected(
        rule, "zeros", "The receipt_digest of a receipt is all zeros.", put(_DIGEST, ZEROS), at=[_DIGEST],
        then=unchanged,
    )
    cases.rejected(
        rule, "summary", "The summary was shortened after the receipt was sealed.",
        put("/receipt/summary", "Trained on ≈30 000 tokens."), at=[_DIGEST], then=unchanged,
    )
    cases.rejected(
        rule, "loss", "The loss of a row was improved after the receipt was sealed.",
        put("/receipt/source_family_reports/0/mean_next_token_loss_milli", 3411), at=[_DIGEST], then=unchanged,
    )
    cases.rejected(
        rule, "row-order", "Two rows changed places after the receipt was sealed.",
        swap("/receipt/source_family_reports", 0, 1), at=[_DIGEST], then=unchanged,
    )
    digest, delivered = "/full/receipt_digest", "/full/delivered_execution"
    for slug, description, edit in (
        ("device-order", "The selected devices changed places.", swap(f"{delivered}/selected_devices", 0, 1)),
        ("device-more", "A selected device was added.",
            repeat(f"{delivered}/selected_devices/0", stable_device_id="cuda:2")),
        ("topology-less", "The execution_topology was left out.", drop(f"{delivered}/execution_topology")),
        ("accelerator-less", "The accelerator_execution was left out.", drop("/full/accelerator_execution")),
        ("backed", "The member accelerator_backed was set to false.",
            put("/full/accelerator_execution/accelerator_backed", False)),
    ):
        cases.rejected(
            rule, slug, f"{description[:-1]} after the receipt was sealed.", edit, at=[digest], on=FULL,
            then=unchanged,
        )
    steps = "/full/accelerator_execution/optimizer_steps_completed"
    cases.rejected(
        rule, "steps", "A completed optimizer step was added after the receipt was sealed.", put(steps, 101),
        at=[digest], on=FULL, then=unchanged, also=[("execution-mismatch", steps)],
    )
    cases.rejected(
        rule, "device-less", "A selected device was left out after the receipt was sealed.",
        drop(f"{delivered}/selected_devices/1"), at=[digest], on=FULL, then=unchanged,
        also=[("execution-mismatch", f"{delivered}/execution_topology/assignments/{number}/device/stable_device_id")
            for number in (1, 3)],
    )
    cases.accepted(
        rule, "unbound-execution",
        "Assignments, memory and cluster_execution were changed afterwards, which D5 does not bind.",
        put(f"{delivered}/execution_topology/kind", "replicated"),
        put(f"{delivered}/execution_topology/assignments", []),
        put(f"{delivered}/selected_devices/0/free_memory_bytes", None),
        drop(f"{delivered}/selected_devices/1/topology_key"),
        put(f"{delivered}/cluster_execution", cluster(disposition="local_only", anything=[{"goes": "here | there"}])),
        on=FULL,
        then=unchanged,
    )
