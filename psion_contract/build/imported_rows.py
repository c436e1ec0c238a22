"""Measured rows from what a trainer says that it has read, for the shards of a corpus."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from itertools import takewhile
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from psion_contract.build.inputs import Input, Inputs
from psion_contract.exceptions import ArgumentError, ArtifactError
from psion_contract.reading.escaping import listed, quoted
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits

_COLUMNS = ("split", "family", "tokens", "sequences", "loss")


def imported_rows(
    format: str,  # noqa: A002
    paths: Sequence[str],
    corpus: Input,
    *,
    split: str = "train",
    limits: Limits = DEFAULT_LIMITS,
    **options: Any,
) -> list[Json]:
    """A row for each family of each split of a corpus, in its order, as ``new_receipt`` takes them (docs/reference/rows.md).

    Rows of the split that was read have its tokens and sequences; a family that was never drawn has 0 tokens, 0 sequences
    and the loss 0. What the trainer's state does not say is None: the losses, and the rows of other splits.

    Args:
        format: one of ``psion_contract.artifacts.consumption.FORMATS``.
        paths: what the trainer has written, as the format's module describes it.
        corpus: the manifest of the corpus that was read.
        split: the name of the split that was read.
        limits: of the reader.
        options: those of the format; None means that one is not given.

    Raises:
        ArgumentError: unknown format, option or split, or an option that the format needs is missing.
        ArtifactError: a file contradicts another one, or data that was read is of no shard of the split, or of shards of
            several families.
        InconsistentError: the corpus does not match its schema.
        UnreadableError: the corpus cannot be read.
        WrongKindError: it is another kind of document.
    """
    from psion_contract.artifacts.consumption import consumed

    manifest = Inputs(limits, corpus=corpus).values["corpus"]
    splits = [each["split_name"] for each in manifest["splits"]]
    if split not in splits:
        raise ArgumentError(f"split: the corpus has no split {quoted(split)}; it has {listed(splits)}")
    shards = [each for each in manifest["shards"] if each["split_name"] == split]
    given = {name: value for name, value in options.items() if value is not None}
    places, counts = _places(shards), dict[str, tuple[int, int]]()
    for each in consumed(format, paths, **given):
        family = _family(each.path, shards, places, split)
        tokens, sequences = counts.get(family, (0, 0))
        counts[family] = tokens + each.tokens, sequences + each.sequences
    rows: list[Json] = []
    for described in manifest["splits"]:
        for family in described["source_family_ids"]:
            row: Json = {"split": described["split_name"], "family": family}
            row |= dict.fromkeys(_COLUMNS[2:])
            if described["split_name"] == split:
                row["tokens"], row["sequences"] = counts.get(family, (0, 0))
                row["loss"] = None if row["tokens"] else 0
            rows.append(row)
    return rows


def rows_text(rows: Sequence[Json]) -> str:
    """Rows as CSV, to fill in: the cells of what is None are empty."""
    text = StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


class _Place(NamedTuple):
    """A name in the path of a shard.

    Attributes:
        shard: as the manifest describes it.
        parts: all names in its path.
        at: the position of this one.
    """

    shard: Json
    parts: list[str]
    at: int


def _places(shards: Sequence[Json]) -> dict[str, list[_Place]]:
    """Where each name is in the paths of shards: of their own, or of folders above them."""
    found: dict[str, list[_Place]] = {}
    for shard in shards:
        parts = _parts(shard["storage_ref"])
        for at, name in enumerate(parts):
            found.setdefault(name, []).append(_Place(shard, parts, at))
    return found


def _family(path: str, shards: Sequence[Json], places: Mapping[str, list[_Place]], split: str) -> str:
    """The family of the shards that a data file or folder is, by the longest end of its path that shards have too."""
    matching = _longest(_parts(path), places)
    if not matching:
        refs = listed([each["storage_ref"] for each in shards])
        raise ArtifactError(path, f"was read, but is no shard of the split {quoted(split)}", f"one of {refs}")
    families: list[str] = []
    for shard in matching:
        families += (entry["source_family_id"] for entry in shard["source_lineage"])
    families = list(dict.fromkeys(families))
    if len(families) > 1:
        refs = listed([each["storage_ref"] for each in matching])
        raise ArtifactError(
            path, f"was read, and may be {refs}, of the families {listed(families)}", "shards of one family"
        )
    return families[0]


def _longest(parts: list[str], places: Mapping[str, list[_Place]]) -> list[Json]:
    """The shards that share the longest end of a path, up to any of their names."""
    longest, found = 0, dict[int, Json]()
    for place in places.get(parts[-1], ()) if parts else ():
        pairs = zip(reversed(parts), reversed(place.parts[: place.at + 1]), strict=False)
        length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if length > longest:
            longest, found = length, {}
        if length == longest:
            found[id(place.shard)] = place.shard
    return list(found.values())


def _parts(path: str) -> list[str]:
    """The names in a path or an address, without those that say nothing."""
    address = urlsplit(path)
    text = f"{address.netloc}/{address.path}" if address.scheme and address.netloc else path
    return [each for each in text.replace("\\", "/").split("/") if each not in ("", ".")]
