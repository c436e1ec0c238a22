"""This implementation, answering the requests of the line protocol (docs/conformance.md)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable
from json import dumps, loads
from typing import Any, BinaryIO

from psion_contract import digests
from psion_contract.checker import Checker
from psion_contract.intake import Source
from psion_contract.strictjson import Limits, read

Json = dict[str, Any]


def answer(request: Json) -> Json:
    """The answer to one request, without its id.

    Raises:
        ValueError: the request is none of the protocol, or cannot be answered.
    """
    match request.get("op"):
        case "check":
            return _check(request)
        case "digest":
            return _digest(request)
    raise ValueError(f"the protocol has no op {request.get('op')!r}")


def ask(request: Json) -> Json:
    """The answer to one request, where whatever goes wrong is an error of the protocol."""
    try:
        return answer(request)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def serve(requests: Iterable[bytes], answers: BinaryIO) -> None:
    """Answer requests, a line each, until there are no more."""
    for line in requests:
        try:
            request = loads(line)
            said = {"id": request["id"], **ask(request)}
        except (ValueError, TypeError, KeyError, RecursionError):
            said = {"id": None, "error": "no request of the protocol: one JSON object a line, with an id"}
        answers.write(dumps(said).encode() + b"\n")
        answers.flush()


def _check(request: Json) -> Json:
    limits = Limits(**request.get("limits", {}))
    checker = Checker(_sources(request["inputs"]), limits=limits, strict=request["strict"])
    report = checker.check(_sources(request["documents"]))
    findings = [
        {"rule": each.rule, "document": each.document, "pointer": each.pointer} for each in report.findings
    ]
    return {"verdict": report.verdict, "findings": findings}


def _sources(given: Iterable[Json]) -> list[Source]:
    return [Source(each["name"], b64decode(each["base64"], validate=True)) for each in given]


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
    reading = read(b64decode(request["base64"], validate=True))
    if reading.problems:
        raise ValueError(reading.problems[0].message)
    preimage = _PREIMAGES[request["digest"]](reading.value)
    return {"preimage": preimage, "sha256": digests.sha256(preimage)}
