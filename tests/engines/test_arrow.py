"""Documents in rows of Arrow have the same findings as the same documents in a stream, however the rows are divided."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest
from support.canonical_sets import documents
from support.pack_cases import limits_of, pack_cases, sources_of
from support.planted_defects import EXPECTED, archive, line

from psion_contract import ArgumentError, Checker, Finding, Report, Source
from psion_contract.streaming import check_stream

pa = pytest.importorskip("pyarrow", reason="the extra arrow is not installed")

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
