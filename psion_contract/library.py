"""The documents at hand, found by identity; what is worked out of an input is remembered with it.

References (docs/rules.md, "References"): a receipt names its config; a config names its model descriptor,
corpus and sampling policy. A reference is *exact* where the identity agrees. Where it does not, but exactly
one document agrees with everything else that the reference says, that near match is taken, so that the
rules can name the one member that is wrong instead of a missing document.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar, cast

from psion_contract import digests, kinds
from psion_contract.jsontext import Text
from psion_contract.kinds import Kind
from psion_contract.pointers import overlaps

T = TypeVar("T")

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
"""The eight members that a receipt repeats of its config."""


class Document:
    """One contract document where it stands.

    Attributes:
        name: of the file or entry it was found in.
        pointer: where it stands in there.
        kind: what it is.
        value: the JSON object.
        text: of the whole file, for positions; None where it was given as an object.
        judged: False for one that is only there to be referred to.
        broken: pointers, from the document's root, of what the reader or the schema refused.
        unsafe: whether an integer above 2^53 - 1 may stand in it.
    """

    __slots__ = ("_memory", "broken", "judged", "kind", "name", "pointer", "text", "unsafe", "value")

    def __init__(
        self, name: str, pointer: str, kind: Kind, value: dict[str, Any], text: Text | None, judged: bool
    ) -> None:
        self.name = name
        self.pointer = pointer
        self.kind = kind
        self.value = value
        self.text = text
        self.judged = judged
        self.broken: tuple[str, ...] = ()
        self.unsafe = False
        self._memory: dict[object, Any] = {}

    def remember(self, make: Callable[[dict[str, Any]], T]) -> T:
        """What `make` makes of the value, made once."""
        if make not in self._memory:
            self._memory[make] = make(self.value)
        return cast(T, self._memory[make])

    def broken_at(self, needed: Iterable[str]) -> str | None:
        """The first broken pointer that touches one of the pointers needed, or None."""
        return next((bad for bad in self.broken for need in needed if overlaps(bad, need)), None)

    @property
    def version(self) -> str:
        """Its ``schema_version``, or the name of its schema where it carries none."""
        return self.kind.version

    @property
    def identity(self) -> dict[str, str] | None:
        """The members by which others refer to it; None where one of them is unusable."""
        if self.broken and self.broken_at(["/" + "/".join(path) for path in self.kind.identity]) is not None:
            return None
        return kinds.identify(self.kind, self.value)


class Reference(NamedTuple):
    """What came of one reference.

    Attributes:
        role: of the document referred to.
        pointer: where the reference stands, from the root of the document that refers.
        wanted: the identity that it names.
        target: the document found; None where there is none, or more than one.
        rule: ``unresolved-reference`` or ``ambiguous-reference`` where there is no target.
        candidates: the documents of that role that came into question.
    """

    role: str
    pointer: str
    wanted: Mapping[str, str]
    target: Document | None
    rule: str | None
    candidates: tuple[Document, ...] = ()


class Surroundings:
    """What a document refers to.

    Args:
        documents: those found, by role.
        failed: the references of the document itself that could not be resolved. A reference whose own
            members are broken is in neither: there is nothing to resolve.

    Attributes:
        roles: of the documents.
        inputs: those of the documents that are not judged.
        sound: whether none of them is broken.
    """

    __slots__ = ("documents", "failed", "inputs", "roles", "sound")

    def __init__(self, documents: Mapping[str, Document], failed: tuple[Reference, ...] = ()) -> None:
        self.documents = documents
        self.failed = failed
        self.roles = frozenset(documents)
        self.inputs: dict[Document, None] = {each: None for each in documents.values() if not each.judged}
        self.sound = not any(each.broken for each in documents.values())


NOTHING = Surroundings({})


class Library:
    """The documents that may be referred to. It does not change once made.

    Args:
        documents: any documents; those whose identity is unusable cannot be found.
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
        self._surroundings: dict[Document, Surroundings] = {}
        self._through_config: dict[Document, Surroundings] = {}

    def extended(self, documents: Iterable[Document]) -> "Library":
        """A library of these documents too."""
        return Library((*self.documents, *documents))

    def surroundings(self, document: Document) -> Surroundings:
        """The documents that a config or a receipt refers to, a receipt's through its config."""
        if document.kind is kinds.RECEIPT:
            # Not remembered: a library outlives the receipts that are checked against it.
            return self._of_receipt(document)
        if document.kind is not kinds.CONFIG:
            return NOTHING
        found = self._surroundings.get(document)
        if found is None:
            found = self._surroundings[document] = self._of_config(document)
        return found

    def _of_receipt(self, document: Document) -> Surroundings:
        if document.broken and document.broken_at(("/run_id", "/stage_id")) is not None:
            return NOTHING
        config = self._sole("config", document.value["run_id"], document.value["stage_id"])
        if config is None:
            reference = self._config(document)
            config = reference.target
            if config is None:
                return Surroundings({}, (reference,))
        around = self._through_config.get(config)
        if around is None:
            documents = {"config": config, **self.surroundings(config).documents}
            around = self._through_config[config] = Surroundings(documents)
        return around

    def _of_config(self, document: Document) -> Surroundings:
        resolvers = {
            ("/model_id", "/model_descriptor_digest"): self._descriptor,
            ("/dataset_identity",): self._corpus,
            ("/sampling_policy_id", "/sampling_policy_version"): self._policy,
        }
        found = [
            resolve(document) for needed, resolve in resolvers.items() if document.broken_at(needed) is None
        ]
        return Surroundings(
            {each.role: each.target for each in found if each.target is not None},
            tuple(each for each in found if each.target is None),
        )

    def _config(self, receipt: Document) -> Reference:
        value = receipt.value
        wanted = {"run_id": value["run_id"], "stage_id": value["stage_id"]}
        exact = self._exact("config", wanted)
        near = [
            each
            for each in self._others(exact, "config")
            if _differing(value, each.value, SHARED_MEMBERS) in NEAR_CONFIG
        ]
        return self._reference("config", "/run_id", wanted, exact, near)

    def _descriptor(self, config: Document) -> Reference:
        value = config.value
        digest = value["model_descriptor_digest"]
        wanted = {"model_id": value["model_id"]}
        exact = self._exact("descriptor", wanted)
        if len(exact) > 1:
            exact = [each for each in exact if descriptor_digest(each) == digest] or exact
        near = [each for each in self._others(exact, "descriptor") if descriptor_digest(each) == digest]
        return self._reference("descriptor", "/model_id", wanted, exact, near)

    def _corpus(self, config: Document) -> Reference:
        wanted = {"dataset_identity": config.value["dataset_identity"]}
        exact = self._exact("corpus", wanted)
        near = []
        if others := self._others(exact, "corpus"):
            said = {_text_at(config.value.get("objective_config"), "dataset_identity")}
            if config.broken_at(("/sampling_policy_id", "/sampling_policy_version")) is None:
                policy = self._policy(config).target
                said.add(_text_at(policy.value, "dataset_identity") if policy else None)
            near = [
                each for each in others if each.value["replay_contract"]["stable_dataset_identity"] in said
            ]
        return self._reference("corpus", "/dataset_identity", wanted, exact, near)

    def _policy(self, config: Document) -> Reference:
        value = config.value
        wanted = {
            "policy_id": value["sampling_policy_id"],
            "policy_version": value["sampling_policy_version"],
        }
        exact = self._exact("policy", wanted)
        near = [
            each
            for each in self._others(exact, "policy")
            if len(_differing(wanted, each.value, tuple(wanted))) == 1
            and each.value.get("dataset_identity") == value.get("dataset_identity")
        ]
        return self._reference("policy", "/sampling_policy_id", wanted, exact, near)

    def _sole(self, *identity: str) -> Document | None:
        """The document with that role and identity, where there is one and only one."""
        found = self._by_identity.get(identity, ())
        return found[0] if len(found) == 1 else None

    def _exact(self, role: str, wanted: dict[str, str]) -> list[Document]:
        return self._by_identity.get((role, *wanted.values()), [])

    def _others(self, exact: list[Document], role: str) -> list[Document]:
        """Where a near match is to be looked for: nowhere if there is an exact one."""
        return [] if exact else self._by_role.get(role, [])

    def _reference(
        self, role: str, pointer: str, wanted: dict[str, str], exact: list[Document], near: list[Document]
    ) -> Reference:
        found = _distinct(exact or near)
        if len(found) == 1:
            return Reference(role, pointer, wanted, found[0], None)
        if exact:
            return Reference(role, pointer, wanted, None, "ambiguous-reference", tuple(found))
        at_hand = tuple(self._by_role.get(role, ()))
        return Reference(role, pointer, wanted, None, "unresolved-reference", at_hand)


NEAR_CONFIG = (("run_id",), ("stage_id",))
"""A config is a near match where just one of these differs and the other seven shared members agree."""


def descriptor_digest(descriptor: Document) -> str | None:
    """D2 of a model descriptor; None where it is broken."""
    return None if descriptor.broken else descriptor.remember(digests.model_descriptor_digest)


def _distinct(documents: list[Document]) -> list[Document]:
    """Without those that say the same as an earlier one: a copy is no second claim.

    In one text the one with the least pointer comes first, so that the order of members does not count.
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


def _text_at(value: Any, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None
