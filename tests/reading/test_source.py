"""Documents in all the forms that they may be given in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import PILOT, documents
from support.stage_programs import program

from psion_contract import Checker, Limits, Source, check_documents
from psion_contract.exceptions import ArgumentError, UnreadableError
from psion_contract.reading.source import json_object, source_of


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = []
    for name, document in documents(*PILOT).items():
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(document), encoding="utf-8")
    return paths


def names(given: Any) -> list[str]:
    report = check_documents(given)
    assert report.ok
    return sorted(each.name for each in report.documents)


def test_a_list_of_documents_has_names_with_positions() -> None:
    given = list(documents(*PILOT).values())
    expected = sorted(f"documents[{position}]" for position in range(len(given)))
    assert names(given) == names(iter(given)) == names(tuple(given)) == expected
    receipt = given.pop([each["schema_version"] for each in given].index("psion.pretrain_stage_receipt.v1"))
    checker = Checker(given)
    assert checker.check([receipt]).ok
    assert {each.name for each in checker.check([receipt]).documents if not each.judged} == {
        f"inputs[{position}]" for position in range(len(given))
    }


def test_pairs_and_paths_have_their_names(files: list[Path]) -> None:
    assert names(documents(*PILOT).items()) == sorted(PILOT)
    assert names(files) == sorted(map(str, files))
    assert names({path.stem: path for path in files}) == sorted(PILOT)
    assert names({path: path.read_text("utf-8") for path in files}) == sorted(map(str, files))
    assert names([(path.stem, path) for path in files]) == sorted(PILOT)
    assert names([files[0].parent]) == sorted(map(str, files))


def test_forms_can_be_mixed(files: list[Path]) -> None:
    first, second, third, *rest = files
    given = [first, second.read_bytes(), Source("mine", third.read_bytes())]
    given += [(path.stem, json.loads(path.read_bytes())) for path in rest]  # type: ignore[misc]
    assert names(given) == sorted([str(first), "documents[1]", "mine", *(path.stem for path in rest)])


def test_a_file_of_lines_keeps_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in documents(*PILOT).values()), "utf-8")
    assert names([path]) == sorted(f"{path}:{line}" for line in range(1, len(PILOT) + 1))
    with pytest.raises(ArgumentError, match=f"config: expected one document, found {len(PILOT)} in "):
        source_of("config", path)


def test_a_file_named_like_standard_input_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-").write_text("{}", encoding="utf-8")
    assert source_of("x", Path("-")).data == b"{}"


@pytest.mark.parametrize("given", [None, 7, "a.json", b"{}", Path("a.json"), Source("a", b"{}"), object()])
def test_what_is_not_a_set_of_documents_is_refused(given: Any) -> None:
    for argument, check in (("documents", check_documents), ("inputs", Checker)):
        with pytest.raises(
            ArgumentError, match=f"^{argument}: expected a mapping of names to documents, or a"
        ):
            check(given)  # type: ignore[operator]


def test_a_single_document_is_recognised() -> None:
    for document in (documents("config")["config"], program("pretrain")):
        with pytest.raises(ArgumentError, match=r"put it in a list: \[document\]"):
            check_documents(document)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({3: {}}, 'the name "3" is a int; expected a string'),
        ({"": {}}, "a name is empty"),
        ([("a", {}), ("a", {})], 'the name "a" occurs twice'),
        ([("documents[1]", {}), {}], 'the name "documents\\[1\\]" occurs twice'),
        ([Source(3, b"")], r"documents\[0\]: the name of a Source is a int; expected str"),  # type: ignore[arg-type]
        ([Source("a", "{}")], r"documents\[0\]: the data of a Source is a str; expected bytes"),  # type: ignore[arg-type]
        ({"b": Source("a", b"", first_line=0)}, "b: the first_line of a Source is 0; lines count from 1"),
    ],
)
def test_wrong_names_are_refused(given: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        check_documents(given)


def test_a_source_under_a_name_has_that_name() -> None:
    (finding,) = check_documents({"mine": Source("a", b"{")}).findings
    assert finding.document == "mine"


@pytest.mark.parametrize("text", ["receipt.json", "runs/a b.jsonl", r"C:\\runs\\receipt.json"])
def test_a_file_name_given_as_text_is_recognised(text: str) -> None:
    (finding,) = check_documents({"receipt": text}).findings
    assert finding.rule == "invalid-json"
    assert "is a file name, not JSON text; to read the file, use pathlib.Path" in finding.message
    with pytest.raises(ArgumentError, match=r"config: .* is a file name"):
        source_of("config", text)


def test_a_file_that_is_not_there_is_no_verdict(tmp_path: Path) -> None:
    for given in ({"a": tmp_path / "a.json"}, [tmp_path / "a.json"]):
        with pytest.raises(UnreadableError, match=r"a\.json: "):
            check_documents(given)


def test_an_object_in_a_file_is_strict_json(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.json"
    path.write_text('{"step": 1}', encoding="utf-8")
    assert json_object("checkpoint", path) == {"step": 1}
    path.write_text('{"step": 1.5}', encoding="utf-8")
    with pytest.raises(ArgumentError, match=r"checkpoint\.json:1:10: "):
        json_object("checkpoint", path)
    path.write_text("7", encoding="utf-8")
    with pytest.raises(ArgumentError, match=r"checkpoint\.json: expected an object, found 7"):
        json_object("checkpoint", path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_bytes": -1}, "max_bytes is -1; expected an integer from 0"),
        ({"max_depth": -1}, "max_depth is -1"),
        ({"max_members": 1.0}, "max_members is a float"),
        ({"max_lines": "1"}, "max_lines is a str"),
        ({"max_lines": True}, "max_lines is a bool"),
        ({"max_bytes": None}, "max_bytes is a NoneType"),
    ],
)
def test_limits_are_integers_from_0(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=f"limits: {message}"):
        Limits(**arguments)
    with pytest.raises(ArgumentError, match=f"limits: {message}"):
        Limits()._replace(**arguments)


def test_other_things_are_not_limits() -> None:
    for limits in (None, {}, (1, 1, 1, 1)):
        with pytest.raises(ArgumentError, match="limits: expected a Limits"):
            check_documents({}, limits=limits)  # type: ignore[arg-type]


def test_a_larger_depth_counts_as_the_largest() -> None:
    deep = b"[" * 201 + b"]" * 201
    (finding,) = check_documents({"deep": deep}, limits=Limits(max_depth=10_000)).findings
    assert (finding.rule, "200" in finding.message) == ("limit-exceeded", True)
