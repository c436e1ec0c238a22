"""How fast documents are compared with files, beside sha256sum with as many processes: `python benchmarks/files.py`.

Shards and a manifest of them are made in a temporary folder: half of them raw tokens, half in Megatron's format.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from hashlib import file_digest
from pathlib import Path
from shutil import which
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

CANONICAL = Path(__file__).parents[1] / "fixtures/psion/tokenized/psion_tokenized_corpus_manifest_v1.json"
COPIES = 3
"""Shards for each of the canonical manifest."""

SEQUENCE = 1024
"""Tokens of a sequence, of two bytes each."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where the shards are made for the time of the measurement")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.folder) as name:
        root = Path(name)
        paths = make(root, int(options.gigabytes * 1e9))
        size = sum(path.stat().st_size for path in paths)
        tools = {"sha256sum": ["sha256sum"], "openssl dgst -sha256": ["openssl", "dgst", "-sha256"]}
        calls: dict[str, Callable[[], float]] = {
            f"`{name}`, {options.jobs} processes": partial(run_tool, command, paths, options.jobs)
            for name, command in tools.items()
            if which(command[0])
        }
        calls["`psion-contract check --files`: digests and counts"] = partial(run_check, root)
        times = compare(calls, options.rounds)
    first, *_, last = times
    print(
        f"| {size / 1e9:.1f} GB in {len(paths)} shards, {options.jobs} cores | Time | Rate | Ratio | Target |"
    )
    print("| --- | --- | --- | --- | --- |")
    for name, seconds in times.items():
        rate, ratio = size / seconds / 1e6, seconds / times[first]
        print(
            f"| {name} | {seconds:.2f} s | {rate:.0f} MB/s | {ratio:.2f} | {'at most 1.2' if name == last else ''} |"
        )
    print(
        f"\nAt the rate of the last line, 100 GB take {100e9 / size * times[last]:.0f} s, if the disk is as fast."
    )


def compare(calls: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median time of each call; they take turns, after one round that fills the cache."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            seconds = call()
            if number:
                times[name].append(seconds)
    return {name: median(each) for name, each in times.items()}


def run_tool(command: list[str], paths: list[Path], jobs: int) -> float:
    """One process for each file, as many at a time as there are jobs."""
    names = b"\0".join(os.fsencode(path) for path in paths)
    start = time.perf_counter()
    subprocess.run(
        ["xargs", "-0", "-n1", f"-P{jobs}", *command], input=names, stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - start


def run_check(root: Path) -> float:
    command = [sys.executable, "-m", "psion_contract", "check", str(root / "corpus.json")]
    command += ["--files", str(root), "--format", "json"]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=True)
    seconds = time.perf_counter() - start
    claims = {each["claim"]: each for each in json.loads(done.stdout)["files"]}
    for name in ("shard digest", "shard counts"):
        assert not claims[name]["unverified"], claims
    return seconds


def make(root: Path, size: int) -> list[Path]:
    """The shards and their manifest; returns the paths of the shards."""
    corpus: dict[str, Any] = json.loads(CANONICAL.read_bytes())
    shards = [deepcopy(shard) for shard in corpus["shards"] for _ in range(COPIES)]
    sequences = max(size // len(shards) // (2 * SEQUENCE), 1)
    block = os.urandom(2 * SEQUENCE)
    paths = []
    for number, shard in enumerate(shards):
        path = root / f"{number:03}.{'bin' if number % 2 else 'u16'}"
        with open(path, "wb") as file:
            for at in range(0, sequences, 1024):
                file.write(number.to_bytes(2, "little") * SEQUENCE + block * (min(1024, sequences - at) - 1))
        if number % 2:
            write_index(path.with_suffix(".idx"), sequences)
        with open(path, "rb") as file:
            digest = f"sha256:{file_digest(file, 'sha256').hexdigest()}"
        shard |= {
            "shard_id": f"shard-{number:03}",
            "storage_ref": path.name,
            "shard_digest": digest,
            "sequence_count": sequences,
            "token_count": sequences * SEQUENCE,
            "min_sequence_tokens": SEQUENCE,
            "max_sequence_tokens": SEQUENCE,
        }
        paths.append(path)
    corpus["shards"] = shards
    for split in corpus["splits"]:
        own = [shard for shard in shards if shard["split_name"] == split["split_name"]]
        split["shard_ids"] = [shard["shard_id"] for shard in own]
        for member in ("sequence_count", "token_count"):
            split[member] = sum(shard[member] for shard in own)
    (root / "corpus.json").write_text(json.dumps(corpus), encoding="utf-8")
    return paths


def write_index(path: Path, sequences: int) -> None:
    """Megatron's index: one document for each sequence, tokens of type uint16 (code 8)."""
    head = b"MMIDIDX\0\0" + (1).to_bytes(8, "little") + b"\x08"
    counts = sequences.to_bytes(8, "little") + (sequences + 1).to_bytes(8, "little")
    lengths = array("i", [SEQUENCE]) * sequences
    places = array("q", range(0, 2 * SEQUENCE * sequences, 2 * SEQUENCE))
    path.write_bytes(
        head + counts + lengths.tobytes() + places.tobytes() + array("q", range(sequences + 1)).tobytes()
    )


if __name__ == "__main__":
    main()
