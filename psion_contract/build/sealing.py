"""Sealing: recomputes the digests of a receipt that breaks no other rule.

Sealing never hides an error: a receipt with any other error is not changed. It does not authenticate anything:
anyone can seal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from psion_contract.checker import Checker
from psion_contract.documents import digests
from psion_contract.documents.kinds import KINDS, RECEIPT
from psion_contract.exceptions import NotSealableError
from psion_contract.findings import DocumentEntry, Finding, Report
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits, checked_limits
from psion_contract.reading.json_text import Text
from psion_contract.reading.locator import end_of
from psion_contract.reading.source import Documents, source_of

REPLAY_DIGEST = "/replay_receipt/replay_digest"
LINEAGE_DIGEST = "/checkpoint_lineage/checkpoint_lineage_digest"
RECEIPT_DIGEST = "/receipt_digest"

_RULES = {"replay-digest-mismatch", "lineage-digest-mismatch", "receipt-digest-mismatch", "identity-conflict"}
_POINTERS = {REPLAY_DIGEST, LINEAGE_DIGEST, RECEIPT_DIGEST}
_KEYWORDS = {"minLength", "maxLength", "pattern"}
"""The keywords that fail if the value of a digest is a string, but not a digest."""

PLACEHOLDER = "0" * 64
"""A placeholder for the digests of a receipt that is not sealed yet; any other string works too."""


class DigestChange(NamedTuple):
    """One digest that sealing replaces.

    Attributes:
        pointer: of the digest, from the root of the receipt.
        stored: the value before.
        computed: the digest of the receipt's members.
    """

    pointer: str
    stored: str
    computed: str


class Sealing(NamedTuple):
    """The outcome of sealing.

    Attributes:
        data: the sealed file; the original bytes if sealing was refused.
        changes: the replaced digests: those of D3, D4 and D5, in that order, that differ.
        report: why sealing was refused, or else the report on `data`.
    """

    data: bytes
    changes: tuple[DigestChange, ...]
    report: Report

    @property
    def refused(self) -> bool:
        """Whether something other than the digests is wrong."""
        return not self.report.ok


def seal(source: Any, inputs: Documents, *, limits: Limits = DEFAULT_LIMITS) -> Sealing:
    """Recompute the digests D3, D4 and D5 of a receipt, as edits of its text.

    Every byte outside the three digests is preserved. Each digest must be present as a string, of any value, so a
    receipt can be written with ``""`` and then sealed (section 2 of the contract).

    Args:
        source: a receipt, in any form that `check_documents` takes. A receipt inside another document cannot be
            sealed, because the other document may depend on its digest. A file is read and not changed.
        inputs: the documents that the receipt refers to: config, model descriptor, corpus and sampling
            policy. Without them, the other rules cannot be checked and sealing is refused.
        limits: the limits of the reader.

    Returns:
        The sealed file, or a refusal if a rule finds an error that sealing does not correct.

    Raises:
        ArgumentError: an argument has no JSON form.
        NotSealableError: there is no receipt at the root.
        UnreadableError: a file cannot be read.
    """
    source = source_of("source", source, checked_limits(limits))
    checker = Checker(inputs, limits=limits)
    report = checker.check([source])
    documents = [each for each in report.documents if each.judged]
    if not documents:
        return Sealing(source.data, (), Report(tuple(checker.read([source])[1])))
    _require_root_receipt(documents)
    before = without_digest_findings(report)
    if before.errors:
        return Sealing(source.data, (), before)
    [receipt, *_], _ = checker.read([source])
    changes = put_digests(receipt.value)
    data = _edited(source.data, changes)
    # Rules were skipped where a digest was malformed; now all of them apply. Other receipts may still be unsealed.
    after = checker.check([source._replace(data=data)])
    after = after._replace(
        findings=tuple(each for each in after.findings if not _is_of_others(each, source.name))
    )
    return Sealing(data, changes, after) if after.ok else Sealing(source.data, (), after)


def _require_root_receipt(documents: list[DocumentEntry]) -> None:
    first = documents[0]
    if first.kind == RECEIPT.version and not first.pointer:
        return
    inside = [each.pointer for each in documents if each.kind == RECEIPT.version]
    if inside:
        raise NotSealableError(
            f"{first.name} contains a receipt at {inside[0]}, inside another document, which may depend on its "
            f"digest; seal the receipt in its own file"
        )
    raise NotSealableError(
        f"{first.name} contains a {KINDS[first.kind].title}; only a {RECEIPT.title} can be sealed"
    )


def _edited(data: bytes, changes: Iterable[DigestChange]) -> bytes:
    """The text with the digests replaced and everything else unchanged."""
    text = Text(data)
    edited, new_digests = text.text, {text.offset(change.pointer): change.computed for change in changes}
    for start in sorted(filter(None, new_digests), reverse=True):
        edited = f'{edited[:start]}"{new_digests[start]}"{edited[end_of(edited, start) :]}'
    return edited.encode()


def put_digests(receipt: Json) -> tuple[DigestChange, ...]:
    """Store the digests D3, D4 and D5 in a receipt that is otherwise valid; returns the changes."""
    replay, lineage = receipt["replay_receipt"], receipt["checkpoint_lineage"]
    changes = []
    for pointer, parent, preimage in (
        (REPLAY_DIGEST, replay, digests.replay_preimage),
        (LINEAGE_DIGEST, lineage, digests.checkpoint_lineage_preimage),
        (RECEIPT_DIGEST, receipt, digests.receipt_preimage),  # last: it depends on the other two
    ):
        member = pointer.rpartition("/")[2]
        stored, computed = parent[member], digests.sha256(preimage(parent))
        if stored != computed:
            parent[member] = computed
            changes.append(DigestChange(pointer, stored, computed))
    return tuple(changes)


def without_digest_findings(report: Report) -> Report:
    """The report without the findings that sealing corrects: wrong or malformed digests."""
    return report._replace(findings=tuple(each for each in report.findings if not _is_corrected(each)))


def _is_of_others(finding: Finding, name: str) -> bool:
    """Whether a finding is a conflict between other documents than the one of that name."""
    return finding.rule == "identity-conflict" and finding.document != name


def _is_corrected(finding: Finding) -> bool:
    if finding.rule == "schema-violation":
        return finding.pointer in _POINTERS and finding.keyword in _KEYWORDS
    return finding.rule in _RULES
