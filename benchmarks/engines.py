"""What a cluster costs: the time of each engine as a ratio to one process here: `python benchmarks/engines.py`.

The archive, the findings and the machine are the same. Every engine runs on a cluster on this machine, with one core by
default, so the ratio is the overhead of the engine: reading rows through it, moving results, and merging them. The start
of the cluster is shown by itself. Needs `pip install -e '.[ray,dask,spark]'`; an engine that is not installed is named.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.archive import write

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


def measured(code: str, *arguments: str) -> tuple[float, float, int, str] | str:
    """Seconds of the start and of a check, the number of findings and their digest; or why there are none."""
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
    return (done.stderr.strip().splitlines() or ["no output"])[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, default=20_000)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "archive.jsonl"
        write(path, options.receipts, options.receipts // 100)
        print(f"{options.receipts} receipts, {path.stat().st_size >> 20} MiB; --cores {options.cores}")
        print(f"{'':>8}  {'start s':>8}  {'check s':>8}  {'ratio':>6}  {'findings':>8}  same")
        runs = {
            "here": (_LOCAL,),
            "arrow": (_ARROW,),
            **{name: (_CLUSTER, name, str(options.cores)) for name in ("ray", "dask", "spark")},
        }
        base: tuple[float, str] | None = None
        for name, (code, *arguments) in runs.items():
            results = [measured(code, str(path), *arguments) for _ in range(options.rounds)]
            good = [each for each in results if not isinstance(each, str)]
            if not good:
                print(f"{name:>8}  {results[0]}")
                continue
            start, seconds = median(each[0] for each in good), median(each[1] for each in good)
            base = base or (seconds, good[0][3])
            same = all(each[3] == base[1] for each in good)
            ratio = seconds / base[0]
            said = "yes" if same else "NO"
            print(
                f"{name:>8}  {start:>8.1f}  {seconds:>8.2f}  {ratio:>6.2f}  {good[0][2]:>8}  {said}",
                flush=True,
            )
            if not same:
                sys.exit(f"{name} found something else")


if __name__ == "__main__":
    main()
