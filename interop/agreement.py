"""Does another implementation of the contract agree with ours, on documents nobody has thought of?

    python interop/agreement.py --sets 20000 --seed 1 --command "node interop/typescript/dist/serve.js"

Random sets of documents are put to the command, over the line protocol of docs/conformance.md, and to our
checker. What must agree: the verdict, the set of (rule, document, pointer), and, of some sets, the
preimages of each sound document.
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
from typing import Any

from documentsets import DocumentSet, document_set

from psion_contract.checker import Checker
from psion_contract.documents import digests
from psion_contract.documents.document import Document
from psion_contract.findings import Report
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from psion_contract.rules import RULES

SECONDS = 60
"""How long an answer may take."""

AHEAD = 8
"""How many sets the command is given before its first answer is awaited."""

DIGESTS_EVERY = 8
"""Of how many sets one has its preimages compared too."""

Json = dict[str, Any]


class Command:
    """Another implementation, in a process of its own."""

    def __init__(self, command: str) -> None:
        self._process = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._answers: Queue[bytes] = Queue()
        self._asked = self._answered = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put(b"")

    def ask(self, request: Json) -> None:
        """Send a request; it is answered in its turn."""
        assert self._process.stdin
        self._asked += 1
        self._process.stdin.write(dumps({"id": self._asked, **request}).encode() + b"\n")
        self._process.stdin.flush()

    def answer(self) -> Json:
        """The answer to the first request that has not been answered yet."""
        try:
            line = self._answers.get(timeout=SECONDS)
        except Empty:
            raise SystemExit(f"no answer within {SECONDS} seconds") from None
        if not line:
            raise SystemExit(f"the command ended, with {self._process.wait()}")
        answer: Json = loads(line)
        self._answered += 1
        return answer if answer.get("id") == self._answered else {"error": f"out of order: {line!r}"}

    def end(self) -> None:
        """Let it end."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(SECONDS)


def requests(given: DocumentSet, documents: list[Document]) -> Iterator[Json]:
    """What is asked about one set: a check, and the digests of what is sound in it."""
    check = {
        "op": "check",
        "documents": _entries(given.documents),
        "inputs": _entries(given.inputs),
        "strict": given.strict,
    }
    yield check | {"limits": given.limits} if given.limits else check
    for digest, value, _ in preimages(documents):
        yield {"op": "digest", "digest": digest, "base64": _base64(dumps(value).encode())}


def preimages(documents: list[Document]) -> Iterator[tuple[str, Any, str]]:
    """The digests of sound documents: their name, the object that each is made from, and the preimage."""
    for document in documents:
        if document.broken:
            continue
        value = document.value
        yield "content", value, digests.content_preimage(value)
        match document.kind.role:
            case "descriptor":
                yield "D2", value, digests.model_descriptor_preimage(value)
            case "receipt":
                yield "D3", value["replay_receipt"], digests.replay_preimage(value["replay_receipt"])
                lineage = value["checkpoint_lineage"]
                yield "D4", lineage, digests.checkpoint_lineage_preimage(lineage)
                yield "D5", value, digests.receipt_preimage(value)


def judged(given: DocumentSet) -> Report:
    """What our checker says of a set."""
    checker = Checker(_sources(given.inputs), limits=Limits(**given.limits), strict=given.strict)
    return checker.check(_sources(given.documents))


def differences(report: Report, answer: Json) -> str:
    """How an answer differs from a report; empty where it does not."""
    if "error" in answer or "verdict" not in answer:
        return f"answered {dumps(answer)[:500]}"
    ours = {(each.rule, each.document, each.pointer) for each in report.findings}
    theirs = {(each["rule"], each["document"], each["pointer"]) for each in answer["findings"]}
    said = [f"only ours: {place}" for place in sorted(ours - theirs)]
    said += [f"only theirs: {place}" for place in sorted(theirs - ours)]
    if report.verdict != answer["verdict"]:
        said.append(f"ours is {report.verdict}, theirs {answer['verdict']}")
    return "\n".join(said)


def compare(command: Command, seed: int, numbers: range) -> Iterator[tuple[int, DocumentSet, Report, str]]:
    """For each set: its number, the set, our report, and how the command differs from it."""
    waiting: Queue[tuple[int, DocumentSet, Report, list[str]]] = Queue()

    def settle() -> tuple[int, DocumentSet, Report, str]:
        number, given, report, expected = waiting.get()
        said = [differences(report, command.answer())]
        for preimage in expected:
            answer = command.answer()
            if answer.get("sha256") != digests.sha256(preimage):
                said.append(f"a digest is made of\n  {preimage}\nnot of\n  {answer}")
        return number, given, report, "\n".join(filter(None, said))

    for number in numbers:
        given = document_set(seed, number)
        report = judged(given)
        documents = Checker().read(_sources(given.documents))[0] if number % DIGESTS_EVERY == 0 else []
        for request in requests(given, documents):
            command.ask(request)
        waiting.put((number, given, report, [preimage for _, _, preimage in preimages(documents)]))
        if waiting.qsize() > AHEAD:
            yield settle()
    while not waiting.empty():
        yield settle()


def main() -> int:
    """Run the comparison and print what came of it."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--command", required=True, help="starts the other implementation")
    parser.add_argument("--sets", type=int, default=20_000, help="how many sets of documents")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="look at the set of this number only, and tell all about it")
    parser.add_argument("--keep", type=Path, help="folder for the texts of sets on which the two disagree")
    options = parser.parse_args()

    started = monotonic()
    command = Command(options.command)
    verdicts, rules, disagreements = Counter[str](), Counter[str](), 0
    numbers = range(options.sets) if options.only is None else range(options.only, options.only + 1)
    for number, given, report, said in compare(command, options.seed, numbers):
        verdicts[report.verdict] += 1
        rules.update({each.rule for each in report.findings})
        if said:
            disagreements += 1
            print(f"set {number} of seed {options.seed}:", *given.story, said, sep="\n  ", flush=True)
        if said or options.only is not None:
            _keep(options.keep, number, given)
        if options.only is not None:
            _tell(given, report)
    command.end()
    print(f"{verdicts.total()} sets of seed {options.seed}, {verdicts['consistent']} of them consistent")
    print("sets in which each rule found something:")
    for name in RULES:
        print(f"{rules[name]:6} {name}")
    print(f"{disagreements} disagreements, in {monotonic() - started:.0f} seconds")
    return 1 if disagreements else 0


def _tell(given: DocumentSet, report: Report) -> None:
    """All about one set."""
    print(*given.story, sep="\n")
    print("documents:", *given.documents, "inputs:", *given.inputs, "strict:", given.strict, given.limits)
    for each in report.findings:
        print(f"{each.rule} {each.document}#{each.pointer}: {each.message}")


def _keep(folder: Path | None, number: int, given: DocumentSet) -> None:
    if folder is None:
        return
    for part, texts in (("documents", given.documents), ("inputs", given.inputs)):
        for index, (name, text) in enumerate(texts.items()):
            place = folder / f"{number}" / part / f"{index} {name.removesuffix('.json')}.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)


def _entries(texts: dict[str, bytes]) -> list[Json]:
    return [{"name": name, "base64": _base64(text)} for name, text in texts.items()]


def _sources(texts: dict[str, bytes]) -> list[Source]:
    return [Source(name, text) for name, text in texts.items()]


def _base64(text: bytes) -> str:
    return b64encode(text).decode()


if __name__ == "__main__":
    sys.exit(main())
