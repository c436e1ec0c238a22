"""Writes the samples of a library into ``samples/``, with what the library itself reads from them.

    python tests/importers/write_samples.py LIBRARY [FOLDER]

Needs the library; the files `requirements*.txt` beside this one say what to install. Each writer returns its version and cases:
a path, the options of our reading, and the shards as the library reads them back: file, sequences, tokens, shortest,
longest. The lengths are chosen so that each case has unequal sequences, more than one file where the format allows it, and
a remainder.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

LENGTHS = (5, 3, 11, 1, 8, 2, 13)
"""Tokens of the documents that are written, 43 in all."""


def tokens(document: int) -> list[int]:
    return [(7 * document + each) % 251 for each in range(LENGTHS[document])]


def counted(lengths: Iterable[int]) -> list[int]:
    found = [each for each in lengths if each]
    return [len(found), sum(found), min(found, default=0), max(found, default=0)]


def case(path: str, shards: dict[str, list[int]], **options: Any) -> dict[str, Any]:
    return {"path": path, "options": options, "shards": shards}


def datatrove(folder: Path) -> list[dict[str, Any]]:
    from datatrove.pipeline.tokens.merger import get_data_reader, load_doc_ends
    from datatrove.pipeline.tokens.tokenizer import TokenizedFile

    cases = []
    for name, size, mask in (("two", 2, False), ("four", 4, True)):
        path = folder / name
        written = TokenizedFile(
            str(path),
            "00000_documents.ds",
            save_loss_metadata=mask,
            tokenizer_name_or_path="gpt2",
            save_final_metadata=True,
            token_size=size,
        )
        for each in range(len(LENGTHS)):
            written.write(tokens(each), [True] * LENGTHS[each] if mask else None)
        written.close()
        data = path / "00000_documents.ds"
        with (path / "00000_documents.ds.index").open("rb") as index:
            ends = load_doc_ends(index).tolist()
        lengths = [len(each) // size for each in get_data_reader(data.open("rb"), ends, size)]
        cases.append(case(name, {f"{name}/00000_documents.ds": counted(lengths)}))
    return cases


def datasets(folder: Path) -> list[dict[str, Any]]:
    from datasets import Dataset, DatasetDict, Features, LargeList, List, Value, load_from_disk

    rows = [
        {"id": each, "text": f"document {each}", "input_ids": tokens(each)} for each in range(len(LENGTHS))
    ]
    features = Features({"id": Value("int64"), "text": Value("string"), "input_ids": List(Value("int32"))})
    Dataset.from_list(rows, features=features).save_to_disk(folder / "saved", num_shards=2)
    large = Features({"tokens": LargeList(Value("uint16")), "mask": List(Value("int8"))})
    fixed = Features({"packed": List(Value("uint16"), length=4)})
    DatasetDict(
        {
            "train": Dataset.from_list(
                [{"tokens": each["input_ids"], "mask": [1] * len(each["input_ids"])} for each in rows],
                features=large,
            ),
            "test": Dataset.from_list(
                [{"packed": tokens(2)[:4]}, {"packed": tokens(2)[4:8]}], features=fixed
            ),
        }
    ).save_to_disk(folder / "splits")
    cases = []
    for name, columns in (("saved", {"": "input_ids"}), ("splits", {"train": "tokens", "test": "packed"})):
        shards = {}
        for split, column in columns.items():
            for file in sorted((folder / name / split).glob("*.arrow")):
                read = Dataset.from_file(str(file))
                shards[str(file.relative_to(folder))] = counted(len(row[column]) for row in read)
        loaded = load_from_disk(folder / name)
        if name == "saved":
            assert loaded.num_rows == sum(each[0] for each in shards.values())
        cases.append(case(name, shards))
    # Not read by us, and refused: records that Arrow itself compresses, and a row without a list.
    import pyarrow

    lists = [each["input_ids"] for each in rows]
    zstd = pyarrow.ipc.IpcWriteOptions(compression="zstd")
    for name, column, written in (("compressed", lists, zstd), ("nulls", [*lists, None], None)):
        table = pyarrow.table({"input_ids": column})
        with pyarrow.ipc.new_stream(str(folder / f"{name}.arrow"), table.schema, options=written) as stream:
            stream.write_table(table)
    cases.append(case("nested.arrow", {"nested.arrow": beside_others(folder / "nested.arrow")}))
    # What loads a JSON Lines file leaves in the cache: rows in splits that dataset_info.json counts.
    source = folder / "documents.jsonl"
    source.write_text("".join(json.dumps({"input_ids": each["input_ids"]}) + "\n" for each in rows))
    from datasets import load_dataset

    loaded = load_dataset("json", data_files={"train": str(source)}, cache_dir=str(folder / "cache"))
    (made,) = {Path(each["filename"]).parent for each in loaded["train"].cache_files}
    shutil.copytree(made, folder / "built")
    shutil.rmtree(folder / "cache")
    source.unlink()
    info = json.loads((folder / "built/dataset_info.json").read_text())
    info.pop("download_checksums", None)  # names the folder in which this ran
    (folder / "built/dataset_info.json").write_text(json.dumps(info))
    shards = {"built/json-train.arrow": counted(len(row["input_ids"]) for row in loaded["train"])}
    return [*cases, case("built", shards)]


def beside_others(path: Path) -> list[int]:
    """Writes tokens behind columns of the other types, in records of two rows; returns the counts that pyarrow reads."""
    from datetime import datetime
    from decimal import Decimal

    import pyarrow

    columns = {
        "null": pyarrow.array([None] * 3, pyarrow.null()),
        "bool": pyarrow.array([True, False, None]),
        "struct": pyarrow.array([{"url": "x", "tags": ["p", "q"], "inner": {"number": 1}}] * 3),
        "dictionary": pyarrow.array(["u", "v", "u"]).dictionary_encode(),
        "map": pyarrow.array(
            [[("k", 1)], [], [("m", 2), ("n", 3)]], pyarrow.map_(pyarrow.string(), pyarrow.int32())
        ),
        "bytes": pyarrow.array([b"ab"] * 3, pyarrow.binary(2)),
        "decimal": pyarrow.array([Decimal("1.5")] * 3),
        "time": pyarrow.array([datetime(2020, 1, 1)] * 3),
        "large": pyarrow.array(["x"] * 3, pyarrow.large_string()),
        "vector": pyarrow.array([[1, 2], [3, 4], [5, 6]], pyarrow.list_(pyarrow.float32(), 2)),
        "input_ids": pyarrow.array([tokens(2), [], tokens(4)], pyarrow.list_(pyarrow.uint32())),
        "after": pyarrow.array([1, 2, 3]),
    }
    table = pyarrow.table(columns)
    with pyarrow.ipc.new_stream(str(path), table.schema) as stream:
        stream.write_table(table, max_chunksize=2)
    with pyarrow.ipc.open_stream(str(path)) as read:
        return counted(len(each) for each in read.read_all()["input_ids"].to_pylist())


def megatron(folder: Path) -> list[dict[str, Any]]:
    import numpy
    import torch
    from megatron.core.datasets.indexed_dataset import IndexedDataset, IndexedDatasetBuilder

    cases = []
    folder.mkdir(parents=True)
    for name, kind, multimodal in (
        ("text", numpy.uint16, False),
        ("wide", numpy.int32, False),
        ("modes", numpy.int32, True),
    ):
        builder = IndexedDatasetBuilder(str(folder / f"{name}.bin"), dtype=kind, multimodal=multimodal)
        for each in range(len(LENGTHS)):
            builder.add_item(torch.tensor(tokens(each)), **({"mode": each % 2} if multimodal else {}))
            if each % 2:  # documents of two sequences
                builder.end_document()
        builder.end_document()
        builder.finalize(str(folder / f"{name}.idx"))
        read = IndexedDataset(str(folder / name), multimodal=multimodal)
        lengths = [len(read[each][0] if multimodal else read[each]) for each in range(len(read))]
        cases.append(case(f"{name}.idx", {f"{name}.bin": counted(lengths)}))
    return cases


def litdata(folder: Path) -> list[dict[str, Any]]:
    import numpy
    import torch
    from litdata.streaming import Cache, StreamingDataset
    from litdata.streaming.item_loader import TokensLoader

    cases = []
    for name, loader, size in (
        ("loader", TokensLoader(), {"chunk_size": 20}),
        ("items", None, {"chunk_size": 3}),
        ("whole", None, {"chunk_size": 3, "compression": "zstd", "compression_level": "chunk"}),
        ("batches", None, {"chunk_size": 5, "compression": "zstd", "compression_batch_size": 2}),
        ("samples", None, {"chunk_size": 5, "compression": "zstd:9", "compression_level": "sample"}),
    ):
        cache = Cache(str(folder / name), item_loader=loader, **size)
        for each in range(len(LENGTHS)):
            ids = tokens(each)
            item = (
                torch.tensor(ids, dtype=torch.int64)
                if loader
                else {"index": each, "input_ids": numpy.array(ids, numpy.uint16)}
            )
            cache._add_item(each, item)
        cache.done()
        cache.merge()
        index = json.loads((folder / name / "index.json").read_text())
        index["updated_at"] = "0"
        (folder / name / "index.json").write_text(json.dumps(index))
    for name in ("items", "whole", "batches", "samples"):
        chunks = json.loads((folder / name / "index.json").read_text())["chunks"]
        read = StreamingDataset(
            str(shutil.copytree(folder / name, folder / "copy"))
        )  # it decompresses beside
        lengths = [len(read[each]["input_ids"]) for each in range(len(read))]
        shutil.rmtree(folder / "copy")
        shards, begin = {}, 0
        for chunk in chunks:
            shards[f"{name}/{chunk['filename']}"] = counted(lengths[begin : begin + chunk["chunk_size"]])
            begin += chunk["chunk_size"]
        cases.append(case(name, shards))
    block = 4
    read = StreamingDataset(str(folder / "loader"), item_loader=TokensLoader(block_size=block))
    chunks_read = json.loads((folder / "loader/index.json").read_text())["chunks"]
    assert all(len(read[each]) == block for each in range(len(read)))
    intervals = read.cache._reader.config.intervals
    per_chunk = [end - begin for begin, _, _, end in intervals]
    assert sum(per_chunk) == len(read)
    shards = {
        f"loader/{each['filename']}": counted([block] * number)
        for each, number in zip(chunks_read, per_chunk, strict=True)
    }
    cases.append(case("loader", shards, sequence_tokens=block))
    return cases


def streaming(folder: Path) -> list[dict[str, Any]]:
    import numpy
    from streaming import LocalDataset, MDSWriter

    cases = []
    arrays = {"id": "int", "text": "str", "tokens": "ndarray:uint16"}
    for name, columns, options in (
        ("arrays", arrays, {"size_limit": 420}),
        ("zstd", {"input_ids": "ndarray"}, {"compression": "zstd"}),
        ("gz", {"tokens": "ndarray:int32:4"}, {"compression": "gz"}),
        ("bytes", {"tokens": "bytes"}, {}),
    ):
        with MDSWriter(out=str(folder / name), columns=columns, hashes=["sha1"], **options) as writer:
            for each in range(len(LENGTHS)):
                ids = tokens(each)
                values = {"id": each, "text": f"document {each}"}
                if name == "gz":
                    if len(ids) >= 4:
                        writer.write({"tokens": numpy.array(ids[:4], numpy.int32)})
                elif name == "bytes":
                    writer.write({"tokens": numpy.array(ids, numpy.int64).tobytes()})
                else:
                    column = "input_ids" if name == "zstd" else "tokens"
                    values[column] = numpy.array(ids, numpy.uint16)
                    writer.write({each: values[each] for each in columns})
        stored = {each.name for each in (folder / name).iterdir()}
        read = (
            LocalDataset(str(folder / name)) if name in ("arrays", "bytes") else decompressed(folder / name)
        )
        shards, begin = {}, 0
        for shard in json.loads((folder / name / "index.json").read_text())["shards"]:
            file = (shard["zip_data"] or shard["raw_data"])["basename"]
            column = "input_ids" if name == "zstd" else "tokens"
            samples = [read[begin + each][column] for each in range(shard["samples"])]
            lengths = [len(each) // 8 if name == "bytes" else each.size for each in samples]
            shards[f"{name}/{file}"] = counted(lengths)
            begin += shard["samples"]
        for each in (folder / name).iterdir():
            if each.name not in stored:
                each.unlink()
        cases.append(case(name, shards, **({"dtype": "int64"} if name == "bytes" else {})))
    return cases


def decompressed(folder: Path) -> Any:
    """A dataset whose compressed shards the library has decompressed beside them."""
    from streaming import LocalDataset, Stream

    local = folder.with_name(f"{folder.name}-local")
    stream = Stream(remote=str(folder), local=str(local), keep_zip=True)
    stream.apply_default(
        {"split": None, "download_retry": 1, "download_timeout": 60, "validate_hash": None, "keep_zip": True}
    )
    for shard in stream.get_shards(world_of_one(), allow_unsafe_types=False):
        stream.prepare_shard(shard)
    read = list(LocalDataset(str(local)))
    shutil.rmtree(local)
    return read


def world_of_one() -> Any:
    from streaming.base.world import World

    return World.detect()


def olmo_core(folder: Path) -> list[dict[str, Any]]:
    import numpy
    from olmo_core.data import NumpyFSLDataset

    shards = {}
    paths = []
    for name, begin, end in (("web-0", 0, 4), ("web-1", 4, 6), ("code-0", 6, 7)):
        ids = [each for document in range(begin, end) for each in tokens(document)]
        path = folder / "gpt2" / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        numpy.array(ids, numpy.uint16).tofile(path)
        paths.append(str(path))
    (folder / "mix.txt").write_text(
        "# A mix, as the library ships them\nweb,{TOKENIZER}/web-0.npy\n"
        "web,{TOKENIZER}/web-1.npy\n\ncode,{TOKENIZER}/code-0.npy\n"
    )
    read = NumpyFSLDataset(
        *paths, sequence_length=4, pad_token_id=0, eos_token_id=250, vocab_size=256, dtype=numpy.uint16
    )
    read.prepare()
    lengths = [read[each]["input_ids"].numel() for each in range(len(read))]
    for path, (begin, end) in zip(paths, read.offsets, strict=True):
        shards[str(Path(path).relative_to(folder))] = counted(lengths[begin:end])
    options = {"sequence_tokens": 4, "dtype": "uint16"}
    (folder / "fingerprint.txt").write_text(f"{read.fingerprint_version} {read.fingerprint}\n")
    sources = olmo_core_mixture(folder)
    return [
        case("gpt2", dict(sorted(shards.items())), **options),
        case("mix.txt", shards, tokenizer="gpt2", **options),
        case("mixture.json", {each: shards[each] for each in sources}, **options),
    ]


def olmo_core_mixture(folder: Path) -> list[str]:
    """Writes a source mixture as the library gives it; returns the files that the library finds for it, in order."""
    from olmo_core.data.source_mixture import (
        SourceMixtureConfig,
        SourceMixtureDatasetConfig,
        SourceMixtureList,
    )

    mixture = SourceMixtureDatasetConfig(
        source_list=SourceMixtureList(
            sources=[
                SourceMixtureConfig("code", 0.25, ["gpt2/code-0.npy"], max_repetition_ratio=2.0),
                SourceMixtureConfig("web", 0.75, ["gpt2/web-*.npy"], max_source_fraction=0.9),
            ]
        ),
        requested_tokens=16,
        global_batch_size=8,
    )
    (folder / "mixture.json").write_text(json.dumps(mixture.as_config_dict(), indent=1))
    found = []
    for source in mixture.source_list.sources:
        source.paths = [str(folder / each) for each in source.paths]
        found += [str(Path(each).relative_to(folder)) for each in source.resolved_paths]
    return found


def megatron_index(folder: Path) -> list[dict[str, Any]]:
    """The indices of a blend of two datasets, and how many samples the library reads from each."""
    import numpy
    import torch
    from megatron.core.datasets.blended_megatron_dataset_builder import BlendedMegatronDatasetBuilder
    from megatron.core.datasets.gpt_dataset import GPTDataset, GPTDatasetConfig
    from megatron.core.datasets.indexed_dataset import IndexedDatasetBuilder

    class Tokenizer:
        unique_identifiers = {"class": "Tokenizer"}  # noqa: RUF012
        eod, pad, vocab_size = 250, 0, 256

    folder.mkdir(parents=True)
    os.chdir(folder)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29583", RANK="0", WORLD_SIZE="1")
    torch.distributed.init_process_group("gloo")
    for name, number in (("web", 40), ("code", 25)):
        builder = IndexedDatasetBuilder(f"{name}_text_document.bin", dtype=numpy.uint16)
        for each in range(number):
            builder.add_item(torch.tensor(tokens(each % len(LENGTHS))))
            builder.end_document()
        builder.finalize(f"{name}_text_document.idx")
    config = GPTDatasetConfig(
        random_seed=1,
        sequence_length=8,
        blend_per_split=[(["web_text_document", "code_text_document"], [0.7, 0.3]), None, None],
        path_to_cache="cache",
        tokenizer=Tokenizer(),
        reset_position_ids=False,
        reset_attention_mask=False,
        eod_mask_loss=False,
        mid_level_dataset_surplus=0.05,
    )
    train, _, _ = BlendedMegatronDatasetBuilder(GPTDataset, [50, 0, 0], lambda: True, config).build()
    cases = []
    for samples in (None, 0, 17):
        drawn = [0, 0]
        for each in range(len(train) if samples is None else samples):
            sample = train[each]
            drawn[int(sample["dataset_id"])] += 1
            assert sample["tokens"].shape == (8,)
        rows = {
            f"{name}_text_document.bin": [number, 8 * number]
            for name, number in zip(("web", "code"), drawn, strict=True)
        }
        options = {} if samples is None else {"consumed_samples": samples}
        cases.append(
            {
                "paths": ["cache"],
                "options": options,
                "rows": {path: row for path, row in rows.items() if row[0]},
            }
        )
    alone = next(Path("cache").glob("*GPTDataset-train-description.txt"))
    described = json.loads(alone.read_text())
    dataset = next(each for each in train.datasets if each.dataset_path == described["dataset_path"])
    row = [len(dataset), 8 * len(dataset)]
    cases.append({"paths": [str(alone)], "options": {}, "rows": {f"{described['dataset_path']}.bin": row}})
    for each in [*Path().glob("*.bin"), *Path().glob("*.idx")]:
        each.unlink()
    torch.distributed.destroy_process_group()
    return cases


def olmo_core_loader(folder: Path) -> list[dict[str, Any]]:
    """States of a loader after some batches, the orders that it wrote, and of which file its instances were."""
    import numpy
    import torch
    from olmo_core.data import DataCollator, NumpyFSLDataLoader, NumpyFSLDataset

    olmo_core(folder / "data")
    shutil.copy(folder / "data/mix.txt", folder / "mix.txt")
    shutil.move(folder / "data/gpt2", folder / "gpt2")
    shutil.rmtree(folder / "data")
    names = ("gpt2/web-0.npy", "gpt2/web-1.npy", "gpt2/code-0.npy")
    dataset = NumpyFSLDataset(
        *(str(folder / each) for each in names),
        sequence_length=4,
        pad_token_id=0,
        eos_token_id=250,
        vocab_size=256,
        dtype=numpy.uint16,
    )
    dataset.prepare()
    loader = NumpyFSLDataLoader(
        dataset,
        collator=DataCollator(pad_token_id=0),
        global_batch_size=12,
        work_dir=str(folder / "work"),
        seed=1,
        num_workers=0,
        target_device_type="cpu",
    )
    read = dict.fromkeys(names, 0)
    options = {"dtype": "uint16", "tokenizer": "gpt2", "tokenizer_ids": [256, 0, 250]}
    cases = []
    for epoch, stops in ((1, 2), (2, 3)):
        loader.reshuffle(epoch)
        for number, batch in enumerate(loader, 1):
            for index in batch["index"].tolist():
                owner = next(each for each, (_, end) in enumerate(dataset.offsets) if index < end)
                read[names[owner]] += 1
            if number == stops:
                state = {
                    "global_step": number,
                    "data_loader": loader.state_dict(),
                    "rng": torch.get_rng_state(),
                    "epoch": epoch,
                }
                path = folder / f"epoch{epoch}" / "train" / "rank0.pt"
                path.parent.mkdir(parents=True)
                torch.save(state, path)
                orders = [
                    str(each.relative_to(folder))
                    for each in sorted((folder / "work").glob("global_indices*.npy"))
                ]
                rows = {name: [number, 4 * number] for name, number in read.items() if number}
                cases.append(
                    {"paths": [f"epoch{epoch}", *orders, "mix.txt"], "options": options, "rows": rows}
                )
        loader.reset()
    for each in (folder / "work").iterdir():
        if not each.name.startswith("global_indices"):
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    return cases


WRITERS: dict[str, tuple[str, Callable[[Path], list[dict[str, Any]]]]] = {
    "datatrove": ("datatrove", datatrove),
    "datasets": ("datasets", datasets),
    "megatron": ("megatron-core", megatron),
    "litdata": ("litdata", litdata),
    "mds": ("mosaicml-streaming", streaming),
    "olmo-core": ("ai2-olmo-core", olmo_core),
    "megatron-index": ("megatron-core", megatron_index),
    "olmo-core-loader": ("ai2-olmo-core", olmo_core_loader),
}
"""By folder of samples: the distribution that writes it, and how."""


def main(library: str, folder: Path) -> None:
    distribution, write = WRITERS[library]
    shutil.rmtree(folder, ignore_errors=True)
    cases = write(folder)
    expected = {
        "written_by": f"{distribution} {importlib.metadata.version(distribution)}",
        "cases": cases,
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    chosen = sys.argv[1]
    main(
        chosen,
        Path(sys.argv[2]).absolute()
        if len(sys.argv) > 2
        else Path(__file__).absolute().parent / "samples" / chosen,
    )
