"""What is published does not change: whatever is frozen and changes or disappears is noticed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from psion_contract.schema_files import lookup
from tools import frozen, repository
from tools.pack import pack_files
from tools.pack.case_builder import Group

Json = dict[str, Any]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of everything that is frozen, in place of the checkout."""
    for folder in ("schemas", "fixtures/conformance", "tools/frozen_tables", "tools/schemas/sources"):
        copytree(repository.ROOT / folder, tmp_path / folder)
    monkeypatch.setattr(repository, "ROOT", tmp_path)
    assert frozen.violations() == []
    return tmp_path


def changed_case(monkeypatch: pytest.MonkeyPatch, change: Callable[[Json], None]) -> str:
    """Change the first case that has a related place; returns its id."""
    groups = deepcopy(pack_files.groups())
    case = next(
        case
        for group in groups
        for case in group.cases
        if "related" in str(case["expected"]["findings"]) and "text" in case["documents"][-1]
    )
    name = str(case["id"])
    change(case)
    monkeypatch.setattr(frozen, "groups", lambda: groups)
    return name


def edit_rules(root: Path, change: Callable[[list[Json]], None]) -> None:
    path = root / "schemas" / "rules.v1.json"
    catalog = json.loads(path.read_text(encoding="utf-8"))
    change(catalog["rules"])
    path.write_text(json.dumps(catalog), encoding="utf-8")


@pytest.mark.slow
def test_nothing_that_is_frozen_has_changed() -> None:
    assert frozen.violations() == []


@pytest.mark.slow
def test_every_schema_case_vector_and_rule_is_frozen() -> None:
    for path, text in frozen.files().items():
        assert repository.text(path) == text, f"{path} lacks a line: run python -m tools build"


def test_the_schemas_are_frozen_in_the_notation_of_sha256sum() -> None:
    lines = (repository.ROOT / frozen.SCHEMAS).read_text(encoding="utf-8").splitlines()
    for line in lines:
        assert re.fullmatch(r"[0-9a-f]{64}  [ -~]+", line)
        sha256, path = line.split("  ")
        assert hashlib.sha256((repository.ROOT / path).read_bytes()).hexdigest() == sha256
    assert {f"schemas/{name}.schema.json" for name in lookup.names()} <= {line[66:] for line in lines}


@pytest.mark.slow
def test_a_changed_a_lost_and_a_new_schema_are_noticed(copied: Path) -> None:
    sources = copied / "tools" / "schemas" / "sources"
    baseline = sources / "psion.check_baseline.v1.json"
    baseline.rename(baseline.with_name("psion.check_baseline.v2.json"))
    report = sources / "psion.check_report.v1.json"
    report.write_text(report.read_text(encoding="utf-8").replace("Check report", "Report"), encoding="utf-8")
    with (copied / "fixtures" / "conformance" / "case.schema.json").open("a") as file:
        file.write("\n")
    assert sorted(frozen.violations()) == [
        "schemas/SHA256SUMS: fixtures/conformance/case.schema.json has changed",
        "schemas/SHA256SUMS: schemas/psion.check_baseline.v1.schema.json is gone",
        "schemas/SHA256SUMS: schemas/psion.check_report.v1.schema.json has changed",
    ]
    before = {line[66:] for line in (copied / frozen.SCHEMAS).read_text().splitlines()}
    after = {line[66:] for line in frozen.files()[frozen.SCHEMAS].splitlines()}
    assert after - before == {"schemas/psion.check_baseline.v2.schema.json"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda case: case["expected"].update(verdict="consistent"), id="verdict"),
        pytest.param(lambda case: case["expected"]["findings"][0].update(pointer="/x"), id="finding"),
        pytest.param(lambda case: case["expected"]["findings"].clear(), id="no finding"),
        pytest.param(lambda case: [each.pop("related", 0) for each in case["expected"]["findings"]], id="related"),
        pytest.param(lambda case: case["documents"].reverse(), id="order"),
        pytest.param(lambda case: case["documents"][-1].update(text="{ }"), id="text"),
        pytest.param(lambda case: case["documents"][-1].update(name="other.json"), id="name"),
        pytest.param(lambda case: case.update(strict=True), id="strict"),
        pytest.param(lambda case: case.update(limits={"max_depth": 5}), id="limits"),
        pytest.param(lambda case: case.update(rule="other"), id="rule"),
    ],
)  # fmt: skip
def test_a_changed_case_is_noticed(
    change: Callable[[Json], None], copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = changed_case(monkeypatch, change)
    assert frozen.violations() == [f"{frozen.CASES}: {name} has changed"]


@pytest.mark.slow
def test_a_reworded_description_and_a_text_that_moves_to_a_file_change_nothing(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed_case(monkeypatch, lambda case: case.update(description="Other words."))
    assert frozen.violations() == []
    case = {"id": "x", "documents": [{"name": "policy.json", "path": "documents/policy.json"}]}
    text = repository.text("fixtures/conformance/documents/policy.json")
    inline = {"id": "x", "documents": [{"name": "policy.json", "text": text}]}
    assert frozen._case_digest(case) == frozen._case_digest(inline)


@pytest.mark.slow
def test_a_new_case_adds_one_line_and_changes_no_other(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = Group("new", "New cases.", on=("config",))
    group.accepted("invalid-json", "brand-new", "A config as it is.")
    monkeypatch.setattr(frozen, "groups", lambda: (group, *pack_files.groups()))
    assert frozen.violations() == []
    before, after = (copied / frozen.CASES).read_text(), frozen.files()[frozen.CASES]
    assert after.startswith(before)
    (line,) = after.removeprefix(before).splitlines()
    assert line.endswith("  invalid-json.brand-new")


@pytest.mark.slow
def test_a_lost_case_and_a_changed_vector_are_noticed(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = deepcopy(pack_files.groups())
    lost = groups[0].cases.pop()
    first, *others = pack_files.vectors()
    monkeypatch.setattr(frozen, "groups", lambda: groups)
    monkeypatch.setattr(frozen, "vectors", lambda: ({**first, "preimage": "x"}, *others))
    assert frozen.violations() == [
        f"{frozen.CASES}: {lost['id']} is gone",
        f"{frozen.VECTORS}: {first['id']} has changed",
    ]


@pytest.mark.slow
def test_a_changed_severity_and_a_lost_rule_are_noticed_but_not_a_reworded_one(copied: Path) -> None:
    edit_rules(copied, lambda rules: rules[0].update(sentence="Other words.", remedy="Other words."))
    assert frozen.violations() == []
    edit_rules(copied, lambda rules: rules[0].update(severity="warning"))
    edit_rules(copied, lambda rules: rules[1].update(name="renamed"))
    assert frozen.violations() == [
        f"{frozen.RULES}: invalid-json has changed",
        f"{frozen.RULES}: duplicate-member is gone",
    ]
    assert frozen.files()[frozen.RULES].endswith("\nerror  renamed\n")
