"""Builds a sampling policy from its corpus and a sidecar."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from psion_contract.build.inputs import Input, Inputs, in_order, refuse_unless_ok, warn_of
from psion_contract.build.rounding import TOTAL_BPS, basis_points
from psion_contract.build.sidecars import Sidecar
from psion_contract.documents.kinds import POLICY
from psion_contract.documents.schemas import POLICY_SIDECAR
from psion_contract.reading.escaping import listed, quoted
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits
from psion_contract.reading.source import Source
from psion_contract.rules.policy import CLASS_WORDS, REGRESSIONS, training_data

_FAMILIES, _CAPS = "/source_family_weights", "/source_contribution_caps"
_REGIONS, _THRESHOLDS = "/repetitive_region_controls", "/regression_thresholds"
_CODE = "/maximum_code_token_ratio_bps"

_MEANINGS = {
    "explanation_quality": "how well the model explains",
    "spec_interpretation": "how well it reads what a specification requires",
    "tradeoff_reasoning": "how well it weighs one choice against another",
    "invariant_articulation": "how well it states what must always hold",
    "coding_fluency": "how well it writes code",
}


def new_policy(
    corpus: Input,
    sidecar: Mapping[str, Any] | os.PathLike[str] | Source,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> Json:
    """Build the sampling policy of a corpus (section 1.5 of the contract) from a sidecar.

    What the policy repeats of the corpus is derived. So are, unless the sidecar has them: weights, in proportion to the
    training tokens of each family; caps of families, no limit, and of sources, that of the family; the share of code, 0
    if no family is code; and the shares of the classes, the sums of the weights.

    Args:
        corpus: the manifest of the corpus.
        sidecar: what the corpus does not say, as the schema ``psion.policy_sidecar.v1`` describes it: a mapping, or the
            path of a YAML, TOML or JSON file.
        limits: of the reader.

    Returns:
        The policy, with its members in contract order. It breaks no rule of severity error.

    Warns:
        ContractWarning: the policy has findings of severity warning.

    Raises:
        ArgumentError: an argument has no JSON form.
        InconsistentError: the result or the corpus breaks a rule; the error has the report.
        MissingExtraError: the sidecar is YAML, and PyYAML is not installed.
        SidecarError: the sidecar has gaps, or does not fit the corpus; the message has a line for each problem.
        UnreadableError: a file cannot be read.
        WrongKindError: the corpus is another kind of document.
    """
    inputs = Inputs(limits, corpus=corpus)
    data = inputs.values["corpus"]
    read = Sidecar(sidecar, POLICY_SIDECAR, limits)
    families = list(training_data(data).families)
    sources = {name: family for name, (family, _) in training_data(data).sources.items()}
    tokens = training_tokens(data)
    _judge_families(read, families, tokens)
    _judge_sources(read, sources)
    _judge_thresholds(read)
    read.refuse_if_any()
    policy = _policy(read.value, data, sources, tokens)
    report = inputs.check("new policy", policy)
    refuse_unless_ok(report)
    warn_of(report)
    return in_order(POLICY, policy)


def training_tokens(corpus: Json) -> dict[str, int] | None:
    """The tokens of each family in the shards of training splits; None if a shard there holds several families.

    Families of other shards that may be trained on, such as validation ones, have no tokens.
    """
    tokens = dict.fromkeys(training_data(corpus).families, 0)
    for shard in corpus["shards"]:
        if shard["split_kind"] != "train":
            continue
        held = {entry["source_family_id"] for entry in shard["source_lineage"]}
        if len(held) > 1:
            return None
        tokens[held.pop()] += shard["token_count"]
    return tokens


def _shares(tokens: dict[str, int] | None) -> dict[str, int] | None:
    """The share of each family in the training tokens, in basis points; None if it is not known."""
    if tokens is None or not any(tokens.values()):
        return None
    return dict(zip(tokens, basis_points(list(tokens.values())), strict=True))


def _judge_families(sidecar: Sidecar, families: list[str], tokens: dict[str, int] | None) -> None:
    """The weights are for the families that may be trained on, each once; all are given, or all can be derived."""
    entries = list(sidecar.items(_FAMILIES))
    _judge_names(sidecar, _FAMILIES, entries, "source_family_id", families, "family")
    if sidecar.complete(_FAMILIES) or sidecar.lacks(_FAMILIES):
        named = {each["source_family_id"] for _, each in entries}
        for family in families:
            if family not in named:
                sidecar.gap(_FAMILIES, f"an entry for the family {quoted(family)}, which may be trained on")
    shares = _shares(tokens)
    weighted = [pointer for pointer, each in entries if "sampling_weight_bps" in each]
    for pointer, each in entries:
        family = each["source_family_id"]
        place = f"{pointer}/sampling_weight_bps"
        if pointer in weighted:
            if "rationale" not in each:
                sidecar.gap(f"{pointer}/rationale", "why the family is weighted so")
        elif weighted:
            sidecar.gap(place, "other families have a weight; expected all of them to have one, or none")
        elif shares is None:
            sidecar.gap(place, "a training shard holds several families, so their tokens are not known")
        elif shares.get(family) == 0:
            sidecar.gap(
                place, f"the family {quoted(family)} has less than a basis point of the training tokens"
            )
    code = [pointer for pointer, each in entries if each["content_class"] == "code"]
    if code and _CODE[1:] not in sidecar.value and sidecar.complete(_CODE):
        sidecar.gap(_CODE, "the largest share that code may have")
    elif code and sidecar.value.get(_CODE[1:]) == 0:
        sidecar.problem(_CODE, "a family is code, so its share is at least 1")
    for pointer in code:
        place = f"{pointer}/maximum_family_token_share_bps"
        if len(code) > 1 and not sidecar.has(place) and sidecar.has(pointer):
            sidecar.gap(place, f"several families are code, and together their caps are within {_CODE[1:]}")


def _judge_sources(sidecar: Sidecar, sources: Mapping[str, str]) -> None:
    """Caps and regions are those of sources that may be trained on; no source has two caps."""
    _judge_names(sidecar, _CAPS, list(sidecar.items(_CAPS)), "source_id", list(sources), "source")
    for pointer, region in sidecar.items(_REGIONS):
        if region["source_id"] not in sources:
            _not_trained(sidecar, f"{pointer}/source_id", "source", region["source_id"], list(sources))


def _judge_names(
    sidecar: Sidecar, pointer: str, entries: list[tuple[str, Any]], member: str, known: list[str], noun: str
) -> None:
    """Each entry names something that may be trained on, and nothing is named twice."""
    seen = set[str]()
    for place, entry in entries:
        name = entry[member]
        if name in seen:
            sidecar.problem(f"{place}/{member}", f"a second entry for the {noun} {quoted(name)}")
        elif name not in known:
            _not_trained(sidecar, f"{place}/{member}", noun, name, known)
        seen.add(name)


def _not_trained(sidecar: Sidecar, pointer: str, noun: str, name: str, known: list[str]) -> None:
    sidecar.problem(
        pointer, f"no shard that may be trained on holds the {noun} {quoted(name)}; they hold {listed(known)}"
    )


def _judge_thresholds(sidecar: Sidecar) -> None:
    """Each of the five kinds has a threshold."""
    if not (sidecar.complete(_THRESHOLDS) or sidecar.lacks(_THRESHOLDS)):
        return
    given = {each["regression_kind"] for _, each in sidecar.items(_THRESHOLDS)}
    for kind in REGRESSIONS:
        if kind not in given:
            sidecar.gap(_THRESHOLDS, f"an entry for {kind}: {_MEANINGS[kind]}")


def _policy(given: Json, corpus: Json, sources: Mapping[str, str], tokens: dict[str, int] | None) -> Json:
    ratio = given.get("maximum_code_token_ratio_bps", 0)
    families = list(_families(given["source_family_weights"], ratio, tokens))
    caps = {each["source_family_id"]: each["maximum_family_token_share_bps"] for each in families}
    own = {each["source_id"]: each for each in given.get("source_contribution_caps", ())}
    by_source = {
        source: own.get(source)
        or {
            "source_id": source,
            "maximum_source_token_share_bps": caps[family],
            "rationale": "No cap of its own: that of its family.",
        }
        for source, family in sources.items()
    }
    return {
        "schema_version": POLICY.version,
        "tokenized_corpus_schema_version": corpus["schema_version"],
        "raw_source_schema_version": corpus["raw_source_schema_version"],
        "dataset_identity": corpus["replay_contract"]["stable_dataset_identity"],
        "policy_id": given["policy_id"],
        "policy_version": given["policy_version"],
        "packing_policy_version": corpus["packing_policy"]["policy_version"],
        "maximum_code_token_ratio_bps": ratio,
        "source_family_weights": families,
        "source_contribution_caps": [
            *own.values(),
            *(cap for source, cap in by_source.items() if source not in own),
        ],
        "repetitive_region_controls": [
            {
                "maximum_region_token_share_bps": by_source[each["source_id"]][
                    "maximum_source_token_share_bps"
                ],
                **each,
            }
            for each in given["repetitive_region_controls"]
        ],
        "content_class_token_share_report": given.get("content_class_token_share_report")
        or [
            {
                "content_class": word,
                "observed_token_share_bps": sum(
                    each["sampling_weight_bps"] for each in families if each["content_class"] == word
                ),
            }
            for word in CLASS_WORDS
        ],
        "regression_thresholds": given["regression_thresholds"],
    }


def _families(entries: list[Json], ratio: int, tokens: dict[str, int] | None) -> Iterator[Json]:
    """The rows of families, with what the sidecar leaves out."""
    shares, total = _shares(tokens) or {}, sum((tokens or {}).values())
    for each in entries:
        family = each["source_family_id"]
        derived: Json = {
            "maximum_family_token_share_bps": ratio if each["content_class"] == "code" else TOTAL_BPS
        }
        if "sampling_weight_bps" not in each:
            derived["sampling_weight_bps"] = shares[family]
            derived["rationale"] = (
                f"In proportion to its {(tokens or {})[family]} of {total} training tokens."
            )
        yield derived | each
