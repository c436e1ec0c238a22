"""Speed, as ratios within one run: `python benchmarks/bench.py`.

In-process figures: what is compared takes turns, call by call in small batches, so that a machine whose
speed drifts slows both alike; the median over the batches counts. Whole-process figures: wall time, in
turns too. No figure is a limit that a test holds; benchmarks/README.md keeps a table and says how to read it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jiter
import jsonschema

from psion_contract import Checker
from psion_contract.documents import schemas
from psion_contract.documents.kinds import RECEIPT
from psion_contract.documents.serialising import document_text
from tools import canonical

PRETRAIN = "psion/pretrain/psion_pretrain_stage"


def taking_turns(calls: dict[str, Callable[[], object]], batches: int, size: int) -> dict[str, float]:
    """Median seconds a call, by name; the calls take turns batch by batch."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(batches):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(size):
                call()
            seconds[name].append((time.perf_counter() - start) / size)
    return {name: statistics.median(each) for name, each in seconds.items()}


def print_table(title: str, seconds: dict[str, float], unit: float, suffix: str) -> None:
    """One row each: the time, and the ratio to the first."""
    print(f"\n{title}")
    base = next(iter(seconds.values()))
    for name, value in seconds.items():
        print(f"  {name:<58}{value / unit:>10.1f} {suffix}{value / base:>8.2f}x")


def receipt_check(data: bytes, inputs: dict[str, bytes], batches: int) -> dict[str, float]:
    """A receipt by the full check, its inputs known, beside reading and schema alone."""
    validator = schemas.validator(RECEIPT.version)
    checker = Checker(inputs)
    report = checker.check({"receipt": data})
    assert report.ok, [finding.message for finding in report.findings]

    def floor() -> bool:
        value = jiter.from_json(data, catch_duplicate_keys=True, allow_inf_nan=False)
        return bool(validator.is_valid(value))

    reference = jsonschema.Draft202012Validator(
        json.loads(json.dumps(schemas.schema(RECEIPT.version))), registry=_registry()
    )
    return taking_turns(
        {
            "jiter + jsonschema-rs (the floor)": floor,
            "full check: all rules, all digests": lambda: checker.check({"receipt": data}),
            "json + jsonschema (schema only)": lambda: reference.is_valid(json.loads(data)),
        },
        batches,
        10,
    )


def _registry() -> object:
    from referencing import Registry, Resource

    resources = [
        (schemas.BASE + schemas.file_name(name), Resource.from_contents(schemas.schema(name)))
        for name in schemas.REFERRED_TO
    ]
    return Registry().with_resources(resources)


def whole_process(rounds: int) -> dict[str, float]:
    """The command from its start to its end, beside the start of its command-line library."""
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


def documents(argument: str | None) -> tuple[bytes, dict[str, bytes]]:
    """The receipt and its inputs: the canonical ones, or those of a folder."""
    if argument is None:
        texts = {path: document_text(value).encode() for path, value in canonical.documents().items()}
        receipt = texts.pop(f"{PRETRAIN}_receipt_v1.json")
        return receipt, {path: data for path, data in texts.items() if "receipt" not in path}
    folder = Path(argument)
    receipt = folder / "psion_pretrain_stage_receipt_v1.json"
    others = [path for path in sorted(folder.glob("*.json")) if path != receipt]
    return receipt.read_bytes(), {path.name: path.read_bytes() for path in others}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rounds: shows that it runs, not how fast")
    parser.add_argument("--documents", metavar="FOLDER", help="take the receipt and its inputs from there")
    options = parser.parse_args()
    data, inputs = documents(options.documents)
    title = f"One receipt of {len(data)} bytes"
    print_table(title, receipt_check(data, inputs, 20 if options.quick else 400), 1e-6, "µs")
    print_table("Whole process", whole_process(2 if options.quick else 20), 1e-3, "ms")


if __name__ == "__main__":
    main()
