"""The schemas: sound, closed, described, without the network, and alike to two engines."""

from __future__ import annotations

import json
import random
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import referencing
import referencing.jsonschema
from bundle import add, documents, edited, replace, text
from jiter import from_json
from jsontexts import pairs

from psion_contract import check_documents
from psion_contract.documents import kinds, schemas
from psion_contract.reading.pointers import child, parts, value_at
from psion_contract.resources import data_path

NAMES = sorted(path.name.removesuffix(".schema.json") for path in Path(data_path("schemas")).glob("*.json"))
KEYWORDS = {
    "type", "const", "enum", "properties", "required", "additionalProperties", "items", "minItems",
    "uniqueItems", "minimum", "maximum", "minLength", "maxLength", "pattern", "not", "allOf", "if", "then",
    "$ref", "$defs", "title", "description", "$schema", "$id", "$comment",
}  # fmt: skip
"""What every serious validator in any language has."""
ONE = {"additionalProperties", "items", "not", "if", "then"}
MANY = {"properties", "$defs"}
LIST = {"allOf"}
ALL = 1_000_000
"""More violations than there are in any test."""

# The files.


def subschemas(where: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in a schema, with its pointer."""
    if not isinstance(where, dict):
        return
    yield pointer, where
    for keyword, value in where.items():
        below = child(pointer, keyword)
        if keyword in ONE:
            yield from subschemas(value, below)
        elif keyword in MANY | LIST:
            for key, each in pairs(value):
                yield from subschemas(each, child(below, key))


def test_every_kind_and_the_report_have_a_schema_and_there_is_no_other() -> None:
    assert set(NAMES) == {schemas.COMMON, schemas.REPORT, *kinds.KINDS}


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_against_the_metaschema(name: str) -> None:
    schema = schemas.schema(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema_rs.meta.validate(schema)


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_called_by_its_file_and_nothing_can_be_fetched_by_that_name(name: str) -> None:
    assert schemas.schema(name)["$id"] == f"https://psion-contract.example/schemas/{name}.schema.json"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_uses_only_keywords_that_every_validator_has(name: str) -> None:
    for pointer, where in subschemas(schemas.schema(name)):
        assert set(where) <= KEYWORDS, pointer


@pytest.mark.parametrize("name", NAMES)
def test_every_member_is_described(name: str) -> None:
    schema = schemas.schema(name)
    assert schema["title"]
    assert schema["description"]
    for pointer, where in subschemas(schema):
        holder = parts(pointer)[-2:-1]
        if holder == ["$defs"] or (
            holder == ["properties"] and "/if/" not in pointer and "/then/" not in pointer
        ):
            assert where.get("description", "").strip().endswith((".", "`")), pointer


@pytest.mark.parametrize("name", NAMES)
def test_every_object_is_closed_but_for_the_one_that_is_carried_along(name: str) -> None:
    for pointer, where in subschemas(schemas.schema(name)):
        if "properties" in where and not re.search("/(if|then)(/|$)", pointer) and "allOf" not in where:
            assert where.get("additionalProperties") is False, pointer
        elif "additionalProperties" in where and name != schemas.REPORT:
            assert where["additionalProperties"] is True
            assert pointer.endswith("/cluster_execution")
        if "required" in where:
            assert set(where["required"]) <= set(where["properties"])


@pytest.mark.parametrize("name", NAMES)
def test_a_reference_leads_to_a_definition_of_our_own(name: str) -> None:
    for pointer, where in subschemas(schemas.schema(name)):
        if "$ref" in where:
            file, _, target = where["$ref"].partition("#")
            referred = file.removesuffix(".schema.json") or name
            assert referred == name or referred in schemas.REFERRED_TO, pointer
            assert target == "" or target.startswith("/$defs/"), pointer
            assert isinstance(value_at(schemas.schema(referred), target), dict), pointer


@pytest.mark.parametrize("name", NAMES)
def test_every_definition_is_used(name: str) -> None:
    used = set()
    for each in NAMES:
        for _, where in subschemas(schemas.schema(each)):
            file, _, target = where.get("$ref", "").partition("#")
            used.add((file.removesuffix(".schema.json") or each, target))
    unused = [each for each in schemas.schema(name).get("$defs", ()) if (name, f"/$defs/{each}") not in used]
    assert unused == []


@pytest.mark.parametrize("name", NAMES)
def test_a_pattern_holds_no_escape_that_dialects_read_differently(name: str) -> None:
    for _, where in subschemas(schemas.schema(name)):
        pattern = where.get("pattern", "")
        assert "\\" not in pattern
        assert "(?" not in pattern
        assert not re.search(
            r"\[[^\]]*\[", pattern
        )  # a bracket inside a class is one thing here, another there
        re.compile(pattern)


def test_the_blank_pattern_is_every_character_that_is_unicode_white_space() -> None:
    white = {
        *range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F,
        0x3000,
    }  # fmt: skip
    patterns = {
        where["pattern"]
        for name in NAMES
        for _, where in subschemas(schemas.schema(name))
        if where.get("pattern", "").startswith("[^")
    }
    assert len(patterns) == 1
    pattern = re.compile(patterns.pop())
    blank = {code for code in range(0x110000) if not pattern.search(chr(code))}
    assert blank == white


# Nothing is fetched.


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that nobody may call."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def called(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def test_a_document_s_own_references_are_never_followed(listener: socket.socket) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/psion.pretrain_stage_config.v1.schema.json"
    tree = edited(
        documents(),
        [
            add("/config/$schema", url),
            add("/config/$ref", url),
            add("/receipt/objective_config/$ref", url),
            add("/accelerated/delivered_execution/cluster_execution/$ref", url),
            add("/accelerated/delivered_execution/cluster_execution/$schema", url),
            replace("/policy/raw_source_schema_version", url),
        ],
    )
    report = check_documents({name: text(each) for name, each in tree.items()})
    refused = [(each.document, each.pointer) for each in report.findings if each.rule == "schema-violation"]
    assert refused == [
        ("config", "/$schema"),
        ("config", "/$ref"),
        ("receipt", "/objective_config/$ref"),
    ]
    assert not called(listener)


@pytest.mark.parametrize(
    "reference",
    [
        "http://127.0.0.1:{port}/any.schema.json",
        "https://psion-contract.example/schemas/psion.sampling_policy.v1.schema.json",
        "psion.sampling_policy.v1.schema.json#/$defs/weight",
        "file:///etc/passwd",
        "../../../../etc/passwd",
        "urn:elsewhere",
    ],
)
def test_a_schema_that_refers_to_what_is_not_ours_is_refused(
    reference: str, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, port = schemas.schema, listener.getsockname()[1]
    foreign = {"$id": schemas.BASE + "foreign.schema.json", "$ref": reference.format(port=port)}
    monkeypatch.setattr(schemas, "schema", lambda name: foreign if name == "foreign" else real(name))
    with pytest.raises(Exception, match="is no schema of this package, and nothing is retrieved"):
        schemas.validator.__wrapped__("foreign")
    assert not called(listener)


# Two engines.


def reference_validator(name: str) -> jsonschema.Draft202012Validator:
    """The reference implementation, with our schemas and nothing else."""
    resources = [
        (
            schemas.BASE + schemas.file_name(each),
            referencing.jsonschema.DRAFT202012.create_resource(schemas.schema(each)),
        )
        for each in schemas.REFERRED_TO
    ]
    registry: Any = referencing.Registry().with_resources(resources)
    return jsonschema.Draft202012Validator(schemas.schema(name), registry=registry)


REFERENCE = {name: reference_validator(name) for name in kinds.KINDS}


def by_reference(name: str, value: Any) -> set[tuple[str, str]]:
    """Pointer and keyword of each error, as the reference implementation has it."""
    found = set()
    for error in REFERENCE[name].iter_errors(value):
        pointer = ""
        for part in error.absolute_path:
            pointer = child(pointer, part)
        found.add((pointer, str(error.validator)))
    return found


def by_ours(name: str, value: Any) -> set[tuple[str, str]]:
    """The same of ours; an unknown member is told at the object, as the reference implementation does."""
    return {
        (
            each.pointer.rpartition("/")[0] if each.keyword == "additionalProperties" else each.pointer,
            each.keyword,
        )
        for each in schemas.violations(name, value, ALL)
    }


PROGRAM = {
    "run_id": "r",
    "checkpoint_family": "f",
    "stages": [
        {
            "stage_id": "r-stage-1-general_sft",
            "kind": "general_sft",
            "environment": {"environment_ref": "e", "version": "1"},
            "status": "active",
            "base_checkpoint": None,
            "ingested_traces": [
                {
                    "run_id": "r",
                    "stage_id": "r-stage-1-general_sft",
                    "trace_id": "t",
                    "trace_kind": "tool_call",
                    "lineage_digest": "l",
                    "accepted_at_ms": 1,
                }
            ],
            "pretrain_runs": [],
        }
    ],
    "completions": None,
    "transitions": [
        {
            "run_id": "r",
            "next_stage_id": "r-stage-1-general_sft",
            "next_stage_kind": "general_sft",
            "transitioned_at_ms": 1,
            "transition_digest": "0" * 64,
        }
    ],
}


def subjects() -> dict[str, tuple[str, Any]]:
    """The documents that mutations start from, with the names of their schemas; cut down, for speed."""
    found = documents("descriptor", "corpus", "policy", "config", "resumed", "accelerated")
    layout = found["descriptor"]["checkpoint_contract"]["tensor_layout"]
    blocks = {"elements_per_block": 32, "bytes_per_block": 18, "block_count": 9}
    layout[0] |= {"quantization": "ggml_q4_0", "quantized_layout": blocks}
    for rows in (
        layout,
        *(found["corpus"][name] for name in ("splits", "shards", "source_family_bindings")),
        *(each for each in found["policy"].values() if isinstance(each, list)),
        *(found[name]["source_family_reports"] for name in ("resumed", "accelerated")),
    ):
        del rows[2:]
    named = {name: (each["schema_version"], each) for name, each in found.items()}
    return {**named, "program": (kinds.PROGRAM.version, PROGRAM)}


SUBJECTS = subjects()

DIGEST = "0123456789abcdef" * 4
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 9999, 10000, 10001, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1, 2**64, 2**70,
    0.5, 2.0, "", " ", "\t\n\u3000\u2028\u0085", "\u200b", "a|b", "|", "a\nb", "a\tb", "\x00", "\x7f", "\x9f",
    "\ufeff", "pretrain", "train", "F32", "none", DIGEST, DIGEST.upper(), DIGEST[:-1],
    DIGEST + "0", DIGEST[:-1] + "g",
    "\u0660" * 64, [], {}, [[]], [{}], ["a", "a"], ["a", "b", "a"], [1, 1], [1, True], [{}, {}], [None],
    {"kind": "replica"}, {"kind": "replica", "replica_index": 1}, {"kind": "layer_range"},
    {"kind": "whole_model"}, {"kind": "other", "axis": 1}, {"dims": [1]}, "x" * 300,
)  # fmt: skip


def places(value: Any, pointer: str = "") -> Iterator[str]:
    """Every place below a value."""
    if isinstance(value, (dict, list)):
        for key, item in pairs(value):
            yield child(pointer, key)
            yield from places(item, child(pointer, key))


def mutated(value: Any, dice: random.Random) -> Any:
    """A copy with one to three things changed somewhere."""
    copy = json.loads(json.dumps(value))
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        pointer = dice.choice(list(places(copy)) or [""])
        holder, last = value_at(copy, pointer.rpartition("/")[0]), parts(pointer)[-1] if pointer else ""
        if not isinstance(holder, (dict, list)) or not pointer:
            continue
        key: Any = int(last) if isinstance(holder, list) else last
        match dice.choice(("value", "value", "value", "drop", "extra", "double")):
            case "value":
                holder[key] = json.loads(json.dumps(dice.choice(VALUES)))
            case "drop":
                del holder[key]
            case "extra" if isinstance(holder, dict):
                holder[dice.choice(("$ref", "x", "run_ids", key + "_"))] = dice.choice(VALUES)
            case "double" if isinstance(holder, list):
                holder.append(holder[key])
    return copy


@pytest.mark.parametrize("subject", SUBJECTS)
def test_both_engines_accept_the_canonical_documents(subject: str) -> None:
    name, value = SUBJECTS[subject]
    assert REFERENCE[name].is_valid(value)
    assert schemas.is_valid(name, value)
    assert by_reference(name, value) == by_ours(name, value) == set()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_both_engines_find_the_same_in_hundreds_of_mutations(subject: str) -> None:
    name, value = SUBJECTS[subject]
    dice = random.Random(subject)
    refused = 0
    for _ in range(200):
        mutation = mutated(value, dice)
        ours, theirs = by_ours(name, mutation), by_reference(name, mutation)
        assert ours == theirs, json.dumps(mutation)
        assert schemas.is_valid(name, mutation) is not bool(ours)
        refused += bool(ours)
    assert refused > 100


def test_a_line_feed_behind_a_digest_is_refused_by_both_engines_for_different_keywords() -> None:
    name, value = SUBJECTS["config"]
    mutation = {**value, "model_descriptor_digest": DIGEST + "\n"}
    assert by_reference(name, mutation) == {("/model_descriptor_digest", "maxLength")}
    assert by_ours(name, mutation) == {
        ("/model_descriptor_digest", "maxLength"),
        ("/model_descriptor_digest", "pattern"),
    }


# What a violation says.


def violations(subject: str, *operations: dict[str, Any]) -> list[schemas.Violation]:
    name, value = SUBJECTS[subject]
    return schemas.violations(name, edited({"d": value}, operations)["d"], ALL)


@pytest.mark.parametrize(
    ("subject", "place", "value", "keyword", "said"),
    [
        ("config", "/run_id", 1, "type", ["1 is of type integer", "must be of type string"]),
        ("config", "/objective_config", None, "type", ["null", "object"]),
        ("config", "/stage_kind", "rl", "const", ['"rl"', 'only "pretrain"']),
        ("resumed", "/replay_receipt/iteration_mode", "loop", "enum", ['"loop"', '"single_pass", "repeat"']),
        ("resumed", "/replay_receipt/successful_replays", 0, "minimum", ["0 is out of range", "at least 1"]),
        ("resumed", "/replay_receipt/successful_replays", 65536, "maximum", ["65536", "at most 65535"]),
        ("resumed", "/source_family_reports", [], "minItems", ["0 items", "at least 1"]),
        (
            "resumed",
            "/source_family_reports/0/source_ids",
            ["b", "a", "b"],
            "uniqueItems",
            ['"b" more than once'],
        ),
        ("config", "/run_id", "\u3000", "pattern", ["blank"]),
        ("config", "/run_id", "a|b", "not", ["U+007C at character 2", "digests are made of"]),
        ("config", "/run_id", "ab\x1b", "not", ["U+001B at character 3", "control character"]),
        ("resumed", "/summary", "a\rb", "not", ["U+000D at character 2"]),
        ("config", "/model_descriptor_digest", "A" * 64, "pattern", ["no digest", "64 lower-case"]),
        ("config", "/model_descriptor_digest", "ab", "minLength", ["no digest", "64 lower-case"]),
    ],
)
def test_a_violation_says_what_stands_there_and_what_would_be_right(
    subject: str, place: str, value: Any, keyword: str, said: list[str]
) -> None:
    found = {each.keyword: each for each in violations(subject, replace(f"/d{place}", value))}
    violation = found[keyword]
    assert violation.pointer == violation.touches == place
    assert violation.actual == value
    for words in said:
        assert words in violation.message
    assert violation.message.isprintable()


def test_a_missing_member_is_told_at_its_object_and_touches_the_member() -> None:
    (violation,) = violations("config", {"op": "remove", "path": "/d/objective_config/dataset_identity"})
    assert (violation.pointer, violation.touches, violation.keyword, violation.actual) == (
        "/objective_config",
        "/objective_config/dataset_identity",
        "required",
        None,
    )
    assert '"dataset_identity" is missing' in violation.message


def test_an_unknown_member_is_told_where_it_stands_with_the_nearest_known_one() -> None:
    near, far = violations(
        "resumed", add("/d/checkpoint_lineage/modell_id", "m"), add("/d/replay_receipt/xyz~0~1", [1])
    )
    if near.pointer.startswith("/replay_receipt"):
        near, far = far, near
    assert (near.pointer, near.touches, near.keyword, near.actual) == (
        "/checkpoint_lineage/modell_id",
        "/checkpoint_lineage/modell_id",
        "additionalProperties",
        "m",
    )
    assert near.message.endswith('no member "modell_id" here; did you mean "model_id"?')
    assert (far.pointer, far.actual) == ("/replay_receipt/xyz~0~1", [1])
    assert far.message.endswith('no member "xyz~/" here')


def test_every_violation_of_a_document_is_told() -> None:
    found = violations(
        "config",
        replace("/d/run_id", ""),
        replace("/d/stage_id", 1),
        add("/d/extra", 1),
        replace("/d/objective_config/max_context_tokens", 0),
        {"op": "remove", "path": "/d/model_id"},
    )
    assert {(each.pointer, each.keyword) for each in found} == {
        ("/run_id", "pattern"),
        ("/stage_id", "type"),
        ("/extra", "additionalProperties"),
        ("/objective_config/max_context_tokens", "minimum"),
        ("", "required"),
    }


def test_a_list_of_violations_ends_where_it_is_told_to() -> None:
    name, value = SUBJECTS["resumed"]
    value = {**value, "source_family_reports": [0] * 50}
    assert len(schemas.violations(name, value, ALL)) == 50
    assert 10 < len(schemas.violations(name, value, 10)) < 50


@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_mutation_has_a_violation_without_words_of_its_own(subject: str) -> None:
    name, value = SUBJECTS[subject]
    dice = random.Random(f"words of {subject}")
    for _ in range(200):
        for each in schemas.violations(name, mutated(value, dice), ALL):
            assert "fails the keyword" not in each.message
            assert each.message.isprintable()
            assert len(each.message) < 600


# Optional members.


@pytest.mark.parametrize("subject", SUBJECTS)
def test_null_may_stand_wherever_a_member_may_be_left_out(subject: str) -> None:
    name, value = SUBJECTS[subject]
    for pointer in places(value):
        if isinstance(value_at(value, pointer.rpartition("/")[0]), list) or "/cluster_execution/" in pointer:
            continue
        null = schemas.is_valid(name, edited({"d": value}, [replace(f"/d{pointer}", None)])["d"])
        absent = schemas.is_valid(name, edited({"d": value}, [{"op": "remove", "path": f"/d{pointer}"}])["d"])
        assert null is absent, pointer


# Ranges.

U32, U64 = 2**32 - 1, 2**64 - 1


@pytest.mark.parametrize(
    ("subject", "place", "lowest", "highest"),
    [
        ("config", "/objective_config/label_smoothing_bps", 0, 10000),
        ("config", "/objective_config/max_context_tokens", 1, U64),
        ("resumed", "/source_family_reports/0/token_share_bps_within_split", 0, 10000),
        ("resumed", "/source_family_reports/0/sequence_share_bps_within_split", 0, 10000),
        ("resumed", "/source_family_reports/0/mean_next_token_loss_milli", 0, U32),
        ("resumed", "/replay_receipt/deterministic_shuffle_seed", 0, U64),
        ("resumed", "/replay_receipt/successful_replays", 1, 65535),
        ("resumed", "/checkpoint_lineage/promoted_checkpoint/membership_epoch", 0, U64),
        ("resumed", "/checkpoint_lineage/base_checkpoint/step", 0, U64),
        ("accelerated", "/accelerator_execution/optimizer_steps_completed", 1, U32),
        ("accelerated", "/accelerator_execution/mean_step_latency_ms", 1, U64),
        ("accelerated", "/delivered_execution/selected_devices/0/total_memory_bytes", 0, U64),
        ("accelerated", "/delivered_execution/execution_topology/assignments/0/partition/end_layer", 0, U64),
        ("descriptor", "/config/hidden_size", 1, U64),
        ("descriptor", "/config/block/attention/kv_head_count", 1, U64),
        ("descriptor", "/tokenizer_binding/vocab_size", 1, U64),
        ("descriptor", "/checkpoint_contract/tensor_layout/0/shape/dims/0", 0, U64),
        ("descriptor", "/checkpoint_contract/tensor_layout/0/quantized_layout/block_count", 0, U64),
        ("descriptor", "/parameter_count_estimate", 0, U64),
        ("corpus", "/tokenizer/vocab_size", 0, U32),
        ("corpus", "/packing_policy/max_sequence_tokens", 1, U32),
        ("corpus", "/splits/0/token_count", 0, U64),
        ("corpus", "/shards/0/token_count", 1, U64),
        ("corpus", "/shards/0/min_sequence_tokens", 1, U32),
        ("policy", "/maximum_code_token_ratio_bps", 0, 10000),
        ("policy", "/source_family_weights/0/sampling_weight_bps", 1, 10000),
        ("policy", "/repetitive_region_controls/0/downweight_multiplier_bps", 1, 9999),
        ("policy", "/content_class_token_share_report/0/observed_token_share_bps", 0, 10000),
        ("program", "/stages/0/ingested_traces/0/accepted_at_ms", 0, U64),
        ("program", "/transitions/0/transitioned_at_ms", 0, U64),
    ],
)
def test_an_integer_may_be_as_small_and_as_large_as_the_contract_says(
    subject: str, place: str, lowest: int, highest: int
) -> None:
    name, value = SUBJECTS[subject]

    def keyword(number: int) -> list[str]:
        found = schemas.violations(name, edited({"d": value}, [replace(f"/d{place}", number)])["d"], ALL)
        return [each.keyword for each in found if each.pointer == place]

    assert keyword(lowest) == keyword(highest) == []
    assert keyword(lowest - 1) == ["minimum"]
    assert keyword(highest + 1) == ["maximum"]


# The order of members.


@pytest.mark.parametrize("subject", SUBJECTS)
def test_contract_order_does_not_depend_on_the_order_of_members(subject: str) -> None:
    name, value = SUBJECTS[subject]
    dice = random.Random(subject)
    ordered = json.dumps(schemas.in_contract_order(name, value))
    for _ in range(20):
        assert json.dumps(schemas.in_contract_order(name, shuffled(value, dice))) == ordered


def shuffled(value: Any, dice: random.Random) -> Any:
    """The same with the members of every object in another order, but for the open one."""
    if isinstance(value, dict):
        members = [
            (key, item if key == "cluster_execution" else shuffled(item, dice)) for key, item in value.items()
        ]
        dice.shuffle(members)
        return dict(members)
    return [shuffled(item, dice) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("subject", SUBJECTS)
def test_contract_order_leaves_out_nulls_and_keeps_everything_else(subject: str) -> None:
    name, value = SUBJECTS[subject]
    ordered = schemas.in_contract_order(name, value)
    assert ordered == without_nulls(value)


def without_nulls(value: Any) -> Any:
    """The same without members that are null, but for those of the open object."""
    if isinstance(value, dict):
        return {
            key: item if key == "cluster_execution" else without_nulls(item)
            for key, item in value.items()
            if item is not None
        }
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


# Documents that need no second look.


@pytest.mark.parametrize("subject", ["descriptor", "corpus", "policy", "config"])
def test_a_plain_document_is_valid_and_holds_no_zero_no_fraction_and_no_large_number(subject: str) -> None:
    name, value = SUBJECTS[subject]
    dice = random.Random(f"plain {subject}")
    plain = 0
    for _ in range(400):
        mutation = mutated(value, dice)
        if schemas.is_plain(name, as_read(mutation)):
            plain += 1
            assert schemas.is_valid(name, mutation)
            for place in places(mutation):
                number = value_at(mutation, place)
                assert type(number) is not float
                assert type(number) is not int or 1 <= number < 2**53
                assert place.count("/") < 32
    assert 10 <= plain <= 200


def as_read(value: Any) -> Any:
    """The value as the reader gets it from the parser, numbers with a fraction kept as text."""
    return from_json(json.dumps(value).encode(), float_mode="lossless-float")


@pytest.mark.parametrize("number", [1.0, 0.5, 0, -1, 2**53, 2**64])
def test_a_number_that_needs_a_second_look_is_never_plain(number: float) -> None:
    for name, place in (
        ("config", "/objective_config/max_context_tokens"),
        ("policy", "/maximum_code_token_ratio_bps"),
    ):
        version, value = SUBJECTS[name]
        assert schemas.is_plain(version, value)
        assert not schemas.is_plain(
            version, as_read(edited({"d": value}, [replace(f"/d{place}", number)])["d"])
        )


def test_an_open_object_is_never_plain() -> None:
    receipt = documents("receipt")["receipt"]
    execution = {"runtime_backend": "b", "selected_devices": [{
        "stable_device_id": "d", "performance_class": "reference", "memory_class": "host_only",
    }]}  # fmt: skip
    name = receipt["schema_version"]
    assert schemas.is_plain(name, {**receipt, "delivered_execution": execution})
    values: tuple[Any, ...] = ({"a": 1.5}, {"a": {"a": {}}})
    for carried in values:
        assert not schemas.is_plain(
            name, {**receipt, "delivered_execution": {**execution, "cluster_execution": carried}}
        )
