"""Speed, as ratios within one run: `python benchmarks/bench.py`.

Prints tables in Markdown. The calls that are compared take turns in small batches, so that a change of the machine's speed
affects all of them; each figure is the median of the batches. No test depends on a figure. docs/reference/speed.md has the
tables of one run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import archive
import engines
import jiter
import jsonschema
from tables import print_rows
from wide_receipts import wide_set

import psion_contract
from psion_contract import Checker, Limits
from psion_contract.documents import kinds, schemas
from psion_contract.documents.kinds import RECEIPT, Kind

ROOT = Path(__file__).parents[1]
CANONICAL = ROOT / "fixtures" / "psion"
NODE_TOOLS = ROOT / "interop" / "schema-consumers" / "command-line"
_FOR_ENGINES = 20_000
_NO_LIMITS = Limits(max_bytes=1 << 40, max_members=1 << 40)


def taking_turns(calls: dict[str, Callable[[], object]], batches: int, size: int) -> dict[str, float]:
    """Median seconds of each call, by name; the calls take turns in batches."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(batches):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(size):
                call()
            seconds[name].append((time.perf_counter() - start) / size)
    return {name: statistics.median(each) for name, each in seconds.items()}


def print_table(title: str, seconds: dict[str, float], unit: float, suffix: str) -> None:
    """Print a row for each name: the time, and its ratio to the first."""
    base = next(iter(seconds.values()))
    rows = [(name, f"{value / unit:.1f} {suffix}", f"{value / base:.2f}") for name, value in seconds.items()]
    print_rows(("", "Time", "Ratio"), rows, title)


def document_check(kind: Kind, data: bytes, inputs: dict[str, bytes], batches: int) -> dict[str, float]:
    """The full check of a document with known inputs, compared with reading and schema alone."""
    validator = schemas.validator(kind.version)
    checker = Checker(inputs)
    report = checker.check({"document": data})
    assert report.ok, [finding.message for finding in report.findings]

    def parsed() -> object:
        return jiter.from_json(data, catch_duplicate_keys=True, allow_inf_nan=False)

    reference = jsonschema.Draft202012Validator(
        psion_contract.schema(kind.version), registry=psion_contract.registry()
    )
    member = "run_id" if kind != kinds.POLICY else "policy_id"
    broken = json.dumps({**json.loads(data), member: 1}).encode()
    assert [finding.pointer for finding in checker.check({"document": broken}).findings] == [f"/{member}"]
    return taking_turns(
        {
            "jiter + jsonschema-rs: parsed and validated, the floor": lambda: validator.is_valid(parsed()),
            "jiter alone": parsed,
            "**full check: all rules, all digests**": lambda: checker.check({"document": data}),
            "the same with one wrong property, explained": lambda: checker.check({"document": broken}),
            "json + jsonschema: parsed and validated": lambda: reference.is_valid(json.loads(data)),
        },
        batches,
        10,
    )


def rows_of_a_receipt(counts: list[int], batches: int) -> list[tuple[str, ...]]:
    """The full check of receipts with so many rows, each of a family of its own: a row of the table for each."""
    validator = schemas.validator(RECEIPT.version)
    first: list[float] = []
    table = []
    for count in counts:
        data, inputs = wide_set(count)
        checker = Checker(inputs, limits=_NO_LIMITS)
        assert checker.check({"receipt": data}).outcome == "consistent"
        calls: dict[str, Callable[[], object]] = {
            "floor": lambda data=data: validator.is_valid(jiter.from_json(data, catch_duplicate_keys=True)),
            "check": lambda data=data, checker=checker: checker.check({"receipt": data}),
        }
        floor, check = taking_turns(calls, max(3, batches * 20 // count), max(1, 1000 // count)).values()
        first.append(check / count)
        table.append(
            (
                f"{count:,}",
                f"{check * 1e3:.2f} ms",
                f"{check / count * 1e6:.2f} µs",
                f"{check / floor:.2f}",
                f"{check / count / first[min(1, len(first) - 1)]:.2f}",
            )
        )
    return table


def wrong_rows(data: bytes) -> tuple[int, dict[str, float], float]:
    """A receipt with 900,000 wrong rows, in a process of its own: size in bytes, seconds, peak memory in MiB."""
    rows = b"[" + b",".join([b"0"] * 900_000) + b"]"
    wrong = (
        json.dumps({**json.loads(data), "source_family_reports": "ROWS"}).encode().replace(b'"ROWS"', rows)
    )
    return len(wrong), *_apart(_explained_and_checked, wrong)


def _apart(measure: Callable[..., Any], *arguments: object) -> Any:
    """What is measured in a process of its own: the memory of this one counts as that of the processes it starts."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(measure, *arguments).result()


def _explained_and_checked(data: bytes) -> tuple[dict[str, float], float]:
    value, most = jiter.from_json(data), 10_000
    start = time.perf_counter()
    from psion_contract.documents.explanation import violations

    assert len(violations(RECEIPT.version, value, most)) == most + 1
    explained = time.perf_counter()
    del value
    assert len(Checker().check({"receipt": data}).findings) == most + 1
    seconds = {"explained, up to the limit": explained - start, "full check": time.perf_counter() - explained}
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def whole_process(rounds: int) -> dict[str, float]:
    """Whole processes of the command, of what it is made from, and of other validators, as far as they are installed."""
    programs = Path(sys.executable).parent
    schema = ROOT / "schemas" / f"{RECEIPT.version}.schema.json"
    receipt = CANONICAL / archive.RECEIPT
    node = NODE_TOOLS / "node_modules" / ".bin"
    commands: dict[str, list[object]] = {
        "`python -c pass`": [sys.executable, "-c", "pass"],
        '`python -c "import click"`': [sys.executable, "-c", "import click"],
        "**`psion-contract check RECEIPT --inputs CANONICAL`**": [
            programs / "psion-contract",
            "check",
            receipt,
            "--inputs",
            CANONICAL,
        ],
        "`check-jsonschema`, schema only": [programs / "check-jsonschema", "--schemafile", schema, receipt],
        "`ajv validate`, schema only": [
            node / "ajv",
            "validate",
            "--spec=draft2020",
            "--strict=false",
            "-s",
            schema,
            "-d",
            receipt,
        ],
        "sourcemeta's `jsonschema validate`, schema only": [node / "jsonschema", "validate", schema, receipt],
    }
    for name, (program, *_) in list(commands.items()):
        if not os.path.exists(str(program)):
            print(f"not installed, and left out: {name}", file=sys.stderr)
            del commands[name]

    with TemporaryDirectory() as folder:  # has no configuration, which only one of them would read

        def run(words: list[object]) -> Callable[[], object]:
            return lambda: subprocess.run(list(map(str, words)), check=True, capture_output=True, cwd=folder)

        return taking_turns({name: run(words) for name, words in commands.items()}, rounds, 1)


def archives(sizes: list[int]) -> list[tuple[str, ...]]:
    """A row for each archive and number of jobs."""
    with TemporaryDirectory() as folder:
        endings = [".jsonl", ".jsonl.gz", ".jsonl.zst"]
        return list(archive.table(Path(folder), sizes, [1, 2], 10, endings))


def documents(folder: Path) -> tuple[bytes, dict[str, bytes]]:
    """The receipt in a folder, and the documents in it that are not receipts."""
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.json"))}
    receipt = next(path for path in paths.values() if path.name == "psion_pretrain_stage_receipt_v1.json")
    return receipt.read_bytes(), {
        name: path.read_bytes() for name, path in paths.items() if "receipt" not in path.name
    }


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rounds: shows that it runs, not how fast")
    parser.add_argument(
        "--documents",
        metavar="FOLDER",
        type=Path,
        default=CANONICAL,
        help="take the receipt and its inputs from there instead of fixtures/psion",
    )
    parser.add_argument(
        "--archives",
        metavar="COUNT",
        type=int,
        nargs="*",
        default=[1000, 100_000],
        help="sizes of archives; 1000000 takes some minutes and 6 GB of disk",
    )
    options = parser.parse_args()
    batches = 20 if options.quick else 400
    data, inputs = documents(options.documents)
    # With a copy of the receipt, which takes time to compare.
    programs = {name: each for name, each in inputs.items() if "program" in name}
    others = {name: each for name, each in inputs.items() if name not in programs}
    print_table(
        f"One receipt of {len(data)} bytes, its inputs known",
        document_check(RECEIPT, data, others, batches),
        1e-6,
        "µs",
    )
    config = next(each for name, each in inputs.items() if name.endswith("pretrain_stage_config_v1.json"))
    print_table(
        f"One config of {len(config)} bytes",
        document_check(kinds.CONFIG, config, inputs, batches),
        1e-6,
        "µs",
    )
    program = next(iter(programs.values()))
    print_table(
        f"One stage program of {len(program)} bytes, with the receipt in it",
        document_check(kinds.PROGRAM, program, inputs, batches // 4),
        1e-6,
        "µs",
    )
    counts = [10, 1000] if options.quick else [10, 1000, 100_000]
    print_rows(
        ("Rows", "Time", "A row", "Ratio to the floor", "A row, to 1,000 rows"),
        _apart(rows_of_a_receipt, counts, batches),
        "One receipt of many rows, each of another family",
    )
    size, seconds, peak = wrong_rows(data)
    title = f"900,000 wrong rows, {size} bytes: {peak:.0f} MiB of memory at most"
    print_table(title, seconds, 1e-3, "ms")
    print_table("Whole process", whole_process(2 if options.quick else 20), 1e-3, "ms")
    if options.quick:
        return
    if options.archives:
        rows = _apart(archives, options.archives)
        print_rows(archive.HEAD, rows, "Archives of distinct receipts, 10 of them with a defect")
    if engines.installed():
        title = (
            f"An archive of {_FOR_ENGINES:,} receipts, each engine on a cluster of one core on this machine"
        )
        print_rows(engines.HEAD, engines.table(_FOR_ENGINES, cores=1, rounds=1), title)


if __name__ == "__main__":
    main()
