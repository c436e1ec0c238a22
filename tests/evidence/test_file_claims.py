"""Documents against the bytes of files: what agrees, what does not, and what cannot be compared."""

from __future__ import annotations

import json
import os
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import as_text, documents
from support.file_digests import file_digest, folder_digest
from support.platforms import needs_links
from support.run_files import UNKNOWN, written

from psion_contract import ArgumentError, Report, check_with_files
from psion_contract.evidence.named_digests import NamedDigests
from psion_contract.findings import FileClaims, Unverified
from tools.edits import Tree
from tools.pack.restoring import bound, sealed

CHECKPOINT = "/checkpoint_lineage/promoted_checkpoint"
LENGTHS = ("min_sequence_tokens", "max_sequence_tokens")
UNRECOGNISED = "the format of the tokens is not recognised"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tree]:
    root = tmp_path_factory.mktemp("files")
    return root, written(root)


def report_on(tree: Tree, root: Any, **options: Any) -> Report:
    return check_with_files(
        {name: as_text(document) for name, document in tree.items()}, root, strict=True, **options
    )


def findings(report: Report) -> list[tuple[str, str, str]]:
    return [(each.rule, each.document, each.pointer) for each in report.findings]


def claims(report: Report) -> dict[tuple[str, str], tuple[int, int, int]]:
    """By document and sort, how many claims agree, do not agree, and were not compared."""
    assert report.files is not None
    return {
        (each.document, each.claim): (
            each.verified,
            each.refuted,
            sum(other.claims for other in each.unverified),
        )
        for each in report.files
    }


ALL_AGREE = {
    ("descriptor", "tokenizer digest"): (1, 0, 0),
    ("corpus", "shard digest"): (8, 0, 0),
    ("corpus", "shard counts"): (7, 0, 1),
    ("corpus", "tokenizer digest"): (1, 0, 0),
    ("receipt", "checkpoint digest"): (1, 0, 0),
    ("receipt", "checkpoint tensors"): (1, 0, 0),
}


def test_files_as_the_documents_say(original: tuple[Path, Tree]) -> None:
    root, tree = original
    report = report_on(tree, root)
    assert findings(report) == []
    assert report.verdict == "consistent"
    assert claims(report) == ALL_AGREE
    assert report.files is not None
    assert report.files[2] == FileClaims(
        "corpus", "", "shard counts", 7, 0, (Unverified(UNRECOGNISED, 1, f"/shards/{UNKNOWN}"),)
    )


def test_without_files_a_report_says_nothing_about_them(original: tuple[Path, Tree]) -> None:
    _, tree = original
    report = check_with_files({"policy": as_text(tree["policy"])}, str(original[0]))
    assert report.files == ()
    assert report.to_dict()["files"] == []


def flipped(path: Path, offset: int) -> bytes:
    """Change one bit of a file, and return what it was."""
    with open(path, "r+b") as file:
        file.seek(offset)
        (byte,) = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ 1]))
    return bytes([byte])


@pytest.mark.parametrize(
    ("name", "expected", "claim"),
    [
        (
            "shards/3.u16",
            [("shard-digest-mismatch", "corpus", "/shards/3/shard_digest")],
            ("corpus", "shard digest"),
        ),
        (
            "runs/final/model.safetensors",
            [("checkpoint-digest-mismatch", "receipt", f"{CHECKPOINT}/object_digest")],
            ("receipt", "checkpoint digest"),
        ),
        (
            "tokenizer.json",
            [
                ("tokenizer-digest-mismatch", "descriptor", "/tokenizer_binding/tokenizer_digest"),
                ("tokenizer-digest-mismatch", "corpus", "/tokenizer/tokenizer_digest"),
            ],
            ("corpus", "tokenizer digest"),
        ),
    ],
)
def test_one_flipped_bit_is_found(
    original: tuple[Path, Tree], name: str, expected: list[tuple[str, str, str]], claim: tuple[str, str]
) -> None:
    root, tree = original
    path = root / name
    flipped(path, path.stat().st_size - 1)
    try:
        report = report_on(tree, root)
    finally:
        flipped(path, path.stat().st_size - 1)
    assert findings(report) == expected
    assert report.verdict == "inconsistent"
    verified, refuted, _ = claims(report)[claim]
    assert (verified, refuted) == (ALL_AGREE[claim][0] - 1, 1)


def test_a_finding_says_which_file_and_which_digest(original: tuple[Path, Tree]) -> None:
    root, tree = deepcopy(original)
    stated = tree["corpus"]["shards"][0]["shard_digest"]
    tree["corpus"]["shards"][0]["shard_digest"] = wrong = "0" * 64
    (found,) = report_on(tree, root).findings
    path = str(root / "shards" / "0.u16")
    expected = stated.removeprefix("sha256:")  # in the form of the stated one
    assert (found.message, found.expected, found.actual) == (
        f'the digest of "{path}" is {expected}',
        expected,
        wrong,
    )
    assert [(other.document, other.pointer) for other in found.related] == [(path, "")]
    assert found.line is not None
    tree["corpus"]["shards"][0]["shard_digest"] = expected
    assert findings(report_on(tree, root)) == []


def test_counts_of_a_file(original: tuple[Path, Tree]) -> None:
    root, tree = deepcopy(original)
    shard = tree["corpus"]["shards"][0]
    (split,) = (each for each in tree["corpus"]["splits"] if each["split_name"] == shard["split_name"])
    for member, change in (("sequence_count", 1), ("token_count", 2)):
        shard[member] += change
        split[member] += change
    report = report_on(tree, root)
    assert findings(report) == [
        ("shard-file-count-mismatch", "corpus", "/shards/0/sequence_count"),
        ("shard-file-count-mismatch", "corpus", "/shards/0/token_count"),
    ]
    assert [(each.actual, each.expected, each.message) for each in report.findings] == [
        (8, 7, f'"{root / "shards" / "0.u16"}" has 7 sequences'),
        (102, 100, f'"{root / "shards" / "0.u16"}" has 100 tokens'),
    ]
    assert claims(report)["corpus", "shard counts"] == (6, 1, 1)


def with_checkpoint(tree: Tree, **changes: Any) -> Tree:
    """The documents with another promoted checkpoint."""
    tree = deepcopy(tree)
    tree["receipt"]["checkpoint_lineage"]["promoted_checkpoint"] |= changes
    return sealed(tree)


def test_tensors_of_another_model(original: tuple[Path, Tree]) -> None:
    root, tree = deepcopy(original)
    other = root / "other.safetensors"
    header = {
        "decoder.embed_tokens.weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]},
        "extra": {"dtype": "U8", "shape": [], "data_offsets": [8, 9]},
    }
    data = json.dumps(header).encode()
    other.write_bytes(len(data).to_bytes(8, "little") + data + bytes(9))
    digest = file_digest(other)
    tree = with_checkpoint(tree, checkpoint_ref="other.safetensors", object_digest=digest)
    report = report_on(tree, root)
    assert findings(report) == [("tensor-mismatch", "receipt", f"{CHECKPOINT}/checkpoint_ref")]
    (found,) = report.findings
    assert found.message.startswith(
        f'"{other}" lacks "decoder.embed_positions.weight", "decoder.layers.0.attention_norm.gamma"'
    )
    assert found.message.endswith(
        'has unknown "extra"; "decoder.embed_tokens.weight" is F32 [1, 2], not F32 [38, 384]'
    )
    assert [(each.document, each.pointer) for each in found.related] == [
        ("descriptor", "/checkpoint_contract/tensor_layout")
    ]
    assert claims(report)["receipt", "checkpoint digest"] == (1, 0, 0)
    assert claims(report)["receipt", "checkpoint tensors"] == (0, 1, 0)
    other.write_bytes(b"x")
    (_, found) = report_on(tree, root).findings
    assert found.message.startswith(f'"{other}" is not a safetensors file; expected 8 bytes with')


def test_checkpoints_that_are_not_compared(original: tuple[Path, Tree]) -> None:
    root, tree = original
    report = report_on(with_checkpoint(tree, checkpoint_ref="tokenizer.json", object_digest="step-100"), root)
    assert findings(report) == []
    assert report.files is not None
    assert [(each.claim, each.unverified) for each in report.files if each.document == "receipt"] == [
        (
            "checkpoint digest",
            (
                Unverified(
                    "the stated digest is not a SHA-256 digest",
                    1,
                    f"{CHECKPOINT}/object_digest",
                ),
            ),
        ),
        (
            "checkpoint tensors",
            (
                Unverified(
                    "the checkpoint is no .safetensors file and has no model.safetensors",
                    1,
                    f"{CHECKPOINT}/checkpoint_ref",
                ),
            ),
        ),
    ]
    report = report_on(with_checkpoint(tree, checkpoint_ref=None), root)
    assert findings(report) == []
    assert claims(report)["receipt", "checkpoint digest"] == (0, 0, 1)
    assert claims(report)["receipt", "checkpoint tensors"] == (0, 0, 1)


def test_tensors_without_a_descriptor(original: tuple[Path, Tree]) -> None:
    root, tree = deepcopy(original)
    place = f"{CHECKPOINT}/checkpoint_ref"

    def unverified(*names: str) -> tuple[Unverified, ...]:
        (found,) = (
            each
            for each in report_on({name: tree[name] for name in names}, root).files or ()
            if each.claim == "checkpoint tensors"
        )
        return found.unverified

    assert unverified("receipt") == (Unverified("no model descriptor to compare with", 1, place),)
    tree["descriptor"]["checkpoint_contract"]["tensor_layout"][0]["dtype"] = 5
    assert unverified("receipt", "config", "descriptor") == (
        Unverified("the model descriptor descriptor is broken", 1, place),
    )


def with_shard(tree: Tree, reference: str) -> Tree:
    tree = deepcopy(tree)
    tree["corpus"]["shards"][0]["storage_ref"] = reference
    return tree


def test_missing_files(original: tuple[Path, Tree]) -> None:
    root, tree = original
    report = report_on(with_shard(tree, "s3://bucket/shards/none.u16"), root)
    assert findings(report) == [("missing-file", "corpus", "/shards/0/storage_ref")]
    (found,) = report.findings
    assert (found.message, found.actual) == (
        f'there is no "{root / "shards" / "none.u16"}"',
        "s3://bucket/shards/none.u16",
    )
    assert claims(report)["corpus", "shard digest"] == (7, 0, 1)
    assert claims(report)["corpus", "shard counts"] == (6, 0, 2)


@needs_links
@pytest.mark.parametrize(
    "reference",
    [
        "../secret",
        "shards/../../secret",
        "s3://bucket/shards/../../secret",
        "shards/link",
        "/etc/hosts",
        "file:///etc/hosts",
    ],
)
def test_a_reference_never_leaves_the_folder(
    original: tuple[Path, Tree], tmp_path: Path, reference: str
) -> None:
    _, tree = deepcopy(original)
    root = tmp_path / "root"
    (root / "shards").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"secret")
    (root / "shards" / "link").symlink_to(tmp_path / "secret")
    tree = {"corpus": with_shard(tree, reference)["corpus"]}
    report = report_on(tree, root)
    first = report.findings[0]
    assert (first.rule, first.pointer, first.message) == (
        "missing-file",
        "/shards/0/storage_ref",
        "leads outside of the folder of files, so it is not read",
    )


@needs_links
def test_a_checkpoint_with_a_link_in_it_is_not_read(original: tuple[Path, Tree], tmp_path: Path) -> None:
    _, tree = original
    folder = tmp_path / "runs" / "final"
    folder.mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    report = report_on({"receipt": tree["receipt"]}, tmp_path)
    assert ("missing-file", "receipt", f"{CHECKPOINT}/checkpoint_ref") in findings(report)
    assert any(each.message.endswith("holds a link: link") for each in report.findings)


def test_a_file_that_cannot_be_read(original: tuple[Path, Tree], monkeypatch: pytest.MonkeyPatch) -> None:
    root, tree = original

    def refuse(path: str, *_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("psion_contract.artifacts.hashing.open", refuse, raising=False)
    report = report_on({"corpus": tree["corpus"]}, root)
    shards = [each for each in report.findings if each.rule == "missing-file"]
    assert len(shards) == 9  # and the tokenizer
    path = root / "shards" / "0.u16"
    assert shards[0].message == f'"{path}" cannot be read: Permission denied'


def test_prefixes_and_tokenizers_with_another_place(original: tuple[Path, Tree], tmp_path: Path) -> None:
    root, tree = original
    tokenizer = tree["descriptor"]["tokenizer_binding"]["tokenizer_id"]
    files = [f"store://bucket/runs={root / 'runs'}", f"tokenizer://{tokenizer}={root / 'tokenizer.json'}"]
    report = report_on(tree, files)
    assert findings(report) == []
    assert claims(report) == {
        **ALL_AGREE,
        ("corpus", "shard digest"): (0, 0, 8),
        ("corpus", "shard counts"): (0, 0, 8),
    }
    report = report_on(tree, [f"tokenizer://{tokenizer}={root}"])
    assert claims(report)["corpus", "tokenizer digest"] == (1, 0, 0)
    assert claims(report)["receipt", "checkpoint digest"] == (0, 0, 1)
    report = report_on({"descriptor": tree["descriptor"]}, [f"tokenizer://{tokenizer}={tmp_path}"])
    assert findings(report) == [("missing-file", "descriptor", "/tokenizer_binding/tokenizer_digest")]
    assert report.findings[0].message == f'"{tmp_path}" has no tokenizer.json and no tokenizer.model'
    (tmp_path / "tokenizer.model").write_bytes((root / "tokenizer.json").read_bytes())
    report = report_on({"descriptor": tree["descriptor"]}, [f"tokenizer://{tokenizer}={tmp_path}"])
    assert claims(report) == {("descriptor", "tokenizer digest"): (1, 0, 0)}
    (tmp_path / "tokenizer.model").unlink()
    report = report_on({"descriptor": tree["descriptor"]}, tmp_path)
    assert findings(report) == []
    assert report.files is not None
    assert report.files[0].unverified[0].reason == (
        f"no file of the tokenizer was found; name it with --files tokenizer://{tokenizer}=FILE"
    )


def test_a_tokenizer_is_looked_for_by_its_id_first(original: tuple[Path, Tree], tmp_path: Path) -> None:
    root, tree = original
    tree = {"descriptor": tree["descriptor"]}
    name = tree["descriptor"]["tokenizer_binding"]["tokenizer_id"]

    def refuted() -> int:
        (claims,) = report_on(tree, tmp_path).files or ()
        return claims.refuted

    (tmp_path / "tokenizer.model").write_bytes(b"")
    assert refuted() == 1
    (tmp_path / "tokenizer.json").write_bytes((root / "tokenizer.json").read_bytes())
    assert refuted() == 0
    (tmp_path / name).mkdir()
    (tmp_path / name / "tokenizer.model").write_bytes(b"")
    assert refuted() == 1
    (tmp_path / name / "tokenizer.json").write_bytes((root / "tokenizer.json").read_bytes())
    assert refuted() == 0
    (tmp_path / "other").mkdir()
    (tmp_path / name).rename(tmp_path / "other" / name)
    (tmp_path / name).write_bytes(b"")
    assert refuted() == 1


def test_inputs_are_compared_if_they_are_referred_to(original: tuple[Path, Tree]) -> None:
    root, tree = deepcopy(original)
    tree["corpus"]["shards"][0]["storage_ref"] = "none"
    inputs = {name: as_text(tree[name]) for name in ("descriptor", "corpus", "policy", "config")}
    report = report_on({"receipt": tree["receipt"]}, root, inputs=inputs)
    assert findings(report) == [("missing-file", "corpus", "/shards/0/storage_ref")]
    report = report_on({"policy": tree["policy"]}, root, inputs=inputs)
    assert (findings(report), report.files) == ([], ())


def test_broken_documents_are_not_compared(original: tuple[Path, Tree]) -> None:
    root, tree = deepcopy(original)
    tree["corpus"]["shards"][2]["shard_digest"] = 5
    report = report_on({"corpus": tree["corpus"]}, root)
    assert report.files == (
        FileClaims(
            "corpus",
            "",
            "shard digest",
            0,
            0,
            (Unverified("the document is broken there", 1, "/shards/2/shard_digest"),),
        ),
    )


def test_checkpoints_of_a_program(tmp_path: Path) -> None:
    (program,) = documents_of_programs()
    folder = tmp_path / "tidewater-pilot-01" / "step-12000"
    folder.mkdir(parents=True)
    (folder / "weights").write_bytes(b"w")
    report = report_on({"program": program}, tmp_path)
    places = [each for each in findings(report) if each[0] == "checkpoint-digest-mismatch"]
    assert places == [
        ("checkpoint-digest-mismatch", "program", f"{place}/object_digest")
        for place in (
            "/stages/1/base_checkpoint",
            "/promotions/0/checkpoint",
            f"/stages/0/pretrain_runs/0{CHECKPOINT}",
        )
    ]
    assert {each.expected for each in report.findings if each.rule == "checkpoint-digest-mismatch"} == {
        folder_digest(folder)
    }


def documents_of_programs() -> list[Any]:
    from psion_contract.resources import data_bytes

    return [json.loads(data_bytes("fixtures", "psion/program/psion_training_stage_program_v1.json"))]


def test_each_file_is_read_once(original: tuple[Path, Tree], monkeypatch: pytest.MonkeyPatch) -> None:
    from psion_contract.artifacts import hashing

    root, tree = original
    read: list[str] = []
    real = hashing._hash
    monkeypatch.setattr(hashing, "_hash", lambda path, *rest: read.append(path) or real(path, *rest))
    report_on({**tree, "same corpus": tree["corpus"]}, root)
    assert sorted(read) == sorted({*read})
    assert len(read) == 8 + 2 + 1


def test_a_file_that_changes_after_it_was_hashed(
    original: tuple[Path, Tree], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, tree = Path(shutil.copytree(original[0], tmp_path / "root")), original[1]
    changing = [root / "shards" / "3.u16", root / "runs" / "final" / "model.safetensors"]

    def touched(digests: NamedDigests, *arguments: Any) -> None:
        add(digests, *arguments)
        for path in changing:
            os.utime(path, ns=(1, 1))

    add = NamedDigests.add
    monkeypatch.setattr(NamedDigests, "add", touched)
    report = report_on(tree, root)
    assert [(each.rule, each.pointer, each.message) for each in report.findings] == [
        (
            "missing-file",
            pointer,
            f'"{path}" changed while it was read; expected a file that nothing writes to',
        )
        for pointer, path in zip(
            ("/shards/3/storage_ref", f"{CHECKPOINT}/checkpoint_ref"), changing, strict=True
        )
    ]
    assert claims(report) == ALL_AGREE | {
        ("corpus", "shard counts"): (6, 0, 2),
        ("receipt", "checkpoint tensors"): (0, 0, 1),
    }


def test_a_file_counts_once(original: tuple[Path, Tree]) -> None:
    root, tree = deepcopy(original)
    shards = tree["corpus"]["shards"]
    name, members = shards[0]["storage_ref"], ("shard_digest", "sequence_count", "token_count")
    shards[1].update({member: shards[0][member] for member in (*members, *LENGTHS)}, storage_ref=f"./{name}")
    found = [each for each in report_on(tree, root).findings if each.rule == "shard-file-count-mismatch"]
    assert [(each.pointer, each.actual) for each in found] == [("/shards/1/storage_ref", f"./{name}")]
    assert found[0].message.endswith(" is the file of /shards/0, too; its sequences and tokens count once")


def test_many_missing_files_are_bounded(original: tuple[Path, Tree], monkeypatch: pytest.MonkeyPatch) -> None:
    root, tree = deepcopy(original)
    for shard in tree["corpus"]["shards"]:
        shard["storage_ref"] = "none"
    monkeypatch.setattr("psion_contract.checker.MAX_FINDINGS", 3)
    rules = [each.rule for each in report_on(tree, root).findings]
    assert rules == ["missing-file"] * 3 + ["unlisted-findings"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ("none", 'files: there is no "none"'),
        (None, "files: expected a path or a list of paths, found a NoneType"),
        ([".", 3], "files: expected a path or a list of paths, found a int"),
        (["s3://b=none"], 'files: there is no "none"'),
        ([".", "."], 'files: "." and "." both have no prefix; write PREFIX=PATH'),
        (["s3://b=.", "s3://b/=."], 'files: "s3://b" is mapped twice'),
        (__file__, f'files: "{__file__}" is not a folder'),
    ],
)
def test_folders_that_are_refused(files: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        check_with_files(documents("policy"), files)
    assert str(caught.value) == message


def test_a_config_makes_no_claims_about_files(original: tuple[Path, Tree]) -> None:
    root, tree = original
    names = ("descriptor", "corpus", "policy", "config")
    assert bound(deepcopy(tree)) == tree
    report = report_on({name: tree[name] for name in names}, root)
    assert report.files is not None
    assert {each.document for each in report.files} == {"descriptor", "corpus"}
