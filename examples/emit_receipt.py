"""A training loop that keeps the counters that a receipt needs, and writes down what it did.

``python examples/emit_receipt.py FOLDER [STEPS]`` writes the documents of a tiny run into FOLDER, which must be new:
the model, corpus and policy, the config, the receipt and the completed stage program. ``psion-contract check FOLDER``
then needs nothing else.
"""

import json
import sys
from pathlib import Path
from random import Random
from time import time_ns

from psion_contract import StageProgram, document_text, new_config, new_receipt
from psion_contract.resources import data_bytes

RUN, FAMILY, BATCH = "example-01", "example.decoder", 10


def shipped(folder: str, name: str) -> dict:
    """One of the documents that ship with the package; here yours go."""
    return json.loads(data_bytes("fixtures", "psion", folder, f"psion_{name}_v1.json"))


def draws() -> list[str]:
    """The source family of each sequence that is read: the order that a replay must give again.

    Every batch has the mixture of the policy, so that even a short run reads something of each family: what was not
    read has no loss.
    """
    shuffle = Random(corpus["replay_contract"]["deterministic_shuffle_seed"])
    batch = [
        row["source_family_id"]
        for row in policy["source_family_weights"]
        for _ in range(max(1, round(BATCH * row["sampling_weight_bps"] / 10_000)))
    ]
    return [family for _ in range(steps) for family in shuffle.sample(batch, len(batch))]


def losses(step: int) -> list[float]:
    """Your model goes here: the loss at each target token of a sequence of a step, in nats."""
    return [2.0 + 6.0 / (1 + step / 50)] * (64 + step % 7)


def write(name: str, document: dict) -> None:
    """Write a document into the folder."""
    (folder / name).write_bytes(document_text(document).encode())


folder, steps = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500
folder.mkdir(parents=True)
model = shipped("models", "compact_decoder_descriptor")
corpus, policy = shipped("tokenized", "tokenized_corpus_manifest"), shipped("sampling", "sampling_policy")
config = new_config(model, corpus, policy, run_id=RUN)
inputs = {"config": config, "descriptor": model, "corpus": corpus, "policy": policy}
for name, document in inputs.items():
    write(f"{name}.json", document)
program = StageProgram.start(RUN, FAMILY, "pretrain", {"environment_ref": "example", "version": "1"})

order = draws()
places = [(split["split_name"], name) for split in corpus["splits"] for name in split["source_family_ids"]]
read = [("train", name) for name in order] + [place for place in places if place[0] != "train"]
# All that a receipt needs of a loop: three sums for each family of each split, the loss in nats.
sums = {place: {"tokens": 0, "sequences": 0, "loss": 0.0} for place in places}
for number, place in enumerate(read):
    measured = losses(number // BATCH)
    sums[place]["tokens"] += len(measured)
    sums[place]["sequences"] += 1
    sums[place]["loss"] += sum(measured)
rows = [
    {"split": split, "family": family, **each, "loss": each["loss"] / each["tokens"]}
    for (split, family), each in sums.items()
]

checkpoint = {"checkpoint_family": FAMILY, "stream_id": f"{RUN}/pretrain", "step": steps}
checkpoint |= {"manifest_digest": "of your manifest", "object_digest": "of your weights"}
checkpoint |= {"writer_node_id": "this-host", "membership_epoch": 0, "started_at_ms": time_ns() // 1_000_000}
checkpoint |= {"cluster_state_digest": "of your cluster", "topology_digest": "of your topology"}
receipt = new_receipt(
    **inputs,
    reports=rows,
    successful_replays=2,
    exact_replay_observed=draws() == draws() == order,
    promoted_checkpoint=checkpoint,
    promoted_checkpoint_label=f"{RUN}-final",
    summary=f"{steps} steps from fresh weights, as an example.",
)
write("receipt.json", receipt)

program.record_pretrain_receipt(receipt, inputs)
program.complete()
program.save(folder / "program.json")
