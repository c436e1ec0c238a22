"""What trainers have read, from the state that the real libraries have written; nanotron's by its format."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from psion_contract.artifacts.consumption import Consumed, consumed, olmo_core_state
from psion_contract.artifacts.shards import shards, token_files
from psion_contract.exceptions import ArgumentError, ArtifactError

SAMPLES = Path(__file__).parent / "samples"
FORMATS = {"megatron-index": "megatron", "olmo-core-loader": "olmo-core"}
CASES = [
    pytest.param(library, each, id=f"{library}-{number}")
    for library in FORMATS
    for number, each in enumerate(json.loads((SAMPLES / library / "expected.json").read_text())["cases"])
]


def read(folder: Path, library: str, case: dict[str, Any], **options: Any) -> dict[str, list[int]]:
    paths = [str(folder / each) for each in case["paths"]]
    found = consumed(FORMATS[library], paths, **{**case["options"], **options})
    return {named(each.path, folder): [each.sequences, each.tokens] for each in found}


def named(path: str, folder: Path) -> str:
    return Path(path).relative_to(folder).as_posix() if os.path.isabs(path) else path


@pytest.mark.parametrize(("library", "case"), CASES)
def test_what_was_read_is_what_the_library_has_read(library: str, case: dict[str, Any]) -> None:
    assert read(SAMPLES / library, library, case) == case["rows"]


@pytest.mark.parametrize(("library", "case"), CASES)
def test_counts_do_not_depend_on_the_size_of_what_is_read_at_once(
    library: str, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_files, "_PIECE", 24)
    test_what_was_read_is_what_the_library_has_read(library, case)


@pytest.mark.parametrize("places", [3, pytest.param(7, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("library", "case"), CASES)
def test_damage_gives_a_clean_error_or_counts(
    library: str, case: dict[str, Any], places: int, tmp_path: Path
) -> None:
    folder = tmp_path / library
    shutil.copytree(SAMPLES / library, folder)
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        whole = file.read_bytes()
        for place in range(0, len(whole), max(1, len(whole) // places)):
            for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 0x81]) + whole[place + 1 :]):
                file.write_bytes(damaged)
                try:
                    read(folder, library, case)
                except (ArtifactError, ArgumentError):
                    continue
        file.write_bytes(whole)


def changed(file: Path, offset: int, form: str, value: int) -> None:
    data = bytearray(file.read_bytes())
    struct.pack_into(form, data, offset, value)
    file.write_bytes(data)


@pytest.fixture
def megatron(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLES / "megatron-index/cache", tmp_path / "cache"))


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def test_more_samples_than_the_index_are_refused(megatron: Path) -> None:
    with pytest.raises(ArgumentError, match="consumed_samples is 51; expected at most 50, those of"):
        consumed("megatron", [str(megatron)], consumed_samples=51)


def test_a_blend_that_draws_from_another_dataset_is_refused(megatron: Path) -> None:
    changed(only(megatron, "*-dataset_index.npy"), 128, "<h", 2)
    with pytest.raises(ArtifactError, match=r"draws from the datasets 0 to 2; expected 0 to 1"):
        consumed("megatron", [str(megatron)])


def test_a_blend_that_draws_more_than_a_dataset_has_is_refused(megatron: Path) -> None:
    index = only(megatron, "*-dataset_index.npy")
    index.write_bytes(index.read_bytes()[:128] + struct.pack("<50h", *[1] * 50))
    with pytest.raises(ArtifactError, match=r"draws 50 samples of dataset 1; expected at most 18"):
        consumed("megatron", [str(megatron)])


def test_a_blend_without_the_index_of_a_dataset_is_refused(megatron: Path) -> None:
    only(megatron, "55ec*description.txt").unlink()
    with pytest.raises(ArtifactError, match="has no index of its dataset 1 beside it"):
        consumed("megatron", [str(megatron)])


def test_a_blend_of_another_size_is_refused(megatron: Path) -> None:
    description = only(megatron, "*BlendedDataset-train-description.txt")
    description.write_text(description.read_text().replace('"size": 50', '"size": 51'))
    with pytest.raises(ArtifactError, match="has 50 samples; expected 51, the size in"):
        consumed("megatron", [str(megatron)])


def test_two_blends_of_one_split_are_not_told_apart(megatron: Path) -> None:
    shutil.copy(
        only(megatron, "*BlendedDataset-train-description.txt"),
        megatron / "1-BlendedDataset-train-description.txt",
    )
    with pytest.raises(
        ArtifactError, match="has 2 descriptions of a BlendedDataset of the split train; expected one"
    ):
        consumed("megatron", [str(megatron)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda folder: [each.unlink() for each in folder.glob("*-description.txt")],
            r"has no index of the split train; expected a file that ends with -train-description\.txt",
        ),
        (
            lambda folder: reshaped(only(folder, "*-dataset_sample_index.npy"), 49),
            r"dataset_sample_index\.npy: has 49 samples; expected 50, as many",
        ),
        (
            lambda folder: reshaped(only(folder, "04cd*-sample_index.npy"), 2, columns=2),
            r"04cd.*-sample_index\.npy: has the shape \(2, 2\); expected \(\d+, 2\), for the shuffle index",
        ),
        (
            lambda folder: shutil.copy(
                only(folder, "04cd*-document_index.npy"), only(folder, "04cd*-sample_index.npy")
            ),
            r"04cd.*-sample_index\.npy: has 1 dimensions; expected 2",
        ),
    ],
)
def test_indices_that_contradict_one_another_are_refused(megatron: Path, change: Any, message: str) -> None:
    change(megatron)
    with pytest.raises(ArtifactError, match=message):
        consumed("megatron", [str(megatron)])


def reshaped(path: Path, rows: int, columns: int = 0) -> None:
    """Write an array of zeros, of 64 bits."""
    header = str({"descr": "<i8", "fortran_order": False, "shape": (rows, columns) if columns else (rows,)})
    text = header.ljust(117).encode() + b"\n"
    path.write_bytes(
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(8 * rows * (columns or 1))
    )


def test_a_file_that_is_no_description_is_refused(megatron: Path) -> None:
    index = only(megatron, "*-dataset_index.npy")
    with pytest.raises(
        ArtifactError, match=r"is no description of an index; expected a file that ends with -description"
    ):
        consumed("megatron", [str(index)])


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"none-description\.txt: No such file or directory"):
        consumed("megatron", [str(tmp_path / "none-description.txt")])


def test_another_class_of_index_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "1-T5MaskedWordPieceDataset-train-description.txt"
    path.write_text('{"class": "T5MaskedWordPieceDataset"}')
    with pytest.raises(
        ArtifactError, match="describes a T5MaskedWordPieceDataset; expected a BlendedDataset or a GPTDataset"
    ):
        consumed("megatron", [str(path)])


@pytest.fixture
def loader(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLES / "olmo-core-loader", tmp_path / "loader"))


CASE = CASES[-1].values[1]
"""Two epochs."""


def test_the_order_of_each_epoch_is_needed(loader: Path) -> None:
    first, second = (each for each in CASE["paths"] if "global_indices" in each)
    without = {**CASE, "paths": [each for each in CASE["paths"] if each != first]}
    with pytest.raises(ArgumentError, match="the order of epoch 1 is missing"):
        read(loader, "olmo-core-loader", without)
    assert second in without["paths"]


def test_other_data_has_another_fingerprint(loader: Path) -> None:
    mix = loader / "mix.txt"
    lines = mix.read_text().splitlines(keepends=True)
    mix.write_text("".join(sorted(lines)))
    with pytest.raises(
        ArtifactError,
        match=r"has the fingerprint [0-9a-f]{64}; expected [0-9a-f]{64}, that of the data files",
    ):
        read(loader, "olmo-core-loader", CASE)


def test_tokenizer_ids_of_another_number_are_refused(loader: Path) -> None:
    case = json.loads((SAMPLES / "olmo-core-loader" / "expected.json").read_text())["cases"][0]
    with pytest.raises(
        ArgumentError, match="tokenizer_ids has 2 numbers; expected the vocabulary size and the ids"
    ):
        read(loader, "olmo-core-loader", case, tokenizer_ids=(256, 0))


def test_a_large_state_is_refused(loader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = json.loads((SAMPLES / "olmo-core-loader" / "expected.json").read_text())["cases"][0]
    monkeypatch.setattr(olmo_core_state, "_MAX_STATE", 10)
    with pytest.raises(
        ArtifactError, match="has a state of more than 10 bytes; expected the state of a trainer"
    ):
        read(loader, "olmo-core-loader", case)


def test_a_later_epoch_without_a_batch_is_refused(loader: Path) -> None:
    case = json.loads((SAMPLES / "olmo-core-loader" / "expected.json").read_text())["cases"][0]
    state = {
        "dataset_type": "fsl",
        "dataset_fingerprint_version": "v2.0",
        "dataset_fingerprint": "x",
        "sequence_length": 4,
        "batches_processed": 0,
        "tokens_processed": 0,
        "epoch": 2,
    }
    (loader / "state.json").write_text(json.dumps(state))
    paths = [str(loader / "state.json"), *(str(loader / each) for each in case["paths"][1:])]
    with pytest.raises(ArtifactError, match="begins epoch 2, which does not tell the size of a batch"):
        consumed("olmo-core", paths, **{**case["options"], "tokenizer_ids": None})


def test_data_without_files_is_refused(loader: Path) -> None:
    (loader / "mix.txt").write_text("# nothing\n", "utf-8")
    with pytest.raises(ArtifactError, match=r"mix\.txt: names no data file; expected those that were read"):
        read(loader, "olmo-core-loader", CASE)


def test_an_order_of_other_data_is_refused(loader: Path) -> None:
    order = loader / CASE["paths"][1]
    order.write_bytes(struct.pack("<10I", 10, *range(9)))
    with pytest.raises(ArtifactError, match="has the instance 10; expected at most 9"):
        read(loader, "olmo-core-loader", CASE)
    order.write_bytes(struct.pack("<11I", *range(11)))
    with pytest.raises(
        ArtifactError, match="has 11 instances; expected at least 9, which were read, and at most 10"
    ):
        read(loader, "olmo-core-loader", CASE)


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("dataset_type", "vsl", "has the state of a loader of type 'vsl'; expected 'fsl'"),
        ("dataset_fingerprint_version", "v3.0", r"has a fingerprint of version 'v3\.0'; expected 'v2\.0'"),
        ("tokens_processed", 25, "expected whole sequences in equal batches"),
        ("epoch", "2", "has '2' as epoch of the state of the loader; expected an integer"),
    ],
)
def test_a_state_of_another_kind_is_refused(loader: Path, member: str, value: object, message: str) -> None:
    state = {
        "dataset_type": "fsl",
        "dataset_fingerprint_version": "v2.0",
        "dataset_fingerprint": "0" * 64,
        "sequence_length": 4,
        "max_target_sequence_length": None,
        "batches_processed": 3,
        "tokens_processed": 24,
        "epoch": 1,
    }
    (loader / "state.json").write_text(json.dumps(state))
    case = {
        **CASE,
        "paths": ["state.json", *CASE["paths"][1:]],
        "options": {"dtype": "uint16", "tokenizer": "gpt2"},
    }
    assert sum(sequences for sequences, _ in read(loader, "olmo-core-loader", case).values()) == 6
    (loader / "state.json").write_text(json.dumps({**state, member: value}))
    with pytest.raises(ArtifactError, match=message):
        read(loader, "olmo-core-loader", case)


def test_nothing_that_a_pickle_names_is_run(loader: Path, tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> Any:
            return os.system, (f"touch {tmp_path}/harm",)

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("rank0/data.pkl", pickle.dumps({"data_loader": Harm()}))
    (loader / "epoch1/train/rank0.pt").write_bytes(content.getvalue())
    with pytest.raises(ArtifactError, match="has the state of a loader of type None"):
        read(loader, "olmo-core-loader", CASES[-2].values[1])
    assert not (tmp_path / "harm").exists()


def checkpoint(**changes: Any) -> dict[str, Any]:
    """The metadata of a nanotron checkpoint, as its sources describe it."""
    stages = [
        {
            "name": "Stable",
            "start_training_step": 1,
            "consumed_train_samples": 6,
            "sequence_length": 8,
            "consumed_tokens_per_dataset_folder": {"data/web": 32, "data/code": 16},
        },
        {
            "name": "Annealing",
            "start_training_step": 3,
            "consumed_train_samples": 2,
            "sequence_length": 16,
            "consumed_tokens_per_dataset_folder": {"data/code": 32},
        },
    ]
    metas = {
        "consumed_train_samples": 8,
        "consumed_tokens_total": 80,
        "last_train_step": 4,
        "last_stage_idx": 1,
        "data_stages": stages,
    }
    return {"version": "1.5", "tp": 1, "dp": 1, "cp": 1, "metas": {**metas, **changes}, "custom_metas": None}


def test_folders_of_nanotron(tmp_path: Path) -> None:
    (tmp_path / "checkpoint_metadata.json").write_text(json.dumps(checkpoint()))
    assert consumed("nanotron", [str(tmp_path)]) == [
        Consumed("data/web", 4, 32),
        Consumed("data/code", 4, 48),
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            checkpoint(consumed_train_samples=9),
            "has 9 as consumed_train_samples; expected 8, the sum of its parts",
        ),
        (
            checkpoint(consumed_tokens_total=81),
            "has 81 as consumed_tokens_total; expected 80, the sum of its parts",
        ),
        (
            {**checkpoint(), "version": "2.0"},
            r"is version '2\.0'; expected one of 1\.3, 1\.4, 1\.5 with data_stages",
        ),
        (
            {
                "version": "1.2",
                "tp": 1,
                "dp": 1,
                "metas": {"consumed_train_samples": 8, "last_train_step": 4},
            },
            r"is version '1\.2', without the data_stages that say what was read of each folder",
        ),
        ({"version": "1.5"}, "has nothing as metas of the checkpoint; expected an object"),
        ([], "has nothing as metas of the checkpoint; expected an object"),
        (
            checkpoint(
                data_stages=[{**checkpoint()["metas"]["data_stages"][0], "consumed_train_samples": 7}]
            ),
            "has 56 as consumed_train_samples of stage 0 in tokens; expected 48",
        ),
        (
            checkpoint(data_stages=[{**checkpoint()["metas"]["data_stages"][0], "sequence_length": 0}]),
            "has 0 as sequence_length of stage 0; expected at least 1",
        ),
        (
            checkpoint(
                data_stages=[
                    {
                        **checkpoint()["metas"]["data_stages"][0],
                        "consumed_tokens_per_dataset_folder": {"data/web": 12},
                    }
                ]
            ),
            "has 12 tokens of data/web in stage 0; expected a multiple of 8, a sequence",
        ),
    ],
)
def test_a_checkpoint_that_contradicts_itself_is_refused(tmp_path: Path, value: Any, message: str) -> None:
    path = tmp_path / "checkpoint_metadata.json"
    path.write_text(json.dumps(value))
    with pytest.raises(ArtifactError, match=message):
        consumed("nanotron", [str(path)])


@pytest.mark.parametrize(
    ("format_", "paths", "options", "message"),
    [
        (
            "torchtitan",
            ["a"],
            {},
            "unknown format 'torchtitan'; expected one of megatron, olmo-core, nanotron",
        ),
        (
            "nanotron",
            ["a"],
            {"dtype": "uint16"},
            "unknown option 'dtype' of the format nanotron; it has none",
        ),
        ("nanotron", [], {}, "paths: there are none"),
        (
            "megatron",
            ["a", "b"],
            {},
            "paths: there are 2; expected one description or one folder of the cache",
        ),
        ("nanotron", ["a", "b"], {}, "paths: there are 2; expected one checkpoint_metadata.json"),
        ("olmo-core", ["a", "b"], {}, "paths: expected the state, the global_indices"),
    ],
)
def test_bad_arguments_are_named(
    format_: str, paths: list[str], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        consumed(format_, paths, **options)


def test_the_fingerprint_of_a_mix_is_the_library_s() -> None:
    from psion_contract.artifacts.shards.olmo_core import fingerprint

    folder = SAMPLES / "olmo-core"
    found = shards(str(folder / "mix.txt"), "olmo-core", sequence_tokens=4, dtype="uint16", tokenizer="gpt2")
    files = [(each.path, os.path.getsize(each.path)) for each in found]
    assert (
        f"v2.0 {fingerprint(files, 'uint16', None, 256, 0, 250, None)}\n"
        == (folder / "fingerprint.txt").read_text()
    )
