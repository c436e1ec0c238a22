"""Does another implementation of the contract agree with ours on random documents?

    python interop/agreement.py --sets 20000 --seed 1 --command "node interop/typescript/dist/serve.js"

Sends random sets of documents to the command, over the line protocol of docs/reference/conformance.md, and checks them
with this package. The verdict must be equal, and of each finding everything but severity and message. For some sets,
the digests of all valid documents must be equal, too.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import threading
from argparse import ArgumentParser
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from json import dumps, loads
from pathlib import Path
from queue import Empty, Queue
from time import monotonic
from typing import Any, NamedTuple

from random_sets.document_sets import DocumentSet, document_set

from psion_contract.catalog import RULES
from psion_contract.checker import Checker
from psion_contract.documents.digests import digests_of
from psion_contract.documents.document import Document
from psion_contract.findings import Finding, Report
from psion_contract.reading.json_reader import MAX_SAFE_INTEGER, Limits
from psion_contract.reading.pointers import value_at
from psion_contract.reading.source import Source

TIMEOUT = 60
"""Seconds for one answer."""

AHEAD = 8
"""How many sets are sent before the first answer is read."""

DIGESTS_EVERY = 8
"""Digests are compared for one in this many sets."""

NOT_COMPARED = {"severity", "message", "suppression"} | {"snippet"}.difference(Finding._fields)
"""Members of findings and of their related places that may differ."""

OF_A_PART = frozenset({"D3", "D4", "D7", "D8", "D9"})
"""Digests that are computed from the object that stores them, not from the whole document."""

Json = dict[str, Any]


class Command:
    """Another implementation, in its own process."""

    def __init__(self, command: str) -> None:
        self._process = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._answers: Queue[bytes] = Queue()
        self._sent = self._answered = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put(b"")

    def send(self, request: Json) -> None:
        """Send a request without waiting for its answer."""
        assert self._process.stdin
        self._sent += 1
        self._process.stdin.write(dumps({"id": self._sent, **request}).encode() + b"\n")
        self._process.stdin.flush()

    def answer(self) -> Json:
        """The answer to the oldest request without one; an ``error`` if it answers another request."""
        try:
            line = self._answers.get(timeout=TIMEOUT)
        except Empty:
            raise SystemExit(f"no answer within {TIMEOUT} seconds") from None
        if not line:
            raise SystemExit(f"the command ended with exit code {self._process.wait()}")
        answer: Json = loads(line)
        self._answered += 1
        return answer if answer.get("id") == self._answered else {"error": f"out of order: {line!r}"}

    def end(self) -> None:
        """Close standard input and wait for the process to end."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(TIMEOUT)
        self._process.stdout.close()


class DigestQuestion(NamedTuple):
    """A digest to compare.

    Attributes:
        id: ``D1`` to ``D9``, or ``content``.
        source: the object that it is computed from.
        preimage: our preimage.
        sha256: our digest.
    """

    id: str
    source: Any
    preimage: str
    sha256: str


class Comparison(NamedTuple):
    """The result for one set.

    Attributes:
        number: of the set.
        given: the set.
        report: our report.
        difference: between the answers of the command and ours, for people; empty where there is none.
    """

    number: int
    given: DocumentSet
    report: Report
    difference: str


def compare(command: Command, seed: int, numbers: range) -> Iterator[Comparison]:
    """Compare the command with our checker on random sets."""
    waiting: Queue[tuple[int, DocumentSet, Report, list[DigestQuestion]]] = Queue()

    def settle() -> Comparison:
        number, given, report, questions = waiting.get()
        differences = [_report_difference(report, command.answer())]
        differences += [_digest_difference(question, command.answer()) for question in questions]
        return Comparison(number, given, report, "\n".join(filter(None, differences)))

    for number in numbers:
        given = document_set(seed, number)
        checker = Checker(_sources(given.inputs), limits=Limits(**given.limits), strict=given.strict)
        report = checker.check(_sources(given.documents))
        documents = Checker().read(_sources(given.documents))[0] if number % DIGESTS_EVERY == 0 else []
        questions = list(_digest_questions(documents))
        command.send(_check_request(given))
        for question in questions:
            text = dumps(question.source).encode()
            command.send({"op": "digest", "digest": question.id, "base64": _base64(text)})
        waiting.put((number, given, report, questions))
        if waiting.qsize() > AHEAD:
            yield settle()
    while not waiting.empty():
        yield settle()


def _check_request(given: DocumentSet) -> Json:
    request: Json = {
        "op": "check",
        "documents": _entries(given.documents),
        "inputs": _entries(given.inputs),
        "strict": given.strict,
    }
    return request | {"limits": given.limits} if given.limits else request


def _digest_questions(documents: list[Document]) -> Iterator[DigestQuestion]:
    """Every digest of every valid document."""
    for document in documents:
        for digest in digests_of(document.kind, document.value) if not document.broken else ():
            source = document.value
            if digest.id in OF_A_PART and digest.pointer:
                source = value_at(source, digest.pointer.rpartition("/")[0])
            yield DigestQuestion(digest.id, source, digest.preimage, digest.computed)


def _report_difference(report: Report, answer: Json) -> str:
    if "error" in answer or "verdict" not in answer:
        return f"answered {dumps(answer)[:500]}"
    ours = Counter(_comparable(finding.to_dict(), ours=True) for finding in report.findings)
    theirs = Counter(_comparable(finding) for finding in answer["findings"])
    lines = [f"only ours: {finding}" for finding in sorted((ours - theirs).elements())]
    lines += [f"only theirs: {finding}" for finding in sorted((theirs - ours).elements())]
    if report.verdict != answer["verdict"]:
        lines.append(f"our verdict is {report.verdict}, theirs is {answer['verdict']}")
    return "\n".join(lines)


def _comparable(finding: Json, ours: bool = False) -> str:
    """What must be equal in two findings."""
    compared = {name: value for name, value in finding.items() if name not in NOT_COMPARED}
    compared["related"] = [
        {name: value for name, value in other.items() if name not in NOT_COMPARED}
        for other in finding["related"]
    ]
    return dumps(_plain(compared, ours), sort_keys=True)


def _plain(value: Any, ours: bool) -> Any:
    """A value with numbers as JavaScript has them: doubles, and integers beyond 2^53 - 1 as their digits."""
    if isinstance(value, (list, tuple)):
        return [_plain(item, ours) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item, ours) for name, item in value.items()}
    if ours and type(value) is int and abs(value) > MAX_SAFE_INTEGER:
        return str(value)
    return float(value) if type(value) is int else value


def _digest_difference(question: DigestQuestion, answer: Json) -> str:
    if answer.get("sha256") == question.sha256:
        return ""
    return f"our preimage of {question.id} is\n  {question.preimage}\nthe answer is\n  {dumps(answer)}"


def main() -> int:
    """Run the comparison and print its result; the exit code is 0 if there is no disagreement."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--command", required=True, help="starts the other implementation")
    parser.add_argument("--sets", type=int, default=20_000, help="number of sets (20000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sets (1)")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="show all about the set of this number")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="save the sets with disagreements there")
    options = parser.parse_args()

    started = monotonic()
    command = Command(options.command)
    verdicts, rules, disagreements = Counter[str](), Counter[str](), 0
    numbers = range(options.sets) if options.only is None else range(options.only, options.only + 1)
    for number, given, report, difference in compare(command, options.seed, numbers):
        verdicts[report.verdict] += 1
        rules.update({each.rule for each in report.findings})
        if difference:
            disagreements += 1
            print(f"set {number} of seed {options.seed}:", *given.history, difference, sep="\n  ", flush=True)
        if options.keep and (difference or options.only is not None):
            _save(options.keep, number, given)
        if options.only is not None:
            _show(given, report)
    command.end()
    print(f"{verdicts.total()} sets of seed {options.seed}, {verdicts['consistent']} of them consistent")
    print("number of sets in which each rule is broken:")
    for name in RULES:
        print(f"{rules[name]:6} {name}")
    print(f"{disagreements} disagreements, in {monotonic() - started:.0f} seconds")
    return 1 if disagreements else 0


def _show(given: DocumentSet, report: Report) -> None:
    print(*given.history, sep="\n")
    print("documents:", *given.documents, "inputs:", *given.inputs, "strict:", given.strict, given.limits)
    for each in report.findings:
        print(f"{each.rule} {each.document}#{each.pointer}: {each.message}")


def _save(folder: Path, number: int, given: DocumentSet) -> None:
    for part, texts in (("documents", given.documents), ("inputs", given.inputs)):
        for index, (name, text) in enumerate(texts.items()):
            path = folder / f"{number}" / part / f"{index} {name.removesuffix('.json')}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)


def _entries(texts: dict[str, bytes]) -> list[Json]:
    return [{"name": name, "base64": _base64(text)} for name, text in texts.items()]


def _sources(texts: dict[str, bytes]) -> list[Source]:
    return [Source(name, text) for name, text in texts.items()]


def _base64(text: bytes) -> str:
    return b64encode(text).decode()


if __name__ == "__main__":
    sys.exit(main())
