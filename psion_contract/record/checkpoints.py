"""Checkpoint references, made from the files of a checkpoint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from psion_contract.artifacts.folders import digest_of_files, folder_files
from psion_contract.artifacts.hashing import FileDigest, digest_of, hash_files
from psion_contract.build.inputs import Inputs
from psion_contract.exceptions import ArgumentError, ArtifactError
from psion_contract.reading.escaping import printable
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json
from psion_contract.reading.python_values import plain

ONE_MACHINE = "single-machine"
"""The writer, the cluster and the topology of a run on one machine, where nothing else is said."""


def checkpoint_reference(
    path: str | os.PathLike[str],
    *,
    checkpoint_family: str,
    stream_id: str,
    step: Any = None,
    checkpoint_ref: str | None = None,
    started_at_ms: Any = None,
    durable_at_ms: Any = None,
    writer_node_id: str = ONE_MACHINE,
    membership_epoch: Any = 0,
    cluster_state_digest: str = ONE_MACHINE,
    topology_digest: str = ONE_MACHINE,
) -> Json:
    """The checkpoint reference (section 1.2 of the contract) of a file or a folder of files.

    The last four arguments have defaults for a run on one machine, and the reference says so.

    Args:
        path: of the checkpoint. Each of its files is read once.
        checkpoint_family: family of the checkpoints of the run.
        stream_id: what the checkpoints of the stage are written to, such as ``exp-7/pretrain``.
        step: the step after which it was written.
        checkpoint_ref: where consumers find it; by default, `path` if it is relative, and else its last part.
        started_at_ms: when writing it began, in milliseconds since the Unix epoch; by default, when its first file was
            last changed.
        durable_at_ms: when it was complete on disk; by default, when its last file was last changed.
        writer_node_id: id of the process that wrote it.
        membership_epoch: number of changes of the cluster's membership before.
        cluster_state_digest: the state of the cluster.
        topology_digest: its topology.

    Returns:
        The reference. Its ``object_digest`` is that of the bytes: SHA-256 of a file, or the digest of OpenSSF Model
        Signing for a folder, which covers no names. Its ``manifest_digest`` is SHA-256 of the output of ``sha256sum`` for the
        files, ordered by their paths in the checkpoint, so it covers names too.

    Raises:
        ArgumentError: an argument has no JSON form, or `path` is none.
        ArtifactError: a file cannot be read, or the folder has none.
    """
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise ArgumentError(f"path: expected the path of a checkpoint, found a {type(path).__name__}")
    root = os.fsdecode(path)
    if os.path.isdir(root):
        files = folder_files(root)
        names = [os.path.relpath(each, root).replace(os.sep, "/") for each in files]
    else:
        files, names = [root], [os.path.basename(root)]
    digests = list(hash_files(files).values())
    times = [_changed_ms(each) for each in files]
    return {
        "checkpoint_family": plain(checkpoint_family, "checkpoint_family"),
        "stream_id": plain(stream_id, "stream_id"),
        "manifest_digest": _manifest_digest(dict(zip(names, digests, strict=True))),
        "object_digest": digest_of_files(digests) if os.path.isdir(root) else digests[0].digest,
        "writer_node_id": plain(writer_node_id, "writer_node_id"),
        "membership_epoch": plain(membership_epoch, "membership_epoch"),
        "cluster_state_digest": plain(cluster_state_digest, "cluster_state_digest"),
        "topology_digest": plain(topology_digest, "topology_digest"),
        "started_at_ms": min(times) if started_at_ms is None else plain(started_at_ms, "started_at_ms"),
        "checkpoint_ref": _reference(root)
        if checkpoint_ref is None
        else plain(checkpoint_ref, "checkpoint_ref"),
        "step": plain(step, "step"),
        "durable_at_ms": max(times) if durable_at_ms is None else plain(durable_at_ms, "durable_at_ms"),
    }


def path_from(folder: str, checkpoint: str | os.PathLike[str]) -> str | None:
    """The path of a checkpoint from the folder of its run; None if it is elsewhere.

    Raises:
        ArgumentError: it is no path, or has the folder of the run in it.
    """
    if not isinstance(checkpoint, (str, os.PathLike)):
        kind = type(checkpoint).__name__
        raise ArgumentError(f"finish: expected the path of a checkpoint, or its reference; found a {kind}")
    base, path = Path(folder).resolve(), Path(os.fsdecode(checkpoint)).resolve()
    if base.is_relative_to(path):
        raise ArgumentError(
            f"finish: {printable(str(path))} has the documents of the run, which still change; give the path of the "
            f"checkpoint alone"
        )
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else None


def as_before(made: Json, receipt: str) -> Json:
    """The reference in a receipt, if there is one and only times differ: the same files were written again."""
    if not os.path.exists(receipt):
        return made
    value = Inputs(DEFAULT_LIMITS, receipt=Path(receipt)).values["receipt"]
    known = value["checkpoint_lineage"]["promoted_checkpoint"]
    times = {name: known.get(name) for name in ("started_at_ms", "durable_at_ms")}
    return known if {**made, **times} == known else made


def _reference(path: str) -> str:
    parts = os.path.normpath(path).split(os.sep)
    return parts[-1] if os.path.isabs(path) or os.pardir in parts else "/".join(parts)


def _manifest_digest(digests: dict[str, FileDigest]) -> str:
    lines = [f"{found.digest.removeprefix('sha256:')}  {name}\n" for name, found in sorted(digests.items())]
    return digest_of("".join(lines).encode("utf-8", "surrogateescape"))


def _changed_ms(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns // 1_000_000
    except OSError as error:
        raise ArtifactError(path, f"cannot be read: {error.strerror}") from error
