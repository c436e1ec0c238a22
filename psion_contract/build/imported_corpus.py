"""The shards of a corpus in a trainer's own format, and the weights that the trainer gives them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any, NamedTuple

from psion_contract.build.rounding import basis_points
from psion_contract.exceptions import ArtifactError
from psion_contract.reading.json_reader import Json

if TYPE_CHECKING:
    from psion_contract.artifacts.shards import Shard


class ImportedShards(NamedTuple):
    """Shards for `new_corpus`.

    Attributes:
        shards: those that have sequences, each once; an empty file cannot be a shard of a manifest.
        empty: the paths of the others.
        unused_tokens: tokens at the ends of the files that the trainer does not read.
        weights: by path, the weights of a shard among those of its labels, if the format has weights.
    """

    shards: list[Shard]
    empty: list[str]
    unused_tokens: int
    weights: dict[str, list[Weight]]


class Weight(NamedTuple):
    """How much of the training tokens come from some shards together.

    Attributes:
        label: what the trainer calls them; the path where it names each shard.
        weight: their share, relative to others.
    """

    label: str
    weight: Fraction


def imported_shards(format: str | None, paths: Sequence[str], **options: Any) -> ImportedShards:  # noqa: A002
    """The shards at some paths, counted as `psion_contract.artifacts.shards.shards` does.

    Args:
        format: one of its `FORMATS`; None to recognise that of each path.
        paths: folders, indices or data files. For ``megatron``, they may be a blend, as in ``--data-path``: weights and
            prefixes by turns.
        options: those of the format; None means that one is not given.

    Raises:
        ArgumentError: unknown format or option, or an option that the format needs is missing.
        ArtifactError: a file is missing, cut off, of an unknown version, or contradicts its index; or it is named twice, other
            than with weights.
    """
    from psion_contract.artifacts.shards import shards
    from psion_contract.artifacts.shards.megatron import blend

    given = {name: value for name, value in options.items() if value is not None}
    pairs = blend(paths) if format == "megatron" else [(path, None) for path in paths]
    weighted = dict.fromkeys((path for path, _ in pairs), Fraction(0))
    for path, written in pairs:  # a blend with weights may name a prefix more than once, for their sum
        if written is None and sum(path == each for each, _ in pairs) > 1:
            raise _twice(path)
        weighted[path] += Fraction(str(written or 0))
    found: dict[str, Shard] = {}
    weights: dict[str, list[Weight]] = {}
    for path, weight in weighted.items():
        for shard in shards(path, format, **given):
            own = weight or Fraction(str(shard.detail.get("target_ratio", 0)))
            if shard.path in found and not own:
                raise _twice(shard.path)
            found[shard.path] = shard
            if own:
                label = str(shard.detail.get("label", path))
                weights.setdefault(shard.path, []).append(Weight(label, own))
    return ImportedShards(
        [each for each in found.values() if each.counts.sequences],
        [each.path for each in found.values() if not each.counts.sequences],
        sum(_unused(each) for each in found.values()),
        weights,
    )


def _twice(path: str) -> ArtifactError:
    return ArtifactError(
        path,
        "is named twice",
        "each data file once: a trainer reads it as often as it is named, and a manifest counts it once",
    )


def _unused(shard: Shard) -> int:
    unused = shard.detail.get("unused_tokens", 0)
    return unused if isinstance(unused, int) else 0


def family_weights(imported: ImportedShards, corpus: Json) -> dict[str, int]:
    """The weights of the families of the training splits in basis points, for the sidecar of a policy; empty without any.

    The weight of shards that hold more than one family is divided by their tokens, and those of one shard equally.

    Args:
        imported: the shards, with the weights of the trainer.
        corpus: the manifest that was made of these shards, in the same order.
    """
    rows = [
        (weight, row)
        for shard, row in zip(imported.shards, corpus["shards"], strict=True)
        for weight in imported.weights.get(shard.path, ())
        if row["split_kind"] == "train"
    ]
    tokens: dict[str, int] = {}
    for weight, row in rows:
        tokens[weight.label] = tokens.get(weight.label, 0) + row["token_count"]
    shares: dict[str, Fraction] = {}
    for weight, row in rows:
        families = dict.fromkeys(entry["source_family_id"] for entry in row["source_lineage"])
        part = weight.weight * row["token_count"] / tokens[weight.label] / len(families)
        for family in families:
            shares[family] = shares.get(family, Fraction(0)) + part
    return dict(zip(shares, _basis_points(shares.values()), strict=True))


def _basis_points(shares: Iterable[Fraction]) -> list[int]:
    parts = list(shares)
    if not parts:
        return []
    whole = lcm(*(each.denominator for each in parts))
    return basis_points([int(each * whole) for each in parts])
