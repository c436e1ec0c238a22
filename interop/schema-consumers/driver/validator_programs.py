"""The programs in other languages: builds them, asks them, and reports what fails."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple

from driver.contract_documents import Document

FOLDER = Path(__file__).resolve().parent.parent
TIMEOUT = 1200  # seconds for one command


class MissingError(Exception):
    """A toolchain is not installed."""


class FailedError(Exception):
    """A program cannot be built, or its answers are wrong."""


class Program(NamedTuple):
    """A program that validates documents with a library of its ecosystem.

    Attributes:
        name: the name of its folder.
        validator: the library that it uses.
        tools: commands that must be installed.
        building: the command that builds it.
        starting: the command that starts it, to which the folder of the schemas is added.
    """

    name: str
    validator: str
    tools: tuple[str, ...]
    building: tuple[str, ...]
    starting: tuple[str, ...]

    def build(self) -> None:
        """Build the program.

        Raises:
            MissingError: a tool that it needs is not installed.
            FailedError: the build fails.
        """
        missing = [tool for tool in self.tools if shutil.which(tool) is None]
        if missing:
            raise MissingError(f"not installed: {', '.join(missing)}")
        self._run(self.building)

    def ask(self, documents: Sequence[Document], schemas: Path) -> list[bool]:
        """Whether each document is valid, in the order of the documents.

        Raises:
            FailedError: the program fails, or does not answer every request in order.
        """
        with tempfile.TemporaryFile("w+") as requests:
            for number, document in enumerate(documents):
                request = {"id": number, "schema": document.schema, "document": document.text}
                requests.write(json.dumps(request) + "\n")
            requests.seek(0)
            output = self._run((*self.starting, str(schemas)), requests)
        answers = [json.loads(line) for line in output.splitlines()]
        if [answer["id"] for answer in answers] != list(range(len(documents))):
            raise FailedError(f"{len(answers)} answers to {len(documents)} requests, or in another order")
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
                timeout=TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FailedError(f"{' '.join(command)}: {error}") from error
        if done.returncode != 0:
            output = (done.stderr if requests else done.stdout + done.stderr).strip()
            raise FailedError(f"{' '.join(command)} ended with {done.returncode}:\n{output[-2000:]}")
        return done.stdout


class Outcome(NamedTuple):
    """The result of one validator.

    Attributes:
        name: of the program and the validator.
        verdicts: whether each document is valid; empty where there is a problem.
        problem: why there are no verdicts.
        skipped: whether the problem is a missing tool.
        built: seconds of building.
        asked: seconds of answering.
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
    """Build a program and ask it about documents."""
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
