"""The files that documents name: shards, checkpoints and tokenizers, and where they are.

A corpus manifest names the files of its shards, a receipt and a stage program those of checkpoints. No document names the
file of a tokenizer, so that is looked for where it usually is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from psion_contract.artifacts import storage
from psion_contract.artifacts.references import Roots, first_below
from psion_contract.artifacts.safetensors_header import Tensor
from psion_contract.checker import Examination
from psion_contract.documents.document import Document
from psion_contract.exceptions import ArtifactError
from psion_contract.findings import Claim
from psion_contract.reading.escaping import quoted

_DIGEST = re.compile("(?:sha256:)?[0-9a-f]{64}")
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model")


class NamedFile(NamedTuple):
    """A file or folder that a document names.

    Attributes:
        reference: how it names it.
        pointer: of the reference, from the root of the document.
        path: where it is; None if it is nowhere.
        missing: why it is nowhere although it should be somewhere; empty if it is unknown where it should be.
        digest: the stated digest.
        digest_pointer: of the digest.
        claim: the sort of that claim.
        rule: the rule that another digest breaks.
        shard: the entry of a shard; None for another file.
        layout: the tensors that a checkpoint should have, with the document that says so, or why that is unknown; None if
            the document does not say of which model the file is.
    """

    reference: str
    pointer: str
    path: str | None
    missing: str
    digest: str
    digest_pointer: str
    claim: Claim
    rule: str
    shard: Mapping[str, Any] | None = None
    layout: tuple[Mapping[str, Tensor], Document] | str | None = None

    @property
    def has_stated_form(self) -> bool:
        """Whether the digest is one that can be computed."""
        return _DIGEST.fullmatch(self.digest) is not None


def named_files(document: Document, examination: Examination, roots: Roots) -> Iterator[NamedFile]:
    """The files that a document names, in its order; none of a document that is broken there.

    Args:
        document: the document.
        examination: resolves the references of a receipt.
        roots: where the files are.
    """
    role = document.kind.role
    if role in _NEEDED and broken_claim(document) is None:
        if role == "corpus":
            yield from _shards(document, roots)
            yield from _tokenizer(document, "/tokenizer", document.value["tokenizer_id"], roots)
        elif role == "descriptor":
            binding = document.value["tokenizer_binding"]
            yield from _tokenizer(document, "/tokenizer_binding", binding["tokenizer_id"], roots)
        else:
            yield from _checkpoints(document, examination, roots)


_NEEDED: dict[str, tuple[Claim, tuple[str, ...]]] = {
    "corpus": ("shard digest", ("/shards", "/tokenizer", "/tokenizer_id")),
    "descriptor": ("tokenizer digest", ("/tokenizer_binding",)),
    "receipt": ("checkpoint digest", ("/checkpoint_lineage",)),
    "program": ("checkpoint digest", ("/stages", "/promotions")),
}
"""What must be sound in a document that names files, with the sort of claim that it makes first."""


def broken_claim(document: Document) -> tuple[Claim, str] | None:
    """A sort of claim that a document makes where it is broken, with the place; None if it makes none, or is sound there."""
    claim, needed = _NEEDED.get(document.kind.role, (None, ()))
    pointer = document.broken_at(needed) if document.broken else None
    return None if claim is None or pointer is None else (claim, pointer)


def _shards(corpus: Document, roots: Roots) -> Iterator[NamedFile]:
    locate = _locate(corpus, roots)
    for number, shard in enumerate(corpus.value["shards"]):
        place = f"/shards/{number}"
        path, missing = _located(locate, shard["storage_ref"])
        yield NamedFile(
            shard["storage_ref"],
            f"{place}/storage_ref",
            path,
            missing,
            shard["shard_digest"],
            f"{place}/shard_digest",
            "shard digest",
            "shard-digest-mismatch",
            shard=shard,
        )


def _tokenizer(document: Document, place: str, name: str, roots: Roots) -> Iterator[NamedFile]:
    digest = document.value[place[1:]]["tokenizer_digest"]
    pointer = f"{place}/tokenizer_digest"
    path, missing = _located(roots.mapped, f"tokenizer://{name}")
    if path is not None and storage.is_folder(path):
        folder, path = path, first_below(path, _TOKENIZER_FILES)
        missing = "" if path else f"{quoted(folder, 300)} has no {' and no '.join(_TOKENIZER_FILES)}"
    elif path is None and not missing:
        path = roots.first([name, *(f"{name}/{each}" for each in _TOKENIZER_FILES), *_TOKENIZER_FILES])
    yield NamedFile(
        f"tokenizer://{name}",
        pointer,
        path,
        missing,
        digest,
        pointer,
        "tokenizer digest",
        "tokenizer-digest-mismatch",
    )


def _checkpoints(document: Document, examination: Examination, roots: Roots) -> Iterator[NamedFile]:
    """The checkpoints of a receipt or a stage program that have a reference; the receipts of a program are documents."""
    value, locate = document.value, _locate(document, roots)
    places: list[tuple[str, Any]]
    layout: tuple[Mapping[str, Tensor], Document] | str | None = None
    if document.kind.role == "receipt":
        lineage = value["checkpoint_lineage"]
        places = [(f"/checkpoint_lineage/{each}", lineage.get(each)) for each in _LINEAGE]
        layout = _layout(examination.resolver.resolve(document).documents.get("descriptor"))
    else:
        stages, promotions = value["stages"], value.get("promotions") or ()
        places = [
            (f"/stages/{number}/base_checkpoint", each.get("base_checkpoint"))
            for number, each in enumerate(stages)
        ]
        places += [
            (f"/promotions/{number}/checkpoint", each["checkpoint"]) for number, each in enumerate(promotions)
        ]
    for place, checkpoint in places:
        if checkpoint is None:
            continue
        reference, path, missing = checkpoint.get("checkpoint_ref"), None, ""
        if reference is not None:
            path, missing = _located(locate, reference)
        yield NamedFile(
            reference or "",
            f"{place}/checkpoint_ref" if reference is not None else place,
            path,
            missing,
            checkpoint["object_digest"],
            f"{place}/object_digest",
            "checkpoint digest",
            "checkpoint-digest-mismatch",
            layout=layout if place.endswith(_LINEAGE[0]) else None,
        )


_LINEAGE = ("promoted_checkpoint", "base_checkpoint")


def _layout(descriptor: Document | None) -> tuple[Mapping[str, Tensor], Document] | str:
    if descriptor is None:
        return "no model descriptor to compare with"
    if descriptor.broken_at(("/checkpoint_contract",)) is not None:
        return f"the model descriptor {descriptor.name} is broken"
    entries = descriptor.value["checkpoint_contract"]["tensor_layout"]
    layout = {each["name"]: Tensor(each["dtype"], tuple(each["shape"]["dims"])) for each in entries}
    return layout, descriptor


def _locate(document: Document, roots: Roots) -> Callable[[str], str | None]:
    """Looks for what a document refers to, also beside it if it is a file."""
    path = roots.path_of(document.name)
    beside = storage.parent(path) if storage.is_file(path) else None
    return partial(roots.locate, beside=beside)


def _located(locate: Callable[[str], str | None], reference: str) -> tuple[str | None, str]:
    """Where the file of a reference is, and why it is nowhere."""
    try:
        return locate(reference), ""
    except ArtifactError as error:
        return None, error.problem
