"""Arrow files whose messages contradict themselves, made from one that pyarrow has written."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from psion_contract.artifacts.shards import arrow_lists
from psion_contract.artifacts.shards.arrow_lists import list_lengths
from psion_contract.exceptions import ArtifactError

SAMPLE = Path(__file__).parents[2] / "importers/samples/datasets/saved/data-00000-of-00002.arrow"
WHOLE = SAMPLE.read_bytes()
OFFSETS = struct.pack("<5i", 0, 5, 8, 19, 20)
"""The offsets of the lists of `input_ids`."""


def lengths(path: Path, content: bytes) -> list[int]:
    path.write_bytes(content)
    name, found = list_lengths(str(path), lambda kinds: "input_ids")
    assert name == "input_ids"
    return found.tolist()


def replaced(old: bytes, new: bytes) -> bytes:
    assert WHOLE.count(old) == 1, WHOLE.count(old)
    return WHOLE.replace(old, new)


def batch() -> int:
    """Where the message with the records begins."""
    return WHOLE.index(b"\xff\xff\xff\xff", 4)


def test_offsets_give_the_lengths(tmp_path: Path) -> None:
    assert lengths(tmp_path / "a", WHOLE) == [5, 3, 11, 1]


def test_the_format_for_files_is_read_too(tmp_path: Path) -> None:
    assert lengths(tmp_path / "a", b"ARROW1\0\0" + WHOLE + b"footer") == [5, 3, 11, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            replaced(OFFSETS, struct.pack("<5i", 0, 5, 3, 19, 20)),
            "has a list that ends before it begins; expected offsets",
        ),
        (
            WHOLE[:4] + struct.pack("<i", (1 << 26) + 8) + WHOLE[8:],
            "has a message of 67108872 bytes; expected at most 67108864",
        ),
        (WHOLE[:4] + struct.pack("<i", -8) + WHOLE[8:], "has a message of -8 bytes; expected at most"),
        (WHOLE[:-8], "is cut off: it has no end after the last message; expected the end that a writer adds"),
        (
            replaced(OFFSETS, struct.pack("<5i", 0, 5, 8, 19, 21)),
            "has lists of 21 tokens; expected at most 20",
        ),
        (replaced(OFFSETS, struct.pack("<5i", -5, 5, 8, 19, 20)), "has a list that ends before it begins"),
        (b"", "has no schema; expected an Arrow file"),
        (WHOLE[batch() :], "has records before a schema; expected a schema first"),
        (WHOLE[: batch() + 200], "is cut off"),
        (WHOLE[: batch()] + b"PAR1", "has b'PAR1' before a message; expected an Arrow file, version 5"),
        (WHOLE[:8] + bytes(len(WHOLE) - 8), "has a message that is not understood|is cut off|has no schema"),
    ],
)
def test_contradictions_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=message):
        lengths(tmp_path / "a", content)


def test_a_schema_of_many_fields_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_lists, "_MAX_FIELDS", 1)
    with pytest.raises(ArtifactError, match="has more than 1 fields; expected fewer"):
        lengths(tmp_path / "a", WHOLE)


def test_a_message_of_another_type_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_lists, "_RECORDS", 4)
    with pytest.raises(
        ArtifactError, match="has a message of type 3; expected a schema, dictionaries and records"
    ):
        lengths(tmp_path / "a", WHOLE)


def test_offsets_must_be_in_the_body(tmp_path: Path) -> None:
    """The buffer of the offsets is made too short, and then moved beyond the body."""
    begin = WHOLE.index(OFFSETS)
    size = struct.pack("<q", len(OFFSETS))
    places = [at for at in range(batch(), begin - 16) if WHOLE[at + 8 : at + 16] == size]
    found = []
    for at in places:
        for changed in (
            struct.pack("<qq", 0, 4),
            struct.pack("<qq", 1 << 40, len(OFFSETS)),
            struct.pack("<qq", -8, len(OFFSETS)),
        ):
            try:
                lengths(tmp_path / "a", WHOLE[:at] + changed + WHOLE[at + 16 :])
            except ArtifactError as error:
                found.append(error.problem)
    assert found.count("has 4 bytes of offsets for 4 rows") == 1
    assert found.count("has 20 bytes of offsets for 4 rows") == 1
    assert found.count("has records that do not match its schema") == 1
