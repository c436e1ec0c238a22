"""Answers requests of the line protocol (see `protocol`) with this implementation."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Any

from psion_contract.checker import Checker
from psion_contract.conformance.protocol import Json, ProtocolError, member
from psion_contract.documents import digests
from psion_contract.findings import Finding
from psion_contract.reading.escaping import quoted
from psion_contract.reading.json_reader import Limits, read
from psion_contract.reading.source import Source

_REQUEST = "the request"
_LIMITS = ("max_bytes", "max_depth", "max_members")


def answer(request: Json) -> Json:
    """The answer to one request, without an id.

    Raises:
        ProtocolError: the request breaks the protocol, or has no answer.
    """
    op = member(request, "op", str, _REQUEST)
    match op:
        case "check":
            member(request, "documents", list, _REQUEST)
            return checked(Checker(sources_of(request, "inputs"), limits=limits_of(request)), request)
        case "digest":
            return _digest(request)
    raise ProtocolError(f"unknown op {quoted(op)}")


def checked(checker: Checker, request: Json) -> Json:
    """The answer to a request for a check, whose inputs the checker has.

    Raises:
        ProtocolError: the request breaks the protocol.
    """
    strict = member(request, "strict", bool, _REQUEST)
    whole = "report" in request and member(request, "report", bool, _REQUEST)
    report = checker.check(sources_of(request, "documents"))._replace(strict=strict)
    found = {"verdict": report.verdict, "findings": list(map(_finding, report.findings))}
    return {**found, "report": report.to_dict()} if whole else found


def _finding(finding: Finding) -> Json:
    related = [{"document": other.document, "pointer": other.pointer} for other in finding.related]
    return {
        "rule": finding.rule,
        "document": finding.document,
        "pointer": finding.pointer,
        "related": related,
    }


def sources_of(request: Json, name: str) -> list[Source]:
    """The texts that a member of a request lists.

    Raises:
        ProtocolError: the request breaks the protocol.
    """
    entries = enumerate(member(request, name, list, _REQUEST))
    return [_source(entry, f"{name}[{index}]") for index, entry in entries]


def _source(entry: Any, label: str) -> Source:
    return Source(member(entry, "name", str, label), _decoded(entry, label))


def limits_of(request: Json) -> Limits:
    """The limits of a request.

    Raises:
        ProtocolError: the request breaks the protocol.
    """
    limits = member(request, "limits", dict, _REQUEST) if "limits" in request else {}
    for name in limits:
        if name not in _LIMITS:
            raise ProtocolError(f"unknown limit {quoted(name)}")
        if member(limits, name, int, "the limits") < 1:
            raise ProtocolError(f'"{name}" of the limits is less than 1')
    return Limits(**limits)


def _decoded(container: Any, label: str) -> bytes:
    base64 = member(container, "base64", str, label)
    try:
        return b64decode(base64, validate=True)
    except ValueError:
        raise ProtocolError(f'"base64" of {label} is not Base64') from None


_PREIMAGES: dict[str, Callable[[Any], str]] = {
    "D1": digests.tokenizer_binding_preimage,
    "D2": digests.model_descriptor_preimage,
    "D3": digests.replay_preimage,
    "D4": digests.checkpoint_lineage_preimage,
    "D5": digests.receipt_preimage,
    "D6": lambda descriptor: digests.tensor_layout_preimage(
        descriptor["checkpoint_contract"]["tensor_layout"]
    ),
    "D7": digests.stage_completion_preimage,
    "D8": digests.checkpoint_promotion_preimage,
    "D9": digests.stage_transition_preimage,
    "content": digests.content_preimage,
}


def _digest(request: Json) -> Json:
    digest = member(request, "digest", str, _REQUEST)
    if digest not in _PREIMAGES:
        raise ProtocolError(f"unknown digest {quoted(digest)}")
    reading = read(_decoded(request, _REQUEST))
    if not reading.readable:
        raise ProtocolError(reading.problems[-1].message)
    try:
        preimage = _PREIMAGES[digest](reading.value)
    except (AttributeError, LookupError, TypeError, ValueError):
        # Preimage functions expect valid documents and can fail in any way on others.
        raise ProtocolError(f"{digest} cannot be made from this text") from None
    return {"preimage": preimage, "sha256": digests.sha256(preimage)}
