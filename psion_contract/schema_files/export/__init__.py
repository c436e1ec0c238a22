"""Exports the types of documents to other languages: one type model, and one module per language.

Types for TypeScript come with the npm package in interop/typescript.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module

from psion_contract.schema_files.export.type_model import Declaration, Model
from psion_contract.schema_files.lookup import load

LANGUAGES = {"rust": "rs", "go": "go", "python": "py"}
"""The languages that can be exported, and the extensions of their files."""


def file_name(language: str) -> str:
    """The name of the file with the types of a language."""
    return f"psion_types.{LANGUAGES[language]}"


def export(language: str, names: Iterable[str]) -> str:
    """The source code of the types of documents.

    Args:
        language: one of `LANGUAGES`.
        names: names of schemas, such as ``psion.sampling_policy.v1``.

    Raises:
        SchemaError: a schema has a construct that the exporter does not support.
    """
    model = Model()
    for name in names:
        model.add(load(name))
    module = import_module(f"psion_contract.schema_files.export.{language}_types")
    emit: Callable[[list[Declaration]], str] = module.emit
    return emit(model.declarations)
