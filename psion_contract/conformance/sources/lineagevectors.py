"""Vectors of the digests D3 and D4: replay and checkpoint lineage."""

from __future__ import annotations

from typing import Any

from psion_contract.conformance.sources.editing import put, upended
from psion_contract.conformance.sources.receipts import checkpoint
from psion_contract.conformance.sources.vectors import edited, vector

_U64 = 2**64 - 1
_D2 = "2" * 64

# A preimage reads best as it is hashed.
# fmt: off


def add() -> None:
    """Add the vectors."""
    _replays()
    _lineages()


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


def _replays() -> None:
    start = "psion_pretrain_replay_receipt"
    vector(
        "D3", "plain", "Repeated, shuffled, exact.", _replay(), start,
        "|r|d@1|Repeat|DeterministicShuffle|17|2|exact|Twice.",
    )
    vector(
        "D3", "other-names", "One pass in the order of the manifest, not exact.",
        _replay(iteration_mode="single_pass", shard_ordering="manifest_order", exact_replay_observed=False),
        start, "|r|d@1|SinglePass|ManifestOrder|17|2|non_exact|Twice.",
    )
    vector(
        "D3", "largest", "The largest seed and the largest number of replays.",
        _replay(deterministic_shuffle_seed=_U64, successful_replays=65535), start,
        "|r|d@1|Repeat|DeterministicShuffle|18446744073709551615|65535|exact|Twice.",
    )
    vector(
        "D3", "not-a-double", "A seed that no double holds.", _replay(deterministic_shuffle_seed=2**53 + 1),
        start, "|r|d@1|Repeat|DeterministicShuffle|9007199254740993|2|exact|Twice.",
    )
    vector(
        "D3", "smallest", "The smallest of both.",
        _replay(deterministic_shuffle_seed=0, successful_replays=1), start,
        "|r|d@1|Repeat|DeterministicShuffle|0|1|exact|Twice.",
    )
    vector(
        "D3", "as-they-are", "Strings stand as they are, unescaped, with their white space.",
        _replay(receipt_id=' é"\\ ', stable_dataset_identity="京@𐐷",
            summary=' "Twice",\n\tas in C:\\n\u2028\ufeff '), start,
        '| é"\\ |京@𐐷|Repeat|DeterministicShuffle|17|2|exact| "Twice",\n\tas in C:\\n\u2028\ufeff ',
    )
    vector(
        "D3", "decomposed", "Nothing is normalised: e and a combining accent stay two characters.",
        _replay(summary="e\u0301 \u00e9"), start,
        "|r|d@1|Repeat|DeterministicShuffle|17|2|exact|e\u0301 \u00e9",
    )
    vector(
        "D3", "escaped", "How a string is escaped in the text is nothing to the digest.",
        '{"summary":"\\u0054wice\\u002E","receipt_id":"r","stable_dataset_identity":"d\\u00401",'
        '"iteration_mode":"repeat",'
        '"shard_ordering":"deterministic_shuffle","deterministic_shuffle_seed":17,"successful_replays":2,'
        f'"exact_replay_observed":true,"replay_digest":"{"0" * 64}"}}',
        start, "|r|d@1|Repeat|DeterministicShuffle|17|2|exact|Twice.",
    )
    vector(
        "D3", "stored", "The digest that is stored is not in it.", _replay(replay_digest="f" * 64), start,
        "|r|d@1|Repeat|DeterministicShuffle|17|2|exact|Twice.",
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


def _lineages() -> None:
    start = "psion_pretrain_checkpoint_lineage|l|quay.decoder|s|object-p"
    vector("D4", "plain", "Without a base checkpoint.", _lineage(), start, f"|final|m|{_D2}")
    vector(
        "D4", "null", "A base checkpoint that is null is as good as none.", _lineage(base_checkpoint=None),
        start, f"|final|m|{_D2}",
    )
    base = checkpoint("b", "q")
    vector(
        "D4", "base", "With a base checkpoint.", _lineage(base_checkpoint=base), start,
        f"|base|b|object-q|final|m|{_D2}",
    )
    vector(
        "D4", "base-family", "The family of the base checkpoint is not in it.",
        _lineage(base_checkpoint=base | {"checkpoint_family": "other"}), start,
        f"|base|b|object-q|final|m|{_D2}",
    )
    vector(
        "D4", "optional", "Nothing else of a checkpoint is in it.",
        _lineage(promoted_checkpoint=checkpoint("s", "p", _U64, "store://x", _U64, _U64),
            base_checkpoint=checkpoint("b", "q", 0, "y", 0, 0)), start, f"|base|b|object-q|final|m|{_D2}",
    )
    vector(
        "D4", "like-a-base", "A label that reads like a base checkpoint is a label.",
        _lineage(promoted_checkpoint_label="base"), start, f"|base|m|{_D2}",
    )
    vector(
        "D4", "non-ascii", "Strings stand as they are.",
        edited(_lineage(receipt_id='é"', promoted_checkpoint_label="\\京", model_id="𐐷"),
            put("/v/promoted_checkpoint/stream_id", "ß"), put("/v/promoted_checkpoint/checkpoint_family",
            "β"), put("/v/promoted_checkpoint/object_digest", "SHA256:AB"), upended("/v")),
        f'psion_pretrain_checkpoint_lineage|é"|β|ß|SHA256:AB|\\京|𐐷|{_D2}',
    )
