"""Search for inputs that take long or much memory: `python benchmarks/worst_cases.py`.

Each input is given to psion-contract in a process of its own, whose CPU time (user and system) and peak memory count.
The worst inputs are printed. Exits with 1 if one is above a limit.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from hard_inputs import STYLES, Case, LongList, canonical, list_case, lists_of, text_cases

MAX_SECONDS = 2.0
MAX_MEGABYTES = 300
MEASURED_BYTES = 2_000_000


class Measured(NamedTuple):
    """What one input took."""

    seconds: float
    megabytes: float
    status: int
    input_bytes: int
    output_bytes: int
    name: str

    @property
    def passes(self) -> bool:
        """Whether it is within the limits, and ended by itself: with a verdict, or because there is nothing to judge."""
        scale = max(1.0, self.input_bytes / MEASURED_BYTES)
        return (
            self.seconds <= MAX_SECONDS * scale
            and self.megabytes <= MAX_MEGABYTES
            and self.status in (0, 1, 2)
        )


def measure(case: Case, size: int) -> Measured:
    """Run one case in a process of its own; it is ended after ten times the limit."""
    with tempfile.TemporaryDirectory() as folder:
        files = case.make(size)
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        total = sum(map(len, files.values()))
        del files
        arguments = [each.replace("FILES", folder) for each in case.command]
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "psion_contract", *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_limit,  # noqa: PLW1509 (there are no threads)
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            written = output.seek(0, os.SEEK_END)
    return Measured(
        usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode, total, written, case.name
    )


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (int(10 * MAX_SECONDS),) * 2)
    resource.setrlimit(resource.RLIMIT_AS, (10 * MAX_MEGABYTES << 20,) * 2)


def single_cases() -> list[Case]:
    """Every list of every canonical document with rows of every style, and all texts."""
    lists = list(lists_of(canonical()))
    singles = [list_case(LongList(*each, style)) for each in lists for style in STYLES]
    return [*singles, *text_cases()]


def pair_cases(generator: random.Random) -> list[Case]:
    """Pairs of lists with rows of every style, shuffled."""
    longs = [LongList(*each, style) for each in lists_of(canonical()) for style in STYLES]
    pairs = [
        pair
        for pair in itertools.combinations(longs, 2)
        if (pair[0].document, pair[0].path) != (pair[1].document, pair[1].path)
    ]
    generator.shuffle(pairs)
    return [list_case(*pair) for pair in pairs]


def search(cases: Iterable[Case], size: int, seconds: float) -> list[Measured]:
    """Measure cases, as many as fit in so many seconds."""
    until = time.monotonic() + seconds
    found = []
    for case in cases:
        if time.monotonic() > until:
            break
        found.append(measure(case, size))
        if not found[-1].passes:
            print(f"above a limit: {found[-1]}", file=sys.stderr, flush=True)
    return found


def print_table(found: list[Measured], rows: int) -> None:
    """Print the worst in time and the worst in memory."""
    by_time = sorted(found, key=lambda each: -each.seconds)[:rows]
    by_memory = sorted(found, key=lambda each: -each.megabytes)[: rows // 2]
    print("| Input | MB | CPU time | Peak memory | Output |\n| --- | --- | --- | --- | --- |")
    for each in dict.fromkeys(by_time + by_memory):
        print(
            f"| {each.name} | {each.input_bytes / 1e6:.1f} | {each.seconds:.2f} s | {each.megabytes:.0f} MB "
            f"| {each.output_bytes / 1e6:.1f} MB |"
        )


def main() -> int:
    """Search, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="a few small cases, to show that the search runs"
    )
    parser.add_argument("--seconds", type=float, default=3600, help="how long to search at most")
    parser.add_argument("--pairs", type=int, default=1000, help="how many pairs of lists to try")
    parser.add_argument("--size", type=int, default=MEASURED_BYTES, help="bytes of an input")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    parser.add_argument("--rows", type=int, default=20)
    options = parser.parse_args()
    generator = random.Random(options.seed)
    singles, pairs = single_cases(), pair_cases(generator)[: options.pairs]
    generator.shuffle(singles)
    cases = [each for each in (*singles, *pairs) if options.only in each.name]
    if options.quick:
        cases, options.size = cases[:20], 200_000
    found = search(cases, options.size, options.seconds)
    print_table(found, options.rows)
    above = [each for each in found if not each.passes]
    print(f"\n{len(found)} of {len(cases)} inputs tried, seed {options.seed}; {len(above)} above a limit")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
