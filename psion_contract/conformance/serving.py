"""Serves the line protocol: answers requests one after another, and keeps inputs between them."""

from __future__ import annotations

from json import dumps, loads
from typing import BinaryIO, NamedTuple

from psion_contract.checker import Checker
from psion_contract.conformance.answering import answer, checked, limits_of, sources_of
from psion_contract.conformance.protocol import Json, ProtocolError, member
from psion_contract.reading.escaping import quoted

MAX_REQUEST = 64 * 1024 * 1024
"""Maximum size of a request, in bytes."""

MAX_KEPT = 16
"""Maximum number of sets of inputs that are kept."""

MAX_KEPT_BYTES = 32 * 1024 * 1024
"""Maximum size of all inputs that are kept, in bytes."""

_REQUEST = "the request"


def ask(request: Json) -> Json:
    """The answer to one request by itself; any exception becomes an ``error``."""
    return Service().ask(request)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests, one per line, until the input ends.

    Raises:
        OSError: requests cannot be read, or answers not be written.
    """
    service = Service()
    while line := requests.readline(MAX_REQUEST + 1):
        if len(line) > MAX_REQUEST and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):  # the rest of the line
                line = requests.readline(MAX_REQUEST)
            reply: Json = {"id": None, "error": f"{_REQUEST} is larger than {MAX_REQUEST} bytes"}
        else:
            reply = _reply(line, service)
        answers.write(dumps(reply).encode() + b"\n")
        answers.flush()


def _reply(line: bytes, service: Service) -> Json:
    try:
        request = _request(line)
    except ProtocolError as error:
        return {"id": None, "error": str(error)}
    return {"id": request["id"], **service.ask(request)}


def _request(line: bytes) -> Json:
    """The request on a line, with an id that the answer can repeat."""
    try:
        request = loads(line)
    except (ValueError, RecursionError):
        raise ProtocolError(f"{_REQUEST} is not JSON") from None
    if not isinstance(request, dict):
        raise ProtocolError(f"{_REQUEST} is not an object")
    if not isinstance(
        request.get("id"), str
    ):  # the protocol requires an integer, but a string can be repeated too
        member(request, "id", int, _REQUEST)
    return request


class _UnknownInputsError(ProtocolError):
    """No inputs are kept under a name; they never were, or made way for others."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no inputs are kept as {quoted(name)}: keep them, again if they were kept before")
        self.name = name


class _Kept(NamedTuple):
    checker: Checker
    size: int


class Service:
    """Answers requests, and keeps the inputs that later ones refer to by name.

    Sets of inputs that were not used for longest make way for new ones.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}  # the least recently used first

    def ask(self, request: Json) -> Json:
        """The answer to one request, without an id; any exception becomes an ``error``."""
        try:
            if request.get("op") == "keep":
                return self._keep(request)
            if request.get("op") == "check" and isinstance(request.get("inputs"), str):
                return checked(self._checker(request), request)
            return answer(request)
        except _UnknownInputsError as error:
            return {"error": str(error), "unknown_inputs": error.name}
        except ProtocolError as error:
            return {"error": str(error)}
        except Exception as error:  # an internal error must not prevent the next answer
            return {"error": f"internal error: {type(error).__name__}: {error}"}

    def _keep(self, request: Json) -> Json:
        name, inputs = member(request, "as", str, _REQUEST), sources_of(request, "inputs")
        size = sum(len(source.data) for source in inputs)
        if size > MAX_KEPT_BYTES:
            raise ProtocolError(f"the inputs have {size} bytes; at most {MAX_KEPT_BYTES} are kept")
        checker = Checker(inputs, limits=limits_of(request))
        self._kept.pop(name, None)
        while len(self._kept) >= MAX_KEPT or self._size() + size > MAX_KEPT_BYTES:
            del self._kept[next(iter(self._kept))]
        self._kept[name] = _Kept(checker, size)
        return {"kept": list(self._kept)}

    def _checker(self, request: Json) -> Checker:
        """The checker with the inputs that a request names."""
        name = request["inputs"]
        if "limits" in request:
            raise ProtocolError("the limits of kept inputs are given when they are kept")
        if name not in self._kept:
            raise _UnknownInputsError(name)
        self._kept[name] = kept = self._kept.pop(name)
        return kept.checker

    def _size(self) -> int:
        return sum(each.size for each in self._kept.values())
