"""The source-family reports of a receipt against the splits and families of the corpus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from psion_contract.quoting import listed, shown
from psion_contract.rules.base import Flaw, Subject, check

_REPORTS = "/source_family_reports"
_WHOLE = 10000


class CorpusIndex(NamedTuple):
    """What the corpus says of splits and families, ready to be looked up.

    Attributes:
        splits: by name, the position in the manifest and the kind.
        families: position of each family in its split's list, by split name and family.
        sources: by family, the position of its binding and the sources bound to it.
    """

    splits: dict[str, tuple[int, str]]
    families: dict[tuple[str, str], tuple[int, int]]
    sources: dict[str, tuple[int, frozenset[str]]]


def index(corpus: dict[str, Any]) -> CorpusIndex:
    """Index a corpus; of splits or bindings with one name the first counts."""
    splits: dict[str, tuple[int, str]] = {}
    families: dict[tuple[str, str], tuple[int, int]] = {}
    for position, split in enumerate(corpus["splits"]):
        splits.setdefault(split["split_name"], (position, split["kind"]))
        for place, family in enumerate(split["source_family_ids"]):
            families.setdefault((split["split_name"], family), (position, place))
    sources: dict[str, tuple[int, frozenset[str]]] = {}
    for position, binding in enumerate(corpus["source_family_bindings"]):
        sources.setdefault(binding["source_family_id"], (position, frozenset(binding["source_ids"])))
    return CorpusIndex(splits, families, sources)


_CORPUS = ("/splits", "/source_family_bindings")


@check("duplicate-report-row", "receipt", receipt=(_REPORTS,))
def duplicate_row(s: Subject) -> Iterator[Flaw]:
    """Each family of each split is reported once."""
    seen: dict[tuple[str, str], int] = {}
    for position, row in enumerate(s.receipt["source_family_reports"]):
        split, family = key = row["split_name"], row["source_family_id"]
        if key in seen:
            message = f"the family {shown(family)} of the split {shown(split)} is reported a second time"
            yield Flaw("receipt", f"{_REPORTS}/{position}", message, related=(("receipt", f"{_REPORTS}/{seen[key]}"),))
        seen.setdefault(key, position)


@check("unknown-split", "receipt", receipt=(_REPORTS,), corpus=_CORPUS)
def unknown_split(s: Subject) -> Iterator[Flaw]:
    """Only splits of the corpus are reported."""
    splits = s.of("corpus", index).splits
    for position, row in enumerate(s.receipt["source_family_reports"]):
        name = row["split_name"]
        if name not in splits:
            message = f"the corpus has no split {shown(name)}; it has {listed(list(splits))}"
            yield Flaw("receipt", f"{_REPORTS}/{position}/split_name", message, None, name, (("corpus", "/splits"),))


@check("split-kind-mismatch", "receipt", receipt=(_REPORTS,), corpus=_CORPUS)
def split_kind(s: Subject) -> Iterator[Flaw]:
    """Each split has the kind that the corpus gives it."""
    splits = s.of("corpus", index).splits
    for position, row in enumerate(s.receipt["source_family_reports"]):
        split, stands = splits.get(row["split_name"]), row["split_kind"]
        if split is not None and split[1] != stands:
            where, right = split
            message = f"the split {shown(row['split_name'])} is of kind {right} in the corpus, not {stands}"
            other = (("corpus", f"/splits/{where}/kind"),)
            yield Flaw("receipt", f"{_REPORTS}/{position}/split_kind", message, right, stands, other)


@check("unknown-source-family", "receipt", receipt=(_REPORTS,), corpus=_CORPUS)
def unknown_family(s: Subject) -> Iterator[Flaw]:
    """Only families that the split holds, and the corpus binds, are reported."""
    splits, families, sources = s.of("corpus", index)
    for position, row in enumerate(s.receipt["source_family_reports"]):
        name, family = row["split_name"], row["source_family_id"]
        pointer = f"{_REPORTS}/{position}/source_family_id"
        if name in splits and (name, family) not in families:
            where = splits[name][0]
            held = [each for split, each in families if split == name]
            message = f"the split {shown(name)} holds no family {shown(family)}; it holds {listed(held)}"
            other = (("corpus", f"/splits/{where}/source_family_ids"),)
            yield Flaw("receipt", pointer, message, None, family, other)
        elif family not in sources:
            message = f"the corpus binds no family {shown(family)}; it binds {listed(list(sources))}"
            yield Flaw("receipt", pointer, message, None, family, (("corpus", "/source_family_bindings"),))


@check("unknown-source", "receipt", receipt=(_REPORTS,), corpus=_CORPUS)
def unknown_source(s: Subject) -> Iterator[Flaw]:
    """Each row lists sources of its own family."""
    sources = s.of("corpus", index).sources
    for position, row in enumerate(s.receipt["source_family_reports"]):
        bound = sources.get(row["source_family_id"])
        if bound is None or bound[1].issuperset(row["source_ids"]):
            continue
        where, known = bound
        for place, source in enumerate(row["source_ids"]):
            if source not in known:
                message = f"the corpus binds no source {shown(source)} to the family {shown(row['source_family_id'])}"
                other = (("corpus", f"/source_family_bindings/{where}/source_ids"),)
                yield Flaw("receipt", f"{_REPORTS}/{position}/source_ids/{place}", message, None, source, other)


@check("incomplete-coverage", "receipt", receipt=(_REPORTS,), corpus=_CORPUS)
def coverage(s: Subject) -> Iterator[Flaw]:
    """Every family of every split of the corpus is reported."""
    families = s.of("corpus", index).families
    reported = {(row["split_name"], row["source_family_id"]) for row in s.receipt["source_family_reports"]}
    if reported.issuperset(families):
        return
    for (split, family), (where, place) in families.items():
        if (split, family) not in reported:
            message = f"no row reports the family {shown(family)} of the split {shown(split)}"
            other = (("corpus", f"/splits/{where}/source_family_ids/{place}"),)
            yield Flaw("receipt", _REPORTS, message, related=other)


@check("share-total-mismatch", "receipt", receipt=(_REPORTS,))
def share_totals(s: Subject) -> Iterator[Flaw]:
    """The shares of each split add up to the whole."""
    totals: dict[str, list[int]] = {}
    for position, row in enumerate(s.receipt["source_family_reports"]):
        total = totals.get(row["split_name"])
        tokens, sequences = row["token_share_bps_within_split"], row["sequence_share_bps_within_split"]
        if total is None:
            totals[row["split_name"]] = [position, tokens, sequences]
        else:
            total[1] += tokens
            total[2] += sequences
    for split, (first, tokens, sequences) in totals.items():
        for member, total in (("token_share", tokens), ("sequence_share", sequences)):
            if total != _WHOLE:
                message = (
                    f"the {member.replace('_', ' ')}s of the split {shown(split)} add up to {total} basis points, "
                    f"{abs(total - _WHOLE)} {'more' if total > _WHOLE else 'less'} than the whole"
                )
                pointer = f"{_REPORTS}/{first}/{member}_bps_within_split"
                others = tuple(
                    ("receipt", f"{_REPORTS}/{position}/{member}_bps_within_split")
                    for position, row in enumerate(s.receipt["source_family_reports"])
                    if row["split_name"] == split and position != first
                )
                yield Flaw("receipt", pointer, message, _WHOLE, total, others)


def caps(policy: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """By family, the position of its weight in the policy and its cap in basis points."""
    found: dict[str, tuple[int, int]] = {}
    for position, weight in enumerate(policy["source_family_weights"]):
        found.setdefault(weight["source_family_id"], (position, weight["maximum_family_token_share_bps"]))
    return found


@check("family-cap-exceeded", "receipt", receipt=(_REPORTS,), policy=("/source_family_weights",))
def family_cap(s: Subject) -> Iterator[Flaw]:
    """No family has a larger share of the training tokens than the policy allows."""
    found = s.of("policy", caps)
    for position, row in enumerate(s.receipt["source_family_reports"]):
        cap = found.get(row["source_family_id"])
        stands = row["token_share_bps_within_split"]
        if cap is not None and row["split_kind"] == "train" and stands > cap[1]:
            message = (
                f"the family {shown(row['source_family_id'])} made up {stands} basis points of the tokens of "
                f"{shown(row['split_name'])}; the policy caps it at {cap[1]}"
            )
            other = (("policy", f"/source_family_weights/{cap[0]}/maximum_family_token_share_bps"),)
            pointer = f"{_REPORTS}/{position}/token_share_bps_within_split"
            yield Flaw("receipt", pointer, message, cap[1], stands, other)
