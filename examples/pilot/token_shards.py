"""A tokenizer that is trained on the text, shards of its tokens, and the order in which a stage reads them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from wheel_text import END

CONTEXT, VOCABULARY, PER_SHARD = 128, 8192, 8192


def documents(file: Path) -> Iterator[str]:
    """The documents of a text, each with its end."""
    return (text + END for text in file.read_text("utf-8").split(END)[:-1])


def train_tokenizer(text: Path) -> Tokenizer:
    """A byte-level BPE of the training documents."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    found = map(documents, sorted(text.glob("train/*.txt")))
    tokenizer.train_from_iterator(chain.from_iterable(found), trainer)
    return tokenizer


def write_shards(tokenizer: Tokenizer, text: Path, folder: Path) -> None:
    """Write ``<split>/<family>-<number>.npy``: arrays of shape (sequences, CONTEXT), 16 bits for a token.

    The documents of a family are joined and cut; what does not fill a sequence at the end is left out.
    """
    for file in sorted(text.glob("*/*.txt")):
        ids = [each.ids for each in tokenizer.encode_batch_fast(list(documents(file)))]
        tokens = numpy.fromiter(chain.from_iterable(ids), dtype="<u2")
        rows = tokens[: len(tokens) // CONTEXT * CONTEXT].reshape(-1, CONTEXT)
        (folder / file.parent.name).mkdir(parents=True, exist_ok=True)
        for number, start in enumerate(range(0, len(rows), PER_SHARD)):
            name = f"{file.parent.name}/{file.stem}-{number}.npy"
            numpy.save(folder / name, rows[start : start + PER_SHARD])


class Place(NamedTuple):
    """Where a sequence is: the id and the file of its shard, and its number there, from 0."""

    shard: str
    file: str
    sequence: int

    def read(self, root: Path) -> Any:
        """Its tokens, from the disk."""
        return numpy.load(root / self.file, mmap_mode="r")[self.sequence].astype("int64")


def places(corpus: dict[str, Any]) -> dict[str, dict[str, list[Place]]]:
    """By split and family, every sequence of a corpus, in the order of its manifest."""
    found: dict[str, dict[str, list[Place]]] = {}
    for shard in corpus["shards"]:
        (source,) = shard["source_lineage"]  # each of our shards has one
        of_family = found.setdefault(shard["split_name"], {}).setdefault(source["source_family_id"], [])
        sequences = range(shard["sequence_count"])
        of_family += [Place(shard["shard_id"], shard["storage_ref"], number) for number in sequences]
    return found


def training_order(corpus: dict[str, Any], policy: dict[str, Any], count: int) -> list[Place]:
    """The sequences that a stage reads, in order. It depends on these documents alone, so anyone can repeat it.

    Families are drawn by the weights of the policy; within a family, no sequence comes twice.
    """
    shuffle = Random(corpus["replay_contract"]["deterministic_shuffle_seed"])
    weights = {row["source_family_id"]: row["sampling_weight_bps"] for row in policy["source_family_weights"]}
    rest = places(corpus)["train"]
    for of_family in rest.values():
        shuffle.shuffle(of_family)
    return [rest[family].pop() for family in shuffle.choices(list(weights), list(weights.values()), k=count)]
