"""The catalogue of rules as data: it fits its schema, and it agrees with the checks and the documents' schemas."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from jsonschema import Draft202012Validator
from support.command_line import RunCommand

from psion_contract import rules
from psion_contract.catalog import CHECK_ENTRIES, RULES, SECTIONS
from psion_contract.documents import schemas
from psion_contract.documents.kinds import ROLES
from psion_contract.reading.pointers import parts
from psion_contract.resources import data_bytes
from psion_contract.rules.checks import Check

CATALOG = json.loads(data_bytes("schemas", "rules.v1.json"))
SCHEMA = json.loads(data_bytes("schemas", "psion.rules.v1.schema.json"))
WITHOUT_CHECKS = ("Reading", "References", "Documents against files", "Suppressions")
"""Sections whose rules decide which documents there are, and those about files and the configuration."""

OF_ALL_TOGETHER = {"confusable-identifier", "identity-conflict"}
"""Rules that concern all documents together."""


def implemented() -> Iterator[Check]:
    """Every check of every module of rules; of a check of parts, its parts."""
    for checks in rules.CHECKS.values():
        for check in checks:
            yield from check.parts or (check,)


def leads_somewhere(role: str, pointer: str) -> bool:
    """Whether the schema of a kind of document defines a property at the pointer."""
    name = ROLES[role].version
    schema = schemas.schema(name)
    for part in parts(pointer):
        schema = schemas.definition(name, schema)
        if part not in schema.get("properties", {}):
            return False
        schema = schema["properties"][part]
    return True


def test_the_catalogue_fits_its_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    errors = Draft202012Validator(SCHEMA).iter_errors(CATALOG)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_the_schema_is_closed_and_every_definition_is_described() -> None:
    objects = [SCHEMA, *(each for each in SCHEMA["$defs"].values() if each.get("type") == "object")]
    objects.append(SCHEMA["$defs"]["Check"]["properties"]["reads"])
    assert len(objects) == 4
    assert all(each["additionalProperties"] is False and each["description"] for each in objects)


def test_the_schema_is_listed_and_shown(psion: RunCommand) -> None:
    listed = json.loads(psion("schema", "list", "--format", "json").out)
    assert "psion.rules.v1" in [each["name"] for each in listed]
    shown = psion("schema", "show", "psion.rules.v1")
    assert (shown.code, json.loads(shown.out)) == (0, SCHEMA)


def test_names_ids_and_sections_are_unique() -> None:
    for names in (
        [rule["name"] for rule in CATALOG["rules"]],
        [check["id"] for check in CATALOG["checks"]],
        CATALOG["sections"],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_every_rule_is_in_a_section_and_every_section_has_a_rule() -> None:
    assert tuple(dict.fromkeys(rule.section for rule in RULES.values())) == SECTIONS


def test_every_rule_of_a_check_exists() -> None:
    assert {rule for entry in CHECK_ENTRIES.values() for rule in entry.rules} <= RULES.keys()


def test_every_rule_has_a_check_unless_it_decides_what_there_is_to_check() -> None:
    checked = {rule for entry in CHECK_ENTRIES.values() for rule in entry.rules}
    for rule in RULES.values():
        without = rule.section in WITHOUT_CHECKS or rule.name in OF_ALL_TOGETHER
        assert (rule.name in checked) != without, rule.name


def test_the_id_of_a_check_names_its_first_rule_and_a_distinction_where_one_is_needed() -> None:
    checks_of = Counter(check_id.partition(".")[0] for check_id in CHECK_ENTRIES)
    for check_id, entry in CHECK_ENTRIES.items():
        rule, _, distinction = check_id.partition(".")
        assert entry.rules[0] == rule
        assert bool(distinction) == (checks_of[rule] > 1), check_id


def test_every_check_is_implemented_exactly_once() -> None:
    assert Counter(check.id for check in implemented()) == Counter(list(CHECK_ENTRIES))


def test_a_check_judges_and_reads_what_the_catalogue_says() -> None:
    for check in implemented():
        assert check[:4] == CHECK_ENTRIES[check.id]


def test_every_pointer_that_a_check_reads_leads_somewhere() -> None:
    nowhere = [
        f"{entry.id} reads {role} {pointer}"
        for entry in CHECK_ENTRIES.values()
        for role, pointers in entry.reads.items()
        for pointer in pointers
        if not leads_somewhere(role, pointer)
    ]
    assert nowhere == []


def test_a_pointer_that_leads_nowhere_is_noticed() -> None:
    assert leads_somewhere("receipt", "/checkpoint_lineage/promoted_checkpoint/step")
    assert not leads_somewhere("receipt", "/checkpoint_lineage/promoted_checkpoint/steps")
    assert not leads_somewhere("receipt", "/replay/model_id")
