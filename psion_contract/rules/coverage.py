"""The source-family reports of a receipt against the splits and families of the corpus."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from psion_contract.reading.escaping import excerpt, listed
from psion_contract.rules.checks import Check, Flaw, Subject, check, check_parts

_REPORTS = "/source_family_reports"
_TOTAL_BPS = 10000


_KEY = itemgetter("split_name", "source_family_id")


class CorpusIndex(NamedTuple):
    """The splits and families of a corpus, indexed.

    Attributes:
        splits: by name, the position in the manifest and the kind.
        families: by split name and family, the position of the split and the index in its list of families.
        sources: by family, the position of its binding and the sources bound to it.
        rows: the rows that a receipt must have: by split, kind and family, the number of the split and the
            sources bound to the family.
    """

    splits: dict[str, tuple[int, str]]
    families: dict[str, dict[str, tuple[int, int]]]
    sources: dict[str, tuple[int, frozenset[str]]]
    rows: dict[tuple[str, str, str], tuple[int, frozenset[str]]]


def corpus_index(corpus: dict[str, Any]) -> CorpusIndex:
    """Index a corpus; of splits or bindings with the same name, the first one."""
    splits: dict[str, tuple[int, str]] = {}
    families: dict[str, dict[str, tuple[int, int]]] = {}
    for position, split in enumerate(corpus["splits"]):
        splits.setdefault(split["split_name"], (position, split["kind"]))
        in_split = families.setdefault(split["split_name"], {})
        for index, family in enumerate(split["source_family_ids"]):
            in_split.setdefault(family, (position, index))
    sources: dict[str, tuple[int, frozenset[str]]] = {}
    for position, binding in enumerate(corpus["source_family_bindings"]):
        sources.setdefault(binding["source_family_id"], (position, frozenset(binding["source_ids"])))
    unbound = (0, frozenset[str]())
    rows = {
        (split, splits[split][1], family): (number, sources.get(family, unbound)[1])
        for number, (split, in_split) in enumerate(families.items())
        for family in in_split
    }
    return CorpusIndex(splits, families, sources, rows)


class FamilyCap(NamedTuple):
    """The weight that a policy gives a family.

    Attributes:
        position: of the weight in the policy.
        maximum: the cap of the family's token share, in basis points.
        is_code: whether the family is code.
    """

    position: int
    maximum: int
    is_code: bool


def caps(policy: dict[str, Any]) -> dict[str, FamilyCap]:
    """By family, its cap; of weights of the same family, the first one."""
    found: dict[str, FamilyCap] = {}
    for position, weight in enumerate(policy["source_family_weights"]):
        cap = FamilyCap(position, weight["maximum_family_token_share_bps"], weight["content_class"] == "code")
        found.setdefault(weight["source_family_id"], cap)
    return found


@check("duplicate-report-row")
def duplicate_row(s: Subject) -> Iterator[Flaw]:
    """Each family of each split is reported once."""
    seen: dict[tuple[str, str], int] = {}
    for position, row in enumerate(s.receipt["source_family_reports"]):
        first = seen.setdefault(_KEY(row), position)
        if first != position:
            message = (
                f"the family {excerpt(row['source_family_id'])} of the split {excerpt(row['split_name'])} "
                "is reported twice"
            )
            yield Flaw(
                "receipt", f"{_REPORTS}/{position}", message, related=(("receipt", f"{_REPORTS}/{first}"),)
            )


@check("unknown-split")
def coverage(s: Subject) -> Iterator[Flaw]:
    """The rows cover the corpus: its splits, their kinds and families, and the sources of these."""
    corpus = s.of("corpus", corpus_index)
    rows = s.receipt["source_family_reports"]
    for position, row in enumerate(rows):
        yield from _row(corpus, row, f"{_REPORTS}/{position}")
    reported = set(map(_KEY, rows))
    for split, in_split in corpus.families.items():
        for family, (split_position, index) in in_split.items():
            if (split, family) not in reported:
                message = f"no row for the family {excerpt(family)} of the split {excerpt(split)}"
                other = (("corpus", f"/splits/{split_position}/source_family_ids/{index}"),)
                yield Flaw("receipt", _REPORTS, message, related=other, rule="incomplete-coverage")


def _row(corpus: CorpusIndex, row: dict[str, Any], pointer: str) -> Iterator[Flaw]:
    """The flaws of one row."""
    name, family = row["split_name"], row["source_family_id"]
    split, sources = corpus.splits.get(name), corpus.sources.get(family)
    if split is None:
        message = f"the corpus has no split {excerpt(name)}; it has {listed(corpus.splits)}"
        other = (("corpus", "/splits"),)
        yield Flaw("receipt", f"{pointer}/split_name", message, None, name, other, "unknown-split")
    elif split[1] != row["split_kind"]:
        split_position, expected = split
        message = (
            f"the kind of the split {excerpt(name)} is {expected} in the corpus, not {row['split_kind']}"
        )
        other = (("corpus", f"/splits/{split_position}/kind"),)
        yield Flaw(
            "receipt",
            f"{pointer}/split_kind",
            message,
            expected,
            row["split_kind"],
            other,
            "split-kind-mismatch",
        )
    if split is not None and family not in corpus.families[name]:
        families = corpus.families[name]
        message = f"the split {excerpt(name)} has no family {excerpt(family)}; it has {listed(families)}"
        other = (("corpus", f"/splits/{split[0]}/source_family_ids"),)
        yield Flaw(
            "receipt", f"{pointer}/source_family_id", message, None, family, other, "unknown-source-family"
        )
    elif sources is None:
        message = f"the corpus does not bind the family {excerpt(family)}; it binds {listed(corpus.sources)}"
        other = (("corpus", "/source_family_bindings"),)
        yield Flaw(
            "receipt", f"{pointer}/source_family_id", message, None, family, other, "unknown-source-family"
        )
    if sources is not None:
        binding_position, bound = sources
        for index, source in enumerate(row["source_ids"]):
            if source not in bound:
                message = (
                    f"the corpus does not bind the source {excerpt(source)} to the family {excerpt(family)}"
                )
                other = (("corpus", f"/source_family_bindings/{binding_position}/source_ids"),)
                yield Flaw(
                    "receipt", f"{pointer}/source_ids/{index}", message, None, source, other, "unknown-source"
                )


@check("share-total-mismatch")
def share_totals(s: Subject) -> Iterator[Flaw]:
    """The shares of each split add up to 10000 basis points."""
    rows = s.receipt["source_family_reports"]
    positions: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        positions.setdefault(row["split_name"], []).append(position)
    for split, of_split in positions.items():
        for share in ("token_share", "sequence_share"):
            member = f"{share}_bps_within_split"
            total = sum(rows[position][member] for position in of_split)
            if total != _TOTAL_BPS:
                message = (
                    f"the {share.replace('_', ' ')}s of the split {excerpt(split)} add up to {total} basis "
                    f"points, {abs(total - _TOTAL_BPS)} {'more' if total > _TOTAL_BPS else 'less'} than {_TOTAL_BPS}"
                )
                first, *others = (f"{_REPORTS}/{position}/{member}" for position in of_split)
                related = tuple(("receipt", other) for other in others)
                yield Flaw("receipt", first, message, _TOTAL_BPS, total, related)


@check("family-cap-exceeded")
def family_cap(s: Subject) -> Iterator[Flaw]:
    """No family has a larger share of the training tokens than the policy allows."""
    found = s.of("policy", caps)
    for position, row in enumerate(s.receipt["source_family_reports"]):
        cap = found.get(row["source_family_id"])
        actual = row["token_share_bps_within_split"]
        if cap is not None and row["split_kind"] == "train" and actual > cap.maximum:
            message = (
                f"the family {excerpt(row['source_family_id'])} has {actual} basis points of the tokens of "
                f"{excerpt(row['split_name'])}; the policy caps it at {cap.maximum}"
            )
            other = (("policy", f"/source_family_weights/{cap.position}/maximum_family_token_share_bps"),)
            pointer = f"{_REPORTS}/{position}/token_share_bps_within_split"
            yield Flaw("receipt", pointer, message, cap.maximum, actual, other)


@check("code-ratio-exceeded")
def code_ratio(s: Subject) -> Iterator[Flaw]:
    """No train split has a larger share of code tokens than the policy allows."""
    found, maximum = s.of("policy", caps), s.policy["maximum_code_token_ratio_bps"]
    shares: dict[str, dict[str, int]] = {}
    for position, row in enumerate(s.receipt["source_family_reports"]):
        cap = found.get(row["source_family_id"])
        if cap is not None and cap.is_code and row["split_kind"] == "train":
            pointer = f"{_REPORTS}/{position}/token_share_bps_within_split"
            shares.setdefault(row["split_name"], {})[pointer] = row["token_share_bps_within_split"]
    for split, by_pointer in shares.items():
        total = sum(by_pointer.values())
        if total > maximum:
            message = f"code has {total} basis points of the tokens of {excerpt(split)}; the policy allows {maximum}"
            first, *others = by_pointer
            related = (*(("receipt", other) for other in others), ("policy", "/maximum_code_token_ratio_bps"))
            yield Flaw("receipt", first, message, None, total, related)


@check("unmeasured-family")
def measured(s: Subject) -> Iterator[Flaw]:
    """Every row reports a measurement."""
    for position, row in enumerate(s.receipt["source_family_reports"]):
        drawn = row["token_share_bps_within_split"] or row["sequence_share_bps_within_split"]
        if drawn and row["mean_next_token_loss_milli"]:
            continue
        why = "has a loss of 0" if drawn else "has shares of 0"
        message = (
            f"the family {excerpt(row['source_family_id'])} of the split {excerpt(row['split_name'])} {why}: "
            "nothing was measured"
        )
        yield Flaw("receipt", f"{_REPORTS}/{position}", message)


_ROW = itemgetter(
    "split_name",
    "split_kind",
    "source_family_id",
    "source_ids",
    "token_share_bps_within_split",
    "sequence_share_bps_within_split",
    "mean_next_token_loss_milli",
)


def _passes(s: Subject) -> bool:
    """Whether no check of this module finds anything, in one pass, which suffices for nearly every receipt."""
    corpus, cap_of = s.of("corpus", corpus_index), s.of("policy", caps)
    missing = corpus.rows.copy()
    tokens, sequences = [0] * len(corpus.splits), [0] * len(corpus.splits)
    code = 0
    for split, kind, family, sources, token_share, sequence_share, loss in map(
        _ROW, s.receipt["source_family_reports"]
    ):
        expected = missing.pop((split, kind, family), None)  # None for an unknown or repeated row
        if expected is None:
            return False
        number, bound = expected
        if not bound.issuperset(sources):
            return False
        if not (loss and (token_share or sequence_share)):
            return False
        if kind == "train" and family in cap_of:
            _, maximum, is_code = cap_of[family]
            if token_share > maximum:
                return False
            if is_code:
                code += token_share
        tokens[number] += token_share
        sequences[number] += sequence_share
    if (
        code > s.policy["maximum_code_token_ratio_bps"]
    ):  # of all train splits together, so not less than of one
        return False
    return not missing and set(tokens) == {_TOTAL_BPS} == set(sequences)


CHECKS: tuple[Check, ...] = (
    check_parts(duplicate_row, coverage, share_totals, family_cap, code_ratio, measured, passes=_passes),
)
