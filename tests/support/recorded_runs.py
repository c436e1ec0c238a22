"""A small corpus with its documents, and runs that read it, for tests of recording."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from math import log
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from psion_contract import document_text
from psion_contract.artifacts.shards import shards
from psion_contract.build.new_corpus import new_corpus
from psion_contract.build.new_descriptor import new_descriptor
from psion_contract.build.new_policy import new_policy
from psion_contract.record.recorder import Recorder

CONTEXT, VOCABULARY, BATCH, RUN = 16, 97, 4, "exp-7"
SHARDS = {"train-prose": 24, "train-code": 12, "validation-prose": 6, "validation-code": 5}
"""The number of sequences of each shard."""

THRESHOLDS = (
    "explanation_quality",
    "spec_interpretation",
    "tradeoff_reasoning",
    "invariant_articulation",
    "coding_fluency",
)

Place = tuple[int, int]


class Inputs(NamedTuple):
    """The files of the documents that a run needs."""

    descriptor: Path
    corpus: Path
    policy: Path


def make_inputs(folder: Path) -> Inputs:
    """Write shards of random tokens into a folder, and the documents about them."""
    random = Random(1)
    for name, sequences in SHARDS.items():
        most = VOCABULARY if name.endswith("prose") else 20
        tokens = array("H", [random.randrange(most) for _ in range(CONTEXT * sequences)])
        (folder / f"{name}.u16").write_bytes(tokens.tobytes())
    descriptor = new_descriptor(
        size_anchor="pilot32m",
        max_context=CONTEXT,
        model_id="unigram",
        revision="1",
        tokenizer_id="numbers",
        tokenizer_version="1",
        tokenizer_family="unigram",
        vocab_size=VOCABULARY,
        tokenizer_digest="none",
    )
    sidecar = {
        "dataset_id": "numbers",
        "dataset_version": "1",
        "preprocessing_version": "1",
        "packing_policy": {
            "policy_id": "cut",
            "policy_version": "1",
            "packing_mode": "pack_into_context_window",
            "max_sequence_tokens": CONTEXT,
            "overlong_sequence_posture": "refuse",
        },
        "replay_contract": {"iteration_mode": "single_pass", "shard_ordering": "manifest_order"},
        "sources": [
            {"source_id": name, "source_family_id": name.partition("-")[2], "source_normalized_digest": name}
            for name in SHARDS
        ],
        "shards": [
            {"files": f"{name}.u16", "split_name": name.partition("-")[0], "source_ids": [name]}
            for name in SHARDS
        ],
    }
    found = [each for name in SHARDS for each in shards(str(folder / f"{name}.u16"), sequence_tokens=CONTEXT)]
    corpus = new_corpus(found, sidecar, descriptor=descriptor, root=folder)
    policy = new_policy(
        corpus,
        {
            "policy_id": "as-it-is",
            "policy_version": "1",
            "maximum_code_token_ratio_bps": 10_000,
            "source_family_weights": [
                {"source_family_id": "prose", "content_class": "prose"},
                {"source_family_id": "code", "content_class": "code"},
            ],
            "repetitive_region_controls": [
                {
                    "source_id": "train-prose",
                    "document_id": "all",
                    "section_id": "all",
                    "downweight_multiplier_bps": 9_999,
                    "rationale": "Nothing repeats itself.",
                }
            ],
            "regression_thresholds": [
                {
                    "regression_kind": kind,
                    "maximum_regression_bps": 10_000,
                    "rationale": "Not measured.",
                }
                for kind in THRESHOLDS
            ],
        },
    )
    written = Inputs(*(folder / f"{name}.json" for name in Inputs._fields))
    for path, document in zip(written, (descriptor, corpus, policy), strict=True):
        path.write_text(document_text(document), encoding="utf-8")
    return written


class Loop:
    """A unigram model in pure Python, trained on the shards of `make_inputs`.

    Args:
        folder: of the shards.
        run: folder of the run; its model is written beside it.
        options: of the recorder.
    """

    def __init__(self, folder: Path, run: str = "run", **options: Any) -> None:
        self.inputs = Inputs(*(folder / f"{name}.json" for name in Inputs._fields))
        self.corpus = json.loads(self.inputs.corpus.read_bytes())
        self.tokens = [
            array("H", (folder / each["storage_ref"]).read_bytes()) for each in self.corpus["shards"]
        ]
        self.checkpoint = folder / f"{run}-model.json"
        self.counts = [1] * VOCABULARY
        self.recorder = Recorder(folder / run, **self.inputs._asdict(), run_id=RUN, **options)

    def batches(self, split: str, seed: int = 7) -> list[list[Place]]:
        """The sequences of each step."""
        places = [
            (number, at)
            for number, shard in enumerate(self.corpus["shards"])
            if shard["split_name"] == split
            for at in range(shard["sequence_count"])
        ]
        if split == "train":
            Random(seed).shuffle(places)
        return [places[at : at + BATCH] for at in range(0, len(places), BATCH)]

    def measure(self, places: Sequence[Place]) -> None:
        """Read a batch, and compute its losses."""
        total = sum(self.counts)
        read = [self.tokens[shard][CONTEXT * at : CONTEXT * (at + 1)] for shard, at in places]
        losses = [-sum(log(self.counts[token] / total) for token in each[1:]) for each in read]
        self.recorder.read(
            *zip(*places, strict=True),
            tokens=[len(each) for each in read],
            targets=[len(each) - 1 for each in read],
            losses=losses,
        )
        self.read = read

    def train(self, crash_at: int | None = None) -> None:
        """Train from the last checkpoint, if there is one; every third step writes one."""
        saved = json.loads(self.checkpoint.read_text()) if self.checkpoint.exists() else {}
        self.counts = saved.get("counts", self.counts)
        self.recorder.load_state_dict(saved.get("record"))
        for step, places in self.left():
            self.measure(places)
            if step == crash_at:
                return
            for each in self.read:
                for token in each:
                    self.counts[token] += 1
            self.recorder.end_step(step)
            if step % 3 == 0:
                state = {"counts": self.counts, "record": self.recorder.state_dict()}
                self.checkpoint.write_text(json.dumps(state))

    def left(self) -> Iterator[tuple[int, list[Place]]]:
        """The steps after the last one."""
        for step, places in enumerate(self.batches("train"), 1):
            if step > (self.recorder.order.step or 0):
                yield step, places

    def evaluate(self) -> None:
        """Evaluate the model."""
        for places in self.batches("validation"):
            self.measure(places)
        self.recorder.end_evaluation()

    def finish(self) -> dict[str, Any]:
        """Evaluate, replay, and make the receipt."""
        self.evaluate()
        self.recorder.replay(self.batches("train"))
        return self.recorder.finish(self.checkpoint, summary="A unigram model.")
