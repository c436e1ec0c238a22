"""Preimages byte for byte, and what each digest binds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from support.canonical_sets import documents
from support.json_texts import KEYS, STRINGS, pairs

from psion_contract.documents import digests, kinds
from psion_contract.reading.pointers import child, value_at
from tools.edits import append, drop, edited, put, repeat, swap

U64 = 2**64 - 1
ZEROS, ONES = "0" * 64, "1" * 64


def test_a_digest_is_sha_256_of_utf_8_in_lower_case_hexadecimal() -> None:
    assert digests.sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digests.sha256("a|é|𐐷") == hashlib.sha256("a|é|𐐷".encode()).hexdigest()


# Names of enum values.


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("repeat", "Repeat"),
        ("single_pass", "SinglePass"),
        ("manifest_order", "ManifestOrder"),
        ("deterministic_shuffle", "DeterministicShuffle"),
        ("train", "Train"),
        ("held_out", "HeldOut"),
        ("none", "None"),
        ("int8_symmetric", "Int8Symmetric"),
        ("ggml_mxfp4", "GgmlMxfp4"),
        ("ggml_q4_0", "GgmlQ4_0"),
        ("ggml_q4_1", "GgmlQ4_1"),
        ("ggml_q5_0", "GgmlQ5_0"),
        ("ggml_q8_0", "GgmlQ8_0"),
        ("ggml_q5_k", "GgmlQ5K"),
        ("ggml_q4_k", "GgmlQ4K"),
        ("ggml_q6_k", "GgmlQ6K"),
        ("F32", "F32"),
        ("BF16", "BF16"),
    ],
)
def test_preimages_spell_enum_values_by_their_names(word: str, name: str) -> None:
    assert digests.enum_name(word) == name


# Preimages of small cases, as they are written.

REPLAY: dict[str, Any] = {
    "receipt_id": "r-1",
    "stable_dataset_identity": "corpus@é",
    "iteration_mode": "single_pass",
    "shard_ordering": "manifest_order",
    "deterministic_shuffle_seed": 0,
    "successful_replays": 1,
    "exact_replay_observed": False,
    "replay_digest": ZEROS,
    "summary": "Two lines\nand\ta tab.",
}


def test_the_preimage_of_a_replay() -> None:
    assert digests.replay_preimage(REPLAY) == (
        "psion_pretrain_replay_receipt|r-1|corpus@é|SinglePass|ManifestOrder"
        "|0|1|non_exact|Two lines\nand\ta tab."
    )
    largest = {
        **REPLAY,
        "deterministic_shuffle_seed": U64,
        "exact_replay_observed": True,
        "successful_replays": 65535,
    }
    assert digests.replay_preimage(largest) == (
        "psion_pretrain_replay_receipt|r-1|corpus@é|SinglePass|ManifestOrder"
        "|18446744073709551615|65535|exact|Two lines\nand\ta tab."
    )


def checkpoint(name: str) -> dict[str, Any]:
    return {"checkpoint_family": "family", "stream_id": f"stream-{name}", "object_digest": f"object-{name}"}


LINEAGE: dict[str, Any] = {
    "receipt_id": "l-1",
    "promoted_checkpoint": checkpoint("p"),
    "promoted_checkpoint_label": "label",
    "model_id": "model",
    "model_descriptor_digest": ZEROS,
    "checkpoint_lineage_digest": ONES,
}


def test_the_preimage_of_a_lineage_names_a_base_only_where_there_is_one() -> None:
    alone = f"psion_pretrain_checkpoint_lineage|l-1|family|stream-p|object-p|label|model|{ZEROS}"
    assert digests.checkpoint_lineage_preimage(LINEAGE) == alone
    assert digests.checkpoint_lineage_preimage({**LINEAGE, "base_checkpoint": None}) == alone
    assert digests.checkpoint_lineage_preimage({**LINEAGE, "base_checkpoint": checkpoint("b")}) == (
        "psion_pretrain_checkpoint_lineage|l-1|family|stream-p|object-p|base|stream-b|object-b|label|model|"
        + ZEROS
    )


def row(split: str, kind: str, family: str, *numbers: int) -> dict[str, Any]:
    tokens, sequences, loss = numbers
    return {
        "split_name": split,
        "split_kind": kind,
        "source_family_id": family,
        "token_share_bps_within_split": tokens,
        "sequence_share_bps_within_split": sequences,
        "mean_next_token_loss_milli": loss,
    }


RECEIPT: dict[str, Any] = {
    "run_id": "run",
    "stage_id": "stage",
    "model_id": "model",
    "model_descriptor_digest": ZEROS,
    "tokenizer_binding_digest": ONES,
    "dataset_identity": "corpus@1",
    "sampling_policy_id": "policy",
    "sampling_policy_version": "v",
    "source_family_reports": [
        row("train", "train", "prose", 10000, 9999, 0),
        row("ho", "held_out", "é", 1, 2, 2**32 - 1),
    ],
    "replay_receipt": {"replay_digest": "replay"},
    "checkpoint_lineage": {"checkpoint_lineage_digest": "lineage"},
    "summary": "Done.",
}
DELIVERED: dict[str, Any] = {
    "runtime_backend": "cuda",
    "selected_devices": [{"stable_device_id": "cuda:0"}, {"stable_device_id": "cuda:1"}],
}
ACCELERATOR = {
    "accelerator_backed": True,
    "optimizer_steps_completed": 2**32 - 1,
    "mean_step_latency_ms": U64,
}

HEAD = f"psion_pretrain_stage_receipt|run|stage|model|{ZEROS}|{ONES}|corpus@1|policy|v|replay|lineage"
TAIL = "|Done.|row|train|Train|prose|10000|9999|0|row|ho|HeldOut|é|1|2|4294967295"


@pytest.mark.parametrize(
    ("members", "middle"),
    [
        ({}, ""),
        ({"delivered_execution": None, "accelerator_execution": None}, ""),
        ({"delivered_execution": DELIVERED}, "|backend|cuda|device|cuda:0|device|cuda:1"),
        (
            {"delivered_execution": {**DELIVERED, "execution_topology": None, "cluster_execution": {"a": 1}}},
            "|backend|cuda|device|cuda:0|device|cuda:1",
        ),
        (
            {"delivered_execution": {**DELIVERED, "execution_topology": {"effective_backend": "rocm"}}},
            "|backend|cuda|device|cuda:0|device|cuda:1|topology|rocm",
        ),
        (
            {"delivered_execution": DELIVERED, "accelerator_execution": ACCELERATOR},
            "|backend|cuda|device|cuda:0|device|cuda:1|accelerator|true|4294967295|18446744073709551615",
        ),
        (
            {
                "delivered_execution": {**DELIVERED, "execution_topology": {"effective_backend": "cuda"}},
                "accelerator_execution": {
                    **ACCELERATOR,
                    "accelerator_backed": False,
                    "mean_step_latency_ms": 1,
                },
            },
            "|backend|cuda|device|cuda:0|device|cuda:1|topology|cuda|accelerator|false|4294967295|1",
        ),
    ],
)
def test_the_preimage_of_a_receipt_names_only_what_it_has(members: dict[str, Any], middle: str) -> None:
    assert digests.receipt_preimage({**RECEIPT, **members}) == HEAD + middle + TAIL


def tensor(name: str, *dims: int, **members: Any) -> dict[str, Any]:
    return {"name": name, "shape": {"dims": list(dims)}, "dtype": "F32", "quantization": "none", **members}


def test_the_preimage_of_a_tensor_layout_has_nothing_between_tensors() -> None:
    blocks = {"elements_per_block": 32, "bytes_per_block": 18, "block_count": 9}
    layout = [
        tensor("a.weight", 2, U64),
        tensor("é", 3, quantized_layout=None, dtype="BF16"),
        tensor("b", 4, 5, quantization="ggml_q4_0", quantized_layout=blocks, dtype="I8"),
        tensor("scalar"),
    ]
    assert digests.tensor_layout_preimage(layout) == (
        "psion_compact_decoder_tensor_layout|"
        "a.weight|F32|None|2,18446744073709551615,"
        "é|BF16|None|3,"
        "b|I8|GgmlQ4_0|4,5,"
        "|QuantizedBlockLayout { elements_per_block: 32, bytes_per_block: 18, block_count: 9 }"
        "scalar|F32|None|"
    )
    assert digests.tensor_layout_preimage([]) == "psion_compact_decoder_tensor_layout|"


BINDING = {
    "tokenizer_family": "unigram",
    "vocab_size": U64,
    "tokenizer_version": '2 "β" \\ / \t\x01\x7f',
    "tokenizer_id": "t",
    "tokenizer_digest": "d",
    "template_digest": None,
}


def test_the_preimage_of_a_tokenizer_binding_is_in_contract_order_without_nulls() -> None:
    assert digests.tokenizer_binding_preimage({"tokenizer_binding": BINDING}) == (
        "psion_compact_decoder_tokenizer_binding|"
        r'[{"tokenizer_id":"t","tokenizer_version":"2 \"β\" \\ / \t\u0001'
        '\x7f","tokenizer_family":"unigram","tokenizer_digest":"d","vocab_size":18446744073709551615},"unigram"]'
    )


def test_the_preimage_of_a_model_descriptor_is_the_whole_of_it() -> None:
    descriptor = documents("descriptor")["descriptor"]
    preimage = digests.model_descriptor_preimage(descriptor)
    head, _, rest = preimage.partition("|")
    assert head == "psion_compact_decoder_descriptor"
    assert rest == json.dumps([descriptor, "byte_pair_encoding"], ensure_ascii=False, separators=(",", ":"))


def test_the_preimages_of_a_stage_program() -> None:
    completion = {
        "run_id": "r", "stage_id": "s", "kind": "general_sft", "ingested_trace_count": 2**32 - 1,
        "pretrain_run_count": 0, "completed_at_ms": U64,
    }  # fmt: skip
    assert digests.stage_completion_preimage(completion) == (
        "psionic_train_stage_completion|r|s|general_sft|4294967295|0|18446744073709551615"
    )
    promotion = {
        "run_id": "r", "from_stage_id": "s", "from_stage_kind": "pretrain", "to_stage_kind": "general_sft",
        "checkpoint": checkpoint("c"),
    }  # fmt: skip
    assert digests.checkpoint_promotion_preimage(promotion) == (
        "psionic_train_stage_promotion|r|s|pretrain|general_sft|family|stream-c|object-c"
    )
    first = {"run_id": "r", "next_stage_id": "s", "next_stage_kind": "rl", "transitioned_at_ms": 0}
    assert digests.stage_transition_preimage(first) == "psionic_train_stage_transition|r|next|s|rl|0"
    nulls = {**first, "previous_stage_id": None, "base_checkpoint": None}
    assert digests.stage_transition_preimage(nulls) == digests.stage_transition_preimage(first)
    later = {**first, "previous_stage_id": "p", "base_checkpoint": checkpoint("c")}
    assert digests.stage_transition_preimage(later) == (
        "psionic_train_stage_transition|r|previous|p|next|s|rl|checkpoint|stream-c|object-c|0"
    )


# What is bound.

BOUND = {
    "receipt": {
        "/run_id", "/stage_id", "/model_id", "/model_descriptor_digest", "/tokenizer_binding_digest",
        "/dataset_identity", "/sampling_policy_id", "/sampling_policy_version",
        "/replay_receipt/replay_digest", "/checkpoint_lineage/checkpoint_lineage_digest",
        "/delivered_execution/runtime_backend", "/delivered_execution/selected_devices/*/stable_device_id",
        "/delivered_execution/execution_topology/effective_backend",
        "/accelerator_execution/accelerator_backed", "/accelerator_execution/optimizer_steps_completed",
        "/accelerator_execution/mean_step_latency_ms", "/summary",
        "/source_family_reports/*/split_name", "/source_family_reports/*/split_kind",
        "/source_family_reports/*/source_family_id", "/source_family_reports/*/token_share_bps_within_split",
        "/source_family_reports/*/sequence_share_bps_within_split",
        "/source_family_reports/*/mean_next_token_loss_milli",
    },
    "replay": {
        "/receipt_id", "/stable_dataset_identity", "/iteration_mode", "/shard_ordering",
        "/deterministic_shuffle_seed", "/successful_replays", "/exact_replay_observed", "/summary",
    },
    "lineage": {
        "/receipt_id", "/promoted_checkpoint/checkpoint_family", "/promoted_checkpoint/stream_id",
        "/promoted_checkpoint/object_digest", "/base_checkpoint/stream_id", "/base_checkpoint/object_digest",
        "/promoted_checkpoint_label", "/model_id", "/model_descriptor_digest",
    },
}  # fmt: skip
"""The leaves that section 2 of the contract puts into D5, D3 and D4."""

SUBJECTS: dict[str, tuple[Callable[[Any], str], Any]] = {
    "receipt": (digests.receipt_preimage, documents("accelerated")["accelerated"]),
    "replay": (digests.replay_preimage, documents("accelerated")["accelerated"]["replay_receipt"]),
    "lineage": (digests.checkpoint_lineage_preimage, documents("resumed")["resumed"]["checkpoint_lineage"]),
}


def leaves(value: Any, pointer: str = "") -> Iterator[str]:
    """Every place that holds neither object nor array."""
    if isinstance(value, (dict, list)):
        for key, item in pairs(value):
            yield from leaves(item, child(pointer, key))
    else:
        yield pointer


def general(pointer: str) -> str:
    return "/".join("*" if part.isdecimal() else part for part in pointer.split("/"))


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_digest_changes_with_exactly_the_members_that_it_binds(name: str) -> None:
    preimage, document = SUBJECTS[name]
    before = preimage(document)
    noticed = set()
    for pointer in leaves(document):
        value = value_at(document, pointer)
        other = (
            (not value) if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}x"
        )
        if preimage(edited({"d": document}, put(f"/d{pointer}", other))["d"]) != before:
            noticed.add(general(pointer))
    assert noticed == BOUND[name]


@pytest.mark.parametrize(
    ("place", "count"), [("/source_family_reports", 9), ("/delivered_execution/selected_devices", 2)]
)
def test_a_receipt_s_digest_changes_where_a_row_or_a_device_is_dropped_moved_or_repeated(
    place: str, count: int
) -> None:
    receipt = documents("accelerated")
    made = {digests.receipt_preimage(receipt["accelerated"])}
    changes = [drop(f"/accelerated{place}/{position}") for position in range(count)]
    changes += [swap(f"/accelerated{place}", a, b) for a, b in pairwise(range(count))]
    changes += [repeat(f"/accelerated{place}/{count - 1}")]
    for change in changes:
        made.add(digests.receipt_preimage(edited(receipt, change)["accelerated"]))
    assert len(made) == 1 + len(changes)


def test_a_layout_s_digest_changes_where_a_tensor_or_a_dimension_is_dropped_moved_or_repeated() -> None:
    descriptor = documents("descriptor")
    place = "/descriptor/checkpoint_contract/tensor_layout"
    changes = [drop(f"{place}/{position}") for position in range(5)]
    changes += [swap(place, position, position + 1) for position in range(5)]
    changes += [
        repeat(f"{place}/5"),
        drop(f"{place}/0/shape/dims/0"),
        append(f"{place}/0/shape/dims", 1),
    ]
    changes += [
        swap(f"{place}/0/shape/dims", 0, 1),
        put(f"{place}/0/dtype", "F16"),
    ]
    changes += [put(f"{place}/0/quantization", "ggml_q5_k"), put(f"{place}/0/name", "x")]
    made = set()
    for change in [put(f"{place}/0/dtype", "F32"), *changes]:
        layout = edited(descriptor, change)["descriptor"]["checkpoint_contract"]["tensor_layout"]
        made.add(digests.tensor_layout_preimage(layout))
    assert len(made) == 1 + len(changes)


def test_every_leaf_of_a_descriptor_changes_its_digest() -> None:
    descriptor = documents("descriptor")["descriptor"]
    del descriptor["checkpoint_contract"]["tensor_layout"][2:]
    made = {digests.model_descriptor_preimage(descriptor)}
    places = list(leaves(descriptor))
    for pointer in places:
        value = value_at(descriptor, pointer)
        other = value + 1 if isinstance(value, int) else f"{value}x"
        made.add(
            digests.model_descriptor_preimage(edited({"d": descriptor}, put(f"/d{pointer}", other))["d"])
        )
    assert len(made) == 1 + len(places)


OPTIONAL = [
    "/execution_topology",
    "/cluster_execution",
    "/execution_topology/assignments/0/device/topology_key",
    "/selected_devices/0/topology_key",
    "/selected_devices/0/total_memory_bytes",
]


@pytest.mark.parametrize("place", OPTIONAL)
def test_null_and_absent_hash_the_same(place: str) -> None:
    whole = documents("accelerated")
    place = f"/accelerated/delivered_execution{place}"
    absent, null = edited(whole, drop(place)), edited(whole, put(place, None))
    for preimage in (digests.receipt_preimage, digests.content_preimage):
        assert preimage(absent["accelerated"]) == preimage(null["accelerated"])
    assert digests.content_digest(absent["accelerated"]) != digests.content_digest(whole["accelerated"])


def test_null_and_absent_members_of_a_descriptor_hash_the_same() -> None:
    whole = documents("descriptor")
    place = "/descriptor/tokenizer_binding/template_digest"
    absent, null = (
        edited(whole, drop(place))["descriptor"],
        edited(whole, put(place, None))["descriptor"],
    )
    for digest in (digests.tokenizer_binding_digest, digests.model_descriptor_digest, digests.content_digest):
        assert digest(absent) == digest(null) != digest(whole["descriptor"])


# No two receipts have the same preimage: fields cannot contain what separates them.

WORDS = st.sampled_from(
    ["row", "device", "topology", "backend", "accelerator", "base", "true", "Train", "1", "a"]
)


@st.composite
def receipts(draw: st.DrawFn) -> dict[str, Any]:
    """What D5 binds of a receipt, spelled with words that preimages use themselves."""
    receipt: dict[str, Any] = {**RECEIPT, "summary": draw(WORDS)}
    if draw(st.booleans()):
        devices = draw(st.lists(WORDS, min_size=1, max_size=3))
        receipt["delivered_execution"] = {
            "runtime_backend": draw(WORDS),
            "selected_devices": [{"stable_device_id": device} for device in devices],
        }
        if draw(st.booleans()):
            receipt["delivered_execution"]["execution_topology"] = {"effective_backend": draw(WORDS)}
        if draw(st.booleans()):
            receipt["accelerator_execution"] = {
                "accelerator_backed": draw(st.booleans()),
                "optimizer_steps_completed": draw(st.integers(1, 2)),
                "mean_step_latency_ms": draw(st.integers(1, 2)),
            }
    receipt["source_family_reports"] = [
        row(
            draw(WORDS),
            draw(st.sampled_from(["train", "replay"])),
            draw(WORDS),
            1,
            draw(st.integers(1, 2)),
            1,
        )
        for _ in range(draw(st.integers(1, 2)))
    ]
    return receipt


@given(st.lists(receipts(), min_size=2, max_size=8))
def test_different_receipts_have_different_preimages(each: list[dict[str, Any]]) -> None:
    different = {json.dumps(receipt, sort_keys=True) for receipt in each}
    assert len({digests.receipt_preimage(receipt) for receipt in each}) == len(different)


LINEAGES = st.tuples(st.lists(WORDS, min_size=9, max_size=9), st.booleans())


@given(LINEAGES, LINEAGES)
def test_different_lineages_have_different_preimages(one: tuple[Any, bool], other: tuple[Any, bool]) -> None:
    made = [lineage(*one), lineage(*other)]
    assert (made[0] == made[1]) is (len({digests.checkpoint_lineage_preimage(each) for each in made}) == 1)


@given(LINEAGES, st.integers(0, 8))
def test_every_part_of_a_lineage_is_in_its_preimage(drawn: tuple[list[str], bool], index: int) -> None:
    words, based = drawn
    changed = [*words[:index], "changed", *words[index + 1 :]]
    preimages = [
        digests.checkpoint_lineage_preimage(lineage(*each))
        for each in ((words, based), (changed, True), (words, not based))
    ]
    assert len(set(preimages)) == 3


def lineage(words: list[str], based: bool) -> dict[str, Any]:
    return {
        "receipt_id": words[0],
        "promoted_checkpoint": dict(zip(checkpoint(""), words[1:4], strict=True)),
        "promoted_checkpoint_label": words[4],
        "model_id": words[5],
        "model_descriptor_digest": words[6],
        **({"base_checkpoint": {"stream_id": words[7], "object_digest": words[8]}} if based else {}),
    }


# The content digest.

SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
FULL = st.recursive(
    st.one_of(st.booleans(), SAFE, STRINGS, st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, FULL, max_size=6))
def test_the_content_digest_is_that_of_an_independent_rfc_8785(value: dict[str, Any]) -> None:
    assert digests.content_preimage(value).encode() == rfc8785.dumps(value)
    assert digests.content_digest(value) == hashlib.sha256(rfc8785.dumps(value)).hexdigest()


@pytest.mark.parametrize("name", list(documents()))
def test_the_content_digest_of_a_canonical_document_is_that_of_an_independent_rfc_8785(name: str) -> None:
    document = documents(name)[name]
    assert digests.content_preimage(document).encode() == rfc8785.dumps(document)


def test_members_are_sorted_by_utf_16_code_units() -> None:
    assert digests.content_preimage({"\ufb33": 1, "\U0001f600": 2, "é": 3, "1": 4, "": 5}) == (
        '{"":5,"1":4,"é":3,"\U0001f600":2,"\ufb33":1}'
    )


def test_null_members_are_left_out_of_the_content_but_for_the_object_that_is_carried() -> None:
    assert digests.content_preimage({"b": None, "a": [{"c": None}, None]}) == '{"a":[{},null]}'
    assert digests.content_preimage({"cluster_execution": {"b": None, "a": {"c": None}}}) == (
        '{"cluster_execution":{"a":{"c":null},"b":null}}'
    )
    assert digests.content_preimage({"cluster_execution": None}) == "{}"


@pytest.mark.parametrize("number", [0, -1, 2**53 - 1, 2**53, 2**53 + 1, U64])
def test_integers_are_written_exactly_also_where_rfc_8785_would_round(number: int) -> None:
    assert digests.content_preimage([number]) == f"[{number}]"


@given(st.dictionaries(KEYS, FULL, max_size=6))
def test_the_content_digest_does_not_depend_on_the_order_of_members(value: dict[str, Any]) -> None:
    assert digests.content_digest(dict(reversed(value.items()))) == digests.content_digest(value)


# The digests of documents.


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("config", ["content"]),
        ("corpus", ["content"]),
        ("policy", ["content"]),
        ("descriptor", ["D1", "D2", "D6", "D6", "content"]),
        ("accelerated", ["D3", "D4", "D5", "content"]),
    ],
)
def test_each_kind_carries_or_implies_its_digests(name: str, ids: list[str]) -> None:
    document = documents(name)[name]
    found = list(digests.digests_of(kinds.KINDS[document["schema_version"]], document))
    assert [each.id for each in found] == ids
    for each in found:
        assert each.computed == digests.sha256(each.preimage)
        assert not each.differs
        assert each.stored == (None if each.pointer is None else value_at(document, each.pointer))


def test_a_stage_program_carries_a_digest_for_each_step() -> None:
    program = {
        "completions": [{
            "run_id": "r", "stage_id": "s", "kind": "rl", "ingested_trace_count": 0, "pretrain_run_count": 0,
            "completed_at_ms": 1, "completion_digest": ZEROS,
        }],
        "transitions": [
            {
                "run_id": "r", "next_stage_id": "s", "next_stage_kind": "rl", "transitioned_at_ms": 1,
                "transition_digest": digests.sha256("psionic_train_stage_transition|r|next|s|rl|1"),
            }
        ],
    }  # fmt: skip
    found = [(each.id, each.pointer, each.differs) for each in digests.digests_of(kinds.PROGRAM, program)]
    assert found == [
        ("D7", "/completions/0/completion_digest", True),
        ("D9", "/transitions/0/transition_digest", False),
        ("content", None, False),
    ]
