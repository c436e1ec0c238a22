"""What a cluster costs: the time of each engine as a ratio to one process here: `python benchmarks/engines.py`.

The archive, the findings and the machine are the same. Every engine runs on a cluster on this machine, with one core by
default, so the ratio is the overhead of the engine: reading rows through it, moving results, and merging them. The start
of the cluster is shown by itself. Needs `pip install -e '.[ray,dask,spark]'`; an engine that is not installed is left out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from archive import write
from tables import print_rows

_MODULES = {"Arrow": "pyarrow", "Ray": "ray", "Dask": "dask", "Spark": "pyspark"}

HEAD = ("", "Start of the cluster", "Check", "Ratio", "Findings")

_LOCAL = """
import sys, time
from psion_contract import Report
from psion_contract.streaming import check_files
list(check_files([sys.argv[1]], jobs=1))  # what only the first check has to load
start = time.perf_counter()
found = [str(each) for each in check_files([sys.argv[1]], jobs=1) if not isinstance(each, Report)]
print("seconds", 0.0, time.perf_counter() - start, len(found), hash_of(sorted(found)))
"""

_ARROW = """
import sys, time
from psion_contract import Limits
from psion_contract.streaming.arrow import check_archive
from psion_contract.streaming.engines.pieces import pieces, reading, rows_of
rows = rows_of(pieces([sys.argv[1]], Limits())).to_batches()
apply = reading(lambda step: map(step, rows), Limits())
list(check_archive(apply))
start = time.perf_counter()
*found, _ = map(str, check_archive(apply))
print("seconds", 0.0, time.perf_counter() - start, len(found), hash_of(sorted(found)))
"""

_CLUSTER = """
import sys, time
from psion_contract import Checker, Limits
from psion_contract.streaming import StreamCheck
from psion_contract.streaming.engines import archive_on
def main():
    start = time.perf_counter()
    with archive_on(sys.argv[2], None, int(sys.argv[3]), Limits(), [sys.argv[1]]) as archive:
        ready = time.perf_counter()
        list(StreamCheck(Checker(), archive))
        warm = time.perf_counter()
        *found, _ = map(str, StreamCheck(Checker(), archive))
        print("seconds", ready - start, time.perf_counter() - warm, len(found), hash_of(sorted(found)))
if __name__ == "__main__":
    main()
"""

_HASH = """
import hashlib
def hash_of(texts):
    return hashlib.sha256("\\n".join(texts).encode()).hexdigest()
"""


def _measured(name: str, code: str, arguments: list[str]) -> tuple[float, float, int, str]:
    """Seconds of the start and of a check, the number of findings and their digest."""
    done = subprocess.run(
        [sys.executable, "-c", _HASH + code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,
    )
    for line in done.stdout.splitlines():
        if line.startswith("seconds "):
            start, seconds, findings, digest = line.split()[1:]
            return float(start), float(seconds), int(findings), digest
    sys.exit(f"{name}: {(done.stderr.strip().splitlines() or ['no output'])[-1]}")


def installed() -> list[str]:
    """The names of the engines that are installed."""
    return [name for name, module in _MODULES.items() if find_spec(module)]


def table(receipts: int, cores: int, rounds: int) -> Iterator[tuple[str, ...]]:
    """A row for one process here and for each installed engine, with the members of `HEAD`.

    Exits where an engine fails, or finds something else than the process here.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "archive.jsonl"
        write(path, receipts, receipts // 100)
        base: tuple[float, str] | None = None
        for name in ("one process", *installed()):
            code = {"one process": _LOCAL, "Arrow": _ARROW}.get(name, _CLUSTER)
            results = [_measured(name, code, [str(path), name.lower(), str(cores)]) for _ in range(rounds)]
            start, seconds = median(each[0] for each in results), median(each[1] for each in results)
            base = base or (seconds, results[0][3])
            if any(each[3] != base[1] for each in results):
                sys.exit(f"{name} found something else than one process")
            shown = f"{start:.1f} s" if start else ""
            yield name, shown, f"{seconds:.1f} s", f"{seconds / base[0]:.2f}", f"{results[0][2]:,}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, default=20_000)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if missing := [name for name in _MODULES if name not in installed()]:
        print(f"not installed, and left out: {', '.join(missing)}", file=sys.stderr)
    print_rows(HEAD, table(options.receipts, options.cores, options.rounds))


if __name__ == "__main__":
    main()
