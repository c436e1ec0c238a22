"""The pytest plugin: the function and fixture ``assert_consistent``, and the marker ``psion_contract``.

pytest loads this module at every start, so it imports the checker only when something is checked.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from psion_contract.findings import Report
    from psion_contract.reading.source import Documents

StrPath = str | os.PathLike[str]


def assert_consistent(
    documents: Documents | os.PathLike[str], inputs: Documents | os.PathLike[str] = (), strict: bool = False
) -> Report:
    """Check documents against each other; a test that calls this fails with the text report if they are inconsistent.

    Args:
        documents: what `psion_contract.check_documents` takes, or the path of one file or folder.
        inputs: documents that these may refer to, in the same forms; judged only if they are referred to.
        strict: whether warnings fail the test too. Otherwise they are issued as a ``ContractWarning``.

    Returns:
        The report.

    Raises:
        AssertionError: the documents are inconsistent, or there is nothing to check.
        ArgumentError: an argument has another form.
        UnreadableError: a file cannot be read.
    """
    __tracebackhide__ = True
    from psion_contract.checker import Checker

    report = Checker(_several(inputs), strict=strict).check(_several(documents))
    if not report.ok:
        raise AssertionError(_text(report))
    if report.findings:
        from psion_contract.exceptions import ContractWarning

        warnings.warn(ContractWarning.of(report), stacklevel=2)
    return report


@pytest.fixture(name="assert_consistent", scope="session")
def _fixture() -> Callable[..., Report]:
    """Checks documents, and fails with the report: assert_consistent(documents, inputs=(), strict=False)."""
    return assert_consistent


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "psion_contract(*paths, inputs=(), strict=False): after the test has passed, check these files and folders. "
        "Paths are relative to the root directory of pytest.",
    )


@pytest.hookimpl(trylast=True)  # after the test itself, and only if it has raised nothing
def pytest_runtest_call(item: pytest.Item) -> None:
    """Check what the markers of a test name."""
    for mark in item.iter_markers("psion_contract"):
        problem = _problem(mark, item.config.rootpath)
        if problem:
            pytest.fail(problem, pytrace=False)


def _problem(mark: pytest.Mark, root: Path) -> str | None:
    """Why a test with the marker fails, if it does."""
    from psion_contract.exceptions import ContractWarning, PsionContractError

    try:
        paths, inputs, strict = psion_contract(*mark.args, **mark.kwargs)
    except TypeError as error:
        return f"@pytest.mark.psion_contract: {error}"
    base = Path() if Path.cwd() == root else root  # short names where they mean the same
    try:
        assert_consistent([base / path for path in paths], [base / path for path in inputs], strict)
    except (PsionContractError, AssertionError, ContractWarning) as error:  # a warning, if pytest raises them
        return str(error)
    return None


def psion_contract(
    *paths: StrPath, inputs: StrPath | Iterable[StrPath] = (), strict: bool = False
) -> tuple[list[str], list[str], bool]:
    """The arguments of the marker.

    Raises:
        TypeError: they are not those of the marker; the message begins with the name of this function.
    """
    if not paths:
        raise TypeError('name at least one file or folder: @pytest.mark.psion_contract("runs")')
    if isinstance(inputs, (str, os.PathLike)):
        inputs = [inputs]
    return [os.fspath(path) for path in paths], [os.fspath(path) for path in inputs], strict


def _several(documents: Documents | os.PathLike[str]) -> Documents:
    return [documents] if isinstance(documents, os.PathLike) else documents


def _text(report: Report) -> str:
    """The report on what is inconsistent."""
    from psion_contract.output import text

    if report.findings:
        return text.render(report)
    return "\n".join(["nothing to check: no contract document found", *text.ignored(report.left_alone)])
