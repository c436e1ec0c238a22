"""Which file a reference names, and that none is outside of the folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.platforms import needs_links, needs_pipes

from psion_contract.artifacts.references import Roots
from psion_contract.exceptions import ArtifactError

OUTSIDE = "leads outside of the folder of files, so it is not read"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a/b", "x y", "2026/train/0001.bin"):
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("a/b", "a/b"),
        ("./a/b", "./a/b"),
        ("a", "a"),
        ("s3://bucket/a/b", "a/b"),
        ("store://name/2026/train/0001.bin", "2026/train/0001.bin"),
        ("s3://bucket//a/b", "a/b"),
        ("x y", "x y"),
        ("s3://bucket/x y", "x y"),
    ],
)
def test_references_below_a_folder(root: Path, reference: str, expected: str) -> None:
    assert Roots(root).locate(reference) == f"{root}{os.sep}{expected}"


def test_absolute_paths_below_the_folder(root: Path) -> None:
    path = str(root / "x y")
    assert Roots(root).locate(path) == path
    assert Roots(root).locate((root / "x y").as_uri()) == path  # with %20
    assert Roots(str(root) + os.sep).locate(path.replace(f"{os.sep}x", f"{os.sep}.{os.sep}x")) is not None


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("../root/a/b", OUTSIDE),  # below the folder, but spelled as if it were not
        ("a/../../root/a/b", OUTSIDE),
        ("s3://bucket/../a", OUTSIDE),
        ("s3://bucket/a/..", OUTSIDE),
        ("..", OUTSIDE),
        ("/", "names no file below the folder of files"),
        (".", "names no file below the folder of files"),
        ("", "names no file below the folder of files"),
        ("s3://bucket", "names no file below the folder of files"),
        ("s3://bucket/", "names no file below the folder of files"),
        ("/etc/passwd", OUTSIDE),
        ("file:///etc/passwd", OUTSIDE),
        ("file://localhost/etc/passwd", OUTSIDE),
        ("file:///%2e%2e/etc", OUTSIDE),
        ("file://host/a/b", 'is a file of the host "host"'),
        ("a\0b", OUTSIDE),
    ],
)
def test_references_that_are_refused(root: Path, reference: str, problem: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        Roots(root).locate(reference)
    assert caught.value.problem == problem


def test_references_to_nothing(root: Path) -> None:
    with pytest.raises(ArtifactError) as caught:
        Roots(root).locate("s3://bucket/a/c")
    assert caught.value.problem == f'there is no "{root / "a" / "c"}"'
    with pytest.raises(ArtifactError, match="there is no"):
        Roots(root).locate("a/b/c")  # below a file


@needs_pipes
def test_a_pipe_is_refused(root: Path) -> None:
    os.mkfifo(root / "pipe.npy")
    with pytest.raises(ArtifactError) as caught:
        Roots(root).locate("pipe.npy")
    assert caught.value.problem == f'"{root / "pipe.npy"}" is a pipe, socket or device'


@needs_links
def test_links_may_not_leave_the_folder(root: Path) -> None:
    (root.parent / "secret").mkdir()
    (root.parent / "secret" / "file").write_bytes(b"")
    (root.parent / "root2").mkdir()
    (root.parent / "root2" / "file").write_bytes(b"")
    (root / "out").symlink_to(root.parent / "secret")
    (root / "sibling").symlink_to(root.parent / "root2")
    (root / "in").symlink_to(root / "a")
    for reference in (
        "out",
        "out/file",
        "s3://bucket/out/file",
        "sibling/file",
        str(root.parent / "root2" / "file"),
    ):
        with pytest.raises(ArtifactError, match=OUTSIDE):
            Roots(root).locate(reference)
    assert Roots(root).locate("in/b") == str(root / "in" / "b")
    (root.parent / "link").symlink_to(root)
    assert Roots(root.parent / "link").locate("a/b") == str(root.parent / "link" / "a" / "b")


def test_prefixes(root: Path) -> None:
    roots = Roots(
        [f"s3://bucket={root / 'a'}", f"s3://bucket/deep/={root / '2026'}", f"tokenizer://t={root / 'x y'}"]
    )
    assert roots.locate("s3://bucket/b") == str(root / "a" / "b")
    assert roots.locate("s3://bucket/deep/train/0001.bin") == str(root / "2026" / "train" / "0001.bin")
    assert roots.locate("tokenizer://t") == str(root / "x y")
    assert roots.locate("s3://bucket2/b") is None
    assert roots.locate("a/b") is None
    assert roots.first(["a/b"]) is None
    for reference in ("s3://bucket/../x y", "s3://bucket//etc/../.."):
        with pytest.raises(ArtifactError, match=OUTSIDE):
            roots.locate(reference)


def test_a_prefix_beside_a_folder(root: Path) -> None:
    roots = Roots([root, f"s3://bucket={root / 'a'}"])
    assert roots.locate("s3://bucket/b") == str(root / "a" / "b")
    assert roots.locate("s3://other/a/b") == str(root / "a" / "b")
    assert roots.mapped("s3://other/a/b") is None
    assert roots.first(["none", "../root/a/b", "a", "a/b", "x y"]) == str(root / "a" / "b")


def test_what_lies_beside_the_document(root: Path) -> None:
    roots, beside = Roots(root), str(root / "a")
    assert roots.locate("b", beside) == str(root / "a" / "b")
    assert roots.locate("x y", beside) == str(root / "x y")
    (root / "a" / "x y").write_bytes(b"")
    assert roots.locate("x y", beside) == str(root / "x y")  # the folder decides first
    (root.parent / "c").write_bytes(b"")
    for reference, folder in (("c", root.parent), ("s3://bucket/b", root / "a"), ("/b", root / "a")):
        with pytest.raises(ArtifactError):
            roots.locate(reference, str(folder))
    with pytest.raises(ArtifactError, match="there is no") as caught:
        roots.locate("none", beside)
    assert str(root / "none") in caught.value.problem
    with pytest.raises(ArtifactError, match=OUTSIDE):
        roots.locate("../x y", beside)


def test_equals_signs(root: Path) -> None:
    folder = root / "lang=en"
    (folder / "c=d").mkdir(parents=True)
    assert Roots(folder).locate("c=d") == str(folder / "c=d")
    assert Roots(f"s3://bucket={folder}").locate("s3://bucket/c=d") == str(folder / "c=d")
    assert Roots(f"s3://bucket/k=v={folder}").locate("s3://bucket/k=v/c=d") == str(folder / "c=d")
