"""The canonical documents as one JSON tree, to be edited by JSON Patch, made true again and checked.

A *place* is a JSON pointer into that tree, such as ``/receipt/replay_receipt/summary``: what an edit changes
and what a finding is about are told in the same words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

import jsonpatch
import pytest

from psion_contract import Finding, Report, check_documents
from psion_contract.documents import digests
from tools import canonical
from tools.canonical.canonical_model import tensor_layout

Documents = dict[str, Any]
"""By short name, the documents; the whole is the tree that places point into."""

Operation = dict[str, Any]
"""One operation of RFC 6902 on that tree."""

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
"""Where each document stands below fixtures/."""

INPUTS = ("descriptor", "corpus", "policy")
PLAN = (*INPUTS, "config")
PILOT = (*PLAN, "receipt")
RESUMED = (*INPUTS, "resumed_config", "resumed")
ACCELERATED = (*INPUTS, "accelerated_config", "accelerated")


@cache
def _built() -> Documents:
    return canonical.documents()


def documents(*names: str) -> Documents:
    """The canonical documents of those names (all of them without any), to do with as one likes."""
    return {name: deepcopy(_built()[PATHS[name]]) for name in names or PATHS}


def add(place: str, value: Any) -> Operation:
    """Add a member, insert an item, or append one where the place ends with ``/-``."""
    return {"op": "add", "path": place, "value": value}


def remove(place: str) -> Operation:
    return {"op": "remove", "path": place}


def replace(place: str, value: Any) -> Operation:
    return {"op": "replace", "path": place, "value": value}


def copy(source: str, place: str) -> Operation:
    return {"op": "copy", "from": source, "path": place}


def move(source: str, place: str) -> Operation:
    return {"op": "move", "from": source, "path": place}


def edited(originals: Documents, operations: Iterable[Operation]) -> Documents:
    """A copy with the operations done in order."""
    return jsonpatch.apply_patch(originals, list(operations))  # type: ignore[no-any-return]


# Making true again what an edit made untrue, so that only what a test is about is wrong.


def of_kind(tree: Documents, role: str) -> list[Any]:
    """The documents of a kind, by the word that its ``schema_version`` holds."""
    return [each for each in tree.values() if role in each.get("schema_version", "")]


def as_edited(tree: Documents) -> Documents:
    """Nothing is made true again."""
    return tree


def sealed(tree: Documents) -> Documents:
    """Give each receipt its digests D3, D4 and D5."""
    for receipt in of_kind(tree, "receipt"):
        replay, lineage = receipt["replay_receipt"], receipt["checkpoint_lineage"]
        replay["replay_digest"] = digests.sha256(digests.replay_preimage(replay))
        lineage["checkpoint_lineage_digest"] = digests.sha256(digests.checkpoint_lineage_preimage(lineage))
        receipt["receipt_digest"] = digests.sha256(digests.receipt_preimage(receipt))
    return tree


def bound(tree: Documents) -> Documents:
    """Give config and receipt the digests D1 and D2 of the model, and seal the receipt."""
    descriptor = tree["descriptor"]
    tokenizer = digests.tokenizer_binding_digest(descriptor)
    model = digests.model_descriptor_digest(descriptor)
    receipts = of_kind(tree, "receipt")
    for document in of_kind(tree, "config") + receipts:
        document["tokenizer_binding_digest"] = tokenizer
        document["objective_config"]["tokenizer_binding_digest"] = tokenizer
        document["model_descriptor_digest"] = model
    for receipt in receipts:
        receipt["checkpoint_lineage"]["model_descriptor_digest"] = model
    return sealed(tree)


def rebuilt(tree: Documents) -> Documents:
    """Give the model the tensors of its config, their digest D6 and their number, and bind it."""
    descriptor = tree["descriptor"]
    layout = tensor_layout(descriptor["config"])
    digest = digests.sha256(digests.tensor_layout_preimage(layout))
    descriptor["checkpoint_contract"] |= {"tensor_layout": layout, "tensor_layout_digest": digest}
    descriptor["export_contract"]["tensor_layout_digest"] = digest
    count = 0
    for tensor in layout:
        elements = 1
        for dimension in tensor["shape"]["dims"]:
            elements *= dimension
        count += elements
    descriptor["parameter_count_estimate"] = count
    return bound(tree)


# Checking, and what a check must say.


def text(document: Any) -> str:
    """A document as text, a member a line."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def checked(tree: Documents, *, strict: bool = False) -> Report:
    """The report on the documents, which are given as text."""
    return check_documents({name: text(document) for name, document in tree.items()}, strict=strict)


def told(finding: Finding) -> tuple[str, ...]:
    """The rule, the place, and the places on the other side."""
    others = [f"/{other.document}{other.pointer}" for other in finding.related]
    return (finding.rule, f"/{finding.document}{finding.pointer}", *others)


def found(report: Report) -> list[tuple[str, ...]]:
    """Each finding as `told`, sorted."""
    return sorted(map(told, report.findings))


class Verdict(NamedTuple):
    """What a report comes to.

    Attributes:
        plain: the verdict.
        strict: the verdict where warnings decide too.
        findings: as `found` tells them.
        skipped: the rules that could not be applied.
    """

    plain: str
    strict: str
    findings: list[tuple[str, ...]]
    skipped: list[str]


class Case(NamedTuple):
    """Canonical documents with something changed, and what a check must say of them.

    Attributes:
        what: the change in words.
        operations: the change.
        verdict: what the check must come to.
        names: of the documents that are checked together.
        then: what is made true again after the change.
    """

    what: str
    operations: tuple[Operation, ...]
    verdict: Verdict
    names: tuple[str, ...]
    then: Callable[[Documents], Documents]

    def documents(self) -> Documents:
        return self.then(edited(documents(*self.names), self.operations))

    def judged(self) -> Verdict:
        """What the check comes to."""
        report, strict = checked(self.documents()), checked(self.documents(), strict=True)
        assert found(strict) == found(report)
        skipped = sorted({each.rule for each in report.skipped})
        return Verdict(report.verdict, strict.verdict, found(report), skipped)


Then = Callable[[Documents], Documents]


def accepted(what: str, *operations: Operation, on: tuple[str, ...] = PILOT, then: Then = sealed) -> Case:
    """A change that leaves nothing to find."""
    return Case(what, operations, Verdict("consistent", "consistent", [], []), on, then)


def rejected(
    what: str,
    *operations: Operation,
    finds: Iterable[tuple[str, ...]],
    on: tuple[str, ...] = PILOT,
    then: Then = sealed,
) -> Case:
    """A change that has these findings and no others, of which one is an error."""
    return Case(what, operations, Verdict("inconsistent", "inconsistent", sorted(finds), []), on, then)


def warned(
    what: str,
    *operations: Operation,
    finds: Iterable[tuple[str, ...]],
    on: tuple[str, ...] = PILOT,
    then: Then = sealed,
) -> Case:
    """A change that has these findings and no others, all of them warnings."""
    return Case(what, operations, Verdict("consistent", "inconsistent", sorted(finds), []), on, then)


CASES: dict[str, list[Case]] = {}
"""By rule, the cases of the test modules that are imported."""


def cases(rule: str, *each: Case) -> pytest.MarkDecorator:
    """Run a test for each case of a rule."""
    CASES.setdefault(rule, []).extend(each)
    return pytest.mark.parametrize("case", each, ids=[case.what for case in each])


def counted(rule: str) -> tuple[int, int]:
    """How many cases of a rule find nothing, and how many find the rule broken."""
    own = CASES.get(rule, [])
    broken = sum(any(rule == finding[0] for finding in case.verdict.findings) for case in own)
    return sum(not case.verdict.findings for case in own), broken
