"""The shards, families and splits of a corpus, as a training loop names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from psion_contract.build.rounding import whole_number
from psion_contract.exceptions import ArgumentError
from psion_contract.reading.escaping import excerpt, listed
from psion_contract.reading.json_reader import Json

EVALUATED = frozenset({"validation", "test", "held_out"})
"""The kinds of splits that a run is evaluated on; it is trained on the others."""


class Shard(NamedTuple):
    """A shard of a corpus.

    Attributes:
        shard_id: its id.
        split: name of its split.
        is_evaluated: whether a run is evaluated on it, rather than trained.
        families: ids of the families of its sources.
        sequences: number of its sequences.
    """

    shard_id: str
    split: str
    is_evaluated: bool
    families: tuple[str, ...]
    sequences: int

    def number(self, key: Any) -> int:
        """The number of a sequence.

        Raises:
            ArgumentError: the shard has no such sequence.
        """
        try:
            return whole_number(key, self.sequences - 1)
        except ValueError:
            raise ArgumentError(
                f"the shard {excerpt(self.shard_id)} has no sequence {excerpt(str(key))}; its {self.sequences} sequences have "
                f"numbers from 0"
            ) from None


class CorpusIndex:
    """What a corpus has, by what a training loop calls it.

    Args:
        corpus: the manifest.

    Attributes:
        evaluated: the split and family of each row of a receipt whose split is evaluated.
        trained: those of the others.
    """

    def __init__(self, corpus: Json) -> None:
        self._shards = [
            Shard(
                shard["shard_id"],
                shard["split_name"],
                shard["split_kind"] in EVALUATED,
                tuple(dict.fromkeys(entry["source_family_id"] for entry in shard["source_lineage"])),
                shard["sequence_count"],
            )
            for shard in corpus["shards"]
        ]
        self._positions = {shard.shard_id: position for position, shard in enumerate(self._shards)}
        self._families = [each["source_family_id"] for each in corpus["source_family_bindings"]]
        self.evaluated, self.trained = list[tuple[str, str]](), list[tuple[str, str]]()
        for split in corpus["splits"]:
            pairs = self.evaluated if split["kind"] in EVALUATED else self.trained
            pairs += ((split["split_name"], family) for family in split["source_family_ids"])

    def shard(self, key: Any) -> Shard:
        """A shard by its id, or its position in the manifest.

        Raises:
            ArgumentError: the corpus has no such shard.
        """
        position = self._positions.get(key, -1) if isinstance(key, str) else key
        try:
            return self._shards[whole_number(position, len(self._shards) - 1)]
        except ValueError:
            raise ArgumentError(
                f"the corpus has no shard {excerpt(str(key))}; expected one of its {len(self._shards)} shard ids, or a position"
            ) from None

    def family(self, shard: Shard, key: Any) -> str:
        """A family of a shard by its id, or its position in the bindings of the manifest; None for its only one.

        Raises:
            ArgumentError: the shard has no such family, or several.
        """
        if key is None:
            if len(shard.families) > 1:
                raise ArgumentError(
                    f"the shard {excerpt(shard.shard_id)} has several families; name that of each sequence: "
                    f"{listed(shard.families)}"
                )
            return shard.families[0]
        family = key
        if not isinstance(key, str):
            try:
                family = self._families[whole_number(key, len(self._families) - 1)]
            except ValueError:
                family = None
        if family not in shard.families:
            raise ArgumentError(
                f"the shard {excerpt(shard.shard_id)} has no family {excerpt(str(key))}; it has {listed(shard.families)}"
            )
        return str(family)


def values(column: Any) -> list[Any]:
    """The values of a batch: of a list, or of an array, which is copied from a device once.

    Raises:
        ArgumentError: it is neither.
    """
    found = column.tolist() if hasattr(column, "tolist") else column
    if isinstance(found, (str, bytes)) or not isinstance(found, Iterable):
        kind = type(column).__name__
        raise ArgumentError(
            f"expected a list or an array in each argument, with one value for each sequence; found a {kind}"
        )
    return found if isinstance(found, list) else list(found)


def rows(first: Any, *columns: Any) -> Iterator[tuple[Any, ...]]:
    """The values of each sequence in a batch.

    Args:
        first: a column.
        columns: the others; None for one without values.

    Raises:
        ArgumentError: one is neither a list nor an array, or has another number of values.
    """
    read = [values(first)]
    read += ([None] * len(read[0]) if each is None else values(each) for each in columns)
    if len({len(column) for column in read}) > 1:
        lengths = ", ".join(str(len(column)) for column in read)
        raise ArgumentError(f"a batch has one value for each sequence in each argument; found {lengths}")
    return zip(*read, strict=True)
