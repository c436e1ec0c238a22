"""The columns of documents and of results in Arrow, and the values of this package that they stand for.

Only modules that need pyarrow import this one. docs/reference/arrow.md describes the columns.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from psion_contract.checker import Listing
from psion_contract.exceptions import ArgumentError
from psion_contract.findings import DocumentEntry, Identity, LeftAlone, Skipped
from psion_contract.findings_table import COLUMNS, encodable, finding_of, row_of
from psion_contract.reading.escaping import quoted
from psion_contract.reading.json_text import Problem
from psion_contract.reading.source import Source
from psion_contract.streaming.parts import Part


class Key(NamedTuple):
    """What orders texts, and tells them apart.

    Attributes:
        position: given with the text, or 0.
        name: of the text.
    """

    position: int
    name: str


Text = tuple[Key, Source]

_SIGNED = 1 << 63
"""Keys of claims are less by this in Arrow, because not every engine has unsigned integers."""

_ROWS = 4096
"""How many rows are taken from Arrow together."""

_KEY = [("position", pa.int64()), ("name", pa.string())]

ARCHIVE = "archive"
"""The name of what texts without a ``group`` come from: as in lines of one file, some may have no contract document."""

TEXTS = pa.schema(
    [
        *_KEY,
        ("text", pa.large_binary()),
        ("named", pa.bool_()),
        ("first_line", pa.int64()),
        ("located", pa.bool_()),
        ("group", pa.string()),
        ("fault", pa.struct([("rule", pa.string()), ("message", pa.string()), ("pointer", pa.string())])),
        ("rest_claims", pa.bool_()),
        ("ignored", pa.string()),
    ]
)
"""Texts: ``name`` and ``text``, which are required, and what else tells them apart or belongs to a `Source`."""

_STATE = {
    "file": pa.string(),
    "empty": pa.bool_(),
    "size": pa.int64(),
    "counts": pa.map_(pa.string(), pa.int64()),
    "claims": pa.list_(pa.int64()),
    "reached": pa.list_(pa.int32()),
    "skeletons": pa.list_(pa.string()),
    "unusable": pa.bool_(),
    "ignored": pa.string(),
    "ignored_kind": pa.string(),
    "listings": pa.list_(
        pa.struct(
            [
                ("pointer", pa.string()),
                ("skipped", pa.list_(pa.struct([("rule", pa.string()), ("reason", pa.string())]))),
            ]
        )
    ),
    "entries": pa.list_(
        pa.struct(
            [
                ("pointer", pa.string()),
                ("kind", pa.string()),
                ("identity", pa.map_(pa.string(), pa.string())),
            ]
        )
    ),
}

CHECKED = pa.schema(
    [*_KEY, ("number", pa.int32()), ("listing", pa.int32()), *COLUMNS, ("state", pa.struct(_STATE.items()))]
)
"""Results: of each text a row with its state, then a row for each of its findings."""

CONTENTS = pa.schema([*_KEY, ("claim", pa.int64()), ("content", pa.binary())])
"""The contents of documents with certain claims."""

ALIKE = pa.schema([*TEXTS, ("first", pa.list_(pa.string())), ("odd", pa.bool_())])
"""Texts that are the first of a batch to have certain identifiers, which are named, or have odd ones."""


def texts_in(batch: pa.RecordBatch) -> list[Text]:
    """The texts of a batch, in order.

    Raises:
        ArgumentError: a column is missing or has another type, or a row has no name.
    """
    missing = [name for name in ("name", "text") if name not in batch.schema.names]
    if missing:
        found = ", ".join(map(quoted, batch.schema.names)) or "none"
        raise ArgumentError(f"batch: no column {quoted(missing[0])}; its columns are {found}")
    try:
        columns = {
            field.name: batch.column(field.name).cast(field.type).to_pylist()
            for field in TEXTS
            if field.name in batch.schema.names
        }
    except pa.ArrowException as error:
        raise ArgumentError(f"batch: a column has another type than expected: {error}") from error
    positions = columns.pop("position", None)
    names, values = columns.pop("name"), columns.pop("text")
    texts: list[Text] = []
    for row, (name, value) in enumerate(zip(names, values, strict=True)):
        if not name:
            raise ArgumentError(f"batch: row {row} has no name")
        source = Source(name, b"null" if value is None else value, located=value is not None, group=ARCHIVE)
        members = {each: column[row] for each, column in columns.items() if column[row] is not None}
        if members:
            if "fault" in members:
                members["fault"] = Problem(**members["fault"])
            source = source._replace(**members)
        texts.append((Key((positions[row] if positions else None) or 0, name), source))
    texts.sort(key=lambda each: each[0])
    return texts


def batch_of(texts: Iterable[Text], schema: pa.Schema = TEXTS, **further: list[Any]) -> pa.RecordBatch:
    """A batch of texts, with columns for further values of each."""
    columns: dict[str, list[Any]] = {name: [] for name in TEXTS.names}
    for key, source in texts:
        fault = source.fault
        row = source._asdict() | {
            "position": key.position,
            "name": key.name,
            "text": source.data,
            "group": encodable(source.group),
            "fault": fault and {"rule": fault.rule, "message": fault.message, "pointer": fault.pointer},
        }
        for name, column in columns.items():
            column.append(row[name])
    return pa.RecordBatch.from_pydict(columns | further, schema)


def checked_batch(parts: Iterable[tuple[Key, Part]]) -> pa.RecordBatch:
    """The results on texts."""
    keys: list[Key] = []
    states: dict[str, list[Any]] = {name: [] for name in _STATE}
    found: list[dict[str, Any]] = []
    for key, part in parts:
        keys.append(key)
        for name, value in _state(part).items():
            states[name].append(value)
        for number, (_, listing) in enumerate(part.listings):
            for each in listing.findings:
                place = {"position": key.position, "name": key.name, "listing": number, "number": len(found)}
                found.append(row_of(each) | place)
    columns = [pa.array(states[name], kind) for name, kind in _STATE.items()]
    state = pa.StructArray.from_arrays(columns, fields=list(CHECKED.field("state").type))
    known = {
        "position": pa.array([key.position for key in keys], pa.int64()),
        "name": pa.array([key.name for key in keys], pa.string()),
        "state": state,
    }
    rows = pa.Table.from_arrays(
        [known.get(field.name, pa.nulls(len(keys), field.type)) for field in CHECKED], schema=CHECKED
    )
    table = pa.concat_tables([rows, pa.Table.from_pylist(found, CHECKED)]) if found else rows
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], CHECKED)


def _state(part: Part) -> dict[str, Any]:
    (file,) = part.files
    left_alone = part.left_alone[0] if part.left_alone else None
    return {
        "file": encodable(file),
        "empty": part.groups.get(file),
        "size": part.size,
        "counts": list(part.counts.items()),
        "claims": [each - _SIGNED for each in part.claims],
        "reached": part.reached,
        "skeletons": list(part.skeletons),
        "unusable": bool(part.unusable),
        "ignored": left_alone and left_alone.reason,
        "ignored_kind": left_alone and left_alone.kind,
        "listings": [
            {
                "pointer": pointer,
                "skipped": [{"rule": each.rule, "reason": each.reason} for each in listing.skipped],
            }
            for pointer, listing in part.listings
        ],
        "entries": [
            {
                "pointer": each.pointer,
                "kind": each.kind,
                "identity": None if each.identity is None else list(each.identity.items()),
            }
            for each in part.entries
        ],
    }


class Results:
    """The results on all texts of an archive, in order.

    Args:
        batches: the results, in any order.

    Attributes:
        keys: of the texts.

    Raises:
        ArgumentError: two texts have the same position and name.
    """

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        table = pa.Table.from_batches([each.cast(CHECKED) for each in batches], CHECKED)
        is_text = pc.is_valid(table["state"])
        order = [(name, "ascending") for name in _KEY_NAMES]
        self._texts = table.filter(is_text).select([*_KEY_NAMES, "state"]).sort_by(order)
        self._findings = (
            table.filter(pc.invert(is_text))
            .drop_columns(["state"])
            .sort_by([*order, ("number", "ascending")])
        )
        self._refuse_repeated()

    def _refuse_repeated(self) -> None:
        before: Key | None = None
        for key in self.keys():
            if key == before:
                place = f" at position {key.position}" if key.position else ""
                raise ArgumentError(
                    f"two texts{place} have the name {quoted(key.name)}; give each a number of its own in the column "
                    '"position"'
                )
            before = key

    def keys(self) -> Iterator[Key]:
        """The position and the name of each text."""
        for batch in self._texts.select(_KEY_NAMES).to_batches(_ROWS):
            yield from map(Key, *(column.to_pylist() for column in batch.columns))

    def keys_of(self, numbers: Iterable[int]) -> list[Key]:
        """The positions and the names of the texts with these numbers, from 0."""
        chosen = self._texts.select(_KEY_NAMES).take(pa.array(numbers, pa.int64()))
        return list(map(Key, *(column.to_pylist() for column in chosen.columns)))

    def parts(self) -> Iterator[Part]:
        """What the judge says of each text."""
        findings = iter(self._findings_by_text())
        following = next(findings, None)
        for batch in self._texts.to_batches(_ROWS):
            position, name, state = batch.columns
            columns = [column.to_pylist() for column in (position, name, *state.flatten())]
            for key_position, key_name, *values in zip(*columns, strict=True):
                own: list[dict[str, Any]] = []
                if following is not None and following[0] == (key_position, key_name):
                    own = following[1]
                    following = next(findings, None)
                yield _part(key_name, values, own)

    def _findings_by_text(self) -> Iterator[tuple[Key, list[dict[str, Any]]]]:
        for key, rows in groupby(_rows(self._findings), lambda row: Key(row["position"], row["name"])):
            yield key, list(rows)


_KEY_NAMES = [name for name, _ in _KEY]


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(_ROWS):
        yield from batch.to_pylist()


def _part(name: str, state: list[Any], findings: Iterable[Mapping[str, Any]]) -> Part:
    """The part of one text, from its state, in the order of the columns."""
    (
        file,
        empty,
        size,
        counts,
        claims,
        reached,
        seen_as,
        unusable,
        ignored,
        ignored_kind,
        listed,
        documents,
    ) = state
    listings = []
    for each in listed:
        listing = Listing()
        listing.skipped = [
            Skipped(skipped["rule"], name, each["pointer"], skipped["reason"]) for skipped in each["skipped"]
        ]
        listings.append((each["pointer"], listing))
    for row in findings:
        listings[row["listing"]][1].findings.append(finding_of({each: row[each] for each in COLUMNS.names}))
    entries = [
        DocumentEntry(
            name,
            each["pointer"],
            each["kind"],
            None if each["identity"] is None else Identity(each["identity"]),
            True,
        )
        for each in documents
    ]
    return Part(
        listings,
        entries,
        dict(counts),
        [LeftAlone(name, ignored, ignored_kind)] if ignored else [],
        {} if empty is None else {file: empty},
        array("Q", [each + _SIGNED for each in claims]),
        tuple(reached),
        frozenset(seen_as),
        (name,) if unusable else (),
        frozenset((file,)),
        size,
    )


def claim_rows(keys: Iterable[tuple[Key, int, bytes]]) -> pa.RecordBatch:
    """A batch of claims with the contents of the documents that make them."""
    rows = [(*key, claim - _SIGNED, content) for key, claim, content in keys]
    columns = zip(*rows, strict=True) if rows else [()] * len(CONTENTS)
    return pa.RecordBatch.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, CONTENTS, strict=True)],
        schema=CONTENTS,
    )


def claims_in(batch: pa.RecordBatch) -> Iterator[tuple[Key, int, bytes]]:
    """The claims of such a batch."""
    for position, name, claim, content in zip(*(column.to_pylist() for column in batch.columns), strict=True):
        yield Key(position, name), claim + _SIGNED, content


def alike_in(batch: pa.RecordBatch) -> Iterator[tuple[Text, list[str], bool]]:
    """The texts of a batch with certain identifiers, the ones that each is the first to have, and whether it has odd ones."""
    further = {
        (row["position"], row["name"]): row
        for row in batch.select(["position", "name", "first", "odd"]).to_pylist()
    }
    for text in texts_in(batch):
        row = further[text[0]]
        yield text, row["first"], row["odd"]
