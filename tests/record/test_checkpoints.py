"""Checkpoint references are made of the bytes of a checkpoint."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from psion_contract.exceptions import ArgumentError, ArtifactError
from psion_contract.record.checkpoints import checkpoint_reference

NAMES = {"checkpoint_family": "family", "stream_id": "run/pretrain"}


def hashed(data: bytes) -> str:
    return sha256(data).hexdigest()


def test_the_reference_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "model.safetensors"
    path.write_bytes(b"weights")
    os.utime(path, ns=(5_000_000, 1_771_236_000_123_456_789))
    monkeypatch.chdir(tmp_path)
    line = f"{hashed(b'weights')}  model.safetensors\n"
    assert checkpoint_reference("out/./model.safetensors", **NAMES, step=12) == {
        "checkpoint_family": "family",
        "stream_id": "run/pretrain",
        "manifest_digest": f"sha256:{hashed(line.encode())}",
        "object_digest": f"sha256:{hashed(b'weights')}",
        "writer_node_id": "single-machine",
        "membership_epoch": 0,
        "cluster_state_digest": "single-machine",
        "topology_digest": "single-machine",
        "started_at_ms": 1_771_236_000_123,
        "checkpoint_ref": "out/model.safetensors",
        "step": 12,
        "durable_at_ms": 1_771_236_000_123,
    }


def test_the_reference_of_a_folder_covers_all_files(tmp_path: Path) -> None:
    for name, data, seconds in (("a/one", b"1", 30), ("a-two", b"2", 20)):
        path = tmp_path / "checkpoint-9" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (seconds, seconds))
    made = checkpoint_reference(tmp_path / "checkpoint-9", **NAMES)
    assert made["object_digest"] == f"sha256:{hashed(sha256(b'1').digest() + sha256(b'2').digest())}"
    lines = f"{hashed(b'2')}  a-two\n{hashed(b'1')}  a/one\n"
    assert made["manifest_digest"] == f"sha256:{hashed(lines.encode())}"
    assert (made["started_at_ms"], made["durable_at_ms"], made["step"]) == (20_000, 30_000, None)
    assert made["checkpoint_ref"] == "checkpoint-9"
    (tmp_path / "checkpoint-9" / "a-two").rename(tmp_path / "checkpoint-9" / "b")
    renamed = checkpoint_reference(tmp_path / "checkpoint-9", **NAMES)
    assert renamed["object_digest"] == made["object_digest"]
    assert renamed["manifest_digest"] != made["manifest_digest"]


def test_a_cluster_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"")
    cluster: dict[str, Any] = {
        "writer_node_id": "trainer-3",
        "membership_epoch": 4,
        "cluster_state_digest": "state",
        "topology_digest": "topology",
        "checkpoint_ref": "s3://bucket/model",
        "started_at_ms": 7,
        "durable_at_ms": 8,
    }
    assert cluster.items() <= checkpoint_reference(tmp_path / "model", **NAMES, **cluster).items()


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="path: expected the path of a checkpoint, found a int"):
        checkpoint_reference(5, checkpoint_family="a", stream_id="b")  # type: ignore[arg-type]
    with pytest.raises(ArtifactError, match="none: cannot be read: No such file"):
        checkpoint_reference(tmp_path / "none", **NAMES)
    with pytest.raises(ArtifactError, match="is a folder without files"):
        checkpoint_reference(tmp_path, **NAMES)
    (tmp_path / "model").write_bytes(b"")
    with pytest.raises(ArgumentError, match="step: "):
        checkpoint_reference(tmp_path / "model", **NAMES, step=object())
