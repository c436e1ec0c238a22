"""Documents in an object store, moto's S3: the same answer as for the same files here, and never a short one."""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import documents
from support.command_line import CONSISTENT, COULD_NOT_RUN, FINDINGS, RunCommand, finished, start

from benchmarks.archive import lines
from psion_contract.cli import input_size
from psion_contract.reading import remote
from psion_contract.streaming import rereading

pytestmark = pytest.mark.slow

BUCKET = "archive"


def put(store: Any, files: dict[str, bytes]) -> None:
    """Write files here, below a folder of the name of the bucket, and put them into the bucket."""
    for path, data in files.items():
        (Path(BUCKET) / path).parent.mkdir(parents=True, exist_ok=True)
        (Path(BUCKET) / path).write_bytes(data)
        store.put_object(Key=path, Body=data)


def text_of(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def tree() -> dict[str, bytes]:
    known = documents()
    inputs = b"".join(json.dumps(known[each]).encode() + b"\n" for each in ("descriptor", "corpus"))
    return {
        "2026-01/receipt.json": text_of(known["receipt"]).replace(
            b'"label_smoothing_bps": 40', b'"label_smoothing_bps": 7'
        ),
        "2026-01/a*[1]?.json": text_of(known["resumed_config"]),
        "2026-01/deep/config.json.gz": gzip.compress(text_of(known["config"])),
        "2026-02/inputs.jsonl": inputs,
        "2026-02/policy.json": text_of(known["policy"]),
        "2026-02/x y%20ü.json": b'{"other": 1}',
        "2026-02/notes.txt": text_of(known["policy"]),
        "2026-02/part-0001": b"x" * 100_000,
        "2026-02/README": b"",
        "2026-02/empty.json": b"",
        "2026-02/other.jsonc": b"{}",
        "2026-02/scratch/a.json": b"{",
        "2026-020/a.json": b"{",
        "deeper/2026-01/a.json": b"{",
    }


STREAMED = pytest.mark.parametrize("streamed", [(), ("--jobs", 2)], ids=["whole", "two jobs"])


@pytest.mark.parametrize(
    ("small", "streamed"),
    [(1 << 20, ()), (1 << 20, ("--jobs", 2)), (0, ("--jobs", 1))],
    ids=["together", "together, two jobs", "alone, one job"],
)
@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("2026-01", ["2026-01"]),
        ("2026-02/", ["2026-02"]),
        ("2026-0?", ["2026-01", "2026-02"]),
        ("*/[ip]*.json*", ["2026-02/inputs.jsonl", "2026-02/policy.json"]),
        ("2026-0[12]/**/*.gz", ["2026-01/deep/config.json.gz"]),
        ("2026-01/receipt.json", ["2026-01/receipt.json"]),
    ],
)
def test_what_is_there_is_read_like_what_is_here(
    psion: RunCommand,
    store: Any,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    path: list[str],
    small: int,
    streamed: tuple[object, ...],
) -> None:
    monkeypatch.setattr(remote, "_SMALL", small)
    monkeypatch.setattr(remote, "_TOGETHER", 3)
    put(store, tree())
    store.put_object(Key="2026-02/", Body=b"")  # as consoles mark a folder
    more = ("--exclude", "scratch", "--format", "json", *streamed)
    here = psion("check", *[f"{BUCKET}/{each}" for each in path], "--inputs", f"{BUCKET}/2026-02", *more)
    there = psion("check", f"s3://{BUCKET}/{url}", "--inputs", f"s3://{BUCKET}/2026-02", *more)
    assert here.code in (CONSISTENT, FINDINGS)
    assert there.code == here.code
    assert there.err == here.err
    shown = json.loads(there.out.replace(f"s3://{BUCKET}/", f"{BUCKET}/"))
    wanted = json.loads(here.out)
    for each in (shown, wanted):  # the order of what is excluded may be another one
        each["left_alone"].sort(key=lambda entry: entry["name"])
        each["documents"].sort(key=lambda entry: entry["name"])
    assert shown == wanted


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_large_object_is_read_in_blocks(
    psion: RunCommand, store: Any, monkeypatch: pytest.MonkeyPatch, name: str, jobs: int
) -> None:
    monkeypatch.setattr(remote, "_SMALL", 1000)
    monkeypatch.setattr(remote, "_BLOCK", 100_000)
    archive = b"".join(lines(300, 20))
    put(store, {name: gzip.compress(archive) if name.endswith(".gz") else archive})
    here = psion("check", f"{BUCKET}/{name}", "--jobs", jobs)
    there = psion("check", f"s3://{BUCKET}/{name}", "--jobs", jobs)
    assert (there.code, there.err) == (FINDINGS, "")
    assert there.out.replace(f"s3://{BUCKET}/", f"{BUCKET}/") == here.out


def test_a_large_object_is_streamed(psion: RunCommand, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_size, "LARGE", 100_000)
    put(store, {"below/a.jsonl": b"".join(lines(30, 2))})
    result = psion("check", f"s3://{BUCKET}/", "--format", "jsonl")
    assert result.code == FINDINGS
    assert json.loads(result.out.splitlines()[-1])["summary"]["unlisted"] is not None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://archive/missing.json", "no such file or folder"),
        ("s3://archive/missing/", "no files below it"),
        ("s3://archive/missing/*.json", "no such file or folder"),
        ("s3://missing/a.json", "no such file or folder"),
        ("s3://missing/", "no such file or folder"),
    ],
)
@STREAMED
def test_what_is_not_there_is_an_error(
    psion: RunCommand, store: Any, url: str, said: str, streamed: tuple[object, ...]
) -> None:
    put(store, {"a.json": b"{}"})
    result = psion("check", url, *streamed)
    assert result.code == COULD_NOT_RUN
    assert result.err == f"Error: {url}: {said}\n"


@pytest.mark.parametrize("small", [1 << 20, 0], ids=["together", "alone"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_object_that_changes_between_the_passes_is_an_error(
    psion: RunCommand, store: Any, monkeypatch: pytest.MonkeyPatch, small: int, jobs: int
) -> None:
    monkeypatch.setattr(remote, "_SMALL", small)
    archive = b"".join(lines(100, 5))
    put(store, {"tree/a.jsonl": archive, "tree/b.json": text_of(documents()["receipt"])})
    read = remote.RemoteFiles.read
    passes = []

    def changing(self: Any, files: Any) -> Any:
        passes.append(self)
        if len(passes) == 2:
            store.put_object(Key="tree/a.jsonl", Body=archive.replace(b"Receipt 7 ", b"Receipt 8 "))
        return read(self, files)

    monkeypatch.setattr(remote.RemoteFiles, "read", changing)
    result = psion("check", f"s3://{BUCKET}/tree", "--jobs", jobs)
    assert result.code == COULD_NOT_RUN
    assert result.err == f"Error: s3://{BUCKET}/tree: changed while it was read; check it again\n"
    assert "incomplete: stopped after" in result.out


def test_an_object_that_changes_while_it_is_read_is_an_error(
    psion: RunCommand, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = b"".join(lines(100, 0))
    put(store, {"a.jsonl": archive})
    for small, changed, said in (
        (1 << 20, archive[:-10], "changed while it was read; check it again"),
        (1 << 20, archive + b"\n", "changed while it was read; check it again"),
        (0, archive + b"\n", "changed while it was read; check it again"),
    ):
        monkeypatch.setattr(remote, "_SMALL", small)
        store.put_object(Key="a.jsonl", Body=archive)
        opened = remote.RemoteFiles._opened
        together = remote.RemoteFiles._read_together

        def first(self: Any, file: Any, opened: Any = opened, changed: bytes = changed) -> Any:
            found = opened(self, file)
            store.put_object(Key="a.jsonl", Body=changed)
            return found

        def all_of(self: Any, files: Any, together: Any = together, changed: bytes = changed) -> Any:
            if files:
                store.put_object(Key="a.jsonl", Body=changed)
            return together(self, files)

        with monkeypatch.context() as patch:
            patch.setattr(remote.RemoteFiles, "_opened", first)
            patch.setattr(remote.RemoteFiles, "_read_together", all_of)
            result = psion("check", f"s3://{BUCKET}/a.jsonl")
        assert result.code == COULD_NOT_RUN
        assert said in result.err
        assert result.out == ""


@pytest.mark.parametrize("small", [1 << 20, 0], ids=["together", "alone"])
def test_an_object_that_is_gone_when_it_is_read_is_an_error(
    psion: RunCommand, store: Any, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(remote, "_SMALL", small)
    put(store, {"tree/a.json": text_of(documents()["policy"]), "tree/b.json": b"{"})
    read = remote.RemoteFiles.read

    def deleting(self: Any, files: Any) -> Any:
        listed = list(files)
        store.Object("tree/b.json").delete()
        return read(self, listed)

    monkeypatch.setattr(remote.RemoteFiles, "read", deleting)
    result = psion("check", f"s3://{BUCKET}/tree")
    assert result == (COULD_NOT_RUN, "", f"Error: s3://{BUCKET}/tree/b.json: no such file or folder\n")


def test_a_file_that_changes_while_it_is_read_is_an_error(
    psion: RunCommand, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_SMALL", 0)
    file = here / "a.jsonl"
    file.write_bytes(b"".join(lines(5)))
    assert psion("check", f"file://{file}").code == CONSISTENT
    opened = remote.RemoteFiles._opened

    def changing(self: Any, entry: Any) -> Any:
        found = opened(self, entry)
        os.utime(file, (1, 1))
        return found

    monkeypatch.setattr(remote.RemoteFiles, "_opened", changing)
    result = psion("check", f"file://{file}")
    assert result == (COULD_NOT_RUN, "", f"Error: file://{file}: changed while it was read; check it again\n")


def test_a_store_that_goes_away_is_an_error_with_what_was_judged(
    psion: RunCommand, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moto.server import ThreadedMotoServer
    from s3fs import S3FileSystem

    monkeypatch.setattr(remote, "_SMALL", 1000)
    monkeypatch.setattr(remote, "_BLOCK", 100_000)
    monkeypatch.setattr(rereading, "_PART_SOURCES", 10)
    put(store, {"a.jsonl": b"".join(lines(300, 20))})
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)  # serves the same store
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    S3FileSystem.clear_instance_cache()
    opened = remote.RemoteFiles._opened
    openings = []

    def going(self: Any, file: Any) -> Any:
        found = opened(self, file)
        openings.append(found)
        if len(openings) == 2:
            read = found.read

            def limited(size: int) -> bytes:
                if found.tell() >= 800_000:
                    server.stop()
                return read(size)

            found.read = limited
        return found

    monkeypatch.setattr(remote.RemoteFiles, "_opened", going)
    result = psion("check", f"s3://{BUCKET}/a.jsonl", "--jobs", 1, "--format", "jsonl")
    S3FileSystem.clear_instance_cache()
    assert result.code == COULD_NOT_RUN
    assert result.err.startswith(f"Error: s3://{BUCKET}/a.jsonl: after 800000 of ")
    *findings, last = map(json.loads, result.out.splitlines())
    assert 140 <= last["incomplete"]["documents"] <= 150
    assert len(findings) == 10


def test_inputs_that_are_not_named_are_not_touched(
    psion: RunCommand, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, {"policy.json": text_of(documents()["policy"])})
    Path("psion-contract.toml").write_text(
        'inputs = ["s3://archive/none"]\npaths = ["s3://archive/policy.json"]\n'
    )
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    assert psion("check", "--no-config", f"{BUCKET}/policy.json").code == CONSISTENT
    assert psion("check").code == COULD_NOT_RUN


@pytest.mark.parametrize("form", ["text", "json"])
def test_digests_are_the_same(psion: RunCommand, store: Any, form: str) -> None:
    put(store, {f"{name}.json": text_of(value) for name, value in documents().items()})
    here = psion("digest", BUCKET, "--format", form)
    there = psion("digest", f"s3://{BUCKET}", "--format", form)
    assert (there.code, there.err) == (CONSISTENT, "")
    assert there.out.replace(f"s3://{BUCKET}/", f"{BUCKET}/") == here.out


def test_nothing_is_written_and_nothing_is_said(store: Any) -> None:
    put(store, {f"{name}.json": text_of(value) for name, value in documents().items()})
    before = {each.key: each.last_modified for each in store.objects.all()}
    result = finished(start("check", f"s3://{BUCKET}", "--no-config", "--jobs", "2"))
    assert (result.code, result.err) == (CONSISTENT, "")
    assert {each.key: each.last_modified for each in store.objects.all()} == before
