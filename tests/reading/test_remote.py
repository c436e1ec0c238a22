"""A file that is read ahead: all of it, or an error."""

from __future__ import annotations

import io
from threading import Event
from typing import Any

import pytest

from psion_contract import UnreadableError
from psion_contract.reading import remote
from psion_contract.reading.remote import _ReadAhead


class Failing(io.BytesIO):
    """A file that fails at its end."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if not data:
            raise ConnectionResetError("reset by https://user:pass@host/a?sig=abc")
        return data


def read(file: Any, size: int | None, piece: int = 3) -> tuple[bytes, str]:
    """The bytes, and the message of the error after them."""
    reader = _ReadAhead(file, "s3://b/k", size, piece)
    found = b""
    buffer = bytearray(4)
    try:
        while count := reader.readinto(memoryview(buffer)):
            found += buffer[:count]
    except UnreadableError as error:
        return found, str(error)
    return found, ""


@pytest.mark.parametrize("block", [1, 2, 10, 100])
@pytest.mark.parametrize("size", [10, None])
def test_all_of_it_is_read(monkeypatch: pytest.MonkeyPatch, block: int, size: int | None) -> None:
    monkeypatch.setattr(remote, "_BLOCK", block)
    assert read(io.BytesIO(b"0123456789"), size) == (b"0123456789", "")


@pytest.mark.parametrize("size", [11, 9])
def test_a_file_of_another_size_is_an_error(size: int) -> None:
    found, said = read(io.BytesIO(b"0123456789"), size)
    assert found == b"0123456789"
    assert said == f"s3://b/k: after 10 of {size} bytes: the connection was lost"


@pytest.mark.parametrize("block", [5, 7, 100])
def test_what_came_before_an_error_is_read(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(remote, "_BLOCK", block)
    found, said = read(Failing(b"0123456789"), None)
    assert found == b"0123456789"
    assert said == "s3://b/k: after 10 bytes: ConnectionResetError: reset by https://host/a"


def test_a_file_that_is_left_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_BLOCK", 1)
    closed = Event()

    class Closing(io.BytesIO):
        def close(self) -> None:
            closed.set()

    reader = _ReadAhead(Closing(b"0123456789"), "s3://b/k", None, 1)
    reader.readinto(memoryview(bytearray(1)))
    reader.close()
    assert closed.wait(10)
