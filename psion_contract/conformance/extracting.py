"""Writes the texts of a case as files, to be checked and looked at one by one."""

from __future__ import annotations

import shlex
from pathlib import Path

from psion_contract.conformance.pack import Case, CaseText


def extract(case: Case, folder: Path) -> str | None:
    """Write the documents of a case to `folder`/documents, and its inputs, if any, to `folder`/inputs.

    Returns:
        The command that checks them as the case says; None if the case has no documents.

    Raises:
        OSError: a file cannot be written, or exists already.
    """
    documents = _write(case.documents, folder / "documents")
    inputs = _write(case.inputs, folder / "inputs")
    if not documents:
        return None
    words = ["psion-contract", "check", *documents]
    for path in inputs:
        words += ["--inputs", path]
    for name, limit in case.limits.items():
        words += [f"--{name.replace('_', '-')}", str(limit)]
    return shlex.join([*words, *(["--strict"] if case.strict else [])])


def _write(texts: tuple[CaseText, ...], folder: Path) -> list[str]:
    """Write texts to new files of their names; returns the paths."""
    paths = [folder / text.name for text in texts]
    for path, text in zip(paths, texts, strict=True):
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(text.data)
    return list(map(str, paths))
