"""Random receipts: one pass over the rows finds what the checks that it is made of find."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st
from support.canonical_sets import PILOT, documents
from support.pack_cases import COMBINED

from psion_contract.documents import kinds, schemas
from psion_contract.documents.document import Document
from psion_contract.resolution import Resolution
from psion_contract.rules.checks import Subject
from tools.edits import Tree

REARRANGEMENTS = (
    "swap", "again", "drop", "share", "shift", "split", "kind", "family", "sources",
    "corpus split", "corpus family", "binding", "cap", "weight",
)  # fmt: skip


@st.composite
def reports(draw: st.DrawFn) -> Tree:
    """The pilot's documents with rows, splits, families, bindings and caps rearranged, all well-formed."""
    tree = documents(*PILOT)
    rows, corpus = tree["receipt"]["source_family_reports"], tree["corpus"]
    splits, bindings = corpus["splits"], corpus["source_family_bindings"]
    weights = tree["policy"]["source_family_weights"]
    names = [split["split_name"] for split in splits] + ["other"]
    families = [binding["source_family_id"] for binding in bindings] + ["other"]
    sources = [source for binding in bindings for source in binding["source_ids"]] + ["other"]
    for _ in range(draw(st.integers(0, 4))):
        row = draw(st.sampled_from(rows))
        match draw(st.sampled_from(REARRANGEMENTS)):
            case "swap":
                rows.append(rows.pop(rows.index(row)))
            case "again":
                rows.insert(draw(st.integers(0, len(rows))), deepcopy(row))
            case "drop" if len(rows) > 1:
                rows.remove(row)
            case "share":
                row[draw(st.sampled_from(SHARES))] = draw(st.integers(0, 10000))
            case "shift":
                other, member = draw(st.sampled_from(rows)), draw(st.sampled_from(SHARES))
                amount = draw(st.integers(0, min(row[member], 10000 - other[member])))
                row[member] -= amount
                other[member] += amount
            case "split":
                row["split_name"] = draw(st.sampled_from(names))
            case "kind":
                row["split_kind"] = draw(st.sampled_from(["train", "held_out", "validation", "custom"]))
            case "family":
                row["source_family_id"] = draw(st.sampled_from(families))
            case "sources":
                row["source_ids"] = draw(
                    st.lists(st.sampled_from(sources), min_size=1, max_size=3, unique=True)
                )
            case "corpus split":
                split = deepcopy(draw(st.sampled_from(splits)))
                split["split_name"] = draw(st.sampled_from(names))
                split["kind"] = draw(st.sampled_from(["train", "held_out", "validation"]))
                splits.insert(draw(st.integers(0, len(splits))), split)
            case "corpus family":
                held = draw(st.sampled_from(splits))["source_family_ids"]
                family = draw(st.sampled_from(families))
                if family not in held:
                    held.append(family)
                elif len(held) > 1:
                    held.remove(family)
            case "binding":
                binding = deepcopy(draw(st.sampled_from(bindings)))
                binding["source_family_id"] = draw(st.sampled_from(families))
                bindings.insert(draw(st.integers(0, len(bindings))), binding)
            case "cap":
                draw(st.sampled_from(weights))["maximum_family_token_share_bps"] = draw(st.integers(1, 10000))
            case "weight":
                weight = deepcopy(draw(st.sampled_from(weights)))
                weight["source_family_id"] = draw(st.sampled_from(families))
                weights.insert(draw(st.integers(0, len(weights))), weight)
    return tree


SHARES = ("token_share_bps_within_split", "sequence_share_bps_within_split")


@given(reports())
def test_one_pass_over_the_reports_finds_what_its_parts_find(tree: Tree) -> None:
    for name in ("receipt", "corpus", "policy"):
        assert schemas.is_valid(tree[name]["schema_version"], tree[name])
    held = {role: Document(role, "", kinds.ROLES[role], value, None, True) for role, value in tree.items()}
    subject = Subject(held.pop("receipt"), Resolution(held))
    for check in COMBINED.values():
        if check.judges == "receipt":
            of_parts = [
                flaw if flaw.rule else flaw._replace(rule=part.rules[0])
                for part in check.parts
                for flaw in part.body(subject)
            ]
            assert list(check.body(subject)) == of_parts
