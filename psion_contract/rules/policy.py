"""A sampling policy by itself, and against the corpus of the config that names both."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from psion_contract.catalog import MAX_RELATED
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
_TOTAL_BPS = 10000


def _total(check_id: str, pointer: str, member: str) -> Check:
    @check(check_id)
    def total(s: Subject) -> Iterator[Flaw]:
        rows = s.policy[pointer[1:]]
        actual = sum(row[member] for row in rows)
        if actual != _TOTAL_BPS:
            message = (
                f"{member} adds up to {actual} basis points over all rows, "
                f"{abs(actual - _TOTAL_BPS)} {'more' if actual > _TOTAL_BPS else 'less'} than {_TOTAL_BPS}"
            )
            others = tuple(("policy", f"{pointer}/{position}/{member}") for position in range(len(rows)))
            yield Flaw("policy", pointer, message, _TOTAL_BPS, actual, others)

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


CLASS_WORDS = ("prose", "spec_text", "code")
REGRESSIONS = (
    "explanation_quality",
    "spec_interpretation",
    "tradeoff_reasoning",
    "invariant_articulation",
    "coding_fluency",
)


@check("content-class-cap-exceeded.classes")
def class_caps(s: Subject) -> Iterator[Flaw]:
    """No content class has a larger share than the caps of its families together."""
    limits = dict.fromkeys(CLASS_WORDS, 0)
    caps_of: dict[str, tuple[tuple[str, str], ...]] = dict.fromkeys(CLASS_WORDS, ())
    for number, weight in enumerate(s.policy["source_family_weights"]):
        name = weight["content_class"]
        limits[name] += weight["maximum_family_token_share_bps"]
        if len(caps_of[name]) < MAX_RELATED:
            pointer = f"{_WEIGHTS}/{number}/maximum_family_token_share_bps"
            caps_of[name] = (*caps_of[name], ("policy", pointer))
    for position, row in enumerate(s.policy["content_class_token_share_report"]):
        name, actual = row["content_class"], row["observed_token_share_bps"]
        limit, others = limits[name], caps_of[name]
        if actual > limit:
            message = f"{name} has {actual} basis points, but the caps of its families add up to {limit}"
            pointer = f"{_CLASSES}/{position}/observed_token_share_bps"
            yield Flaw("policy", pointer, message, limit, actual, others or (("policy", _WEIGHTS),))


@check("content-class-cap-exceeded.code")
def code_cap(s: Subject) -> Iterator[Flaw]:
    """The share of code is within the policy's maximum."""
    limit = s.policy["maximum_code_token_ratio_bps"]
    for position, row in enumerate(s.policy["content_class_token_share_report"]):
        actual = row["observed_token_share_bps"]
        if row["content_class"] == "code" and actual > limit:
            message = f"code has {actual} basis points, but the policy allows {limit}"
            pointer = f"{_CLASSES}/{position}/observed_token_share_bps"
            yield Flaw("policy", pointer, message, limit, actual, (("policy", _CODE),))


@check("code-cap-exceeded")
def code_family_caps(s: Subject) -> Iterator[Flaw]:
    """The caps of the code families together are within the policy's maximum for code."""
    limit, weights = s.policy["maximum_code_token_ratio_bps"], s.policy["source_family_weights"]
    code = [number for number, weight in enumerate(weights) if weight["content_class"] == "code"]
    total = sum(weights[number]["maximum_family_token_share_bps"] for number in code)
    if total > limit:
        message = (
            f"the caps of the code families add up to {total} basis points, but the policy allows {limit}"
        )
        others = tuple(("policy", f"{_WEIGHTS}/{number}/maximum_family_token_share_bps") for number in code)
        yield Flaw("policy", _CODE, message, None, limit, others)


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
            cap_position, limit = found[source]
            message = f"the cap of the region is {actual} basis points, above {limit} of its source {excerpt(source)}"
            pointer = f"{_REGIONS}/{position}/maximum_region_token_share_bps"
            other = (("policy", f"{_CAPS}/{cap_position}/maximum_source_token_share_bps"),)
            yield Flaw("policy", pointer, message, limit, actual, other, "cap-order-mismatch")


class TrainingData(NamedTuple):
    """The data that may be trained on: all shards except held-out and test shards.

    Attributes:
        families: by family, a pointer to it in the corpus.
        sources: by source, its family and a pointer to it in the corpus.
    """

    families: dict[str, str]
    sources: dict[str, tuple[str, str]]


def training_data(corpus: dict[str, Any]) -> TrainingData:
    """The families and sources of a corpus that may be trained on."""
    found = TrainingData({}, {})
    for position, shard in enumerate(corpus["shards"]):
        if shard["split_kind"] in ("held_out", "test"):
            continue
        for index, entry in enumerate(shard["source_lineage"]):
            pointer = f"/shards/{position}/source_lineage/{index}"
            found.families.setdefault(entry["source_family_id"], f"{pointer}/source_family_id")
            found.sources.setdefault(entry["source_id"], (entry["source_family_id"], f"{pointer}/source_id"))
    return found


def _exactly(
    noun: str, entry: str, in_policy: dict[str, str], in_corpus: dict[str, str], list_pointer: str
) -> Iterator[Flaw]:
    """A flaw for each entry of the policy that may not be trained on, and for each missing entry.

    Args:
        noun: ``family`` or ``source``.
        entry: ``weight`` or ``cap``.
        in_policy: by id, the pointer in the policy.
        in_corpus: by id, the pointer in the corpus, of what may be trained on.
        list_pointer: pointer of the list in the policy.
    """
    for name, pointer in in_policy.items():
        if name not in in_corpus:
            message = f"no training shard holds the {noun} {excerpt(name)}; they hold {listed(in_corpus)}"
            yield Flaw("policy", pointer, message, None, name, (("corpus", "/shards"),))
    for name, pointer in in_corpus.items():
        if name not in in_policy:
            message = f"the {noun} {excerpt(name)} may be trained on but has no {entry}"
            yield Flaw("policy", list_pointer, message, related=(("corpus", pointer),))


@check("weight-coverage-mismatch")
def weighted_families(s: Subject) -> Iterator[Flaw]:
    """The weights are for exactly the families that may be trained on."""
    weighted = {
        family: f"{_WEIGHTS}/{cap.position}/source_family_id" for family, cap in s.of("policy", caps).items()
    }
    return _exactly("family", "weight", weighted, s.of("corpus", training_data).families, _WEIGHTS)


@check("cap-coverage-mismatch.sources")
def capped_sources(s: Subject) -> Iterator[Flaw]:
    """The caps are for exactly the sources that may be trained on."""
    capped = {
        source: f"{_CAPS}/{position}/source_id"
        for source, (position, _) in s.of("policy", _source_caps).items()
    }
    sources = {
        source: source_pointer
        for source, (_, source_pointer) in s.of("corpus", training_data).sources.items()
    }
    return _exactly("source", "cap", capped, sources, _CAPS)


@check("cap-order-mismatch")
def source_caps(s: Subject) -> Iterator[Flaw]:
    """No source has a higher cap than its family."""
    sources, families = s.of("corpus", training_data).sources, s.of("policy", caps)
    for source, (position, actual) in s.of("policy", _source_caps).items():
        family, source_pointer = sources.get(source, ("", ""))
        if family in families and actual > families[family].maximum:
            cap_position, limit, _ = families[family]
            message = f"the cap of the source {excerpt(source)} is {actual} basis points, above {limit} of its family"
            pointer = f"{_CAPS}/{position}/maximum_source_token_share_bps"
            others = (
                ("policy", f"{_WEIGHTS}/{cap_position}/maximum_family_token_share_bps"),
                ("corpus", source_pointer),
            )
            yield Flaw("policy", pointer, message, limit, actual, others)


def _input(check_id: str, name: str, pointer: str) -> Check:
    @check(f"policy-input-mismatch.{check_id}")
    def matches_corpus(s: Subject) -> Iterator[Flaw]:
        actual, expected = s.policy[name], value_at(s.corpus, pointer)
        if actual != expected:
            message = f"the policy was written for {name} {excerpt(actual)}, but the corpus says {excerpt(expected)}"
            yield Flaw("policy", f"/{name}", message, expected, actual, (("corpus", pointer),))

    return matches_corpus


CHECKS: tuple[Check, ...] = (
    weighted_families,
    capped_sources,
    source_caps,
    _input("corpus", "tokenized_corpus_schema_version", "/schema_version"),
    _input("raw-source", "raw_source_schema_version", "/raw_source_schema_version"),
    _input("packing-policy", "packing_policy_version", "/packing_policy/policy_version"),
    _total("weight-total-mismatch", _WEIGHTS, "sampling_weight_bps"),
    _one_each("content-class-mismatch", _CLASSES, "content_class", CLASS_WORDS),
    _total("content-class-total-mismatch", _CLASSES, "observed_token_share_bps"),
    class_caps,
    code_cap,
    code_family_caps,
    _one_each("regression-threshold-mismatch", _THRESHOLDS, "regression_kind", REGRESSIONS),
    region_caps,
)
