"""Cases of the rules on a sampling policy and the corpus that a config brings it together with."""

from __future__ import annotations

from typing import Any

from tools.edits import append, drop, each, put, repeat, swap
from tools.pack.base_documents import PLAN
from tools.pack.case_builder import Group
from tools.pack.policy_cases import class_shares
from tools.pack.shards_cases import source

_WEIGHTS, _CAPS = "/policy/source_family_weights", "/policy/source_contribution_caps"
_MOST = "maximum_family_token_share_bps"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases of policy and corpus together, in the order of the rules."""
    cases = Group(
        "policy-and-corpus",
        "A sampling policy with the corpus that a config brings it together with.",
        on=PLAN,
    )
    _weighted(cases)
    _capped(cases)
    _cap_order(cases)
    _inputs(cases)
    return cases


def _weight(family: str, share: int, **members: Any) -> dict[str, Any]:
    cases = {"source_family_id": family, "content_class": "prose", "sampling_weight_bps": share, _MOST: 1}
    return {**cases, "rationale": "So it was agreed.", **members}


def _weighted(cases: Group) -> None:
    rule, pointer = "weight-coverage-mismatch", f"{_WEIGHTS}/2/source_family_id"
    less = put(f"{_WEIGHTS}/0/sampling_weight_bps", 7100)
    cases.accepted(
        rule, "order", "The sampling weights are in another order, which makes no difference.",
        swap(_WEIGHTS, 0, 1),
    )
    for slug, family, what in (
        ("nowhere", "ghost", "is not in the corpus"),
        ("held-out", "exams", "is held out"),
    ):
        cases.rejected(
            rule, slug, f"The policy weights a family that {what}.", less,
            append(_WEIGHTS, _weight(family, 100)), at=[pointer],
        )
    for kind in ("test", "validation", "preference", "replay", "custom"):
        called = [put("/corpus/splits/2/kind", kind), put("/corpus/shards/3/split_kind", kind)]
        cap = append(_CAPS, {"source_id": "papers", "maximum_source_token_share_bps": 1, "rationale": "x"})
        if kind == "test":
            cases.rejected(
                rule, kind,
                "The policy weights a family that is only in a test split, which is not trained on.",
                *called, less, append(_WEIGHTS, _weight("exams", 100)), at=[pointer],
            )
            continue
        cases.accepted(
            rule, kind, f"The policy weights a family of a {kind} split, which may be trained on.", *called,
            less, cap, append(_WEIGHTS, _weight("exams", 100)),
        )
        cases.rejected(
            rule, f"{kind}-unweighted",
            f"A family of a {kind} split, which may be trained on, has no weight.", *called, cap,
            at=[_WEIGHTS],
        )
    cases.rejected(
        rule, "own-kind",
        "A shard of a held_out split says custom as its own kind, so that its family needs a weight.",
        put("/corpus/shards/3/split_kind", "custom"),
        append(_CAPS, {"source_id": "papers", "maximum_source_token_share_bps": 1, "rationale": "x"}),
        at=[_WEIGHTS], also=[("split-shards-mismatch", "/corpus/shards/3/split_kind")],
    )
    cases.rejected(
        rule, "unweighted", "A family that is trained on has no weight.", drop(f"{_WEIGHTS}/1"),
        put(f"{_WEIGHTS}/0/sampling_weight_bps", 10000), put(f"{_WEIGHTS}/0/{_MOST}", 10000),
        *class_shares(10000, 0, 0), at=[_WEIGHTS],
    )


def _capped(cases: Group) -> None:
    rule = "cap-coverage-mismatch"
    cases.accepted(
        rule, "order", "The caps of sources are in another order, which makes no difference.", swap(_CAPS, 0, 2),
    )
    for slug, name, what in (
        ("held-out", "papers", "is held out"),
        ("nowhere", "ghost", "is not in the corpus"),
    ):
        cases.rejected(
            rule, slug, f"The policy caps a source that {what}.", repeat(f"{_CAPS}/1", source_id=name),
            at=[f"{_CAPS}/5/source_id"],
        )
    cases.rejected(rule, "uncapped", "A source that is trained on has no cap.", drop(f"{_CAPS}/2"), at=[_CAPS])
    cases.rejected(
        rule, "twice-nowhere",
        "The policy caps an unknown source twice, which is reported at the first of the two.",
        repeat(f"{_CAPS}/1", source_id="ghost"), repeat(f"{_CAPS}/1", source_id="ghost"),
        at=[f"{_CAPS}/5/source_id"], also=[("duplicate-id", f"{_CAPS}/6/source_id")],
    )


def _cap_order(cases: Group) -> None:
    rule, cap = "cap-order-mismatch", f"{_CAPS}/{{}}/maximum_source_token_share_bps".format
    cases.accepted(
        rule, "source-equal", "The cap of a source is exactly that of its family, which is allowed.",
        put(cap(0), 8000),
    )
    cases.rejected(
        rule, "source", "The cap of the source handbook is a basis point above that of its family, prose.",
        put(cap(0), 8001), at=[cap(0)],
    )
    cases.rejected(
        rule, "code", "The cap of the source kernel is a basis point above that of its family, code.",
        put(cap(2), 3501), at=[cap(2)],
    )
    cases.rejected(
        rule, "untrained", "A source that is not trained on has a cap of 10000, which is compared with no family.",
        repeat(f"{_CAPS}/1", source_id="papers", maximum_source_token_share_bps=10000), at=[],
        also=[("cap-coverage-mismatch", f"{_CAPS}/5/source_id")],
    )
    cases.rejected(
        rule, "unweighted",
        "A source whose family has no weight has a cap of 10000, which is compared with no family.",
        put(cap(2), 10000), put(f"{_WEIGHTS}/1/source_family_id", "ghost"), at=[],
        also=[("weight-coverage-mismatch", _WEIGHTS), ("weight-coverage-mismatch",
            f"{_WEIGHTS}/1/source_family_id")],
    )
    cases.rejected(
        rule, "first-family",
        "A source of two families has a cap that fits the one under which it is first trained on.",
        append("/corpus/source_family_bindings/1/source_ids", "handbook"),
        append("/corpus/shards/1/source_lineage", source("handbook", "code")), at=[],
        also=[("duplicate-id", "/corpus/source_family_bindings/1/source_ids/2")],
    )
    cases.rejected(
        rule, "first-cap",
        "A source has two caps, and only the second, which does not count, is above that of its family.",
        repeat(f"{_CAPS}/2", maximum_source_token_share_bps=10000), at=[],
        also=[("duplicate-id", f"{_CAPS}/5/source_id")],
    )
    cases.rejected(
        rule, "second-cap", "A source has two caps, and the first, which counts, is above that of its family.",
        put(cap(2), 3501), repeat(f"{_CAPS}/2", maximum_source_token_share_bps=3500), at=[cap(2)],
        also=[("duplicate-id", f"{_CAPS}/5/source_id")],
    )
    cases.rejected(
        rule, "first-weight",
        "The cap of a source is above that of the first of two weights of its family, which counts.",
        put(f"{_WEIGHTS}/1/sampling_weight_bps", 2700), put("/policy/maximum_code_token_ratio_bps", 10000),
        repeat(f"{_WEIGHTS}/1", sampling_weight_bps=100, **{_MOST: 6500}), put(cap(2), 3501), at=[cap(2)],
        also=[("duplicate-id", f"{_WEIGHTS}/2/source_family_id")],
    )


def _inputs(cases: Group) -> None:
    rule = "policy-input-mismatch"
    cases.accepted(
        rule, "another-way",
        "The corpus has another packing_mode under the same version, which is all that is compared.",
        put("/corpus/packing_policy/packing_mode", "batch_by_token_budget"),
    )
    cases.accepted(
        rule, "another-version", "Corpus, shards and policy all name version β of the packing policy.",
        put("/corpus/packing_policy/policy_version", "β"),
        each("/corpus/shards", "packing_policy_version", "β"), put("/policy/packing_policy_version", "β"),
    )
    for member in ("tokenized_corpus_schema_version", "raw_source_schema_version", "packing_policy_version"):
        cases.rejected(
            rule, member.replace("_", "-"), f"The policy names another {member} than the corpus has.",
            put(f"/policy/{member}", "x"), at=[f"/policy/{member}"],
        )
