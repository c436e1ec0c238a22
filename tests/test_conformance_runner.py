"""The runner: what it makes of implementations that do not do as the protocol says."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from conftest import Command as Psion

from psion_contract.conformance import command as process
from psion_contract.conformance.answering import ask, serve
from psion_contract.conformance.command import Command, NotStartedError
from psion_contract.conformance.pack import Case, Vector, load_cases, load_vectors
from psion_contract.conformance.runner import Outcome, expected_of, request_of, run
from psion_contract.conformance.summary import as_json, as_text

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

NO_OBJECT = "answered what is no JSON object with an integer as id"
LACKING = "answered without what the protocol asks for"

Json = dict[str, Any]
Implementation = Callable[..., list[Outcome]]


@pytest.fixture
def implementation(tmp_path: Path) -> Implementation:
    """Runs some cases and vectors against a program, given what it does with its requests."""

    def run_it(program: str, timeout: float = 20, items: list[Case | Vector] = ITEMS) -> list[Outcome]:
        with Command(script(tmp_path, program), timeout) as started:
            return list(run(items, started.ask, started.finish))

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
    plain = VECTORS[0]
    assert told["D7.plain"] == (
        f'the preimage is wrong from character 1 on: "x", not "{plain.preimage}"; '
        f'the sha256 is "y", not "{plain.sha256}"'
    )


# Commands that do not do as the protocol says: told case by case, and the rest still runs.


@pytest.mark.parametrize(
    ("what", "program", "message"),
    [
        ("exits", "sys.exit(3)", "the command ended with exit code 3 instead of answering"),
        ("raises", "raise SystemExit('stop')", "the command ended with exit code 1 instead of answering"),
        ("kills itself", "os.kill(os.getpid(), 9)", "the command was ended by signal 9 (SIGKILL) instead of answering"),
        ("segfaults", "os.kill(os.getpid(), 11)", "the command was ended by signal 11 (SIGSEGV) instead of answering"),
        pytest.param(
            "gets a nameless signal", "os.kill(os.getpid(), 42)", "the command was ended by signal 42 instead of answering",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="there it has no name"),
        ),
        ("says nothing", "pass", "no answer in 1.5 s; the command was ended"),
        ("hangs", "time.sleep(60)", "no answer in 1.5 s; the command was ended"),
        ("closes its output", "os.close(1); time.sleep(60)", "the command closed its standard output instead of answering"),
        ("rubbish", "say('oops')", f'{NO_OBJECT}: "oops"'),
        ("no bytes of text", "sys.stdout.buffer.write(b'\\xff\\xfe\\n'); sys.stdout.flush()", f'{NO_OBJECT}: "��"'),
        ("escape sequences", "say('\\x1b[8m')", f'{NO_OBJECT}: "\\u001b[8m"'),
        ("a list", "say([1])", f'{NO_OBJECT}: "[1]"'),
        ("a deep list", "say('[' * 100000)", f'{NO_OBJECT}: "{"[" * 199}…"'),
        ("no id", "say({'verdict': 'x'})", f'{NO_OBJECT}: "{{\\"verdict\\": \\"x\\"}}"'),
        ("a text as id", "say({'id': '2'})", f'{NO_OBJECT}: "{{\\"id\\": \\"2\\"}}"'),
        ("true as id", "say({'id': True})", f'{NO_OBJECT}: "{{\\"id\\": true}}"'),
        ("a fraction as id", "say({'id': 2.0})", f'{NO_OBJECT}: "{{\\"id\\": 2.0}}"'),
        ("another id", "say({**right(request), 'id': 99})", "answered request 99 where request 2 was asked"),
        ("id zero", "say({**right(request), 'id': 0})", "answered request 0 where request 2 was asked"),
        ("a huge id", "say({'id': 10 ** 4000})", f"answered request 1{'0' * 70}… where request 2 was asked"),
        ("an error", "say({'id': 2, 'error': 'not yet'})", 'answered with an error: "not yet"'),
        ("a number as error", "say({'id': 2, 'error': 1})", f'{LACKING}: "error" of the answer is no string'),
        ("no verdict", "say({'id': 2, 'findings': []})", f'{LACKING}: the answer has no "verdict"'),
        ("a list as verdict", "say({'id': 2, 'verdict': []})", f'{LACKING}: "verdict" of the answer is no string'),
        ("no findings", "say({'id': 2, 'verdict': 'x'})", f'{LACKING}: the answer has no "findings"'),
        ("a text as findings", "say({'id': 2, 'verdict': 'x', 'findings': 'x'})",
         f'{LACKING}: "findings" of the answer is no array'),
        ("half a finding", "say({'id': 2, 'verdict': 'x', 'findings': [{'rule': 'x'}]})",
         f'{LACKING}: findings[0] has no "document"'),
        ("numbers as findings", "say({'id': 2, 'verdict': 'x', 'findings': [1]})", f"{LACKING}: findings[0] is no object"),
        ("a number as pointer", "say({'id': 2, 'verdict': 'x', 'findings': [dict(rule='', document='', pointer=1)]})",
         f'{LACKING}: "pointer" of findings[0] is no string'),
        ("a line that is too long", "say('x' * (16 * 2 ** 20 + 1))", "answered with a line of more than 16 MiB"),
        ("an answer too long by far", "say({**right(request), 'x': 'x' * 40_000_000})",
         "answered with a line of more than 16 MiB"),
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
    assert failures(implementation(wrong, timeout=1.5)) == {IDS[1]: message}, what


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"preimage": "x"}, 'the answer has no "sha256"'),
        ({"preimage": "x", "sha256": None}, '"sha256" of the answer is no string'),
        ({"preimage": 1, "sha256": "x"}, '"preimage" of the answer is no string'),
    ],
)
def test_an_answer_to_a_digest_request_is_held_to_its_form(answer: Json, message: str) -> None:
    (outcome,) = run(VECTORS[:1], lambda _: answer)
    assert outcome.problems == (f"{LACKING}: {message}",)
    assert outcome.found is None


def test_the_longest_line_is_read(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            answer = json.dumps(right(request))
            say(answer + " " * (16 * 2 ** 20 - len(answer)))
    """
    assert failures(implementation(program)) == {}


def test_a_preimage_is_told_from_where_it_goes_wrong() -> None:
    vector = VECTORS[0]
    preimage = f"{vector.preimage[:-1]}?"
    (outcome,) = run([vector], lambda _: {"preimage": preimage, "sha256": vector.sha256})
    tail = vector.preimage[-21:-1]
    assert outcome.problems == (
        f"the preimage is wrong from character {len(preimage)} on: "
        f'"{tail}?", not "{tail}{vector.preimage[-1]}"',
    )
    (outcome,) = run([vector], lambda _: {"preimage": f"{vector.preimage}!", "sha256": vector.sha256})
    assert outcome.problems[0].startswith(f"the preimage is wrong from character {len(preimage) + 1} on: ")


def test_what_an_implementation_says_is_escaped_and_shortened() -> None:
    forged = "x\n\n1250 of 1250 passed\u001b[8m\ud800" + "x" * 1000
    findings = [dict.fromkeys(("rule", "document", "pointer"), forged)]
    answers: list[tuple[Case | Vector, Json]] = [
        (CASES[0], {"error": forged}),
        (CASES[0], {"verdict": forged, "findings": findings}),
        (VECTORS[0], {"preimage": forged, "sha256": forged}),
    ]
    for item, said in answers:
        (outcome,) = run([item], lambda _, said=said: said)  # type: ignore[misc]
        text = as_text([outcome])
        assert "\u001b" not in text
        assert "\\u000a\\u000a1250 of 1250 passed\\u001b[8m\\ud800" in text
        assert text.splitlines()[-2:] == ["", "0 of 1 passed"]
        assert max(map(len, text.splitlines())) < 1000
        assert json.loads(as_json([outcome]))["outcomes"][0]["found"] == said


def test_of_many_problems_the_first_are_told() -> None:
    findings = [{"rule": "x", "document": "y", "pointer": f"/{number:04}"} for number in range(1000)]
    (outcome,) = run(CASES[:1], lambda _: {"verdict": expected_of(CASES[0])["verdict"], "findings": findings})
    assert len(outcome.problems) == 11
    assert outcome.problems[9:] == ("found, but not expected: x in y at /0009", "and 990 more")


# Answers that come twice, and what comes after the last one.


def test_a_second_answer_fails_the_case_that_is_run_then(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            say(right(request))
            if request["id"] in (2, 5):
                say({**right(request), "verdict": "no", "sha256": "no"})
    """
    told = failures(implementation(program))
    assert told == {IDS[2]: "answered request 2 twice", IDS[4]: "answered request 5 twice"}


def test_who_answers_everything_twice_passes_nothing_but_the_first(implementation: Implementation) -> None:
    told = failures(implementation("for request in REQUESTS: say(right(request)); say(right(request))"))
    assert list(told) == IDS[1:]
    assert all(each.startswith("answered request ") and each.endswith(" twice") for each in told.values())


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ("say('good bye')", f'{NO_OBJECT}: "good bye"'),
        ("say({'id': 6})", "answered request 6 where request 5 was asked"),
        ("say({'id': 5})", "answered request 5 twice"),
        ("sys.exit(3)", ""),
    ],
)
def test_what_is_said_after_the_last_answer_counts_for_the_last_case(
    last: str, message: str, implementation: Implementation
) -> None:
    told = failures(implementation(f"for request in REQUESTS: say(right(request))\n{last}"))
    assert told == ({IDS[-1]: message} if message else {})


def test_a_last_case_that_has_failed_already_keeps_its_problem(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            if request["id"] == 5:
                say({"id": 5, "error": "tired"})
            say(right(request))
    """
    told = failures(implementation(program))
    assert told == {IDS[-1]: 'answered with an error: "tired"; answered request 5 twice'}


def test_a_command_that_does_not_end_is_ended(implementation: Implementation) -> None:
    started = time.monotonic()
    assert failures(implementation("for request in REQUESTS: say(right(request))\ntime.sleep(60)")) == {}
    assert time.monotonic() - started < 30


def test_a_command_whose_child_holds_its_output_open_has_ended(implementation: Implementation) -> None:
    program = """
        import subprocess
        subprocess.Popen(["sleep", "30"])
        sys.exit(3)
    """
    (outcome,) = implementation(program, timeout=1, items=ITEMS[:1])
    assert outcome.problems == (
        "no answer in 1 s; the command ended with exit code 3, "
        "but another process holds its standard output open",
    )


def test_the_end_of_the_output_is_not_waited_on_for_long(implementation: Implementation) -> None:
    started = time.monotonic()
    told = failures(implementation("os.close(1); time.sleep(60)"))
    assert set(told.values()) == {"the command closed its standard output instead of answering"}
    assert time.monotonic() - started < 5 * len(IDS) / 3


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
    assert told[IDS[0]] == f'{NO_OBJECT}: "hello"'


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
    assert told == {IDS[2]: "the command ended with exit code 4 instead of answering"}


def test_a_command_that_does_not_read_is_no_longer_waited_for(implementation: Implementation) -> None:
    big = max(load_cases(), key=lambda case: len(json.dumps(request_of(case))))
    started = time.monotonic()
    outcomes = implementation("time.sleep(60)", timeout=0.5, items=[big, big])
    assert [each.problems for each in outcomes] == [("no answer in 0.5 s; the command was ended",)] * 2
    assert time.monotonic() - started < 30


def test_a_flood_of_rubbish_neither_hangs_nor_fills_memory(implementation: Implementation) -> None:
    told = failures(implementation("while True: sys.stdout.write('x' * 65536 + '\\n')"))
    assert list(told) == IDS
    told = failures(implementation("while True: sys.stdout.write('x' * 65536)", timeout=1))
    assert list(told) == IDS
    assert set(told.values()) == {
        "answered with a line of more than 16 MiB", "no answer in 1 s; the command was ended",
    }  # fmt: skip


def test_a_command_that_crashes_again_and_again_is_left_alone(
    implementation: Implementation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MAX_ENDS", 2)
    told = failures(implementation("sys.exit(3)"))
    assert list(told.values()) == [
        *["the command ended with exit code 3 instead of answering"] * 2,
        *["not asked: the command has ended without an answer 2 times"] * 3,
    ]


def test_a_command_that_hangs_again_and_again_is_left_alone(
    implementation: Implementation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MAX_HANGS", 1)
    told = failures(implementation("time.sleep(60)", timeout=0.3))
    assert list(told.values()) == [
        "no answer in 0.3 s; the command was ended",
        *["not asked: the command has let the time pass 1 times"] * 4,
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
    assert told[IDS[1]] == "the command ended with exit code 5 instead of answering"
    assert told[IDS[2]] == "not asked: the command has ended without an answer 1 times"


def test_a_command_that_is_gone_when_it_is_needed_again_is_told(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!{sys.executable}\nimport os\nos.unlink({str(program)!r})\n")
    program.chmod(0o755)
    with Command([str(program)], 5) as started:
        first, *others = run(ITEMS, started.ask, started.finish)
    assert first.problems == ("the command ended with exit code 0 instead of answering",)
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
        started.finish()
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
    good = request_of(ITEMS[0])
    digest = {"op": "digest", "digest": "D7", "base64": "e30="}
    bad: list[tuple[object, str]] = [
        (b"no json\n", "the request is no JSON"),
        (b"\xff\n", "the request is no JSON"),
        (b"[" * 100_000 + b"\n", "the request is no JSON"),
        (b"[]\n", "the request is no object"),
        (b"{}\n", 'the request has no "id"'),
        (b'{"id": 1.5}\n', '"id" of the request is no integer'),
        (b'{"id": true}\n', '"id" of the request is no integer'),
        ({"id": 1}, 'the request has no "op"'),
        ({"id": 2, "op": "sing\n"}, 'the protocol has no op "sing\\u000a"'),
        ({"id": 3, "op": "check"}, 'the request has no "documents"'),
        ({"id": 4, "op": "check", "documents": []}, 'the request has no "inputs"'),
        ({"id": 5, **good, "documents": {}}, '"documents" of the request is no array'),
        ({"id": 6, **good, "documents": ["x"]}, "documents[0] is no object"),
        ({"id": 7, **good, "inputs": [{"name": "x"}]}, 'inputs[0] has no "base64"'),
        ({"id": 8, **good, "inputs": [{"name": "x", "base64": "*"}]}, '"base64" of inputs[0] is no Base64'),
        ({"id": 9, **good, "strict": 1}, '"strict" of the request is no boolean'),
        ({"id": 10, **good, "limits": []}, '"limits" of the request is no object'),
        ({"id": 11, **good, "limits": {"max_words": 3}}, 'the protocol has no limit "max_words"'),
        ({"id": 12, **good, "limits": {"max_depth": True}}, '"max_depth" of the limits is no integer'),
        ({"id": 13, **good, "limits": {"max_depth": 0}}, '"max_depth" of the limits is less than 1'),
        ({"id": 14, **digest, "digest": "D0"}, 'the contract has no digest "D0"'),
        ({"id": 15, **digest, "base64": "é"}, '"base64" of the request is no Base64'),
        ({"id": 16, **digest}, "the text is not what D7 is made from"),
        ({"id": "x", **digest, "base64": "W10="}, "the text is not what D7 is made from"),
    ]  # fmt: skip
    serve(lines(*(request for request, _ in bad), {"id": 99, **good}), written)  # type: ignore[arg-type]
    *refusals, last = [json.loads(line) for line in written]
    ids = [*[None] * 7, *range(1, 17), "x"]
    assert refusals == [
        {"id": number, "error": error} for number, (_, error) in zip(ids, bad, strict=True)
    ]  # fmt: skip
    assert last == {"id": 99, **ask(good)}


def test_a_text_that_is_no_json_has_no_digest() -> None:
    assert list(ask({"op": "digest", "digest": "D7", "base64": "ew=="})) == ["error"]


def test_a_fault_of_ours_is_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object, **__: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr("psion_contract.conformance.answer.Checker", faulty)
    assert ask(request_of(CASES[0])) == {"error": "internal error: RuntimeError: oops"}


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
    assert rest[:3] == ["", "D7.plain", f"  {VECTORS[0].description}"]
    assert rest[3].startswith('  - the sha256 is "x", not "')
    assert rest[-1] == "3 of 5 passed"
    report = json.loads(psion("conformance", "--command", command, *chosen, "--format", "json").out)
    assert (report["passed"], report["failed"]) == (3, 2)
    assert list(report) == ["passed", "failed", "outcomes"]
    assert report["outcomes"][0] == {"id": IDS[0], "group": "weight-total-mismatch", "passed": True}
    failed, vector = report["outcomes"][-1], VECTORS[-1]
    assert failed == {
        "id": vector.id, "group": "D7", "passed": False, "description": vector.description,
        "problems": [f'the sha256 is "x", not "{vector.sha256}"'],
        "expected": {"preimage": vector.preimage, "sha256": vector.sha256},
        "found": {"preimage": vector.preimage, "sha256": "x"},
    }  # fmt: skip


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
        (["--command", "x", "--timeout", "0"], "0.0 is not in the range 0<x<=86400."),
        (["--command", "x", "--timeout", "inf"], "inf is not in the range 0<x<=86400."),
        (["--command", "x", "--timeout", "1e300"], "1e+300 is not in the range 0<x<=86400."),
        (["--command", "x", "--timeout", "nan"], "nan is no number of seconds."),
        (["--timeout", "3"], "--timeout means nothing without --command"),
        (["--check", "--write"], "--check goes with no other option, but there is --write"),
        (
            ["--check", "--rule", "invalid-json", "--command", "x"],
            "--check goes with no other option, but there is --command, --rule",
        ),
        (["--serve", "--format", "text"], "--serve goes with no other option, but there is --format"),
    ],
)
def test_what_cannot_be_run_says_why(arguments: list[str], message: str, psion: Psion) -> None:
    outcome = psion("conformance", *arguments)
    assert outcome.code == 2
    assert message in outcome.err


def test_a_fault_of_ours_is_not_taken_for_one_of_the_command(
    psion: Psion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(_: object) -> None:
        raise ValueError("oops")

    monkeypatch.setattr("psion_contract.conformance.runner.request_of", faulty)
    outcome = psion("conformance", "--command", " ".join(script(tmp_path, "pass")))
    assert outcome.code == 70
    assert "internal error, no verdict: ValueError: oops" in outcome.err


def test_whole_answers_are_kept_for_the_json_report_only(
    psion: Psion, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Json | None] = []

    def as_nothing(outcomes: list[Outcome]) -> str:
        kept.extend(each.found for each in outcomes)
        return ""

    monkeypatch.setattr("psion_contract.conformance.report.as_text", as_nothing)
    assert psion("conformance", "--digest", "D7").code == 0
    assert kept
    assert set(kept) == {None}


def test_a_terminal_is_shown_how_far_the_run_is(psion: Psion, monkeypatch: pytest.MonkeyPatch) -> None:
    assert psion("conformance", "--case", "D7.plain").err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    outcome = psion("conformance", "--case", "D7.plain")
    assert outcome.err == "0 of 1\r1 of 1\r\x1b[K"
    assert outcome.out.endswith("1 of 1 passed\n")


def test_cases_and_rules_are_run_together(psion: Psion) -> None:
    outcome = psion("conformance", "--case", "D7.plain", "--case", IDS[0], "--rule", "replay-not-exact")
    groups = [line.split()[0] for line in outcome.out.split("\n\n", maxsplit=1)[0].splitlines()]
    assert sorted(groups) == ["D7", "replay-not-exact", "weight-total-mismatch"]
