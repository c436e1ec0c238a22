"""The digests of a receipt, recomputed where everything else about it is right.

Sealing never hides an error: it only makes digests agree with members that break no other rule. It says
nothing about who wrote them: anyone can seal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from psion_contract.checker import Checker
from psion_contract.documents import digests
from psion_contract.documents.document import Document
from psion_contract.documents.kinds import RECEIPT
from psion_contract.exceptions import NotSealableError
from psion_contract.findings import Finding, Report
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits
from psion_contract.reading.json_text import Text
from psion_contract.reading.locator import end_of
from psion_contract.reading.source import Source

REPLAY_DIGEST = "/replay_receipt/replay_digest"
LINEAGE_DIGEST = "/checkpoint_lineage/checkpoint_lineage_digest"
RECEIPT_DIGEST = "/receipt_digest"

_RULES = {"replay-digest-mismatch", "lineage-digest-mismatch", "receipt-digest-mismatch"}
_POINTERS = {REPLAY_DIGEST, LINEAGE_DIGEST, RECEIPT_DIGEST}
_KEYWORDS = {"minLength", "maxLength", "pattern"}
"""The keywords that fail where a digest is a string of another form."""

PLACEHOLDER = "0" * 64
"""A placeholder for digests of a receipt that is not sealed yet; any other string will do."""


class Change(NamedTuple):
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
        data: the sealed file; the original bytes where sealing was refused.
        changes: the replaced digests: those of D3, D4 and D5, in that order, that differ.
        report: why sealing was refused; else the report on `data`.
    """

    data: bytes
    changes: tuple[Change, ...]
    report: Report

    @property
    def refused(self) -> bool:
        """Whether something other than the digests is wrong."""
        return not self.report.ok


def seal(
    source: Source, inputs: Mapping[str, Any] | Iterable[Source], *, limits: Limits = DEFAULT_LIMITS
) -> Sealing:
    """Recompute the digests D3, D4 and D5 of a receipt, as edits of its text.

    Every byte outside the three digests stays. Each digest must be there as a string, of any value, so a
    receipt may be written with ``""`` and then sealed.

    Args:
        source: a file with a receipt at its root. A receipt inside another document is not sealed there:
            the other document may depend on its digest.
        inputs: what the receipt refers to: config, model descriptor, corpus and sampling policy. Without
            them the other rules cannot be checked, and sealing is refused.
        limits: the limits of the reader.

    Returns:
        The sealed file; or the refusal, where any rule finds an error that sealing does not correct.

    Raises:
        NotSealableError: there is no receipt at the root.
    """
    checker = Checker(inputs, limits=limits)
    documents, findings = checker.read([source])
    if not documents:
        return Sealing(source.data, (), Report(tuple(findings)))
    receipt = _at_the_root(documents)
    before = without_digest_findings(checker.check([source]))
    if before.errors:
        return Sealing(source.data, (), before)
    changes = put_digests(receipt.value)
    data = _edited(source.data, changes)
    # A malformed digest skips rules; now every rule applies and decides.
    after = checker.check([source._replace(data=data)])
    return Sealing(data, changes, after) if after.ok else Sealing(source.data, (), after)


def _at_the_root(documents: list[Document]) -> Document:
    first = documents[0]
    if first.kind is RECEIPT and not first.pointer:
        return first
    inside = [each.pointer for each in documents if each.kind is RECEIPT]
    if inside:
        raise NotSealableError(
            f"{first.name} holds a receipt at {inside[0]}, inside another document, which may depend on its "
            f"digest; seal the receipt in a file of its own"
        )
    raise NotSealableError(f"{first.name} holds a {first.kind.title}; only a {RECEIPT.title} can be sealed")


def _edited(data: bytes, changes: Iterable[Change]) -> bytes:
    """The text with the digests replaced and everything else unchanged."""
    text = Text(data)
    edited, places = text.text, {text.offset(change.pointer): change.computed for change in changes}
    for start in sorted(filter(None, places), reverse=True):
        edited = f'{edited[:start]}"{places[start]}"{edited[end_of(edited, start) :]}'
    return edited.encode()


def put_digests(receipt: Json) -> tuple[Change, ...]:
    """Put the digests D3, D4 and D5 into a receipt that is otherwise valid; returns the changes."""
    replay, lineage = receipt["replay_receipt"], receipt["checkpoint_lineage"]
    changes = []
    for pointer, holder, preimage in (
        (REPLAY_DIGEST, replay, digests.replay_preimage),
        (LINEAGE_DIGEST, lineage, digests.checkpoint_lineage_preimage),
        (RECEIPT_DIGEST, receipt, digests.receipt_preimage),  # last: it depends on the other two
    ):
        member = pointer.rpartition("/")[2]
        stored, computed = holder[member], digests.sha256(preimage(holder))
        if stored != computed:
            holder[member] = computed
            changes.append(Change(pointer, stored, computed))
    return tuple(changes)


def without_digest_findings(report: Report) -> Report:
    """The report without what sealing corrects: wrong or malformed digests."""
    return report._replace(findings=tuple(each for each in report.findings if not _is_corrected(each)))


def _is_corrected(finding: Finding) -> bool:
    if finding.rule == "schema-violation":
        return finding.pointer in _POINTERS and finding.keyword in _KEYWORDS
    return finding.rule in _RULES
