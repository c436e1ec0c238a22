"""Numbers as large as they can be written, and lists as long as a file can hold, are judged at once."""

from __future__ import annotations

from time import process_time

import pytest
from support.canonical_sets import INPUTS, documents
from support.stage_programs import program

from psion_contract import Checker, check_documents
from tools.edits import edited, put

MAX_U64 = 2**64 - 1
ATTENTION = "/descriptor/config/block/attention"


def test_a_descriptor_of_2_to_the_63_layers_is_judged_at_once() -> None:
    tree = edited(documents("descriptor"), put("/descriptor/config/layer_count", 2**63))
    start = process_time()
    report = check_documents(tree)
    assert process_time() - start < 1
    errors = {finding.rule for finding in report.findings if finding.severity == "error"}
    assert errors == {"size-anchor-mismatch", "tensor-layout-mismatch"}


@pytest.mark.parametrize(
    ("dims", "elements"),
    [
        ([MAX_U64], MAX_U64),
        ([MAX_U64, 1, 1], MAX_U64),
        ([MAX_U64, 2], None),
        ([2**32, 2**32], None),
        ([MAX_U64] * 50_000, None),
        ([MAX_U64] * 50_000 + [0], 0),
        ([], 1),
    ],
    ids=[
        "the largest",
        "with ones",
        "twice the largest",
        "2^64",
        "beyond all bounds",
        "no element",
        "a scalar",
    ],
)
def test_the_elements_of_a_tensor_are_counted_as_far_as_the_count_can_be_written(
    dims: list[int], elements: int | None
) -> None:
    tree = documents("descriptor")
    layout = tree["descriptor"]["checkpoint_contract"]["tensor_layout"]
    layout[1:] = []
    layout[0]["shape"]["dims"] = dims
    start = process_time()
    report = check_documents(tree)
    assert process_time() - start < 5
    (count,) = (finding for finding in report.findings if finding.rule == "parameter-count-mismatch")
    assert count.expected == elements
    assert str(MAX_U64 if elements is None else elements) in count.message


def test_the_numbers_of_the_attention_may_be_as_large_as_they_can_be_written() -> None:
    names = ("head_count", "head_dim", "rotary_dim", "kv_head_count")
    tree = edited(documents("descriptor"), *(put(f"{ATTENTION}/{name}", MAX_U64) for name in names))
    assert {finding.rule for finding in check_documents(tree).findings} == {
        "attention-shape-mismatch",
        "size-anchor-mismatch",
        "tensor-layout-mismatch",
        "unsafe-integer",
    }


def test_a_program_of_thousands_of_records_is_judged_at_once() -> None:
    state = program("general_sft", completed=True)
    state["stages"] *= 1_000
    state["completions"] *= 2_000
    state["transitions"] = []
    start = process_time()
    report = Checker(documents(*INPUTS, "config")).check({"program": state})
    assert process_time() - start < 5
    rules = {finding.rule for finding in report.findings}
    assert {"stage-order-mismatch", "unexpected-completion", "missing-transition"} <= rules
