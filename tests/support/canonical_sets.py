"""The canonical documents as one tree to edit, repair and check.

A place is a JSON pointer into the tree, such as ``/receipt/replay_receipt/summary``, for edits and findings
alike.
"""

from __future__ import annotations

import json
import pickle
from functools import cache, lru_cache
from typing import Any

from psion_contract import Finding, Report, check_documents
from psion_contract.resources import data_bytes
from tools.edits import Tree
from tools.pack.restoring import bound, relaid

PATHS = {
    "descriptor": "psion/models/psion_compact_decoder_descriptor_v1.json",
    "corpus": "psion/tokenized/psion_tokenized_corpus_manifest_v1.json",
    "policy": "psion/sampling/psion_sampling_policy_v1.json",
    "config": "psion/pretrain/psion_pretrain_stage_config_v1.json",
    "receipt": "psion/pretrain/psion_pretrain_stage_receipt_v1.json",
    "resumed_config": "psion/pretrain/psion_pretrain_stage_resumed_config_v1.json",
    "resumed": "psion/pretrain/psion_pretrain_stage_resumed_receipt_v1.json",
    "accelerated_config": "psion/pretrain/psion_pretrain_stage_accelerated_config_v1.json",
    "accelerated": "psion/pretrain/psion_pretrain_stage_accelerated_receipt_v1.json",
}
"""The path of each document below fixtures/."""

INPUTS = ("descriptor", "corpus", "policy")
PLAN = (*INPUTS, "config")
PILOT = (*PLAN, "receipt")
RESUMED = (*INPUTS, "resumed_config", "resumed")
ACCELERATED = (*INPUTS, "accelerated_config", "accelerated")


@cache
def _pickled() -> dict[str, bytes]:
    """The canonical documents, pickled: thousands of tests take a copy, which is much faster than a deep copy."""
    return {name: pickle.dumps(json.loads(data_bytes("fixtures", path))) for name, path in PATHS.items()}


def documents(*names: str) -> Tree:
    """Copies of the canonical documents of those names; all of them without any."""
    return {name: pickle.loads(_pickled()[name]) for name in names or PATHS}


def rebuilt(tree: Tree) -> Tree:
    """Give the model the tensors of its config, and every document the model's digests."""
    return bound(relaid(tree))


def as_text(document: Any) -> str:
    """A document as text, with one member on each line."""
    return _indented(json.dumps(document, ensure_ascii=False))


@lru_cache(maxsize=64)
def _indented(text: str) -> str:
    """Indenting is slow, and most documents of tests are canonical ones, unchanged."""
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"


def checked(tree: Tree, *, strict: bool = False) -> Report:
    """The report on the documents, given as text."""
    return check_documents({name: as_text(document) for name, document in tree.items()}, strict=strict)


def rule_and_places(finding: Finding) -> tuple[str, ...]:
    """The rule of a finding, its place, and the places of the other sides."""
    others = [f"/{other.document}{other.pointer}" for other in finding.related]
    return (finding.rule, f"/{finding.document}{finding.pointer}", *others)


def found(report: Report) -> list[tuple[str, ...]]:
    """`rule_and_places` of each finding, sorted."""
    return sorted(map(rule_and_places, report.findings))
