"""The files of the conformance pack and of the digest vectors, made from the case builders."""

from __future__ import annotations

from functools import cache
from json import dumps
from typing import Any

from psion_contract.documents.serialising import document_text
from tools.pack import (
    base_documents,
    broken_cases,
    config_cases,
    confusable_cases,
    continuity_cases,
    corpus_cases,
    coverage_cases,
    execution_cases,
    identity_cases,
    judged_cases,
    layout_cases,
    lineage_cases,
    lineage_vectors,
    model_cases,
    model_vectors,
    number_cases,
    policy_cases,
    policy_corpus_cases,
    program_vectors,
    reading_cases,
    receipt_cases,
    receipt_vectors,
    recorded_related,
    records_cases,
    references_cases,
    schema_cases,
    stages_cases,
    sweeps_cases,
)
from tools.pack.case_builder import Group, Json

CASES, DOCUMENTS = "fixtures/conformance/cases", "fixtures/conformance/documents"
DIGESTS = "fixtures/digests"
"""The folders of the files, from the top of the repository; everything in them is generated."""

_GROUPS = (
    reading_cases,
    schema_cases,
    sweeps_cases,
    judged_cases,
    broken_cases,
    references_cases,
    config_cases,
    receipt_cases,
    coverage_cases,
    lineage_cases,
    number_cases,
    model_cases,
    layout_cases,
    corpus_cases,
    policy_cases,
    policy_corpus_cases,
    stages_cases,
    records_cases,
    identity_cases,
    execution_cases,
    continuity_cases,
    confusable_cases,
)
"""Modules, each with the cases of one file."""

_VECTORS = (model_vectors, lineage_vectors, receipt_vectors, program_vectors)


@cache
def groups() -> tuple[Group, ...]:
    """The groups of cases, each the content of one file, with what their findings are related to."""
    filled = tuple(module.group() for module in _GROUPS)
    recorded_related.fill(filled)
    return filled


@cache
def vectors() -> tuple[Json, ...]:
    """All digest vectors; those of one digest are the content of one file."""
    return tuple(vector for module in _VECTORS for vector in module.vectors())


def pack_files() -> dict[str, str]:
    """The text of each file of the conformance pack by its path from the top of the repository."""
    texts = {
        f"fixtures/conformance/{path}": document_text(base_documents.documents()[name])
        for name, path in base_documents.PATHS.items()
        if path.startswith("documents/")
    }
    for group in groups():
        content = {
            "$schema": "../case.schema.json",
            "group": group.name,
            "description": group.description,
            "cases": group.cases,
        }
        texts[f"{CASES}/{group.name}.json"] = _text(content)
    texts[recorded_related.FILE] = recorded_related.text(groups())
    return texts


def vector_files() -> dict[str, str]:
    """The text of each file of digest vectors by its path from the top of the repository."""
    by_digest: dict[str, list[Json]] = {}
    for vector in vectors():
        by_digest.setdefault(vector["digest"], []).append(vector)
    return {
        f"{DIGESTS}/{digest}.json": _text(
            {"$schema": "../conformance/vector.schema.json", "digest": digest, "vectors": entries}
        )
        for digest, entries in by_digest.items()
    }


def _text(content: Any) -> str:
    """JSON text with each object or array that contains no other one on a single line."""
    return _lines(content, "\n") + "\n"


def _lines(value: Any, end: str) -> str:
    items = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(value, (dict, list)) or not any(isinstance(item, (dict, list)) for item in items):
        return dumps(value, ensure_ascii=False)
    within = f"{end}  "
    names = (
        [f"{dumps(name, ensure_ascii=False)}: " for name in value]
        if isinstance(value, dict)
        else [""] * len(items)
    )
    texts = [within + name + _lines(item, within) for name, item in zip(names, items, strict=True)]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + ",".join(texts) + end + closing
