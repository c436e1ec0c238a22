"""The kinds of document, how one is recognised, and what identifies it (section 1 of the contract)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from psion_contract.findings import Identity
from psion_contract.reading.pointers import containers, pointer_to


class Kind(NamedTuple):
    """One kind of contract document.

    Attributes:
        version: the ``schema_version`` its documents carry, which also names its schema file.
        role: the short name in rules and messages.
        title: the name for people.
        identity: names of the members by which other documents refer to it.
        identity_holder: name of the member that holds them; empty for the document itself.
    """

    version: str
    role: str
    title: str
    identity: tuple[str, ...]
    identity_holder: str = ""

    @property
    def identity_pointers(self) -> tuple[str, ...]:
        """The pointers of the members by which other documents refer to it."""
        parent = f"/{self.identity_holder}" if self.identity_holder else ""
        return tuple(f"{parent}/{name}" for name in self.identity)


CONFIG = Kind(
    "psion.pretrain_stage_config.v1",
    "config",
    "pretrain-stage config",
    ("run_id", "stage_id"),
)
RECEIPT = Kind(
    "psion.pretrain_stage_receipt.v1",
    "receipt",
    "pretrain-stage receipt",
    ("run_id", "stage_id", "receipt_digest"),
)
DESCRIPTOR = Kind(
    "psion.compact_decoder_descriptor.v1",
    "descriptor",
    "model descriptor",
    ("model_id",),
    "model",
)
CORPUS = Kind(
    "psion.tokenized_corpus_manifest.v1",
    "corpus",
    "tokenized corpus manifest",
    ("stable_dataset_identity",),
    "replay_contract",
)
POLICY = Kind(
    "psion.sampling_policy.v1",
    "policy",
    "sampling policy",
    ("policy_id", "policy_version"),
)
PROGRAM = Kind(
    "psion.training_stage_program.v1",
    "program",
    "training-stage program",
    ("run_id",),
)

KINDS: dict[str, Kind] = {
    kind.version: kind for kind in (CONFIG, RECEIPT, DESCRIPTOR, CORPUS, POLICY, PROGRAM)
}
"""Every kind, by its version."""

ROLES: dict[str, Kind] = {kind.role: kind for kind in KINDS.values()}
"""Every kind, by its role."""


def recognise(value: dict[str, Any]) -> Kind | None:
    """The kind of a document, or None.

    A stage program without ``schema_version``, or with one that is null, is recognised by its members.
    """
    version = value.get("schema_version")
    if version is None:
        return PROGRAM if "stages" in value and "checkpoint_family" in value else None
    return KINDS.get(version) if type(version) is str else None


def find(value: Any) -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    """Every contract document in a JSON value, at any depth, with its pointer."""
    for path, node in containers(value):
        kind = recognise(node) if isinstance(node, dict) else None
        if kind is not None:
            yield pointer_to(path), kind, node  # type: ignore[misc]


def identify(kind: Kind, value: dict[str, Any]) -> Identity | None:
    """The members by which others refer to the document; None where one is missing or not a string."""
    parent = value.get(kind.identity_holder) if kind.identity_holder else value
    if not isinstance(parent, dict):
        return None
    identity = {}
    for name in kind.identity:
        text = parent.get(name)
        if not isinstance(text, str):
            return None
        identity[name] = text
    return Identity(identity)
