"""Counts of shards as a manifest may state them: the file's own sequences, or its tokens cut to a length."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from support.platforms import needs_pipes

from psion_contract.artifacts.shards import Counts
from psion_contract.evidence import shard_counter
from psion_contract.evidence.shard_counter import ShardCounter
from psion_contract.exceptions import ArtifactError

NOTHING = Counts(1, 1, 1, 1)


def datatrove(folder: Path, *lengths: int) -> str:
    """A file of datatrove with sequences of these lengths."""
    path = folder / "0.ds"
    path.write_bytes(bytes(2 * sum(lengths)))
    ends = [sum(lengths[: number + 1]) for number in range(len(lengths))]
    path.with_name("0.ds.index").write_bytes(struct.pack(f"<{len(ends)}Q", *ends))
    path.with_name("0.ds.metadata").write_text(f"tokenizer|2\n{sum(lengths)}\n0.1 K")
    return str(path)


def test_own_sequences_or_tokens_cut_to_a_length(tmp_path: Path) -> None:
    path = datatrove(tmp_path, 3, 5, 2)
    own, cut = Counts(3, 10, 2, 5), Counts(3, 10, 2, 4)
    assert ShardCounter().counts(path, own) == own
    assert ShardCounter().counts(path, cut) == cut
    assert ShardCounter().counts(path, NOTHING) == own
    assert ShardCounter().counts(path, Counts(3, 11, 2, 4)) == own


def test_tokens_without_sequences(tmp_path: Path) -> None:
    path = tmp_path / "a.u16"
    path.write_bytes(bytes(20))
    assert ShardCounter().counts(str(path), Counts(3, 10, 2, 4)) == Counts(3, 10, 2, 4)
    assert ShardCounter().counts(str(path), Counts(9, 9, 1, 3)) == Counts(4, 10, 1, 3)


def test_files_that_cannot_be_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.tokens"
    path.write_bytes(b"tokens")
    with pytest.raises(ArtifactError, match="the format of the tokens is not recognised"):
        ShardCounter().counts(str(path), NOTHING)


@needs_pipes
@pytest.mark.parametrize("name", ["a.bin", "a.idx", "0.ds.index", "0.ds.metadata", "a.npy"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    shard = tmp_path / ("0.ds" if name.startswith("0.ds") else name.replace(".idx", ".bin"))
    if shard.name == "0.ds":
        datatrove(tmp_path, 3)
        (tmp_path / name).unlink()
    elif shard.name != name:
        shard.write_bytes(bytes(8))
    os.mkfifo(tmp_path / name)
    with pytest.raises(ArtifactError, match="is a pipe, socket or device; expected a file"):
        ShardCounter().counts(str(shard), NOTHING)


def test_an_index_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(__file__).parents[1] / "artifacts" / "files" / "litdata"
    paths = [str(path) for path in sorted(folder.glob("*.bin"))]
    assert len(paths) == 3
    expected = [Counts(4, 40, 10, 10), Counts(4, 40, 10, 10), Counts(2, 20, 10, 10)]
    read: list[str] = []
    real = shard_counter.shards
    monkeypatch.setattr(shard_counter, "shards", lambda path: read.append(path) or real(path))
    monkeypatch.setattr(shard_counter, "count", None)
    counter = ShardCounter()
    assert [counter.counts(path, stated) for path, stated in zip(paths, expected, strict=True)] == expected
    assert read == [str(folder / "index.json")]


def test_a_broken_index_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{")
    path = datatrove(tmp_path, 3, 5)
    assert ShardCounter().counts(path, NOTHING) == Counts(2, 8, 3, 5)
