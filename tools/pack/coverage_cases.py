"""Cases of the rules on the source-family reports of a receipt."""

from __future__ import annotations

from tools.edits import append, drop, put, repeat, swap
from tools.pack.base_documents import RUN
from tools.pack.case_builder import Group
from tools.pack.shares_cases import add as add_shares
from tools.pack.shares_cases import shares

_ROWS = "/receipt/source_family_reports"
_CAPS = "/policy/source_contribution_caps"
_TOKENS, _SEQUENCES = "token_share_bps_within_split", "sequence_share_bps_within_split"
_NOTHING = {_TOKENS: 0, _SEQUENCES: 0}
_WHOLE = {_TOKENS: 10000, _SEQUENCES: 10000}

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    cases = Group("coverage", "The rows of a receipt against the splits and families of the corpus.", on=RUN)
    _duplicates(cases)
    _splits(cases)
    _families(cases)
    _sources(cases)
    _missing(cases)
    add_shares(cases)
    return cases


def _duplicates(cases: Group) -> None:
    rule = "duplicate-report-row"
    cases.accepted(
        rule, "other-order",
        "The rows are in another order, and one family in two splits is not a duplicate.",
        swap(_ROWS, 0, 4), swap(_ROWS, 1, 2),
    )
    cases.rejected(
        rule, "last-row",
        "The row of a split and family is given as two of half the shares each, one too many.",
        *shares(4, 5000, 5000), repeat(f"{_ROWS}/4"), at=[f"{_ROWS}/5"],
    )
    cases.rejected(
        rule, "three-times", "A row is given three times, the second and third time with shares of 0.",
        repeat(f"{_ROWS}/1", **_NOTHING), repeat(f"{_ROWS}/1", detail="x", **_NOTHING),
        at=[f"{_ROWS}/5", f"{_ROWS}/6"], also=[("unmeasured-family", f"{_ROWS}/{row}") for row in (5, 6)],
    )
    cases.rejected(
        rule, "other-sources",
        "Two rows of one split and family count different sources, and are still one row too many.",
        put(f"{_ROWS}/0/source_ids", ["handbook"]), *shares(0, 4000, 4000),
        repeat(f"{_ROWS}/0", source_ids=["letters"], **{_TOKENS: 3100, _SEQUENCES: 3000}), at=[f"{_ROWS}/5"],
    )


def _splits(cases: Group) -> None:
    rule = "unknown-split"
    cases.accepted(
        rule, "renamed", "Corpus and receipt both call the held-out split held-β.",
        put("/corpus/splits/2/split_name", "held-β"), put("/corpus/shards/3/split_name", "held-β"),
        put(f"{_ROWS}/4/split_name", "held-β"),
    )
    cases.rejected(
        rule, "row-too-many", "A row too many is for a split that the corpus does not have.",
        repeat(f"{_ROWS}/4", split_name="nowhere"), at=[f"{_ROWS}/5/split_name"],
    )
    cases.rejected(
        rule, "case", "A row is for the split Held, and the corpus has only one that is called held.",
        repeat(f"{_ROWS}/4", split_name="Held"), at=[f"{_ROWS}/5/split_name"],
    )
    cases.rejected(
        rule, "kind-and-family",
        "A row for an unknown split has the kind custom and the family code, and only its split is reported.",
        repeat(f"{_ROWS}/1", split_name="nowhere", split_kind="custom", **_WHOLE),
        at=[f"{_ROWS}/5/split_name"],
    )
    cases.rejected(
        rule, "instead",
        "The only row of a split names an unknown one instead, so that the right one has no row.",
        put(f"{_ROWS}/4/split_name", "nowhere"), at=[f"{_ROWS}/4/split_name"],
        also=[("incomplete-coverage", _ROWS)],
    )

    rule = "split-kind-mismatch"
    for kind in ("preference", "replay", "custom", "test"):
        cases.accepted(
            rule, f"both-{kind}", f"Corpus and receipt both give a split the kind {kind}.",
            put("/corpus/splits/1/kind", kind),
            put("/corpus/shards/2/split_kind", kind), put(f"{_ROWS}/2/split_kind", kind),
            put(f"{_ROWS}/3/split_kind", kind),
            *([drop(f"{_CAPS}/4"), drop(f"{_CAPS}/3")] if kind == "test" else []),
        )
    cases.rejected(
        rule, "held-out", "A row gives a split that is held_out the kind test.",
        put(f"{_ROWS}/4/split_kind", "test"), at=[f"{_ROWS}/4/split_kind"],
    )
    cases.rejected(
        rule, "train",
        "A row gives the split that was trained on the kind validation, which hides it from the caps.",
        put(f"{_ROWS}/0/split_kind", "validation"), at=[f"{_ROWS}/0/split_kind"],
    )
    cases.rejected(
        rule, "first-split",
        "The corpus has two splits of one name, and the row has the kind of the first, which counts.",
        repeat("/corpus/splits/2", kind="test"), at=[],
        also=[("duplicate-id", "/corpus/splits/3/split_name")],
    )


def _families(cases: Group) -> None:
    rule = "unknown-source-family"
    family = f"{_ROWS}/5/source_family_id"
    cases.accepted(
        rule, "renamed", "Corpus and receipt both call a family exams-β.",
        put("/corpus/source_family_bindings/2/source_family_id", "exams-β"),
        put("/corpus/splits/2/source_family_ids/0", "exams-β"),
        put("/corpus/shards/3/source_lineage/0/source_family_id", "exams-β"),
        put(f"{_ROWS}/4/source_family_id", "exams-β"),
    )
    cases.rejected(
        rule, "other-split", "A row reports a family in a split that does not list it, with shares of 0.",
        repeat(f"{_ROWS}/4", source_family_id="code", source_ids=["kernel"], **_NOTHING), at=[family],
        also=[("unmeasured-family", f"{_ROWS}/5")],
    )
    cases.rejected(
        rule, "nowhere",
        "A row reports a family that the corpus does not have, so that its sources are not looked at.",
        repeat(f"{_ROWS}/4", source_family_id="ghost", **_NOTHING), at=[family],
        also=[("unmeasured-family", f"{_ROWS}/5")],
    )
    cases.rejected(
        rule, "nowhere-in-nowhere", "A row names both a split and a family that the corpus does not have.",
        repeat(f"{_ROWS}/4", source_family_id="ghost", split_name="nowhere"), at=[family],
        also=[("unknown-split", f"{_ROWS}/5/split_name")],
    )
    unbound = [
        append("/corpus/splits/2/source_family_ids", "ghost"),
        append(
            "/corpus/shards/3/source_lineage",
            {
                "source_id": "g",
                "source_family_id": "ghost",
                "source_normalized_digest": "d",
            },
        ),
    ]
    binding = ("source-binding-mismatch", "/corpus/shards/3/source_lineage/1/source_family_id")
    cases.rejected(
        rule, "unbound", "A row reports a family that its split lists, but that the corpus binds nowhere.",
        *unbound, repeat(f"{_ROWS}/4", source_family_id="ghost", source_ids=["g"], **_NOTHING), at=[family],
        also=[binding, ("unmeasured-family", f"{_ROWS}/5")],
    )
    cases.rejected(
        "incomplete-coverage", "unbound",
        "A split lists a family that the corpus binds nowhere, which still must have a row.", *unbound,
        at=[_ROWS], also=[binding],
    )


def _sources(cases: Group) -> None:
    rule, sources = "unknown-source", f"{_ROWS}/0/source_ids"
    cases.accepted(
        rule, "order",
        "A row lists the sources of its family in another order than the corpus, which does not count.",
        put(sources, ["letters", "handbook"]),
    )
    cases.accepted(
        rule, "fewer", "A row lists only one of the two sources of its family, which is allowed.",
        put(sources, ["letters"]),
    )
    cases.accepted(
        rule, "of-the-family",
        "A row lists a source of its family that no shard of its split holds, which is allowed.",
        put(f"{_ROWS}/2/source_ids", ["handbook"]),
    )
    cases.rejected(
        rule, "of-another-family",
        "A row lists, beside its own, a source that the corpus binds to another family.",
        append(sources, "kernel"), at=[f"{sources}/2"],
    )
    cases.rejected(
        rule, "nowhere", "A row lists a source that the corpus does not have.",
        put(f"{_ROWS}/4/source_ids", ["ghost"]), at=[f"{_ROWS}/4/source_ids/0"],
    )
    cases.rejected(
        rule, "two", "A row lists three sources, and the first and the last are not its family's.",
        put(sources, ["x", "letters", "y"]), at=[f"{sources}/0", f"{sources}/2"],
    )
    cases.rejected(
        rule, "unknown-split",
        "A row for an unknown split lists a source of another family, and both are reported.",
        repeat(f"{_ROWS}/4", split_name="nowhere", source_ids=["kernel"]), at=[f"{_ROWS}/5/source_ids/0"],
        also=[("unknown-split", f"{_ROWS}/5/split_name")],
    )
    cases.rejected(
        rule, "family-elsewhere",
        "A row has a family of another split and a source of another family, and both are reported.",
        repeat(f"{_ROWS}/4", source_family_id="code", **_NOTHING), at=[f"{_ROWS}/5/source_ids/0"],
        also=[("unknown-source-family", f"{_ROWS}/5/source_family_id"), ("unmeasured-family", f"{_ROWS}/5")],
    )
    cases.rejected(
        rule, "first-binding",
        "The corpus binds a family twice, and a row lists a source that only the second binding has.",
        append("/corpus/source_family_bindings", {"source_family_id": "exams", "source_ids": ["more"]}),
        append("/corpus/shards/3/source_lineage", {"source_id": "more", "source_family_id": "exams",
            "source_normalized_digest": "d"}), append(f"{_ROWS}/4/source_ids", "more"),
        at=[f"{_ROWS}/4/source_ids/1"],
        also=[("duplicate-id", "/corpus/source_family_bindings/3/source_family_id")],
    )


def _missing(cases: Group) -> None:
    rule = "incomplete-coverage"
    cases.accepted(
        rule, "other-order",
        "The rows are in another order than the splits and families of the corpus, and none is missing.",
        swap(_ROWS, 0, 3), swap(_ROWS, 2, 4),
    )
    cases.rejected(
        rule, "split", "The split that is held out has no row in the receipt.", drop(f"{_ROWS}/4"),
        at=[_ROWS],
    )
    cases.rejected(
        rule, "family", "One of the two families of a split has no row in the receipt.",
        *shares(2, 10000, 10000), drop(f"{_ROWS}/3"), at=[_ROWS],
    )
    cases.rejected(
        rule, "several", "Four of five rows are missing, which is one finding.",
        *(drop(f"{_ROWS}/0") for _ in range(4)), at=[_ROWS],
    )
