"""Real text from published packages: which there is, where it comes from, and in which split each document is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
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
        content_class: as the sampling policy names it.
        weight: of the mixture, in basis points; 0 for a family that is held out.
        read: the text of a file.
    """

    wheel: str
    pattern: str
    content_class: str
    weight: int
    read: Callable[[str], str] = str


FAMILIES = {
    "service_manual": Family(
        "awscli", r"/service-2\.json$", "prose", 3000, lambda text: "\n".join(descriptions(json.loads(text)))
    ),
    "command_examples": Family("awscli", r"/examples/.*\.rst$", "prose", 2500),
    "build_manual": Family("cmake", r"/Help/.*\.rst$", "spec_text", 2500),
    "mathematics_code": Family("sympy", r"\.py$", "code", 2000),
    "graph_code": Family("networkx", r"\.py$", "code", 0),
}


def fetch(folder: Path) -> None:
    """Download the wheels, unless they are there; nothing of them is installed or run."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--platform=manylinux2014_x86_64", "--require-hashes", f"--requirement={HERE / 'wheels.txt'}"]
    subprocess.run([*command, f"--dest={folder}"], check=True)


def documents(folder: Path, name: str, most: int) -> Iterator[tuple[str, str]]:
    """The documents of a family, each with its split, in a fixed and mixed order.

    One document in twenty is for validation. A family without a weight is held out as a whole: the model never
    trains on anything like it.

    Args:
        folder: with the wheels.
        name: of the family.
        most: characters to take of the family.
    """
    family = FAMILIES[name]
    with ZipFile(next(folder.glob(f"{family.wheel}-*.whl"))) as wheel:
        found = [each for each in wheel.namelist() if re.search(family.pattern, each)]
        for document in sorted(found, key=lambda each: sha256(each.encode()).digest()):
            text = family.read(wheel.read(document).decode())
            most -= len(text)
            if most < 0:
                return
            validation = sha256(document.encode()).digest()[-1] < 256 // 20
            yield ("validation" if validation else "train") if family.weight else "held_out", text
