"""Documents on a web server: the same answer as for the same files here, and never a short one."""

from __future__ import annotations

import gzip
import io
import json
import re
import signal
import sys
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import unquote

import pytest
from support.canonical_sets import documents
from support.command_line import (
    CONSISTENT,
    COULD_NOT_RUN,
    FINDINGS,
    CommandResult,
    RunCommand,
    finished,
    start,
)
from support.platforms import needs_signals
from support.web_server import WebServer, web_server

from benchmarks.archive import lines
from psion_contract import Report
from psion_contract.cli import input_size
from psion_contract.reading import connections, remote
from psion_contract.streaming import check_files, rereading

pytestmark = pytest.mark.slow

STREAMED = pytest.mark.parametrize(
    "streamed", [(), ("--jobs", 1), ("--jobs", 2)], ids=["whole", "one job", "two jobs"]
)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as served:
        yield served


@pytest.fixture(params=[True, False], ids=["ranges", "no ranges"])
def any_server(request: pytest.FixtureRequest, server: WebServer) -> WebServer:
    server.ranges = request.param
    return server


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """JSON Lines with defects, in several parts and blocks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rereading, "_PART_SOURCES", 20)
    monkeypatch.setattr(remote, "_BLOCK", 100_000)
    return b"".join([*lines(300, 20), b'{"foreign": 1}\n', b'{"broken": \n'])


def put(server: WebServer, files: dict[str, bytes]) -> None:
    """Write files here, and put them on the server."""
    for path, data in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(data)
        server.files[path] = data


def zstandard(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.compress(data)


def text_of(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def tree() -> dict[str, bytes]:
    """A folder with all that a folder may have."""
    known = documents()
    wrong = json.loads(json.dumps(known["receipt"]))
    wrong["objective_config"]["label_smoothing_bps"] = 7
    return {
        "tree/b/receipt.json": text_of(wrong),
        "tree/b/c/config.json.gz": gzip.compress(text_of(known["config"])),
        "tree/inputs/a.jsonl": b"".join(
            json.dumps(known[each]).encode() + b"\n" for each in ("descriptor", "corpus")
        ),
        "tree/inputs/policy.json": text_of(known["policy"]),
        "tree/z.jsonc": b"{}",
        "tree/notes.txt": text_of(known["policy"]),
        "tree/README": b"nothing",
        "tree/x y%ü[1].json": text_of(known["resumed_config"]),
        "tree/a.json": b'{"other": 1}',
        "tree/scratch/a.json": b"{",
        "tree/b/skipped.json": b"{",
        "tree/.git/a.json": b"{",
        "tree2/a.json": b"{",
    }


def assert_same(here: CommandResult, there: CommandResult, server: WebServer) -> None:
    """Both results say the same, with the names that the files have here and there."""
    assert there.code == here.code
    # What is ignored may be in another order.
    assert sorted(unquote(there.out).replace(f"{server.address}/", "").splitlines()) == sorted(
        here.out.splitlines()
    )
    assert there.err == here.err


@STREAMED
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.ndjson.zst"])
def test_a_file_is_read_like_one_here(
    psion: RunCommand, any_server: WebServer, archive: bytes, name: str, streamed: tuple[object, ...]
) -> None:
    data = {"gz": gzip.compress, "zst": zstandard, "jsonl": bytes}[name.rpartition(".")[2]](archive)
    put(any_server, {name: data})
    here = psion("check", name, "--format", "json", *streamed)
    there = psion("check", f"{any_server.address}/{name}", "--format", "json", *streamed)
    assert here.code == FINDINGS
    assert len(json.loads(here.out)["findings"]) == 21
    assert_same(here, there, any_server)


@pytest.mark.parametrize("streamed", [(), ("--jobs", 1)], ids=["whole", "streamed"])
def test_a_folder_is_read_like_one_here(
    psion: RunCommand, any_server: WebServer, here: Path, streamed: tuple[object, ...]
) -> None:
    put(any_server, tree())
    more = ("--exclude", "scratch", "--exclude", "b/skip*", *streamed)
    locally = psion("check", "tree", *more)
    assert_same(locally, psion("check", f"{any_server.address}/tree/", *more), any_server)
    assert "tree/b/receipt.json:" in locally.out
    assert "tree/notes.txt" in locally.out
    assert "ignored" in locally.out
    assert all("tree2" not in path for _, path in any_server.requests)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("tree/*/*.jsonl", ["tree/inputs/a.jsonl"]),
        (
            "tree/[bi]*/*",
            ["tree/b/c", "tree/b/receipt.json", "tree/inputs/a.jsonl", "tree/inputs/policy.json"],
        ),
        ("tree/**/*.gz", ["tree/b/c/config.json.gz"]),
        ("tree/**/config*", ["tree/b/c/config.json.gz"]),
        ("tr*/inputs", ["tree/inputs"]),
    ],
)
def test_wildcards_are_expanded_as_by_a_shell(
    psion: RunCommand, any_server: WebServer, here: Path, pattern: str, names: list[str]
) -> None:
    files = tree()
    for each in ("tree/b/skipped.json", "tree/scratch/a.json", "tree2/a.json"):
        del files[each]
    put(any_server, files)
    inputs = ("--inputs", "tree/inputs", "--inputs", "tree/x y%ü[1].json")
    assert_same(
        psion("check", *names, *inputs),
        psion("check", f"{any_server.address}/{pattern}", *inputs),
        any_server,
    )


def test_wildcards_that_match_nothing_name_nothing(psion: RunCommand, server: WebServer) -> None:
    put(server, {"tree/a.json": b"{}"})
    result = psion("check", f"{server.address}/tree/b*.json")
    assert result == (COULD_NOT_RUN, "", f"Error: {server.address}/tree/b*.json: no such file or folder\n")


def test_a_folder_without_files_is_an_error(psion: RunCommand, server: WebServer) -> None:
    result = psion("check", f"{server.address}/tree/")
    assert result == (COULD_NOT_RUN, "", f"Error: {server.address}/tree/: no files below it\n")


def test_inputs_and_digests_come_from_there_too(psion: RunCommand, server: WebServer, here: Path) -> None:
    put(server, {f"{name}.json": text_of(value) for name, value in documents().items()})
    receipt, *inputs = ("receipt.json", "config.json", "descriptor.json", "corpus.json", "policy.json")
    urls = [f"--inputs={server.address}/{each}" for each in inputs]
    assert psion("check", receipt, *urls).code == CONSISTENT
    assert (
        psion("seal", "--check", f"{server.address}/{receipt}", *urls).out
        == f"{server.address}/{receipt}: already sealed\n"
    )
    assert_same(
        psion("digest", receipt, *inputs),
        psion("digest", f"{server.address}/{receipt}", *[f"{server.address}/{each}" for each in inputs]),
        server,
    )
    result = psion("seal", f"{server.address}/{receipt}", *urls)
    assert result.code == COULD_NOT_RUN
    assert "cannot change a remote one" in result.err


def test_files_in_an_archive_on_a_server(psion: RunCommand, server: WebServer, here: Path) -> None:
    put(server, {name: data for name, data in tree().items() if name.startswith("tree/b/")})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in server.files:
            file.write(name)
    put(server, {"a.zip": packed.getvalue()})
    there = psion("check", f"zip://tree/b/c::{server.address}/a.zip", "--format", "jsonl")
    assert f'"zip://tree/b/c/config.json.gz::{server.address}/a.zip"' in there.out
    shown = there.out.replace(f"::{server.address}/a.zip", "").replace("zip://", "")
    assert shown == psion("check", "tree/b/c", "--format", "jsonl").out


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_library_reads_them_too(server: WebServer, archive: bytes, jobs: int) -> None:
    put(server, {"a.jsonl": archive})
    *findings, report = check_files([f"{server.address}/a.jsonl"], jobs=jobs)
    assert isinstance(report, Report)
    assert (len(findings), report.verdict) == (21, "inconsistent")


def test_a_redirection_is_followed_and_the_name_stays(
    psion: RunCommand, server: WebServer, here: Path
) -> None:
    put(server, {"moved/a.json": b'{"schema_version": 1'})
    server.files["a.json"] = b""
    server.statuses["a.json"] = 302
    assert (
        f"{server.address}/a.json:1:21: error: invalid-json" in psion("check", f"{server.address}/a.json").out
    )


@STREAMED
@pytest.mark.parametrize("packed", [bytes, partial(gzip.compress, compresslevel=0)], ids=["plain", "gzip"])
@pytest.mark.parametrize("cut_at_line", [False, True])
def test_a_lost_connection_is_an_error_with_what_was_judged(
    psion: RunCommand,
    server: WebServer,
    archive: bytes,
    streamed: tuple[object, ...],
    packed: Callable[[bytes], bytes],
    cut_at_line: bool,
) -> None:
    data = packed(archive)
    server.files["a.jsonl"] = data
    server.cut_after = data.index(b"\n", len(data) * 2 // 3) + 1 if cut_at_line else len(data) * 2 // 3
    result = psion("check", f"{server.address}/a.jsonl", *streamed)
    assert result.code == COULD_NOT_RUN
    assert re.fullmatch(
        rf"Error: {server.address}/a\.jsonl: after \d+ bytes: ClientPayloadError: [^\n]*\n", result.err
    )
    assert "consistent" not in result.out
    if streamed:
        assert result.out == "incomplete: stopped after 0 documents; no verdict\n"


def test_what_was_judged_before_is_shown_by_any_number_of_jobs(
    psion: RunCommand, server: WebServer, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_BLOCK", 8 << 20)
    monkeypatch.setattr(remote, "_PIECE", 1 << 14)
    server.files["a.jsonl"] = archive

    def cut(path: str) -> None:
        second = sum(method == "GET" for method, _ in server.requests) == 1
        server.cut_after = 950_000 if second else None

    server.on_get = cut
    for jobs in (1, 2, 4):
        server.requests.clear()
        result = psion("check", f"{server.address}/a.jsonl", "--format", "jsonl", "--jobs", jobs)
        assert result.code == COULD_NOT_RUN
        *findings, last = map(json.loads, result.out.splitlines())
        # What is lost is what the library had not handed over.
        assert 60 <= last["incomplete"]["documents"] <= 180
        assert len(findings) == pytest.approx(last["incomplete"]["documents"] / 15, abs=2)
        assert re.search(r"/a\.jsonl: after \d+ bytes: ClientPayloadError: ", result.err)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_changes_between_the_passes_is_an_error(
    psion: RunCommand, server: WebServer, archive: bytes, jobs: int
) -> None:
    server.files["a.jsonl"] = archive

    def change(path: str) -> None:
        if sum(method == "GET" for method, _ in server.requests) == 1:
            server.files["a.jsonl"] = archive.replace(b"Receipt 7 ", b"Receipt 8 ")

    server.on_get = change
    result = psion("check", f"{server.address}/a.jsonl", "--jobs", jobs)
    assert result.code == COULD_NOT_RUN
    assert result.err == f"Error: {server.address}/a.jsonl: changed while it was read; check it again\n"
    assert re.search(r"\nincomplete: stopped after 2\d\d documents; no verdict\n$", result.out)


@STREAMED
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "no such file or folder"),
        (403, "HTTP 403 Forbidden"),
        (401, "HTTP 401 Unauthorized"),
        (503, "HTTP 503 Service Unavailable"),
    ],
)
@pytest.mark.parametrize("path", ["a.jsonl", "tree/", "tree/*.json"])
def test_a_refusal_is_an_error(
    psion: RunCommand, server: WebServer, path: str, status: int, said: str, streamed: tuple[object, ...]
) -> None:
    server.statuses = {"a.jsonl": status, "tree/": status}
    result = psion("check", f"{server.address}/{path}", *streamed)
    assert result.code == COULD_NOT_RUN
    assert result.err == f"Error: {server.address}/{path}: {said}\n"


def test_a_folder_with_a_file_or_a_folder_that_is_refused_is_an_error(
    psion: RunCommand, server: WebServer
) -> None:
    server.files = {f"tree/{name}": text_of(value) for name, value in documents().items()}
    server.files["tree/below/below/a.json"] = b""
    for path, status, name in (
        ("tree/policy", 403, "tree/policy"),
        ("tree/below/below/", 500, "tree/"),
        ("tree/below/", 403, "tree/"),
    ):
        server.statuses = {path: status}
        result = psion("check", f"{server.address}/tree/")
        assert result.code == COULD_NOT_RUN
        assert result.err.startswith(f"Error: {server.address}/{name}: HTTP {status} ")


def test_a_server_that_does_not_say_where_a_file_ends_is_refused(
    psion: RunCommand, server: WebServer
) -> None:
    server.files["a.json"] = text_of(documents()["policy"])
    server.lengths = False
    result = psion("check", f"{server.address}/a.json")
    assert result.code == COULD_NOT_RUN
    assert "the server does not say where the file ends (no Content-Length)" in result.err


def test_a_server_that_is_not_there_or_silent_is_an_error(
    psion: RunCommand, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = psion("check", "http://127.0.0.1:1/a.json")
    assert result.code == COULD_NOT_RUN
    assert result.err.startswith("Error: http://127.0.0.1:1/a.json: ClientConnectorError: Cannot connect")
    from fsspec.implementations.http import HTTPFileSystem

    HTTPFileSystem.clear_instance_cache()
    monkeypatch.setattr(connections, "_SILENCE", 0.2)
    server.silent = True
    result = psion("check", f"{server.address}/a.json")
    assert result == (COULD_NOT_RUN, "", f"Error: {server.address}/a.json: no answer in time\n")


FORMATS = ["text", "json", "jsonl", "sarif", "github", "gitlab", "junit", "markdown", "html"]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("status", [200, 403, 404])
def test_credentials_are_used_and_not_shown(
    psion: RunCommand, server: WebServer, form: str, status: int
) -> None:
    server.files["a.json"] = b'{"schema_version": "psion.sampling_policy.v1"}'
    server.statuses["a.json"] = status
    url = f"{server.address.replace('//', '//user:secret@')}/a.json?X-Amz-Signature=sesame"
    result = psion("check", url, "--format", form)
    assert result.code == (FINDINGS if status == 200 else COULD_NOT_RUN)
    assert "secret" not in result.out + result.err
    assert "sesame" not in result.out + result.err
    assert f"{server.address}/a.json" in result.out + result.err
    assert server.headers["Authorization"] == f"Basic {b64encode(b'user:secret').decode()}"
    assert server.requests[-1] == ("GET", "/a.json?X-Amz-Signature=sesame")
    assert "secret" not in psion("check", url, "--show-config").out


def test_a_query_may_look_like_a_chain(psion: RunCommand, server: WebServer) -> None:
    server.files["a.json"] = text_of(documents()["descriptor"])
    result = psion("check", f"{server.address}/a.json?part=a::b&sig=secret", "--format", "json")
    assert result.code == CONSISTENT
    assert [each["name"] for each in json.loads(result.out)["documents"]] == [f"{server.address}/a.json"]
    assert server.requests[-1] == ("GET", "/a.json?part=a::b&sig=secret")
    result = psion("check", f"{server.address}/b.json?part=a::b&sig=secret")
    assert result == (COULD_NOT_RUN, "", f"Error: {server.address}/b.json: no such file or folder\n")


def test_what_leads_on_without_end_is_an_error(
    psion: RunCommand, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.statuses = {f"{'moved/' * count}a.json": 302 for count in range(20)}
    result = psion("check", f"{server.address}/a.json")
    message = "the server redirects again and again"
    assert result == (COULD_NOT_RUN, "", f"Error: {server.address}/a.json: {message}\n")
    monkeypatch.setattr(server, "index", lambda folder: b'<a href="again/">x</a>')
    result = psion("check", f"{server.address}/")
    message = "more than 64 folders in one another; one may contain itself"
    assert result == (COULD_NOT_RUN, "", f"Error: {server.address}/: {message}\n")


def test_reports_name_the_url(psion: RunCommand, server: WebServer) -> None:
    server.files["a b.json"] = b'{"schema_version": "psion.sampling_policy.v1"}'
    url = f"{server.address}/a%20b.json"
    sarif = json.loads(psion("check", url, "--format", "sarif").out)
    locations = sarif["runs"][0]["results"][0]["locations"]
    assert locations[0]["physicalLocation"]["artifactLocation"]["uri"] == url
    gitlab = json.loads(psion("check", url, "--format", "gitlab").out)
    assert gitlab[0]["location"]["path"] == url


def test_settings_name_urls_for_documents_only(psion: RunCommand, server: WebServer, here: Path) -> None:
    known = documents()
    put(server, {"local.json": text_of(known["policy"])})
    server.files |= {
        "a.json": text_of(known["policy"]),
        "wrong.json": b'{"schema_version": "psion.sampling_policy.v1"}',
    }
    settings = here / "settings" / "psion-contract.toml"
    settings.parent.mkdir()
    suppression = f"""
[[suppressions]]
rule = "schema-violation"
document = "{server.address}/wrong.json"
reason = "a test"
"""
    settings.write_text(f'paths = ["{server.address}/a.json", "{server.address}/wrong.json"]\n{suppression}')
    result = psion("check", "--config", settings)
    assert result.code == CONSISTENT
    assert result.out.splitlines()[-1].startswith("consistent except as suppressed (")
    baseline = ("--baseline", "baseline.json")
    assert (
        psion("baseline", "--no-config", "--update", *baseline, f"{server.address}/wrong.json").code
        == CONSISTENT
    )
    assert f"{server.address}/wrong.json" in Path("baseline.json").read_text()
    assert psion("check", "--no-config", *baseline, f"{server.address}/wrong.json").code == CONSISTENT
    server.requests.clear()
    result = psion("check", "--config", settings, *baseline, "local.json")
    assert (result.code, result.err) == (CONSISTENT, "")
    assert "unused-suppression" not in result.out
    assert server.requests == []


def test_changed_files_belong_to_a_tree_on_a_server(psion: RunCommand, server: WebServer, here: Path) -> None:
    known = documents()
    server.files = {f"tree/{name}.json": text_of(value) for name, value in known.items()}
    changed = json.loads(json.dumps(known["policy"]))
    changed["policy_version"] = "v9"
    (here / "policy.json").write_bytes(text_of(changed))
    result = psion("check", "--changed", "policy.json", "--inputs", f"{server.address}/tree/")
    assert result.code in (CONSISTENT, FINDINGS)
    result = psion(
        "check", "--changed", f"{server.address}/tree/policy.json", "--inputs", f"{server.address}/tree/"
    )
    assert result.code == CONSISTENT
    assert "1 sampling policy" in result.out


def test_each_file_is_asked_for_once_and_a_large_one_is_streamed(
    psion: RunCommand, server: WebServer, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["a.json"] = text_of(documents()["policy"])
    assert psion("check", f"{server.address}/a.json").code == CONSISTENT
    assert server.requests == [("GET", "/a.json")]
    monkeypatch.setattr(input_size, "LARGE", 1000)
    server.requests.clear()
    server.files["a.jsonl"] = archive
    result = psion("check", f"{server.address}/a.jsonl", "--format", "jsonl")
    assert result.code == FINDINGS
    assert server.requests == [("HEAD", "/a.jsonl"), ("GET", "/a.jsonl"), ("GET", "/a.jsonl")]


def test_a_process_ends_without_a_word_about_connections(server: WebServer) -> None:
    server.files["a.json"] = text_of(documents()["policy"])
    result = finished(start("check", f"{server.address}/a.json", "--no-config"))
    assert (result.code, result.err) == (CONSISTENT, "")
    server.files["a.jsonl"] = b"".join(lines(3000, 0))
    server.cut_after = 5_000_000
    result = finished(start("check", f"{server.address}/a.jsonl", "--no-config", "--jobs", "2"))
    assert result.code == COULD_NOT_RUN
    assert len(result.err.splitlines()) == 1


@needs_signals
def test_an_interrupt_ends_it_at_once(server: WebServer) -> None:
    server.files["a.jsonl"] = b"".join(lines(100, 0))
    server.silent = True
    process = start("check", f"{server.address}/a.jsonl", "--no-config", "--jobs", "1")
    while not server.requests:
        sleep(0.05)
    process.send_signal(signal.SIGINT)
    result = finished(process, 10)
    assert (result.code, result.err) == (COULD_NOT_RUN, "Error: interrupted; there is no verdict\n")
    assert result.out == "incomplete: interrupted after 0 documents; no verdict\n"
