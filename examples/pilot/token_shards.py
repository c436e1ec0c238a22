"""A tokenizer that is trained on the text, and shards of tokens that are read one sequence at a time."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from hashlib import sha256
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from wheel_text import FAMILIES, documents

CONTEXT, VOCABULARY, PER_SHARD = 128, 8192, 8192
END = "<|end|>"


def train_tokenizer(wheels: Path, most: int) -> Tokenizer:
    """A byte-level BPE of the training documents."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    found = chain.from_iterable(documents(wheels, family, most) for family in FAMILIES)
    tokenizer.train_from_iterator((text for split, text in found if split == "train"), trainer)
    return tokenizer


def write_shards(folder: Path, wheels: Path, tokenizer: Tokenizer, most: int) -> dict[tuple[str, str], str]:
    """Write ``<split>/<family>-<number>.npy``: an array of shape (sequences, CONTEXT), 16 bits for a token.

    Documents are joined, each with an end of its own, and cut; what is left at the end of a family is left out.

    Returns:
        by split and family, the SHA-256 of its text.
    """
    digests = {}
    for family in FAMILIES:
        texts = defaultdict(list)
        for split, text in documents(wheels, family, most):
            texts[split].append(text)
        for split, of_split in texts.items():
            ids = [encoding.ids for encoding in tokenizer.encode_batch_fast([text + END for text in of_split])]
            tokens = numpy.fromiter(chain.from_iterable(ids), dtype="<u2")
            rows = tokens[: len(tokens) // CONTEXT * CONTEXT].reshape(-1, CONTEXT)
            (folder / split).mkdir(parents=True, exist_ok=True)
            for number, start in enumerate(range(0, len(rows), PER_SHARD)):
                numpy.save(folder / split / f"{family}-{number}.npy", rows[start : start + PER_SHARD])
            digests[split, family] = "sha256:" + sha256("\0".join(of_split).encode()).hexdigest()
    return digests


class Place(NamedTuple):
    """Where a sequence is: its split and family, its shard's id, the file, and its number in it, from 0."""

    split: str
    family: str
    shard: str
    file: str
    sequence: int


@cache
def shard(path: Path) -> Any:
    """The array of a shard, which is read from the disk as it is used."""
    return numpy.load(path, mmap_mode="r")


def places(corpus: dict[str, Any]) -> dict[tuple[str, str], list[Place]]:
    """By split and family, every sequence of a corpus, in the order of its manifest."""
    found = defaultdict(list)
    for each in corpus["shards"]:
        split, family = each["split_name"], each["source_lineage"][0]["source_family_id"]
        found[split, family] += [
            Place(split, family, each["shard_id"], each["storage_ref"], number)
            for number in range(each["sequence_count"])
        ]
    return found


def training_order(corpus: dict[str, Any], policy: dict[str, Any], count: int) -> list[Place]:
    """The sequences that a stage reads, in order. It depends on these documents alone, so anyone can repeat it.

    Families are drawn by the weights of the policy; within a family, no sequence comes twice.
    """
    shuffle = Random(corpus["replay_contract"]["deterministic_shuffle_seed"])
    weights = {row["source_family_id"]: row["sampling_weight_bps"] for row in policy["source_family_weights"]}
    rest = {family: each for (split, family), each in places(corpus).items() if split == "train"}
    for family in sorted(rest):
        shuffle.shuffle(rest[family])
    return [rest[family].pop() for family in shuffle.choices(list(weights), list(weights.values()), k=count)]
