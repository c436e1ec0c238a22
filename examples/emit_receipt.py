"""A training loop that keeps the counters that a receipt needs, and writes down what it did.

``python examples/emit_receipt.py FOLDER`` writes the config, the receipt and the completed stage program of a
tiny run into FOLDER, which must be new.
"""

import json
import sys
from pathlib import Path
from random import Random
from time import time_ns

from psion_contract import StageProgram, document_text, new_config, new_receipt
from psion_contract.resources import data_bytes

RUN, FAMILY, STEPS = "example-01", "example.decoder", 5000


def shipped(folder: str, name: str) -> dict:
    """One of the documents that ship with the package; here yours go."""
    return json.loads(data_bytes("fixtures", "psion", folder, f"psion_{name}_v1.json"))


def draws() -> list[str]:
    """The source family of the sequence of each step: the order that a replay must give again."""
    weights = {row["source_family_id"]: row["sampling_weight_bps"] for row in policy["source_family_weights"]}
    shuffle = Random(corpus["replay_contract"]["deterministic_shuffle_seed"])
    return shuffle.choices(list(weights), list(weights.values()), k=STEPS)


def losses(step: int) -> list[float]:
    """Your model goes here: the loss at each target token of a sequence, in nats."""
    return [2.0 + 6.0 / (1 + step / 500)] * (64 + step % 7)


folder = Path(sys.argv[1])
folder.mkdir(parents=True)
model = shipped("models", "compact_decoder_descriptor")
corpus, policy = shipped("tokenized", "tokenized_corpus_manifest"), shipped("sampling", "sampling_policy")
config = new_config(model, corpus, policy, run_id=RUN)
(folder / "config.json").write_bytes(document_text(config).encode())

order, started_at_ms = draws(), time_ns() // 1_000_000
places = [(split["split_name"], name) for split in corpus["splits"] for name in split["source_family_ids"]]
read = [("train", name) for name in order] + [place for place in places if place[0] != "train"]
# All that a receipt needs of a loop: three sums for each family of each split, the loss in nats.
sums = {place: {"tokens": 0, "sequences": 0, "loss": 0.0} for place in places}
for step, place in enumerate(read):
    measured = losses(step)
    sums[place]["tokens"] += len(measured)
    sums[place]["sequences"] += 1
    sums[place]["loss"] += sum(measured)
rows = [
    {"split": split, "family": family, **each, "loss": each["loss"] / each["tokens"]}
    for (split, family), each in sums.items()
]

checkpoint = {"checkpoint_family": FAMILY, "stream_id": f"{RUN}/pretrain", "step": STEPS}
checkpoint |= {"manifest_digest": "of your manifest", "object_digest": "of your weights"}
checkpoint |= {"writer_node_id": "this-host", "membership_epoch": 0, "started_at_ms": started_at_ms}
checkpoint |= {"cluster_state_digest": "of your cluster", "topology_digest": "of your topology"}
inputs = {"config": config, "descriptor": model, "corpus": corpus, "policy": policy}
receipt = new_receipt(
    **inputs,
    reports=rows,
    successful_replays=2,
    exact_replay_observed=draws() == draws() == order,
    promoted_checkpoint=checkpoint,
    promoted_checkpoint_label=f"{RUN}-final",
    summary=f"{STEPS} sequences from fresh weights, as an example.",
)
(folder / "receipt.json").write_bytes(document_text(receipt).encode())

program = StageProgram.start(RUN, FAMILY, "pretrain", {"environment_ref": "example", "version": "1"})
program.record_pretrain_receipt(receipt, inputs)
program.complete()
program.save(folder / "program.json")
