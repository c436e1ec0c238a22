"""Documents in rows of Arrow have the same findings as the same documents in a stream, however the rows are divided."""

from __future__ import annotations

import pickle
import random
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from support.canonical_sets import documents
from support.pack_cases import limits_of, pack_cases, sources_of
from support.planted_defects import EXPECTED, archive, line

from psion_contract import ArgumentError, Checker, Finding, Report, Source, StreamError
from psion_contract.streaming import check_stream

pa = pytest.importorskip("pyarrow", reason="the extra arrow is not installed")

from psion_contract.streaming import arrow  # noqa: E402
from psion_contract.streaming.arrow import (  # noqa: E402
    Apply,
    Step,
    check_archive,
    check_batch,
    inputs_of,
    merge,
    referable_texts,
)
from psion_contract.streaming.arrow_columns import CHECKED, Key, batch_of  # noqa: E402

pytestmark = pytest.mark.slow


def shuffled(sources: Iterable[Source], size: int, seed: int) -> list[pa.RecordBatch]:
    """Batches of sources, neither of them nor in them in order."""
    texts = [(Key(position, source.name), source) for position, source in enumerate(sources)]
    random.Random(seed).shuffle(texts)
    return [batch_of(texts[start : start + size]) for start in range(0, len(texts), size)]


def applying(batches: Sequence[pa.RecordBatch]) -> Apply:
    def apply(step: Step) -> Iterable[pa.RecordBatch]:
        results = [step(each) for each in batches]
        assert all(each.schema == step.schema for each in results)
        return reversed(results)

    return apply


def assert_same(sources: Sequence[Source], checker: Checker, size: int = 7) -> list[Finding]:
    *findings, report = check_stream(list(sources), checker)
    *found, end = check_archive(applying(shuffled(sources, size, len(sources))), checker)
    assert found == findings
    assert end == report
    return [each for each in findings if isinstance(each, Finding)]


@pytest.mark.parametrize("size", [1, 100, 10_000])
def test_an_archive_with_defects_of_each_kind(size: int) -> None:
    findings = assert_same(archive(600), Checker([documents("descriptor")]), size)
    assert {each.rule for each in findings} >= EXPECTED
    assert any("could not be used" in each.message for each in findings)


def test_every_case_of_the_pack() -> None:
    for case in pack_cases().values():
        texts, inputs = sources_of(case)
        assert_same(texts, Checker(inputs, limits=limits_of(case), strict=case.strict), 2)


def test_only_names_and_texts_are_needed() -> None:
    tree = documents()
    batches = [
        pa.RecordBatch.from_pydict(
            {"text": [line(each).decode()], "name": [name], "other": [1], "position": [None]}
        )
        for name, each in tree.items()
    ]
    *findings, report = check_archive(applying(batches))
    assert findings == []
    assert isinstance(report, Report)
    assert report.ok
    wanted = check_batch(batches[-1])
    assert wanted.schema == CHECKED
    rules = wanted.column("rule").to_pylist()
    assert rules == [None, "unresolved-reference"]
    assert wanted.column("document").to_pylist() == [None, "accelerated"]


def test_the_steps_one_by_one() -> None:
    sources = archive(300)
    batches = shuffled(sources, 20, 1)
    checker = Checker(strict=True)
    inputs = inputs_of(checker, map(referable_texts, batches))
    checked = [check_batch(each, pickle.loads(pickle.dumps(inputs))) for each in batches]
    assert list(merge(checked, inputs, applying(batches))) == list(check_stream(sources, checker))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": ["{}"]}, 'batch: no column "name"; its columns are "text"'),
        ({"name": ["a"]}, 'batch: no column "text"; its columns are "name"'),
        ({"name": [None], "text": ["{}"]}, "batch: row 0 has no name"),
        ({"name": ["a"], "text": [{"a": 1}]}, "batch: a column has another type than expected: "),
    ],
)
def test_other_columns_are_refused(columns: dict[str, list[Any]], message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}"):
        check_batch(pa.RecordBatch.from_pydict(columns))


def test_texts_that_cannot_be_told_apart_are_refused() -> None:
    batch = pa.RecordBatch.from_pydict({"name": ["a", "a"], "text": ["{}", "{}"]})
    with pytest.raises(ArgumentError, match=r'^two texts have the name "a"; give each a number'):
        list(check_archive(applying([batch])))
    batch = batch.append_column("position", pa.array([2, 1]))
    *_, report = check_archive(applying([batch]))
    assert isinstance(report, Report)
    assert len(report.findings) == 0
    assert report.unlisted.errors == 1  # the findings on both are the same


@pytest.mark.parametrize("few", [0, 1])
def test_documents_that_are_many_are_compared_by_their_contents(
    monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(arrow, "_FEW", few)
    assert_same(archive(200), Checker())


def test_rows_that_change_between_two_steps_end_the_check() -> None:
    batches = shuffled(archive(200), 500, 1)

    def apply(step: Step) -> Iterable[pa.RecordBatch]:
        yield step(batches[0])
        if isinstance(step, arrow._Check):
            batches[0] = batches[0].slice(100)

    with pytest.raises(StreamError, match=r"^the rows changed between two steps; check them again$"):
        list(check_archive(apply))


def test_an_archive_without_texts() -> None:
    assert list(check_archive(applying([]))) == list(check_stream([]))
