"""The pytest plugin, in test sessions of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import INPUTS, PILOT, as_text, checked, documents
from support.command_line import write_files

from psion_contract import ArgumentError, ContractWarning, UnreadableError, pytest_plugin
from psion_contract.output import text
from psion_contract.pytest_plugin import assert_consistent
from tools.edits import Tree, edited, put
from tools.pack.restoring import sealed

pytest_plugins = ["pytester"]

RUN = "import pytest\n\n@pytest.mark.psion_contract({})\ndef test_run():\n    {}\n"
"""A test with the marker, given its arguments and the test's body."""


def broken() -> Tree:
    """The pilot, with one error."""
    return edited(documents(*PILOT), put("/receipt/objective_config/label_smoothing_bps", 0))


def suspicious() -> Tree:
    """The pilot, with one warning and no error."""
    return sealed(edited(documents(*PILOT), put("/receipt/replay_receipt/exact_replay_observed", False)))


def as_texts(tree: Tree) -> dict[str, str]:
    return {name: as_text(document) for name, document in tree.items()}


def outcome(pytester: pytest.Pytester, test: str, *arguments: str) -> pytest.RunResult:
    """Run one test with the plugin, whether or not an installed package brings it too."""
    pytester.makepyfile(test)
    return pytester.runpytest_inprocess("-p", "no:psion-contract", *arguments, plugins=[pytest_plugin])


# The function.


def test_consistent_documents_pass_and_give_the_report() -> None:
    report = assert_consistent(as_texts(documents(*PILOT)))
    assert report.verdict == "consistent"
    assert len(report.documents) == len(PILOT)


def test_inconsistent_documents_fail_with_the_text_report() -> None:
    with pytest.raises(AssertionError) as raised:
        assert_consistent(as_texts(broken()))
    assert str(raised.value) == text.render(checked(broken()))


def test_inputs_are_referred_to_and_not_judged() -> None:
    tree = documents(*PILOT)
    inputs = {name: tree.pop(name) for name in INPUTS}
    report = assert_consistent(tree, inputs)
    assert [each.name for each in report.documents if each.judged] == ["config", "receipt"]
    with pytest.raises(AssertionError, match="unresolved-reference"):
        assert_consistent(tree)


def test_warnings_are_issued_or_fail_if_strict() -> None:
    with pytest.warns(ContractWarning, match="replay-not-exact") as caught:
        assert_consistent(suspicious())
    assert caught[0].filename == __file__
    with pytest.raises(AssertionError, match="replay-not-exact"):
        assert_consistent(suspicious(), strict=True)


def test_the_path_of_a_folder_is_enough(here: Path) -> None:
    write_files(here / "run", documents("config", "receipt"))
    write_files(here / "inputs", documents(*INPUTS))
    assert assert_consistent(here / "run", here / "inputs").ok


@pytest.mark.parametrize("given", [[], {}])
def test_nothing_to_check_is_never_a_pass(given: Any) -> None:
    with pytest.raises(AssertionError, match=r"^nothing to check: no contract document found$"):
        assert_consistent(given)


def test_nothing_to_check_lists_what_was_ignored(here: Path) -> None:
    (here / "other.json").write_text('{"schema_version": "other.v1"}')
    with pytest.raises(AssertionError) as raised:
        assert_consistent(Path("."))
    assert str(raised.value).splitlines()[1:] == [
        "ignored 1 (of other kinds):",
        '  ./other.json ("other.v1")',
    ]


def test_what_cannot_be_used_raises_as_in_a_check(here: Path) -> None:
    with pytest.raises(UnreadableError, match="nowhere: No such file"):
        assert_consistent(Path("nowhere"))
    with pytest.raises(ArgumentError, match="expected a mapping of names to documents"):
        assert_consistent("run")
    with pytest.raises(ArgumentError, match=r"put it in a list: \[document\]"):
        assert_consistent(documents("config")["config"])


def test_a_failing_test_shows_its_own_line_and_the_report(pytester: pytest.Pytester) -> None:
    write_files(pytester.path / "run", broken())
    code = (
        "from pathlib import Path\n\ndef test_run(assert_consistent):\n    assert_consistent(Path('run'))\n"
    )
    result = outcome(pytester, code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">   *assert_consistent(Path('run'))",
            "E   *run/receipt.json:15:28: error: objective-config-mismatch",
            "E   *inconsistent (1 error)",
            "*test_a_failing_test_shows_its_own_line_and_the_report.py:4: AssertionError",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_plugin*")


# The marker.


def test_a_folder_that_is_consistent_passes(pytester: pytest.Pytester) -> None:
    write_files(pytester.path / "run", documents(*PILOT))
    outcome(pytester, RUN.format("'run'", "pass"), "--strict-markers").assert_outcomes(passed=1)


def test_a_folder_that_is_broken_fails_with_the_text_report(pytester: pytest.Pytester) -> None:
    write_files(pytester.path / "run", broken())
    result = outcome(pytester, RUN.format("'run'", "pass"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_run _*",
            "run/receipt.json:15:28: error: objective-config-mismatch",
            "  the receipt's label_smoothing_bps is 0, but the config declares 40",
            "    against  run/config.json:15:28 /objective_config/label_smoothing_bps = 40",
            "inconsistent (1 error)",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin*")


def test_the_folder_is_checked_after_the_test_that_writes_it(pytester: pytest.Pytester) -> None:
    write_files(pytester.path / "canonical", documents(*PILOT))
    body = "import shutil; shutil.copytree('canonical', 'run')"
    outcome(pytester, RUN.format("'run'", body)).assert_outcomes(passed=1)


@pytest.mark.parametrize(("body", "expected"), [("assert False", "failed"), ("pytest.skip('no')", "skipped")])
def test_a_test_that_has_not_passed_is_reported_as_itself(
    pytester: pytest.Pytester, body: str, expected: str
) -> None:
    result = outcome(pytester, RUN.format("'nowhere'", body))
    result.assert_outcomes(**{expected: 1})
    result.stdout.no_fnmatch_line("*nowhere: No such file*")


def test_paths_are_relative_to_the_root_directory(pytester: pytest.Pytester) -> None:
    write_files(pytester.path / "run", broken())
    pytester.makefile(".ini", pytest="[pytest]")
    pytester.makepyfile(RUN.format("'run'", "pass"))
    elsewhere = pytester.mkdir("elsewhere")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(elsewhere)
        result = pytester.runpytest_inprocess(
            "-p", "no:psion-contract", "--rootdir", pytester.path, pytester.path, plugins=[pytest_plugin]
        )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"{pytester.path / 'run' / 'receipt.json'}:15:28: error: *"])


def test_inputs_are_given_as_one_path_or_several(pytester: pytest.Pytester) -> None:
    write_files(pytester.path / "run", documents("config", "receipt"))
    write_files(pytester.path / "inputs", documents(*INPUTS))
    for inputs, expected in {
        "'inputs'": "passed",
        "['inputs/corpus.json', 'inputs/policy.json', 'inputs/descriptor.json']": "passed",
        "['inputs/corpus.json', 'inputs/policy.json']": "failed",
    }.items():
        test = RUN.format(f"'run/config.json', 'run/receipt.json', inputs={inputs}", "pass")
        outcome(pytester, test).assert_outcomes(**{expected: 1})


def test_strict_lets_warnings_fail_and_without_it_they_are_listed(pytester: pytest.Pytester) -> None:
    write_files(pytester.path / "run", suspicious())
    result = outcome(pytester, RUN.format("'run'", "pass"), "-W", "default")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*ContractWarning: the contract has warnings:"])
    result = outcome(pytester, RUN.format("'run'", "pass"), "-W", "error")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["the contract has warnings:", "run/receipt.json#*: warning: replay-not-exact*"]
    )
    result.stdout.no_fnmatch_line("*pytest_plugin*")
    outcome(pytester, RUN.format("'run', strict=True", "pass")).assert_outcomes(failed=1)


def test_every_marker_of_a_test_is_checked(pytester: pytest.Pytester) -> None:
    write_files(pytester.path / "run", documents(*PILOT))
    write_files(pytester.path / "other", broken())
    for folder, expected in {"run": "passed", "other": "failed"}.items():
        test = f"import pytest\npytestmark = pytest.mark.psion_contract({folder!r})\n" + RUN.format(
            "'run'", "pass"
        )
        outcome(pytester, test).assert_outcomes(**{expected: 1})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "@pytest.mark.psion_contract: name at least one file or folder:*"),
        ("1", "@pytest.mark.psion_contract: expected str, bytes or os.PathLike object, not int"),
        ("'x', input=[]", "@pytest.mark.psion_contract: *unexpected keyword argument 'input'*"),
        ("'nowhere'", "nowhere: No such file or directory"),
        ("'empty'", "nothing to check: no contract document found"),
    ],
)
def test_a_marker_that_cannot_be_used_fails_and_says_why(
    pytester: pytest.Pytester, arguments: str, message: str
) -> None:
    pytester.mkdir("empty")
    result = outcome(pytester, RUN.format(arguments, "pass"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_marker_is_documented(pytester: pytest.Pytester) -> None:
    result = outcome(pytester, "", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.psion_contract(*paths, inputs=(), strict=False): *"])


# Its start.


def test_the_plugin_starts_without_the_checker() -> None:
    code = (
        "import sys, psion_contract.pytest_plugin; print(*(n for n in sys.modules if n.startswith('psion_')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {
        "psion_contract",
        "psion_contract.version",
        "psion_contract.pytest_plugin",
    }
