"""Sidecars in YAML, TOML and JSON: what they say, and where their gaps are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from psion_contract import Source
from psion_contract.build.sidecars import MAX_SIZE, MAX_YAML_SIZE, Sidecar
from psion_contract.documents.schemas import CORPUS_SIDECAR
from psion_contract.exceptions import ArgumentError, MissingExtraError, SidecarError
from psion_contract.reading.json_reader import DEFAULT_LIMITS

YAML = """\
dataset_id: small
dataset_version: 2026-11-26
preprocessing_version: 1.0
packing_policy: {policy_id: yes, policy_version: !!str 3, packing_mode: batch_by_token_budget,
  max_sequence_tokens: 128, overlong_sequence_posture: drop}
replay_contract: &replay
  iteration_mode: repeat
  shard_ordering: manifest_order
tokenizer:
  tokenizer_id:
  file: ~
splits:
  - split_name:
    kind: null
sources:
  - source_id: 007
    source_family_id: |
      prose
shards:
  - {files: '*', split_name: train, source_ids: [a]}
"""

VALUE = {
    "dataset_id": "small",
    "dataset_version": "2026-11-26",
    "preprocessing_version": "1.0",
    "packing_policy": {
        "policy_id": "yes",
        "policy_version": "3",
        "packing_mode": "batch_by_token_budget",
        "max_sequence_tokens": 128,
        "overlong_sequence_posture": "drop",
    },
    "replay_contract": {"iteration_mode": "repeat", "shard_ordering": "manifest_order"},
    "sources": [{"source_id": "007", "source_family_id": "prose\n"}],
    "shards": [{"files": "*", "split_name": "train", "source_ids": ["a"]}],
}

TOML = """\
dataset_id = "small"
dataset_version = 2026-11-26
preprocessing_version = 1.0

[packing_policy]
policy_id = "yes"
policy_version = "3"
packing_mode = "batch_by_token_budget"
max_sequence_tokens = 128
overlong_sequence_posture = "drop"

[replay_contract]
iteration_mode = "repeat"
shard_ordering = "manifest_order"

[[sources]]
source_id = "007"
source_family_id = "prose\\n"

[[shards]]
files = "*"
split_name = "train"
source_ids = ["a"]
"""


def read(name: str, text: str | bytes) -> Sidecar:
    data = text.encode() if isinstance(text, str) else text
    return Sidecar(Source(name, data), CORPUS_SIDECAR, DEFAULT_LIMITS)


def refusal(name: str, text: str | bytes) -> str:
    with pytest.raises(SidecarError) as error:
        read(name, text).refuse_if_any()
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", YAML),
        ("a.yml", "\ufeff" + YAML.replace("\n", "\r\n")),
        ("<stdin>", YAML),
        ("a.toml", TOML),
        ("a.json", json.dumps(VALUE)),
        ("<stdin>", json.dumps(VALUE | {"splits": None, "tokenizer": {}}).replace(', "tokenizer": {}', "")),
    ],
)
def test_the_three_formats_say_the_same(name: str, text: str) -> None:
    assert read(name, text).value == VALUE


@pytest.mark.parametrize("version", ["1.10", "1e3", "2026-11-26", "inf"])
def test_what_is_no_string_in_toml_is_one_as_it_is_written(version: str) -> None:
    text = TOML.replace("preprocessing_version = 1.0", f"preprocessing_version = {version}")
    assert read("a.toml", text).value == VALUE | {"preprocessing_version": version}


def test_a_gap_has_line_and_column_where_the_format_has_them() -> None:
    yaml = YAML.replace("dataset_id: small", "dataset_id:").replace("files: '*'", "file: '*'")
    assert refusal("a.yaml", yaml).splitlines() == [
        "a.yaml:1:12: /dataset_id: missing: name of the corpus, without its version",
        'a.yaml:17:23: /sources/0/source_family_id: "prose\\u000a" contains a control character (U+000A) at character 6',
        "a.yaml:20:5: /shards/0/files: missing: path of the shard file, or of several with wildcards: `*` stands for "
        "any characters, `/` too",
        'a.yaml:20:12: /shards/0/file: unknown property "file"; did you mean "files"?',
    ]
    value = VALUE | {"sources": [{"source_id": "a", "source_family_id": 3}]}
    assert refusal("a.json", json.dumps({**value, "dataset_id": None}, indent=1)).splitlines() == [
        "a.json:2:16: /dataset_id: missing: name of the corpus, without its version",
        'a.json:19:24: /sources/0/source_family_id: expected a string, found a number; write "3" in quotes',
    ]
    toml = TOML.replace('dataset_id = "small"\n', "").replace("prose\\n", "prose").replace("2026-11-26", "7")
    assert refusal("a.toml", toml).splitlines() == [
        "a.toml: /dataset_id: missing: name of the corpus, without its version",
        'a.toml: /dataset_version: expected a string, found a number; write "7" in quotes',
    ]


@pytest.mark.parametrize(("name", "text"), [("a.yaml", "# nothing yet\n"), ("a.toml", ""), ("a.json", "{}")])
def test_an_empty_file_has_every_gap(name: str, text: str) -> None:
    lines = refusal(name, text).splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        *("/dataset_id", "/dataset_version", "/preprocessing_version", "/packing_policy", "/replay_contract"),
        *("/sources", "/shards"),
    ]
    assert lines[3].endswith(
        ": missing: how documents became training sequences; with policy_id, policy_version, packing_mode, "
        "max_sequence_tokens, overlong_sequence_posture"
    )
    assert lines[5].endswith("the unit that receipts report on; with source_id, source_family_id")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yaml", "a: [", "a.yaml:1:5: not YAML: while parsing a flow node expected the node content, but found '<stream end>'"),
        ("a.yaml", "a: 1\nb: 2\na: 3\n", 'a.yaml:3:1: duplicate key "a"'),
        ("a.yaml", "a: !!python/object:os.system x", 'a.yaml:1:4: the tag "tag:yaml.org,2002:python/object:'),
        ("a.yaml", "a: !mine x", 'a.yaml:1:4: the tag "!mine" has no meaning here'),
        ("a.yaml", "? [a]\n: b\n", "a.yaml:1:3: a key is a list or a mapping; expected a word"),
        ("a.yaml", "a: 1\n---\nb: 2\n", "a.yaml:2:1: not YAML: expected a single document"),
        ("a.yaml", "a: \x07", "a.yaml:1:1: not YAML: the character U+0007"),
        ("a.yaml", "[" * 900, "a.yaml:1:1: nested too deeply"),
        ("a.yaml", "&a [*a]", "a.yaml:1:1: nested too deeply"),
        ("a.yaml", 'a: "\\ud800"', 'a.yaml:1:4: /a: "\\ud800" has half of a character, an unpaired surrogate'),
        ("a.yaml", f"? {'a' * 1100}\n: [1]\n", "a.yaml:2:3: the names on the way to a value have more than 1024 characters"),
        ("a.yaml", "[]", "a.yaml: expected members and their values, found []"),
        ("a.yaml", "just words", 'a.yaml: expected members and their values, found "just words"'),
        ("a.yaml", b"a: \xff", "a.yaml:1: not UTF-8"),
        ("a.toml", "#" * (MAX_SIZE + 1), "a.toml: larger than 1048576 bytes, the limit"),
        (
            "a.yaml",
            "#" * (MAX_YAML_SIZE + 1),
            "a.yaml: larger than 262144 bytes, the limit of YAML, which is slow to read; write it in JSON or TOML",
        ),
        ("a.toml", "a = ", "a.toml: not TOML: Invalid value (at end of document)"),
        ("a.toml", "a = " + "[" * 5000, "a.toml: nested too deeply"),
        ("a.toml", ".".join(["a"] * 129) + " = 1", "a.toml: nested too deeply"),
        ("a.toml", "[" + " . ".join(['"a.b"', "'c'", "d"] * 43) + "]", "a.toml: nested too deeply"),
        ("a.toml", f"a = [0x1{'0' * 16}]", "a.toml: /a/0: an integer of more than 64 bits"),
        ("a.toml", f"a = {'9' * 5000}", "a.toml: not TOML: Exceeds the limit (4300 digits)"),
        ("a.toml", "a = {b = 2026-11-26T10:00:00Z}", "a.toml: /a/b: a time of day; write it in quotes"),
        ("a.json", '{"a": 1, "a": 2}', 'a.json:1:10: duplicate key "a"'),
        ("<stdin>", '{"a": 1.5}', "<stdin>:1:7: "),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_with_the_place(
    name: str, text: str | bytes, message: str
) -> None:
    assert refusal(name, text).startswith(message)


def test_aliases_cannot_multiply_without_limit() -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for old, new in zip("abcdefg", "bcdefgh", strict=True):
        text += f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    assert "more than 131072 values, the limit" in refusal("a.yaml", text)


def test_at_most_a_hundred_problems_are_listed() -> None:
    value = VALUE | {"sources": [{"source_id": "a"}] * 150}
    assert len(refusal("a.json", json.dumps(value)).splitlines()) == 101


def test_a_mapping_may_hold_what_arguments_may_hold() -> None:
    read = Sidecar({**VALUE, "dataset_id": Path("small"), "splits": []}, CORPUS_SIDECAR, DEFAULT_LIMITS)
    assert read.value == VALUE | {"splits": []}
    for given in ("corpus.yaml", 3):
        with pytest.raises(
            ArgumentError, match=r"sidecar: expected a mapping or a pathlib\.Path, found a (str|int)"
        ):
            Sidecar(given, CORPUS_SIDECAR, DEFAULT_LIMITS)


def test_a_mapping_may_not_hold_half_of_a_character() -> None:
    given = {**VALUE, "splits": [{"\udcff": "a"}]}
    with pytest.raises(ArgumentError) as error:
        Sidecar(given, CORPUS_SIDECAR, DEFAULT_LIMITS)
    assert str(error.value) == (
        "sidecar: /splits/0: a member name has the unpaired surrogate U+DCFF at character 1, which UTF-8 cannot write"
    )


def test_without_the_library_yaml_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'psion-contract\[yaml\]', or use TOML or JSON"):
        read("a.yaml", YAML)
    assert read("a.toml", TOML).value == VALUE


def test_the_types_of_problems_have_no_traceback_for_any_shape() -> None:
    shapes: list[Any] = [None, 1, "x", [], {}, [None], [[]], [{}], True]
    for member in (*VALUE, "splits", "tokenizer"):
        for shape in shapes:
            text = json.dumps({**VALUE, member: shape})
            Sidecar(Source("a.json", text.encode()), CORPUS_SIDECAR, DEFAULT_LIMITS)
