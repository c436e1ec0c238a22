"""Turns the measurements of a run, by source family, into rows of a receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, NamedTuple, NotRequired, TypedDict

from psion_contract.build.rounding import basis_points, thousandths, whole_number
from psion_contract.exceptions import ArgumentError, RowProblem, RowsError
from psion_contract.reading.escaping import excerpt, listed
from psion_contract.reading.json_reader import Json
from psion_contract.reading.python_values import as_mapping, plain

MAX_LOSS_MILLI = 2**32 - 1
MAX_PROBLEMS = 100
"""Maximum number of problems of rows that are listed."""

_MAX_PLAUSIBLE_MILLI = 100_000
"""100 nats: several times the loss of a model that has learned nothing, the logarithm of its vocabulary size."""

_SHOWN = 72


class MeasuredRow(TypedDict):
    """What a run measured for one source family in one split.

    Attributes:
        split: name of a split of the corpus.
        family: id of a source family of that split.
        tokens: number of tokens of the family that were read from the split.
        sequences: number of sequences.
        loss: mean next-token loss over the family's target tokens, in nats: a number or its decimal text; None if
            nothing was read.
        loss_milli: the loss in thousandths of a nat, instead of `loss`.
        sources: ids of the counted sources; by default, the family's sources in the shards of the split.
        detail: a note for readers; by default, it states the two counts.
    """

    split: str
    family: str
    tokens: int
    sequences: int
    loss: NotRequired[float | Decimal | str | None]
    loss_milli: NotRequired[int]
    sources: NotRequired[Sequence[str] | None]
    detail: NotRequired[str | None]


ROW_MEMBERS = ("split", "family", "sources", "tokens", "sequences", "loss", "loss_milli", "detail")
"""The members of a measured row."""


def report_rows(rows: Iterable[Any], corpus: Json) -> list[Json]:
    """The ``source_family_reports`` of a receipt, in the order of `rows`.

    Args:
        rows: measured rows (see `MeasuredRow`), or finished rows as section 1.2 of the contract describes them,
            which are returned unchanged; mappings, dataclasses or named tuples. Not both: shares are computed over
            all rows of a split.
        corpus: the manifest of the corpus that was read; it must match its schema.

    Raises:
        ArgumentError: `rows` is not a list of rows, or a finished row has no JSON form.
        RowsError: a row is malformed, names a split or family that the corpus does not have there, or all
            rows of a split count nothing.
    """
    if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, Iterable):
        raise ArgumentError(f"reports: expected a list of rows, found a {type(rows).__name__}")
    if hasattr(type(rows), "to_dict"):  # a data frame, which iterates over the names of its columns
        raise ArgumentError(
            f'reports: expected a list of rows, found a {type(rows).__name__}; use to_dict("records")'
        )
    entries = [as_mapping(row) for row in rows]
    if all(_is_finished(row) for row in entries):
        return [plain(row, f"reports[{position}]") for position, row in enumerate(entries)]
    splits_by_name, problems, finished = _splits_by_name(corpus), list[RowProblem](), list[Json]()
    for position, row in enumerate(entries):
        if len(problems) >= MAX_PROBLEMS:
            problems.append(RowProblem(position, "", _not_examined(len(entries) - position)))
            break
        if not isinstance(row, Mapping):
            message = f"a {type(row).__name__} is not a row; expected a mapping, a dataclass or a named tuple"
            problems.append(RowProblem(position, "", message))
        elif _is_finished(row):
            message = "a finished row among measured rows; use only one of the two"
            problems.append(RowProblem(position, "split_name", message))
        else:
            finished.append(_row(row, position, splits_by_name, problems))
    if not problems:
        for split in dict.fromkeys(row["split_name"] for row in finished):
            _replace_counts(finished, split, problems)
    if problems:
        raise RowsError(problems)
    return finished


def implausible(rows: Iterable[Any]) -> list[RowProblem]:
    """The losses of measured rows that can be recorded but are hardly meant, up to `MAX_PROBLEMS`."""
    found = list[RowProblem]()
    for position, row in enumerate(map(as_mapping, rows)):
        loss = row.get("loss") if isinstance(row, Mapping) else None
        with suppress(ValueError):
            if loss is not None and len(found) < MAX_PROBLEMS and thousandths(loss) > _MAX_PLAUSIBLE_MILLI:
                message = (
                    f"{str(loss)[:40]} nats is an implausible loss; if it is in thousandths, use loss_milli"
                )
                found.append(RowProblem(position, "loss", message))
    return found


def _not_examined(count: int) -> str:
    rest = f"the rest of the rows, {count}, were" if count > 1 else "the last row was"
    return f"after {MAX_PROBLEMS} problems, {rest} not examined"


def _is_finished(row: Any) -> bool:
    """Whether it is a row of a receipt, with shares instead of counts."""
    return isinstance(row, Mapping) and "split_name" in row


class _Split(NamedTuple):
    """One split of a corpus.

    Attributes:
        kind: of the split.
        sources: by family, the bound sources that occur in the split's shards, in the order of the binding.
    """

    kind: str
    sources: dict[str, list[str]]


def _splits_by_name(corpus: Json) -> dict[str, _Split]:
    """The splits of a corpus by name."""
    present: dict[str, set[tuple[str, str]]] = {}
    for shard in corpus["shards"]:
        in_split = present.setdefault(shard["split_name"], set())
        in_split.update((entry["source_family_id"], entry["source_id"]) for entry in shard["source_lineage"])
    bound = {each["source_family_id"]: each["source_ids"] for each in corpus["source_family_bindings"]}
    splits = {}
    for split in corpus["splits"]:
        name, families = split["split_name"], split["source_family_ids"]
        in_split = present.get(name, set())
        sources = {
            family: [each for each in bound.get(family, ()) if (family, each) in in_split]
            for family in families
        }
        splits[name] = _Split(split["kind"], sources)
    return splits


def _row(
    row: Mapping[str, Any], position: int, splits_by_name: Mapping[str, _Split], problems: list[RowProblem]
) -> Json:
    """A row with counts instead of shares; adds its problems to `problems`."""

    def refuse(member: str, message: str) -> None:
        if len(problems) < MAX_PROBLEMS:
            problems.append(RowProblem(position, member, message))

    def parsed(member: str, parse: Callable[[Any], Any]) -> Any:
        try:
            return parse(row[member])
        except KeyError:
            refuse(member, "missing")
        except ValueError as error:
            refuse(member, str(error))
        return None

    for member in row:
        if member not in ROW_MEMBERS and len(problems) < MAX_PROBLEMS:
            refuse(str(member)[:_SHOWN], f"unknown member; a measured row has {', '.join(ROW_MEMBERS)}")
    name, family = parsed("split", _text), parsed("family", _text)
    split = splits_by_name.get(name) if name is not None else None
    if name is not None and split is None:
        refuse("split", f"the corpus has no split {excerpt(name)}; it has {listed(list(splits_by_name))}")
    elif split is not None and family is not None and family not in split.sources:
        available = listed(list(split.sources))
        refuse("family", f"the split {excerpt(name)} has no family {excerpt(family)}; it has {available}")
    tokens, sequences = parsed("tokens", whole_number), parsed("sequences", whole_number)
    if tokens is not None and sequences is not None and sequences > tokens:
        refuse("sequences", f"{sequences} sequences of {tokens} tokens: a sequence has at least one token")
    if tokens and sequences == 0:
        refuse("sequences", f"{tokens} tokens in no sequence: what is read is part of a sequence")
    if "loss" in row and "loss_milli" in row:
        refuse("loss_milli", "there are two losses; use either loss, in nats, or loss_milli, in thousandths")
    if tokens == sequences == 0:
        milli = 0
        for member in ("loss", "loss_milli"):
            if not _is_no_loss(row.get(member)):
                refuse(member, "a loss without a token that was read; expected none (null, or an empty cell)")
    else:
        milli = parsed("loss_milli", _milli) if "loss_milli" in row else parsed("loss", thousandths)
    bound = split.sources.get(family, []) if split else []
    sources = parsed("sources", _texts) if row.get("sources") is not None else bound
    counted = f"{tokens} tokens in {sequences} sequences."
    detail = parsed("detail", _text) if row.get("detail") is not None else counted
    return {
        "split_name": name,
        "split_kind": split.kind if split else None,
        "source_family_id": family,
        "source_ids": sources,
        "token_share_bps_within_split": tokens,
        "sequence_share_bps_within_split": sequences,
        "mean_next_token_loss_milli": milli,
        "detail": detail,
    }


def _replace_counts(rows: list[Json], split: str, problems: list[RowProblem]) -> None:
    """Replace the counts in the rows of one split with shares."""
    positions = [position for position, row in enumerate(rows) if row["split_name"] == split]
    for counted, member in (
        ("tokens", "token_share_bps_within_split"),
        ("sequences", "sequence_share_bps_within_split"),
    ):
        try:
            shares = basis_points([rows[position][member] for position in positions])
        except ValueError:
            message = f"no row of the split {excerpt(split)} counts any {counted}"
            problems.append(RowProblem(positions[0], counted, message))
            continue
        for position, share in zip(positions, shares, strict=True):
            rows[position][member] = share


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a string, found a {type(value).__name__}")
    return value


def _texts(value: Any) -> list[str]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise ValueError(f"expected a list of source ids, found a {type(value).__name__}")
    return [_text(each) for each in value]


def _is_no_loss(value: Any) -> bool:
    """Whether a loss says that nothing was measured; 0 does, as it will in the receipt."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    try:
        return thousandths(value) == 0
    except ValueError:
        return False


def _milli(value: Any) -> int:
    try:
        return whole_number(value, MAX_LOSS_MILLI)
    except ValueError as error:
        raise ValueError(f"{error}; loss_milli is in thousandths of a nat, loss in nats") from None
