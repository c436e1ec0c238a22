"""Corpus manifests from shard files and a sidecar."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import documents
from support.file_digests import file_digest, folder_digest
from support.small_corpora import TOKENIZER, TOKENS, corpus_sidecar, read_shards, write_corpus

from psion_contract import check_documents, document_text, new_corpus, new_descriptor
from psion_contract.exceptions import ArgumentError, ArtifactError, InconsistentError, SidecarError
from psion_contract.reading.json_reader import Limits

FILES = Path(__file__).parent.parent / "artifacts" / "files"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small corpus on disk."""
    write_corpus(tmp_path)
    return tmp_path


def make(folder: Path, sidecar: Any = None, **arguments: Any) -> Any:
    given = corpus_sidecar() if sidecar is None else sidecar
    return new_corpus(read_shards(folder), given, **{"root": folder, **arguments})


def test_a_shard_that_changes_after_it_was_counted(folder: Path) -> None:
    found = read_shards(folder)
    with open(found[1].path, "ab") as file:
        file.write(bytes(2))
    with pytest.raises(ArtifactError) as error:
        new_corpus(found, corpus_sidecar(), root=folder)
    assert str(error.value) == (
        f"{found[1].path}: changed after it was counted; expected a file that nothing writes to"
    )


def problems(folder: Path, sidecar: Any, **arguments: Any) -> list[str]:
    """The lines of the error, which all begin alike."""
    with pytest.raises(SidecarError) as error:
        make(folder, sidecar, **arguments)
    lines = str(error.value).splitlines()
    assert all(line.startswith("sidecar: ") for line in lines)
    return [line.removeprefix("sidecar: ") for line in lines]


# What is derived.


def test_bytes_counts_bounds_and_lineage_come_from_the_files(folder: Path) -> None:
    made = make(folder)
    assert list(made) == list(documents("corpus")["corpus"])
    assert made["replay_contract"] == {
        "iteration_mode": "repeat",
        "shard_ordering": "manifest_order",
        "deterministic_shuffle_seed": 0,
        "stable_dataset_identity": "small@1",
    }
    assert made["source_family_bindings"] == [
        {"source_family_id": "prose", "source_ids": ["manual", "letters"]},
        {"source_family_id": "code", "source_ids": ["kernel"]},
        {"source_family_id": "examinations", "source_ids": ["papers"]},
    ]
    assert [
        (
            each["split_name"],
            each["kind"],
            each["source_family_ids"],
            each["sequence_count"],
            each["token_count"],
        )
        for each in made["splits"]
    ] == [
        ("train", "train", ["prose", "code"], 9, 1000),
        ("validation", "validation", ["prose"], 2, 200),
        ("exam", "held_out", ["examinations"], 2, 130),
    ]
    assert [each["shard_id"] for each in made["shards"]] == list(TOKENS)
    assert made["shards"][0] == {
        "shard_id": "train/prose.u16",
        "split_name": "train",
        "split_kind": "train",
        "storage_ref": "train/prose.u16",
        "shard_digest": file_digest(folder / "train/prose.u16"),
        "sequence_count": 8,
        "token_count": 900,
        "min_sequence_tokens": 4,
        "max_sequence_tokens": 128,
        "tokenizer_digest": TOKENIZER["tokenizer_digest"],
        "source_manifest_schema_version": "psion.corpus_sidecar.v1",
        "preprocessing_version": "none",
        "packing_policy_version": "1",
        "source_lineage": [
            {
                "source_id": "manual",
                "source_family_id": "prose",
                "source_normalized_digest": file_digest(folder / "manual.txt"),
            }
        ],
    }
    assert made["shards"][3]["source_lineage"][0]["source_normalized_digest"] == "papers-1"
    assert made["tokenizer_bundle_schema_version"] == "psion.compact_decoder_descriptor.v1"
    assert check_documents([made], strict=True).ok


def test_what_the_sidecar_says_replaces_what_is_derived(folder: Path) -> None:
    sidecar = corpus_sidecar() | {
        "storage_prefix": "s3://bucket/",
        "raw_source_schema_version": "raw.v1",
        "tokenizer_bundle_schema_version": "bundle.v1",
    }
    sidecar["replay_contract"] |= {"shard_ordering": "deterministic_shuffle", "deterministic_shuffle_seed": 7}
    made = make(folder, sidecar)
    assert made["shards"][0]["storage_ref"] == "s3://bucket/train/prose.u16"
    assert (
        made["shards"][0]["source_manifest_schema_version"] == made["raw_source_schema_version"] == "raw.v1"
    )
    assert made["tokenizer_bundle_schema_version"] == "bundle.v1"
    assert made["replay_contract"]["deterministic_shuffle_seed"] == 7


def test_the_tokenizer_comes_from_the_descriptor_or_from_its_file(folder: Path) -> None:
    sidecar = corpus_sidecar()
    del sidecar["tokenizer"]
    descriptor = new_descriptor(
        size_anchor="pilot32m",
        max_context=128,
        model_id="small",
        revision="1",
        tokenizer_id="pieces",
        tokenizer_version="2",
        tokenizer_file=FILES / "bpe.model",
        template_digest="template-1",
    )
    made = make(folder, sidecar, descriptor=descriptor)
    assert check_documents([made, descriptor], strict=True).ok
    binding = descriptor["tokenizer_binding"]
    assert (made["tokenizer_id"], made["tokenizer_version"]) == ("pieces", "2")
    assert made["tokenizer"] == {
        "family": "sentence_piece",
        "tokenizer_digest": file_digest(FILES / "bpe.model"),
        "vocab_size": binding["vocab_size"],
        "template_digest": "template-1",
    }
    sidecar["tokenizer"] = {
        "tokenizer_id": "pieces",
        "tokenizer_version": "2",
        "file": str(FILES / "bpe.model"),
        "template_digest": "template-1",
    }
    assert make(folder, sidecar) == made


def test_the_text_of_a_source_can_be_a_folder(folder: Path) -> None:
    sidecar = corpus_sidecar()
    sidecar["sources"][0]["file"] = "train"
    lineage = make(folder, sidecar)["shards"][0]["source_lineage"]
    assert lineage[0]["source_normalized_digest"] == folder_digest(folder / "train")


def test_paths_are_relative_to_the_file_of_the_sidecar(folder: Path) -> None:
    path = folder / "corpus.json"
    path.write_text(json.dumps(corpus_sidecar()), "utf-8")
    assert document_text(make(folder, path, root=None)) == document_text(make(folder))


def test_a_shard_file_can_have_brackets_in_its_name(folder: Path) -> None:
    (folder / "train/prose.u16").rename(folder / "train/[prose].u16")
    sidecar = corpus_sidecar()
    sidecar["shards"][0]["files"] = "train/[prose].u16"
    shards = read_shards(folder, ["train/[prose].u16", *list(TOKENS)[1:]])
    assert new_corpus(shards, sidecar, root=folder)["shards"][0]["shard_id"] == "train/[prose].u16"


def test_entries_with_the_very_path_of_a_file_are_not_held_against_every_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = make(folder)
    sidecar = corpus_sidecar()
    for path, entry in zip(TOKENS, sidecar["shards"], strict=True):
        entry["files"] = path
    monkeypatch.setattr("psion_contract.build.shard_paths.fnmatchcase", None)
    assert make(folder, sidecar) == expected


def test_progress_covers_every_byte(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    make(folder, progress=lambda read, total: seen.append((read, total)))
    texts = sum((folder / f"{name}.txt").stat().st_size for name in ("manual", "letters", "kernel"))
    total = 2 * sum(TOKENS.values()) + texts
    assert seen[-1] == (total, total)
    assert {each for _, each in seen} == {total}


def test_nothing_is_hashed_for_a_manifest_that_would_be_too_large(folder: Path) -> None:
    limits = Limits(max_bytes=len(document_text(make(folder)).encode()) - 2)
    read: list[int] = []
    with pytest.raises(InconsistentError, match="limit-exceeded"):
        make(folder, progress=lambda count, total: read.append(count), limits=limits)
    assert read == []


def test_nothing_is_hashed_for_a_manifest_that_would_be_refused(folder: Path) -> None:
    sidecar = corpus_sidecar()
    sidecar["packing_policy"]["max_sequence_tokens"] = 127
    seen: list[int] = []
    with pytest.raises(InconsistentError):
        make(folder, sidecar, progress=lambda read, total: seen.append(read))
    assert seen == []


# Gaps.


def test_every_gap_is_named_at_once_with_its_place(folder: Path) -> None:
    sidecar = corpus_sidecar()
    for name in ("dataset_id", "tokenizer"):
        del sidecar[name]
    sidecar["packing_policy"]["policy_version"] = None
    sidecar["replay_contract"]["shard_ordering"] = "deterministic_shuffle"
    sidecar["dataset_version"] = 2026
    del sidecar["sources"][0]["file"]
    sidecar["sources"][3]["file"] = "papers.txt"
    sidecar["sources"].append({"source_id": "kernel", "source_family_id": "prose", "file": "kernel.txt"})
    sidecar["sources"].append({"source_id": "diary", "source_family_id": "prose", "file": "manual.txt"})
    sidecar["shards"][0]["source_ids"] = ["manual", "manuel"]
    sidecar["shards"][1]["files"] = "train/*"
    sidecar["shards"][2]["files"] = "valid/*"
    sidecar["splits"] = []
    assert problems(folder, sidecar) == [
        "/dataset_id: missing: name of the corpus, without its version",
        '/dataset_version: expected a string, found a number; write "2026" in quotes',
        "/packing_policy/policy_version: missing: version of the packing policy",
        "/tokenizer: missing: the tokenizer of the shards, unless the descriptor of the model is given",
        "/replay_contract/deterministic_shuffle_seed: missing: the shuffled order needs a seed",
        "/sources/0/file: missing: the text of the source after normalization, or its source_normalized_digest",
        "/sources/3/source_normalized_digest: given beside file; expected one of the two",
        '/sources/4/source_id: the source "kernel" occurs twice',
        '/shards/0/source_ids/1: the source "manuel" is not among the sources, "manual", "letters", "kernel", '
        '"papers", "diary"',
        '/shards/2/files: no shard file matches "valid/*"; there are "train/prose.u16", "train/code.u16", '
        '"validation/prose.u16", "exam/papers.u16"',
        '/shards/3/split_name: what the split "exam" is for is not known: add it to splits, with its kind',
        '/shards/1/files: the shard file "train/prose.u16" is matched by /shards/0 and /shards/1; expected one entry',
        '/shards: no entry matches the shard file "validation/prose.u16"',
        '/sources/5/source_id: no entry of shards holds the source "diary"; remove it, or name it there',
    ]


@pytest.mark.parametrize(
    ("tokenizer", "expected"),
    [
        (
            {"tokenizer_id": "a", "tokenizer_version": "1"},
            [
                "/tokenizer/family: missing: how the tokenizer splits text (sentence_piece, byte_pair_encoding, "
                "word_piece, unigram, custom)",
                "/tokenizer/vocab_size: missing: number of tokens in the vocabulary",
                "/tokenizer/tokenizer_digest: missing: a digest of the tokenizer",
            ],
        ),
        (
            TOKENIZER | {"file": "manual.txt"},
            [
                f"/tokenizer/{name}: given beside file, which says it; expected one of the two"
                for name in ("family", "vocab_size", "tokenizer_digest")
            ],
        ),
    ],
)
def test_a_tokenizer_is_a_file_or_what_that_would_say(
    folder: Path, tokenizer: dict[str, Any], expected: list[str]
) -> None:
    assert problems(folder, corpus_sidecar() | {"tokenizer": tokenizer}) == expected


def test_the_descriptor_and_the_sidecar_do_not_both_have_the_tokenizer(folder: Path) -> None:
    descriptor = documents("descriptor")["descriptor"]
    assert problems(folder, corpus_sidecar(), descriptor=descriptor) == [
        "/tokenizer: the descriptor of the model says that already; expected one of the two"
    ]


# What is refused.


def test_a_manifest_that_breaks_a_rule_is_not_made(folder: Path) -> None:
    sidecar = corpus_sidecar()
    sidecar["packing_policy"]["max_sequence_tokens"] = 127
    with pytest.raises(InconsistentError) as error:
        make(folder, sidecar)
    assert [(each.rule, each.document, each.pointer) for each in error.value.report.findings] == [
        ("shard-bounds-mismatch", "new corpus", f"/shards/{index}/max_sequence_tokens") for index in (0, 2, 3)
    ]


def test_files_that_are_not_there_are_gaps(folder: Path) -> None:
    sidecar = corpus_sidecar()
    sidecar["tokenizer"] = {"tokenizer_id": "a", "tokenizer_version": "1", "file": "tokenizer.json"}
    for name in ("kernel", "letters"):
        (folder / f"{name}.txt").unlink()
    assert problems(folder, sidecar) == [
        f'/tokenizer/file: there is no file "tokenizer.json" in {folder}',
        f'/sources/1/file: there is no file "letters.txt" in {folder}',
        f'/sources/2/file: there is no file "kernel.txt" in {folder}',
    ]


def test_a_source_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "empty").mkdir()
    sidecar = corpus_sidecar()
    sidecar["sources"][0]["file"] = "empty"
    with pytest.raises(ArtifactError) as error:
        make(folder, sidecar)
    assert str(error.value) == f"{folder / 'empty'}: is a folder without files; expected at least one file"


@pytest.mark.parametrize("member", corpus_sidecar())
def test_no_shape_of_a_member_is_more_than_a_refusal(folder: Path, member: str) -> None:
    shapes: list[Any] = [1, "x", "", [], {}, [None], [[]], [{}], True, -1, ["x"], {"x": {}}]
    for shape in shapes:
        with suppress(SidecarError, InconsistentError):
            make(folder, corpus_sidecar() | {member: shape})
        inner = corpus_sidecar()
        value = inner[member]
        for holder in value if isinstance(value, list) else [value]:
            if isinstance(holder, dict):
                for name in list(holder):
                    holder[name] = shape
                    with suppress(SidecarError, InconsistentError):
                        make(folder, inner)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("train/./code.u16", '"train/code.u16": given twice; expected each file once'),
        ("train/code.u16", '"train/code.u16": given twice; expected each file once'),
        ("train/empty.u16", '"train/empty.u16": without sequences; leave them out'),
        ("train/a\x1b\nb.u16", '"train/a\\u001b\\u000ab.u16": with a name that is no id'),
        ("train/a|b.u16", '"train/a|b.u16": with a name that is no id'),
        ("train/\udcff.u16", '"train/\\udcff.u16": with a name that is no id'),
    ],
)
def test_files_that_no_manifest_can_list_are_named(folder: Path, name: str, problem: str) -> None:
    found = read_shards(folder)
    counts = found[0].counts._replace(sequences=0 if "empty" in name else 1)
    found.append(found[0]._replace(path=f"{folder}/{name}", counts=counts))
    with pytest.raises(ArgumentError, match=f"^shards: {re.escape(problem)}"):
        new_corpus(found, corpus_sidecar(), root=folder)


def test_shards_are_below_the_root_and_there_are_some(folder: Path) -> None:
    with pytest.raises(ArgumentError, match=r"is not below .*root is the folder that holds all shards"):
        make(folder, root=folder / "train")
    with pytest.raises(ArgumentError, match="shards: there are none"):
        new_corpus([], corpus_sidecar())
