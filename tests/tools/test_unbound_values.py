"""Values that no rule binds: each of them is documented, and nothing documented is bound.

Every leaf of every canonical receipt, and two of each kind of leaf of the other documents, are changed to other values
that the schema allows, and the checker is asked whether it notices.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from support.canonical_sets import PATHS

from psion_contract import Checker, check_documents
from psion_contract.documents import kinds, schemas
from psion_contract.reading.pointers import child
from tools import canonical
from tools.edits import edited, put
from tools.repository import ROOT

DOCUMENTS = canonical.documents()
CONFIG_OF = {
    PATHS[name]: PATHS[config]
    for name, config in (
        ("receipt", "config"),
        ("resumed", "resumed_config"),
        ("accelerated", "accelerated_config"),
    )
}
RECEIPTS = pytest.mark.parametrize("path", CONFIG_OF, ids=["pilot", "resumed", "accelerated"])

OPEN = "/delivered_execution/cluster_execution"
OWN = {
    f"{OPEN}/{name}"
    for name in schemas.schema(kinds.RECEIPT.version)["$defs"]["ClusterExecution"]["properties"]
}
CONSTANTS = {
    "/schema_version",
    "/stage_kind",
    "/objective_config/objective_kind",
    "/objective_config/loss_normalization",
    # The kind of a partition decides which other properties it has, so it cannot change alone.
    "/delivered_execution/execution_topology/assignments/*/partition/kind",
}


def inputs_of(receipt: str) -> dict[str, Any]:
    """All other canonical documents."""
    return {path: document for path, document in DOCUMENTS.items() if path != receipt}


def containers(value: Any) -> Iterator[Any]:
    """Every object and array below a value."""
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)):
            yield item
            yield from containers(item)


def nodes(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below a value, with its pointer."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield child(pointer, key), item
        yield from nodes(item, child(pointer, key))


def leaves(value: Any) -> Iterator[tuple[str, Any]]:
    """Every value below a value that is neither object nor array, with its pointer."""
    return ((pointer, item) for pointer, item in nodes(value) if not isinstance(item, (dict, list)))


def general(pointer: str) -> str:
    """A pointer with `*` for array indices; every further member of the open object is that object."""
    if pointer.startswith(OPEN) and pointer not in OWN:
        return OPEN
    return re.sub(r"/\d+(?=/|$)", "/*", pointer)


@cache
def words() -> frozenset[str]:
    """Every value of every enumeration of the documents."""
    found = containers([schemas.schema(name) for name in kinds.KINDS])
    listed = [word for each in found if isinstance(each, dict) for word in each.get("enum", ())]
    return frozenset(word for word in listed if word is not None)


def alternatives(document: Any, pointer: str, value: Any) -> list[Any]:
    """Other values that the schema allows in that place."""
    kind = kinds.recognise(document)
    assert kind is not None
    if isinstance(value, bool):
        candidates: list[Any] = [not value]
    elif isinstance(value, int):
        candidates = [value + 1, value - 1]
    elif value is None:
        candidates = ["x"]
    else:
        alike = {item for other, item in leaves(document) if general(other) == general(pointer)}
        candidates = [value + "-x", "0" * 64, *alike, *(words() if value in words() else ())]
    return [
        each
        for each in candidates
        if each != value and schemas.is_valid(kind.version, changed(document, pointer, each))
    ]


def changed(document: Any, pointer: str, value: Any) -> Any:
    """A copy of the document with another value at the pointer."""
    return edited({"document": document}, put(f"/document{pointer}", value))["document"]


@cache
def unnoticed(path: str) -> tuple[frozenset[str], frozenset[str]]:
    """Of a receipt, the leaves with a change that has no finding, and those that cannot change."""
    checker = Checker(inputs_of(path))
    receipt = DOCUMENTS[path]
    unbound, constant = set[str](), set[str]()
    for pointer, value in leaves(receipt):
        others = alternatives(receipt, pointer, value)
        if not others:
            constant.add(general(pointer))
        if any(not checker.check({path: changed(receipt, pointer, other)}).findings for other in others):
            unbound.add(general(pointer))
    return frozenset(unbound), frozenset(constant)


PILOT = {name: PATHS[name] for name in ("descriptor", "corpus", "policy", "config", "receipt")} | {
    "program": "psion/program/psion_training_stage_program_v1.json"
}


def unnoticed_in(path: str) -> set[str]:
    """Of a document of the pilot's set, the leaves with a change that has no finding in the whole set."""
    document = DOCUMENTS[path]
    unbound = set[str]()
    for places in by_general_pointer(document).values():
        for pointer, value in places[:2]:
            for other in alternatives(document, pointer, value)[:8]:
                together = {each: DOCUMENTS[each] for each in PILOT.values()}
                if not check_documents(together | {path: changed(document, pointer, other)}).findings:
                    unbound.add(general(pointer))
    return unbound


def by_general_pointer(document: Any) -> dict[str, list[tuple[str, Any]]]:
    """The leaves of a document with their pointers, by general pointer; not those of receipts in a program."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for pointer, value in leaves(document):
        if "/pretrain_runs/" not in pointer:
            found.setdefault(general(pointer), []).append((pointer, value))
    return found


def documented(title: str = "Receipt") -> set[str]:
    """The pointers that start the entries about a kind under "What v1 does not bind"."""
    text = (ROOT / "docs" / "explanation" / "what-digests-bind.md").read_text(encoding="utf-8")
    section = text.partition("\n## What v1 does not bind\n")[2].partition("\n## ")[0]
    section = section.partition(f"\n### {title}\n")[2].partition("\n### ")[0]
    assert section
    return set(re.findall(r"^[-*|] *`(/[^`]*)`", section, re.MULTILINE))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("descriptor", "Model descriptor"),
        ("config", "Config"),
        ("corpus", "Corpus"),
        ("policy", "Sampling policy"),
        ("program", "Stage program"),
    ],
)
def test_what_is_not_bound_in_the_other_documents_is_documented(name: str, title: str) -> None:
    assert unnoticed_in(PILOT[name]) == documented(title)


def test_a_corpus_can_be_exchanged_for_another_of_the_same_name() -> None:
    together = {each: DOCUMENTS[each] for each in PILOT.values()}
    corpus = deepcopy(DOCUMENTS[PILOT["corpus"]])
    for number, shard in enumerate(corpus["shards"]):
        shard |= {"shard_id": f"other-{number}", "shard_digest": f"other-{number}", "token_count": 1_000_000}
        shard |= {"sequence_count": 1000, "min_sequence_tokens": 1, "storage_ref": f"store://other/{number}"}
    for split in corpus["splits"]:
        own = [shard for shard in corpus["shards"] if shard["split_name"] == split["split_name"]]
        split["shard_ids"] = [shard["shard_id"] for shard in own]
        split |= {"sequence_count": 1000 * len(own), "token_count": 1_000_000 * len(own)}
    assert not check_documents(together | {PILOT["corpus"]: corpus}).findings


@pytest.mark.slow
@RECEIPTS
def test_only_constants_have_no_other_valid_value(path: str) -> None:
    assert unnoticed(path)[1] <= CONSTANTS


@pytest.mark.slow
@RECEIPTS
def test_every_change_of_one_leaf_is_found_or_documented(path: str) -> None:
    assert unnoticed(path)[0] - documented() == set()


@pytest.mark.slow
def test_every_pointer_documented_as_unbound_really_is() -> None:
    unbound = {pointer for path in CONFIG_OF for pointer in unnoticed(path)[0]}
    assert documented() - unbound == set()
    assert documented()


def test_the_canonical_receipts_use_every_property_that_a_receipt_may_have() -> None:
    used = {general(pointer) for path in CONFIG_OF for pointer, _ in nodes(DOCUMENTS[path])}
    assert set(members(kinds.RECEIPT.version)) - used == set()


def members(name: str, where: Any = None, pointer: str = "") -> Iterator[str]:
    """The pointer of every property that a schema defines, `*` for array indices."""
    where = schemas.definition(name, schemas.schema(name) if where is None else where)
    for key, below in where.get("properties", {}).items():
        yield f"{pointer}/{key}"
        yield from members(name, below, f"{pointer}/{key}")
    if "items" in where:
        yield from members(name, where["items"], f"{pointer}/*")
    for each in where.get("oneOf", ()):
        yield from members(name, each, pointer)
