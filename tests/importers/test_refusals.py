"""What contradicts itself or is of another version is refused, with what was found and what was expected."""

from __future__ import annotations

import json
import shutil
import struct
import sys
import tracemalloc
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from psion_contract.artifacts.shards import json_indices, olmo_core, shards
from psion_contract.exceptions import ArgumentError, ArtifactError, PsionContractError
from psion_contract.reading.json_reader import Limits

SAMPLES = Path(__file__).parent / "samples"
ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
Change = Callable[[Path], None]


def patch(name: str, offset: int, form: str, *values: object) -> Change:
    """Writes values of a form of `struct` at an offset of a file."""

    def change(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        struct.pack_into(form, data, offset, *values)
        (folder / name).write_bytes(data)

    return change


def content(name: str, data: bytes) -> Change:
    def change(folder: Path) -> None:
        (folder / name).write_bytes(data)

    return change


def removed(name: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()

    return change


def grown(name: str, data: bytes) -> Change:
    def change(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes() + data)

    return change


def edit(name: str, path: str, value: Any) -> Change:
    """Replaces a value in a JSON file; the path has names and numbers, separated by dots."""

    def change(folder: Path) -> None:
        document = json.loads((folder / name).read_text())
        *outer, last = [int(each) if each.isdecimal() else each for each in path.split(".")]
        inner = document
        for each in outer:
            inner = inner[each]
        inner[last] = value
        (folder / name).write_text(json.dumps(document))

    return change


FIXED = {"sequence_tokens": 4, "dtype": "uint16"}
MIX = {**FIXED, "tokenizer": "gpt2"}

REFUSALS: list[tuple[str, str, Change, dict[str, Any], str]] = [
    (
        "megatron",
        "text.idx",
        patch("text.idx", 0, "9s", b"TNTIDX\0\0\0"),
        {},
        r"text\.idx: begins with b'TNTIDX",
    ),
    (
        "megatron",
        "text.idx",
        patch("text.idx", 9, "<Q", 2),
        {},
        "is version 2 of the index; expected version 1",
    ),
    (
        "megatron",
        "text.idx",
        patch("text.idx", 17, "B", 7),
        {},
        "has tokens of type 7; expected one of 1, 2, 3, 4, 5, 8",
    ),
    (
        "megatron",
        "text.idx",
        patch("text.idx", 18, "<Q", 8),
        {},
        r"has 158 bytes; expected 170 for 8 sequences and 5 ends",
    ),
    (
        "megatron",
        "text.idx",
        patch("text.idx", 34, "<i", -1),
        {},
        "has a sequence of -1 tokens; expected 0 or more",
    ),
    ("megatron", "text.idx", patch("text.idx", 34, "<i", 6), {}, "has sequences that overlap or leave gaps"),
    (
        "megatron",
        "text.idx",
        patch("text.idx", 34 + 24, "<i", 14),
        {},
        r"text\.bin: has 86 bytes; expected 88, for the 44 tokens",
    ),
    (
        "megatron",
        "text.idx",
        patch("text.idx", 34 + 28 + 8, "<q", 8),
        {},
        "has sequences that overlap or leave gaps",
    ),
    (
        "megatron",
        "text.idx",
        patch("text.idx", 158 - 8, "<q", 6),
        {},
        "has documents that end at sequence 6; expected 7",
    ),
    (
        "megatron",
        "text.idx",
        patch("text.idx", 158 - 40, "<q", 1),
        {},
        "has a first document from sequence 1; expected from 0",
    ),
    ("megatron", "text.idx", removed("text.bin"), {}, r"text\.bin: No such file or directory"),
    (
        "megatron",
        "text.bin",
        removed("text.idx"),
        {},
        "has no index of Megatron; expected an .idx with a .bin beside it",
    ),
    (
        "datatrove",
        "two",
        grown("two/00000_documents.ds", b"ab"),
        {},
        "has 44 tokens of uint16; expected 43 of uint16, as its .metadata",
    ),
    ("datatrove", "two", grown("two/00000_documents.ds", b"a"), {}, "has 87 bytes; expected a multiple of 2"),
    (
        "datatrove",
        "four",
        grown("four/00000_documents.ds.loss", b"a"),
        {},
        "has 44 bytes; expected 43, one for each token",
    ),
    (
        "datatrove",
        "two",
        content("two/00000_documents.ds.metadata", b"gpt2|8\n43\n43 T"),
        {},
        r"has the lines 'gpt2\|8', '43'; expected",
    ),
    (
        "datatrove",
        "two",
        patch("two/00000_documents.ds.index", 48, "<Q", 44),
        {},
        "ends at token 44; expected 43",
    ),
    (
        "datatrove",
        "two",
        patch("two/00000_documents.ds.index", 8, "<Q", 4),
        {},
        "has a document that ends before it begins",
    ),
    (
        "datatrove",
        "two",
        grown("two/00000_documents.ds.index", b"1234"),
        {},
        "has 60 bytes; expected a multiple of 8",
    ),
    (
        "datatrove",
        "two",
        removed("two/00000_documents.ds.metadata"),
        {},
        "dtype is missing: .* has no .metadata",
    ),
    (
        "datatrove",
        "two",
        removed("two/00000_documents.ds.index"),
        {},
        "sequence_tokens is missing: .* has no .index",
    ),
    (
        "datatrove",
        "two",
        removed("two/00000_documents.ds.index"),
        {"dtype": "int32"},
        "dtype is 'int32'; expected one of uint16, uint32",
    ),
    (
        "mds",
        "arrays",
        edit("arrays/index.json", "version", 3),
        {},
        "is version 3 of the index; expected version 2",
    ),
    (
        "mds",
        "arrays",
        edit("arrays/index.json", "shards.1.version", 1),
        {},
        "has 1 as version of shard 1; expected 2",
    ),
    (
        "mds",
        "arrays",
        edit("arrays/index.json", "shards.0.format", "xsv"),
        {},
        "has 'xsv' as format of shard 0; expected 'mds'",
    ),
    (
        "mds",
        "arrays",
        edit("arrays/index.json", "shards.0.samples", 5),
        {},
        r"shard\.00000\.mds: has 4 records; expected 5, as its index says",
    ),
    (
        "mds",
        "arrays",
        grown("arrays/shard.00001.mds", b"x"),
        {},
        r"shard\.00001\.mds: has \d+ bytes; expected \d+, as its index says",
    ),
    (
        "mds",
        "arrays",
        edit("arrays/index.json", "shards.0.column_names", ["id"]),
        {},
        "has columns of shard 0 that do not match",
    ),
    (
        "mds",
        "arrays",
        edit("arrays/index.json", "shards.0.column_sizes.0", 4),
        {},
        r"has \d+ bytes in sample 0; expected \d+, as its columns say",
    ),
    ("mds", "arrays", removed("arrays/shard.00001.mds"), {}, r"shard\.00001\.mds: No such file"),
    (
        "mds",
        "arrays",
        edit("arrays/index.json", "shards.0.column_sizes.0", []),
        {},
        "as column_sizes of shard 0; expected null or a number of bytes for each",
    ),
    (
        "mds",
        "arrays",
        edit("arrays/index.json", "shards.0.raw_data.basename", "a\0b"),
        {},
        r"names the file 'a\\x00b'",
    ),
    *(
        (
            "mds",
            "arrays",
            edit("arrays/index.json", "shards.0.raw_data.basename", name),
            {},
            f"names the file '{name}'; expected one below its own folder",
        )
        for name in ("../outside.mds", "/etc/passwd", "a/../../outside.mds")
    ),
    (
        "mds",
        "gz",
        edit("gz/index.json", "shards.0.compression", "br:11"),
        {},
        "has shard 0 compressed with br:11; expected gz or zstd",
    ),
    (
        "mds",
        "zstd",
        edit("zstd/index.json", "shards.0.column_encodings.0", "str"),
        {"column": "input_ids"},
        "has tokens encoded as str",
    ),
    (
        "mds",
        "arrays",
        edit("arrays/index.json", "shards.0.column_names.2", "a"),
        {"column": "x"},
        "has no column 'x'; it has id, text, a",
    ),
    (
        "litdata",
        "loader",
        edit("loader/index.json", "chunks.0.dim", 23),
        {},
        r"chunk-0-0\.bin: has \d+ tokens; expected 23, the dim of chunk 0",
    ),
    (
        "litdata",
        "loader",
        patch("loader/chunk-0-0.bin", 20, "<I", 1184),
        {},
        r"chunk-0-0\.bin: has 184 bytes; expected 1184, where its last item ends",
    ),
    (
        "litdata",
        "items",
        edit("items/index.json", "chunks.2.chunk_size", 2),
        {},
        r"chunk-0-2\.bin: has 1 records; expected 2",
    ),
    (
        "litdata",
        "items",
        edit("items/index.json", "chunks.2.chunk_bytes", 2),
        {},
        r"chunk-0-2\.bin: has \d+ bytes; expected 2, as its index says",
    ),
    (
        "litdata",
        "items",
        edit("items/index.json", "config.encryption", {"algorithm": "fernet"}),
        {},
        "has encrypted chunks",
    ),
    (
        "litdata",
        "items",
        edit("items/index.json", "config.compression", "lz4"),
        {},
        "has chunks compressed with lz4; expected zstd",
    ),
    (
        "litdata",
        "batches",
        edit("batches/index.json", "config.compression_level", "row"),
        {},
        "has 'row' as compression_level; expected one of chunk, batch, sample",
    ),
    (
        "litdata",
        "batches",
        patch("batches/chunk-0-0.bin", 0, "8s", b"LDFZ02"),
        {},
        r"begins with b'LDFZ02\\x00\\x00', version 1; expected b'LDFZ01\\x00\\x00', version 1",
    ),
    ("litdata", "batches", patch("batches/chunk-0-0.bin", 12, "<I", 6), {}, "has 6 records; expected 5"),
    (
        "litdata",
        "batches",
        patch("batches/chunk-0-0.bin", 28, "<I", 99),
        {},
        "has an item of 99 bytes; expected 26, as its leaves say",
    ),
    (
        "litdata",
        "batches",
        patch("batches/chunk-0-0.bin", 44, "<I", 90),
        {},
        "has records at places that overlap; expected places that never fall",
    ),
    (
        "litdata",
        "samples",
        edit("samples/index.json", "chunks.0.chunk_size", 4),
        {},
        "has 5 records; expected 4",
    ),
    (
        "litdata",
        "items",
        edit("items/index.json", "config.data_spec", "[]"),
        {},
        "has items of 2 leaves; expected a tensor or array",
    ),
    (
        "litdata",
        "items",
        edit("items/index.json", "config.data_format.1", "no_header_numpy:9"),
        {},
        "has input_ids as no_header_numpy:9",
    ),
    (
        "litdata",
        "items",
        edit("items/index.json", "config", None),
        {},
        "has nothing as config of the index; expected an object",
    ),
    (
        "datasets",
        "saved",
        removed("saved/data-00001-of-00002.arrow"),
        {},
        r"data-00001-of-00002\.arrow: No such file",
    ),
    (
        "datasets",
        "built",
        edit("built/dataset_info.json", "splits.train.num_examples", 8),
        {},
        "says that the split train has 8 rows; expected 7",
    ),
    (
        "datasets",
        "built",
        edit("built/dataset_info.json", "splits", [[]]),
        {},
        r"has \[\[\]\] as splits of the dataset; expected an object",
    ),
    (
        "datasets",
        "saved",
        edit("saved/state.json", "_split", []),
        {},
        r"has \[\] as _split of the dataset; expected a string or null",
    ),
    (
        "datasets",
        "built",
        removed("built/json-train.arrow"),
        {},
        "names the split 'train'; expected an Arrow file of it",
    ),
    (
        "datasets",
        "splits",
        edit("splits/dataset_dict.json", "splits", ["train", "x"]),
        {},
        "names the split 'x'; expected a folder of that name",
    ),
    (
        "datasets",
        "saved",
        edit("saved/state.json", "_data_files", None),
        {},
        "has nothing as _data_files of the dataset; expected an array",
    ),
    (
        "datasets",
        "saved",
        lambda folder: None,
        {"column": "text"},
        "has no lists of integers in the column text",
    ),
    (
        "datasets",
        "saved",
        content("saved/data-00001-of-00002.arrow", b"PAR1"),
        {},
        "has b'PAR1' before a message; expected an Arrow file",
    ),
    (
        "datasets",
        "nulls.arrow",
        lambda folder: None,
        {},
        "has 1 rows without tokens; expected a list in every row",
    ),
    (
        "datasets",
        "compressed.arrow",
        lambda folder: None,
        {},
        "has compressed records; expected records that are not compressed",
    ),
    (
        "datasets",
        "built",
        edit("built/dataset_info.json", "splits", None),
        {},
        "names no data file; expected state.json",
    ),
    (
        "olmo-core",
        "gpt2",
        content("gpt2/web-0.npy", b"\x93NUMPY\x01\x00"),
        FIXED,
        "has NumPy's header, which OLMo-core reads as tokens",
    ),
    ("olmo-core", "gpt2", content("gpt2/web-0.npy", b"abc"), FIXED, "has 3 bytes; expected a multiple of 2"),
    ("olmo-core", "gpt2", lambda folder: None, {"dtype": "uint16"}, "sequence_tokens is missing"),
    ("olmo-core", "gpt2", lambda folder: None, {"sequence_tokens": 4}, "dtype is missing"),
    (
        "olmo-core",
        "mix.txt",
        content("mix.txt", b"web\n"),
        MIX,
        "has 'web' in line 1; expected a label, a comma and a path",
    ),
    (
        "olmo-core",
        "mix.txt",
        content("mix.txt", b"web,{TOKENIZER}/x.npy\n"),
        MIX,
        r"gpt2/x\.npy: No such file",
    ),
    (
        "olmo-core",
        "mixture.json",
        edit("mixture.json", "source_list.sources.0.target_ratio", 0.5),
        FIXED,
        "add up to 1.25; expected 1",
    ),
    (
        "olmo-core",
        "mixture.json",
        edit("mixture.json", "source_list.sources.0.max_source_fraction", 2),
        FIXED,
        "has 2 as max_source_fraction of source 0",
    ),
    (
        "olmo-core",
        "mixture.json",
        edit("mixture.json", "source_list.sources.0.max_repetition_ratio", "2"),
        FIXED,
        "has '2' as max_repetition_ratio of source 0; expected a number",
    ),
    (
        "olmo-core",
        "mixture.json",
        edit("mixture.json", "source_list.sources.1.paths", ["x*"]),
        FIXED,
        r"has the pattern 'x\*' in source 1, and no file matches it",
    ),
    (
        "olmo-core",
        "mixture.json",
        edit("mixture.json", "source_list.sources", []),
        FIXED,
        "has no sources; expected a source mixture",
    ),
]


@pytest.mark.parametrize(
    ("library", "path", "change", "options", "message"),
    [pytest.param(*each, id=f"{number}-{each[0]}") for number, each in enumerate(REFUSALS)],
)
def test_contradictions_are_refused(
    library: str, path: str, change: Change, options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(SAMPLES / library, tmp_path / library))
    change(folder)
    with pytest.raises(PsionContractError, match=message) as raised:
        shards(str(folder / path), library, **options)
    assert isinstance(raised.value, ArtifactError | ArgumentError)


def test_empty_sequences_are_not_counted(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(6))
    header = b"MMIDIDX\0\0" + struct.pack("<QBQQ", 1, 8, 3, 2)
    (tmp_path / "a.idx").write_bytes(header + struct.pack("<3i3q2q", 2, 0, 1, 0, 4, 4, 0, 3))
    (found,) = shards(str(tmp_path))
    assert (found.counts, found.detail["empty_sequences"]) == ((2, 3, 1, 2), 1)


def test_the_outermost_index_has_the_shards_of_those_below(tmp_path: Path) -> None:
    for part in ("0", "1"):
        shutil.copytree(SAMPLES / "mds/arrays", tmp_path / part)
    index = json.loads((tmp_path / "0/index.json").read_text())
    merged = [
        {**each, "raw_data": {**each["raw_data"], "basename": f"{part}/{each['raw_data']['basename']}"}}
        for part in ("0", "1")
        for each in index["shards"]
    ]
    assert len(shards(str(tmp_path), "mds")) == 4
    (tmp_path / "index.json").write_text(json.dumps({**index, "shards": merged}))
    found = [Path(each.path).relative_to(tmp_path).as_posix() for each in shards(str(tmp_path), "mds")]
    assert found == [f"{part}/shard.0000{number}.mds" for part in ("0", "1") for number in (0, 1)]


@pytest.mark.parametrize(
    ("library", "path"), [("mds", "arrays/shard.00001.mds"), ("litdata", "items/chunk-0-1.bin")]
)
def test_one_data_file_needs_no_other(library: str, path: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SAMPLES / library, tmp_path / library))
    expected = shards(str(folder / path), library)
    for file in (folder / path).parent.iterdir():
        if file.name not in ("index.json", Path(path).name):
            file.unlink()
    assert shards(str(folder / path), library) == expected
    assert len(expected) == 1


def test_records_that_look_compressed_are_not(tmp_path: Path) -> None:
    """35615 samples: the number begins a shard with the bytes by which gzip is known."""
    number, size = 35615, 4
    places = struct.pack(f"<{number + 1}I", *(4 * (number + 2) + size * each for each in range(number + 1)))
    data = struct.pack("<I", number) + places + bytes(size * number)
    assert data.startswith(b"\x1f\x8b")
    (tmp_path / "shard.00000.mds").write_bytes(data)
    shard = {
        "column_encodings": ["ndarray:uint16:2"],
        "column_names": ["tokens"],
        "column_sizes": [size],
        "compression": None,
        "format": "mds",
        "raw_data": {"basename": "shard.00000.mds", "bytes": len(data)},
        "samples": number,
        "version": 2,
    }
    (tmp_path / "index.json").write_text(json.dumps({"version": 2, "shards": [shard]}))
    assert [each.counts for each in shards(str(tmp_path))] == [(number, 2 * number, 2, 2)]


def test_a_folder_without_a_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"has no dataset of Hugging Face; expected state\.json"):
        shards(str(tmp_path), "datasets")


def test_a_chunk_of_loose_tokens_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SAMPLES / "litdata/loader", tmp_path / "loader"))
    patch("chunk-0-0.bin", 8, "<I", 61)(folder)
    with pytest.raises(
        ArtifactError, match=r"has the item of \d+ bytes; expected a multiple of 8, for int64"
    ):
        shards(str(folder), "litdata")


def test_a_compressed_chunk_of_loose_tokens_ends_with_its_last_item(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SAMPLES / "litdata/loader", tmp_path / "loader"))
    edit("index.json", "config.compression", "zstd")(folder)
    chunk = folder / "chunk-0-0.bin"
    data, zstd = chunk.read_bytes(), import_module(ZSTD)
    chunk.write_bytes(zstd.compress(data))
    assert shards(str(chunk), "litdata")[0].counts.tokens == 20
    chunk.write_bytes(zstd.compress(data[:-8]))
    with pytest.raises(
        ArtifactError, match="is cut off in its items: 152 bytes are left; expected 160 bytes"
    ):
        shards(str(chunk), "litdata")
    chunk.write_bytes(zstd.compress(data + bytes(1)))
    with pytest.raises(ArtifactError, match="goes on after its last record; expected 4 records"):
        shards(str(chunk), "litdata")


def test_a_chunk_that_goes_on_after_its_last_item_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SAMPLES / "litdata/batches", tmp_path / "batches"))
    data = (folder / "chunk-0-1.bin").read_bytes()
    frame = data[data.rindex(b"\x28\xb5\x2f\xfd") :]
    (folder / "chunk-0-1.bin").write_bytes(data + frame)
    edit("index.json", "chunks.1.chunk_bytes", len(data + frame))(folder)
    with pytest.raises(ArtifactError, match="goes on after its last record; expected 2 records"):
        shards(str(folder), "litdata")


@pytest.mark.parametrize(
    ("library", "options", "message"),
    [
        ("npy", {}, "has no file of an array; expected files that end with .npy"),
        ("olmo-core", FIXED, "has no tokens of OLMo-core; expected files that end with .npy, or a mix"),
        ("megatron", {}, "has no index of Megatron"),
        ("litdata", {}, "has no index of litData"),
        ("raw", {"sequence_tokens": 4}, "has no raw tokens"),
    ],
)
def test_an_empty_folder_is_refused(
    library: str, options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ArtifactError, match=message):
        shards(str(tmp_path), library, **options)


def test_an_index_and_a_mix_have_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(shutil.copytree(SAMPLES / "olmo-core", tmp_path / "olmo-core"))
    monkeypatch.setattr(olmo_core, "_MAX_MIX", 3)
    options = {"sequence_tokens": 4, "dtype": "uint16", "tokenizer": "gpt2"}
    with pytest.raises(ArtifactError, match=r"mix\.txt: is larger than 3 bytes, the limit of a mix"):
        shards(str(folder / "mix.txt"), "olmo-core", **options)
    monkeypatch.setattr(json_indices, "_LIMITS", Limits(max_bytes=3))
    with pytest.raises(ArtifactError, match=r"mixture\.json: is larger than 3 bytes, the limit of an index"):
        shards(str(folder / "mixture.json"), "olmo-core", **options)


@pytest.mark.parametrize("paths", [None, [], "x.npy", [1]])
def test_a_source_without_paths_is_refused(tmp_path: Path, paths: Any) -> None:
    folder = Path(shutil.copytree(SAMPLES / "olmo-core", tmp_path / "olmo-core"))
    edit("mixture.json", "source_list.sources.1.paths", paths)(folder)
    with pytest.raises(ArtifactError, match="has no paths in source 1; expected an array of paths"):
        shards(str(folder / "mixture.json"), "olmo-core", sequence_tokens=4, dtype="uint16")


def test_a_shard_that_goes_on_after_its_last_record_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SAMPLES / "mds" / "arrays", tmp_path / "arrays"))
    grown("shard.00000.mds", b"x")(folder)
    size = (folder / "shard.00000.mds").stat().st_size
    edit("index.json", "shards.0.raw_data.bytes", size)(folder)
    with pytest.raises(ArtifactError, match=rf"goes on after its last record; expected {size - 1} bytes"):
        shards(str(folder))


def test_an_array_without_a_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(bytes(8))
    with pytest.raises(
        ArtifactError, match=r"a\.npy: begins with b'.*'; expected b'.x93NUMPY', as NumPy writes it"
    ):
        shards(str(tmp_path / "a.npy"), "npy")


def test_an_array_of_another_shape_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SAMPLES / "mds/arrays", tmp_path / "arrays"))
    data = (folder / "shard.00000.mds").read_bytes()
    at = data.index(bytes([1 << 2, 5]) + struct.pack("<2H", 0, 1))  # one dimension of five tokens
    patch("shard.00000.mds", at + 1, "B", 6)(folder)
    with pytest.raises(ArtifactError, match="has 10 bytes of uint16 in sample 0; expected 6 tokens"):
        shards(str(folder), "mds")


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (2**28, "is cut off in record 3"),
        (2**32 - 1, r"has \d+ bytes in record 3; expected at most 268435456"),
    ],
)
def test_a_size_beyond_the_file_takes_no_memory(tmp_path: Path, size: int, message: str) -> None:
    """A damaged size is not asked for at once, and not at all if nothing is that large, even in a file with holes."""
    folder = Path(shutil.copytree(SAMPLES / "mds/arrays", tmp_path / "arrays"))
    end = 4 * 5  # of the last record
    patch("shard.00000.mds", end, "<I", size)(folder)
    tracemalloc.start()
    try:
        with pytest.raises(ArtifactError, match=message):
            shards(str(folder), "mds")
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()
