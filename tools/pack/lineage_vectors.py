"""Vectors of the digests D3 and D4: replay and checkpoint lineage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.edits import put, reverse
from tools.pack.base_receipts import checkpoint
from tools.pack.vector_builder import Json, edited_value, vector

_U64 = 2**64 - 1
_D2 = "2" * 64

# A preimage reads best as it is hashed.
# fmt: off


def vectors() -> Iterator[Json]:
    """The vectors, in the order of their files."""
    yield from _replays()
    yield from _lineages()


def _replay(**members: Any) -> Any:
    return {
        "receipt_id": "r",
        "stable_dataset_identity": "d@1",
        "iteration_mode": "repeat",
        "shard_ordering": "deterministic_shuffle",
        "deterministic_shuffle_seed": 17,
        "successful_replays": 2,
        "exact_replay_observed": True,
        "replay_digest": "0" * 64,
        "summary": "Twice.",
        **members,
    }


def _replays() -> Iterator[Json]:
    start = "psion_pretrain_replay_receipt"
    yield vector(
        "D3", "plain", "A replay receipt that is repeated, shuffled and exact.", _replay(), start,
        "|r|d@1|Repeat|DeterministicShuffle|17|2|exact|Twice.",
    )
    yield vector(
        "D3", "other-names", "A replay receipt of one pass in the order of the manifest that was not exact.",
        _replay(iteration_mode="single_pass", shard_ordering="manifest_order", exact_replay_observed=False),
        start, "|r|d@1|SinglePass|ManifestOrder|17|2|non_exact|Twice.",
    )
    yield vector(
        "D3", "largest", "A replay receipt with the largest seed and the largest number of replays.",
        _replay(deterministic_shuffle_seed=_U64, successful_replays=65535), start,
        "|r|d@1|Repeat|DeterministicShuffle|18446744073709551615|65535|exact|Twice.",
    )
    yield vector(
        "D3", "not-a-double", "A replay receipt with a seed that no double holds.",
        _replay(deterministic_shuffle_seed=2**53 + 1), start,
        "|r|d@1|Repeat|DeterministicShuffle|9007199254740993|2|exact|Twice.",
    )
    yield vector(
        "D3", "smallest", "A replay receipt with the smallest seed and the smallest number of replays.",
        _replay(deterministic_shuffle_seed=0, successful_replays=1), start,
        "|r|d@1|Repeat|DeterministicShuffle|0|1|exact|Twice.",
    )
    yield vector(
        "D3", "as-they-are",
        "Strings of a replay receipt are hashed unescaped, with their white space.",
        _replay(receipt_id=' é"\\ ', stable_dataset_identity="京@𐐷",
            summary=' "Twice",\n\tas in C:\\n\u2028\ufeff '), start,
        '| é"\\ |京@𐐷|Repeat|DeterministicShuffle|17|2|exact| "Twice",\n\tas in C:\\n\u2028\ufeff ',
    )
    yield vector(
        "D3", "decomposed", "Nothing is normalised: e and a combining accent stay two characters.",
        _replay(summary="e\u0301 \u00e9"), start,
        "|r|d@1|Repeat|DeterministicShuffle|17|2|exact|e\u0301 \u00e9",
    )
    yield vector(
        "D3", "escaped", "Escapes in the text of a replay receipt are decoded before hashing.",
        '{"summary":"\\u0054wice\\u002E","receipt_id":"r","stable_dataset_identity":"d\\u00401",'
        '"iteration_mode":"repeat",'
        '"shard_ordering":"deterministic_shuffle","deterministic_shuffle_seed":17,"successful_replays":2,'
        f'"exact_replay_observed":true,"replay_digest":"{"0" * 64}"}}', start,
        "|r|d@1|Repeat|DeterministicShuffle|17|2|exact|Twice.",
    )
    yield vector(
        "D3", "stored", "The replay_digest that a replay receipt stores is not in the preimage of D3.",
        _replay(replay_digest="f" * 64), start, "|r|d@1|Repeat|DeterministicShuffle|17|2|exact|Twice.",
    )


def _lineage(**members: Any) -> Any:
    return {
        "receipt_id": "l",
        "promoted_checkpoint": checkpoint("s", "p"),
        "promoted_checkpoint_label": "final",
        "model_id": "m",
        "model_descriptor_digest": _D2,
        "checkpoint_lineage_digest": "0" * 64,
        **members,
    }


def _lineages() -> Iterator[Json]:
    start = "psion_pretrain_checkpoint_lineage|l|quay.decoder|s|object-p"
    yield vector(
        "D4", "plain", "A checkpoint lineage without a base checkpoint.", _lineage(), start,
        f"|final|m|{_D2}",
    )
    yield vector(
        "D4", "null", "A base_checkpoint of a lineage that is null leaves no trace, like an absent one.",
        _lineage(base_checkpoint=None), start, f"|final|m|{_D2}",
    )
    base = checkpoint("b", "q")
    yield vector(
        "D4", "base", "A checkpoint lineage with a base checkpoint.", _lineage(base_checkpoint=base), start,
        f"|base|b|object-q|final|m|{_D2}",
    )
    yield vector(
        "D4", "base-family",
        "The checkpoint_family of the base checkpoint of a lineage is not in the preimage of D4.",
        _lineage(base_checkpoint=base | {"checkpoint_family": "other"}), start,
        f"|base|b|object-q|final|m|{_D2}",
    )
    yield vector(
        "D4", "optional",
        "Times, steps and refs of the two checkpoints of a lineage are not in the preimage of D4.",
        _lineage(promoted_checkpoint=checkpoint("s", "p", _U64, "store://x", _U64, _U64),
            base_checkpoint=checkpoint("b", "q", 0, "y", 0, 0)), start, f"|base|b|object-q|final|m|{_D2}",
    )
    yield vector(
        "D4", "like-a-base", "A promoted_checkpoint_label that is the word base is hashed like any other label.",
        _lineage(promoted_checkpoint_label="base"), start, f"|base|m|{_D2}",
    )
    yield vector(
        "D4", "non-ascii", "Strings of a checkpoint lineage are hashed unescaped.",
        edited_value(_lineage(receipt_id='é"', promoted_checkpoint_label="\\京", model_id="𐐷"),
            put("/v/promoted_checkpoint/stream_id", "ß"), put("/v/promoted_checkpoint/checkpoint_family",
            "β"), put("/v/promoted_checkpoint/object_digest", "SHA256:AB"), reverse("/v")),
        f'psion_pretrain_checkpoint_lineage|é"|β|ß|SHA256:AB|\\京|𐐷|{_D2}',
    )
