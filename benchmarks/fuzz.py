"""Fuzz the checker: `python benchmarks/fuzz.py --executions 100000 --seed 1`.

Mutates the canonical documents and the texts of the conformance pack, as bytes and as JSON values, and gives them to the
reader, the checker and the command line. Nothing may raise an exception or take more than a second, each report must match
its schema, and a report is ok only if something was judged and no finding is an error. Exits with 1 at the first failure,
whose text it writes to ``fuzz-failure.json``.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from hard_inputs import CANONICAL
from jsonschema_rs import validator_for

from psion_contract import Checker
from psion_contract.cli import application
from psion_contract.findings import Report
from psion_contract.output import json_report, text
from psion_contract.reading.json_reader import DEFAULT_LIMITS, read

ROOT = CANONICAL.parents[1]
MAX_SECONDS = 1.0
TOKENS = (
    *(b'{ } [ ] , : " \\ null true false NaN -0 1.5 1e3 -1 0 {} [] "" \\u0000 \\ud83d // #'.split(b" ")),
    *(b"\xef\xbb\xbf \xff \xe2\x80\xae 18446744073709551616 9007199254740993".split(b" ")),
    b" ",
    b"\n",
    b'"schema_version":"psion.sampling_policy.v1"',
    b'"schema_version"',
)
SCALARS = (None, True, 0, -1, 2**53, 2**64, "", " ", "x", "0" * 64, "é\u202e", [], {}, [[]], {"a": 1})


def pool() -> list[bytes]:
    """The texts to mutate."""
    files = [*CANONICAL.rglob("*.json"), *(ROOT / "fixtures" / "conformance" / "documents").rglob("*")]
    return [data for path in sorted(files) if path.is_file() and len(data := path.read_bytes()) < 100_000]


def mutated_bytes(data: bytes, texts: list[bytes], rng: random.Random) -> bytes:
    """A text with a few bytes changed, inserted, removed, repeated or taken from another text."""
    for _ in range(rng.choice((1, 1, 2, 5))):
        start = rng.randrange(len(data) + 1)
        end = min(len(data), start + rng.choice((0, 1, 2, 8, 200)))
        match rng.randrange(5):
            case 0:
                piece = rng.choice(TOKENS)
            case 1:
                piece = b""
            case 2:
                piece = data[start:end] * 2
            case 3:
                other = rng.choice(texts)
                at = rng.randrange(len(other) + 1)
                piece = other[at : at + rng.choice((1, 20, 500))]
            case _:
                piece = bytes([rng.randrange(256)])
        data = data[:start] + piece + data[end:]
    return data


def mutated_value(data: bytes, texts: list[bytes], rng: random.Random) -> bytes:
    """A text whose JSON value has a few members and items changed, removed, renamed, repeated or grafted."""
    try:
        value = {"": json.loads(data)}
        other = json.loads(rng.choice(texts))
    except (ValueError, RecursionError):
        return mutated_bytes(data, texts, rng)
    for _ in range(rng.choice((1, 1, 2, 4))):
        holder, key = _place(value, rng)
        match rng.randrange(5):
            case 0:
                holder[key] = copy.deepcopy(rng.choice(SCALARS))
            case 1 if key != "":
                del holder[key]
            case 2 if isinstance(holder, dict) and key != "":
                holder[rng.choice((key + "s", key.upper(), "x", "schema_version"))] = holder.pop(key)
            case 3 if isinstance(holder[key], list):
                holder[key] = holder[key] * rng.choice((2, 3))
            case _:
                grafted, from_key = _place({"": other}, rng)
                holder[key] = copy.deepcopy(grafted[from_key])
    return json.dumps(value[""]).encode()


def _place(value: Any, rng: random.Random) -> tuple[Any, Any]:
    """A random member or item: its holder and its key."""
    key: Any = ""
    holder = value
    while rng.random() < 0.8 and isinstance(holder[key], (dict, list)) and holder[key]:
        holder = holder[key]
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    return holder, key


class Target:
    """What gets the texts, and what must hold."""

    def __init__(self, folder: Path) -> None:
        self._checker = Checker({path.name: path.read_bytes() for path in CANONICAL.rglob("*.json")})
        schema = json.loads((ROOT / "schemas" / "psion.check_report.v1.schema.json").read_bytes())
        self._validator = validator_for(schema)
        self._path = folder / "x.json"

    def read(self, data: bytes) -> None:
        """Read a text."""
        read(data, DEFAULT_LIMITS, 1, None)

    def check(self, data: bytes) -> None:
        """Check a text and render the report."""
        report = self._checker.check({"x": data})
        self._judge_report(report)
        text.render(report)

    def run(self, data: bytes) -> None:
        """Check a file with the command line."""
        self._path.write_bytes(data)
        arguments = ["check", str(self._path), "--format", "json"]
        found = CliRunner().invoke(application, arguments, catch_exceptions=False, standalone_mode=False)
        report = json.loads(found.stdout)
        assert found.return_value == (0 if report["ok"] else 1)
        self._validator.validate(report)

    def _judge_report(self, report: Report) -> None:
        value = json.loads(json_report.render(report))
        self._validator.validate(value)
        has_error = any(each.severity == "error" for each in report.findings)
        judged = any(each.judged for each in report.documents)
        assert report.ok == (judged and not has_error), report


def main() -> int:
    """Run, print the counts, and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--executions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3600, help="CPU time after which to end")
    options = parser.parse_args()
    rng, texts = random.Random(options.seed), pool()
    began = time.process_time()
    slowest, counts = 0.0, {"read": 0, "check": 0, "run": 0}
    with tempfile.TemporaryDirectory() as folder:
        target = Target(Path(folder))
        calls: dict[str, Callable[[bytes], None]] = {name: getattr(target, name) for name in counts}
        while sum(counts.values()) < options.executions and time.process_time() - began < options.seconds:
            mutate = rng.choice((mutated_bytes, mutated_value))
            data = mutate(rng.choice(texts), texts, rng)
            # Each mutated text is read, some are also checked, and a few also given to the command line.
            names = ["read"] + ["check"] * (rng.random() < 0.2) + ["run"] * (rng.random() < 0.005)
            for name in names:
                start = time.process_time()
                try:
                    calls[name](data)
                    seconds = time.process_time() - start
                    assert seconds <= MAX_SECONDS, f"{seconds:.2f} s"
                except Exception:
                    Path("fuzz-failure.json").write_bytes(data)
                    print(f"{name} failed after {sum(counts.values())} executions", file=sys.stderr)
                    raise
                counts[name] += 1
                slowest = max(slowest, seconds)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{sum(counts.values())} executions {counts} of {len(texts)} texts, seed {options.seed}, in "
        f"{time.process_time() - began:.0f} s of CPU time; the slowest took {slowest:.3f} s; {memory:.0f} MB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
