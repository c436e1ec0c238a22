"""The runner, put to implementations that break the protocol."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.implementations import CASES, IDS, ITEMS, VECTORS, script
from support.platforms import needs_shell, needs_signals

from psion_contract.conformance import command
from psion_contract.conformance.command import Command, NotStartedError
from psion_contract.conformance.pack import Case, Vector, load_cases
from psion_contract.conformance.runner import CaseResult, expected_of, request_of, run
from psion_contract.conformance.summary import as_json, as_text

NO_OBJECT = "the answer is not a JSON object with an integer id"
BROKEN = "the answer breaks the protocol"

Json = dict[str, Any]
Implementation = Callable[..., list[CaseResult]]


@pytest.fixture
def implementation(tmp_path: Path) -> Implementation:
    """Runs some cases and vectors against a program, given what it does with its requests."""

    def run_it(program: str, timeout: float = 20, items: list[Case | Vector] = ITEMS) -> list[CaseResult]:
        with Command(script(tmp_path, program), timeout) as started:
            return list(run(items, started.ask, started.finish))

    return run_it


def failures(results: list[CaseResult]) -> dict[str, str]:
    """By id, what is wrong with what failed."""
    assert [each.id for each in results] == IDS
    return {each.id: "; ".join(each.problems) for each in results if not each.passed}


def test_an_implementation_that_answers_rightly_passes(implementation: Implementation) -> None:
    assert failures(implementation("for request in REQUESTS: say(right(request))")) == {}


def test_other_properties_of_an_answer_are_ignored(implementation: Implementation) -> None:
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


def test_a_preimage_is_optional(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            answer = right(request)
            answer.pop("preimage", None)
            say(answer)
    """
    assert failures(implementation(program)) == {}


def test_a_wrong_answer_is_reported_with_what_was_expected(implementation: Implementation) -> None:
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
        "the verdict is inconsistent; expected consistent; "
        "unexpected finding: weight-total-mismatch in policy.json at /x"
    )
    assert told["weight-total-mismatch.less"] == (
        "missing finding: weight-total-mismatch in policy.json at /source_family_weights; "
        "unexpected finding: weight-total-mismatch in policy.json at /x"
    )
    plain = VECTORS[0]
    assert told["D7.plain"] == (
        f'the preimage differs from character 1 on: "x"; expected "{plain.preimage}"; '
        f'the sha256 is "y"; expected "{plain.sha256}"'
    )


# Related places.

RELATED = next(case for case in load_cases() if any(len(places) > 1 for places in case.related.values()))


def with_related(change: Callable[[list[Json]], object]) -> Json:
    """The expected answer to `RELATED`, with the related places of its first related finding changed."""
    answer = expected_of(RELATED)
    change(next(finding["related"] for finding in answer["findings"] if "related" in finding))
    return answer


@pytest.mark.parametrize("required", [False, True], ids=["informative", "required"])
def test_related_places_are_compared_as_a_set(required: bool) -> None:
    answer = with_related(lambda places: (places.reverse(), places.append(places[0])))
    (result,) = run([RELATED], lambda _: answer, require_related=required)
    assert (result.problems, result.remarks) == ((), ())


def test_a_difference_is_a_remark_about_another_implementation_and_a_problem_of_this_one() -> None:
    answer = with_related(lambda places: places.pop(0))
    (result,) = run([RELATED], lambda _: answer)
    assert result.passed
    (remark,) = result.remarks
    assert " is not related to " in remark
    text = as_text([result])
    assert text.endswith(f"remarks (not failures):\n\n{RELATED.id}\n  - {remark}\n\n1 of 1 passed\n")
    assert json.loads(as_json([result]))["outcomes"] == [
        {"id": RELATED.id, "group": RELATED.rule, "result": "passed", "remarks": [remark]}
    ]
    (strict,) = run([RELATED], lambda _: answer, require_related=True)
    assert (strict.problems, strict.remarks) == ((remark,), ())


def test_a_place_that_is_not_expected_is_a_difference() -> None:
    answer = with_related(lambda places: places.append({"document": "x\x1b.json", "pointer": ""}))
    (result,) = run([RELATED], lambda _: answer)
    (remark,) = result.remarks
    assert remark.endswith(" is related to x\\u001b.json at the root, which is unexpected")


def test_findings_without_related_are_compared_only_for_this_implementation() -> None:
    answer = expected_of(RELATED)
    for finding in answer["findings"]:
        finding.pop("related", None)
    (result,) = run([RELATED], lambda _: answer)
    assert (result.problems, result.remarks) == ((), ())
    (strict,) = run([RELATED], lambda _: answer, require_related=True)
    assert len(strict.problems) == sum(map(len, RELATED.related.values()))


@pytest.mark.parametrize(
    ("related", "message"),
    [
        ("x", '"related" of the finding is not an array'),
        (["x"], "related[0] is not an object"),
        ([{"document": "x"}], 'related[0] has no "pointer"'),
    ],
    ids=["no array", "no object", "no pointer"],
)
def test_malformed_related_places_are_a_remark(related: Any, message: str) -> None:
    answer = expected_of(RELATED)
    for finding in answer["findings"]:
        finding["related"] = related
    (result,) = run([RELATED], lambda _: answer)
    assert result.passed
    assert result.remarks[0].endswith(message)


# Commands that break the protocol.


@pytest.mark.parametrize(
    ("what", "program", "message"),
    [
        ("exits", "sys.exit(3)", "the command ended with exit code 3 instead of answering"),
        ("raises", "raise SystemExit('stop')", "the command ended with exit code 1 instead of answering"),
        pytest.param(
            "kills itself", "os.kill(os.getpid(), 9)", "the command was killed by signal 9 (SIGKILL) instead of answering",
            marks=needs_signals,
        ),
        pytest.param(
            "segfaults", "os.kill(os.getpid(), 11)", "the command was killed by signal 11 (SIGSEGV) instead of answering",
            marks=needs_signals,
        ),
        pytest.param(
            "gets a nameless signal", "os.kill(os.getpid(), 42)", "the command was killed by signal 42 instead of answering",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="there it has no name"),
        ),
        ("says nothing", "pass", "no answer within 1.5 s; the command was terminated"),
        ("hangs", "time.sleep(60)", "no answer within 1.5 s; the command was terminated"),
        ("closes its output", "os.close(1); time.sleep(60)", "the command closed its standard output instead of answering"),
        ("rubbish", "say('oops')", f'{NO_OBJECT}: "oops"'),
        ("no bytes of text", "sys.stdout.buffer.write(b'\\xff\\xfe\\n'); sys.stdout.flush()", f'{NO_OBJECT}: "��"'),
        ("escape sequences", "say('\\x1b[8m')", f'{NO_OBJECT}: "\\u001b[8m"'),
        ("a list", "say([1])", f'{NO_OBJECT}: "[1]"'),
        ("a deep list", "say('[' * 100000)", f'{NO_OBJECT}: "{"[" * 133}…{"[" * 66}"'),
        ("no id", "say({'verdict': 'x'})", f'{NO_OBJECT}: "{{\\"verdict\\": \\"x\\"}}"'),
        ("a text as id", "say({'id': '2'})", f'{NO_OBJECT}: "{{\\"id\\": \\"2\\"}}"'),
        ("true as id", "say({'id': True})", f'{NO_OBJECT}: "{{\\"id\\": true}}"'),
        ("a fraction as id", "say({'id': 2.0})", f'{NO_OBJECT}: "{{\\"id\\": 2.0}}"'),
        ("another id", "say({**right(request), 'id': 99})", "answered request 99 instead of request 2"),
        ("id zero", "say({**right(request), 'id': 0})", "answered request 0 instead of request 2"),
        ("a huge id", "say({'id': 10 ** 4000})", f"answered request 1{'0' * 46}…{'0' * 24} instead of request 2"),
        ("an error", "say({'id': 2, 'error': 'not yet'})", 'answered with an error: "not yet"'),
        ("a number as error", "say({'id': 2, 'error': 1})", f'{BROKEN}: "error" of the answer is not a string'),
        ("no verdict", "say({'id': 2, 'findings': []})", f'{BROKEN}: the answer has no "verdict"'),
        ("a list as verdict", "say({'id': 2, 'verdict': []})", f'{BROKEN}: "verdict" of the answer is not a string'),
        ("no findings", "say({'id': 2, 'verdict': 'x'})", f'{BROKEN}: the answer has no "findings"'),
        ("a text as findings", "say({'id': 2, 'verdict': 'x', 'findings': 'x'})",
         f'{BROKEN}: "findings" of the answer is not an array'),
        ("half a finding", "say({'id': 2, 'verdict': 'x', 'findings': [{'rule': 'x'}]})",
         f'{BROKEN}: findings[0] has no "document"'),
        ("numbers as findings", "say({'id': 2, 'verdict': 'x', 'findings': [1]})", f"{BROKEN}: findings[0] is not an object"),
        ("a number as pointer", "say({'id': 2, 'verdict': 'x', 'findings': [dict(rule='', document='', pointer=1)]})",
         f'{BROKEN}: "pointer" of findings[0] is not a string'),
        ("a line that is too long", "say('x' * (16 * 2 ** 20 + 1))", "the answer is a line of more than 16 MiB"),
        pytest.param("an answer too long by far", "say({**right(request), 'x': 'x' * 40_000_000})",
                     "the answer is a line of more than 16 MiB", marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_a_failure_of_one_case_is_reported_and_the_rest_still_runs(
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
        ({"preimage": "x", "sha256": None}, '"sha256" of the answer is not a string'),
        ({"preimage": 1, "sha256": "x"}, '"preimage" of the answer is not a string'),
    ],
)
def test_a_malformed_answer_to_a_digest_request_breaks_the_protocol(answer: Json, message: str) -> None:
    (result,) = run(VECTORS[:1], lambda _: answer)
    assert result.problems == (f"{BROKEN}: {message}",)
    assert result.found is None


@pytest.mark.slow
def test_the_longest_line_is_read(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            answer = json.dumps(right(request))
            say(answer + " " * (16 * 2 ** 20 - len(answer)))
    """
    assert failures(implementation(program)) == {}


def test_a_wrong_preimage_is_quoted_from_where_it_differs() -> None:
    vector = VECTORS[0]
    preimage = f"{vector.preimage[:-1]}?"
    (result,) = run([vector], lambda _: {"preimage": preimage, "sha256": vector.sha256})
    tail = vector.preimage[-21:-1]
    assert result.problems == (
        f"the preimage differs from character {len(preimage)} on: "
        f'"{tail}?"; expected "{tail}{vector.preimage[-1]}"',
    )
    (result,) = run([vector], lambda _: {"preimage": f"{vector.preimage}!", "sha256": vector.sha256})
    assert result.problems[0].startswith(f"the preimage differs from character {len(preimage) + 1} on: ")


def test_quoted_parts_of_an_answer_are_escaped_and_shortened() -> None:
    forged = "x\n\n1250 of 1250 passed\u001b[8m\ud800" + "x" * 1000
    findings = [dict.fromkeys(("rule", "document", "pointer"), forged)]
    answers: list[tuple[Case | Vector, Json]] = [
        (CASES[0], {"error": forged}),
        (CASES[0], {"verdict": forged, "findings": findings}),
        (VECTORS[0], {"preimage": forged, "sha256": forged}),
    ]
    for item, said in answers:
        (result,) = run([item], lambda _, said=said: said)  # type: ignore[misc]
        text = as_text([result])
        assert "\u001b" not in text
        assert "\\u000a\\u000a1250 of 1250 passed\\u001b[8m\\ud800" in text
        assert text.splitlines()[-2:] == ["", "0 of 1 passed"]
        assert max(map(len, text.splitlines())) < 1000
        assert json.loads(as_json([result]))["outcomes"][0]["found"] == said


def test_what_is_not_implemented_neither_passes_nor_fails(implementation: Implementation) -> None:
    program = """
        for request in REQUESTS:
            digest = request.get("digest")
            say({"id": request["id"], "not_implemented": f"no {digest}\\x1b"} if digest else right(request))
    """
    results = implementation(program)
    assert [each.result for each in results] == ["passed"] * 3 + ["not_implemented"] * 2
    assert failures(results) == dict.fromkeys(IDS[3:], "")
    text = as_text(results)
    assert "D7                        0 of    2  2 not implemented\n" in text
    assert text.endswith("\nnot implemented:\n  - no D7\\u001b: 2\n\n3 of 5 passed, 2 not implemented\n")
    report = json.loads(as_json(results))
    assert [report[name] for name in ("passed", "failed", "not_implemented", "not_run")] == [3, 0, 2, 0]
    assert report["outcomes"][3] == {
        "id": IDS[3], "group": "D7", "result": "not_implemented", "reason": "no D7\x1b",
    }  # fmt: skip


def test_a_reason_that_is_no_text_breaks_the_protocol() -> None:
    (result,) = run(CASES[:1], lambda _: {"not_implemented": True})
    assert result.problems == (f'{BROKEN}: "not_implemented" of the answer is not a string',)


def test_cases_that_fail_in_the_same_way_are_shown_together() -> None:
    cases = [case for case in load_cases() if case.rule == "schema-violation" and case.findings]
    text = as_text(list(run(cases, lambda _: {"verdict": "consistent", "findings": []})))
    alone = [case for case in cases if len({rule for rule, _, _ in case.findings}) == 1]
    same = f"same difference in {len(alone)} cases: "
    assert same + "the verdict is consistent; expected inconsistent; schema-violation is missing\n" in text
    assert text.count(alone[0].description) == 1
    assert alone[1].description not in text
    assert f"\nalso {alone[1].id}, {alone[2].id}, " in text
    assert f"and {len(alone) - 11} more\n" in text


@pytest.mark.parametrize(
    ("findings", "cause"),
    [
        ([{"rule": "x\n", "document": "", "pointer": ""}], "x\\u000a is unexpected"),
        (
            [{"rule": "weight-total-mismatch", "document": "policy.json", "pointer": "/9"}],
            " is at another place",
        ),
    ],
)
def test_causes_name_rules_but_no_places(findings: list[Json], cause: str) -> None:
    rejected = next(case for case in CASES if case.findings)
    (result,) = run([rejected], lambda _: {"verdict": rejected.verdict, "findings": findings})
    assert result.causes[-1].endswith(cause)


def test_errors_that_differ_in_numbers_have_one_cause() -> None:
    errors = iter(["failed at 17", "failed at 4"])
    results = list(run(ITEMS[:2], lambda _: {"error": next(errors)}))
    assert {each.causes for each in results} == {('answered with an error: "failed at N"',)}


def test_a_digest_has_one_cause_for_each_kind_of_difference() -> None:
    for answer, cause in (({"sha256": "x"}, "sha256"), ({"preimage": "x", "sha256": "x"}, "preimage")):
        (result,) = run(VECTORS[:1], lambda _, answer=answer: answer)  # type: ignore[misc]
        assert result.causes == (f"the {cause} of D7 differs",)


def test_of_many_problems_the_first_are_listed() -> None:
    findings = [{"rule": "x", "document": "y", "pointer": f"/{number:04}"} for number in range(1000)]
    (result,) = run(CASES[:1], lambda _: {"verdict": expected_of(CASES[0])["verdict"], "findings": findings})
    assert len(result.problems) == 11
    assert result.problems[9:] == ("unexpected finding: x in y at /0009", "and 990 more")


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


def test_an_implementation_that_answers_twice_passes_only_the_first_case(
    implementation: Implementation,
) -> None:
    told = failures(implementation("for request in REQUESTS: say(right(request)); say(right(request))"))
    assert list(told) == IDS[1:]
    assert all(each.startswith("answered request ") and each.endswith(" twice") for each in told.values())


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ("say('good bye')", f'{NO_OBJECT}: "good bye"'),
        ("say({'id': 6})", "answered request 6 instead of request 5"),
        ("say({'id': 5})", "answered request 5 twice"),
        ("sys.exit(3)", ""),
    ],
)
def test_output_after_the_last_answer_counts_for_the_last_case(
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


def test_a_command_that_does_not_end_is_terminated(implementation: Implementation) -> None:
    started = time.monotonic()
    assert failures(implementation("for request in REQUESTS: say(right(request))\ntime.sleep(60)")) == {}
    assert time.monotonic() - started < 30


def test_a_command_whose_child_holds_its_output_open_has_ended(implementation: Implementation) -> None:
    program = """
        import subprocess
        subprocess.Popen(["sleep", "30"])
        sys.exit(3)
    """
    (result,) = implementation(program, timeout=1, items=ITEMS[:1])
    assert result.problems == (
        "no answer within 1 s; the command ended with exit code 3, "
        "but another process holds its standard output open",
    )


def test_a_command_that_closes_its_output_is_not_waited_for_long(implementation: Implementation) -> None:
    started = time.monotonic()
    told = failures(implementation("os.close(1); time.sleep(60)"))
    assert set(told.values()) == {"the command closed its standard output instead of answering"}
    assert time.monotonic() - started < 30


def test_a_command_that_starts_slowly_is_waited_for(implementation: Implementation) -> None:
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
    assert set(told.values()) == {"no answer within 1 s; the command was terminated"}


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
    assert all("instead of request" in each for each in told.values())


def test_a_late_answer_is_not_taken_for_the_next_one(implementation: Implementation) -> None:
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


def test_a_crash_after_an_answer_fails_the_next_case(implementation: Implementation) -> None:
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
    results = implementation("time.sleep(60)", timeout=0.5, items=[big, big])
    assert [each.problems for each in results] == [
        ("no answer within 0.5 s; the command was terminated",)
    ] * 2
    assert time.monotonic() - started < 30


@pytest.mark.slow
def test_a_flood_of_rubbish_neither_hangs_nor_fills_memory(implementation: Implementation) -> None:
    (result,) = implementation("while True: sys.stdout.write('x' * 65536 + '\\n')", items=ITEMS[:1])
    assert result.problems[0].startswith(f'{NO_OBJECT}: "xxx')
    (result,) = implementation("while True: sys.stdout.write('x' * 65536)", timeout=1, items=ITEMS[:1])
    assert result.problems[0] in (
        "the answer is a line of more than 16 MiB", "no answer within 1 s; the command was terminated",
    )  # fmt: skip


def test_a_command_that_keeps_crashing_is_not_started_again(
    implementation: Implementation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "MAX_ENDS", 2)
    told = failures(implementation("sys.exit(3)"))
    assert list(told.values()) == [
        *["the command ended with exit code 3 instead of answering"] * 2,
        *["not asked: the command ended without an answer 2 times"] * 3,
    ]


def test_a_command_that_keeps_hanging_is_not_started_again(
    implementation: Implementation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "MAX_HANGS", 1)
    told = failures(implementation("time.sleep(60)", timeout=0.3))
    assert list(told.values()) == [
        "no answer within 0.3 s; the command was terminated",
        *["not asked: the command timed out 1 times"] * 4,
    ]


def test_an_answer_in_between_resets_the_count(
    implementation: Implementation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "MAX_ENDS", 1)
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
    assert told[IDS[2]] == "not asked: the command ended without an answer 1 times"


@needs_shell
def test_a_command_that_cannot_be_restarted_is_reported(tmp_path: Path) -> None:
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


def test_a_command_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(NotStartedError, match="nowhere: No such file"),
        Command([str(tmp_path / "nowhere")], 1),
    ):
        pass
