"""This implementation, answering the requests of the line protocol (docs/conformance.md)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable
from json import dumps, loads
from typing import Any, BinaryIO

from psion_contract.checker import Checker
from psion_contract.conformance.protocol import Json, ProtocolError, member
from psion_contract.documents import digests
from psion_contract.reading.escaping import quoted
from psion_contract.reading.json_reader import Limits, read
from psion_contract.reading.source import Source

_REQUEST = "the request"
_LIMITS = ("max_bytes", "max_depth", "max_members")


def answer(request: Json) -> Json:
    """The answer to one request, without its id.

    Raises:
        ProtocolError: the request is none of the protocol, or cannot be answered.
    """
    op = member(request, "op", str, _REQUEST)
    match op:
        case "check":
            return _check(request)
        case "digest":
            return _digest(request)
    raise ProtocolError(f"the protocol has no op {quoted(op)}")


def ask(request: Json) -> Json:
    """The answer to one request, where whatever goes wrong is an error of the protocol."""
    try:
        return answer(request)
    except ProtocolError as error:
        return {"error": str(error)}
    except Exception as error:  # a fault of ours; the next request may be answered all the same
        return {"error": f"internal error: {type(error).__name__}: {error}"}


def serve(requests: Iterable[bytes], answers: BinaryIO) -> None:
    """Answer requests, a line each, until there are no more."""
    for line in requests:
        try:
            request = _request(line)
            said = {"id": request["id"], **ask(request)}
        except ProtocolError as error:
            said = {"id": None, "error": str(error)}
        answers.write(dumps(said).encode() + b"\n")
        answers.flush()


def _request(line: bytes) -> Json:
    """The request on a line, with an id that can be repeated."""
    try:
        request = loads(line)
    except (ValueError, RecursionError):
        raise ProtocolError(f"{_REQUEST} is no JSON") from None
    if not isinstance(request, dict):
        raise ProtocolError(f"{_REQUEST} is no object")
    if not isinstance(request.get("id"), str):  # which does no harm
        member(request, "id", int, _REQUEST)
    return request


def _check(request: Json) -> Json:
    documents, inputs = _sources(request, "documents"), _sources(request, "inputs")
    strict = member(request, "strict", bool, _REQUEST)
    report = Checker(inputs, limits=_limits(request), strict=strict).check(documents)
    findings = [
        {"rule": each.rule, "document": each.document, "pointer": each.pointer} for each in report.findings
    ]
    return {"verdict": report.verdict, "findings": findings}


def _sources(request: Json, name: str) -> list[Source]:
    entries = enumerate(member(request, name, list, _REQUEST))
    return [_source(entry, f"{name}[{index}]") for index, entry in entries]


def _source(entry: Any, where: str) -> Source:
    return Source(member(entry, "name", str, where), _decoded(entry, where))


def _limits(request: Json) -> Limits:
    given = member(request, "limits", dict, _REQUEST) if "limits" in request else {}
    for name in given:
        if name not in _LIMITS:
            raise ProtocolError(f"the protocol has no limit {quoted(name)}")
        if member(given, name, int, "the limits") < 1:
            raise ProtocolError(f'"{name}" of the limits is less than 1')
    return Limits(**given)


def _decoded(holder: Any, where: str) -> bytes:
    base64 = member(holder, "base64", str, where)
    try:
        return b64decode(base64, validate=True)
    except ValueError:
        raise ProtocolError(f'"base64" of {where} is no Base64') from None


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
        raise ProtocolError(f"the contract has no digest {quoted(digest)}")
    reading = read(_decoded(request, _REQUEST))
    if reading.problems:
        raise ProtocolError(reading.problems[0].message)
    try:
        preimage = _PREIMAGES[digest](reading.value)
    except (AttributeError, LookupError, TypeError, ValueError):
        # The preimages are those of documents that fit their schemas, and fail in any way where one does not.
        raise ProtocolError(f"the text is not what {digest} is made from") from None
    return {"preimage": preimage, "sha256": digests.sha256(preimage)}
