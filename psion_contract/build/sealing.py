"""The digests of a receipt, made anew where everything else about it is right (docs/producing.md).

Sealing never launders: it makes digests agree with members, and only of members to which no other rule
objects. It says nothing about who wrote them; anyone can seal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from psion_contract.exceptions import NotSealableError
from psion_contract.documents import digests
from psion_contract.checker import Checker
from psion_contract.documents.digests import Json
from psion_contract.findings import Finding, Report
from psion_contract.reading.source import Source
from psion_contract.reading.locator import end_of
from psion_contract.reading.json_text import Text
from psion_contract.documents.kinds import RECEIPT
from psion_contract.documents.document import Document
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits

REPLAY_DIGEST = "/replay_receipt/replay_digest"
LINEAGE_DIGEST = "/checkpoint_lineage/checkpoint_lineage_digest"
RECEIPT_DIGEST = "/receipt_digest"

_RULES = {"replay-digest-mismatch", "lineage-digest-mismatch", "receipt-digest-mismatch"}
_POINTERS = {REPLAY_DIGEST, LINEAGE_DIGEST, RECEIPT_DIGEST}
_KEYWORDS = {"minLength", "maxLength", "pattern"}
"""What the schema objects to where a digest is a string, but not that of a digest."""

PLACEHOLDER = "0" * 64
"""What may stand for a digest until the receipt is sealed; so may any other text."""



class Change(NamedTuple):
    """One digest that sealing replaces.

    Attributes:
        pointer: where it stands in the receipt.
        stored: the value that stands there.
        computed: the digest of the receipt's members.
    """

    pointer: str
    stored: str
    computed: str


class Sealing(NamedTuple):
    """What sealing comes to.

    Attributes:
        data: the file as it should be; the bytes that were given where it was refused.
        changes: the digests replaced: those of D3, D4 and D5, in that order, that differ.
        report: where it was refused, what stands against it; else the report on `data`.
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
    """Make the digests D3, D4 and D5 of a receipt anew, as edits of its text.

    Every byte outside the three digests stays. Each of the digests must be there, as a string; what the
    string says does not matter, so a receipt may be written with ``""`` and then sealed.

    Args:
        source: a file with a receipt at its root. One inside another document is not sealed there: what
            holds it may count on its digest.
        inputs: what the receipt refers to: config, model descriptor, corpus and sampling policy. Without
            them there is no saying that all else is right, and sealing is refused.
        limits: what the reader accepts at most.

    Returns:
        The sealed file; or, where any rule finds an error that sealing does not mend, the refusal.

    Raises:
        NotSealableError: no receipt stands at the root.
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
    # A string that is no digest keeps rules from being applied. Now they are, and every one of them decides.
    after = checker.check([source._replace(data=data)])
    return Sealing(data, changes, after) if after.ok else Sealing(source.data, (), after)


def _at_the_root(documents: list[Document]) -> Document:
    first = documents[0]
    if first.kind is RECEIPT and not first.pointer:
        return first
    inside = [each.pointer for each in documents if each.kind is RECEIPT]
    if inside:
        raise NotSealableError(
            f"{first.name} holds a receipt at {inside[0]}, inside another document, which may count on its "
            f"digest; seal the receipt in a file of its own"
        )
    raise NotSealableError(f"{first.name} holds a {first.kind.title}, and only a {RECEIPT.title} is sealed")


def _edited(data: bytes, changes: Iterable[Change]) -> bytes:
    """The text with the digests in their places and everything else as it is."""
    text = Text(data)
    edited, places = text.text, {text.offset(change.pointer): change.computed for change in changes}
    for start in sorted(filter(None, places), reverse=True):
        edited = f'{edited[:start]}"{places[start]}"{edited[end_of(edited, start) :]}'
    return edited.encode()


def put_digests(receipt: Json) -> tuple[Change, ...]:
    """Put the digests D3, D4 and D5 into a receipt that is otherwise sound; returns what that changed."""
    replay, lineage = receipt["replay_receipt"], receipt["checkpoint_lineage"]
    changes = []
    for pointer, holder, preimage in (
        (REPLAY_DIGEST, replay, digests.replay_preimage),
        (LINEAGE_DIGEST, lineage, digests.checkpoint_lineage_preimage),
        (RECEIPT_DIGEST, receipt, digests.receipt_preimage),  # last: it is made of the other two
    ):
        member = pointer.rpartition("/")[2]
        stored, computed = holder[member], digests.sha256(preimage(holder))
        if stored != computed:
            holder[member] = computed
            changes.append(Change(pointer, stored, computed))
    return tuple(changes)


def without_digest_findings(report: Report) -> Report:
    """The report without what sealing mends: a digest that is wrong, or a string but no digest."""
    return report._replace(findings=tuple(each for each in report.findings if not _is_mended(each)))


def _is_mended(finding: Finding) -> bool:
    if finding.rule == "schema-violation":
        return finding.pointer in _POINTERS and finding.keyword in _KEYWORDS
    return finding.rule in _RULES
