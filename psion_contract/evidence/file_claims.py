"""Documents held against the bytes of the files that they name. Every file is read once, several at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from psion_contract.artifacts import storage
from psion_contract.artifacts.references import Files, Roots
from psion_contract.artifacts.safetensors_header import Tensor, difference, tensors
from psion_contract.artifacts.shards import Counts
from psion_contract.catalog import finding
from psion_contract.checker import Checker, Examination, Listing
from psion_contract.documents.document import Document
from psion_contract.evidence.named_digests import NamedDigests, Progress
from psion_contract.evidence.named_files import NamedFile, broken_claim, named_files
from psion_contract.evidence.shard_counter import ShardCounter
from psion_contract.exceptions import ArtifactError, UnreadableError
from psion_contract.findings import Claim, FileClaims, Finding, Related, Report, Unverified
from psion_contract.reading.escaping import counted, listed, quoted
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits
from psion_contract.reading.python_values import checked_jobs
from psion_contract.reading.source import Documents

_WEIGHTS = "model.safetensors"


def check_with_files(
    documents: Documents,
    files: Files,
    *,
    inputs: Documents = (),
    strict: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
) -> Report:
    """Check documents against each other, and against the bytes of the files that they are about.

    Args:
        documents: as for `check_documents`.
        files: the folder of the files, or ``PREFIX=PATH`` for references with that prefix, or a list of these. Folders and
            paths may be URLs.
        inputs: documents that others may refer to, as for `Checker`.
        strict: whether warnings make the verdict ``inconsistent`` too.
        limits: the limits of the reader, per document.
        jobs: how many files are read at a time; by default, as many as there are cores.

    Returns:
        The report, whose `files` say what was compared with bytes and what was not.

    Raises:
        ArgumentError: an argument has a form that is not accepted, or a path of `files` does not exist.
        UnreadableError: a document cannot be read, or a remote file, other than because it is not there. Another file that
            a document names and that cannot be read is a finding.
    """
    checked_jobs(jobs)
    roots = Roots(files)
    examination = Checker(inputs, limits=limits, strict=strict).examine(documents)
    return with_files(examination, roots, jobs).report


def with_files(
    examination: Examination, roots: Roots, jobs: int | None = None, progress: Progress | None = None
) -> Examination:
    """An examination with the findings of its judged documents, and of the inputs they refer to, on files.

    Args:
        examination: of the documents.
        roots: where the files are.
        jobs: how many files are read at a time; by default, as many as there are cores.
        progress: see `Progress`.

    Raises:
        UnreadableError: a remote file cannot be read, other than because it is not there. The message says what was compared
            until then.
    """
    named: list[tuple[Document, list[NamedFile]]] = []
    digests = NamedDigests()
    claims: list[FileClaims] = []
    listing = Listing(examination.report.findings)
    try:
        named.extend((each, list(named_files(each, examination, roots))) for each in _documents(examination))
        digests.add([each for _, found in named for each in found], jobs, progress)
        counter = ShardCounter()
        for document, found in named:
            tally, places = _Tally(document), dict[str, str]()
            if (broken := broken_claim(document)) is not None:
                tally.not_compared(*broken, "the document is broken there")
            listing.add(
                (document, each)
                for file in found
                for each in _flaws(document, file, digests, counter, places, tally)
            )
            claims += tally.claims()
    except UnreadableError as error:
        files = [each for _, found in named for each in found]
        raise UnreadableError(f"{error}; {_until_then(files, digests)}") from error
    report = examination.report._replace(findings=tuple(listing.findings), files=tuple(claims))
    return examination._replace(report=report)


def _documents(examination: Examination) -> list[Document]:
    """The judged documents, then the inputs to which they refer."""
    judged = [document for document in examination.documents if document.judged]
    reached = {each: None for document in judged for each in examination.resolver.resolve(document).inputs}
    return [*judged, *(document for document in examination.documents if document in reached)]


def _until_then(files: Sequence[NamedFile], digests: NamedDigests) -> str:
    """How many digests were compared before a connection was lost, and which files have others."""
    computed = [(each, digests.of(each)) for each in files]
    known = [(each, digest) for each, digest in computed if isinstance(digest, str)]
    wrong = [each.reference for each, digest in known if not _agrees(each, digest)]
    said = f"until then {counted(len(known), 'digest')} compared, {len(wrong)} wrong"
    return f"{said}{f' ({listed(wrong)})' if wrong else ''}; no verdict"


def _agrees(file: NamedFile, computed: str) -> bool:
    return file.digest.removeprefix("sha256:") == computed.removeprefix("sha256:")


# The comparison.


class _Tally:
    """Counts what is said of the claims of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._verified: dict[Claim, int] = {}
        self._refuted: dict[Claim, int] = {}
        self._unverified: dict[Claim, dict[str, tuple[int, str]]] = {}

    def compared(self, claim: Claim, agrees: bool) -> None:
        """A claim was compared with bytes."""
        counts = self._verified if agrees else self._refuted
        counts[claim] = counts.get(claim, 0) + 1

    def not_compared(self, claim: Claim, pointer: str, reason: str) -> None:
        """A claim could not be compared."""
        reasons = self._unverified.setdefault(claim, {})
        number, first = reasons.get(reason, (0, self._document.pointer + pointer))
        reasons[reason] = (number + 1, first)

    def claims(self) -> Iterator[FileClaims]:
        """What is said of each sort of claim."""
        found = {*self._verified, *self._refuted, *self._unverified}
        for claim in (each for each in get_args(Claim) if each in found):
            yield FileClaims(
                self._document.name,
                self._document.pointer,
                claim,
                self._verified.get(claim, 0),
                self._refuted.get(claim, 0),
                tuple(Unverified(reason, *rest) for reason, rest in self._unverified.get(claim, {}).items()),
            )


def _flaws(
    document: Document,
    file: NamedFile,
    digests: NamedDigests,
    counter: ShardCounter,
    places: dict[str, str],
    tally: _Tally,
) -> Iterator[Finding]:
    """The findings on one file; where it is a shard, its place is added to those by the paths of counted files."""
    missing, computed = file.missing, digests.of(file)
    if isinstance(computed, ArtifactError):
        missing, computed = f"{_shown(computed.path)} {computed.problem}", None
    if missing:
        yield _finding("missing-file", document, file.pointer, missing, actual=file.reference)
        _not_compared(file, tally, "the file is missing")
    elif file.path is None:
        _not_compared(file, tally, _unknown_place(file))
    else:
        if computed is None:
            reason = "the stated digest is not a SHA-256 digest"
            tally.not_compared(file.claim, file.digest_pointer, reason)
        else:
            yield from _digest_flaws(document, file, file.path, computed, tally)
        if file.shard is not None:
            yield from _count_flaws(document, file, file.path, file.shard, digests, counter, places, tally)
        if isinstance(file.layout, str):
            tally.not_compared("checkpoint tensors", file.pointer, file.layout)
        elif file.layout is not None:
            yield from _tensor_flaws(document, file, file.path, *file.layout, digests, tally)


def _not_compared(file: NamedFile, tally: _Tally, reason: str) -> None:
    """None of the claims about a file can be compared."""
    tally.not_compared(file.claim, file.digest_pointer, reason)
    if file.shard is not None:
        tally.not_compared("shard counts", file.pointer.rpartition("/")[0], reason)
    if file.layout is not None:
        tally.not_compared("checkpoint tensors", file.pointer, reason)


def _unknown_place(file: NamedFile) -> str:
    if not file.reference:
        return "the document has no checkpoint_ref"
    if file.claim == "tokenizer digest":
        return f"no file of the tokenizer was found; name it with --files {file.reference}=FILE"
    return "no --files covers the reference"


def _digest_flaws(
    document: Document, file: NamedFile, path: str, computed: str, tally: _Tally
) -> Iterator[Finding]:
    expected = computed if file.digest.startswith("sha256:") else computed.removeprefix("sha256:")
    tally.compared(file.claim, file.digest == expected)
    if file.digest != expected:
        message = f"the digest of {_shown(path)} is {expected}"
        yield _finding(file.rule, document, file.digest_pointer, message, expected, file.digest, path)


_COUNTED = {
    "sequence_count": "sequences",
    "token_count": "tokens",
    "min_sequence_tokens": "tokens in the shortest sequence",
    "max_sequence_tokens": "tokens in the longest sequence",
}
"""The members of a shard in the order of `Counts`, in words."""


def _count_flaws(
    document: Document,
    file: NamedFile,
    path: str,
    shard: Mapping[str, Any],
    digests: NamedDigests,
    counter: ShardCounter,
    places: dict[str, str],
    tally: _Tally,
) -> Iterator[Finding]:
    stated = Counts(*(shard[member] for member in _COUNTED))
    place = file.pointer.rpartition("/")[0]
    other = places.setdefault(os.path.normpath(path), place)
    if other != place:
        tally.compared("shard counts", False)
        message = f"{_shown(path)} is the file of {document.pointer}{other}, too; its sequences and tokens count once"
        yield _finding("shard-file-count-mismatch", document, file.pointer, message, actual=file.reference)
        return
    try:
        counts = counter.counts(path, stated)
    except ArtifactError as error:
        tally.not_compared("shard counts", place, error.problem)
        return
    if digests.is_stale(path):
        yield _stale(document, file, path, tally, "shard counts", place)
        return
    tally.compared("shard counts", counts == stated)
    for (member, words), actual, expected in zip(_COUNTED.items(), stated, counts, strict=True):
        if actual != expected:
            message = f"{_shown(path)} has {expected} {words}"
            yield _finding(
                "shard-file-count-mismatch", document, f"{place}/{member}", message, expected, actual, path
            )


def _tensor_flaws(
    document: Document,
    file: NamedFile,
    path: str,
    layout: Mapping[str, Tensor],
    descriptor: Document,
    digests: NamedDigests,
    tally: _Tally,
) -> Iterator[Finding]:
    weights = storage.joined(path, _WEIGHTS) if storage.is_folder(path) else path
    if not weights.endswith(".safetensors") or not storage.is_file(weights):
        reason = f"the checkpoint is no .safetensors file and has no {_WEIGHTS}"
        tally.not_compared("checkpoint tensors", file.pointer, reason)
        return
    try:
        problem = difference(tensors(weights), layout)
    except ArtifactError as error:
        problem = str(error).removeprefix(f"{error.path}: ")
    if digests.is_stale(weights):
        yield _stale(document, file, weights, tally, "checkpoint tensors", file.pointer)
        return
    tally.compared("checkpoint tensors", not problem)
    if problem:
        place = "/checkpoint_contract/tensor_layout"
        related = Related(
            descriptor.name, descriptor.pointer + place, None, *(descriptor.place(place) or (None,) * 3)
        )
        yield _finding(
            "tensor-mismatch",
            document,
            file.pointer,
            f"{_shown(weights)} {problem}",
            actual=file.reference,
            related=(related,),
        )


def _stale(
    document: Document, file: NamedFile, path: str, tally: _Tally, claim: Claim, pointer: str
) -> Finding:
    """The finding that a file has changed since it was hashed, so that a claim cannot be compared."""
    message = f"{_shown(path)} changed while it was read; expected a file that nothing writes to"
    tally.not_compared(claim, pointer, "the file changed while it was read")
    return _finding("missing-file", document, file.pointer, message, actual=file.reference)


def _shown(path: str) -> str:
    return quoted(path, 300)


def _finding(
    rule: str,
    document: Document,
    pointer: str,
    message: str,
    expected: Any = None,
    actual: Any = None,
    path: str = "",
    related: tuple[Related, ...] = (),
) -> Finding:
    return finding(
        rule,
        document.name,
        document.pointer + pointer,
        message,
        expected=expected,
        actual=actual,
        related=(*related, *([Related(str(path), "")] if path else [])),  # without its connection
        place=document.place(pointer),
    )
