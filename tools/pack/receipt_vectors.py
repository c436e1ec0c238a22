"""Vectors of the digests of a receipt: D3, D4 and D5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.edits import Edit, append, drop, put, reverse, swap
from tools.pack.base_documents import config
from tools.pack.base_receipts import full_receipt, receipt
from tools.pack.vector_builder import Json, edited_value, vector

_U64 = 2**64 - 1
_D1, _D2, _D3, _D4 = "1" * 64, "2" * 64, "3" * 64, "4" * 64

# A preimage reads best as it is hashed.
# fmt: off


def vectors() -> Iterator[Json]:
    """The vectors, in the order of their files."""
    yield from _receipts()
    yield from _executions()


def _made(value: Any, *edits: Edit) -> Any:
    """A receipt with digests that are easy to distinguish."""
    return edited_value(
        value,
        put("/v/model_descriptor_digest", _D2),
        put("/v/tokenizer_binding_digest", _D1),
        put("/v/objective_config/tokenizer_binding_digest", _D1),
        put("/v/checkpoint_lineage/model_descriptor_digest", _D2),
        put("/v/replay_receipt/replay_digest", _D3),
        put("/v/checkpoint_lineage/checkpoint_lineage_digest", _D4),
        put("/v/receipt_digest", "5" * 64),
        put("/v/summary", "Done."),
        *edits,
    )


_START = (
    "psion_pretrain_stage_receipt|quay|quay-stage-1-pretrain|psion-tidewater-pilot|"
    f"{_D2}|{_D1}|quay-corpus@1|quay-mix|1|{_D3}|{_D4}"
)
_ROWS = (
    "|row|train|Train|prose|7100|7000|3412|row|train|Train|code|2900|3000|2105"
    "|row|validation|Validation|prose|6000|6500|3498|row|validation|Validation|code|4000|3500|2188"
    "|row|held|HeldOut|exams|10000|10000|3688"
)


def _receipts() -> Iterator[Json]:
    yield vector(
        "D5", "plain", "A receipt without its optional members.", _made(receipt(config())), _START, "|Done.",
        _ROWS,
    )
    yield vector(
        "D5", "null",
        "A null delivered_execution and a null accelerator_execution leave no trace, like absent ones.",
        _made(receipt(config()), put("/v/delivered_execution", None), put("/v/accelerator_execution", None)),
        _START, "|Done.", _ROWS,
    )
    yield vector(
        "D5", "order",
        "Rows of source_family_reports are hashed in their order, members of a receipt in that of the preimage.",
        _made(receipt(config()), reverse("/v"), swap("/v/source_family_reports", 0, 4),
            drop("/v/source_family_reports/1"), drop("/v/source_family_reports/1"),
            drop("/v/source_family_reports/1")), _START, "|Done.",
        "|row|held|HeldOut|exams|10000|10000|3688|row|train|Train|prose|7100|7000|3412",
    )
    row = {
        "split_name": "s",
        "split_kind": "train",
        "source_family_id": "f",
        "source_ids": ["a"],
        "token_share_bps_within_split": 0,
        "sequence_share_bps_within_split": 10000,
        "mean_next_token_loss_milli": 4294967295,
        "detail": "d",
    }
    kinds = {
        "train": "Train",
        "validation": "Validation",
        "test": "Test",
        "held_out": "HeldOut",
        "preference": "Preference",
        "replay": "Replay",
        "custom": "Custom",
    }
    yield vector(
        "D5", "kinds",
        "Rows of every split_kind, hashed by its name, with the smallest and largest numbers of a row.",
        _made(receipt(config()), put("/v/source_family_reports", [{**row,
            "split_kind": kind} for kind in kinds])), _START, "|Done.",
        *(f"|row|s|{name}|f|0|10000|4294967295" for name in kinds.values()),
    )
    names = (
        "run_id",
        "stage_id",
        "model_id",
        "dataset_identity",
        "sampling_policy_id",
        "sampling_policy_version",
    )
    yield vector(
        "D5", "as-they-are", "Strings of a receipt are hashed unescaped.",
        _made(receipt(config()), *(put(f"/v/{name}", f'{name} "é\\京𐐷"') for name in names), put("/v/summary",
            'Line one\n\t"line two" \\n'), put("/v/source_family_reports", [{**row, "split_name": "ß",
            "source_family_id": "\\"}])),
        'psion_pretrain_stage_receipt|run_id "é\\京𐐷"|stage_id "é\\京𐐷"|model_id "é\\京𐐷"|',
        f'{_D2}|{_D1}|dataset_identity "é\\京𐐷"|sampling_policy_id "é\\京𐐷"|sampling_policy_version "é\\京𐐷"|{_D3}|{_D4}',
        '|Line one\n\t"line two" \\n', "|row|ß|Train|\\|0|10000|4294967295",
    )
    yield vector(
        "D5", "not-the-rest",
        "Objective, sources, details and the stored receipt_digest are not in the preimage of D5.",
        _made(receipt(config()), put("/v/objective_config/label_smoothing_bps", 0),
            put("/v/objective_config/max_context_tokens", 1), put("/v/source_family_reports/0/source_ids",
            ["x"]), put("/v/source_family_reports/0/detail", "x"), put("/v/receipt_digest", "0" * 64),
            put("/v/replay_receipt/summary", "x"), put("/v/checkpoint_lineage/receipt_id", "x")), _START,
        "|Done.", _ROWS,
    )


def _executions() -> Iterator[Json]:
    delivered = "/v/delivered_execution"

    def made(*edits: Edit) -> Any:
        return _made(full_receipt(config()), *edits)

    accelerator = "|accelerator|true|100|187"
    yield vector(
        "D5", "full", "A receipt with delivered_execution, its execution_topology and accelerator_execution.",
        made(), _START, "|backend|cuda|device|cuda:0|device|cuda:1|topology|cuda", accelerator, "|Done.",
        _ROWS,
    )
    yield vector(
        "D5", "no-topology", "A receipt whose delivered_execution has no execution_topology.",
        made(drop(f"{delivered}/execution_topology")), _START, "|backend|cuda|device|cuda:0|device|cuda:1",
        accelerator, "|Done.", _ROWS,
    )
    yield vector(
        "D5", "null-topology", "An execution_topology that is null leaves no trace, like an absent one.",
        made(put(f"{delivered}/execution_topology", None)), _START,
        "|backend|cuda|device|cuda:0|device|cuda:1", accelerator, "|Done.", _ROWS,
    )
    yield vector(
        "D5", "no-accelerator", "A receipt with a delivered_execution but without an accelerator_execution.",
        made(drop("/v/accelerator_execution")), _START,
        "|backend|cuda|device|cuda:0|device|cuda:1|topology|cuda", "|Done.", _ROWS,
    )
    yield vector(
        "D5", "one-device",
        "A receipt of one device, with neither execution_topology nor accelerator_execution.",
        made(drop(f"{delivered}/selected_devices/0"), drop(f"{delivered}/execution_topology"),
            drop("/v/accelerator_execution")), _START, "|backend|cuda|device|cuda:1", "|Done.", _ROWS,
    )
    yield vector(
        "D5", "not-backed",
        "An accelerator_execution that is not accelerator_backed, with the largest steps and latency.",
        made(put("/v/accelerator_execution/accelerator_backed", False),
            put("/v/accelerator_execution/optimizer_steps_completed", 4294967295),
            put("/v/accelerator_execution/mean_step_latency_ms", _U64)), _START,
        "|backend|cuda|device|cuda:0|device|cuda:1|topology|cuda|accelerator|false|4294967295|18446744073709551615",
        "|Done.", _ROWS,
    )
    yield vector(
        "D5", "two-backends",
        "The runtime_backend and the effective_backend of the topology differ; each has its own place.",
        made(put(f"{delivered}/execution_topology/effective_backend", "β"),
            put(f"{delivered}/runtime_backend", "metal"), append(f"{delivered}/selected_devices",
            {"stable_device_id": "京", "performance_class": "reference", "memory_class": "host_only"})),
        _START, "|backend|metal|device|cuda:0|device|cuda:1|device|京|topology|β", accelerator, "|Done.",
        _ROWS,
    )
