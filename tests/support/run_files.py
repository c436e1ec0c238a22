"""A consistent set of documents with the files that they are about: shards, a checkpoint and a tokenizer, all tiny."""

from __future__ import annotations

import json
import shutil
from math import prod
from pathlib import Path

from support.canonical_sets import PILOT, documents
from support.file_digests import file_digest, folder_digest
from tools.edits import Tree
from tools.pack.restoring import bound, relaid

TOKENIZER = Path(__file__).parents[1] / "artifacts" / "files" / "bpe.json"
WINDOW = 16
"""Tokens of a sequence; the last one of a shard is shorter."""

UNKNOWN = 7
"""The position of the shard whose format nobody recognises."""

_DIGESTS: dict[bytes, str] = {}
"""Digests of checkpoints by the header of their weights: 79 MB are hashed once."""


def written(root: Path) -> Tree:
    """Write the files below a folder, and return the documents that name them."""
    tree = documents(*PILOT)
    _write_tokenizer(tree, root)
    _write_checkpoint(relaid(tree), root)
    _write_shards(tree, root)
    return bound(tree)


def _write_tokenizer(tree: Tree, root: Path) -> None:
    shutil.copy(TOKENIZER, root / "tokenizer.json")
    digest = file_digest(root / "tokenizer.json")
    descriptor, corpus = tree["descriptor"], tree["corpus"]
    for binding in (descriptor["tokenizer_binding"], corpus["tokenizer"]):
        binding |= {"tokenizer_digest": digest, "vocab_size": 38}
    descriptor["config"]["vocab_size"] = 38
    for shard in corpus["shards"]:
        shard["tokenizer_digest"] = digest


def _write_checkpoint(tree: Tree, root: Path) -> None:
    """A folder whose weights are zeros, without room on the disk."""
    folder = root / "runs" / "final"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    header, at = {}, 0
    for tensor in tree["descriptor"]["checkpoint_contract"]["tensor_layout"]:
        dims = tensor["shape"]["dims"]
        header[tensor["name"]] = {
            "dtype": "F32",
            "shape": dims,
            "data_offsets": [at, at := at + 4 * prod(dims)],
        }
    data = json.dumps(header).encode()
    with open(folder / "model.safetensors", "wb") as file:
        file.write(len(data).to_bytes(8, "little") + data)
        file.truncate(8 + len(data) + at)
    checkpoint = tree["receipt"]["checkpoint_lineage"]["promoted_checkpoint"]
    if data not in _DIGESTS:
        _DIGESTS[data] = folder_digest(folder)
    checkpoint |= {"checkpoint_ref": "store://bucket/runs/final", "object_digest": _DIGESTS[data]}


def _write_shards(tree: Tree, root: Path) -> None:
    """Raw tokens, more in each shard than in the one before."""
    corpus = tree["corpus"]
    (root / "shards").mkdir()
    for number, shard in enumerate(corpus["shards"]):
        tokens = 100 + 10 * number
        name = f"shards/{number}.{'tokens' if number == UNKNOWN else 'u16'}"
        (root / name).write_bytes(bytes(index % 38 for index in range(2 * tokens)))
        shard |= {
            "storage_ref": name,
            "shard_digest": file_digest(root / name),
            "sequence_count": -(-tokens // WINDOW),
            "token_count": tokens,
            "min_sequence_tokens": tokens % WINDOW or WINDOW,
            "max_sequence_tokens": WINDOW,
        }
    for split in corpus["splits"]:
        own = [shard for shard in corpus["shards"] if shard["split_name"] == split["split_name"]]
        for member in ("sequence_count", "token_count"):
            split[member] = sum(shard[member] for shard in own)
