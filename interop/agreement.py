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
from typing import Any, NamedTuple

from documentsets import DocumentSet, document_set

from psion_contract import digests
from psion_contract.checker import Checker
from psion_contract.findings import Report
from psion_contract.intake import Source
from psion_contract.library import Document
from psion_contract.rules import RULES
from psion_contract.strictjson import Limits

SECONDS = 60
"""How long an answer may take."""

AHEAD = 8
"""How many sets the command is given before its first answer is awaited."""

DIGESTS_EVERY = 8
"""Of how many sets one has its preimages compared too."""

Json = dict[str, Any]


class Disagreement(NamedTuple):
    """What two implementations say differently of one set."""

    number: int
    what: str
    story: list[str]


class Command:
    """Another implementation, in a process of its own."""

    def __init__(self, command: str) -> None:
        self._process = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._answers: Queue[bytes] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put(b"")

    def ask(self, request: Json) -> None:
        """Send a request; it is answered in its turn."""
        assert self._process.stdin
        self._process.stdin.write(dumps(request).encode() + b"\n")
        self._process.stdin.flush()

    def answer(self) -> Json:
        """The next answer."""
        try:
            line = self._answers.get(timeout=SECONDS)
        except Empty:
            raise SystemExit(f"no answer within {SECONDS} seconds") from None
        if not line:
            raise SystemExit(f"the command ended, with {self._process.wait()}")
        answer = loads(line)
        assert isinstance(answer, dict)
        return answer

    def end(self) -> None:
        """Let it end."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(SECONDS)


def requests(index: int, given: DocumentSet, documents: list[Document]) -> Iterator[Json]:
    """What is asked about one set: a check, and the digests of what is sound in it."""
    yield {
        "id": f"{index}",
        "op": "check",
        "documents": _entries(given.documents),
        "inputs": _entries(given.inputs),
        "strict": given.strict,
        "limits": given.limits,
    }
    for number, (digest, value, _) in enumerate(preimages(documents)):
        yield {
            "id": f"{index}/{number}",
            "op": "digest",
            "digest": digest,
            "base64": _base64(dumps(value).encode()),
        }


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


def compare(command: Command, seed: int, indexes: range) -> Iterator[tuple[int, DocumentSet, Report, str]]:
    """For each set: its number, the set, our report, and how the command differs from it."""
    waiting: Queue[tuple[int, DocumentSet, Report, list[Json], list[str]]] = Queue()

    def settle() -> tuple[int, DocumentSet, Report, str]:
        index, given, report, asked, expected = waiting.get()
        answers = [command.answer() for _ in asked]
        said = [differences(report, answers[0])]
        for request, answer, preimage in zip(asked[1:], answers[1:], expected, strict=True):
            if answer.get("preimage") != preimage or answer.get("sha256") != digests.sha256(preimage):
                said.append(f"{request['digest']} is made of\n  {preimage}\nnot of\n  {answer}")
        if [each.get("id") for each in answers] != [each["id"] for each in asked]:
            said.append("answered out of order")
        return index, given, report, "\n".join(filter(None, said))

    for index in indexes:
        given = document_set(seed, index)
        report = judged(given)
        documents = Checker().read(_sources(given.documents))[0] if index % DIGESTS_EVERY == 0 else []
        asked = list(requests(index, given, documents))
        for request in asked:
            command.ask(request)
        waiting.put((index, given, report, asked, [preimage for _, _, preimage in preimages(documents)]))
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
    verdicts, rules, disagreements = Counter[str](), Counter[str](), list[Disagreement]()
    indexes = range(options.sets) if options.only is None else range(options.only, options.only + 1)
    for index, given, report, said in compare(command, options.seed, indexes):
        verdicts[report.verdict] += 1
        rules.update({each.rule for each in report.findings})
        if said:
            disagreements.append(Disagreement(index, said, given.story))
            print(f"set {index} of seed {options.seed}:", *given.story, said, sep="\n  ", flush=True)
            _keep(options.keep, index, given)
        if options.only is not None:
            print(given.story, given.strict, given.limits, list(given.documents), list(given.inputs))
            for each in report.findings:
                print(f"{each.rule} {each.document}#{each.pointer}: {each.message}")
            _keep(options.keep, index, given)
    command.end()
    print(
        f"{sum(verdicts.values())} sets of seed {options.seed}, {verdicts['consistent']} of them consistent"
    )
    for name in RULES:
        print(f"{rules[name]:6} {name}")
    print(f"{len(disagreements)} disagreements, in {monotonic() - started:.0f} seconds")
    return 1 if disagreements else 0


def _keep(folder: Path | None, index: int, given: DocumentSet) -> None:
    if folder is None:
        return
    for part, texts in (("documents", given.documents), ("inputs", given.inputs)):
        for number, (name, text) in enumerate(texts.items()):
            place = folder / f"{index}" / part / f"{number} {name.removesuffix('.json')}.json"
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
