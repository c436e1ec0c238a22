"""Speed, as ratios within one run: `python benchmarks/bench.py`.

The calls that are compared take turns in small batches, so that a change of the machine's speed affects all of them;
each figure is the median of the batches. No test depends on a figure. benchmarks/README.md has a table and explains it.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import jiter
import jsonschema

import psion_contract
from psion_contract import Checker
from psion_contract.documents import schemas
from psion_contract.documents.kinds import RECEIPT

CANONICAL = Path(__file__).parents[1] / "fixtures" / "psion"


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
    print(f"\n{title}")
    base = next(iter(seconds.values()))
    for name, value in seconds.items():
        print(f"  {name:<58}{value / unit:>10.1f} {suffix}{value / base:>8.2f}x")


def receipt_check(data: bytes, inputs: dict[str, bytes], batches: int) -> dict[str, float]:
    """The full check of a receipt with known inputs, compared with reading and schema alone."""
    validator = schemas.validator(RECEIPT.version)
    checker = Checker(inputs)
    report = checker.check({"receipt": data})
    assert report.ok, [finding.message for finding in report.findings]

    def floor() -> bool:
        value = jiter.from_json(data, catch_duplicate_keys=True, allow_inf_nan=False)
        return bool(validator.is_valid(value))

    reference = jsonschema.Draft202012Validator(
        psion_contract.schema("receipt"), registry=psion_contract.registry()
    )
    broken = json.dumps({**json.loads(data), "run_id": 1}).encode()
    assert [finding.pointer for finding in checker.check({"receipt": broken}).findings] == ["/run_id"]
    return taking_turns(
        {
            "jiter + jsonschema-rs (the floor)": floor,
            "full check: all rules, all digests": lambda: checker.check({"receipt": data}),
            "the same with one wrong property, explained": lambda: checker.check({"receipt": broken}),
            "json + jsonschema (schema only)": lambda: reference.is_valid(json.loads(data)),
        },
        batches,
        10,
    )


def wrong_rows(data: bytes) -> tuple[int, dict[str, float], float]:
    """A receipt with 900,000 wrong rows, in a process of its own: size in bytes, seconds, peak memory in MiB."""
    rows = b"[" + b",".join([b"0"] * 900_000) + b"]"
    wrong = (
        json.dumps({**json.loads(data), "source_family_reports": "ROWS"}).encode().replace(b'"ROWS"', rows)
    )
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return len(wrong), *process.submit(_explained_and_checked, wrong).result()


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
    """The whole process of the command, compared with the start of its command-line library."""
    command = Path(sys.executable).parent / "psion-contract"

    def run(*words: object) -> Callable[[], object]:
        return lambda: subprocess.run(list(map(str, words)), check=True, capture_output=True)

    return taking_turns(
        {
            'python -c "import click"': run(sys.executable, "-c", "import click"),
            "psion-contract check --canonical": run(command, "check", "--canonical"),
            'python -c "import jsonschema"': run(sys.executable, "-c", "import jsonschema"),
        },
        rounds,
        1,
    )


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
    options = parser.parse_args()
    data, inputs = documents(options.documents)
    title = f"One receipt of {len(data)} bytes"
    print_table(title, receipt_check(data, inputs, 20 if options.quick else 400), 1e-6, "µs")
    size, seconds, peak = wrong_rows(data)
    title = f"900,000 wrong rows, {size} bytes: {peak:.0f} MiB of memory at most"
    print_table(title, seconds, 1e-3, "ms")
    print_table("Whole process", whole_process(2 if options.quick else 20), 1e-3, "ms")


if __name__ == "__main__":
    main()
