"""A sampling policy by itself, and against the corpus of the config that names both."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from psion_contract.reading.escaping import excerpt, listed
from psion_contract.reading.pointers import value_at
from psion_contract.rules.checks import Check, Flaw, Subject, check
from psion_contract.rules.coverage import caps

_WEIGHTS = "/source_family_weights"
_CAPS = "/source_contribution_caps"
_REGIONS = "/repetitive_region_controls"
_CLASSES = "/content_class_token_share_report"
_THRESHOLDS = "/regression_thresholds"
_CODE = "/maximum_code_token_ratio_bps"
_WHOLE = 10000


def _total(check_id: str, pointer: str, member: str) -> Check:
    @check(check_id)
    def total(s: Subject) -> Iterator[Flaw]:
        rows = s.policy[pointer[1:]]
        actual = sum(row[member] for row in rows)
        if actual != _WHOLE:
            message = (
                f"{member} adds up to {actual} basis points over all rows, "
                f"{abs(actual - _WHOLE)} {'more' if actual > _WHOLE else 'less'} than {_WHOLE}"
            )
            others = tuple(("policy", f"{pointer}/{position}/{member}") for position in range(len(rows)))
            yield Flaw("policy", pointer, message, _WHOLE, actual, others)

    return total


def _one_each(check_id: str, pointer: str, member: str, words: tuple[str, ...]) -> Check:
    @check(check_id)
    def rows(s: Subject) -> Iterator[Flaw]:
        seen: dict[str, int] = {}
        for position, row in enumerate(s.policy[pointer[1:]]):
            word = row[member]
            first = seen.setdefault(word, position)
            if first != position:
                message, other = (
                    f"second row for {word}",
                    (("policy", f"{pointer}/{first}/{member}"),),
                )
                yield Flaw("policy", f"{pointer}/{position}/{member}", message, None, word, other)
        for word in words:
            if word not in seen:
                yield Flaw("policy", pointer, f"no row for {word}")

    return rows


_CLASS_WORDS = ("prose", "spec_text", "code")
_REGRESSIONS = (
    "explanation_quality",
    "spec_interpretation",
    "tradeoff_reasoning",
    "invariant_articulation",
    "coding_fluency",
)


@check("content-class-cap-exceeded.classes")
def class_caps(s: Subject) -> Iterator[Flaw]:
    """No content class has a larger share than the caps of its families together."""
    weights = s.policy["source_family_weights"]
    for position, row in enumerate(s.policy["content_class_token_share_report"]):
        name, actual = row["content_class"], row["observed_token_share_bps"]
        own = [place for place, weight in enumerate(weights) if weight["content_class"] == name]
        most = sum(weights[place]["maximum_family_token_share_bps"] for place in own)
        if actual > most:
            message = f"{name} has {actual} basis points, but the caps of its families add up to {most}"
            others = tuple(("policy", f"{_WEIGHTS}/{place}/maximum_family_token_share_bps") for place in own)
            pointer = f"{_CLASSES}/{position}/observed_token_share_bps"
            yield Flaw("policy", pointer, message, most, actual, others or (("policy", _WEIGHTS),))


@check("content-class-cap-exceeded.code")
def code_cap(s: Subject) -> Iterator[Flaw]:
    """The share of code is within the policy's maximum."""
    most = s.policy["maximum_code_token_ratio_bps"]
    for position, row in enumerate(s.policy["content_class_token_share_report"]):
        actual = row["observed_token_share_bps"]
        if row["content_class"] == "code" and actual > most:
            message = f"code has {actual} basis points, but the policy allows {most}"
            pointer = f"{_CLASSES}/{position}/observed_token_share_bps"
            yield Flaw("policy", pointer, message, most, actual, (("policy", _CODE),))


def _source_caps(policy: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """By source, the position of its cap in the policy and the cap in basis points; the first counts."""
    found: dict[str, tuple[int, int]] = {}
    for position, row in enumerate(policy["source_contribution_caps"]):
        found.setdefault(row["source_id"], (position, row["maximum_source_token_share_bps"]))
    return found


@check("cap-coverage-mismatch.regions")
def region_caps(s: Subject) -> Iterator[Flaw]:
    """A region belongs to a source with a cap, and its own cap is not above that one."""
    found = s.of("policy", _source_caps)
    for position, row in enumerate(s.policy["repetitive_region_controls"]):
        source, actual = row["source_id"], row["maximum_region_token_share_bps"]
        if source not in found:
            message = f"the region's source {excerpt(source)} has no cap"
            pointer, other = f"{_REGIONS}/{position}/source_id", (("policy", _CAPS),)
            yield Flaw("policy", pointer, message, None, source, other, "cap-coverage-mismatch")
        elif actual > found[source][1]:
            where, most = found[source]
            message = f"the cap of the region is {actual} basis points, above {most} of its source {excerpt(source)}"
            pointer = f"{_REGIONS}/{position}/maximum_region_token_share_bps"
            other = (("policy", f"{_CAPS}/{where}/maximum_source_token_share_bps"),)
            yield Flaw("policy", pointer, message, most, actual, other, "cap-order-mismatch")


class Trained(NamedTuple):
    """What may be trained on: the contents of all shards but held-out and test ones.

    Attributes:
        families: by family, a pointer to it in the corpus.
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


def _exactly(
    noun: str, need: str, listed_at: dict[str, str], trained_at: dict[str, str], place: str
) -> Iterator[Flaw]:
    """A flaw for each entry of the policy that is not trained on, and for each one that has no entry.

    Args:
        noun: what the entries are of.
        need: what each of them has.
        listed_at: by id, the pointer in the policy.
        trained_at: by id, the pointer in the corpus.
        place: pointer of the list in the policy.
    """
    for name, pointer in listed_at.items():
        if name not in trained_at:
            message = (
                f"no training shard holds the {noun} {excerpt(name)}; they hold {listed(list(trained_at))}"
            )
            yield Flaw("policy", pointer, message, None, name, (("corpus", "/shards"),))
    for name, pointer in trained_at.items():
        if name not in listed_at:
            message = f"the {noun} {excerpt(name)} may be trained on but has no {need}"
            yield Flaw("policy", place, message, related=(("corpus", pointer),))


@check("weight-coverage-mismatch")
def weighted_families(s: Subject) -> Iterator[Flaw]:
    """The weights are for exactly the families that may be trained on."""
    weighted = {
        family: f"{_WEIGHTS}/{position}/source_family_id"
        for family, (position, _) in s.of("policy", caps).items()
    }
    return _exactly("family", "weight", weighted, s.of("corpus", trained).families, _WEIGHTS)


@check("cap-coverage-mismatch.sources")
def capped_sources(s: Subject) -> Iterator[Flaw]:
    """The caps are for exactly the sources that may be trained on."""
    capped = {
        source: f"{_CAPS}/{position}/source_id"
        for source, (position, _) in s.of("policy", _source_caps).items()
    }
    sources = {source: there for source, (_, there) in s.of("corpus", trained).sources.items()}
    return _exactly("source", "cap", capped, sources, _CAPS)


@check("cap-order-mismatch")
def source_caps(s: Subject) -> Iterator[Flaw]:
    """No source has a higher cap than its family."""
    sources, families = s.of("corpus", trained).sources, s.of("policy", caps)
    for source, (position, actual) in s.of("policy", _source_caps).items():
        family, there = sources.get(source, ("", ""))
        if family in families and actual > families[family][1]:
            where, most = families[family]
            message = f"the cap of the source {excerpt(source)} is {actual} basis points, above {most} of its family"
            pointer = f"{_CAPS}/{position}/maximum_source_token_share_bps"
            others = (("policy", f"{_WEIGHTS}/{where}/maximum_family_token_share_bps"), ("corpus", there))
            yield Flaw("policy", pointer, message, most, actual, others)


def _input(check_id: str, name: str, place: str) -> Check:
    @check(f"policy-input-mismatch.{check_id}")
    def stated(s: Subject) -> Iterator[Flaw]:
        actual, expected = s.policy[name], value_at(s.corpus, place)
        if actual != expected:
            message = f"the policy was written for {name} {excerpt(actual)}, but the corpus says {excerpt(expected)}"
            yield Flaw("policy", f"/{name}", message, expected, actual, (("corpus", place),))

    return stated


CHECKS: tuple[Check, ...] = (
    weighted_families,
    capped_sources,
    source_caps,
    _input("corpus", "tokenized_corpus_schema_version", "/schema_version"),
    _input("raw-source", "raw_source_schema_version", "/raw_source_schema_version"),
    _input("packing-policy", "packing_policy_version", "/packing_policy/policy_version"),
    _total("weight-total-mismatch", _WEIGHTS, "sampling_weight_bps"),
    _one_each("content-class-mismatch", _CLASSES, "content_class", _CLASS_WORDS),
    _total("content-class-total-mismatch", _CLASSES, "observed_token_share_bps"),
    class_caps,
    code_cap,
    _one_each("regression-threshold-mismatch", _THRESHOLDS, "regression_kind", _REGRESSIONS),
    region_caps,
)
