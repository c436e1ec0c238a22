"""Templates of sidecars: empty, they name every gap; filled in, they work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from support.small_corpora import TOKENS, corpus_sidecar, policy_sidecar, read_shards, write_corpus

from psion_contract import ContractWarning, Source, new_corpus, new_policy
from psion_contract.build.shard_paths import matches
from psion_contract.build.sidecars import Sidecar
from psion_contract.build.templates import corpus_template, policy_template
from psion_contract.documents import schemas
from psion_contract.documents.schemas import CORPUS_SIDECAR, POLICY_SIDECAR
from psion_contract.exceptions import ArgumentError, SidecarError
from psion_contract.reading.json_reader import DEFAULT_LIMITS


def filled_in(template: str, values: list[str]) -> Source:
    """The template with those values after its empty members, in their order, until there are none left."""
    rest = iter(values)
    text = re.sub(r"(?m)^( *(?:- )?[a-z_]+:)$", lambda found: f"{found[1]} {next(rest)}".rstrip(), template)
    assert list(rest) == []
    return Source("sidecar.yaml", text.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_corpus(tmp_path)
    return tmp_path


def test_the_template_of_a_corpus_filled_in_makes_the_corpus(folder: Path) -> None:
    template = corpus_template(list(TOKENS))
    tokenizer = ["", "bytes", '"1"', "", "byte_pair_encoding", "256", "sha256:of-the-tokenizer", "", ""]
    packing = ["", "cut", '"1"', "pack_into_context_window", "128", "refuse"]
    replay = ["", "repeat", "manifest_order", ""]
    source = ["", "manual", "prose", "manual.txt", ""]
    values = ["small", '"1"', *tokenizer, "", "", "none", *packing, *replay, *source]
    values += ["", "train", "validation", "exam", "", "", "", ""]
    sidecar = filled_in(template, values)
    text = sidecar.data.decode().replace("source_ids: []", "source_ids: [manual]")
    text = text.replace("  - split_name:\n", "  - split_name: exam\n").replace("kind:\n", "kind: held_out\n")
    given = Source("sidecar.yaml", text.encode())
    expected = corpus_sidecar()
    expected["sources"] = expected["sources"][:1]
    expected["shards"] = [
        {"files": f"{split}/*.u16", "split_name": split, "source_ids": ["manual"]}
        for split in ("train", "validation", "exam")
    ]
    shards = read_shards(folder)
    with pytest.warns(ContractWarning, match="split-overlap"):  # of one source in all splits
        assert new_corpus(shards, given, root=folder) == new_corpus(shards, expected, root=folder)


def test_the_template_of_a_corpus_matches_each_file_once() -> None:
    files = ["a.u16", "x/b.u16", "x/c.u16", "x/y/d.u16", "x/y/z.bin", "r[1]/e.u16", "r[1]/[f].u16", "no/g"]
    patterns = re.findall(r'- files: "(.*)"', corpus_template(files))
    assert patterns == [
        *("a.u16", "x/b.u16", "x/c.u16", "x/y/*.u16", "x/y/*.bin", "r[[]1]/*.u16", "no/g"),
    ]
    found = matches(files, {number: {"files": each} for number, each in enumerate(patterns)})
    assert [len(entries) for entries in found.values()] == [1] * len(files)


def test_a_template_has_no_name_that_no_manifest_can_have() -> None:
    with pytest.raises(ArgumentError, match=r'^shards: "\\udcff.u16": with a name that is no id'):
        corpus_template(["a.u16", "\udcff.u16"])


def test_the_template_of_a_policy_filled_in_makes_the_policy(folder: Path) -> None:
    corpus = new_corpus(read_shards(folder), corpus_sidecar(), root=folder)
    template = policy_template(corpus)
    assert "# Sources that may be trained on: manual, kernel, letters\n" in template
    assert "# prose: 900 training tokens\n# code: 100 training tokens\n" in template
    families = ["", "prose", "", "", "", "code"]
    caps = ["", "", "", ""]
    region = ["", "manual", "manual", "licence", "5000", "", "The licence is at the top of every file."]
    report = ["", "", ""]
    sidecar = filled_in(template, ["small-mixture", '"1"', "1500", *families, *caps, *region, *report, ""])
    made = new_policy(corpus, sidecar)
    expected = policy_sidecar()
    for each in expected["regression_thresholds"]:
        each["rationale"] = "Not measured, so there is no limit."
    assert made == new_policy(corpus, expected)


@pytest.mark.parametrize("name", ["a\u2028b: 1", "\u2029# a", "\uffff", "a: b", "\ufeff"])
@pytest.mark.filterwarnings("ignore::psion_contract.ContractWarning")  # of names that look like others
def test_any_name_can_be_in_a_template(folder: Path, name: str) -> None:
    sidecar = corpus_sidecar()
    sidecar["sources"][2] |= {"source_id": name, "source_family_id": name}
    sidecar["shards"][1]["source_ids"] = [name]
    template = policy_template(new_corpus(read_shards(folder), sidecar, root=folder))
    read = Sidecar(Source("a.yaml", template.encode()), POLICY_SIDECAR, DEFAULT_LIMITS)
    assert [each["source_family_id"] for each in read.value["source_family_weights"]] == ["prose", name]
    read = Sidecar(
        Source("a.yaml", corpus_template([f"{name}.u16"]).encode()), CORPUS_SIDECAR, DEFAULT_LIMITS
    )
    assert read.value["shards"][0]["files"] == f"{name}.u16"


def gaps(template: str, make: Any) -> list[str]:
    """The pointers of the gaps of an empty template."""
    with pytest.raises(SidecarError) as error:
        make(Source("a.yaml", template.encode()))
    return [line.split(": ")[1] for line in str(error.value).splitlines()]


def test_an_empty_template_names_every_member_to_fill_in(folder: Path) -> None:
    shards = read_shards(folder)
    corpus = new_corpus(shards, corpus_sidecar(), root=folder)
    of_corpus = [
        *("/dataset_id", "/dataset_version", "/tokenizer", "/preprocessing_version"),
        *(
            f"/packing_policy/{name}"
            for name in (
                *("policy_id", "policy_version", "packing_mode"),
                *("max_sequence_tokens", "overlong_sequence_posture"),
            )
        ),
        *("/replay_contract/iteration_mode", "/replay_contract/shard_ordering"),
        *("/sources/0/source_id", "/sources/0/source_family_id"),
    ]
    assert gaps(corpus_template([]), lambda it: new_corpus(shards, it, root=folder)) == [
        *of_corpus,
        *("/shards/0/files", "/shards/0/split_name", "/shards/0/source_ids"),
    ]
    assert gaps(
        corpus_template(["a.u16", "b/c", "b/d.u16"]), lambda it: new_corpus(shards, it, root=folder)
    ) == [
        *of_corpus,
        *(f"/shards/{index}/{name}" for index in range(3) for name in ("split_name", "source_ids")),
    ]
    of_policy = ["/policy_id", "/policy_version"]
    of_region = [
        f"/repetitive_region_controls/0/{name}"
        for name in ("source_id", "document_id", "section_id", "downweight_multiplier_bps", "rationale")
    ]
    families = [f"/source_family_weights/{index}/content_class" for index in (0, 1)]
    assert (
        gaps(policy_template(corpus), lambda it: new_policy(corpus, it)) == of_policy + families + of_region
    )
    one = ["/source_family_weights/0/source_family_id", "/source_family_weights/0/content_class"]
    assert gaps(policy_template(), lambda it: new_policy(corpus, it)) == of_policy + one + of_region


@pytest.mark.parametrize(
    ("template", "name"), [(corpus_template([]), CORPUS_SIDECAR), (policy_template(), POLICY_SIDECAR)]
)
def test_every_member_of_the_schema_is_there_with_its_description(template: str, name: str) -> None:
    words = " ".join(line.strip().removeprefix("# ") for line in template.splitlines())
    for member, node in schemas.schema(name)["properties"].items():
        assert re.search(rf"(?m)^{member}:", template)
        assert node["description"] in words
    assert max(map(len, template.splitlines())) <= 110
