"""The kinds of document, how one is recognised, and what identifies it (section 1 of the contract)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from psion_contract.reading.pointers import child


class Kind(NamedTuple):
    """One kind of contract document.

    Attributes:
        version: the ``schema_version`` its documents carry, which also names its schema file.
        role: the short name in rules and messages.
        title: the name for people.
        identity: the path of each member by which other documents refer to it.
    """

    version: str
    role: str
    title: str
    identity: tuple[tuple[str, ...], ...]


CONFIG = Kind(
    "psion.pretrain_stage_config.v1",
    "config",
    "pretrain-stage config",
    (("run_id",), ("stage_id",)),
)
RECEIPT = Kind(
    "psion.pretrain_stage_receipt.v1",
    "receipt",
    "pretrain-stage receipt",
    (("run_id",), ("stage_id",), ("receipt_digest",)),
)
DESCRIPTOR = Kind(
    "psion.compact_decoder_descriptor.v1",
    "descriptor",
    "model descriptor",
    (("model", "model_id"),),
)
CORPUS = Kind(
    "psion.tokenized_corpus_manifest.v1",
    "corpus",
    "tokenized corpus manifest",
    (("replay_contract", "stable_dataset_identity"),),
)
POLICY = Kind(
    "psion.sampling_policy.v1",
    "policy",
    "sampling policy",
    (("policy_id",), ("policy_version",)),
)
PROGRAM = Kind(
    "psion.training_stage_program.v1",
    "program",
    "training-stage program",
    (("run_id",),),
)

KINDS: dict[str, Kind] = {
    kind.version: kind for kind in (CONFIG, RECEIPT, DESCRIPTOR, CORPUS, POLICY, PROGRAM)
}
"""Every kind, by its version."""

ROLES: dict[str, Kind] = {kind.role: kind for kind in KINDS.values()}
"""Every kind, by its role."""


def recognise(value: dict[str, Any]) -> Kind | None:
    """The kind of a document, or None.

    A stage program has no ``schema_version``: it is recognised by its members.
    """
    version = value.get("schema_version")
    if version is None:
        return PROGRAM if "stages" in value and "checkpoint_family" in value else None
    if type(version) is not str or version == PROGRAM.version:
        return None
    return KINDS.get(version)


def find(value: Any, pointer: str = "") -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    """Every contract document in a JSON value, with its pointer.

    At any depth, but not inside another contract document. The exception is the stage program, which embeds
    receipts.
    """
    if isinstance(value, dict):
        kind = recognise(value)
        if kind is not None:
            yield pointer, kind, value
            if kind is not PROGRAM:
                return
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                yield from find(item, child(pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, (dict, list)):
                yield from find(item, child(pointer, index))


def identify(kind: Kind, value: dict[str, Any]) -> dict[str, str] | None:
    """The members by which others refer to the document; None where one is missing or not a string."""
    identity = {}
    for path in kind.identity:
        found: Any = value
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        if not isinstance(found, str):
            return None
        identity[path[-1]] = found
    return identity
