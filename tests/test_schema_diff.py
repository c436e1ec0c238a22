"""Comparing schemas: what a change breaks, for whom, and a document that shows it.

Every document that is printed is judged again, by the reference implementation and by the files as they
stand: valid under the one schema, invalid under the other.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
import referencing.jsonschema
from conftest import Command

from psion_contract import canonical, schemas
from psion_contract.conformance.sources.editing import Edit, append, drop, put
from psion_contract.pointers import value_at
from psion_contract.schema_tools import catalog
from psion_contract.schema_tools.catalog import Loaded, Schema, SchemaError, load
from psion_contract.schema_tools.diff import Change, Comparison, diff
from psion_contract.schema_tools.fitting import MISSING
from psion_contract.schema_tools.shown import shown

CONFIG = "psion.pretrain_stage_config.v1"
RECEIPT = "psion.pretrain_stage_receipt.v1"
CORPUS = "psion.tokenized_corpus_manifest.v1"
POLICY = "psion.sampling_policy.v1"
PROGRAM = "psion.training_stage_program.v1"
COMMON = "psion.common.v1"
PARTITION = "/delivered_execution/execution_topology/assignments/*/partition"


def without(pointer: str, word: str) -> Edit:
    """Take a word out of a list."""
    return lambda schema: value_at(schema, pointer).remove(word)


def edited(name: str, *edits: Edit) -> Loaded:
    """A shipped schema with changes."""
    schema = deepcopy(schemas.schema(name))
    for edit in edits:
        edit(schema)
    return Loaded("edited", schema, load(name).fetch)


def from_schemas(*found: Schema) -> tuple[Loaded, ...]:
    return tuple(Loaded(f"schema {number}", schema, catalog.shipped) for number, schema in enumerate(found))


@cache
def registry() -> Any:
    """The shipped schemas, looked through once: the reference implementation would do so for every reference."""
    found = [(schemas.schema(name)["$id"], schemas.schema(name)) for name in catalog.names()]
    resources = [(uri, referencing.jsonschema.DRAFT202012.create_resource(each)) for uri, each in found]
    empty: Any = referencing.Registry()
    return empty.with_resources(resources).crawl()


def reference(loaded: Loaded, definition: str = "") -> jsonschema.Draft202012Validator:
    """The reference implementation, which follows references by itself."""
    given = loaded.root
    if definition:
        given = {"$ref": f"#/$defs/{definition}", "$defs": given["$defs"], "$id": given["$id"]}
    return jsonschema.Draft202012Validator(given, registry=registry())


def compared(old: Loaded, new: Loaded) -> Comparison:
    """Compare, and have every document that comes of it judged again."""
    comparison = diff(old, new)
    for change in comparison.changes:
        definition = change.pointer.split("/")[2] if change.pointer.startswith("#/$defs/") else ""
        before, after = reference(old, definition), reference(new, definition)
        if change.producers:
            assert before.is_valid(change.producers.document), change
            assert not after.is_valid(change.producers.document), change
        if change.consumers:
            assert after.is_valid(change.consumers.document), change
            assert not before.is_valid(change.consumers.document), change
        for witness in filter(None, (change.producers, change.consumers)):
            assert witness.value is MISSING or value_at(witness.document, witness.pointer) == witness.value
        found = change.producers or change.consumers
        assert (change.verdict == "breaking") is (found is not None)
    return comparison


def told(changes: list[Change]) -> list[tuple[str, str, str]]:
    """Where each change is, of which keyword, and for whom it breaks something."""
    return [
        (
            change.pointer,
            change.keyword,
            {(True, False): "producers", (False, True): "consumers", (True, True): "both"}.get(
                (bool(change.producers), bool(change.consumers)), change.verdict
            ),
        )
        for change in changes
    ]


NOTE = {"description": "A note.", "type": "string", "minLength": 1}
EXPERTS = {
    "if": {"properties": {"kind": {"const": "experts"}}, "required": ["kind"]},
    "then": {
        "properties": {"kind": {"const": "experts"}, "count": {"type": "integer", "minimum": 3}},
        "required": ["kind", "count"],
        "additionalProperties": False,
    },
}

CASES: dict[str, tuple[str, list[Edit], list[tuple[str, str, str]]]] = {
    "a member must be there": (
        RECEIPT,
        [append("/required", "delivered_execution")],
        [("/delivered_execution", "required", "producers")],
    ),
    "a member may be absent": (
        CONFIG,
        [without("/required", "run_id")],
        [("/run_id", "required", "consumers")],
    ),
    "an optional member is new": (
        CONFIG,
        [put("/properties/note", NOTE)],
        [("/note", "additionalProperties", "consumers")],
    ),
    "a required member is new": (
        CONFIG,
        [put("/properties/note", NOTE), append("/required", "note")],
        [("/note", "additionalProperties", "consumers"), ("/note", "required", "producers")],
    ),
    "a member is gone": (
        CONFIG,
        [drop("/properties/sampling_policy_version"), without("/required", "sampling_policy_version")],
        [
            ("/sampling_policy_version", "additionalProperties", "producers"),
            ("/sampling_policy_version", "required", "consumers"),
        ],
    ),
    "a member of an item is gone": (
        CORPUS,
        [drop("/$defs/shard/properties/storage_ref"), without("/$defs/shard/required", "storage_ref")],
        [
            ("/shards/*/storage_ref", "additionalProperties", "producers"),
            ("/shards/*/storage_ref", "required", "consumers"),
        ],
    ),
    "a closed object is opened": (
        POLICY,
        [drop("/$defs/regression_threshold/additionalProperties")],
        [("/regression_thresholds/*/unlisted_member", "additionalProperties", "consumers")],
    ),
    "an open object is closed": (
        RECEIPT,
        [put("/$defs/optional_delivered_execution/properties/cluster_execution/additionalProperties", False)],
        [("/delivered_execution/cluster_execution/unlisted_member", "additionalProperties", "producers")],
    ),
    "a new member of an open object is restricted": (
        RECEIPT,
        [put("/$defs/optional_delivered_execution/properties/cluster_execution/properties", {"note": NOTE})],
        [("/delivered_execution/cluster_execution/note", "type", "producers"),
         ("/delivered_execution/cluster_execution/note", "minLength", "producers")],
    ),
    "a constant is another": (
        CONFIG,
        [put("/properties/stage_kind/const", "rl")],
        [("/stage_kind", "enum", "producers"), ("/stage_kind", "enum", "consumers")],
    ),
    "a constant is any identifier": (
        CONFIG,
        [drop("/properties/stage_kind/const")],
        [("/stage_kind", "enum", "consumers")],
    ),
    "a word is new": (
        CORPUS,
        [append("/$defs/packing_policy/properties/packing_mode/enum", "by_document")],
        [("/packing_policy/packing_mode", "enum", "consumers")],
    ),
    "a word is gone": (
        CORPUS,
        [without("/$defs/packing_policy/properties/packing_mode/enum", "batch_by_token_budget")],
        [("/packing_policy/packing_mode", "enum", "producers")],
    ),
    "words are all that may stand there": (
        CONFIG,
        [put("/properties/model_id", {"description": "X.", "enum": ["a", "b"]})],
        [("/model_id", "enum", "producers"), ("/model_id", "pattern", "harmless"), ("/model_id", "not", "harmless")],
    ),
    "another type": (
        CONFIG,
        [put("/properties/model_id", {"description": "X.", "type": "integer"})],
        [("/model_id", "type", "both")],
    ),
    "null is let in": (
        POLICY,
        [put("/properties/regression_thresholds/type", ["array", "null"])],
        [("/regression_thresholds", "type", "consumers")],
    ),
    "null is kept out": (
        PROGRAM,
        [put("/properties/completions/type", "array")],
        [("/completions", "type", "producers")],
    ),
    "a range is narrower at its end": (
        POLICY,
        [put("/$defs/repetitive_region_control/properties/downweight_multiplier_bps/maximum", 5000)],
        [("/repetitive_region_controls/*/downweight_multiplier_bps", "maximum", "producers")],
    ),
    "a range is wider at its start": (
        POLICY,
        [put("/$defs/repetitive_region_control/properties/downweight_multiplier_bps/minimum", 0)],
        [("/repetitive_region_controls/*/downweight_multiplier_bps", "minimum", "consumers")],
    ),
    "a range has no end": (
        POLICY,
        [drop("/$defs/repetitive_region_control/properties/downweight_multiplier_bps/maximum")],
        [("/repetitive_region_controls/*/downweight_multiplier_bps", "maximum", "consumers")],
    ),
    "a list may be empty": (
        POLICY,
        [put("/properties/source_contribution_caps/minItems", 0)],
        [("/source_contribution_caps", "minItems", "consumers")],
    ),
    "a list must be longer": (
        POLICY,
        [put("/properties/source_contribution_caps/minItems", 12)],
        [("/source_contribution_caps", "minItems", "producers")],
    ),
    "a list must be shorter": (
        POLICY,
        [put("/properties/source_contribution_caps/maxItems", 1)],
        [("/source_contribution_caps", "maxItems", "producers")],
    ),
    "items are of another type": (
        CORPUS,
        [put("/$defs/split/properties/shard_ids/items", {"type": "integer"}),
         drop("/$defs/split/properties/shard_ids/$ref")],
        [("/splits/*/shard_ids", "type", "consumers"), ("/splits/*/shard_ids", "minItems", "consumers"),
         ("/splits/*/shard_ids", "uniqueItems", "consumers"), ("/splits/*/shard_ids/*", "type", "both")],
    ),
    "another kind of partition": (
        RECEIPT,
        [append("/$defs/partition/properties/kind/enum", "experts"), append("/$defs/partition/allOf", EXPERTS)],
        [(f"{PARTITION}/kind", "enum", "consumers")],
    ),
    "a kind of partition is gone": (
        RECEIPT,
        [without("/$defs/partition/properties/kind/enum", "replica"), drop("/$defs/partition/allOf/1")],
        [(f"{PARTITION}/kind", "enum", "producers")],
    ),
    "a kind of partition has another member": (
        RECEIPT,
        [put("/$defs/layer_range_partition/properties/note", NOTE)],
        [(f"{PARTITION}/note", "additionalProperties", "consumers")],
    ),
    "a condition is gone": (
        RECEIPT,
        [drop("/if"), drop("/then")],
        [("/delivered_execution", "required", "consumers"), ("/delivered_execution", "type", "consumers")],
    ),
    "a condition is another": (
        RECEIPT,
        [put("/if/properties/accelerator_execution/type", ["object", "null"])],
        [("", "if", "producers")],
    ),
    "something is required under another condition": (
        RECEIPT,
        [put("/else", {"required": ["accelerator_execution"]})],
        [("/accelerator_execution", "required", "producers")],
    ),
    "members in another order": (
        CONFIG,
        [lambda schema: schema.update(properties=dict(reversed(schema["properties"].items())))],
        [("", "properties", "undecided")],
    ),
    "an identifier may hold anything": (
        COMMON,
        [drop("/$defs/identifier/not")],
        [("#/$defs/identifier", "not", "consumers"), ("#/$defs/distinct_identifiers/*", "not", "consumers"),
         *((f"#/$defs/{definition}/{member}", "not", "consumers") for definition, member in (
             ("objective_config", "dataset_identity"),
             *((each, member)
               for each in ("checkpoint_reference_members", "checkpoint_reference", "optional_checkpoint_reference")
               for member in ("checkpoint_family", "stream_id", "manifest_digest", "object_digest",
                              "writer_node_id", "cluster_state_digest", "topology_digest")),
         ))],
    ),
    "a digest may be in capitals": (
        COMMON,
        [put("/$defs/digest/pattern", "^[0-9a-fA-F]{64}$")],
        [("#/$defs/digest", "pattern", "consumers"),
         ("#/$defs/objective_config/tokenizer_binding_digest", "pattern", "consumers")],
    ),
    "a digest is shorter": (
        COMMON,
        [put("/$defs/digest", {"type": "string", "minLength": 40, "maxLength": 40})],
        [(pointer, keyword, whom)
         for pointer in ("#/$defs/digest", "#/$defs/objective_config/tokenizer_binding_digest")
         for keyword, whom in (("minLength", "consumers"), ("maxLength", "producers"), ("pattern", "consumers"))],
    ),
    "ids may repeat": (
        COMMON,
        [put("/$defs/distinct_identifiers/uniqueItems", False)],
        [("#/$defs/distinct_identifiers", "uniqueItems", "consumers")],
    ),
    "a format": (
        CONFIG,
        [put("/properties/run_id/format", "email")],
        [("/run_id", "format", "undecided")],
    ),
    "a format where only some values can stand": (
        CONFIG,
        [put("/properties/stage_kind/format", "email")],
        [("/stage_kind", "format", "undecided")],
    ),
    "another $id": (
        CONFIG,
        [put("/$id", schemas.BASE + "other.schema.json")],
        [("#/$id", "$id", "undecided")],
    ),
    "no $schema": (COMMON, [drop("/$schema")], [("#/$schema", "$schema", "undecided")]),
    "a definition is gone": (
        COMMON,
        [drop("/$defs/positive_bps")],
        [("#/$defs/positive_bps", "$defs", "undecided")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_a_change_is_told_with_whom_it_breaks(what: str) -> None:
    name, edits, expected = CASES[what]
    comparison = compared(load(name), edited(name, *edits))
    assert told(comparison.changes) == expected
    assert comparison.breaks


@pytest.mark.parametrize("what", CASES)
def test_the_way_back_breaks_the_others(what: str) -> None:
    name, edits, expected = CASES[what]
    comparison = compared(edited(name, *edits), load(name))
    if what == "a definition is gone":
        assert told(comparison.changes) == []
        return
    other = {"producers": "consumers", "consumers": "producers"}
    back = {(pointer, keyword, other.get(whom, whom)) for pointer, keyword, whom in expected}
    assert set(told(comparison.changes)) == back


HARMLESS: dict[str, tuple[str, list[Edit], list[tuple[str, str]]]] = {
    "nothing": (CONFIG, [], []),
    "another description": (
        CONFIG,
        [put("/properties/run_id/description", "Another."), put("/title", "Another.")],
        [("/", "title changed"), ("/properties/run_id", "description changed")],
    ),
    "a comment": (COMMON, [drop("/$defs/digest/$comment")], [("/$defs/digest", "$comment is gone")]),
    "every annotation": (
        CONFIG,
        [put(f"/properties/run_id/{keyword}", "other") for keyword in (
            "$comment", "default", "contentEncoding", "contentMediaType")]
        + [put("/properties/run_id/examples", ["x"]), put("/properties/run_id/contentSchema", {"type": "null"})]
        + [put(f"/properties/run_id/{keyword}", True) for keyword in ("deprecated", "readOnly", "writeOnly")],
        [("/properties/run_id", f"{keyword} is new") for keyword in (
            "$comment", "default", "contentEncoding", "contentMediaType",
            "examples", "contentSchema", "deprecated", "readOnly", "writeOnly")],
    ),
    "a definition has another name": (
        POLICY,
        [
            lambda schema: schema["$defs"].update(kind_of_text=schema["$defs"].pop("content_class")),
            put("/$defs/source_family_weight/properties/content_class/$ref", "#/$defs/kind_of_text"),
            put("/$defs/content_class_token_share/properties/content_class/$ref", "#/$defs/kind_of_text"),
        ],
        [("/$defs/content_class", "the definition is now called kind_of_text")],
    ),
    "a definition is written out": (
        POLICY,
        [
            lambda schema: schema["properties"].update(
                maximum_code_token_ratio_bps={"type": "integer", "minimum": 0, "maximum": 10000}
            ),
        ],
        [("/properties/maximum_code_token_ratio_bps", "description is gone")],
    ),
    "a definition that nothing refers to": (
        CONFIG,
        [put("/$defs", {"unused": {"type": "null"}})],
        [("/$defs/unused", "the definition is new")],
    ),
    "required in another order": (CONFIG, [lambda schema: schema["required"].reverse()], []),
    "a constant as an enumeration of one": (
        CONFIG,
        [put("/properties/stage_kind", {"description": "X.", "enum": ["pretrain"]})],
        [("/properties/stage_kind", "description changed")],
    ),
    "what is always so said again under a condition": (
        RECEIPT,
        [put("/$defs/replica_partition/type", ["object", "null"])],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", HARMLESS)
def test_what_changes_no_verdict_is_harmless(what: str) -> None:
    name, edits, expected = HARMLESS[what]
    comparison = compared(load(name), edited(name, *edits))
    assert comparison.changes == []
    assert comparison.remarks == expected
    assert not comparison.breaks


def test_what_could_not_be_shown_is_not_called_harmless() -> None:
    """Without its lengths a digest is still of 64 characters, but no search can prove that."""
    comparison = compared(load(COMMON), edited(COMMON, drop("/$defs/digest/maxLength")))
    assert {change.verdict for change in comparison.changes} == {"undecided"}
    assert comparison.breaks


def test_where_only_some_values_can_stand_there_all_of_them_are_tried() -> None:
    before, after = from_schemas({"enum": ["a", "b"]}, {"enum": ["a", "b"], "pattern": "^[ab]$"})
    comparison = compared(before, after)
    assert told(comparison.changes) == [("", "pattern", "harmless")]
    assert not comparison.breaks


def test_a_new_version_is_compared_in_spite_of_its_new_name() -> None:
    version = "psion.pretrain_stage_config.v2"
    new = edited(
        CONFIG,
        put("/$id", schemas.BASE + schemas.file_name(version)),
        put("/properties/schema_version/const", version),
        put("/properties/note", NOTE),
        without("/required", "stage_kind"),
        put("/properties/model_id", {"description": "X.", "type": "integer"}),
    )
    comparison = compared(load(CONFIG), new)
    assert told(comparison.changes) == [
        ("#/$id", "$id", "undecided"),
        ("/stage_kind", "required", "consumers"),
        ("/note", "additionalProperties", "consumers"),
        ("/schema_version", "enum", "producers"),
        ("/schema_version", "enum", "consumers"),
        ("/model_id", "type", "both"),
    ]


def test_a_document_is_a_canonical_one_with_one_thing_changed_where_that_is_enough() -> None:
    new = edited(CORPUS, put("/$defs/shard/properties/token_count", {"description": "X.", "type": "string"}))
    (change,) = compared(load(CORPUS), new).changes
    path = "psion/tokenized/psion_tokenized_corpus_manifest_v1.json"
    assert change.producers and change.producers.base == path
    expected = deepcopy(canonical.documents()[path])
    value_at(expected, "/shards/0")["token_count"] = change.producers.value
    assert change.producers.document == expected


def test_a_member_that_is_gone_is_shown_by_a_canonical_document_as_it_is() -> None:
    (change,) = compared(load(CONFIG), edited(CONFIG, drop("/properties/run_id"))).changes[:1]
    path = "psion/pretrain/psion_pretrain_stage_config_v1.json"
    assert change.producers and change.producers.base == path
    assert change.producers.document == canonical.documents()[path]


def test_a_limit_that_is_far_away_takes_no_longer() -> None:
    start = time.process_time()
    new = edited(POLICY, put("/properties/source_contribution_caps/minItems", 1_000_000))
    assert told(compared(load(POLICY), new).changes) == [
        ("/source_contribution_caps", "minItems", "producers")
    ]
    string = {"description": "X.", "type": "string", "minLength": 10_000_000}
    new = edited(POLICY, put("/$defs/source_contribution_cap/properties/source_id", string))
    assert ("/source_contribution_caps/*/source_id", "minLength", "producers") in told(
        compared(load(POLICY), new).changes
    )
    assert time.process_time() - start < 10  # it was minutes when documents of that size were made


def test_what_is_beyond_what_is_made_is_undecided() -> None:
    before, after = from_schemas(
        {"type": "array", "minItems": 30_000}, {"type": "array", "minItems": 30_000, "uniqueItems": True}
    )
    assert told(compared(before, after).changes) == [("", "uniqueItems", "undecided")]


def test_a_condition_is_told_in_words() -> None:
    new = edited(RECEIPT, put("/$defs/layer_range_partition/properties/note", NOTE))
    (change,) = compared(load(RECEIPT), new).changes
    assert change.when == ['kind is "layer_range"']
    new = edited(RECEIPT, drop("/if"), drop("/then"))
    assert [change.when for change in compared(load(RECEIPT), new).changes] == [
        ["accelerator_execution is of type object"]
    ] * 2


# Schemas that are not ours.

OTHERS: dict[str, tuple[Schema, Schema, list[tuple[str, str, str]]]] = {
    "anything goes": ({"type": "string"}, {}, [("", "type", "consumers")]),
    "nothing goes": ({}, {"properties": {"a": False}}, [("/a", "additionalProperties", "producers")]),
    "an exclusive limit": (
        {"type": "integer", "exclusiveMinimum": 3},
        {"type": "integer", "exclusiveMinimum": 2},
        [("", "exclusiveMinimum", "consumers")],
    ),
    "lengths with a point": (
        {"items": {"type": "string", "minLength": 2.0, "maxLength": 9}, "type": "array", "minItems": 2.0},
        {"items": {"type": "string", "minLength": 3.0, "maxLength": 9.0}, "type": "array", "minItems": 3.0},
        [("", "minItems", "producers"), ("/*", "minLength", "producers")],
    ),
    "multiples": ({"multipleOf": 3}, {"multipleOf": 6}, [("", "multipleOf", "producers")]),
    "fractions": ({"type": "number"}, {"type": "integer"}, [("", "type", "producers")]),
    "true is not 1": ({"enum": [1]}, {"enum": [True]}, [("", "enum", "producers"), ("", "enum", "consumers")]),
    "more members": (
        {"type": "object", "minProperties": 2},
        {"type": "object", "minProperties": 1},
        [("", "minProperties", "consumers")],
    ),
    "alternatives": (
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"anyOf": [{"type": "string"}]},
        [("", "anyOf", "producers")],
    ),
    "names of members": (
        {"patternProperties": {"^a": {"type": "string"}}},
        {"patternProperties": {"^a": {"type": "integer"}}},
        [("", "patternProperties", "undecided")],
    ),
    "members that need others": (
        {"properties": {"a": {}, "b": {}}},
        {"properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b"]}},
        [("", "dependentRequired", "producers")],
    ),
    "any other member": (
        {"additionalProperties": {"type": "string"}},
        {"additionalProperties": {"type": "integer"}},
        [("/<other>", "type", "both")],
    ),
    "schemas that hold together": (
        {"allOf": [{"minimum": 1}, {"minimum": 5}], "type": "integer"},
        {"minimum": 4, "type": "integer"},
        [("", "minimum", "consumers")],
    ),
    "a tree": (
        {"$ref": "#/$defs/node", "$defs": {"node": {
            "type": "object", "required": ["n"],
            "properties": {"n": {"type": "integer"}, "below": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
        }}},
        {"$ref": "#/$defs/node", "$defs": {"node": {
            "type": "object", "required": ["n"],
            "properties": {"n": {"type": "string"}, "below": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
        }}},
        [("/n", "type", "both")],
    ),
    "a reference to the whole": (
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "maxProperties": 1},
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
        [("", "maxProperties", "consumers"), ("/a", "maxProperties", "consumers")],
    ),
    "otherwise": (
        {"if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "else": {"required": ["b"]}},
        {"if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "else": {}},
        [("/b", "required", "consumers")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", OTHERS)
def test_schemas_that_are_not_ours_are_compared_too(what: str) -> None:
    before, after, expected = OTHERS[what]
    comparison = compared(*from_schemas(before, after))
    assert told(comparison.changes) == expected


def test_a_library_of_definitions_is_compared_definition_by_definition() -> None:
    before, after = from_schemas(
        {"$defs": {"a": {"type": "string"}, "b": {"type": "null"}}},
        {"$defs": {"a": {"type": "string"}, "b": {"type": "boolean"}, "c": {}}},
    )
    comparison = diff(before, after)
    assert told(comparison.changes) == [("#/$defs/b", "type", "both")]
    assert comparison.remarks == [("/$defs/c", "the definition is new")]


REFUSED: dict[str, tuple[Schema, str]] = {
    "no schema": ({"type": 5}, "no valid schema: 5 is not valid"),
    "no expression": ({"pattern": "("}, "no valid schema"),
    "an older draft": ({"$schema": "http://json-schema.org/draft-07/schema#"}, "only draft 2020-12"),
    "a reference to nothing": ({"$ref": "#/$defs/x"}, "leads nowhere"),
    "a reference to somewhere": (
        {"$ref": "https://elsewhere.example/x.json"},
        "not at hand; nothing is retrieved",
    ),
    "a reference to a name": ({"$ref": "#x"}, "only JSON pointers"),
    "an anchor": ({"$anchor": "x"}, r"\$anchor is not followed"),
    "a reference that is none": ({"$ref": 5}, "no valid schema: 5 is not of type"),
    "members that are none": ({"properties": 5}, "no valid schema: 5 is not of type"),
    "definitions that are none": ({"$defs": 5}, "no valid schema: 5 is not of type"),
    "a circle": (
        {"$ref": "#/$defs/x", "$defs": {"x": {"$ref": "#/$defs/x"}}},
        r"\$ref leads in a circle and so says nothing: #/\$defs/x -> #/\$defs/x$",
    ),
    "a schema in a schema": ({"properties": {"a": {"$id": "https://a.example/"}}}, "inside another schema"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_compared_is_refused(what: str) -> None:
    schema, message = REFUSED[what]
    before, after = from_schemas({}, schema)
    with pytest.raises(SchemaError, match=f"schema 1: .*{message}"):
        diff(before, after)


# Every edit of every schema.


def subschemas(
    where: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Schema]]:
    """Every schema in a schema, with the keys that lead to it."""
    if not isinstance(where, dict):
        return
    yield path, where
    for keyword in ("properties", "$defs"):
        for name, each in where.get(keyword, {}).items():
            yield from subschemas(each, (*path, keyword, name))
    for keyword in ("items", "not", "if", "then", "additionalProperties"):
        yield from subschemas(where.get(keyword), (*path, keyword))
    for index, each in enumerate(where.get("allOf", ())):
        yield from subschemas(each, (*path, "allOf", index))


def edits(where: Schema) -> Iterator[tuple[str, Edit]]:
    """Everything that may be done to one schema; most of it changes what is valid."""
    for name in where.get("required", ()):
        yield f"{name} may be absent", without("/required", name)
    for name in where.get("properties", ()):
        if name not in where.get("required", ()):
            yield (
                f"{name} must be there",
                lambda schema, name=name: schema.setdefault("required", []).append(name),
            )
        yield f"{name} is gone", drop(f"/properties/{name}")
    if "properties" in where:
        yield "a member is new", put("/properties/zz", {"type": "string"})
    for word in where.get("enum", ()):
        yield f"{word} is gone", without("/enum", word)
    if "enum" in where:
        yield "a word is new", append("/enum", "zz")
    if "const" in where:
        yield "another constant", put("/const", "zz")
    for keyword in ("minimum", "maximum", "minItems", "minLength", "maxLength"):
        if keyword in where:
            yield f"a larger {keyword}", put(f"/{keyword}", where[keyword] + 1)
            yield f"a smaller {keyword}", put(f"/{keyword}", where[keyword] - 1)
    for keyword in ("minimum", "maximum", "minItems", "uniqueItems", "pattern", "not", "items", "if", "then",
                    "allOf", "additionalProperties"):  # fmt: skip
        if keyword in where:
            yield f"no {keyword}", drop(f"/{keyword}")
    if where.get("additionalProperties") is True:
        yield "closed", put("/additionalProperties", False)
    if "type" in where:
        yield "another type", put("/type", "integer" if where["type"] == "boolean" else "boolean")
        nullable = "null" in where["type"]
        yield "null", put("/type", where["type"][0] if nullable else [where["type"], "null"])


@cache
def everything() -> list[tuple[str, tuple[str | int, ...], str, Edit]]:
    """Every edit of every schema."""
    return [
        (name, path, words, edit)
        for name in catalog.names()
        for path, where in subschemas(schemas.schema(name))
        for words, edit in edits(where)
    ]


TWICE = {"null", "kind may be absent", "no additionalProperties", "a member is new"}
"""Edits that change no verdict in some places, because what they touch is said elsewhere, too."""


def sweep(chosen: list[tuple[str, tuple[str | int, ...], str, Edit]]) -> dict[str, int]:
    """Make each edit and compare; how often which verdict came of it."""
    counts = {"breaking": 0, "undecided": 0, "nothing": 0}
    for name, path, words, edit in chosen:
        old, new = load(name), edited(name)
        where: Any = new.root
        for key in path:
            where = where[key]
        edit(where)
        comparison = compared(old, new)
        verdicts = {change.verdict for change in comparison.changes}
        verdict = next((each for each in ("breaking", "undecided") if each in verdicts), "nothing")
        counts[verdict] += 1
        if verdict == "nothing":
            assert words in TWICE, (name, path, words)
    return counts


def test_some_edits_of_the_schemas_are_all_noticed() -> None:
    counts = sweep(random.Random(4).sample(everything(), 30))
    assert counts["breaking"] >= 20


@pytest.mark.slow
def test_no_edit_of_a_schema_goes_unnoticed() -> None:
    counts = sweep(everything())
    assert counts["breaking"] > 0.9 * sum(counts.values())


# The command line.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the config schema, its rate of smoothing limited and a word added; as VERSION.json."""
    new = edited(
        CONFIG,
        put("/properties/stage_kind", {"description": "The kind.", "enum": ["pretrain", "general_sft"]}),
        put("/properties/note", NOTE),
        append("/required", "note"),
    )
    (tmp_path / "new.schema.json").write_text(json.dumps(new.root), encoding="utf-8")
    (tmp_path / "old.schema.json").write_text(catalog.text(CONFIG), encoding="utf-8")
    return tmp_path


def test_a_breaking_change_exits_with_1(psion: Command, folder: Path) -> None:
    outcome = psion("schema", "diff", folder / "old.schema.json", folder / "new.schema.json")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out == (
        "/note: the member is new\n"
        '  breaks consumers: a document with "aaa" at "/note" is valid and was not before\n'
        "\n"
        "/note: the member must now be there\n"
        "  breaks producers: fixtures/psion/pretrain/psion_pretrain_stage_config_v1.json"
        ' without "/note" was valid and no longer is\n'
        "\n"
        '/stage_kind: the value "general_sft" is new\n'
        '  breaks consumers: a document with "general_sft" at "/stage_kind" is valid and was not before\n'
        "\n"
        "harmless\n"
        "  #/properties/stage_kind: description changed\n"
        "\n"
        "3 breaking changes: 1 for producers, 2 for consumers, 0 undecided;"
        " --format json has the documents in full\n"
    ).replace('"aaa"', '"a"')


def test_the_report_for_programs_has_the_documents(psion: Command, folder: Path) -> None:
    outcome = psion("schema", "diff", "config", folder / "new.schema.json", "--format", "json")
    assert outcome.code == 1
    report = json.loads(outcome.out)
    assert (report["old"], report["breaks"]) == (CONFIG, True)
    new_member, required, word = report["changes"]
    assert new_member["consumers"]["document"]["note"] == "a"
    assert new_member["producers"] is None
    assert required["producers"] == {
        "pointer": "/note",
        "base": "fixtures/psion/pretrain/psion_pretrain_stage_config_v1.json",
        "document": canonical.documents()["psion/pretrain/psion_pretrain_stage_config_v1.json"],
    }
    assert (word["was"], word["now"], word["verdict"], word["when"]) == (None, "general_sft", "breaking", [])
    assert report["harmless"] == [{"pointer": "/properties/stage_kind", "message": "description changed"}]


@pytest.mark.parametrize("pair", [("config", "config"), (CONFIG, f"{CONFIG}.schema.json")])
def test_no_change_exits_with_0(psion: Command, pair: tuple[str, str]) -> None:
    assert psion("schema", "diff", *pair) == (0, "no change of what is valid\n", "")


def test_the_same_change_of_many_members_is_shown_once(psion: Command, tmp_path: Path) -> None:
    new = edited(COMMON, drop("/$defs/identifier/not"))
    path = tmp_path / "common.json"
    path.write_text(json.dumps(new.root), encoding="utf-8")
    lines = psion("schema", "diff", "common", path).out.splitlines()
    assert lines[0].startswith("#/$defs/identifier: not {")
    assert lines[1].endswith(" and 20 more")
    assert lines[2].startswith("  breaks consumers: the value ")
    assert len(lines) == 5


def test_values_are_shown_as_json_and_pointers_in_full(psion: Command, tmp_path: Path) -> None:
    name = "a_member_with_a_name_that_takes_more_than_a_line_of_its_own_" * 2
    words = {"type": "array", "items": {"type": "string"}}
    old = {"type": "object", "properties": {name: words | {"uniqueItems": True}}, "required": [name]}
    new = deepcopy(old)
    del value_at(new, f"/properties/{name}")["uniqueItems"]
    for file, schema in (("old.json", old), ("new.json", new)):
        (tmp_path / file).write_text(json.dumps(schema), encoding="utf-8")
    outcome = psion("schema", "diff", tmp_path / "old.json", tmp_path / "new.json")
    assert outcome.out.splitlines()[:2] == [
        f"/{name}: uniqueItems true is gone",
        f'  breaks consumers: a document with ["a", "a"] at "/{name}" is valid and was not before',
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ("a\n", '"a\\u000a"'),
        ([], "[]"),
        (["a", "b"], '["a", "b"]'),
        ({"a": {"b": [1, True]}}, '{"a": {"b": [1, true]}}'),
        (["a" * 80, "b"], f'["{"a" * 71}…", …]'),
        ([1] * 1000, f"[{'1, ' * 24}…]"),
        ({"\x1b": "a" * 80, "b": 1}, f'{{"\\u001b": "{"a" * 61}…", …}}'),
    ],
)
def test_a_value_is_clipped_within_its_brackets(value: Any, text: str) -> None:
    assert shown(value) == text


def test_nothing_that_a_schema_names_is_printed_raw(psion: Command, tmp_path: Path) -> None:
    name = "\x1b[31m\n"
    for file, schema in (
        ("old.json", {"properties": {name: {}, "a": {"type": "string"}}, "$defs": {name: {}}}),
        ("new.json", {"properties": {name: {name: 1}, "a": {"const": name}}}),
        ("bad.json", {"$ref": name}),
    ):
        (tmp_path / file).write_text(json.dumps(schema), encoding="utf-8")
    assert psion("schema", "diff", tmp_path / "old.json", tmp_path / "new.json").out == (
        "/\\u001b[31m\\u000a: \\u001b[31m\\u000a 1 is new\n"
        "  undecided: no document was found that tells the two apart; judge by hand\n"
        "\n"
        '/a: only "\\u001b[31m\\u000a" may now stand there\n'
        '  breaks producers: a document with "a" at "/a" was valid and no longer is\n'
        "\n"
        "harmless\n"
        "  #/$defs/\\u001b[31m\\u000a: the definition is gone\n"
        "\n"
        "1 breaking change: 1 for producers, 0 for consumers, 1 undecided;"
        " --format json has the documents in full\n"
    )
    outcome = psion("schema", "diff", "config", tmp_path / "bad.json")
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1 and "\x1b" not in outcome.err


def test_what_validators_differ_in_and_look_schemas_up_by_is_not_harmless(
    psion: Command, tmp_path: Path
) -> None:
    uri = schemas.BASE + "x.schema.json"
    new = edited(CONFIG, put("/properties/run_id/format", "email"), put("/$id", uri))
    (tmp_path / "new.json").write_text(json.dumps(new.root), encoding="utf-8")
    outcome = psion("schema", "diff", "config", tmp_path / "new.json")
    undecided = "  undecided: no document was found that tells the two apart; judge by hand\n\n"
    assert outcome == (
        1,
        f'#/$id: $id "{schemas.schema(CONFIG)["$id"][:71]}…" becomes "{uri}", by which programs look the schema up\n'
        f"{undecided}"
        '/run_id: format "email" is new, and validators differ in what they make of a format\n'
        f"{undecided}"
        "0 breaking changes: 0 for producers, 0 for consumers, 2 undecided\n",
        "",
    )


def test_where_only_some_types_were_added_not_all_are_said_to_be(psion: Command, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"type": "string"}', encoding="utf-8")
    (tmp_path / "new.json").write_text(
        '{"oneOf": [{"type": "string"}, {"type": "integer"}]}', encoding="utf-8"
    )
    lines = psion("schema", "diff", tmp_path / "old.json", tmp_path / "new.json").out.splitlines()
    assert lines[0] == "(the whole document): a value of another type may now stand there"
    assert lines[3] == '(the whole document): oneOf [{"type": "string"}, {"type": "integer"}] is new'


def test_a_schema_may_hold_fractions(psion: Command, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"multipleOf": 0.5}', encoding="utf-8")
    (tmp_path / "new.json").write_text('{"multipleOf": 1.0}', encoding="utf-8")
    outcome = psion("schema", "diff", tmp_path / "old.json", tmp_path / "new.json")
    assert outcome.code == 1
    assert outcome.out.startswith(
        "(the whole document): multipleOf 0.5 becomes 1.0\n"
        "  breaks producers: the value 0.5 was valid and no longer is\n"
    )


def test_what_a_file_refers_to_is_looked_for_beside_it(psion: Command, folder: Path) -> None:
    """A change of the common definitions shows in the schemas that refer to them."""
    other = folder / "other"
    other.mkdir()
    (other / "config.json").write_text(catalog.text(CONFIG), encoding="utf-8")
    common = edited(COMMON, put("/$defs/bps/maximum", 5000))
    (other / schemas.file_name(COMMON)).write_text(json.dumps(common.root), encoding="utf-8")
    outcome = psion("schema", "diff", "config", other / "config.json")
    assert outcome.code == 1
    assert outcome.out.startswith("/objective_config/label_smoothing_bps: maximum 10000 becomes 5000\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", ":1:2: a JSON value is expected"),
        (
            '{"type": "string",\n "type": "null"}',
            ':2:2: the member "type" stands here a second time; an object gives each member once\n',
        ),
        (
            '{"$ref": "#/$defs/x", "$defs": {"x": {"allOf": [{"$ref": "#/$defs/x"}]}}}',
            ": $ref leads in a circle and so says nothing: #/$defs/x -> #/$defs/x\n",
        ),
        ("[]", "holds a JSON object"),
        ('{"$ref": "y.json"}', "not at hand"),
        ('{"minimum": "1"}', "no valid schema"),
    ],
)
def test_a_file_that_is_no_schema_could_not_run(
    psion: Command, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    outcome = psion("schema", "diff", "config", path)
    assert (outcome.code, outcome.out) == (2, "")
    assert str(path) in outcome.err and message in outcome.err


def test_a_name_that_there_is_not_could_not_run(psion: Command, tmp_path: Path) -> None:
    outcome = psion("schema", "diff", "config", "polcy")
    assert (outcome.code, outcome.err) == (
        2,
        "Error: there is no schema and no file 'polcy'; did you mean policy?\n",
    )
    path = tmp_path / "absent.json"
    outcome = psion("schema", "diff", "config", path)
    assert outcome == (2, "", f"Error: there is no schema and no file {str(path)!r}\n")
    outcome = psion("schema", "diff", "config", tmp_path)
    assert outcome == (2, "", f"Error: {tmp_path} is a directory; a schema is a file or a name\n")
