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
    if issubclass(each, Exception)
    and each.__module__ == exceptions.__name__
    and not issubclass(each, Warning)
]


@pytest.mark.parametrize("exception", RAISED)
def test_every_exception_has_the_base_class_and_says_when_it_is_raised(exception: type[Exception]) -> None:
    assert issubclass(exception, PsionContractError)
    assert (exception.__doc__ or "").strip()


def test_everything_public_is_there() -> None:
    for name in psion_contract.__all__:
        assert getattr(psion_contract, name) is not None
    assert {*dir(psion_contract)} == {*psion_contract.__all__, "exceptions"}
    assert {each.__name__ for each in RAISED} - {"RowFileError", "TraceFileError"} <= {
        *psion_contract.__all__
    }
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
    error.add_note("seen in epoch 3")
    for copied in (pickle.loads(pickle.dumps(error)), deepcopy(error)):
        assert copied.__notes__ == ["seen in epoch 3"]
        assert (type(copied), str(copied)) == (type(error), str(error))
        assert copied.__dict__ == error.__dict__


def test_the_text_of_an_exception_lists_a_few_problems_and_counts_the_rest() -> None:
    error = RowsError([RowProblem(row, "tokens", "missing") for row in range(100)])
    assert len(error.problems) == 100
    assert str(error).splitlines()[-2:] == ['reports[19]["tokens"]: missing', "and 80 more"]
    report = check_documents({f"{number}.json": b"{" for number in range(50)})
    for text in (str(InconsistentError(report)), str(exceptions.ContractWarning.of(report))):
        assert len(text.splitlines()) == 22
        assert text.endswith("\nand 30 more")
