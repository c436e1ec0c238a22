"""Archives of distinct receipts, and how fast they are checked: `python benchmarks/archive.py`.

An archive is JSON Lines: receipts of one run that differ in their checkpoint, in their counts and in their digests, some with
a defect, and at the end the documents that they refer to. The same arguments make the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from psion_contract.build.sealing import put_digests

CANONICAL = Path(__file__).parents[1] / "fixtures" / "psion"
PLAN = (
    "models/psion_compact_decoder_descriptor_v1.json",
    "tokenized/psion_tokenized_corpus_manifest_v1.json",
    "sampling/psion_sampling_policy_v1.json",
    "pretrain/psion_pretrain_stage_config_v1.json",
)
RECEIPT = "pretrain/psion_pretrain_stage_receipt_v1.json"

DEFECTS = ("objective-config-mismatch", "receipt-digest-mismatch", "share-total-mismatch", "invalid-json")
"""The rules that the receipts with a defect break, in turn; some break others too."""


def line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def canonical(path: str) -> Any:
    return json.loads((CANONICAL / path).read_bytes())


def lines(count: int, defects: int = 0) -> Iterator[bytes]:
    """The lines of an archive.

    Args:
        count: how many receipts.
        defects: how many of them have a defect, evenly spread.
    """
    receipt = canonical(RECEIPT)
    checkpoint = receipt["checkpoint_lineage"]["promoted_checkpoint"]
    ref, started = checkpoint["checkpoint_ref"], checkpoint["started_at_ms"]
    for number in range(count):
        checkpoint["checkpoint_ref"] = f"{ref}/{number}"
        checkpoint["started_at_ms"] = started + number % 4000
        receipt["summary"] = f"Receipt {number} of an archive for measurements."
        put_digests(receipt)
        nth = number * defects // count
        if (number + 1) * defects // count == nth:
            yield line(receipt)
        else:
            yield _broken(receipt, DEFECTS[nth % len(DEFECTS)])
    for path in PLAN:
        yield line(canonical(path))


def _broken(receipt: Any, rule: str) -> bytes:
    copy = json.loads(json.dumps(receipt))
    if rule == "objective-config-mismatch":
        copy["objective_config"]["label_smoothing_bps"] += 1
    elif rule == "receipt-digest-mismatch":
        copy["receipt_digest"] = copy["receipt_digest"][::-1]
    elif rule == "share-total-mismatch":
        copy["source_family_reports"][0]["token_share_bps_within_split"] += 1
        put_digests(copy)
    else:
        return line(copy).rstrip()[:-1] + b"\n"
    return line(copy)


def write(path: Path, count: int, defects: int = 0) -> None:
    """Write an archive, compressed if the name ends with ``.gz`` or ``.zst``."""
    with _opened(path) as file:
        file.writelines(lines(count, defects))


def _opened(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "wb", 1)
    if path.suffix == ".zst":
        from backports import zstd

        return zstd.open(path, "wb", level=1)
    return path.open("wb")


_MEASURED = """
import resource, sys, time
from collections import Counter
from psion_contract import Report
from psion_contract.streaming import check_files
start = time.perf_counter()
rules = Counter()
documents = 0
for found in check_files([sys.argv[1]], jobs=int(sys.argv[2])):
    if isinstance(found, Report):
        report = found
    else:
        rules[found.rule] += 1
seconds = time.perf_counter() - start
main, workers = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(seconds, main, workers, sum(dict(report.unlisted.documents).values()) + len(report.documents), sum(rules.values()))
"""


def measured(path: Path, jobs: int) -> tuple[float, int, int, int, int]:
    """Seconds, peak memory of the main process and of the largest worker in KiB, documents and findings of one check."""
    out = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(path), str(jobs)], check=True, capture_output=True, text=True
    ).stdout.split()
    return float(out[0]), *map(int, out[1:])  # type: ignore[return-value]


HEAD = (
    "Receipts",
    "Ending",
    "Jobs",
    "Time",
    "A second",
    "Main process",
    "Worker",
    "Findings",
    "A receipt, to the first size",
)


def table(
    folder: Path, sizes: Sequence[int], jobs: Sequence[int], defects: int, endings: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    """A row for each size, ending and number of jobs, with the members of `HEAD`.

    Args:
        folder: where the archives are made and kept.
        sizes: how many receipts.
        jobs: how many processes.
        defects: how many of the receipts have a defect.
        endings: of the names of the archives.
    """
    first: dict[tuple[str, int], float] = {}
    for size in sizes:
        for ending in endings:
            path = folder / f"{size}-{defects}{ending}"
            if not path.exists():
                write(path, size, defects)
            for processes in jobs:
                seconds, own, workers, _, findings = measured(path, processes)
                each = seconds / size
                yield (
                    f"{size:,}",
                    ending,
                    str(processes),
                    f"{seconds:.2f} s",
                    f"{size / seconds:,.0f}",
                    f"{own // 1024} MiB",
                    f"{workers // 1024} MiB" if processes > 1 else "",
                    str(findings),
                    f"{each / first.setdefault((ending, processes), each):.2f}",
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--defects", type=int, default=1000)
    endings = [".jsonl", ".jsonl.gz", ".jsonl.zst"]
    parser.add_argument("--endings", nargs="+", default=endings[:1], choices=endings)
    parser.add_argument("--folder", type=Path, help="where archives are made and kept; by default nowhere")
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        rows = table(folder, options.sizes, options.jobs, options.defects, options.endings)
        for row in (HEAD, ("---",) * len(HEAD)):
            print(f"| {' | '.join(row)} |")
        for row in rows:
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
