"""``psion-contract digest``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.canonical_sets import as_text, documents
from support.command_line import CONSISTENT, COULD_NOT_RUN, FINDINGS, RunCommand, write_files

from tools.edits import edited, put

WRONG = put("/receipt/receipt_digest", "0" * 64)


def test_digest_shows_what_is_stored_and_computed_and_exits_with_0_where_they_agree(
    here: Path, psion: RunCommand
) -> None:
    tree = documents("descriptor", "receipt")
    result = psion("digest", *write_files(here, tree))
    assert (result.code, result.err) == (CONSISTENT, "")
    for digest in (tree["receipt"]["receipt_digest"], tree["receipt"]["model_descriptor_digest"]):
        assert digest in result.out
    assert "DIFFERS" not in result.out


def test_digest_exits_with_1_where_a_stored_digest_differs(here: Path, psion: RunCommand) -> None:
    right = documents("receipt")["receipt"]["receipt_digest"]
    result = psion("digest", *write_files(here, edited(documents("receipt"), WRONG)))
    assert result.code == FINDINGS
    assert f"    stored    {'0' * 64}\n    computed  {right}" in result.out
    assert result.out.count("DIFFERS") == 1


def test_digest_exits_with_1_where_a_quoted_digest_is_not_the_model_s(here: Path, psion: RunCommand) -> None:
    changes = [put("/config/model_descriptor_digest", "0" * 64)]
    result = psion("digest", *write_files(here, edited(documents("descriptor", "config"), *changes)))
    assert result.code == FINDINGS
    assert "D2      model descriptor  /model_descriptor_digest: DIFFERS" in result.out


def test_digest_shows_preimages_where_it_is_asked_to(here: Path, psion: RunCommand) -> None:
    (receipt,) = write_files(here, documents("receipt"))
    assert "psion_pretrain_stage_receipt|tidewater-pilot-01|" in psion("digest", "--preimage", receipt).out
    assert "psion_pretrain_stage_receipt|" not in psion("digest", receipt).out


def test_digest_as_json_holds_the_same(here: Path, psion: RunCommand) -> None:
    paths = write_files(here, edited(documents("receipt"), WRONG))
    value = json.loads(psion("digest", *paths, "--format", "json").out)
    (document,) = value["documents"]
    assert [(row["id"], row["state"]) for row in document["digests"]] == [
        *[("D1", "not-computed")] * 2,
        *[("D2", "not-computed")] * 2,
        ("D3", "agrees"),
        ("D4", "agrees"),
        ("D5", "differs"),
        ("content", "not-stored"),
    ]
    assert value["findings"] == []
    assert "preimage" not in document["digests"][0]
    preimages = json.loads(psion("digest", *paths, "--format", "json", "--preimage").out)
    assert preimages["documents"][0]["digests"][4]["preimage"].startswith("psion_pretrain_replay_receipt|")


def test_digest_of_a_broken_document_says_what_is_broken(here: Path, psion: RunCommand) -> None:
    result = psion("digest", *write_files(here, edited(documents("receipt"), put("/receipt/summary", ""))))
    assert result.code == FINDINGS
    assert "schema-violation" in result.out


def test_digest_tells_a_repeated_version_once(here: Path, psion: RunCommand) -> None:
    version = '"schema_version": "psion.sampling_policy.v1"'
    (here / "policy.json").write_text(f"{{{version}, {version}}}")
    findings = json.loads(psion("digest", "policy.json", "--format", "json").out)["findings"]
    assert [each["rule"] for each in findings].count("duplicate-member") == 1


@pytest.mark.parametrize("arguments", [[], ["nowhere"], ["empty"]])
def test_digest_of_nothing_exits_with_2(here: Path, psion: RunCommand, arguments: list[str]) -> None:
    (here / "empty").mkdir()
    assert psion("digest", *arguments).code == COULD_NOT_RUN


def test_digest_of_a_directory_drops_no_file(here: Path, psion: RunCommand) -> None:
    write_files(here / "run", documents("receipt"))
    (here / "run" / "bom.json").write_bytes(
        b"\xef\xbb\xbf" + as_text(documents("receipt")["receipt"]).encode()
    )
    (here / "run" / "other.json").write_text("{}", encoding="utf-8")
    result = psion("digest", "run", "--format", "json")
    value = json.loads(result.out)
    assert result.code == FINDINGS
    assert [(each["rule"], each["document"]) for each in value["findings"]] == [
        ("invalid-json", str(Path("run/bom.json")))
    ]
    assert [each["name"] for each in value["left_alone"]] == [str(Path("run/other.json"))]
    assert psion("digest", "run", "--exclude", "bom.json").code == CONSISTENT
