"""The canonical pilot run in a folder, and the command that makes its receipt."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from psion_contract.resources import data_bytes
from support.canonical_sets import PATHS, PLAN, documents
from support.command_line import write_json
from support.measured_runs import measured

COLUMNS = ("split", "family", "sources", "tokens", "sequences", "loss", "detail")


def write_pilot() -> None:
    """Write the canonical pilot run as its trainer left it, inputs, config, counters and checkpoint, to this folder."""
    for name in PLAN:
        Path(f"{name}.json").write_bytes(data_bytes("fixtures", PATHS[name]))
    receipt = the_receipt()
    write_json("checkpoint.json", receipt["checkpoint_lineage"]["promoted_checkpoint"])
    write_json("rows.json", measured(receipt))
    write_csv("rows.csv", measured(receipt))


def the_receipt() -> Any:
    return documents("receipt")["receipt"]


def write_csv(path: str, rows: list[dict[str, Any]], encoding: str = "utf-8") -> None:
    with Path(path).open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(
                [";".join(row["sources"]) if name == "sources" else row[name] for name in COLUMNS]
            )


INPUTS = ("--descriptor", "descriptor.json", "--corpus", "corpus.json", "--policy", "policy.json")
RUN = (
    *("--config", "config.json", *INPUTS, "--promoted-checkpoint", "checkpoint.json"),
    *("--label", "tidewater-pilot-01-final", "--successful-replays", 3),
    *("--replay-summary", "Three dry runs drew the same 4096 batches in the same order, byte for byte."),
    "--summary",
    "First pilot: 12000 steps from fresh weights, ≈3.1 billion tokens; all losses still fall.",
)


def with_rows(path: str) -> tuple[object, ...]:
    return ("new", "receipt", *RUN, "--reports", path)
