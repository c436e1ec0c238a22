"""One base class for everything that is raised."""

from __future__ import annotations

import inspect
import pickle

import pytest
from support.canonical_sets import documents

import psion_contract
from psion_contract import PsionContractError, exceptions, new_config
from psion_contract.exceptions import InconsistentError, RowProblem, RowsError, StateFileError

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


def test_an_exception_with_a_message_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(StateFileError("run.json: gone")))
    assert (type(error), str(error)) == (StateFileError, "run.json: gone")
