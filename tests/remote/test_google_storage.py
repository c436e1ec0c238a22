"""Documents in Google's object store, as an emulator of it serves them: the same answer as for the same files here."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import documents
from support.command_line import COULD_NOT_RUN, FINDINGS, RunCommand

from benchmarks.archive import lines
from psion_contract.reading import connections, remote

pytestmark = pytest.mark.slow

BUCKET = "archive"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a store that serves until the end of the tests."""
    from gcp_storage_emulator.server import create_server

    server = create_server("127.0.0.1", 0, in_memory=True, default_bucket=BUCKET)
    server.start()
    http = server._api._httpd
    http.handle_error = lambda *_: None  # it would print that a client needs no more of an answer
    yield http.server_address[1]
    server.stop()


@pytest.fixture
def store(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the store, whose one bucket is empty. The current folder is empty, too."""
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # asks what the emulator does not answer
    import fsspec.config
    import gcsfs

    settings = {"token": "anon", "endpoint_url": f"http://127.0.0.1:{port}"}
    for protocol in ("gs", "gcs"):
        monkeypatch.setitem(fsspec.config.conf, protocol, settings)
    monkeypatch.chdir(tmp_path)
    client = gcsfs.GCSFileSystem(**settings, skip_instance_cache=True)
    for path in client.find(BUCKET):
        client.rm_file(path)
    return client


def put(store: Any, files: dict[str, bytes]) -> None:
    """Write files here, below a folder of the name of the bucket, and put them into the bucket."""
    for path, data in files.items():
        (Path(BUCKET) / path).parent.mkdir(parents=True, exist_ok=True)
        (Path(BUCKET) / path).write_bytes(data)
        store.put_file(f"{BUCKET}/{path}", f"{BUCKET}/{path}")


def text_of(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


@pytest.mark.parametrize("small", [1 << 20, 0], ids=["together", "alone"])
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("protocol", ["gs", "gcs"])
def test_what_is_there_is_read_like_what_is_here(
    psion: RunCommand, store: Any, monkeypatch: pytest.MonkeyPatch, protocol: str, small: int, jobs: int
) -> None:
    monkeypatch.setattr(remote, "_SMALL", small)
    known = documents()
    put(
        store,
        {
            "run/receipt.json": text_of(known["receipt"]).replace(
                b'"label_smoothing_bps": 40', b'"label_smoothing_bps": 7'
            ),
            "run/deep/config.json.gz": gzip.compress(text_of(known["config"])),
            "run/notes.txt": b"no document",
            "inputs/all.jsonl": b"".join(
                json.dumps(known[each]).encode() + b"\n" for each in ("descriptor", "corpus", "policy")
            ),
        },
    )
    more = ("--format", "json", "--jobs", jobs)
    here = psion("check", f"{BUCKET}/run", "--inputs", f"{BUCKET}/inputs", *more)
    there = psion("check", f"{protocol}://{BUCKET}/run", "--inputs", f"{protocol}://{BUCKET}/inputs", *more)
    assert (there.code, there.err) == (here.code, here.err) == (FINDINGS, "")
    assert json.loads(there.out.replace(f"{protocol}://{BUCKET}/", f"{BUCKET}/")) == json.loads(here.out)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_large_object_is_read_in_blocks(
    psion: RunCommand, store: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(remote, "_SMALL", 1000)
    monkeypatch.setattr(remote, "_BLOCK", 100_000)
    archive = b"".join(lines(150, 20))
    put(store, {name: gzip.compress(archive) if name.endswith(".gz") else archive})
    here = psion("check", f"{BUCKET}/{name}", "--jobs", 1)
    there = psion("check", f"gs://{BUCKET}/{name}", "--jobs", 1)
    assert (there.code, there.err) == (FINDINGS, "")
    assert there.out.replace(f"gs://{BUCKET}/", f"{BUCKET}/") == here.out


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("gs://archive/missing.json", "no such file or folder"),
        ("gs://archive/missing/*.json", "no such file or folder"),
        ("gs://elsewhere/a.json", "no such file or folder"),
    ],
)
def test_what_is_not_there_is_an_error(psion: RunCommand, store: Any, url: str, said: str) -> None:
    put(store, {"a.json": b"{}"})
    result = psion("check", url)
    assert (result.code, result.err) == (COULD_NOT_RUN, f"Error: {url}: {said}\n")


def test_an_object_that_changes_between_the_passes_is_an_error(
    psion: RunCommand, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = b"".join(lines(100, 5))
    put(store, {"a.jsonl": archive})
    read = remote.RemoteFiles.read
    passes = []

    def changing(self: Any, files: Any) -> Any:
        passes.append(self)
        if len(passes) == 2:
            put(store, {"a.jsonl": archive.replace(b"Receipt 7 ", b"Receipt 8 ")})
        return read(self, files)

    monkeypatch.setattr(remote.RemoteFiles, "read", changing)
    result = psion("check", f"gs://{BUCKET}/a.jsonl", "--jobs", 1)
    assert result.code == COULD_NOT_RUN
    assert result.err == f"Error: gs://{BUCKET}/a.jsonl: changed while it was read; check it again\n"
    assert "incomplete: stopped after" in result.out


@pytest.mark.parametrize("protocol", ["gs", "gcs"])
def test_no_request_waits_without_end(store: Any, monkeypatch: pytest.MonkeyPatch, protocol: str) -> None:
    import fsspec.config

    system, _ = connections.file_system(f"{protocol}://{BUCKET}/a", False)
    assert (system.requests_timeout.total, system.requests_timeout.sock_read) == (None, 15.0)
    monkeypatch.setitem(fsspec.config.conf[protocol], "requests_timeout", 7)
    system, _ = connections.file_system(f"{protocol}://{BUCKET}/a", False)
    assert system.requests_timeout == 7
