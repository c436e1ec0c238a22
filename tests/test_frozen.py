"""What is published does not change: schemas and expected outcomes are held to hashes, schemas to their copies.

The hashes stand in schemas/SHA256SUMS, the copies in tests/published. Both are written by
``python -m psion_contract.schema_tools.freeze --write``, which is for what was never published: whatever was
gets a new version.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from DELETED.psion_contract.render import schemadiff
from DELETED.psion_contract.schema_tools.diff import diff

from psion_contract.output.text import Paint
from psion_contract.resources import data_path
from psion_contract.schema_files import lookup as catalog
from tools import freeze

ROOT = Path(data_path())
PUBLISHED = Path(__file__).parent / "published"
NAMES = catalog.names()


def differences(old: Path, new: Path) -> str:
    """What changed from one file to another, in words."""
    comparison = diff(catalog.load(str(old)), catalog.load(str(new)))
    return schemadiff.as_text(comparison, Paint(False))


def test_everything_is_as_it_was_published() -> None:
    assert freeze.differences() == [], (
        "what was published gets a new version; what was never published is taken as it is by "
        "python -m psion_contract.schema_tools.freeze --write"
    )


def test_every_schema_is_held_to_a_hash_that_is_not_of_our_making() -> None:
    frozen = freeze.frozen()
    for name in NAMES:
        path = f"schemas/{name}.schema.json"
        assert frozen[path] == hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
        assert frozen[path] == catalog.entry(name).sha256


def test_every_expected_outcome_and_every_vector_is_held_to_a_hash() -> None:
    folders = [ROOT / "fixtures" / folder for folder in ("conformance", "digests")]
    paths = [path.relative_to(ROOT).as_posix() for folder in folders for path in folder.rglob("*.json")]
    assert set(paths) <= set(freeze.frozen())


def test_the_hashes_are_in_the_notation_of_sha256sum() -> None:
    if shutil.which("sha256sum") is None:
        pytest.skip("there is no sha256sum on this machine")
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "schemas/SHA256SUMS"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_published_schema_says_what_it_said(name: str) -> None:
    """Where it does not, what fails is told with a document that shows it."""
    file = f"{name}.schema.json"
    assert (PUBLISHED / file).read_bytes() == (ROOT / "schemas" / file).read_bytes(), differences(
        PUBLISHED / file, ROOT / "schemas" / file
    )


def test_nothing_that_was_published_is_gone() -> None:
    assert sorted(path.name for path in PUBLISHED.iterdir()) == [f"{name}.schema.json" for name in NAMES]


# That the tests above would notice.


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is frozen, to do with as one likes."""
    for folder in ("schemas", "fixtures/conformance", "fixtures/digests"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "tests").mkdir()
    monkeypatch.setattr("psion_contract.resources._INSTALLED", str(tmp_path))
    freeze.write()
    assert freeze.differences() == []
    return tmp_path


def test_a_changed_schema_is_noticed_and_shown(checkout: Path) -> None:
    path = checkout / "schemas" / "psion.sampling_policy.v1.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    schema["$defs"]["regression_threshold"]["properties"]["regression_kind"]["enum"].append("wit")
    path.write_text(json.dumps(schema), encoding="utf-8")
    assert freeze.differences() == ["schemas/psion.sampling_policy.v1.schema.json changed"]
    copy = checkout / "tests" / "published" / path.name
    assert differences(copy, path).startswith(
        '/regression_thresholds/*/regression_kind: the value "wit" is new\n'
        "  breaks consumers: fixtures/psion/sampling/psion_sampling_policy_v1.json"
        ' with "wit" at "/regression_thresholds/0/regression_kind" is valid and was not before\n'
    )


def test_a_changed_description_is_noticed_too(checkout: Path) -> None:
    path = checkout / "schemas" / "psion.sampling_policy.v1.schema.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("How the sources", "How all sources"), encoding="utf-8")
    assert freeze.differences() == ["schemas/psion.sampling_policy.v1.schema.json changed"]
    shown = differences(checkout / "tests" / "published" / path.name, path)
    assert shown == "harmless\n  #: description changed\n\nno change of what is valid\n"


def test_a_changed_outcome_is_noticed(checkout: Path) -> None:
    cases = checkout / "fixtures" / "conformance" / "cases"
    path = cases / "made.json"
    cases.mkdir(parents=True, exist_ok=True)
    path.write_text('{"cases": [{"expected": {"verdict": "inconsistent"}}]}')
    assert freeze.differences() == ["fixtures/conformance/cases/made.json is not recorded yet"]
    freeze.write()
    path.write_text('{"cases": [{"expected": {"verdict": "consistent"}}]}')
    assert freeze.differences() == ["fixtures/conformance/cases/made.json changed"]
    path.unlink()
    assert freeze.differences() == ["fixtures/conformance/cases/made.json is gone"]


def test_a_new_and_a_lost_schema_are_noticed(checkout: Path) -> None:
    old = checkout / "schemas" / "psion.sampling_policy.v1.schema.json"
    old.rename(old.with_name("psion.sampling_policy.v2.schema.json"))
    assert freeze.differences() == [
        "schemas/psion.sampling_policy.v1.schema.json is gone",
        "schemas/psion.sampling_policy.v2.schema.json is not recorded yet",
    ]


def test_looking_changes_nothing_and_recording_is_asked_for(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = checkout / "schemas" / "SHA256SUMS"
    path = checkout / "schemas" / "psion.common.v1.schema.json"
    path.write_text("{}")
    before = table.read_bytes()
    monkeypatch.setattr(sys, "argv", ["freeze"])
    assert freeze.main() == 1
    assert capsys.readouterr().out == "schemas/psion.common.v1.schema.json changed\n"
    assert table.read_bytes() == before
    monkeypatch.setattr(sys, "argv", ["freeze", "--write"])
    assert freeze.main() == 0
    assert (checkout / "tests" / "published" / path.name).read_text() == "{}"
    monkeypatch.setattr(sys, "argv", ["freeze"])
    assert freeze.main() == 0
    assert capsys.readouterr().out == "everything is as it was published\n"
    monkeypatch.setattr(sys, "argv", ["freeze", "--force"])
    assert freeze.main() == 2
