"""A receipt against config, corpus, model and policy: reports, replay, lineage, execution, its digests."""

from __future__ import annotations

from typing import Any

import pytest
from bundle import (
    ACCELERATED,
    CASES,
    INPUTS,
    PILOT,
    RESUMED,
    Case,
    Operation,
    accepted,
    add,
    as_edited,
    bound,
    cases,
    checked,
    copy,
    counted,
    documents,
    edited,
    found,
    move,
    rejected,
    remove,
    replace,
    sealed,
    text,
    warned,
)
from psion_contract.rules.table import RECEIPT

from psion_contract import Finding, Related, check_documents
from psion_contract.catalog import RULES

ZEROS = "0" * 64
SAFE = 2**53 - 1
ROWS = "/receipt/source_family_reports"
TOKENS, SEQUENCES = "token_share_bps_within_split", "sequence_share_bps_within_split"
EXAMINATIONS = f"{ROWS}/8"  # the one row of the split that is held out


def both(member: str, value: Any) -> tuple[Operation, Operation]:
    """Change a member of config and receipt alike."""
    return replace(f"/config{member}", value), replace(f"/receipt{member}", value)


# The config.


def mismatch(member: str) -> tuple[str, str, str]:
    return ("config-mismatch", f"/receipt/{member}", f"/config/{member}")


@cases(
    "config-mismatch",
    accepted(
        "another run in both", *both("/run_id", "other-01"), *both("/stage_id", "other-01-stage-1-pretrain")
    ),
    accepted(
        "another model everywhere",
        replace("/descriptor/model/model_id", "psion-other"),
        *both("/model_id", "psion-other"),
        replace("/receipt/checkpoint_lineage/model_id", "psion-other"),
        then=bound,
    ),
    rejected("run", replace("/receipt/run_id", "other-01"), finds=[mismatch("run_id")]),
    rejected("stage", replace("/receipt/stage_id", "other-01"), finds=[mismatch("stage_id")]),
    rejected(
        "model",
        replace("/receipt/model_id", "psion-other"),
        replace("/receipt/checkpoint_lineage/model_id", "psion-other"),
        finds=[mismatch("model_id")],
    ),
    rejected(
        "model descriptor",
        replace("/receipt/model_descriptor_digest", ZEROS),
        replace("/receipt/checkpoint_lineage/model_descriptor_digest", ZEROS),
        finds=[mismatch("model_descriptor_digest")],
    ),
    rejected(
        "tokenizer",
        replace("/receipt/tokenizer_binding_digest", ZEROS),
        finds=[mismatch("tokenizer_binding_digest")],
    ),
    rejected("corpus", replace("/receipt/dataset_identity", "other@1"), finds=[mismatch("dataset_identity")]),
    rejected(
        "policy", replace("/receipt/sampling_policy_id", "other"), finds=[mismatch("sampling_policy_id")]
    ),
    rejected(
        "version of the policy",
        replace("/receipt/sampling_policy_version", "5"),
        finds=[mismatch("sampling_policy_version")],
    ),
    rejected(
        "six members at once",
        replace("/receipt/model_id", "psion-other"),
        replace("/receipt/model_descriptor_digest", ZEROS),
        replace("/receipt/checkpoint_lineage/model_id", "psion-other"),
        replace("/receipt/checkpoint_lineage/model_descriptor_digest", ZEROS),
        replace("/receipt/tokenizer_binding_digest", ZEROS),
        replace("/receipt/dataset_identity", "other@1"),
        replace("/receipt/sampling_policy_id", "other"),
        replace("/receipt/sampling_policy_version", "5"),
        finds=[
            mismatch("model_id"),
            mismatch("model_descriptor_digest"),
            mismatch("tokenizer_binding_digest"),
            mismatch("dataset_identity"),
            mismatch("sampling_policy_id"),
            mismatch("sampling_policy_version"),
        ],
    ),
)
def test_a_receipt_repeats_eight_members_of_its_config(case: Case) -> None:
    assert case.judged() == case.verdict


def objective(member: str) -> tuple[str, str, str]:
    place = f"objective_config/{member}"
    return ("objective-config-mismatch", f"/receipt/{place}", f"/config/{place}")


@cases(
    "objective-config-mismatch",
    accepted("another smoothing in both", *both("/objective_config/label_smoothing_bps", 0)),
    rejected(
        "smoothing",
        replace("/receipt/objective_config/label_smoothing_bps", 41),
        finds=[objective("label_smoothing_bps")],
    ),
    rejected(
        "context",
        replace("/receipt/objective_config/max_context_tokens", 1024),
        finds=[objective("max_context_tokens")],
    ),
    rejected(
        "all that is not constant",
        replace("/receipt/objective_config/label_smoothing_bps", 41),
        replace("/receipt/objective_config/tokenizer_binding_digest", ZEROS),
        replace("/receipt/objective_config/dataset_identity", "other@1"),
        replace("/receipt/objective_config/max_context_tokens", 1),
        finds=[
            objective("label_smoothing_bps"),
            objective("tokenizer_binding_digest"),
            objective("dataset_identity"),
            objective("max_context_tokens"),
        ],
    ),
)
def test_a_receipt_repeats_the_objective_of_its_config(case: Case) -> None:
    assert case.judged() == case.verdict


# Coverage.


def half_of_the_examinations(place: str = EXAMINATIONS) -> list[Operation]:
    return [replace(f"{place}/{TOKENS}", 5000), replace(f"{place}/{SEQUENCES}", 5000)]


@cases(
    "duplicate-report-row",
    accepted("rows in another order", move(EXAMINATIONS, f"{ROWS}/0")),
    rejected(
        "the same row again",
        *half_of_the_examinations(),
        copy(EXAMINATIONS, f"{ROWS}/-"),
        finds=[("duplicate-report-row", f"{ROWS}/9", EXAMINATIONS)],
    ),
    rejected(
        "the same family again, with other sources, shares and loss",
        replace(f"{ROWS}/6/{TOKENS}", 6000),
        copy(f"{ROWS}/6", f"{ROWS}/0"),
        replace(f"{ROWS}/0/{TOKENS}", 350),
        replace(f"{ROWS}/0/{SEQUENCES}", 0),
        replace(f"{ROWS}/0/source_ids", ["lecture_notes"]),
        replace(f"{ROWS}/0/mean_next_token_loss_milli", 1),
        finds=[("duplicate-report-row", f"{ROWS}/7", f"{ROWS}/0")],
    ),
    rejected(
        "twice again",
        replace(f"{EXAMINATIONS}/{TOKENS}", 0),
        replace(f"{EXAMINATIONS}/{SEQUENCES}", 0),
        copy(EXAMINATIONS, f"{ROWS}/-"),
        copy(EXAMINATIONS, f"{ROWS}/-"),
        replace(f"{ROWS}/10/{TOKENS}", 10000),
        replace(f"{ROWS}/10/{SEQUENCES}", 10000),
        finds=[
            ("duplicate-report-row", f"{ROWS}/9", EXAMINATIONS),
            ("duplicate-report-row", f"{ROWS}/10", EXAMINATIONS),
        ],
    ),
)
def test_a_family_of_a_split_is_reported_once(case: Case) -> None:
    assert case.judged() == case.verdict


UNREPORTED = ("incomplete-coverage", ROWS, "/corpus/splits/3/source_family_ids/0")


@cases(
    "unknown-split",
    accepted(
        "the split renamed, in the corpus too",
        replace("/corpus/splits/3/split_name", "examination"),
        replace("/corpus/shards/7/split_name", "examination"),
        replace(f"{EXAMINATIONS}/split_name", "examination"),
    ),
    rejected(
        "the split renamed in the receipt alone",
        replace(f"{EXAMINATIONS}/split_name", "examination"),
        finds=[("unknown-split", f"{EXAMINATIONS}/split_name", "/corpus/splits"), UNREPORTED],
    ),
    rejected(
        "a split too many",
        copy(EXAMINATIONS, f"{ROWS}/-"),
        replace(f"{ROWS}/9/split_name", "Held_out"),
        finds=[("unknown-split", f"{ROWS}/9/split_name", "/corpus/splits")],
    ),
    rejected(
        "a split and a family that there are not",
        copy(EXAMINATIONS, f"{ROWS}/-"),
        replace(f"{ROWS}/9/split_name", "nowhere"),
        replace(f"{ROWS}/9/source_family_id", "nobody"),
        finds=[
            ("unknown-split", f"{ROWS}/9/split_name", "/corpus/splits"),
            ("unknown-source-family", f"{ROWS}/9/source_family_id", "/corpus/source_family_bindings"),
        ],
    ),
)
def test_a_receipt_reports_splits_of_the_corpus(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "split-kind-mismatch",
    accepted(
        "another kind, in the corpus too",
        replace("/corpus/splits/3/kind", "test"),
        replace("/corpus/shards/7/split_kind", "test"),
        replace(f"{EXAMINATIONS}/split_kind", "test"),
    ),
    rejected(
        "another kind",
        replace(f"{EXAMINATIONS}/split_kind", "test"),
        finds=[("split-kind-mismatch", f"{EXAMINATIONS}/split_kind", "/corpus/splits/3/kind")],
    ),
    rejected(
        "two rows of one split",
        replace(f"{ROWS}/3/split_kind", "custom"),
        replace(f"{ROWS}/5/split_kind", "replay"),
        finds=[
            ("split-kind-mismatch", f"{ROWS}/3/split_kind", "/corpus/splits/1/kind"),
            ("split-kind-mismatch", f"{ROWS}/5/split_kind", "/corpus/splits/1/kind"),
        ],
    ),
)
def test_a_receipt_gives_a_split_the_kind_that_the_corpus_gives_it(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "unknown-source-family",
    accepted(
        "the family renamed, in the corpus too",
        replace("/corpus/splits/3/source_family_ids/0", "papers"),
        replace("/corpus/source_family_bindings/4/source_family_id", "papers"),
        replace("/corpus/shards/7/source_lineage/0/source_family_id", "papers"),
        replace(f"{EXAMINATIONS}/source_family_id", "papers"),
    ),
    rejected(
        "a family of another split",
        copy(f"{ROWS}/7", f"{ROWS}/-"),
        replace(f"{ROWS}/9/split_name", "held_out"),
        replace(f"{ROWS}/9/split_kind", "held_out"),
        replace(f"{ROWS}/9/{TOKENS}", 0),
        replace(f"{ROWS}/9/{SEQUENCES}", 0),
        finds=[("unknown-source-family", f"{ROWS}/9/source_family_id", "/corpus/splits/3/source_family_ids")],
    ),
    rejected(
        "a family that there is not",
        replace(f"{EXAMINATIONS}/source_family_id", "papers"),
        finds=[
            (
                "unknown-source-family",
                f"{EXAMINATIONS}/source_family_id",
                "/corpus/splits/3/source_family_ids",
            ),
            UNREPORTED,
        ],
    ),
    rejected(
        "a family that the corpus holds and does not bind",
        remove("/corpus/source_family_bindings/4"),
        finds=[
            ("unknown-source-family", f"{EXAMINATIONS}/source_family_id", "/corpus/source_family_bindings"),
            (
                "source-binding-mismatch",
                "/corpus/shards/7/source_lineage/0/source_family_id",
                "/corpus/source_family_bindings",
            ),
        ],
    ),
)
def test_a_receipt_reports_the_families_that_the_split_holds(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "unknown-source",
    accepted("fewer sources than the family has", remove(f"{ROWS}/0/source_ids/1")),
    rejected(
        "a source of another family",
        add(f"{ROWS}/0/source_ids/-", "storage_engine"),
        finds=[("unknown-source", f"{ROWS}/0/source_ids/2", "/corpus/source_family_bindings/0/source_ids")],
    ),
    rejected(
        "two sources that there are not, in one row",
        replace(f"{ROWS}/2/source_ids", ["Storage_engine", "storage_engine", "numerics"]),
        finds=[
            ("unknown-source", f"{ROWS}/2/source_ids/0", "/corpus/source_family_bindings/2/source_ids"),
            ("unknown-source", f"{ROWS}/2/source_ids/2", "/corpus/source_family_bindings/2/source_ids"),
        ],
    ),
)
def test_a_receipt_lists_sources_of_the_family(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "incomplete-coverage",
    accepted(
        "a family without any token", replace(f"{ROWS}/7/{TOKENS}", 0), replace(f"{ROWS}/6/{TOKENS}", 10000)
    ),
    rejected("the only family of a split", remove(EXAMINATIONS), finds=[UNREPORTED]),
    rejected(
        "one family of several",
        remove(f"{ROWS}/7"),
        replace(f"{ROWS}/6/{TOKENS}", 10000),
        replace(f"{ROWS}/6/{SEQUENCES}", 10000),
        finds=[("incomplete-coverage", ROWS, "/corpus/splits/2/source_family_ids/1")],
    ),
    rejected(
        "all families but one",
        *(remove(f"{ROWS}/0") for _ in range(8)),
        finds=[
            ("incomplete-coverage", ROWS, f"/corpus/splits/{split}/source_family_ids/{place}")
            for split, places in enumerate((3, 3, 2))
            for place in range(places)
        ],
    ),
)
def test_a_receipt_may_not_leave_a_family_unreported(case: Case) -> None:
    assert case.judged() == case.verdict


def shares(member: str, first: int, *others: int) -> tuple[str, ...]:
    places = (f"{ROWS}/{place}/{member}" for place in (first, *others))
    return ("share-total-mismatch", *places)


@cases(
    "share-total-mismatch",
    accepted(
        "one basis point from one family to another",
        replace(f"{ROWS}/0/{TOKENS}", 5186),
        replace(f"{ROWS}/1/{TOKENS}", 3623),
    ),
    rejected(
        "one basis point of the tokens is missing",
        replace(f"{ROWS}/1/{TOKENS}", 3621),
        finds=[shares(TOKENS, 0, 1, 2)],
    ),
    rejected(
        "one basis point of the sequences is too many",
        replace(f"{ROWS}/7/{SEQUENCES}", 3601),
        finds=[shares(SEQUENCES, 6, 7)],
    ),
    rejected(
        "a basis point from one split to another",
        replace(f"{ROWS}/3/{TOKENS}", 4901),
        replace(f"{ROWS}/6/{TOKENS}", 6351),
        finds=[shares(TOKENS, 3, 4, 5), shares(TOKENS, 6, 7)],
    ),
    rejected(
        "tokens and sequences of a split of one family",
        replace(f"{EXAMINATIONS}/{TOKENS}", 9999),
        replace(f"{EXAMINATIONS}/{SEQUENCES}", 0),
        finds=[shares(TOKENS, 8), shares(SEQUENCES, 8)],
    ),
)
def test_the_shares_of_a_split_add_up_to_the_whole(case: Case) -> None:
    assert case.judged() == case.verdict


def cap(row: int, family: int) -> tuple[str, ...]:
    member = f"/policy/source_family_weights/{family}/maximum_family_token_share_bps"
    return ("family-cap-exceeded", f"{ROWS}/{row}/{TOKENS}", member)


@cases(
    "family-cap-exceeded",
    accepted("at the cap", replace(f"{ROWS}/0/{TOKENS}", 5600), replace(f"{ROWS}/1/{TOKENS}", 3209)),
    accepted(
        "above it outside training",
        replace(f"{ROWS}/3/{TOKENS}", 8000),
        replace(f"{ROWS}/4/{TOKENS}", 708),
    ),
    warned(
        "a basis point above the cap",
        replace(f"{ROWS}/0/{TOKENS}", 5601),
        replace(f"{ROWS}/1/{TOKENS}", 3208),
        finds=[cap(0, 0)],
    ),
    warned(
        "two families above theirs",
        replace(f"{ROWS}/0/{TOKENS}", 1),
        replace(f"{ROWS}/1/{TOKENS}", 8498),
        replace(f"{ROWS}/2/{TOKENS}", 1501),
        finds=[cap(1, 1), cap(2, 2)],
    ),
)
def test_no_family_may_make_up_more_of_the_training_than_the_policy_allows(case: Case) -> None:
    assert case.judged() == case.verdict


# Replay.

REPLAY = "/receipt/replay_receipt"


def contract(member: str) -> tuple[str, str, str]:
    return ("replay-contract-mismatch", f"{REPLAY}/{member}", f"/corpus/replay_contract/{member}")


@cases(
    "replay-contract-mismatch",
    accepted(
        "another order of another seed, in the corpus too",
        *(
            operation
            for place in (REPLAY, "/corpus/replay_contract")
            for operation in (
                replace(f"{place}/iteration_mode", "single_pass"),
                replace(f"{place}/shard_ordering", "manifest_order"),
                replace(f"{place}/deterministic_shuffle_seed", 0),
            )
        ),
    ),
    rejected(
        "data set",
        replace(f"{REPLAY}/stable_dataset_identity", "tidewater-corpus@2026.03"),
        finds=[contract("stable_dataset_identity")],
    ),
    rejected(
        "iteration", replace(f"{REPLAY}/iteration_mode", "single_pass"), finds=[contract("iteration_mode")]
    ),
    rejected(
        "ordering",
        replace("/corpus/replay_contract/shard_ordering", "manifest_order"),
        finds=[contract("shard_ordering")],
    ),
    rejected(
        "seed",
        replace(f"{REPLAY}/deterministic_shuffle_seed", 6180339887499),
        finds=[contract("deterministic_shuffle_seed")],
    ),
    rejected(
        "all of it",
        replace(f"{REPLAY}/stable_dataset_identity", "other"),
        replace(f"{REPLAY}/iteration_mode", "single_pass"),
        replace(f"{REPLAY}/shard_ordering", "manifest_order"),
        replace(f"{REPLAY}/deterministic_shuffle_seed", 0),
        finds=[
            contract("stable_dataset_identity"),
            contract("iteration_mode"),
            contract("shard_ordering"),
            contract("deterministic_shuffle_seed"),
        ],
    ),
)
def test_the_replay_is_the_one_that_the_corpus_promises(case: Case) -> None:
    assert case.judged() == case.verdict


UNSEALED_REPLAY = ("replay-digest-mismatch", f"{REPLAY}/replay_digest", REPLAY)
UNSEALED_LINEAGE = (
    "lineage-digest-mismatch",
    "/receipt/checkpoint_lineage/checkpoint_lineage_digest",
    "/receipt/checkpoint_lineage",
)
UNSEALED = ("receipt-digest-mismatch", "/receipt/receipt_digest", "/receipt")


@cases(
    "replay-digest-mismatch",
    accepted("more replays, sealed", replace(f"{REPLAY}/successful_replays", 65535)),
    rejected(
        "more replays, not sealed",
        replace(f"{REPLAY}/successful_replays", 4),
        finds=[UNSEALED_REPLAY],
        then=as_edited,
    ),
    rejected(
        "other words", replace(f"{REPLAY}/summary", "Nothing."), finds=[UNSEALED_REPLAY], then=as_edited
    ),
    rejected(
        "a digest of nothing, which the receipt's digest binds",
        replace(f"{REPLAY}/replay_digest", ZEROS),
        finds=[UNSEALED_REPLAY, UNSEALED],
        then=as_edited,
    ),
)
def test_a_replay_receipt_carries_its_own_digest(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "replay-not-exact",
    accepted("exact once", replace(f"{REPLAY}/successful_replays", 1)),
    warned(
        "not exact",
        replace(f"{REPLAY}/exact_replay_observed", False),
        finds=[("replay-not-exact", f"{REPLAY}/exact_replay_observed", REPLAY)],
    ),
    warned(
        "not exact, of a run that went on from another",
        replace("/resumed/replay_receipt/exact_replay_observed", False),
        finds=[
            ("replay-not-exact", "/resumed/replay_receipt/exact_replay_observed", "/resumed/replay_receipt")
        ],
        on=RESUMED,
    ),
)
def test_a_replay_that_was_not_exact_is_a_warning(case: Case) -> None:
    assert case.judged() == case.verdict


# Lineage.

LINEAGE = "/receipt/checkpoint_lineage"
RESUMED_LINEAGE = "/resumed/checkpoint_lineage"
PROMOTED, BASE = f"{RESUMED_LINEAGE}/promoted_checkpoint", f"{RESUMED_LINEAGE}/base_checkpoint"


@cases(
    "lineage-model-mismatch",
    accepted("the canonical lineage"),
    rejected(
        "model",
        replace(f"{LINEAGE}/model_id", "psion-other"),
        finds=[("lineage-model-mismatch", f"{LINEAGE}/model_id", "/receipt/model_id")],
    ),
    rejected(
        "model descriptor",
        replace(f"{LINEAGE}/model_descriptor_digest", ZEROS),
        finds=[
            (
                "lineage-model-mismatch",
                f"{LINEAGE}/model_descriptor_digest",
                "/receipt/model_descriptor_digest",
            )
        ],
    ),
    rejected(
        "both",
        replace(f"{LINEAGE}/model_id", "psion-other"),
        replace(f"{LINEAGE}/model_descriptor_digest", ZEROS),
        finds=[
            ("lineage-model-mismatch", f"{LINEAGE}/model_id", "/receipt/model_id"),
            (
                "lineage-model-mismatch",
                f"{LINEAGE}/model_descriptor_digest",
                "/receipt/model_descriptor_digest",
            ),
        ],
    ),
)
def test_the_lineage_is_of_the_model_of_the_receipt(case: Case) -> None:
    assert case.judged() == case.verdict


FAMILIES = ("checkpoint-family-mismatch", f"{BASE}/checkpoint_family", f"{PROMOTED}/checkpoint_family")


@cases(
    "checkpoint-family-mismatch",
    accepted(
        "any family where there is no base", replace(f"{LINEAGE}/promoted_checkpoint/checkpoint_family", "a")
    ),
    accepted(
        "another family of both",
        replace(f"{BASE}/checkpoint_family", "a"),
        replace(f"{PROMOTED}/checkpoint_family", "a"),
        on=RESUMED,
    ),
    rejected("the base's", replace(f"{BASE}/checkpoint_family", "a"), finds=[FAMILIES], on=RESUMED),
    rejected(
        "the promoted one's", replace(f"{PROMOTED}/checkpoint_family", "a"), finds=[FAMILIES], on=RESUMED
    ),
)
def test_a_run_goes_on_from_a_checkpoint_of_its_family(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "lineage-digest-mismatch",
    accepted("another label, sealed", replace(f"{LINEAGE}/promoted_checkpoint_label", "other")),
    rejected(
        "another label",
        replace(f"{LINEAGE}/promoted_checkpoint_label", "other"),
        finds=[UNSEALED_LINEAGE],
        then=as_edited,
    ),
    rejected(
        "a digest of nothing, which the receipt's digest binds",
        replace(f"{LINEAGE}/checkpoint_lineage_digest", ZEROS),
        finds=[UNSEALED_LINEAGE, UNSEALED],
        then=as_edited,
    ),
    rejected(
        "no base any more",
        remove(BASE),
        finds=[("lineage-digest-mismatch", f"{RESUMED_LINEAGE}/checkpoint_lineage_digest", RESUMED_LINEAGE)],
        on=RESUMED,
        then=as_edited,
    ),
)
def test_a_lineage_carries_its_own_digest(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "checkpoint-order",
    accepted(
        "steps that nobody states", replace(f"{BASE}/step", None), remove(f"{PROMOTED}/step"), on=RESUMED
    ),
    accepted("a base a step before", replace(f"{BASE}/step", 17_999), on=RESUMED),
    accepted("durable at once", copy(f"{PROMOTED}/started_at_ms", f"{PROMOTED}/durable_at_ms"), on=RESUMED),
    accepted("when it was durable nobody states", replace(f"{PROMOTED}/durable_at_ms", None), on=RESUMED),
    warned(
        "a base of the same step",
        replace(f"{BASE}/step", 18_000),
        finds=[("checkpoint-order", f"{BASE}/step", f"{PROMOTED}/step")],
        on=RESUMED,
    ),
    warned(
        "a base of a later step",
        replace(f"{PROMOTED}/step", 0),
        finds=[("checkpoint-order", f"{BASE}/step", f"{PROMOTED}/step")],
        on=RESUMED,
    ),
    warned(
        "the base is the promoted one",
        copy(PROMOTED, BASE),
        replace(f"{BASE}/step", None),
        finds=[("checkpoint-order", BASE, PROMOTED)],
        on=RESUMED,
    ),
    warned(
        "each durable before it was started",
        replace(f"{BASE}/durable_at_ms", 0),
        replace(f"{PROMOTED}/durable_at_ms", 1_771_570_799_999),
        finds=[
            ("checkpoint-order", f"{BASE}/durable_at_ms", f"{BASE}/started_at_ms"),
            ("checkpoint-order", f"{PROMOTED}/durable_at_ms", f"{PROMOTED}/started_at_ms"),
        ],
        on=RESUMED,
    ),
)
def test_checkpoints_out_of_order_are_a_warning(case: Case) -> None:
    assert case.judged() == case.verdict


# Execution.

DELIVERED = "/accelerated/delivered_execution"
BACKENDS = (
    "topology-backend-mismatch",
    f"{DELIVERED}/execution_topology/effective_backend",
    f"{DELIVERED}/runtime_backend",
)


@cases(
    "topology-backend-mismatch",
    accepted(
        "another backend in both places",
        replace(f"{DELIVERED}/runtime_backend", "rocm"),
        replace(f"{DELIVERED}/execution_topology/effective_backend", "rocm"),
        on=ACCELERATED,
    ),
    accepted("no topology", replace(f"{DELIVERED}/execution_topology", None), on=ACCELERATED),
    accepted(
        "nothing said of the execution",
        replace(DELIVERED, None),
        remove("/accelerated/accelerator_execution"),
        on=ACCELERATED,
    ),
    rejected(
        "the topology's",
        replace(f"{DELIVERED}/execution_topology/effective_backend", "CUDA"),
        finds=[BACKENDS],
        on=ACCELERATED,
    ),
    rejected(
        "the runtime's", replace(f"{DELIVERED}/runtime_backend", "cpu"), finds=[BACKENDS], on=ACCELERATED
    ),
)
def test_the_topology_ran_on_the_backend_that_was_delivered(case: Case) -> None:
    assert case.judged() == case.verdict


# The receipt's own digest.

UNSEALED_ACCELERATED = ("receipt-digest-mismatch", "/accelerated/receipt_digest", "/accelerated")


@cases(
    "receipt-digest-mismatch",
    accepted("other words, sealed", replace("/receipt/summary", "Ran.")),
    rejected("other words", replace("/receipt/summary", "Ran."), finds=[UNSEALED], then=as_edited),
    rejected(
        "the digest of nothing", replace("/receipt/receipt_digest", ZEROS), finds=[UNSEALED], then=as_edited
    ),
    rejected(
        "a loss",
        replace(f"{ROWS}/4/mean_next_token_loss_milli", 2950),
        finds=[UNSEALED],
        then=as_edited,
    ),
    rejected("rows in another order", move(f"{ROWS}/0", f"{ROWS}/8"), finds=[UNSEALED], then=as_edited),
    rejected(
        "another device",
        replace(f"{DELIVERED}/selected_devices/1/stable_device_id", "cuda:2"),
        finds=[UNSEALED_ACCELERATED],
        on=ACCELERATED,
        then=as_edited,
    ),
    rejected(
        "a lower latency",
        replace("/accelerated/accelerator_execution/mean_step_latency_ms", 186),
        finds=[UNSEALED_ACCELERATED],
        on=ACCELERATED,
        then=as_edited,
    ),
)
def test_a_receipt_carries_its_own_digest(case: Case) -> None:
    assert case.judged() == case.verdict


# Numbers.


@cases(
    "unsafe-integer",
    accepted(
        "the largest number that everyone can read",
        replace(f"{LINEAGE}/promoted_checkpoint/membership_epoch", SAFE),
    ),
    warned(
        "one more",
        replace(f"{LINEAGE}/promoted_checkpoint/membership_epoch", SAFE + 1),
        finds=[("unsafe-integer", f"{LINEAGE}/promoted_checkpoint/membership_epoch")],
    ),
    warned(
        "the largest of all, in corpus and receipt",
        replace("/corpus/replay_contract/deterministic_shuffle_seed", 2**64 - 1),
        replace(f"{REPLAY}/deterministic_shuffle_seed", 2**64 - 1),
        finds=[
            ("unsafe-integer", "/corpus/replay_contract/deterministic_shuffle_seed"),
            ("unsafe-integer", f"{REPLAY}/deterministic_shuffle_seed"),
        ],
    ),
    warned(
        "in what is carried and not interpreted, too",
        add(f"{DELIVERED}/cluster_execution/ids", [1, {"a/b": SAFE + 1}]),
        finds=[("unsafe-integer", f"{DELIVERED}/cluster_execution/ids/1/a~1b")],
        on=ACCELERATED,
    ),
)
def test_a_number_that_some_readers_round_is_a_warning(case: Case) -> None:
    assert case.judged() == case.verdict


# Everything in one run.


def test_five_things_wrong_are_five_findings_with_line_column_and_the_other_side() -> None:
    tree = sealed(
        edited(
            documents(*PILOT),
            [
                replace("/receipt/objective_config/label_smoothing_bps", 41),
                replace(f"{ROWS}/1/{TOKENS}", 3621),
                add(f"{ROWS}/2/source_ids/-", "lecture_notes"),
                replace(f"{REPLAY}/deterministic_shuffle_seed", 0),
                replace(f"{LINEAGE}/model_id", "psion-other"),
            ],
        )
    )
    report = checked(tree)
    assert report.verdict == "inconsistent"
    assert report.skipped == ()
    assert found(report) == [
        ("lineage-model-mismatch", f"{LINEAGE}/model_id", "/receipt/model_id"),
        objective("label_smoothing_bps"),
        contract("deterministic_shuffle_seed"),
        shares(TOKENS, 0, 1, 2),
        ("unknown-source", f"{ROWS}/2/source_ids/2", "/corpus/source_family_bindings/2/source_ids"),
    ]
    lines = {name: text(document).splitlines() for name, document in tree.items()}
    for finding in report.findings:
        sides: list[Finding | Related] = [finding, *finding.related]
        for side in sides:
            assert side.line is not None
            assert side.column is not None
            member = side.pointer.rpartition("/")[2]
            if not member.isdecimal():
                shown = f'"{member}": '
                line = lines[side.document][side.line - 1]
                assert line[: side.column - 1].endswith(shown)


def test_a_receipt_that_nobody_sealed_has_three_wrong_digests() -> None:
    tree = documents(*PILOT)
    tree["receipt"]["summary"] = "Other words."
    tree["receipt"]["replay_receipt"]["summary"] = "Other words."
    tree["receipt"]["checkpoint_lineage"]["promoted_checkpoint_label"] = "other"
    assert found(checked(tree)) == sorted([UNSEALED_REPLAY, UNSEALED_LINEAGE, UNSEALED])


def test_a_wrong_digest_is_told_with_the_right_one() -> None:
    tree = documents(*PILOT)
    right = tree["receipt"]["receipt_digest"]
    tree["receipt"]["receipt_digest"] = ZEROS
    (finding,) = checked(tree).findings
    assert (finding.expected, finding.actual) == (right, ZEROS)
    assert right in finding.message


def test_warnings_alone_decide_only_a_strict_verdict() -> None:
    tree = sealed(edited(documents(*PILOT), [replace(f"{REPLAY}/exact_replay_observed", False)]))
    plain, strict = checked(tree), checked(tree, strict=True)
    assert (plain.verdict, plain.errors, plain.warnings) == ("consistent", 0, 1)
    assert (strict.verdict, strict.errors, strict.warnings) == ("inconsistent", 0, 1)
    assert [finding.severity for finding in strict.findings] == ["warning"]


# Broken members.


@pytest.mark.parametrize(
    ("member", "skipped"),
    [
        ("/run_id", None),  # without it the config cannot be found: all that needs one is skipped
        ("/summary", {"receipt-digest-mismatch"}),
        ("/model_id", {"config-mismatch", "lineage-model-mismatch", "receipt-digest-mismatch"}),
        ("/objective_config/dataset_identity", {"objective-config-mismatch"}),
        (
            "/replay_receipt",
            {
                "replay-contract-mismatch",
                "replay-digest-mismatch",
                "replay-not-exact",
                "receipt-digest-mismatch",
            },
        ),
        ("/replay_receipt/summary", {"replay-digest-mismatch"}),
        ("/replay_receipt/exact_replay_observed", {"replay-digest-mismatch", "replay-not-exact"}),
        (
            "/replay_receipt/replay_digest",
            {"replay-digest-mismatch", "receipt-digest-mismatch"},
        ),
        (
            "/replay_receipt/deterministic_shuffle_seed",
            {"replay-contract-mismatch", "replay-digest-mismatch"},
        ),
        (
            "/checkpoint_lineage/promoted_checkpoint",
            {"checkpoint-family-mismatch", "lineage-digest-mismatch", "checkpoint-order"},
        ),
        (
            "/checkpoint_lineage/model_id",
            {"lineage-model-mismatch", "lineage-digest-mismatch"},
        ),
        (
            "/source_family_reports/3/split_name",
            {
                "duplicate-report-row",
                "unknown-split",
                "split-kind-mismatch",
                "unknown-source-family",
                "unknown-source",
                "incomplete-coverage",
                "share-total-mismatch",
                "family-cap-exceeded",
                "receipt-digest-mismatch",
            },
        ),
    ],
)
def test_rules_that_a_broken_member_would_trip_are_listed_as_skipped(
    member: str, skipped: set[str] | None
) -> None:
    tree = edited(documents(*PILOT), [replace(f"/receipt{member}", [])])
    report = checked(tree)
    assert report.verdict == "inconsistent"
    assert found(report) == [("schema-violation", f"/receipt{member}")]
    assert {each.document for each in report.skipped} == {"receipt"}
    if skipped is None:
        skipped = {each.rule for each in report.skipped}
        assert {"config-mismatch", "objective-config-mismatch", "incomplete-coverage"} <= skipped
        assert {"replay-digest-mismatch", "replay-not-exact", "share-total-mismatch"}.isdisjoint(skipped)
    assert {each.rule for each in report.skipped} == skipped
    assert all(each.reason for each in report.skipped)


def test_a_missing_member_skips_what_needs_it_and_nothing_else() -> None:
    tree = edited(
        documents(*PILOT),
        [remove(f"{REPLAY}/replay_digest"), replace("/receipt/objective_config/max_context_tokens", 1)],
    )
    report = checked(tree)
    assert found(report) == [objective("max_context_tokens"), ("schema-violation", REPLAY)]
    assert {each.rule for each in report.skipped} == {"replay-digest-mismatch", "receipt-digest-mismatch"}


def test_a_member_that_only_starts_like_another_skips_nothing() -> None:
    report = checked(edited(documents(*PILOT), [add("/receipt/summary2", 1), add("/receipt/run_ids", [])]))
    assert found(report) == [
        ("schema-violation", "/receipt/run_ids"),
        ("schema-violation", "/receipt/summary2"),
    ]
    assert report.skipped == ()


def test_what_stands_beside_a_broken_member_is_still_judged() -> None:
    tree = edited(
        documents(*PILOT),
        [
            replace("/receipt/dataset_identity", ""),
            replace("/receipt/sampling_policy_version", "5"),
            replace(f"{REPLAY}/stable_dataset_identity", "a|b"),
            replace(f"{REPLAY}/deterministic_shuffle_seed", 1),
        ],
    )
    assert found(checked(tree)) == [
        mismatch("sampling_policy_version"),
        contract("deterministic_shuffle_seed"),
        ("schema-violation", "/receipt/dataset_identity"),
        ("schema-violation", f"{REPLAY}/stable_dataset_identity"),
    ]


def test_an_accelerator_without_a_delivered_execution_is_refused() -> None:
    tree = sealed(edited(documents(*ACCELERATED), [remove(DELIVERED)]))
    report = checked(tree)
    assert found(report) == [("schema-violation", "/accelerated")]
    assert "delivered_execution" in report.findings[0].message


# Inputs that are wrong themselves.


def test_a_broken_input_makes_the_receipt_inconsistent_and_its_rules_skipped() -> None:
    tree = edited(documents(*PILOT), [replace("/corpus/splits/0/kind", "training")])
    report = checked(tree)
    assert report.verdict == "inconsistent"
    assert found(report) == [("schema-violation", "/corpus/splits/0/kind")]
    of_receipt = {each.rule for each in report.skipped if each.document == "receipt"}
    assert of_receipt == {
        "unknown-split",
        "split-kind-mismatch",
        "unknown-source-family",
        "unknown-source",
        "incomplete-coverage",
    }
    reasons = {each.reason for each in report.skipped if each.document == "receipt"}
    assert len(reasons) == 1
    assert "corpus" in reasons.pop()


def test_rules_that_need_no_broken_input_are_applied() -> None:
    tree = edited(
        documents(*PILOT),
        [
            replace("/corpus/splits/0/kind", "training"),
            replace(f"{ROWS}/0/{TOKENS}", 5188),
            replace("/receipt/objective_config/label_smoothing_bps", 0),
        ],
    )
    assert found(checked(sealed(tree))) == [
        objective("label_smoothing_bps"),
        ("schema-violation", "/corpus/splits/0/kind"),
        shares(TOKENS, 0, 1, 2),
    ]


@pytest.mark.parametrize("name", INPUTS)
def test_a_missing_input_is_an_unresolved_reference_and_never_a_pass(name: str) -> None:
    tree = {each: document for each, document in documents(*PILOT).items() if each != name}
    report = checked(tree)
    place = {"descriptor": "/model_id", "corpus": "/dataset_identity", "policy": "/sampling_policy_id"}[name]
    assert report.verdict == "inconsistent"
    assert found(report) == [("unresolved-reference", f"/config{place}")]
    assert report.skipped


# The cases themselves.

OWN = [name for name, rule in RULES.items() if rule.section == RECEIPT]
WITHOUT_ANOTHER_SIDE = {"unsafe-integer", "share-total-mismatch"}
"""A number is too large by itself; the shares of a split of one family are all of its shares."""


@pytest.mark.parametrize("rule", OWN)
def test_each_rule_on_receipts_has_an_accepted_and_two_rejected_cases(rule: str) -> None:
    right, wrong = counted(rule)
    assert right >= 1
    assert wrong >= 2


@pytest.mark.parametrize(
    "case", [case for rule in OWN for case in CASES.get(rule, [])], ids=lambda case: case.what
)
def test_every_finding_on_a_receipt_has_a_line_a_column_and_another_side(case: Case) -> None:
    for finding in checked(case.documents()).findings:
        assert finding.line
        assert finding.column
        assert finding.related or finding.rule in WITHOUT_ANOTHER_SIDE
        assert all(other.line and other.column for other in finding.related)


def test_the_canonical_runs_are_consistent_together() -> None:
    report = check_documents({name: text(each) for name, each in documents().items()}, strict=True)
    assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())
    assert len(report.documents) == 9
