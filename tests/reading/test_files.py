"""Files, directories, JSON Lines and standard input become named bytes."""

from __future__ import annotations

import inspect
import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.platforms import needs_links, needs_pipes, needs_process_files, needs_zero_device

from psion_contract import Limits, Source
from psion_contract.cli.input_size import is_large
from psion_contract.exceptions import UnreadableError
from psion_contract.reading.files import gather


def given(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Put bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def names(*paths: str) -> list[str]:
    """The names of the sources that are read, with slashes on every system."""
    return [source.name.replace(os.sep, "/") for source in gather(list(paths)) if source.ignored is None]


def ignored(*paths: str, excludes: Sequence[str] = ()) -> dict[str, str]:
    """What is listed but not read, with the reason."""
    return {
        each.name.replace(os.sep, "/"): each.ignored
        for each in gather(paths, excludes=excludes)
        if each.ignored is not None
    }


def test_a_file_is_a_document_by_the_name_that_was_written(here: Path) -> None:
    (here / "a.txt").write_bytes(b"\x00\xff")
    assert list(gather(["a.txt"])) == [Source("a.txt", b"\x00\xff", True)]
    assert names(str(here / "a.txt"), "./a.txt") == [str(here / "a.txt"), "./a.txt"]


def test_a_directory_means_what_lies_below_it_in_the_order_of_paths(here: Path) -> None:
    for path in (
        "d/b.json",
        "d/a/z.json",
        "d/a/y/x.ndjson",
        "d/A.JSON",
        "d/c.jsonl",
        "d/no.txt",
        "d/json",
        "d/.json.swp",
    ):
        (here / path).parent.mkdir(parents=True, exist_ok=True)
        (here / path).write_bytes(b"1")
    assert names("d") == [
        "d/A.JSON",
        "d/b.json",
        "d/c.jsonl:1",
        "d/a/z.json",
        "d/a/y/x.ndjson:1",
    ]
    assert not any(source.named for source in gather(["d"]))
    assert ignored("d") == {"d/.json.swp": "other-ending"}


def test_a_directory_is_read_the_same_way_every_time(here: Path) -> None:
    for number in range(20):
        (here / f"{number}.json").write_bytes(b"1")
    assert names(".") == names(".") == sorted(names("."))


def test_a_file_in_a_directory_may_be_named_too(here: Path) -> None:
    (here / "a.json").write_bytes(b"1")
    assert [(source.name, source.named) for source in gather(["a.json", "."])] == [
        ("a.json", True),
        (os.path.join(".", "a.json"), False),
    ]


@needs_links
def test_a_loop_of_links_has_an_end(here: Path) -> None:
    (here / "d" / "e").mkdir(parents=True)
    (here / "d" / "a.json").write_bytes(b"1")
    (here / "d" / "e" / "up").symlink_to(here / "d", target_is_directory=True)
    (here / "d" / "self").symlink_to("self")
    (here / "d" / "self.json").symlink_to("self.json")
    assert names("d") == ["d/a.json"]
    assert ignored("d") == {
        "d/e/up": "linked-directory",
        "d/self": "dangling-link",
        "d/self.json": "dangling-link",
    }


@needs_links
def test_a_link_to_a_file_is_followed_and_a_link_to_a_directory_only_where_it_was_named(here: Path) -> None:
    (here / "there").mkdir()
    (here / "there" / "a.json").write_bytes(b"1")
    (here / "d").mkdir()
    (here / "d" / "file.json").symlink_to(here / "there" / "a.json")
    (here / "d" / "folder").symlink_to(here / "there", target_is_directory=True)
    assert names("d") == ["d/file.json"]
    assert ignored("d") == {"d/folder": "linked-directory"}
    assert names("d/folder") == ["d/folder/a.json"]


@needs_pipes
@needs_links
def test_what_is_no_file_in_a_directory_is_listed(here: Path) -> None:
    os.mkfifo(here / "pipe.json")
    (here / "gone.json").symlink_to("nowhere")
    (here / "folder.json").mkdir()
    (here / "folder.json" / "a.json").write_bytes(b"1")
    assert names(".") == ["./folder.json/a.json"]
    assert ignored(".") == {"./gone.json": "dangling-link", "./pipe.json": "special-file"}


def test_a_folder_may_be_nested_deeper_than_the_interpreter_recurses(here: Path) -> None:
    depth, limit = 150, sys.getrecursionlimit()
    folder = "/".join(["d"] * depth)
    os.makedirs(folder)
    for name in ("a.json", "b.jsonl"):
        (here / folder / name).write_bytes(b"1")
    sys.setrecursionlimit(len(inspect.stack()) + 50)
    try:
        found, large = names("d"), is_large(["d"], "")
    finally:
        sys.setrecursionlimit(limit)
    assert found == [f"{folder}/a.json", f"{folder}/b.jsonl:1"]
    assert not large


CLAIM = b"schema_version: psion.sampling_policy.v1\n"


def test_files_that_may_be_documents_under_another_name_are_listed(here: Path) -> None:
    always = (
        "a.json.bz2",
        "a.jsonc",
        "a.json5",
        "a.json~",
        "a.json.bak",
        ".a.json.swp",
        "a.JSON.tmp",
        "a.ndjson.xz",
    )
    if_they_claim = (
        "a.yaml",
        "a.yml",
        "a.txt",
        "a.tmp",
        "a.toml",
        "receipt",
        "a.v1",
        "a.2",
        "a.dat",
        "a.geojson",
    )
    never = ("a.md", "a.py", "jsonish.csv", "a.v1.py")
    for name in (*always, *if_they_claim, *never):
        (here / name).write_bytes(CLAIM)
    assert ignored(".") == {f"./{name}": "other-ending" for name in (*always, *if_they_claim)}
    for name in if_they_claim:
        (here / name).write_bytes(b"schema_version: other\n")
    assert ignored(".").keys() == {f"./{name}" for name in always}


def test_what_is_excluded_is_listed_and_not_read(here: Path) -> None:
    for path in (
        ".git/a.json",
        "d/.ipynb_checkpoints/b.json",
        "d/c.json",
        "d/e/f.json",
        "d/e/other.txt",
        "g.json",
    ):
        (here / path).parent.mkdir(parents=True, exist_ok=True)
        (here / path).write_bytes(b"1")
    always = {"./.git": "excluded", "./d/.ipynb_checkpoints": "excluded"}
    assert (names("."), ignored(".")) == (["./g.json", "./d/c.json", "./d/e/f.json"], always)
    assert ignored(".", excludes=["e"]) == {**always, "./d/e": "excluded"}
    assert ignored(".", excludes=["d/e/*"]) == {**always, "./d/e/f.json": "excluded"}
    for folder in ("d", "d/"):
        assert ignored(".", excludes=[folder]) == {"./.git": "excluded", "./d": "excluded"}
    assert names(".git") == [".git/a.json"]


@pytest.mark.parametrize("change", [b"longer than before", b"1"])
def test_a_file_that_changes_while_it_is_read_is_reported(here: Path, change: bytes) -> None:
    path = here / "a.jsonl"
    path.write_bytes(b"1\n2\n")
    os.utime(path, ns=(1, 1))
    sources = gather(["a.jsonl"])
    next(sources)
    path.write_bytes(change)
    with pytest.raises(UnreadableError, match=r"^a\.jsonl: changed while it was read; check it again$"):
        list(sources)


def test_a_long_line_is_cut_and_says_whether_the_rest_claims_the_contract(here: Path) -> None:
    claim = b'{"schema_version": "psion.sampling_policy.v1"}'
    (here / "a.jsonl").write_bytes(b" " * 200 + claim + b"\n1\n" + b" " * 200 + b"\n" + b" " * 90_000 + claim)
    found = list(gather(["a.jsonl"], Limits(max_bytes=100)))
    assert [(each.name, each.rest_claims) for each in found] == [
        ("a.jsonl:1", True),
        ("a.jsonl:2", False),
        ("a.jsonl:3", False),
        ("a.jsonl:4", True),
    ]
    assert [len(each.data) > 100 for each in found] == [True, False, True, True]


@pytest.mark.parametrize("first", ["{", "[", '{"a": 1,', '{"a":'])
def test_an_indented_document_in_json_lines_is_one_text_with_a_fault(here: Path, first: str) -> None:
    (here / "a.jsonl").write_text(f"\n{first}\n1\n}}\n")
    (found,) = gather(["a.jsonl"])
    assert (found.name, found.fault and found.fault.rule, found.first_line) == ("a.jsonl", "invalid-json", 2)


def test_a_first_line_over_the_limit_is_one_line_wherever_it_is_cut(here: Path) -> None:
    (here / "a.jsonl").write_bytes(b"[" + b"1," * 50 + b"1]\n2\n")
    found = list(gather(["a.jsonl"], Limits(max_bytes=11)))
    assert [(each.name, len(each.data), each.fault) for each in found] == [
        ("a.jsonl:1", 13, None),
        ("a.jsonl:2", 1, None),
    ]


@needs_links
@pytest.mark.parametrize("path", ["nowhere", "nowhere/a.json", "gone.json", "a.json/b", ""])
def test_a_path_that_is_not_there_is_reported(here: Path, path: str) -> None:
    (here / "a.json").write_bytes(b"1")
    (here / "gone.json").symlink_to("nowhere")
    with pytest.raises(UnreadableError, match=f"^{path}: (No such file|Not a directory)"):
        list(gather([path]))


def test_a_path_with_a_null_character_is_reported() -> None:
    with pytest.raises(UnreadableError, match=r"^a\\u0000b: embedded null byte"):
        list(gather(["a\0b"]))


@needs_pipes
@needs_zero_device
def test_a_pipe_a_device_and_a_socket_are_not_waited_for(here: Path) -> None:
    os.mkfifo(here / "pipe")
    for path in ("pipe", "/dev/zero", "/dev/null"):
        with pytest.raises(UnreadableError, match=f"^{path}: not a regular file; pipe it in"):
            list(gather([path]))


@pytest.mark.parametrize("paths", [["secret.json"], ["."]])
def test_a_file_that_may_not_be_read_is_reported_also_in_a_directory(
    here: Path, monkeypatch: pytest.MonkeyPatch, paths: list[str]
) -> None:
    (here / "secret.json").write_bytes(b"1")
    real = os.open

    def refuse(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path).endswith("secret.json"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UnreadableError, match=r"secret\.json: Permission denied$"):
        list(gather(paths))


def test_a_directory_that_may_not_be_read_is_reported(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "d" / "locked").mkdir(parents=True)
    real = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UnreadableError, match=re.escape(f"{os.path.join('d', 'locked')}: Permission denied")):
        list(gather(["d"]))


@needs_process_files
def test_an_error_while_reading_is_reported() -> None:
    with pytest.raises(UnreadableError, match=r"^/proc/self/mem: .+"):
        list(gather(["/proc/self/mem"]))


# Standard input.


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, b'{"a": 1}')
    assert list(gather(["-"])) == [Source("<stdin>", b'{"a": 1}', True)]


def test_standard_input_has_the_name_that_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, b"1\n2\n")
    assert [source.name for source in gather(["-"], stdin_name="log.ndjson")] == [
        "log.ndjson:1",
        "log.ndjson:2",
    ]
    given(monkeypatch, b"1\n2\n")
    assert [source.name for source in gather(["-"], stdin_name="log.json")] == ["log.json"]


def test_a_file_called_dash_can_be_named_too(here: Path) -> None:
    (here / "-").write_bytes(b"1")
    assert names("./-") == ["./-"]


# Limits.


def test_no_more_is_read_than_shows_that_there_is_too_much(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a.json").write_bytes(b"x" * 1000)
    limits = Limits(max_bytes=10)
    assert [len(source.data) for source in gather(["a.json"], limits)] == [11]
    given(monkeypatch, b"x" * 1000)
    assert [len(source.data) for source in gather(["-"], limits)] == [11]


# JSON Lines.


def test_each_line_is_a_document_that_knows_its_number_and_its_file(here: Path) -> None:
    (here / "log.jsonl").write_bytes(b'{"a": 1}\n\n  \t\r\n{"b": 2}\r\n[3]')
    assert list(gather(["log.jsonl"])) == [
        Source("log.jsonl:1", b'{"a": 1}', True, 1, group="log.jsonl"),
        Source("log.jsonl:4", b'{"b": 2}', True, 4, group="log.jsonl"),
        Source("log.jsonl:5", b"[3]", True, 5, group="log.jsonl"),
    ]


def test_a_line_that_is_too_long_is_cut_and_the_next_is_whole(here: Path) -> None:
    (here / "log.jsonl").write_bytes(b"1\n" + b"x" * 1000 + b"\n" + b"3\n")
    found = list(gather(["log.jsonl"], Limits(max_bytes=10)))
    assert [(source.name, source.first_line) for source in found] == [
        ("log.jsonl:1", 1),
        ("log.jsonl:2", 2),
        ("log.jsonl:3", 3),
    ]
    assert 10 < len(found[1].data) < 20
    assert found[2].data == b"3"


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_the_end_of_a_line_counts_for_nothing_against_the_limit(here: Path, ending: bytes) -> None:
    from psion_contract.reading.json_reader import read

    (here / "log.jsonl").write_bytes(b'"12345678"' + ending)
    limits = Limits(max_bytes=10)
    (source,) = gather(["log.jsonl"], limits)
    assert read(source.data, limits).problems == ()


def test_of_a_file_with_too_many_lines_those_up_to_the_limit_are_read_and_it_is_reported(here: Path) -> None:
    (here / "log.jsonl").write_bytes(b"1\n\n3\n4\n")
    *found, last = gather(["log.jsonl"], Limits(max_lines=3))
    assert [source.name for source in found] == ["log.jsonl:1", "log.jsonl:3"]
    assert (last.name, last.named) == ("log.jsonl", True)
    assert last.fault is not None
    assert last.fault.rule == "limit-exceeded"
    assert len(list(gather(["log.jsonl"], Limits(max_lines=4)))) == 3


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\t\n"])
def test_a_file_without_a_line_means_no_document_at_all(here: Path, content: bytes) -> None:
    (here / "log.jsonl").write_bytes(content)
    (source,) = gather(["log.jsonl"])
    assert (source.name, source.group, source.data, source.located) == (
        "log.jsonl",
        "log.jsonl",
        b"null",
        False,
    )


def test_lines_end_with_a_line_feed_and_nothing_else(here: Path) -> None:
    (here / "log.jsonl").write_bytes('"a\u2028b\x85c"\r"d"\n'.encode())
    assert [source.name for source in gather(["log.jsonl"])] == ["log.jsonl:1"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "A.JSONL"])
def test_json_lines_are_known_by_the_ending(here: Path, name: str) -> None:
    (here / name).write_bytes(b"1\n2\n")
    assert len(list(gather([name]))) == 2
