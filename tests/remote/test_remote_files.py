"""`check --files` with shards, checkpoint and tokenizer in a store or on a web server: the same answer as for files here."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from support.canonical_sets import as_text
from support.command_line import (
    CONSISTENT,
    COULD_NOT_RUN,
    FINDINGS,
    CommandResult,
    RunCommand,
    start,
    write_files,
)
from support.platforms import needs_signals
from support.run_files import written
from support.web_server import WebServer, web_server

from psion_contract import ArgumentError, ArtifactError, UnreadableError, check_with_files
from psion_contract.artifacts import storage
from psion_contract.artifacts.references import Roots
from psion_contract.artifacts.shards import FORMATS, shards
from psion_contract.reading import connections, remote, remote_folder
from tools.edits import Tree

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parents[1] / "importers" / "samples"


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as served:
        yield served


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Tree]:
    """The files of a run, and its documents."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    return tmp_path / "run", written(tmp_path / "run")


def put_on(server: WebServer, root: Path, folder: str = "") -> None:
    for path in root.rglob("*"):
        if path.is_file():
            server.files[folder + path.relative_to(root).as_posix()] = path.read_bytes()


@pytest.fixture(params=["web", "web without ranges", "s3"])
def place(
    request: pytest.FixtureRequest, server: WebServer, run: tuple[Path, Tree]
) -> Iterator[tuple[str, Any]]:
    """The URL of a copy of the files elsewhere, and how to change a file there."""
    root, _ = run
    if request.param == "s3":
        store = request.getfixturevalue("store")
        for path in root.rglob("*"):
            if path.is_file():
                store.put_object(Key=f"a/run/{path.relative_to(root).as_posix()}", Body=path.read_bytes())

        def change(name: str, data: bytes | None) -> None:
            if data is None:
                store.Object(f"a/run/{name}").delete()
            else:
                store.put_object(Key=f"a/run/{name}", Body=data)

        yield "s3://archive/a/run", change
        return
    server.ranges = request.param == "web"
    put_on(server, root, "a/run/")

    def change_here(name: str, data: bytes | None) -> None:
        if data is None:
            del server.files[f"a/run/{name}"]
        else:
            server.files[f"a/run/{name}"] = data

    yield f"{server.address}/a/run/", change_here


def same(here: CommandResult, there: CommandResult, url: str) -> None:
    """Both say the same of the files here and there."""
    assert there.code == here.code
    assert there.err == here.err == ""
    assert there.out.replace(url.rstrip("/"), "run") == here.out


CHANGES = {
    "nothing": ("", b""),
    "a shard": ("shards/0.u16", b"ab" * 100),
    "a shorter shard": ("shards/0.u16", b"ab" * 10),
    "no shard": ("shards/0.u16", None),
    "another tokenizer": ("tokenizer.json", b"{}"),
    "no tokenizer": ("tokenizer.json", None),
    "other weights": ("runs/final/model.safetensors", (2).to_bytes(8, "little") + b"{}"),
    "one file more": ("runs/final/more.txt", b"more"),
    "no checkpoint": ("runs/final/config.json", None),
}


@pytest.mark.parametrize("changed", CHANGES)
def test_what_is_there_is_compared_like_what_is_here(
    psion: RunCommand,
    run: tuple[Path, Tree],
    place: tuple[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    changed: str,
) -> None:
    monkeypatch.setattr(remote, "_SMALL", 100)  # some files are asked for together, others read in blocks
    root, tree = run
    url, change = place
    name, data = CHANGES[changed]
    if name:
        if data is None:
            (root / name).unlink()
        else:
            (root / name).write_bytes(data)
        change(name, data)
    paths = write_files(root.parent / "documents", tree)
    here = psion("check", *paths, "--files", "run")
    there = psion("check", *paths, "--files", url)
    assert here.code == (CONSISTENT if changed in ("nothing", "no tokenizer") else FINDINGS)
    same(here, there, url)


def test_the_whole_check_is_remote(psion: RunCommand, run: tuple[Path, Tree], server: WebServer) -> None:
    """Documents and files at one URL, and references that are below it or beside the document."""
    root, tree = run
    for shard in tree["corpus"]["shards"]:
        shard["storage_ref"] = shard["storage_ref"].removeprefix("shards/")
    tree["corpus"]["shards"][0]["storage_ref"] = f"{server.address}/a/run/shards/0.u16"
    put_on(server, root, "a/run/")
    for name, document in tree.items():
        server.files[f"a/run/shards/{name}.json"] = as_text(document).encode()
    result = psion(
        "check", f"{server.address}/a/run/shards/", "--files", f"{server.address}/a/run/", "--format", "json"
    )
    claims = {
        (each["document"].rpartition("/")[2], each["claim"]): each for each in json.loads(result.out)["files"]
    }
    assert claims["corpus.json", "shard digest"]["verified"] == 8
    assert claims["corpus.json", "shard counts"]["verified"] == 7
    assert result.code == CONSISTENT


def test_a_prefix_stands_for_a_url(psion: RunCommand, run: tuple[Path, Tree], server: WebServer) -> None:
    root, tree = run
    put_on(server, root / "runs" / "final", "weights/final/")
    server.files["t"] = (root / "tokenizer.json").read_bytes()
    shutil.rmtree(root / "runs")
    (root / "tokenizer.json").unlink()
    name = tree["corpus"]["tokenizer_id"]
    options = (
        f"store://bucket/runs={server.address}/weights/",
        f"tokenizer://{name}={server.address}/t?sig=abc=d",
        "run",
    )
    paths = write_files(root.parent / "documents", tree)
    result = psion("check", *paths, *(each for option in options for each in ("--files", option)))
    assert (result.code, result.err) == (CONSISTENT, "")
    assert "not verified" in result.out  # the shard of an unknown format, only
    assert result.out.count("not verified") == 1
    assert ("GET", "/t?sig=abc=d") in server.requests


@pytest.mark.parametrize("sample", sorted(path.name for path in SAMPLES.iterdir() if path.is_dir()))
def test_every_format_is_counted_alike(store: Any, server: WebServer, sample: str) -> None:
    """All that the libraries have written: the counts of files there are those of the files here."""
    root = SAMPLES / sample
    put_on(server, root, f"{sample}/")
    for path in root.rglob("*"):
        if path.is_file():
            store.put_object(Key=f"{sample}/{path.relative_to(root).as_posix()}", Body=path.read_bytes())
    places = [storage.connected(f"{server.address}/{sample}/"), storage.connected(f"s3://archive/{sample}")]
    compared = 0
    for path in sorted(each for each in root.rglob("*") if each.is_file()):
        for form in FORMATS:
            if form == "olmo-core" and path.suffix != ".npy":
                continue  # a mix is no shard
            options = {"npy": {"sequence_tokens": 4}, "raw": {"sequence_tokens": 4}}.get(form, {})
            if form == "olmo-core":
                options = {"sequence_tokens": 4, "dtype": "uint16"}
            answers = []
            for place in (str(root), *places):
                name = storage.joined(place, path.relative_to(root).as_posix())
                try:
                    found = shards(name, form, **options)
                    answers.append(str([(each.path, each.counts, each.detail) for each in found]))
                except (ArtifactError, ArgumentError) as error:
                    answers.append(str(error))
                compared += not answers[-1].startswith(place)
                answers[-1] = answers[-1].replace(place, "ROOT")
            assert answers == [answers[0]] * 3
    assert compared or sample in ("olmo-core-loader", "megatron-index")


def lost(psion: RunCommand, tree: Tree, root: Path, url: str) -> str:
    """The error of a check, which has no verdict."""
    result = psion("check", *write_files(root.parent / "documents", tree), "--files", url)
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    (line,) = result.err.splitlines()
    return line.replace(url.rstrip("/"), "URL")


def test_a_lost_connection_is_an_error_and_says_what_was_compared(
    psion: RunCommand, run: tuple[Path, Tree], server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, tree = run
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # one after the other, the largest first
    put_on(server, root)
    server.files["shards/5.u16"] = bytes(len(server.files["shards/5.u16"]))

    def cut(path: str) -> None:
        if path == "shards/0.u16":  # only config.json of the checkpoint comes after it
            server.cut_after = 150

    server.on_get = cut
    assert re.sub(r"after \d+ bytes: [^;]*", "LOST", lost(psion, tree, root, f"{server.address}/")) == (
        'Error: URL/shards/0.u16: LOST; until then 9 digests compared, 1 wrong ("shards/5.u16"); no verdict'
    )


def test_what_cannot_be_asked_for_is_an_error(
    psion: RunCommand, run: tuple[Path, Tree], server: WebServer
) -> None:
    root, tree = run
    put_on(server, root)
    for status, said in ((403, "HTTP 403 Forbidden"), (500, "HTTP 500 Internal Server Error")):
        server.statuses = {"shards/3.u16": status}
        assert lost(psion, tree, root, f"{server.address}/") == (
            f"Error: URL/shards/3.u16: {said}; until then 0 digests compared, 0 wrong; no verdict"
        )
        server.statuses = {}


def test_no_message_has_credentials(psion: RunCommand, run: tuple[Path, Tree], server: WebServer) -> None:
    root, tree = run
    put_on(server, root)
    server.files["shards/0.u16"] = b"odd"
    url = server.address.replace("://", "://me:secret@") + "/?sig=abc"
    paths = write_files(root.parent / "documents", tree)
    result = psion("check", *paths, "--files", url)
    assert result.code == FINDINGS
    assert f"{server.address}/shards/0.u16" in result.out
    assert ("GET", "/shards/0.u16?sig=abc") in server.requests
    server.statuses = {"shards/3.u16": 500}
    failed = psion("check", *paths, "--files", url)
    assert failed.code == COULD_NOT_RUN
    for text in (result.out, result.err, failed.out, failed.err):
        assert "secret" not in text
        assert "abc" not in text


@pytest.mark.parametrize(
    "reference",
    ["../x.u16", "shards/../../x.u16", "/etc/passwd", "a::file:///etc/passwd", "a::b", "file:///etc/passwd"],
)
def test_nothing_outside_is_read(run: tuple[Path, Tree], server: WebServer, reference: str) -> None:
    server.files["x.u16"] = b"x"
    roots = Roots([f"{server.address}/run/"])
    with pytest.raises(ArtifactError, match="leads outside of the folder"):
        roots.locate(reference)
    assert not [path for _, path in server.requests if not path.startswith("/run/")]


def test_a_file_that_changes_while_it_is_read_is_an_error(
    run: tuple[Path, Tree], store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, tree = run
    monkeypatch.setattr(remote, "_SMALL", 0)
    for path in root.rglob("*"):
        if path.is_file():
            store.put_object(Key=path.relative_to(root).as_posix(), Body=path.read_bytes())
    read = remote.RemoteFiles._read_alone

    def changing(self: Any, file: Any, remark: Any) -> Any:
        for each in read(self, file, remark):
            if file.below == "shards/2.u16":
                store.put_object(Key=file.below, Body=b"x" * file.size)
            yield each

    monkeypatch.setattr(remote.RemoteFiles, "_read_alone", changing)
    with pytest.raises(UnreadableError, match=r"s3://archive/shards/2\.u16: .*changed while it was read"):
        check_with_files({name: as_text(document) for name, document in tree.items()}, "s3://archive", jobs=1)


def test_a_url_that_is_not_there_is_refused(psion: RunCommand, run: tuple[Path, Tree], store: Any) -> None:
    root, tree = run
    paths = write_files(root.parent / "documents", tree)
    for url, said in (
        ("s3://archive/none", 'Error: --files: there is no "s3://archive/none"'),
        ("s3://nobucket/x", 'Error: --files: there is no "s3://nobucket/x"'),
    ):
        result = psion("check", *paths, "--files", url)
        assert (result.code, result.out, result.err.splitlines()[-1]) == (COULD_NOT_RUN, "", said)


@pytest.fixture
def mute() -> Iterator[socket.socket]:
    """A server that takes connections and says nothing: the system takes them."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        yield listening


def address_of(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def connections_of(listening: socket.socket) -> int:
    """How many connections were made."""
    listening.settimeout(0.1)
    number = 0
    while True:
        try:
            listening.accept()[0].close()
        except TimeoutError:
            return number
        number += 1


@pytest.mark.parametrize("option", [[], ["--files"]], ids=["documents", "files"])
def test_a_silent_store_is_an_error_in_time(
    psion: RunCommand,
    run: tuple[Path, Tree],
    mute: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
    option: list[str],
) -> None:
    root, tree = run
    monkeypatch.setattr(connections, "_S3", {**connections._S3, "read_timeout": 0.2})
    from s3fs import S3FileSystem

    S3FileSystem.clear_instance_cache()  # it does not know the address
    paths = write_files(root.parent / "documents", tree)
    for name, value in {
        "AWS_ENDPOINT_URL": address_of(mute),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    result = psion("check", *paths, *option, "s3://silent/run")
    assert connections_of(mute) == 6
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert result.err == "Error: s3://silent/run: no answer in time\n"


def test_a_silent_web_server_is_an_error_in_time(
    psion: RunCommand, run: tuple[Path, Tree], mute: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, tree = run
    monkeypatch.setattr(connections, "_SILENCE", 0.2)
    from fsspec.implementations.http import HTTPFileSystem

    HTTPFileSystem.clear_instance_cache()  # it knows how long it waited before
    paths = write_files(root.parent / "documents", tree)
    result = psion("check", *paths, "--files", f"{address_of(mute)}/")
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert result.err.endswith(": no answer in time; until then 0 digests compared, 0 wrong; no verdict\n")


@needs_signals
def test_an_interrupt_ends_it_at_once(run: tuple[Path, Tree], server: WebServer) -> None:
    """Although the server does not answer."""
    root, tree = run
    put_on(server, root)
    asked = Event()

    def wait(path: str) -> None:
        if path == "shards/0.u16":
            asked.set()
            server.ended.wait(60)

    server.on_get = wait
    process = start("check", *write_files(root.parent / "documents", tree), "--files", f"{server.address}/")
    assert asked.wait(30)
    sleep(1)
    began = monotonic()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert monotonic() - began < 5
    assert (process.returncode, out) == (130, b"")


def test_a_connection_knows_nothing_of_another_one(run: tuple[Path, Tree], server: WebServer) -> None:
    """What an earlier check has learnt of a part of a folder, such as that nothing is there, may have changed since."""
    early = storage.joined(storage.connected(f"{server.address}/a/shards/"), "0.u16")
    assert not storage.exists(early)
    server.files["a/shards/0.u16"] = bytes(2)
    later = storage.joined(storage.connected(f"{server.address}/a/"), "shards/0.u16")
    assert (later, storage.exists(later)) == (early, True)
    assert not storage.exists(f"{server.address}/a/shards/0.u16")  # a plain name is one of this machine


def test_reports_on_remote_files_are_plain_values(run: tuple[Path, Tree], server: WebServer) -> None:
    root, tree = run
    put_on(server, root, "a/run/")
    server.files["a/run/shards/0.u16"] = bytes(2)
    report = check_with_files({"corpus": as_text(tree["corpus"])}, f"{server.address}/a/run/")
    assert {each.rule for each in report.findings} == {"shard-digest-mismatch", "shard-file-count-mismatch"}
    assert pickle.loads(pickle.dumps(report)) == report


def test_parts_that_are_short_are_a_lost_connection(run: tuple[Path, Tree], server: WebServer) -> None:
    server.files["a.bin"] = bytes(5_000_000)
    path = storage.connected(f"{server.address}/a.bin")
    file = storage.opened(path)
    assert isinstance(file.raw, remote_folder._Anywhere)  # type: ignore[attr-defined]
    file.raw._file.read = lambda size: b""  # type: ignore[attr-defined]
    with pytest.raises(UnreadableError, match=r"a\.bin: the connection was lost"):
        file.read(10)
