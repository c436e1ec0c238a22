"""What findings of cases are related to: by hand, from an entry, or, for a new case, from the checker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools import repository
from tools.edits import put
from tools.pack import pack_files, recorded_related
from tools.pack.base_documents import PLAN
from tools.pack.case_builder import Group

KEY = "model-id-mismatch /config/model_id"
OTHER_SIDE = {"document": "descriptor.json", "pointer": "/model/model_id"}


def group(**how: Any) -> Group:
    """A group with one case, whose finding is related to the descriptor."""
    made = Group("made", "A case.", on=PLAN)
    made.rejected(
        "model-id-mismatch", "made", "The config names another model.", put("/config/model_id", "other"),
        at=["/config/model_id"], **how,
    )  # fmt: skip
    return made


def finding(made: Group) -> dict[str, Any]:
    (found,) = made.cases[0]["expected"]["findings"]
    return dict(found)


@pytest.fixture
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of entries, which does not exist yet."""
    monkeypatch.setattr(repository, "ROOT", tmp_path)
    path = tmp_path / recorded_related.FILE
    path.parent.mkdir(parents=True)
    return path


def test_the_other_sides_of_a_new_case_come_from_the_checker_and_are_printed_for_review(
    entries: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = group()
    recorded_related.fill([made])
    assert finding(made)["related"] == [OTHER_SIDE]
    assert capsys.readouterr().err == (
        f"review model-id-mismatch.made: {KEY} is related to /descriptor/model/model_id\n"
    )
    assert json.loads(recorded_related.text([made])) == {
        "model-id-mismatch.made": {KEY: ["/descriptor/model/model_id"]}
    }


def test_an_entry_is_read_and_never_computed_again(entries: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = '{\n  "model-id-mismatch.made": {"' + KEY + '": ["/corpus", "/policy/x"]}\n}\n'
    entries.write_text(text)
    made = group()
    recorded_related.fill([made])
    assert [each["document"] + each["pointer"] for each in finding(made)["related"]] == [
        "corpus.json", "policy.json/x",
    ]  # fmt: skip
    assert capsys.readouterr().err == ""
    assert recorded_related.text([made]) == text


def test_an_entry_without_related_places_is_an_entry(entries: Path) -> None:
    entries.write_text('{"model-id-mismatch.made": {}}')
    made = group()
    recorded_related.fill([made])
    assert "related" not in finding(made)


def test_an_entry_for_a_finding_that_is_not_expected_is_refused(entries: Path) -> None:
    entries.write_text('{"model-id-mismatch.made": {"model-id-mismatch /config/run_id": ["/corpus"]}}')
    with pytest.raises(repository.BrokenFileError, match="names a finding that the case does not expect"):
        recorded_related.fill([group()])


def test_a_case_may_say_by_hand_what_its_findings_are_related_to(entries: Path) -> None:
    made, alone = group(related={"/config/model_id": ["/policy"]}), group(related={})
    recorded_related.fill([made, alone])
    assert finding(made)["related"] == [{"document": "policy.json", "pointer": ""}]
    assert "related" not in finding(alone)
    assert json.loads(recorded_related.text([made, alone])) == {}


@pytest.mark.slow
def test_every_entry_belongs_to_a_case() -> None:
    ids = {case["id"] for each in pack_files.groups() for case in each.cases}
    assert set(json.loads(repository.text(recorded_related.FILE) or "")) <= ids
