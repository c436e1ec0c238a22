"""A sampling policy by itself, and against the corpus with which a config brings it together."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from psion_contract.pointers import value_at
from psion_contract.quoting import listed, shown
from psion_contract.rules.base import Body, Flaw, Subject, check
from psion_contract.rules.coverage import caps

_WEIGHTS = "/source_family_weights"
_CAPS = "/source_contribution_caps"
_REGIONS = "/repetitive_region_controls"
_CLASSES = "/content_class_token_share_report"
_THRESHOLDS = "/regression_thresholds"
_CODE = "/maximum_code_token_ratio_bps"
_WHOLE = 10000


def _total(pointer: str, member: str) -> Body:
    def body(s: Subject) -> Iterator[Flaw]:
        rows = s.policy[pointer[1:]]
        total = sum(row[member] for row in rows)
        if total != _WHOLE:
            message = (
                f"the {member} of all rows add up to {total} basis points, "
                f"{abs(total - _WHOLE)} {'more' if total > _WHOLE else 'less'} than the whole"
            )
            others = tuple(("policy", f"{pointer}/{position}/{member}") for position in range(len(rows)))
            yield Flaw("policy", pointer, message, _WHOLE, total, others)

    return body


check("weight-total-mismatch", "policy", policy=(_WEIGHTS,))(_total(_WEIGHTS, "sampling_weight_bps"))
check("content-class-total-mismatch", "policy", policy=(_CLASSES,))(
    _total(_CLASSES, "observed_token_share_bps")
)


def _one_each(pointer: str, member: str, words: tuple[str, ...]) -> Body:
    def body(s: Subject) -> Iterator[Flaw]:
        seen: dict[str, int] = {}
        for position, row in enumerate(s.policy[pointer[1:]]):
            word = row[member]
            first = seen.setdefault(word, position)
            if first != position:
                message, other = (
                    f"this is a second row for {word}",
                    (("policy", f"{pointer}/{first}/{member}"),),
                )
                yield Flaw("policy", f"{pointer}/{position}/{member}", message, None, word, other)
        for word in words:
            if word not in seen:
                yield Flaw("policy", pointer, f"there is no row for {word}")

    return body


_KINDS = (
    "explanation_quality",
    "spec_interpretation",
    "tradeoff_reasoning",
    "invariant_articulation",
    "coding_fluency",
)

check("content-class-mismatch", "policy", policy=(_CLASSES,))(
    _one_each(_CLASSES, "content_class", ("prose", "spec_text", "code"))
)
check("regression-threshold-mismatch", "policy", policy=(_THRESHOLDS,))(
    _one_each(_THRESHOLDS, "regression_kind", _KINDS)
)


@check("content-class-cap-exceeded", "policy", policy=(_CLASSES, _WEIGHTS))
def class_caps(s: Subject) -> Iterator[Flaw]:
    """No sort of text has a larger share than the caps of its families allow together."""
    weights = s.policy["source_family_weights"]
    for position, row in enumerate(s.policy["content_class_token_share_report"]):
        name, stands = row["content_class"], row["observed_token_share_bps"]
        own = [place for place, weight in enumerate(weights) if weight["content_class"] == name]
        most = sum(weights[place]["maximum_family_token_share_bps"] for place in own)
        if stands > most:
            message = f"{stands} basis points are {name}, but the caps of its families add up to {most}"
            others = tuple(("policy", f"{_WEIGHTS}/{place}/maximum_family_token_share_bps") for place in own)
            pointer = f"{_CLASSES}/{position}/observed_token_share_bps"
            yield Flaw("policy", pointer, message, most, stands, others or (("policy", _WEIGHTS),))


@check("content-class-cap-exceeded", "policy", policy=(_CLASSES, _CODE))
def code_cap(s: Subject) -> Iterator[Flaw]:
    """No more of the text is code than the policy allows."""
    most = s.policy["maximum_code_token_ratio_bps"]
    for position, row in enumerate(s.policy["content_class_token_share_report"]):
        stands = row["observed_token_share_bps"]
        if row["content_class"] == "code" and stands > most:
            message = f"{stands} basis points are code, but the policy allows {most}"
            pointer = f"{_CLASSES}/{position}/observed_token_share_bps"
            yield Flaw("policy", pointer, message, most, stands, (("policy", _CODE),))


def _source_caps(policy: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """By source, the position of its cap in the policy and the cap in basis points; the first counts."""
    found: dict[str, tuple[int, int]] = {}
    for position, row in enumerate(policy["source_contribution_caps"]):
        found.setdefault(row["source_id"], (position, row["maximum_source_token_share_bps"]))
    return found


@check("cap-coverage-mismatch cap-order-mismatch", "policy", policy=(_REGIONS, _CAPS))
def region_caps(s: Subject) -> Iterator[Flaw]:
    """A region is of a source that has a cap, and its own cap is not above that."""
    found = s.of("policy", _source_caps)
    for position, row in enumerate(s.policy["repetitive_region_controls"]):
        source, stands = row["source_id"], row["maximum_region_token_share_bps"]
        if source not in found:
            message = f"the region's source {shown(source)} has no cap"
            pointer, other = f"{_REGIONS}/{position}/source_id", (("policy", _CAPS),)
            yield Flaw("policy", pointer, message, None, source, other, "cap-coverage-mismatch")
        elif stands > found[source][1]:
            where, most = found[source]
            message = f"the region may have {stands} basis points, but its source {shown(source)} only {most}"
            pointer = f"{_REGIONS}/{position}/maximum_region_token_share_bps"
            other = (("policy", f"{_CAPS}/{where}/maximum_source_token_share_bps"),)
            yield Flaw("policy", pointer, message, most, stands, other, "cap-order-mismatch")


class Trained(NamedTuple):
    """What may be trained on: all that stands in shards that are neither held out nor for testing.

    Attributes:
        families: by family, a pointer to where it stands in the corpus.
        sources: by source, its family and such a pointer.
    """

    families: dict[str, str]
    sources: dict[str, tuple[str, str]]


def trained(corpus: dict[str, Any]) -> Trained:
    """The families and sources of a corpus that may be trained on."""
    found = Trained({}, {})
    for position, shard in enumerate(corpus["shards"]):
        if shard["split_kind"] in ("held_out", "test"):
            continue
        for place, entry in enumerate(shard["source_lineage"]):
            pointer = f"/shards/{position}/source_lineage/{place}"
            found.families.setdefault(entry["source_family_id"], f"{pointer}/source_family_id")
            found.sources.setdefault(entry["source_id"], (entry["source_family_id"], f"{pointer}/source_id"))
    return found


@check("weight-coverage-mismatch", "config", policy=(_WEIGHTS,), corpus=("/shards",))
def weighted_families(s: Subject) -> Iterator[Flaw]:
    """The weights are for exactly the families that may be trained on."""
    families, weighted = s.of("corpus", trained).families, s.of("policy", caps)
    for family, (position, _) in weighted.items():
        if family not in families:
            message = f"no shard to train on holds the family {shown(family)}, only {listed(list(families))}"
            pointer, other = f"{_WEIGHTS}/{position}/source_family_id", (("corpus", "/shards"),)
            yield Flaw("policy", pointer, message, None, family, other)
    for family, there in families.items():
        if family not in weighted:
            message = f"the family {shown(family)} may be trained on and has no weight"
            yield Flaw("policy", _WEIGHTS, message, related=(("corpus", there),))


@check("cap-coverage-mismatch", "config", policy=(_CAPS,), corpus=("/shards",))
def capped_sources(s: Subject) -> Iterator[Flaw]:
    """The caps are for exactly the sources that may be trained on."""
    sources, capped = s.of("corpus", trained).sources, s.of("policy", _source_caps)
    for source, (position, _) in capped.items():
        if source not in sources:
            message = f"no shard to train on holds the source {shown(source)}"
            pointer, other = f"{_CAPS}/{position}/source_id", (("corpus", "/shards"),)
            yield Flaw("policy", pointer, message, None, source, other)
    for source, (_, there) in sources.items():
        if source not in capped:
            message = f"the source {shown(source)} may be trained on and has no cap"
            yield Flaw("policy", _CAPS, message, related=(("corpus", there),))


@check("cap-order-mismatch", "config", policy=(_CAPS, _WEIGHTS), corpus=("/shards",))
def source_caps(s: Subject) -> Iterator[Flaw]:
    """No source has a higher cap than its family."""
    sources, families = s.of("corpus", trained).sources, s.of("policy", caps)
    for source, (position, stands) in s.of("policy", _source_caps).items():
        family, there = sources.get(source, ("", ""))
        if family in families and stands > families[family][1]:
            where, most = families[family]
            message = f"the source {shown(source)} may have {stands} basis points, but its family only {most}"
            pointer = f"{_CAPS}/{position}/maximum_source_token_share_bps"
            others = (("policy", f"{_WEIGHTS}/{where}/maximum_family_token_share_bps"), ("corpus", there))
            yield Flaw("policy", pointer, message, most, stands, others)


_INPUTS = {
    "tokenized_corpus_schema_version": "/schema_version",
    "raw_source_schema_version": "/raw_source_schema_version",
    "packing_policy_version": "/packing_policy/policy_version",
}
"""What the policy says it was written for, and where the corpus says it."""


def _input(name: str, place: str) -> Body:
    def body(s: Subject) -> Iterator[Flaw]:
        stands, right = s.policy[name], value_at(s.corpus, place)
        if stands != right:
            message = f"the policy was written for {name} {shown(stands)}, but the corpus says {shown(right)}"
            yield Flaw("policy", f"/{name}", message, right, stands, (("corpus", place),))

    return body


for _name, _place in _INPUTS.items():
    check("policy-input-mismatch", "config", policy=(f"/{_name}",), corpus=(_place,))(_input(_name, _place))
