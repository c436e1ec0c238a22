"""Milliseconds a receipt of `psion-contract conformance --serve`, its inputs sent again or kept.

``python benchmarks/sidecar.py`` starts the service once and sends the same receipt with each request, in turns with
and without its inputs. The time is from before a request is written to after its answer is read, as a client sees it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from base64 import b64encode
from typing import Any

from bench import CANONICAL, documents

Json = dict[str, Any]


class Sidecar:
    """The service as a process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "psion_contract", "conformance", "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._asked = 0

    def ask(self, request: Json) -> Json:
        """The answer to a request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked += 1
        self._process.stdin.write(json.dumps({"id": self._asked, **request}).encode() + b"\n")
        self._process.stdin.flush()
        answer: Json = json.loads(self._process.stdout.readline())
        assert answer.pop("id") == self._asked
        return answer

    def end(self) -> None:
        """Let the process end."""
        self._process.communicate()


def text(name: str, data: bytes) -> Json:
    """A text as requests have it."""
    return {"name": name, "base64": b64encode(data).decode()}


def main() -> None:
    """Print one line for each way to give inputs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--receipts", type=int, default=500, help="how many are sent each way")
    options = parser.parse_args()
    receipt, files = documents(CANONICAL)
    inputs = [text(name, data) for name, data in files.items()]
    check: Json = {"op": "check", "documents": [text("receipt.json", receipt)], "strict": False}
    ways: dict[str, Any] = {"sent again with each receipt": inputs, "kept": "inputs"}
    sidecar = Sidecar()
    sidecar.ask({"op": "keep", "as": "inputs", "inputs": inputs})
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(options.receipts):
        for way, given in ways.items():
            start = time.perf_counter()
            answer = sidecar.ask({**check, "inputs": given})
            seconds[way].append(time.perf_counter() - start)
            assert answer == {"verdict": "consistent", "findings": []}, answer
    sidecar.end()
    size = sum(map(len, files.values()))
    print(f"One receipt of {len(receipt)} bytes, {len(files)} inputs of {size} bytes together")
    for way, each in seconds.items():
        print(f"  inputs {way:<32}{statistics.median(each) * 1000:>8.2f} ms")


if __name__ == "__main__":
    main()
