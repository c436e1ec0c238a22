"""References between documents: exact, near, ambiguous or unresolved (docs/reference/rules, "References").

A receipt names its config; a config names its model descriptor, corpus and sampling policy. A reference is
*exact* where the identity agrees. Without an exact match, the one document that agrees with everything else
that the reference says is a *near* match: with it, the rules report the one wrong member instead of a missing
document.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from psion_contract.documents import digests, kinds
from psion_contract.documents.differences import difference
from psion_contract.documents.document import Document

SHARED_MEMBERS = (
    "run_id",
    "stage_id",
    "model_id",
    "model_descriptor_digest",
    "tokenizer_binding_digest",
    "dataset_identity",
    "sampling_policy_id",
    "sampling_policy_version",
)
"""The eight members that a receipt repeats from its config."""

NEAR_CONFIG = (("run_id",), ("stage_id",))
"""A config is a near match where exactly one of these differs and the other seven shared members agree."""


class Reference(NamedTuple):
    """The outcome of one reference.

    Attributes:
        role: role of the target.
        pointer: pointer of the reference, from the root of its document.
        wanted: the identity of the target.
        target: the document found; None if there is none, or more than one.
        rule: ``unresolved-reference`` or ``ambiguous-reference`` if there is no target.
        candidates: the documents of that role that were considered.
        difference: of ambiguous candidates, where the first two differ, in words.
    """

    role: str
    pointer: str
    wanted: Mapping[str, str]
    target: Document | None
    rule: str | None
    candidates: tuple[Document, ...] = ()
    difference: str = ""


class Resolution:
    """The documents that a document refers to.

    Args:
        documents: the documents found, by role.
        failed: the references that could not be resolved. A reference with broken members is not resolved and
            in neither of the two.

    Attributes:
        roles: the roles of the documents.
        inputs: the documents that are not judged.
        sound: whether none of the documents is broken.
    """

    __slots__ = ("documents", "failed", "inputs", "roles", "sound")

    def __init__(self, documents: Mapping[str, Document], failed: tuple[Reference, ...] = ()) -> None:
        self.documents = documents
        self.failed = failed
        self.roles = frozenset(documents)
        self.inputs: dict[Document, None] = {each: None for each in documents.values() if not each.judged}
        self.sound = not any(each.broken for each in documents.values())


_EMPTY = Resolution({})


class Resolver:
    """Resolves references among a fixed set of documents.

    Args:
        documents: any documents; those without a usable identity cannot be found.
    """

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self.documents = tuple(documents)
        self._by_role: dict[str, list[Document]] = {}
        self._by_identity: dict[tuple[str, ...], list[Document]] = {}
        for document in self.documents:
            identity = document.identity
            if identity is not None:
                role = document.kind.role
                self._by_role.setdefault(role, []).append(document)
                self._by_identity.setdefault((role, *identity.values()), []).append(document)
        self._differences: dict[tuple[Document, Document], str] = {}
        self._config_resolutions: dict[Document, Resolution] = {}
        self._receipt_resolutions: dict[Document, Resolution] = {}

    def extended(self, documents: Iterable[Document]) -> "Resolver":
        """A resolver that also finds these documents."""
        return Resolver((*self.documents, *documents))

    def resolve(self, document: Document) -> Resolution:
        """The documents that a config or a receipt refers to; a receipt refers to its config and through it to the rest.

        Other kinds of documents refer to nothing."""
        if document.kind == kinds.RECEIPT:
            # Not cached: a resolver outlives the receipts that are checked with it.
            return self._resolve_receipt(document)
        if document.kind != kinds.CONFIG:
            return _EMPTY
        found = self._config_resolutions.get(document)
        if found is None:
            found = self._config_resolutions[document] = self._resolve_config(document)
        return found

    def _resolve_receipt(self, document: Document) -> Resolution:
        if document.broken and document.broken_at(("/run_id", "/stage_id")) is not None:
            return _EMPTY
        reference = self._config(document)
        config = reference.target
        if config is None:
            return Resolution({}, (reference,))
        found = self._receipt_resolutions.get(config)
        if found is None:
            found = Resolution({"config": config, **self.resolve(config).documents})
            self._receipt_resolutions[config] = found
        return found

    def _resolve_config(self, document: Document) -> Resolution:
        resolvers = {
            ("/model_id", "/model_descriptor_digest"): self._descriptor,
            ("/dataset_identity",): self._corpus,
            ("/sampling_policy_id", "/sampling_policy_version"): self._policy,
        }
        found = [
            resolve(document) for needed, resolve in resolvers.items() if document.broken_at(needed) is None
        ]
        return Resolution(
            {each.role: each.target for each in found if each.target is not None},
            tuple(each for each in found if each.target is None),
        )

    def _config(self, receipt: Document) -> Reference:
        value = receipt.value

        def is_near(config: Document) -> bool:
            return _differing(value, config.value, SHARED_MEMBERS) in NEAR_CONFIG

        wanted = {"run_id": value["run_id"], "stage_id": value["stage_id"]}
        return self._reference("config", "/run_id", wanted, is_near)

    def _descriptor(self, config: Document) -> Reference:
        digest: str = config.value["model_descriptor_digest"]

        def is_near(descriptor: Document) -> bool:
            return descriptor_digest(descriptor) == digest

        wanted = {"model_id": config.value["model_id"]}
        return self._reference("descriptor", "/model_id", wanted, is_near, tie_breaker=is_near)

    def _corpus(self, config: Document) -> Reference:
        def is_near(corpus: Document) -> bool:
            identities = {_string_member(config.value.get("objective_config"), "dataset_identity")}
            if config.broken_at(("/sampling_policy_id", "/sampling_policy_version")) is None:
                policy = self._policy(config).target
                identities.add(_string_member(policy.value, "dataset_identity") if policy else None)
            return corpus.value["replay_contract"]["stable_dataset_identity"] in identities

        wanted = {"dataset_identity": config.value["dataset_identity"]}
        return self._reference("corpus", "/dataset_identity", wanted, is_near)

    def _policy(self, config: Document) -> Reference:
        value = config.value
        wanted = {
            "policy_id": value["sampling_policy_id"],
            "policy_version": value["sampling_policy_version"],
        }

        def is_near(policy: Document) -> bool:
            same_data: bool = policy.value.get("dataset_identity") == value.get("dataset_identity")
            return same_data and len(_differing(wanted, policy.value, tuple(wanted))) == 1

        return self._reference("policy", "/sampling_policy_id", wanted, is_near)

    def _reference(
        self,
        role: str,
        pointer: str,
        wanted: dict[str, str],
        is_near: Callable[[Document], bool],
        tie_breaker: Callable[[Document], bool] | None = None,
    ) -> Reference:
        """Look for a document by its identity, then for the only near one.

        Args:
            role: role of the target.
            pointer: pointer of the reference.
            wanted: the identity of the target.
            is_near: whether a document with another identity is a near match.
            tie_breaker: chooses between documents with the same identity.
        """
        exact = self._by_identity.get((role, *wanted.values()), ())
        if len(exact) == 1:
            return Reference(role, pointer, wanted, exact[0], None)
        candidates = self._by_role.get(role, ())
        if exact:
            found = _distinct([each for each in exact if tie_breaker and tie_breaker(each)] or exact)
        else:
            found = _distinct([each for each in candidates if is_near(each)])
        if len(found) == 1:
            return Reference(role, pointer, wanted, found[0], None)
        if exact:
            differing = self._difference(found[0], found[1])
            return Reference(role, pointer, wanted, None, "ambiguous-reference", tuple(found), differing)
        return Reference(role, pointer, wanted, None, "unresolved-reference", tuple(candidates))

    def _difference(self, first: Document, second: Document) -> str:
        """Where two documents differ, which many references may ask."""
        if (first, second) not in self._differences:
            self._differences[first, second] = difference(first.value, second.value)
        return self._differences[first, second]


def descriptor_digest(descriptor: Document) -> str | None:
    """D2 of a model descriptor; None if it is broken."""
    return None if descriptor.broken else descriptor.remember(digests.model_descriptor_digest)


def _distinct(documents: Sequence[Document]) -> Sequence[Document]:
    """The documents without copies, which have the same content as an earlier document.

    Of copies in one text, the one with the smallest pointer is kept, regardless of the order of members.
    """
    if len(documents) < 2:
        return documents
    seen: dict[str, Document] = {}
    for document in documents:
        content = document.remember(digests.content_digest)
        first = seen.setdefault(content, document)
        same_text = (first.name, first.judged) == (document.name, document.judged)
        if same_text and digests.utf16_order(document.pointer) < digests.utf16_order(first.pointer):
            seen[content] = document
    return list(seen.values())


def _differing(
    first: Mapping[str, Any], second: Mapping[str, Any], names: tuple[str, ...]
) -> tuple[str, ...]:
    return tuple(name for name in names if first.get(name) != second.get(name))


def _string_member(value: Any, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None
