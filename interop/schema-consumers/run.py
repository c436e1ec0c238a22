"""Do all validators give the same verdicts? `python interop/schema-consumers/run.py`

Validates the documents of the repository, and a few thousand edited ones, with the programs in this folder and with two
Python validators. README.md describes the comparison.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import jsonschema
from driver.contract_documents import Document, canonical, pack
from driver.schema_edges import mutations
from driver.validator_programs import PROGRAMS, Outcome, outcome_of

import psion_contract
from psion_contract.documents import explanation, kinds, schemas
from psion_contract.resources import data_path

SCHEMAS = Path(data_path("schemas"))
SHOWN = 20  # disagreements that are listed for one validator


def main() -> int:
    """Compare the validators; the exit code is 0 where all agree."""
    names = ",".join(program.name for program in PROGRAMS)
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--require", metavar="NAMES", default="", help=f"fail if one of these is missing: {names}")
    add("--mutations", metavar="N", type=int, default=3000, help="number of edits (3000)")
    add("--seed", metavar="N", type=int, default=1, help="seed of the selection of edits (1)")
    add("--schemas", metavar="FOLDER", type=Path, default=SCHEMAS, help="other schemas for the programs")
    options = parser.parse_args()
    required = options.require.split(",") if options.require else []
    if unknown := set(required).difference(names.split(",")):
        parser.error(f"unknown programs: {', '.join(sorted(unknown))}")

    documents = collected(options.mutations, options.seed)
    outcomes = [
        asked(f"checker: jsonschema-rs {version('jsonschema-rs')}", ours, documents),
        asked(f"python: jsonschema {version('jsonschema')}", reference, documents),
    ]
    for program in PROGRAMS:
        print(f"building and running {program.name} ...", flush=True)
        outcomes.append(outcome_of(program, documents, options.schemas.resolve()))
    return reported(documents, outcomes, required)


def collected(count: int, seed: int) -> list[Document]:
    """The documents to validate."""
    fixtures, cases = canonical(), pack()
    whole = [document for document in fixtures.documents if not document.pointer]
    changed = list(mutations(whole, count, seed))
    print(f"{len(fixtures.documents):6} documents of the canonical fixtures")
    print(f"{len(cases.documents):6} of the conformance pack; {len(cases.unread)} texts are not strict JSON")
    print(f"{len(changed):6} edited canonical documents", flush=True)
    return [*fixtures.documents, *cases.documents, *changed]


def asked(
    name: str, verdicts: Callable[[Sequence[Document]], list[bool]], documents: Sequence[Document]
) -> Outcome:
    """The outcome of a Python validator."""
    start = time.monotonic()
    given = verdicts(documents)
    return Outcome(name, given, asked=time.monotonic() - start)


def ours(documents: Sequence[Document]) -> list[bool]:
    """The verdicts of the checker of this project, which uses jsonschema-rs."""
    return [schemas.is_valid(document.schema, document.value) for document in documents]


def reference(documents: Sequence[Document]) -> list[bool]:
    """The verdicts of jsonschema, the reference implementation."""
    validators = {
        name: jsonschema.Draft202012Validator(schemas.schema(name), registry=psion_contract.registry())
        for name in kinds.KINDS
    }
    return [validators[document.schema].is_valid(document.value) for document in documents]


def reported(documents: Sequence[Document], outcomes: Sequence[Outcome], required: Sequence[str]) -> int:
    """Print the table and the disagreements; returns the exit code."""
    expected = outcomes[0].verdicts
    agreeing = wrong = 0
    notes = []
    print(f"\n{'':42}{'built':>9}{'asked':>9}{'valid':>8}{'invalid':>9}{'disagrees':>11}")
    for each in outcomes:
        if each.problem:
            word = "SKIPPED" if each.skipped else "FAILED"
            wrong += not each.skipped or each.name.partition(":")[0] in required
            notes.append(f"{word} {each.name.upper()}: {each.problem}")
            print(f"{each.name:42}{word:>9}")
            continue
        differing = [index for index, verdict in enumerate(each.verdicts) if verdict != expected[index]]
        agreeing += not differing
        wrong += bool(differing)
        notes += [disagreement(each, documents, index) for index in differing[:SHOWN]]
        if len(differing) > SHOWN:
            notes.append(f"{each.name}: {len(differing) - SHOWN} more")
        valid = sum(each.verdicts)
        times = f"{each.built:7.1f} s{each.asked:7.1f} s"
        print(f"{each.name:42}{times}{valid:8}{len(documents) - valid:9}{len(differing):11}")
    notes.append(f"{agreeing} of {len(outcomes)} validators agree on {len(documents)} documents")
    print("", *notes, sep="\n")
    return 1 if wrong else 0


def disagreement(outcome: Outcome, documents: Sequence[Document], index: int) -> str:
    """One line with the document and what the checker finds in it."""
    document, verdict = documents[index], "valid" if outcome.verdicts[index] else "invalid"
    found = explanation.violations(document.schema, document.value, 1)
    checker = f"{found[0].keyword} at {found[0].pointer or 'the root'}" if found else "nothing"
    place = f"{document.origin}#{document.pointer}" if document.pointer else document.origin
    return f"{outcome.name} finds it {verdict}, the checker {checker}: {place}"


if __name__ == "__main__":
    sys.exit(main())
