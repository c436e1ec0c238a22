"""One base class for everything that is raised."""

from __future__ import annotations

import inspect
import pickle
from copy import deepcopy

import pytest
from support.canonical_sets import documents

import psion_contract
from psion_contract import PsionContractError, check_documents, exceptions, new_config
from psion_contract.exceptions import (
    InconsistentError,
    RowProblem,
    RowsError,
    StageRefusalError,
    StateFileError,
)

RAISED = [
    each
    for _, each in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(each, Exception) and each.__module__ == exceptions.__name__
]


@pytest.mark.parametrize("exception", RAISED)
def test_every_exception_has_the_base_class_and_says_when_it_is_raised(exception: type[Exception]) -> None:
    assert issubclass(exception, PsionContractError)
    assert (exception.__doc__ or "").strip()


def test_everything_public_is_there() -> None:
    for name in psion_contract.__all__:
        assert getattr(psion_contract, name) is not None
        assert name in dir(psion_contract)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        psion_contract.nothing  # noqa: B018


def test_an_inconsistent_error_names_each_finding() -> None:
    inputs = documents("descriptor", "corpus", "policy")
    inputs["policy"]["dataset_identity"] = "x"
    with pytest.raises(InconsistentError) as error:
        new_config(**inputs, run_id="r")
    (finding,) = error.value.report.findings
    for words in (finding.rule, finding.pointer, finding.message, "policy"):
        assert words in str(error.value)


def test_a_rows_error_has_a_line_for_each_problem() -> None:
    error = RowsError([RowProblem(0, "tokens", "missing"), RowProblem(5, "", "no row")])
    assert str(error).splitlines() == ['reports[0]["tokens"]: missing', "reports[5]: no row"]
    assert isinstance(error, ValueError)


REPORT = check_documents({"a.json": b"{", "b.json": b"[]"})


@pytest.mark.parametrize(
    "error",
    [
        StateFileError("run.json: gone"),
        InconsistentError(REPORT),
        RowsError([RowProblem(0, "tokens", "missing")]),
        StageRefusalError("refused to complete", "r-stage-1-pretrain", REPORT.findings),
    ],
    ids=lambda error: type(error).__name__,
)
def test_exceptions_survive_pickling_and_copying(error: Exception) -> None:
    for copied in (pickle.loads(pickle.dumps(error)), deepcopy(error)):
        assert (type(copied), str(copied)) == (type(error), str(error))
        assert copied.__dict__ == error.__dict__
