"""Cases of the rules on the source-family reports of a receipt."""

from __future__ import annotations

from psion_contract.conformance.sources.base import RUN
from psion_contract.conformance.sources.editing import append, drop, put, repeat, swap
from psion_contract.conformance.sources.making import Group
from psion_contract.conformance.sources.shares import add as add_shares
from psion_contract.conformance.sources.shares import shares

_ROWS = "/receipt/source_family_reports"
_TOKENS, _SEQUENCES = "token_share_bps_within_split", "sequence_share_bps_within_split"
_NOTHING = {_TOKENS: 0, _SEQUENCES: 0}
_WHOLE = {_TOKENS: 10000, _SEQUENCES: 10000}

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    made = Group("coverage", "The rows of a receipt against the splits and families of the corpus.", on=RUN)
    _duplicates(made)
    _splits(made)
    _families(made)
    _sources(made)
    _missing(made)
    add_shares(made)
    return made


def _duplicates(made: Group) -> None:
    rule = "duplicate-report-row"
    made.accepted(
        rule, "other-order", "One family in two splits is no duplicate, in whatever order.",
        swap(_ROWS, 0, 4), swap(_ROWS, 1, 2),
    )
    made.rejected(
        rule, "last-row", "The last row's shares are given in two halves.", *shares(4, 5000, 5000),
        repeat(f"{_ROWS}/4"), at=[f"{_ROWS}/5"],
    )
    made.rejected(
        rule, "three-times", "A row stands there three times, with nothing to add the second and third time.",
        repeat(f"{_ROWS}/1", **_NOTHING), repeat(f"{_ROWS}/1", detail="x", **_NOTHING),
        at=[f"{_ROWS}/5", f"{_ROWS}/6"],
    )
    made.rejected(
        rule, "other-sources", "Two rows of one family are one too many even where they count other sources.",
        put(f"{_ROWS}/0/source_ids", ["handbook"]), *shares(0, 4000, 4000),
        repeat(f"{_ROWS}/0", source_ids=["letters"], **{_TOKENS: 3100, _SEQUENCES: 3000}), at=[f"{_ROWS}/5"],
    )


def _splits(made: Group) -> None:
    rule = "unknown-split"
    made.accepted(
        rule, "renamed", "Another name for a split, in corpus and receipt.",
        put("/corpus/splits/2/split_name", "held-β"), put("/corpus/shards/3/split_name", "held-β"),
        put(f"{_ROWS}/4/split_name", "held-β"),
    )
    made.rejected(
        rule, "row-too-many", "A row is for a split that is not there.",
        repeat(f"{_ROWS}/4", split_name="nowhere"), at=[f"{_ROWS}/5/split_name"],
    )
    made.rejected(
        rule, "case", "A name that differs only in the case of a letter is another name.",
        repeat(f"{_ROWS}/4", split_name="Held"), at=[f"{_ROWS}/5/split_name"],
    )
    made.rejected(
        rule, "kind-and-family",
        "Of a row for an unknown split, the kind and where its family is are not looked at.",
        repeat(f"{_ROWS}/1", split_name="nowhere", split_kind="custom", **_WHOLE),
        at=[f"{_ROWS}/5/split_name"],
    )
    made.rejected(
        rule, "instead", "A row names an unknown split, and is missing where it belongs.",
        put(f"{_ROWS}/4/split_name", "nowhere"), at=[f"{_ROWS}/4/split_name"],
        also=[("incomplete-coverage", _ROWS)],
    )

    rule = "split-kind-mismatch"
    for kind in ("preference", "replay", "custom", "test"):
        made.accepted(
            rule, f"both-{kind}", f"Corpus and receipt say {kind}.", put("/corpus/splits/1/kind", kind),
            put("/corpus/shards/2/split_kind", kind), put(f"{_ROWS}/2/split_kind", kind),
            put(f"{_ROWS}/3/split_kind", kind),
        )
    made.rejected(
        rule, "held-out", "What is held out is called a test.", put(f"{_ROWS}/4/split_kind", "test"),
        at=[f"{_ROWS}/4/split_kind"],
    )
    made.rejected(
        rule, "train", "What was trained on is called validation, which hides it from the caps.",
        put(f"{_ROWS}/0/split_kind", "validation"), at=[f"{_ROWS}/0/split_kind"],
    )
    made.rejected(
        rule, "first-split", "Of two splits with one name the first says what kind it is of.",
        repeat("/corpus/splits/2", kind="test"), at=[],
        also=[("duplicate-id", "/corpus/splits/3/split_name")],
    )


def _families(made: Group) -> None:
    rule = "unknown-source-family"
    family = f"{_ROWS}/5/source_family_id"
    made.accepted(
        rule, "renamed", "Another name for a family, in corpus and receipt.",
        put("/corpus/source_family_bindings/2/source_family_id", "exams-β"),
        put("/corpus/splits/2/source_family_ids/0", "exams-β"),
        put("/corpus/shards/3/source_lineage/0/source_family_id", "exams-β"),
        put(f"{_ROWS}/4/source_family_id", "exams-β"),
    )
    made.rejected(
        rule, "other-split", "A family of another split is reported, with nothing.",
        repeat(f"{_ROWS}/4", source_family_id="code", source_ids=["kernel"], **_NOTHING), at=[family],
    )
    made.rejected(
        rule, "nowhere", "A family is reported that the corpus does not have; its sources are not looked at.",
        repeat(f"{_ROWS}/4", source_family_id="ghost", **_NOTHING), at=[family],
    )
    made.rejected(
        rule, "nowhere-in-nowhere", "Neither the split nor the family is the corpus'.",
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
    made.rejected(
        rule, "unbound", "A split of the corpus lists the family, but the corpus binds it nowhere.", *unbound,
        repeat(f"{_ROWS}/4", source_family_id="ghost", source_ids=["g"], **_NOTHING), at=[family],
        also=[binding],
    )
    made.rejected(
        "incomplete-coverage", "unbound",
        "A family that a split lists must be reported even where it is not bound.", *unbound, at=[_ROWS],
        also=[binding],
    )


def _sources(made: Group) -> None:
    rule, sources = "unknown-source", f"{_ROWS}/0/source_ids"
    made.accepted(rule, "order", "Sources may stand in any order.", put(sources, ["letters", "handbook"]))
    made.accepted(rule, "fewer", "A row need not list all sources of its family.", put(sources, ["letters"]))
    made.accepted(
        rule, "of-the-family", "Sources are held to the family, not to the split.",
        put(f"{_ROWS}/2/source_ids", ["handbook"]),
    )
    made.rejected(
        rule, "of-another-family", "The source is bound to another family.", append(sources, "kernel"),
        at=[f"{sources}/2"],
    )
    made.rejected(
        rule, "nowhere", "The corpus does not have the source.", put(f"{_ROWS}/4/source_ids", ["ghost"]),
        at=[f"{_ROWS}/4/source_ids/0"],
    )
    made.rejected(
        rule, "two", "Two sources of a row are not the family's.", put(sources, ["x", "letters", "y"]),
        at=[f"{sources}/0", f"{sources}/2"],
    )
    made.rejected(
        rule, "unknown-split", "Sources are looked at even where the split is unknown.",
        repeat(f"{_ROWS}/4", split_name="nowhere", source_ids=["kernel"]), at=[f"{_ROWS}/5/source_ids/0"],
        also=[("unknown-split", f"{_ROWS}/5/split_name")],
    )
    made.rejected(
        rule, "family-elsewhere", "Sources are looked at even where the family is another split's.",
        repeat(f"{_ROWS}/4", source_family_id="code", **_NOTHING), at=[f"{_ROWS}/5/source_ids/0"],
        also=[("unknown-source-family", f"{_ROWS}/5/source_family_id")],
    )
    made.rejected(
        rule, "first-binding", "Of two bindings of one family the first counts.",
        append("/corpus/source_family_bindings", {"source_family_id": "exams", "source_ids": ["more"]}),
        append("/corpus/shards/3/source_lineage", {"source_id": "more", "source_family_id": "exams",
            "source_normalized_digest": "d"}), append(f"{_ROWS}/4/source_ids", "more"),
        at=[f"{_ROWS}/4/source_ids/1"],
        also=[("duplicate-id", "/corpus/source_family_bindings/3/source_family_id")],
    )


def _missing(made: Group) -> None:
    rule = "incomplete-coverage"
    made.accepted(rule, "other-order", "Rows may stand in any order.", swap(_ROWS, 0, 3), swap(_ROWS, 2, 4))
    made.accepted(
        rule, "nothing-drawn", "A family of which nothing was drawn has a row that says so.",
        *shares(2, 10000, 10000), *shares(3, 0, 0),
    )
    made.rejected(rule, "split", "The split that is held out has no row.", drop(f"{_ROWS}/4"), at=[_ROWS])
    made.rejected(
        rule, "family", "A family of a split has no row.", *shares(2, 10000, 10000), drop(f"{_ROWS}/3"),
        at=[_ROWS],
    )
    made.rejected(
        rule, "several", "Only one row is left, and one finding says so.",
        *(drop(f"{_ROWS}/0") for _ in range(4)), at=[_ROWS],
    )
