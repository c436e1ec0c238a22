"""The runner: what it makes of implementations that do not do as the protocol says."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from conftest import Command as Psion

from psion_contract.conformance import process
from psion_contract.conformance.answer import ask, serve
from psion_contract.conformance.pack import Case, Vector, load_cases, load_vectors
from psion_contract.conformance.process import Command, NotStartedError
from psion_contract.conformance.runner import Outcome, expected_of, request_of, run

CASES = [case for case in load_cases() if case.id.startswith("weight-total-mismatch.") and not case.inputs]
VECTORS = [vector for vector in load_vectors() if vector.digest == "D7"][:2]
ITEMS: list[Case | Vector] = [*CASES[:3], *VECTORS]
IDS = [item.id for item in ITEMS]

PRELUDE = """
import json, os, sys, time

RIGHT = json.load(open(sys.argv[1], encoding="utf-8"))

def right(request):
    asked = {key: value for key, value in request.items() if key != "id"}
    return {"id": request["id"], **RIGHT[json.dumps(asked, sort_keys=True)]}

def say(answer):
    print(answer if isinstance(answer, str) else json.dumps(answer), flush=True)

REQUESTS = (json.loads(line) for line in sys.stdin)
"""

Implementation = Callable[..., list[Outcome]]


@pytest.fixture
def implementation(tmp_path: Path) -> Implementation:
    """Runs some cases and vectors against a program, given what it does with its requests."""

    def run_it(program: str, timeout: float = 20, items: list[Case | Vector] = ITEMS) -> list[Outcome]:
        with Command(script(tmp_path, program), timeout) as started:
            return list(run(items, started.ask))

    return run_it


def script(folder: Path, program: str) -> list[str]:
    """The command that runs a program which knows the right answers."""
    answers = {json.dumps(request_of(item), sort_keys=True): expected_of(item) for item in ITEMS}
    (folder / "answers.json").write_text(json.dumps(answers))
    (folder / "program.py").write_text(PRELUDE + dedent(program))
    return [sys.executable, str(folder / "program.py"), str(folder / "answers.json")]


def failures(outcomes: list[Outcome]) -> dict[str, str]:
    """By id, what is wrong with what failed."""
    assert [each.id for each in outcomes] == IDS
    return {each.id: "; ".join(each.problems) for each in outcomes if not each.passed}


def test_an_implementation_that_answers_rightly_passes(implementation: Implementation) -> None:
    assert failures(implementation("for request in REQUESTS: say(right(request))")) == {}


def test_what_is_beyond_the_protocol_is_passed_over(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            answer = right(request)
            for finding in answer.get("findings", ()):
                finding["message"] = "wrong"
            say({**answer, "took": 3})
    """
    assert failures(implementation(program)) == {}


def test_findings_are_compared_as_sets(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            answer = right(request)
            if "findings" in answer:
                answer["findings"] = [*reversed(answer["findings"]), *answer["findings"]]
            say(answer)
    """
    assert failures(implementation(program)) == {}


def test_a_preimage_may_be_kept_back(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            answer = right(request)
            answer.pop("preimage", None)
            say(answer)
    """
    assert failures(implementation(program)) == {}


def test_wrong_answers_are_told_with_what_was_expected_and_found(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            if request["op"] == "digest":
                say({"id": request["id"], "preimage": "x", "sha256": "y"})
            else:
                findings = [{"rule": "weight-total-mismatch", "document": "policy.json", "pointer": "/x"}]
                say({"id": request["id"], "verdict": "inconsistent", "findings": findings})
    """
    told = failures(implementation(program))
    assert list(told) == IDS
    assert told["weight-total-mismatch.moved"] == (
        "the verdict is inconsistent, not consistent; "
        "found, but not expected: weight-total-mismatch in policy.json at /x"
    )
    assert told["weight-total-mismatch.less"] == (
        "not found: weight-total-mismatch in policy.json at /source_family_weights; "
        "found, but not expected: weight-total-mismatch in policy.json at /x"
    )
    assert told["D7.plain"].startswith("the preimage is 'x', not 'psionic_train_stage_completion|")
    assert "the sha256 is 'y', not '" in told["D7.plain"]


# Commands that do not do as the protocol says: told case by case, and the rest still runs.


@pytest.mark.parametrize(
    ("what", "program", "message"),
    [
        ("exits", "sys.exit(3)", "the command ended with exit code 3 instead of an answer"),
        ("raises", "raise SystemExit('stop')", "the command ended with exit code 1 instead of an answer"),
        ("kills itself", "os.kill(os.getpid(), 9)", "the command ended with exit code -9 instead of an answer"),
        ("says nothing", "pass", "no answer in 1.5 s; the command was ended"),
        ("hangs", "time.sleep(60)", "no answer in 1.5 s; the command was ended"),
        ("closes its output", "os.close(1); time.sleep(60)", "instead of an answer"),
        ("rubbish", "say('oops')", "answered what is none of the protocol: b'oops"),
        ("no bytes of text", "sys.stdout.buffer.write(b'\\xff\\xfe\\n'); sys.stdout.flush()", "b'\\xff\\xfe\\n'"),
        ("a list", "say([1])", "answered what is none of the protocol: b'[1]"),
        ("a deep list", "say('[' * 100000)", "answered what is none of the protocol: b'[[["),
        ("no id", "say({'verdict': 'consistent', 'findings': []})", "answered what is none of the protocol"),
        ("another id", "say({**right(request), 'id': 99})", "answered request 99 where request 2 was asked"),
        ("id zero", "say({**right(request), 'id': 0})", "answered request 0 where request 2 was asked"),
        ("a text as id", "say({**right(request), 'id': '2'})", "answered request '2' where request 2 was asked"),
        ("true as id", "say({**right(request), 'id': True})", "answered request True where request 2 was asked"),
        ("a fraction as id", "say({**right(request), 'id': 2.0})", "answered request 2.0 where request 2 was asked"),
        ("an error", "say({'id': 2, 'error': 'not yet'})", "answered with an error: not yet"),
        ("no verdict", "say({'id': 2, 'findings': []})", "answered without what the protocol asks for: 'verdict'"),
        ("no findings", "say({'id': 2, 'verdict': 'consistent'})", "answered without what the protocol asks for: 'findings'"),
        ("half a finding", "say({'id': 2, 'verdict': 'consistent', 'findings': [{'rule': 'x'}]})", "without what the protocol"),
        ("numbers as findings", "say({'id': 2, 'verdict': 'consistent', 'findings': [1]})", "without what the protocol asks for"),
        ("a number as pointer", "say({'id': 2, 'verdict': 'x', 'findings': [dict(rule='', document='', pointer=1)]})", "asks"),
    ],
)  # fmt: skip
def test_what_goes_wrong_with_one_case_is_told_and_the_rest_still_runs(
    what: str, program: str, message: str, implementation: Implementation
) -> None:
    wrong = f"""
        for request in REQUESTS:
            if request["id"] == 2:
                {program}
            else:
                say(right(request))
    """
    told = failures(implementation(wrong, timeout=1.5))
    assert list(told) == [IDS[1]], what
    assert message in told[IDS[1]]


def test_a_command_that_has_not_got_going_yet_is_waited_for(implementation: Implementation) -> None:
    assert failures(implementation("time.sleep(0.5)\nfor request in REQUESTS: say(right(request))")) == {}


def test_rubbish_before_an_answer_costs_one_case(implementation: Implementation) -> None:
    program = """
        say("hello")
        for request in REQUESTS:
            say(right(request))
    """
    told = failures(implementation(program))
    assert list(told) == IDS[:1]
    assert "b'hello" in told[IDS[0]]


def test_answers_in_the_wrong_order_fail_their_cases(implementation: Implementation) -> None:
    program = """
        waiting = []
        for request in REQUESTS:
            waiting.append(right(request))
            if len(waiting) == 2:
                say(waiting.pop())
                say(waiting.pop())
    """
    told = failures(implementation(program, timeout=1))
    # The first is not answered in time; the command is ended, and each of those after it is then a first one.
    assert list(told) == IDS
    assert set(told.values()) == {"no answer in 1 s; the command was ended"}


def test_answers_that_come_one_request_too_late_fail_their_cases(implementation: Implementation) -> None:
    program = """
        last = {"id": 0}
        for request in REQUESTS:
            say(last)
            last = right(request)
            say({"id": 10 ** 6})
    """
    told = failures(implementation(program, timeout=1))
    assert list(told) == IDS
    assert all("where request" in each for each in told.values())


def test_a_late_answer_is_not_taken_for_that_to_the_next_request(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            answer = right(request)
            if request["id"] == 2:
                say("one moment")
                time.sleep(0.2)
            say(answer)
    """
    told = failures(implementation(program))
    assert list(told) == [IDS[1]]


def test_a_crash_after_the_answer_is_told_for_the_next_case(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            say(right(request))
            if request["id"] == 2:
                sys.exit(4)
    """
    told = failures(implementation(program))
    assert told == {IDS[2]: "the command ended with exit code 4 instead of an answer"}


def test_a_command_that_does_not_read_is_no_longer_waited_for(implementation: Implementation) -> None:
    big = max(load_cases(), key=lambda case: len(json.dumps(request_of(case))))
    started = time.monotonic()
    outcomes = implementation("time.sleep(60)", timeout=0.5, items=[big, big])
    assert [each.problems for each in outcomes] == [("no answer in 0.5 s; the command was ended",)] * 2
    assert time.monotonic() - started < 30


def test_a_flood_of_rubbish_neither_hangs_nor_fills_memory(implementation: Implementation) -> None:
    told = failures(implementation("while True: sys.stdout.write('x' * 65536 + '\\n')"))
    assert list(told) == IDS
    told = failures(implementation("while True: sys.stdout.write('x' * 65536)"))
    assert list(told) == IDS


def test_a_command_that_crashes_again_and_again_is_left_alone(
    implementation: Implementation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MAX_ENDS", 2)
    told = failures(implementation("sys.exit(3)"))
    assert list(told.values()) == [
        *["the command ended with exit code 3 instead of an answer"] * 2,
        *["not asked: the command has ended 2 times without an answer"] * 3,
    ]


def test_a_command_that_hangs_again_and_again_is_left_alone(
    implementation: Implementation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MAX_HANGS", 1)
    told = failures(implementation("time.sleep(60)", timeout=0.3))
    assert list(told.values()) == [
        "no answer in 0.3 s; the command was ended",
        *["not asked: the command has hung 1 times without an answer"] * 4,
    ]


def test_an_answer_in_between_counts_as_a_new_start(
    implementation: Implementation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MAX_ENDS", 1)
    program = """
        for request in REQUESTS:
            if request["id"] == 1:
                say(right(request))
            elif request["id"] == 3:
                say(right(request))
            else:
                sys.exit(5)
    """
    told = failures(implementation(program))
    assert told[IDS[1]] == "the command ended with exit code 5 instead of an answer"
    assert told[IDS[2]] == "not asked: the command has ended 1 times without an answer"


def test_a_command_that_is_gone_when_it_is_needed_again_is_told(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!{sys.executable}\nimport os\nos.unlink({str(program)!r})\n")
    program.chmod(0o755)
    with Command([str(program)], 5) as started:
        first, *others = run(ITEMS, started.ask)
    assert first.problems == ("the command ended with exit code 0 instead of an answer",)
    for each in others:
        assert each.problems[0].startswith("not asked: the command cannot be started again")


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
def test_nothing_that_a_command_started_is_left_behind(
    tmp_path: Path, implementation: Implementation
) -> None:
    mark = tmp_path / "mark"
    program = f"""
        import subprocess
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1.5); open({str(mark)!r}, 'w')"])
        time.sleep(60)
    """
    implementation(program, timeout=0.5, items=ITEMS[:1])
    time.sleep(2)
    assert not mark.exists()


def test_a_command_ends_when_there_are_no_more_requests(tmp_path: Path) -> None:
    end = tmp_path / "end"
    program = f"""
        for request in REQUESTS: say(right(request))
        open({str(end)!r}, "w")
    """
    with Command(script(tmp_path, program), 20) as started:
        assert all(each.passed for each in run(ITEMS, started.ask))
        assert not end.exists()
    assert end.exists()


def test_a_command_that_cannot_be_started_is_no_failed_case(tmp_path: Path) -> None:
    with (
        pytest.raises(NotStartedError, match="nowhere: No such file"),
        Command([str(tmp_path / "nowhere")], 1),
    ):
        pass


# This implementation as a command.


def lines(*requests: object) -> Iterator[bytes]:
    for request in requests:
        yield request if isinstance(request, bytes) else json.dumps(request).encode() + b"\n"


class Written(list[bytes]):
    """What was written to it, line by line."""

    write = list.append

    def flush(self) -> None:
        pass


def test_a_request_that_cannot_be_answered_does_not_keep_the_next_from_it() -> None:
    written = Written()
    good = {"id": 9, **request_of(ITEMS[0])}
    digest = {"op": "digest", "digest": "D7"}
    bad = [
        b"no json\n", b"[]\n", b"{}\n", b"\xff\n", b"[" * 100_000 + b"\n", {"id": 1}, {"id": 2, "op": "sing"},
        {"id": 3, "op": "check"}, {"id": 4, **digest, "base64": "*"}, {"id": 5, **digest, "base64": "e30="},
        {"id": 6, **digest, "base64": "ew=="}, {"id": 7, "op": "digest", "digest": "D0", "base64": "e30="},
        {"id": 8, **request_of(ITEMS[0]), "limits": {"max_words": 3}},
    ]  # fmt: skip
    serve(lines(*bad, good), written)  # type: ignore[arg-type]
    answers = [json.loads(line) for line in written]
    assert [answer["id"] for answer in answers] == [None] * 5 + list(range(1, 10))
    assert all("error" in answer for answer in answers[:-1])
    assert answers[-1] == {"id": 9, **ask(request_of(ITEMS[0]))}


def test_this_implementation_as_a_command_passes_everything(psion: Psion) -> None:
    outcome = psion("conformance", "--command", f"{sys.executable} -m psion_contract conformance --serve")
    assert outcome.code == 0, outcome.out
    count = len(load_cases()) + len(load_vectors())
    assert outcome.out.endswith(f"\n{count} of {count} passed\n")


# The command line.


def test_without_a_command_this_implementation_is_run(psion: Psion) -> None:
    outcome = psion("conformance")
    assert outcome.code == 0, outcome.out
    assert "FAILED" not in outcome.out
    assert outcome.out.splitlines()[0].split() == ["invalid-json", *["53"], "of", "53"] or "of" in outcome.out


def test_a_part_of_the_pack_can_be_run(psion: Psion) -> None:
    outcome = psion(
        "conformance",
        "--case",
        "D3.plain",
        "--rule",
        "replay-not-exact",
        "--digest",
        "D9",
        "--format",
        "json",
    )
    assert outcome.code == 0
    groups = {each["group"] for each in json.loads(outcome.out)["outcomes"]}
    assert groups == {"replay-not-exact", "D3", "D9"}


def test_failures_are_printed_and_decide_the_exit_code(psion: Psion, tmp_path: Path) -> None:
    command = " ".join(script(tmp_path, "for request in REQUESTS: say({**right(request), 'sha256': 'x'})"))
    chosen = [argument for name in IDS for argument in ("--case", name)]
    outcome = psion("conformance", "--command", command, *chosen)
    assert outcome.code == 1
    first, second, *rest = outcome.out.splitlines()
    assert first.split() == ["weight-total-mismatch", "3", "of", "3"]
    assert second.split() == ["D7", "0", "of", "2", "FAILED"]
    assert rest[:2] == ["", "D7.plain"]
    assert rest[-1] == "3 of 5 passed"
    report = json.loads(psion("conformance", "--command", command, *chosen, "--format", "json").out)
    assert (report["passed"], report["failed"]) == (3, 2)
    failed = report["outcomes"][-1]
    assert failed["found"]["sha256"] == "x"
    assert failed["expected"]["sha256"] != "x"
    assert failed["problems"]


def test_what_the_command_writes_to_standard_error_is_shown(psion: Psion, tmp_path: Path) -> None:
    command = " ".join(script(tmp_path, "print('my own words', file=sys.stderr)\nsys.exit(1)"))
    assert "my own words" in psion("conformance", "--command", command, "--case", IDS[0]).err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--command", "/nowhere/at-all"],
            "cannot start the command: /nowhere/at-all: No such file or directory",
        ),
        (["--command", ""], "cannot start the command: it is empty"),
        (["--command", "a 'b"], "cannot start the command: No closing quotation"),
        (
            ["--case", "replay-not-exact.sealde"],
            "there is no case or vector 'replay-not-exact.sealde'; did you mean",
        ),
        (["--rule", "replay-exact"], "there is no rule 'replay-exact'; did you mean replay-not-exact?"),
        (["--digest", "D10"], "there is no digest 'D10'"),
        (["--timeout", "0"], "0.0 is not in the range x>0"),
        (["--check", "--write"], "exclude each other"),
    ],
)
def test_what_cannot_be_run_says_why(arguments: list[str], message: str, psion: Psion) -> None:
    outcome = psion("conformance", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
