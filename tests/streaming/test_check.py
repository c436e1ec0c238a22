"""The check of a stream finds what the check of all documents together finds, in the same order."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import PATHS, documents
from support.platforms import needs_signals

from psion_contract import (
    ArgumentError,
    Checker,
    Finding,
    Limits,
    Report,
    Source,
    StreamError,
    UnreadableError,
    check_documents,
    checker,
)
from psion_contract.identities import Identities
from psion_contract.output.places import document_of
from psion_contract.streaming import (
    StreamCheck,
    archives,
    check_files,
    check_stream,
    conflicts,
    rereading,
    slices,
    workers,
)

ALL = tuple(PATHS)


@pytest.fixture(autouse=True, params=[1 << 30, 0], ids=["lists", "slices"])
def small_parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that every stream has several parts, which are lists of sources or slices of files."""
    monkeypatch.setattr(rereading, "_PART_SOURCES", 2)
    monkeypatch.setattr(slices, "_FROM", request.param)
    monkeypatch.setattr(slices, "_SIZE", 9000)


def line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def write_lines(path: Path, values: Iterable[Any]) -> Path:
    path.write_bytes(b"".join((each if isinstance(each, bytes) else line(each)) + b"\n" for each in values))
    return path


def ended(found: Iterable[Finding | Report]) -> tuple[list[Finding], Report]:
    *findings, report = found
    assert isinstance(report, Report)
    assert all(isinstance(each, Finding) for each in findings)
    return [each for each in findings if isinstance(each, Finding)], report


def assert_same(paths: Sequence[Path], inputs: Sequence[Path] = (), *, strict: bool = False) -> Report:
    """The stream of some files gives what the check of all of them together gives."""
    wanted = Checker(list(inputs), strict=strict).check(list(paths))
    findings, report = ended(check_files(paths, list(inputs), strict=strict))
    assert findings == list(wanted.findings)
    assert report.skipped == wanted.skipped
    assert report.left_alone == wanted.left_alone
    assert (report.verdict, report.errors, report.warnings) == (
        wanted.verdict,
        wanted.errors,
        wanted.warnings,
    )
    assert set(report.documents) <= set(wanted.documents)
    found = {(each.document, each.pointer) for each in findings}
    assert {each.name for each in report.documents if each.judged} <= {name for name, _ in found} | {
        each.document for each in report.skipped
    }
    places, listed = ({(each.name, each.pointer) for each in some.documents} for some in (wanted, report))
    assert all(document_of(each, listed) for each in findings if document_of(each, places))
    judged = sum(each.judged for each in report.documents) + sum(dict(report.unlisted.documents).values())
    assert judged == sum(each.judged for each in wanted.documents)
    return wanted


def edited(value: dict[str, Any], pointer: str, new: Any) -> dict[str, Any]:
    copy = json.loads(json.dumps(value))
    *parents, last = pointer.split("/")[1:]
    node = copy
    for each in parents:
        node = node[int(each) if isinstance(node, list) else each]
    node[last] = new
    return copy


@pytest.mark.parametrize("order", [ALL, ALL[::-1]], ids=["references back", "references forward"])
def test_consistent_documents_are_consistent_in_any_order(tmp_path: Path, order: Sequence[str]) -> None:
    tree = documents()
    report = assert_same([write_lines(tmp_path / "a.jsonl", [tree[name] for name in order])])
    assert report.ok


def test_references_go_into_other_files_and_inputs(tmp_path: Path) -> None:
    tree = documents()
    receipts = write_lines(tmp_path / "a.jsonl", [tree["receipt"], tree["resumed"], tree["accelerated"]])
    plans = write_lines(
        tmp_path / "b.jsonl", [tree[name] for name in ALL if name not in ("receipt", "resumed")]
    )
    assert assert_same([receipts, plans]).ok
    assert assert_same([plans, receipts]).ok
    assert assert_same([receipts], [plans]).ok
    assert not assert_same([receipts]).ok


def test_defects_are_found_in_order(tmp_path: Path) -> None:
    tree = documents()
    receipt = tree["receipt"]
    values = [
        edited(receipt, "/objective_config/label_smoothing_bps", 1),
        {"other": "kind"},
        b'{"broken": ',
        edited(receipt, "/run_id", 7),
        edited(receipt, "/schema_version", "psion.pretrain_stage_receipt.v2"),
        edited(edited(receipt, "/run_id", "unknown"), "/stage_id", "unknown"),
        b"",
        tree["receipt"],
        b"[" * 300,
        line(tree["config"]).replace(b"psion.pretrain", b"psion\\u002epretrain"),
        edited(tree["resumed_config"], "/dataset_identity", "unknown"),
        *[tree[name] for name in ("descriptor", "corpus", "policy", "resumed")],
        b'{"schema_version": "psion.sampling_policy.v1", "schema_version": 1}',
    ]
    report = assert_same([write_lines(tmp_path / "a.jsonl", values)])
    rules = [each.rule for each in report.findings]
    assert {
        "invalid-json",
        "unknown-kind",
        "unresolved-reference",
        "schema-violation",
        "identity-conflict",
    } <= {*rules}
    assert any("could not be used" in each.message for each in report.findings)
    assert report.skipped


def test_a_reference_to_nothing_may_be_in_the_first_of_several_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a message shortens long names
    tree = documents()
    unknown = edited(edited(tree["receipt"], "/run_id", "unknown"), "/stage_id", "unknown")
    first = write_lines(Path("a.jsonl"), [unknown] * 4)
    broken = write_lines(Path("b.jsonl"), [b'{"broken"}', *tree.values()])
    last = write_lines(Path("c.jsonl"), tree.values())
    report = assert_same([first, broken, last])
    assert report.findings[0].message.endswith('; could not be used: "b.jsonl:1"')


def test_a_reference_to_nothing_ends_no_stream_that_can_be_read_only_once() -> None:
    tree = documents()
    unknown = edited(edited(tree["receipt"], "/run_id", "unknown"), "/stage_id", "unknown")
    values = [unknown, *tree.values(), unknown, edited(tree["corpus"], "/dataset_identity", 7)]
    sources = [Source(f"{number}.json", line(each)) for number, each in enumerate(values)]
    wanted = check_documents(sources)
    findings, report = ended(check_stream(iter(sources)))
    assert findings == list(wanted.findings)
    assert {each.document for each in findings} >= {"0.json", sources[-1].name}
    judged = [each for each in report.documents if each.judged]
    assert len(judged) + sum(dict(report.unlisted.documents).values()) == len(values)


def test_documents_that_share_a_name_refer_each_to_their_own() -> None:
    tree = documents()
    lost = edited(edited(tree["resumed_config"], "/dataset_identity", "x"), "/sampling_policy_id", "y")
    sources = [Source("a", line(each)) for each in (lost, *tree.values())]
    wanted = check_documents(sources)
    findings, report = ended(check_stream(sources))
    assert findings == list(wanted.findings)
    assert report.skipped == wanted.skipped


@pytest.mark.parametrize("first", [0, 1])
def test_documents_that_share_a_name_conflict(first: int) -> None:
    tree = documents()
    other = edited(tree["policy"], "/maximum_code_token_ratio_bps", 1)
    values = [{"in": [tree["policy"]]}, other]
    sources = [Source("a", line(values[first])), Source("b", b"{}"), Source("a", line(values[1 - first]))]
    findings, _ = ended(check_stream(sources))
    assert [each.rule for each in findings if each.document == "a"].count("identity-conflict") == 1


def test_what_claims_one_identity_is_looked_at_again(tmp_path: Path) -> None:
    tree = documents()
    receipt = tree["receipt"]
    other = edited(receipt, "/objective_config/label_smoothing_bps", 1)
    third = edited(receipt, "/objective_config/label_smoothing_bps", 2)
    plan = [tree[name] for name in ("descriptor", "corpus", "policy", "config")]
    copy = dict(reversed(receipt.items()))
    for values in (
        [receipt, copy, receipt],
        [receipt, other, receipt, other, third],
        [other, receipt, copy],
        [[receipt, other], receipt, [third, copy]],
        [tree["resumed"], receipt, other, edited(tree["resumed"], "/summary", "x"), third],
    ):
        one = write_lines(tmp_path / "a.jsonl", [*values, *plan])
        report = assert_same([one])
        assert any(each.rule == "identity-conflict" for each in report.findings) == (
            other in values or values[0] != receipt
        )
        assert_same([one], [write_lines(tmp_path / "b.jsonl", [copy])])
        assert_same([one], [write_lines(tmp_path / "b.jsonl", [other, *plan])])
    two = edited(tree["policy"], "/policy_version", "v9")
    clash = edited(tree["policy"], "/summary", "x")
    assert_same([write_lines(tmp_path / "c.jsonl", [*plan, receipt, two, receipt, clash])])


def test_of_very_many_conflicts_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (checker, conflicts):
        monkeypatch.setattr(module, "MAX_FINDINGS", 3)
    tree = documents()
    claims = [edited(tree["policy"], "/policy_version", f"v{number}") for number in range(9)]
    sources = [
        Source(f"{copy}-{number}", line({**claim, "maximum_code_token_ratio_bps": copy}))
        for copy in range(6)
        for number, claim in enumerate(claims)
    ]
    asked = []
    ask = Identities.conflicts_with

    def counted(*given: Any) -> Any:
        asked.append(given)
        return ask(*given)

    monkeypatch.setattr(Identities, "conflicts_with", counted)
    findings, _ = ended(check_stream(sources))
    wanted = Checker().check(sources)
    assert [each for each in findings if each.rule == "identity-conflict"] == [
        each for each in wanted.findings if each.rule == "identity-conflict"
    ]
    assert len(asked) < 25  # of 54


def test_identifiers_that_look_alike_are_found_in_different_parts(tmp_path: Path) -> None:
    tree = documents()
    receipt = tree["receipt"]
    cyrillic = edited(receipt, "/run_id", receipt["run_id"].replace("p", "\u0440", 1))
    hidden = edited(receipt, "/run_id", receipt["run_id"] + "\u200b")
    plan = [tree[name] for name in ("descriptor", "corpus", "policy", "config")]
    for values in (
        [receipt, *plan, cyrillic],
        [cyrillic, *plan, hidden, receipt],
        [*plan, hidden],
        [cyrillic],
    ):
        report = assert_same([write_lines(tmp_path / "a.jsonl", values)])
    report = assert_same([write_lines(tmp_path / "a.jsonl", [*plan, receipt, cyrillic])])
    assert [each.rule for each in report.findings if each.rule == "confusable-identifier"]
    assert_same([write_lines(tmp_path / "a.jsonl", [cyrillic])], [write_lines(tmp_path / "b.jsonl", plan)])


def test_files_without_a_document_are_found_at_the_end(tmp_path: Path) -> None:
    empty = write_lines(tmp_path / "a.jsonl", [])
    foreign = write_lines(tmp_path / "b.jsonl", [{"a": 1}] * 7)
    sound = write_lines(tmp_path / "c.jsonl", documents().values())
    for paths in ([empty], [foreign], [empty, foreign, sound], [foreign, sound, empty]):
        assert not assert_same(paths).ok
    assert assert_same([tmp_path]).ok


def test_programs_have_receipts_that_are_judged(tmp_path: Path) -> None:
    program = json.loads(
        Path("fixtures/psion/program/psion_training_stage_program_v1.json").read_text(encoding="utf-8")
    )
    values = [program, *documents().values(), edited(program, "/run_id", "x")]
    assert_same([write_lines(tmp_path / "a.jsonl", values)])


def test_any_documents_make_a_stream() -> None:
    tree = documents()
    named = {name: line(value) for name, value in tree.items()}
    wanted = check_documents(named)
    for given in (
        named,
        list(named.items()),
        iter([Source(name, data) for name, data in named.items()]),
        tree,
    ):
        findings, report = ended(check_stream(given))
        assert findings == list(wanted.findings)
        assert report.ok
        assert not [each for each in report.documents if each.judged]
        assert sum(dict(report.unlisted.documents).values()) == len(tree)


@pytest.mark.parametrize("wrong", [{"schema_version": "psion.sampling_policy.v1"}, "a.json", 1])
def test_documents_of_a_wrong_form_are_refused_at_once(wrong: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^documents: "):
        check_stream(wrong)


@pytest.mark.parametrize("wrong", ["a.json", None, [3]])
def test_paths_of_a_wrong_form_are_refused_at_once(wrong: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^paths: "):
        check_files(wrong)


def test_paths_may_be_bytes(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", documents().values())
    assert ended(check_files([os.fsencode(path)]))[1].ok  # type: ignore[list-item]


def _verdict_in_a_pool(jobs: int | None) -> str:
    try:
        return ended(check_files(["a.jsonl"], jobs=jobs))[1].verdict
    except StreamError as error:
        return str(error)


def test_a_worker_of_a_pool_starts_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(archives, "LARGE", 1)
    write_lines(tmp_path / "a.jsonl", documents().values())
    with multiprocessing.Pool(1) as pool:
        assert pool.map(_verdict_in_a_pool, [None, 1, 2]) == [
            "consistent",
            "consistent",
            "a daemonic process, like a worker of a pool, cannot start others; use one job",
        ]


def test_a_full_disk_ends_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rereading.pickle, "dump", full)
    with pytest.raises(StreamError, match=r"temporary file in .*: No space left on device; .* TMPDIR"):
        list(check_stream(iter([Source("a", b"{}")])))


def check_of(path: Path) -> StreamCheck:
    return StreamCheck(Checker(), rereading.Files([str(path)], Limits()))


def test_a_system_without_a_folder_for_temporary_files_ends_the_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rereading.tempfile, "tempdir", None)
    monkeypatch.setattr(rereading.tempfile, "_candidate_tempdir_list", list)
    with pytest.raises(StreamError, match=r"^cannot keep what is read in a temporary file: .* TMPDIR$"):
        list(check_stream(iter([Source("a", b"{}")])))


def test_a_system_without_pipes_ends_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(workers, "Pipe", refused)
    with pytest.raises(StreamError, match=r"^cannot start 2 worker processes: Too many open files"):
        list(check_stream([Source("a", b"{}")], jobs=2))


def test_a_file_that_changes_between_two_readings_ends_the_check(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", documents().values())
    with pytest.raises(UnreadableError, match="changed"):
        for number, _ in enumerate(check_of(path).parts()):
            if number == 1:  # after the first reading
                write_lines(path, [*documents().values(), {}])


@needs_signals  # on Windows, the time that cannot be set is that of creation
@pytest.mark.parametrize("replaced", [True, False])
def test_a_file_that_changes_but_for_its_size_and_time_ends_the_check(tmp_path: Path, replaced: bool) -> None:
    path = write_lines(tmp_path / "a.jsonl", documents().values())
    before = path.stat()
    running = check_of(path)
    with pytest.raises(UnreadableError, match="changed"):
        for number, _ in enumerate(running.parts()):
            if number == 1:  # after the first reading
                changed = tmp_path / "b.jsonl" if replaced else path
                changed.write_bytes(path.read_bytes().replace(b"tidewater", b"riverside"))
                os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
                changed.replace(path)


def test_a_file_that_changes_before_conflicts_are_looked_for_ends_the_check(tmp_path: Path) -> None:
    tree = documents()
    conflicting = edited(tree["receipt"], "/objective_config/label_smoothing_bps", 1)
    values = [*tree.values(), conflicting, *[{"other": "kind"}] * 9]
    path = write_lines(tmp_path / "a.jsonl", values)
    running = check_of(path)
    with pytest.raises(UnreadableError, match="changed"):
        for _ in running.parts():
            if running.documents == len(tree) + 1:  # at the end of the second reading
                write_lines(tmp_path / "new", [each for each in values if each is not conflicting]).replace(
                    path
                )


@pytest.mark.parametrize("long_line", [[], [{"long": "x" * 40_000}]], ids=["", "long line"])
def test_a_file_that_loses_its_last_lines_ends_the_check(tmp_path: Path, long_line: list[Any]) -> None:
    values = [*documents().values(), *long_line, *[{"other": "kind"}] * 500]
    path = write_lines(tmp_path / "a.jsonl", [*values, {"schema_version": 1}])
    running = StreamCheck(Checker(), rereading.Files([str(path)], Limits(max_bytes=20_000)))
    with pytest.raises(UnreadableError, match="changed"):
        for _ in running.parts():
            if running.documents == len(ALL):
                os.truncate(path, path.stat().st_size - 30)


def test_lines_over_the_limit_are_the_same_in_slices(tmp_path: Path) -> None:
    tree = documents()
    long = b'{"schema_version": "psion.sampling_policy.v1", "x": "' + b"x" * 40_000 + b'"}'
    values = [tree["receipt"], long, b"", *tree.values(), b"{broken", tree["config"], long]
    path = write_lines(tmp_path / "a.jsonl", values)
    limits = Limits(max_bytes=20_000)
    wanted = Checker(limits=limits).check([path])
    findings, report = ended(check_files([path], limits=limits))
    assert findings == list(wanted.findings)
    assert [each.rule for each in findings].count("limit-exceeded") == 2
    assert report.left_alone == wanted.left_alone


def test_large_files_are_read_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_lines(tmp_path / "a.jsonl", documents().values())
    limits = Limits()
    found = list(rereading.parts(rereading.Files([str(path)], limits)))
    assert {type(each) is slices.Slice for each in found} == {slices._FROM == 0}
    monkeypatch.setattr(slices, "_FROM", 0)
    for content in (b"\n1\n", b"{\n}\n", gzip.compress(b"1\n"), b"1"):
        path.write_bytes(content)
        assert not slices.is_sliceable(str(path), limits)
    path.write_bytes(b"1\n")
    assert slices.is_sliceable(str(path), limits)
    assert not slices.is_sliceable(str(path), Limits(max_lines=9))


def test_one_document_conflicts_with_an_input(tmp_path: Path) -> None:
    tree = documents()
    other = edited(tree["receipt"], "/objective_config/label_smoothing_bps", 1)
    one = write_lines(tmp_path / "a.jsonl", [other])
    report = assert_same([one], [write_lines(tmp_path / "b.jsonl", tree.values())])
    assert [each.rule for each in report.findings].count("identity-conflict") == 1
