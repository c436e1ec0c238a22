"""Runs the cases of ``fixtures/field``: inputs of users that once went wrong, each with what is right.

A case starts in an empty folder. Its steps make files there, usually from the canonical documents; then its command runs
there. The exit code, the findings and what is ignored must be as expected. ``fixtures/field/README.md`` describes the
format. ``python -m tools field`` runs all cases, with any executable.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from json import loads
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tools import repository

FOLDER = "fixtures/field"

Json = dict[str, Any]


class Outcome(NamedTuple):
    """What a command did.

    Attributes:
        code: its exit code.
        out: its standard output.
        err: its standard error.
    """

    code: int
    out: str
    err: str


def cases() -> Iterator[Json]:
    """All cases, in the order of their files; their ids begin with the name of the file."""
    for path in repository.files_below(FOLDER):
        if path.endswith(".json"):
            topic = Path(path).stem
            for case in repository.json(path)["cases"]:
                yield {**case, "id": f"{topic}.{case['name']}"}


def prepare(case: Json, folder: Path) -> None:
    """Make the files of a case in an empty folder."""
    for step in case["steps"]:
        _STEPS[next(iter(step))](folder, step)


def arguments(case: Json) -> list[str]:
    """The arguments of the command, which gives its findings as JSON if they are expected."""
    words: list[str] = case["command"]
    return [*words, "--format", "json"] if "findings" in case else words


def problems(case: Json, outcome: Outcome) -> list[str]:
    """How an outcome differs from what is expected."""
    found = []
    if outcome.code != case["exit"]:
        found.append(f"exit code {outcome.code}, expected {case['exit']}: {outcome.err.strip()[:300]}")
    said = outcome.out + outcome.err
    found += [f"does not say {text!r}" for text in case.get("says", []) if text not in said]
    if "findings" not in case or found:
        return found
    report = loads(outcome.out)
    for name, wanted, actual in (
        (
            "findings",
            case["findings"],
            [[each["rule"], each["document"], each["pointer"]] for each in report["findings"]],
        ),
        (
            "ignored",
            case.get("ignored", []),
            [[each["name"], each["reason"]] for each in report["left_alone"]],
        ),
    ):
        found += [f"{name}: missing {each}" for each in wanted if each not in actual]
        found += [f"{name}: unexpected {each}" for each in actual if each not in wanted]
    return found


def run(command: str) -> int:
    """Run every case with an executable and print how each differs; the exit code is 1 if one does."""
    words, failed, count = shlex.split(command), 0, 0
    for case in cases():
        with TemporaryDirectory() as name:
            prepare(case, Path(name))
            done = subprocess.run(
                [*words, *arguments(case)],
                cwd=name,
                capture_output=True,
                timeout=60,
                check=False,
                stdin=subprocess.DEVNULL,
            )
            outcome = Outcome(
                done.returncode,
                done.stdout.decode("utf-8", "replace"),
                done.stderr.decode("utf-8", "replace"),
            )
        try:
            wrong = problems(case, outcome)
        except (ValueError, KeyError) as error:
            wrong = [f"not a report: {error}"]
        count, failed = count + 1, failed + bool(wrong)
        print(f"{'FAILED' if wrong else 'passed'} {case['id']}")
        for line in wrong:
            print(f"  {line}")
    print(f"{count - failed} of {count} passed")
    return 1 if failed else 0


def default_command() -> str:
    """This implementation."""
    return f"{shlex.quote(sys.executable)} -m psion_contract"


def _canonical(folder: Path, step: Json) -> None:
    shutil.copytree((repository.ROOT / "fixtures/psion"), folder / step["canonical"], dirs_exist_ok=True)


def _write(folder: Path, step: Json) -> None:
    path = folder / step["write"]
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b64decode(step["base64"]) if "base64" in step else str(step["text"]).encode()
    path.write_bytes(data * step.get("times", 1))


def _replace(folder: Path, step: Json) -> None:
    path = folder / step["replace"]
    text = path.read_bytes().decode()
    assert step["old"] in text, (path, step["old"])
    path.write_bytes(text.replace(step["old"], step["new"], step.get("count", -1)).encode())


def _encode(folder: Path, step: Json) -> None:
    path = folder / step["encode"]
    path.write_bytes(path.read_bytes().decode().encode(step["as"]))


def _cut(folder: Path, step: Json) -> None:
    path = folder / step["cut"]
    path.write_bytes(path.read_bytes()[: step["bytes"]])


def _surround(folder: Path, step: Json) -> None:
    path = folder / step["surround"]
    path.write_bytes(step.get("before", "").encode() + path.read_bytes() + step.get("after", "").encode())


def _one_line(folder: Path, step: Json) -> None:
    path = folder / step["one_line"]
    path.write_bytes(path.read_bytes().replace(b"\n", b" ") + b"\n")


def _join(folder: Path, step: Json) -> None:
    parts = [(folder / each).read_bytes() for each in step["from"]]
    (folder / step["join"]).write_bytes(step.get("with", "").encode().join(parts))


def _copy(folder: Path, step: Json) -> None:
    target = folder / step["to"]
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / step["copy"], target)


def _move(folder: Path, step: Json) -> None:
    target = folder / step["to"]
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(folder / step["move"], target)


def _link(folder: Path, step: Json) -> None:
    (folder / step["link"]).symlink_to(step["to"])


def _delete(folder: Path, step: Json) -> None:
    path = folder / step["delete"]
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


_STEPS: dict[str, Callable[[Path, Json], None]] = {
    "canonical": _canonical,
    "write": _write,
    "replace": _replace,
    "encode": _encode,
    "cut": _cut,
    "surround": _surround,
    "one_line": _one_line,
    "join": _join,
    "copy": _copy,
    "move": _move,
    "link": _link,
    "delete": _delete,
}
