"""The programs of the other languages: built, asked, and reported where that does not work."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple

from driver.documents import Document

FOLDER = Path(__file__).resolve().parent.parent
PATIENCE = 1200  # seconds that one command may take


class MissingError(Exception):
    """A tool that is not on this machine."""


class FailedError(Exception):
    """A program that could not be built or did not answer as it should."""


class Program(NamedTuple):
    """A program that asks the validator of its ecosystem.

    Attributes:
        name: of its folder.
        validator: the library that it asks.
        tools: commands that must be there.
        building: the command that builds it.
        starting: the command that starts it, to which the folder of the schemas is added.
    """

    name: str
    validator: str
    tools: tuple[str, ...]
    building: tuple[str, ...]
    starting: tuple[str, ...]

    def build(self) -> None:
        """Build it.

        Raises:
            MissingError: a tool that it takes is not there.
            FailedError: it does not build.
        """
        missing = [tool for tool in self.tools if shutil.which(tool) is None]
        if missing:
            raise MissingError(f"no {' and no '.join(missing)} on this machine")
        self._run(self.building)

    def ask(self, documents: Sequence[Document], schemas: Path) -> list[bool]:
        """Its verdicts, in the order of the documents.

        Raises:
            FailedError: it ends with an error, or does not answer every request in turn.
        """
        with tempfile.TemporaryFile("w+") as requests:
            for number, document in enumerate(documents):
                request = {"id": number, "schema": document.schema, "document": document.text}
                requests.write(json.dumps(request) + "\n")
            requests.seek(0)
            output = self._run((*self.starting, str(schemas)), requests)
        answers = [json.loads(line) for line in output.splitlines()]
        if [answer["id"] for answer in answers] != list(range(len(documents))):
            raise FailedError(f"{len(documents)} requests, but {len(answers)} answers, or not in turn")
        return [answer["valid"] for answer in answers]

    def _run(self, command: Sequence[str], requests: IO[str] | None = None) -> str:
        tool = shutil.which(command[0]) or command[0]
        try:
            done = subprocess.run(
                [tool, *command[1:]],
                cwd=FOLDER / self.name,
                stdin=requests or subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FailedError(f"{' '.join(command)}: {error}") from error
        if done.returncode != 0:
            said = (done.stderr if requests else done.stdout + done.stderr).strip()
            raise FailedError(f"{' '.join(command)} ended with {done.returncode}:\n{said[-2000:]}")
        return done.stdout


class Outcome(NamedTuple):
    """What came of a validator.

    Attributes:
        name: what to call it.
        verdicts: whether it finds each document valid; empty where it could not be asked.
        problem: why it could not be asked.
        skipped: whether that is because a tool is missing.
        built: seconds that building took.
        asked: seconds that asking took.
    """

    name: str
    verdicts: list[bool]
    problem: str = ""
    skipped: bool = False
    built: float = 0
    asked: float = 0


PROGRAMS = (
    Program(
        "node",
        "ajv",
        ("node", "npm"),
        ("npm", "ci"),
        ("node", "main.js"),
    ),
    Program(
        "rust",
        "jsonschema",
        ("cargo",),
        ("cargo", "build", "--locked", "--target-dir", "target"),
        ("target/debug/schema-consumer",),
    ),
    Program(
        "go",
        "santhosh-tekuri/jsonschema",
        ("go",),
        ("go", "build", "-buildvcs=false", "-o", "target/", "."),
        ("target/schema-consumer",),
    ),
    Program(
        "java",
        "networknt/json-schema-validator",
        ("java", "mvn"),
        ("mvn", "--quiet", "--batch-mode", "package"),
        ("java", "-jar", "target/schema-consumer.jar"),
    ),
)


def outcome_of(program: Program, documents: Sequence[Document], schemas: Path) -> Outcome:
    """Build a program and ask it."""
    name = f"{program.name}: {program.validator}"
    start = time.monotonic()
    try:
        program.build()
        built = time.monotonic()
        verdicts = program.ask(documents, schemas)
    except MissingError as error:
        return Outcome(name, [], str(error), skipped=True)
    except FailedError as error:
        return Outcome(name, [], str(error))
    return Outcome(name, verdicts, built=built - start, asked=time.monotonic() - built)
