"""The types that generators of five ecosystems make of the schemas carry every document unharmed."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest
from support.toolchains import ROOT, need

pytestmark = pytest.mark.slow

SCRIPT = ROOT / "interop" / "generated" / "generate.py"
TOOLS = {
    "typescript": ("node", "npm"),
    "python": (),
    "rust": ("cargo",),
    "go": ("go",),
    "java": ("java", "mvn"),
}


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", TOOLS)
def test_a_changed_document_is_written_back_with_the_same_content(
    generate: ModuleType, language: str
) -> None:
    need(*TOOLS[language])
    wrong, number, _ = generate.differences(language)
    assert wrong == []
    assert number == (10 if language == "typescript" else 11)
