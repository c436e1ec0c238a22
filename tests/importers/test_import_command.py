"""``psion-contract import``: files of real libraries in, a manifest or rows out."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.command_line import RunCommand

from psion_contract import check_documents
from psion_contract.artifacts.shards import shards
from psion_contract.build import imported_rows as imported_rows_module
from psion_contract.build.imported_rows import imported_rows
from psion_contract.build.new_corpus import new_corpus
from psion_contract.build.report_rows import report_rows
from psion_contract.exceptions import ArgumentError, ArtifactError

SAMPLES = Path(__file__).parent / "samples"
OPTIONS = {
    "megatron-text.idx": ["megatron", "text.idx"],
    "datatrove-two": ["datatrove", "two"],
    "mds-zstd": ["mds", "zstd"],
    "mds-bytes": ["mds", "bytes", "--dtype", "int64"],
    "litdata-loader": ["litdata", "loader", "--sequence-tokens", "4"],
    "datasets-saved": ["datasets", "saved"],
    "olmo-core-mix.txt": [
        "olmo-core",
        "mix.txt",
        "--tokenizer",
        "gpt2",
        "--dtype",
        "uint16",
        "--sequence-tokens",
        "4",
    ],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all samples, entered."""
    for library in SAMPLES.iterdir():
        shutil.copytree(library, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sidecar(*shards: tuple[str, str, str]) -> str:
    """Writes a sidecar whose shards are patterns, splits and sources; a source's family is its name without a number."""
    sources = sorted({source for _, _, source in shards})
    value = {
        "dataset_id": "sample",
        "dataset_version": "1",
        "tokenizer": {
            "tokenizer_id": "bytes",
            "tokenizer_version": "1",
            "family": "custom",
            "vocab_size": 256,
            "tokenizer_digest": "sha256:" + "0" * 64,
        },
        "preprocessing_version": "1",
        "packing_policy": {
            "policy_id": "documents",
            "policy_version": "1",
            "packing_mode": "batch_by_token_budget",
            "max_sequence_tokens": 16,
            "overlong_sequence_posture": "refuse",
        },
        "replay_contract": {"iteration_mode": "single_pass", "shard_ordering": "manifest_order"},
        "sources": [
            {
                "source_id": each,
                "source_family_id": each.rstrip("0123456789"),
                "source_normalized_digest": f"text of {each}",
            }
            for each in sources
        ],
        "shards": [
            {"files": files, "split_name": split, "source_ids": [source]} for files, split, source in shards
        ],
    }
    Path("sidecar.json").write_text(json.dumps(value))
    return "sidecar.json"


def counts(manifest: Any) -> dict[str, list[int]]:
    return {
        each["storage_ref"]: [
            each[name]
            for name in ("sequence_count", "token_count", "min_sequence_tokens", "max_sequence_tokens")
        ]
        for each in manifest["shards"]
    }


@pytest.mark.parametrize("name", OPTIONS)
def test_a_manifest_has_the_counts_of_the_library(name: str, folder: Path, psion: RunCommand) -> None:
    library, path, *options = OPTIONS[name]
    cases = json.loads((SAMPLES / library / "expected.json").read_text())["cases"]
    expected = next(each["shards"] for each in cases if each["path"] == path)
    result = psion("import", "corpus", library, path, *options, "--sidecar", sidecar(("*", "train", "web")))
    assert result.code == 0, result.err
    manifest = json.loads(result.out)
    assert counts(manifest) == expected
    assert [manifest["splits"][0][each] for each in ("sequence_count", "token_count")] == [
        sum(column) for column in list(zip(*expected.values(), strict=True))[:2]
    ]
    assert check_documents({"corpus.json": result.out}, strict=True).verdict == "consistent"


def test_a_blend_gives_weights_for_the_policy(folder: Path, psion: RunCommand) -> None:
    blend = ("0.7", "text", "30e-2", "wide.bin")
    given = sidecar(("text.bin", "train", "web"), ("wide.bin", "train", "code"))
    result = psion("import", "corpus", "megatron", *blend, "--sidecar", given)
    assert result.code == 0, result.err
    assert (
        result.err
        == "sampling_weight_bps of the families, for the sidecar of the policy: web 7000, code 3000\n"
    )
    assert list(counts(json.loads(result.out))) == ["text.bin", "wide.bin"]


def test_ratios_of_a_mixture_are_divided_by_tokens(folder: Path, psion: RunCommand) -> None:
    given = sidecar(
        ("*code-0.npy", "train", "code"), ("*web-0.npy", "train", "web"), ("*web-1.npy", "train", "books")
    )
    options = ("--dtype", "uint16", "--sequence-tokens", "4", "-o", "corpus.json")
    result = psion("import", "corpus", "olmo-core", "mixture.json", *options, "--sidecar", given)
    assert result.code == 0, result.err
    assert result.err == (
        "left out 3 tokens at the ends of files, which the trainer does not read\n"
        "sampling_weight_bps of the families, for the sidecar of the policy: code 2500, web 5357, books 2143\n"
    )


def test_empty_shards_are_left_out(folder: Path, psion: RunCommand) -> None:
    Path("raw").mkdir()
    Path("raw/a.u16").write_bytes(b"")
    Path("raw/b.u16").write_bytes(bytes(20))
    given = sidecar(("raw/*", "train", "web"))
    result = psion("import", "corpus", "raw", "raw", "--sequence-tokens", "4", "--sidecar", given)
    assert (result.code, result.err) == (0, "raw/a.u16: left out, it has no sequences\n")


def test_files_without_any_sequence_are_named(folder: Path, psion: RunCommand) -> None:
    Path("raw").mkdir()
    for name in ("raw/a.u16", "raw/b.u16"):
        Path(name).touch()
    given = sidecar(("raw/*", "train", "web"))
    result = psion("import", "corpus", "raw", "raw", "--sequence-tokens", "4", "--sidecar", given)
    assert (result.code, result.err) == (
        2,
        "Error: raw/a.u16: has no sequences, nor has any other file; expected at least one that has\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["parquet", "text.idx"], "unknown format 'parquet'; expected one of megatron, datatrove"),
        (["megatron", "nothing"], "nothing: No such file or directory"),
        (
            ["megatron", "1", "text", "x", "wide"],
            "wide: has the weight 'x' in the blend; expected a number above 0",
        ),
        (
            ["megatron", "1", "text", "0", "wide"],
            "wide: has the weight '0' in the blend; expected a number above 0",
        ),
        (
            ["megatron", "text", "--dtype", "uint16"],
            "unknown option 'dtype' of the format megatron; it has sequence_tokens",
        ),
        (["datatrove", "saved"], "saved: has no tokens of datatrove; expected files that end with .ds"),
        (["mds", "bytes"], "dtype is missing: the column tokens of bytes/index.json is bytes"),
        (["mds", "zstd", "--column", "ids"], "zstd/index.json has no column 'ids'; it has input_ids"),
        (
            ["olmo-core", "mix.txt", "--dtype", "uint16", "--sequence-tokens", "4"],
            "tokenizer is missing: mix.txt has {TOKENIZER}",
        ),
    ],
)
def test_what_cannot_be_imported_is_named(
    arguments: list[str], message: str, folder: Path, psion: RunCommand
) -> None:
    result = psion("import", "corpus", *arguments, "--sidecar", sidecar(("*", "train", "web")))
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"Error: {message}"), result.err


@pytest.fixture
def read_corpus(folder: Path) -> str:
    """The manifest, in a file, of what the sample of OLMo-core's loader has read, and of data that it has not."""
    Path("more").mkdir()
    Path("more/validation.u16").write_bytes(bytes(16))
    Path("more/idle.u16").write_bytes(bytes(range(16)))
    found = shards("mix.txt", "olmo-core", sequence_tokens=4, dtype="uint16", tokenizer="gpt2")
    found += shards("more", "raw", sequence_tokens=4)
    given = sidecar(
        ("*web-*", "train", "web"),
        ("*code-*", "train", "code"),
        ("*idle*", "train", "idle"),
        ("*validation*", "validation", "web2"),
    )
    Path("corpus.json").write_text(json.dumps(new_corpus(found, Path(given))))
    return "corpus.json"


ROWS = (
    *(
        "import",
        "rows",
        "olmo-core",
        "epoch1",
        "work/global_indices_dataset_size10_epoch1_seed1_v1.npy",
        "mix.txt",
    ),
    *("--dtype", "uint16", "--tokenizer", "gpt2", "--tokenizer-ids", "256,0,250"),
)


def test_rows_have_what_was_read_and_gaps_to_fill_in(read_corpus: str, psion: RunCommand) -> None:
    result = psion(*ROWS, "--corpus", read_corpus)
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "split,family,tokens,sequences,loss\n"
        "train,code,8,2,\n"
        "train,idle,0,0,0\n"
        "train,web,16,4,\n"
        "validation,web,,,\n"
    )


def test_filled_in_rows_become_rows_of_a_receipt(read_corpus: str, psion: RunCommand) -> None:
    psion(*ROWS, "--corpus", read_corpus, "-o", "rows.csv")
    with Path("rows.csv").open(newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    for row in rows:
        row["loss"] = row["loss"] or "2.5"
        row["tokens"], row["sequences"] = int(row["tokens"] or 8), int(row["sequences"] or 2)
    finished = report_rows(rows, json.loads(Path(read_corpus).read_text()))
    shares = {
        (each["split_name"], each["source_family_id"]): each["token_share_bps_within_split"]
        for each in finished
    }
    assert shares == {
        ("train", "web"): 6667,
        ("train", "code"): 3333,
        ("train", "idle"): 0,
        ("validation", "web"): 10000,
    }


def test_what_was_read_must_be_in_the_corpus(read_corpus: str) -> None:
    Path("checkpoint_metadata.json").write_text(json.dumps(nanotron({"elsewhere/books": 8})))
    with pytest.raises(
        ArtifactError,
        match=r'elsewhere/books: was read, but is no shard of the split "train"; expected one of',
    ):
        imported_rows("nanotron", ["checkpoint_metadata.json"], Path(read_corpus))
    Path("checkpoint_metadata.json").write_text(json.dumps(nanotron({"/mnt/data/gpt2": 8})))
    with pytest.raises(
        ArtifactError,
        match=r'was read, and may be ".*", of the families "web", "code"; expected shards of one',
    ):
        imported_rows("nanotron", ["checkpoint_metadata.json"], Path(read_corpus))
    with pytest.raises(
        ArgumentError, match='split: the corpus has no split "test"; it has "train", "validation"'
    ):
        imported_rows("nanotron", ["checkpoint_metadata.json"], Path(read_corpus), split="test")


def test_folders_of_nanotron_are_matched_by_their_ends(read_corpus: str, psion: RunCommand) -> None:
    Path("checkpoint_metadata.json").write_text(
        json.dumps(nanotron({"/mnt/x/data/idle.u16": 24, "gpt2/web-0.npy": 8}))
    )
    rows = imported_rows("nanotron", ["checkpoint_metadata.json"], Path(read_corpus))
    assert {
        (each["family"], each["tokens"], each["sequences"]) for each in rows if each["split"] == "train"
    } == {
        ("web", 8, 1),
        ("code", 0, 0),
        ("idle", 24, 3),
    }


def nanotron(folders: dict[str, int]) -> dict[str, Any]:
    samples = sum(folders.values()) // 8
    stage = {
        "name": "Stable",
        "start_training_step": 1,
        "consumed_train_samples": samples,
        "sequence_length": 8,
        "consumed_tokens_per_dataset_folder": folders,
    }
    return {"version": "1.4", "metas": {"consumed_train_samples": samples, "data_stages": [stage]}}


def test_a_prefix_that_a_blend_names_twice_has_both_weights(folder: Path, psion: RunCommand) -> None:
    given = sidecar(("text.bin", "train", "web"), ("wide.bin", "train", "code"))
    for again in ("text", "text.bin"):
        run = psion(
            "import", "corpus", "megatron", "0.3", "text", "0.2", "wide", "0.5", again, "--sidecar", given
        )
        assert (
            run.err
            == "sampling_weight_bps of the families, for the sidecar of the policy: web 8000, code 2000\n"
        )


def test_new_corpus_takes_a_column_as_the_import_does(folder: Path, psion: RunCommand) -> None:
    run = psion("new", "corpus", "arrays", "--column", "other", "--template")
    message = f"Error: {Path('arrays', 'index.json')} has no column 'other'; it has id, text, tokens\n"
    assert run == (2, "", message)
    assert "  - files: " in psion("new", "corpus", "arrays", "--column", "tokens", "--template").out


def test_a_template_is_written_for_whatever_can_be_imported(folder: Path, psion: RunCommand) -> None:
    mix = ("mix.txt", "--dtype", "uint16", "--sequence-tokens", 4, "--tokenizer", "gpt2")
    run = psion("new", "corpus", "--template", "--shard-format", "olmo-core", *mix)
    assert (run.code, run.err) == (0, "")
    assert '- files: "gpt2/*.npy"\n' in run.out
    blend = ("0.3", "text", "0.7", "wide")
    run = psion("new", "corpus", "--template", "--shard-format", "megatron", *blend)
    assert (run.code, run.err) == (0, "")
    assert '- files: "text.bin"\n' in run.out and '- files: "wide.bin"\n' in run.out


def test_prefixes_without_weights_are_no_blend(folder: Path, psion: RunCommand) -> None:
    given = sidecar(("*", "train", "web"))
    for prefixes in (("text", "wide"), ("text", "wide", "modes")):
        result = psion("import", "corpus", "megatron", *prefixes, "--sidecar", given)
        assert (result.code, result.err) == (0, "")
        assert list(counts(json.loads(result.out))) == [f"{each}.bin" for each in prefixes]


def test_weights_are_the_decimal_numbers_that_were_written(folder: Path, psion: RunCommand) -> None:
    """Halves of a basis point are equal, so the first one is rounded up; as binary fractions, the second is larger."""
    given = sidecar(("text.bin", "train", "a"), ("wide.bin", "train", "b"), ("modes.bin", "train", "c"))
    blend = ("0.00015", "text", "0.00025", "wide", "0.9996", "modes")
    result = psion("import", "corpus", "megatron", *blend, "--sidecar", given)
    assert (
        result.err == "sampling_weight_bps of the families, for the sidecar of the policy: a 2, b 2, c 9996\n"
    )


def test_what_was_read_must_be_in_the_split(read_corpus: str) -> None:
    Path("checkpoint_metadata.json").write_text(json.dumps(nanotron({"more/validation.u16": 8})))
    with pytest.raises(
        ArtifactError, match=r'more/validation\.u16: was read, but is no shard of the split "train"'
    ):
        imported_rows("nanotron", ["checkpoint_metadata.json"], Path(read_corpus))


def test_files_of_one_name_are_told_apart_by_their_folders(read_corpus: str) -> None:
    manifest = json.loads(Path(read_corpus).read_text())
    for shard, place in zip(
        manifest["shards"][:3], ("a/x.npy", "c/x.npy", "s3://bucket/b/x.npy"), strict=True
    ):
        shard["storage_ref"] = place
    families = [each["source_lineage"][0]["source_family_id"] for each in manifest["shards"][:3]]
    assert families == ["web", "web", "code"]
    Path("checkpoint_metadata.json").write_text(
        json.dumps(nanotron({"/mnt/b/x.npy": 8, "s3://copy/c/x.npy": 16}))
    )
    rows = imported_rows("nanotron", ["checkpoint_metadata.json"], manifest)
    read = {each["family"]: each["tokens"] for each in rows if each["split"] == "train"}
    assert read == {"code": 8, "web": 16, "idle": 0}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["megatron", "text", "text"], "text"),
        (["megatron", "text", "text.idx"], "text.bin"),
        (["datatrove", "two", "two/00000_documents.ds"], "two/00000_documents.ds"),
        (
            [*OPTIONS["olmo-core-mix.txt"][:1], "double.txt", *OPTIONS["olmo-core-mix.txt"][2:]],
            "gpt2/web-0.npy",
        ),
    ],
)
def test_a_file_that_is_named_twice_is_refused(
    folder: Path, psion: RunCommand, arguments: list[str], named: str
) -> None:
    mix = Path("mix.txt").read_text()
    Path("double.txt").write_text(mix + next(line for line in mix.splitlines() if "web-0" in line) + "\n")
    given = sidecar(("**", "train", "web1"))
    result = psion("import", "corpus", *arguments, "--sidecar", given)
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"Error: {named}: is named twice; expected each data file once: a trainer reads it as often as it is named, and a "
        "manifest counts it once\n"
    )


def test_a_path_is_compared_only_with_shards_that_share_its_last_name(
    read_corpus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = json.loads(Path(read_corpus).read_text())
    manifest["shards"] = [
        {**manifest["shards"][0], "shard_id": f"{number}", "storage_ref": f"data/{number}.u16"}
        for number in range(200)
    ]
    Path("checkpoint_metadata.json").write_text(
        json.dumps(nanotron({f"/mnt/data/{number}.u16": 8 for number in range(200)}))
    )
    split: list[str] = []
    real = imported_rows_module._parts

    def counted(path: str) -> list[str]:
        split.append(path)
        return real(path)

    monkeypatch.setattr(imported_rows_module, "_parts", counted)
    rows = imported_rows("nanotron", ["checkpoint_metadata.json"], manifest)
    assert sum(each["tokens"] for each in rows if each["split"] == "train") == 1600
    assert len(split) == 400
