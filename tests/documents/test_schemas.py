"""The schemas: sound, closed, described and without the network; who is valid, who is plain."""

from __future__ import annotations

import json
import random
import re
import socket
from collections.abc import Iterator
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import referencing.exceptions
from jiter import from_json
from support.canonical_sets import PILOT, as_text, documents
from support.json_texts import pairs
from support.random_documents import SUBJECTS, mutated, places

import psion_contract
from psion_contract import check_documents
from psion_contract.configuration import baseline, settings
from psion_contract.documents import kinds, schemas
from psion_contract.exceptions import SchemaError
from psion_contract.reading.pointers import child, parts, value_at
from psion_contract.resources import data_bytes
from tools.edits import drop, edited, put

NAMES = schemas.names()
RULES = "psion.rules.v1"
KEYWORDS = {
    "type", "const", "enum", "properties", "required", "additionalProperties", "items", "minItems",
    "uniqueItems", "minimum", "maximum", "minLength", "maxLength", "pattern", "not", "anyOf", "oneOf",
    "dependentSchemas", "if", "then", "$ref", "$defs", "title", "description", "$schema", "$id", "$comment",
}  # fmt: skip
"""Keywords that every complete validator in any language supports."""
ONE = {"additionalProperties", "items", "not", "if", "then"}
MANY = {"properties", "$defs", "dependentSchemas"}
LIST = {"anyOf", "oneOf"}
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


def test_every_kind_and_every_other_file_has_a_schema_and_there_is_no_other() -> None:
    others = {
        schemas.REPORT,
        RULES,
        settings.SCHEMA,
        baseline.SCHEMA,
        schemas.CORPUS_SIDECAR,
        schemas.POLICY_SIDECAR,
    }
    assert set(NAMES) == {*others, *kinds.KINDS}


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
        if holder == ["$defs"] or (holder == ["properties"] and "/dependentSchemas/" not in pointer):
            described = where.get("description", "")
            assert described or (name == RULES and "$ref" in where), pointer
            assert described == described.strip().rstrip("."), pointer  # a linter asks for it


@pytest.mark.parametrize("name", NAMES)
def test_every_object_is_closed_but_for_the_one_that_is_carried_along(name: str) -> None:
    for pointer, where in subschemas(schemas.schema(name)):
        if "properties" in where and "/dependentSchemas/" not in pointer:
            is_open = pointer.endswith("/ClusterExecution")
            assert where.get("additionalProperties") is is_open, pointer
        elif name != schemas.REPORT:
            assert "additionalProperties" not in where, pointer
        if "required" in where:
            assert set(where["required"]) <= set(where["properties"])


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_stands_alone_and_every_definition_is_used(name: str) -> None:
    used = {where["$ref"] for _, where in subschemas(schemas.schema(name)) if "$ref" in where}
    assert used == {f"#/$defs/{each}" for each in schemas.schema(name).get("$defs", ())}


def test_a_definition_has_the_name_of_a_type_and_one_meaning_in_all_schemas() -> None:
    """Types made from several schemas can share a module."""
    found: dict[str, Any] = {}
    for name in NAMES:
        for word, definition in schemas.schema(name).get("$defs", {}).items():
            assert re.fullmatch("([A-Z][a-z]*[0-9]*)+", word)
            assert found.setdefault(word, definition) == definition, (name, word)
    root = schemas.schema(kinds.RECEIPT.version)
    of_the_file = {"$schema", "$id", "title", "$defs"}
    assert found["PretrainStageReceipt"] == {key: root[key] for key in root if key not in of_the_file}


@pytest.mark.parametrize("name", NAMES)
def test_a_choice_is_between_a_definition_and_null_or_between_tagged_objects(name: str) -> None:
    for pointer, where in subschemas(schemas.schema(name)):
        if "anyOf" in where:
            assert len(where["anyOf"]) == 2 and where["anyOf"][1] == {"type": "null"}, pointer
        if "oneOf" in where:
            choices = [schemas.definition(name, each) for each in where["oneOf"]]
            tags = {next(iter(each["properties"])) for each in choices}
            assert len(tags) == 1, pointer
            (tag,) = tags
            words = {each["properties"][tag]["const"] for each in choices}
            assert len(words) == len(choices), pointer
            assert all(each["type"] == "object" and tag in each["required"] for each in choices), pointer


def test_the_schema_of_the_report_accepts_reports() -> None:
    report = check_documents(
        {"a": "{", **{name: as_text(each) for name, each in documents("receipt").items()}}
    )
    judge = jsonschema.Draft202012Validator(schemas.schema(schemas.REPORT))
    judge.validate(report.to_dict())
    assert not judge.is_valid({**report.to_dict(), "verdict": "good"})


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
    pattern, every_character = patterns.pop(), "".join(map(chr, range(0x110000)))
    assert set(map(ord, re.sub(pattern, "", every_character))) == white


# Nothing is fetched.


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that must not be called."""
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
        put("/config/$schema", url),
        put("/config/$ref", url),
        put("/receipt/objective_config/$ref", url),
        put("/accelerated/delivered_execution/cluster_execution/$ref", url),
        put("/accelerated/delivered_execution/cluster_execution/$schema", url),
        put("/policy/raw_source_schema_version", url),
    )
    report = check_documents({name: as_text(each) for name, each in tree.items()})
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
    with pytest.raises(Exception, match="is not a schema of this package, and nothing is retrieved"):
        schemas.validator.__wrapped__("foreign")
    assert not called(listener)


# What the package gives its users.


NAME_OF = {role: kind.version for role, kind in kinds.ROLES.items()} | {name: name for name in NAMES}


@pytest.mark.parametrize("kind", NAME_OF)
def test_a_schema_is_found_by_its_name_and_by_the_role_of_its_documents(kind: str) -> None:
    file = json.loads(data_bytes("schemas", f"{NAME_OF[kind]}.schema.json"))
    assert psion_contract.schema(kind) == file


def test_changing_what_the_package_gives_does_not_change_the_checker() -> None:
    psion_contract.schema("config").clear()
    registry = psion_contract.registry()
    for uri in registry:
        registry.contents(uri).clear()
    assert psion_contract.schema("config")["properties"]
    assert psion_contract.registry().contents(schemas.BASE + schemas.file_name(kinds.CONFIG.version))
    wrong = edited(documents(*PILOT), put("/config/run_id", 1))
    report = check_documents({name: as_text(each) for name, each in wrong.items()})
    assert "schema-violation" in {finding.rule for finding in report.findings}


@pytest.mark.parametrize("kind", ["recipt", "psion.pretrain_stage_recipt.v1"])
def test_an_unknown_kind_of_schema_raises_with_the_closest_name(kind: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(kind.replace("recipt", "receipt"))):
        psion_contract.schema(kind)


@pytest.mark.parametrize("kind", [3, None, b"receipt", ["receipt"]])
def test_a_kind_of_schema_is_a_string(kind: Any) -> None:
    with pytest.raises(TypeError, match=f"kind must be a string .*, not {type(kind).__name__}"):
        psion_contract.schema(kind)


def test_the_registry_has_every_schema_by_its_id_and_nothing_else() -> None:
    registry = psion_contract.registry()
    assert {uri: registry.contents(uri) for uri in registry} == {
        psion_contract.schema(name)["$id"]: psion_contract.schema(name) for name in NAMES
    }
    with pytest.raises(referencing.exceptions.Unresolvable):
        registry.resolver().lookup(schemas.BASE + "psion.other.v1.schema.json")


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_document_can_be_validated_with_jsonschema(subject: str) -> None:
    name, value = SUBJECTS[subject]
    validator = jsonschema.Draft202012Validator(
        psion_contract.schema(name), registry=psion_contract.registry()
    )
    validator.validate(value)
    assert not validator.is_valid({**value, "run_id": "|"})


# Optional members.


@pytest.mark.parametrize("subject", SUBJECTS)
def test_null_is_allowed_wherever_a_member_may_be_absent(subject: str) -> None:
    name, value = SUBJECTS[subject]
    for pointer in places(value):
        if isinstance(value_at(value, pointer.rpartition("/")[0]), list) or "/cluster_execution/" in pointer:
            continue
        if isinstance(value_at(value, pointer), list):  # the optional lists of a program may not be null
            assert not schemas.is_valid(name, edited({"d": value}, put(f"/d{pointer}", None))["d"]), pointer
            continue
        null = schemas.is_valid(name, edited({"d": value}, put(f"/d{pointer}", None))["d"])
        absent = schemas.is_valid(name, edited({"d": value}, drop(f"/d{pointer}"))["d"])
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

    def is_valid(number: int) -> bool:
        return schemas.is_valid(name, edited({"d": value}, put(f"/d{place}", number))["d"])

    assert is_valid(lowest)
    assert is_valid(highest)
    assert not is_valid(lowest - 1)
    assert not is_valid(highest + 1)


# Documents that need no second look.


@pytest.mark.parametrize("subject", ["descriptor", "corpus", "policy", "config"])
def test_a_plain_document_is_valid_and_holds_no_zero_no_fraction_and_no_large_number(subject: str) -> None:
    name, value = SUBJECTS[subject]
    value = json.loads(json.dumps(value, ensure_ascii=False).replace("β", "b"))  # identifiers are ASCII, too
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
        assert not schemas.is_plain(version, as_read(edited({"d": value}, put(f"/d{place}", number))["d"]))


def test_an_open_object_is_plain_only_without_further_members() -> None:
    receipt = documents("receipt")["receipt"]
    execution = {"runtime_backend": "b", "selected_devices": [{
        "stable_device_id": "d", "performance_class": "reference", "memory_class": "host_only",
    }]}  # fmt: skip
    name = receipt["schema_version"]
    assert schemas.is_plain(name, {**receipt, "delivered_execution": execution})
    cluster = documents("accelerated")["accelerated"]["delivered_execution"]["cluster_execution"]
    own = {member: cluster[member] for member in list(cluster)[:6]}
    values: tuple[Any, ...] = ({}, {"a": 1}, {"a": 1.5}, {"a": {"a": {}}})
    for carried in values:
        value = {**receipt, "delivered_execution": {**execution, "cluster_execution": {**own, **carried}}}
        assert schemas.is_valid(name, as_read(value)) if carried != {"a": 1.5} else True
        assert schemas.is_plain(name, as_read(value)) is (not carried)
