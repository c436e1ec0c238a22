"""The order of members in which documents are written and digested."""

from __future__ import annotations

import json
import random
from types import MappingProxyType
from typing import Any

import pytest
from support.canonical_sets import documents
from support.random_documents import SUBJECTS

from psion_contract.documents.serialising import document_text, in_contract_order
from psion_contract.exceptions import ArgumentError


def bottomless() -> Any:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize("subject", SUBJECTS)
def test_contract_order_does_not_depend_on_the_order_of_members(subject: str) -> None:
    name, value = SUBJECTS[subject]
    dice = random.Random(subject)
    ordered = json.dumps(in_contract_order(name, value))
    for _ in range(20):
        assert json.dumps(in_contract_order(name, shuffled(value, dice))) == ordered


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
    ordered = in_contract_order(name, value)
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


def test_a_document_is_written_from_any_mapping() -> None:
    config = documents("config")["config"]
    assert document_text(MappingProxyType(config)) == document_text(config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": "x"}, "document: not a contract document; expected a schema_version of "),
        ({"run_id": {1}}, "document: /run_id: a value of type set is not JSON"),
        ({"run_id": bottomless()}, "document: nested too deeply"),
    ],
)
def test_what_cannot_be_written_is_refused(change: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        document_text({**documents("config")["config"], **change})
    assert str(error.value).startswith(message)
    with pytest.raises(ArgumentError, match="not a contract document"):
        document_text([])  # type: ignore[arg-type]
