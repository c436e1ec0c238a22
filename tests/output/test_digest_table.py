"""The table of digests, as text and as JSON."""

from __future__ import annotations

import pytest
from support.canonical_sets import as_text, documents
from syrupy.assertion import SnapshotAssertion

from psion_contract import Checker
from psion_contract.evidence.stored_digests import listing
from psion_contract.findings import LeftAlone
from psion_contract.output import digest_table
from tools.edits import Tree, edited, put

IGNORED = [LeftAlone("run/other.json", "other-kind", "x.v1")]


def texts(tree: Tree) -> dict[str, str]:
    return {f"run/{name}.json": as_text(document) for name, document in tree.items()}


@pytest.mark.parametrize("preimage", [False, True])
def test_the_text_digest_table(preimage: bool, snapshot: SnapshotAssertion) -> None:
    tree = edited(documents("receipt", "config"), put("/receipt/summary", "Other\nwords."))
    held, findings = Checker().read(texts(tree))
    assert digest_table.as_text(listing(held), findings, IGNORED, preimage) == snapshot


def test_the_json_digest_table(snapshot: SnapshotAssertion) -> None:
    tree = edited(documents("receipt", "config"), put("/config/model_id", ""), put("/receipt/summary", "x"))
    held, findings = Checker().read(texts(tree))
    assert digest_table.as_json(listing(held), findings, IGNORED, preimage=False) == snapshot
