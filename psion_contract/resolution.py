"""References between documents: exact, near, ambiguous or unresolved (docs/reference/rules, "References").

A receipt names its config; a config names its model descriptor, corpus and sampling policy. A reference is
*exact* where the identity agrees. Without an exact match, the one document that agrees with everything else
that the reference says is a *near* match: with it, the rules report the one wrong member instead of a missing
document.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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

READ_DIFFERENTLY = "how they can be read"
"""Where two documents differ that have one value: another reader may see another one."""

MAX_CANDIDATES = 10
"""How many documents that a reference may mean are listed."""


class Reference(NamedTuple):
    """The outcome of one reference.

    Attributes:
        role: role of the target.
        pointer: pointer of the reference, from the root of its document.
        wanted: the identity of the target.
        target: the document found; None if there is none, or more than one.
        rule: ``unresolved-reference`` or ``ambiguous-reference`` if there is no target.
        candidates: the documents that claim the identity, or all of that role if none does; see `MAX_CANDIDATES`.
        candidate_count: how many there are.
        difference: of ambiguous candidates, where the first two differ, in words.
    """

    role: str
    pointer: str
    wanted: Mapping[str, str]
    target: Document | None
    rule: str | None
    candidates: tuple[Document, ...] = ()
    candidate_count: int = 0
    difference: str = ""


class Resolution:
    """The documents that a document refers to.

    Args:
        documents: the documents found, by role.
        failed: the references that could not be resolved. A reference with broken members is not resolved and
            in neither of the two.

    Attributes:
        roles: the roles of the documents.
        values: their values, by role.
        inputs: the documents that are not judged.
        sound: whether none of the documents is broken.
    """

    __slots__ = ("documents", "failed", "inputs", "roles", "sound", "values")

    def __init__(self, documents: Mapping[str, Document], failed: tuple[Reference, ...] = ()) -> None:
        self.documents = documents
        self.failed = failed
        self.roles = frozenset(documents)
        self.values = {role: each.value for role, each in documents.items()}
        self.inputs: dict[Document, None] = {each: None for each in documents.values() if not each.judged}
        self.sound = not any(each.broken for each in documents.values())


_EMPTY = Resolution({})

Key = tuple[Any, ...]


class Resolver:
    """Resolves references among a fixed set of documents, each in constant time.

    Args:
        documents: any documents; those without a usable identity cannot be found.
    """

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self.documents = tuple(documents)
        self._by_role: dict[str, list[Document]] = {}
        self._by_identity: dict[Key, list[Document]] = {}
        for document in self.documents:
            identity = document.identity
            if identity is not None:
                role = document.kind.role
                self._by_role.setdefault(role, []).append(document)
                self._by_identity.setdefault((role, *identity.values()), []).append(document)
        self._differences: dict[tuple[Document, Document], str] = {}
        self._near: dict[str, dict[Key, list[Document]]] = {}
        self._found: dict[tuple[str, Key], Sequence[Document]] = {}
        self._receipt_resolutions: dict[Document, Resolution] = {}

    def extended(self, documents: Iterable[Document]) -> "Resolver":
        """A resolver that also finds these documents."""
        return Resolver((*self.documents, *documents))

    def resolve(self, document: Document) -> Resolution:
        """The documents that a config or a receipt refers to; a receipt refers to its config and through it to the rest.

        Other kinds of documents refer to nothing."""
        # Not cached: a resolver outlives the documents that are checked with it.
        if document.kind == kinds.RECEIPT:
            return self._resolve_receipt(document)
        return self._resolve_config(document) if document.kind == kinds.CONFIG else _EMPTY

    def _resolve_receipt(self, document: Document) -> Resolution:
        if document.broken and document.broken_at(("/run_id", "/stage_id")) is not None:
            return _EMPTY
        value = document.value
        exact = self._by_identity.get(("config", value["run_id"], value["stage_id"]), ())
        if len(exact) == 1:
            config = exact[0]
        else:
            reference = self._config(document)
            if reference.target is None:
                return Resolution({}, (reference,))
            config = reference.target
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
        wanted = {"run_id": value["run_id"], "stage_id": value["stage_id"]}
        return self._reference("config", "/run_id", wanted, lambda: _near_config_keys(value))

    def _descriptor(self, config: Document) -> Reference:
        digest: str = config.value["model_descriptor_digest"]
        wanted = {"model_id": config.value["model_id"]}
        return self._reference("descriptor", "/model_id", wanted, lambda: [(digest,)], tie_breaker=(digest,))

    def _corpus(self, config: Document) -> Reference:
        def near_keys() -> Iterator[Key]:
            yield (_string_member(config.value.get("objective_config"), "dataset_identity"),)
            if config.broken_at(("/sampling_policy_id", "/sampling_policy_version")) is None:
                policy = self._policy(config).target
                yield (_string_member(policy.value, "dataset_identity") if policy else None,)

        wanted = {"dataset_identity": config.value["dataset_identity"]}
        return self._reference("corpus", "/dataset_identity", wanted, near_keys)

    def _policy(self, config: Document) -> Reference:
        value = config.value
        wanted = {
            "policy_id": value["sampling_policy_id"],
            "policy_version": value["sampling_policy_version"],
        }
        named = {**wanted, "dataset_identity": value.get("dataset_identity")}
        return self._reference("policy", "/sampling_policy_id", wanted, lambda: _near_policy_keys(named))

    def _reference(
        self,
        role: str,
        pointer: str,
        wanted: dict[str, str],
        near_keys: Callable[[], Iterable[Key]],
        tie_breaker: Key = (),
    ) -> Reference:
        """Look for a document by its identity, then for the only near one.

        Args:
            role: role of the target.
            pointer: pointer of the reference.
            wanted: the identity of the target.
            near_keys: of the documents that are near matches although they have another identity.
            tie_breaker: the near key that chooses between documents with the same identity.
        """
        identity = (role, *wanted.values())
        exact = self._by_identity.get(identity, ())
        if len(exact) == 1:
            return Reference(role, pointer, wanted, exact[0], None)
        found = self._exact(role, identity, tie_breaker) if exact else self._near_matches(role, near_keys())
        if len(found) == 1:
            return Reference(role, pointer, wanted, found[0], None)
        rule = "ambiguous-reference" if exact else "unresolved-reference"
        candidates = found if exact else self._by_role.get(role, ())
        differing = self._difference(found[0], found[1]) if exact else ""
        listed = tuple(candidates[:MAX_CANDIDATES])
        return Reference(role, pointer, wanted, None, rule, listed, len(candidates), differing)

    def _exact(self, role: str, identity: Key, tie_breaker: Key) -> Sequence[Document]:
        """The different documents with an identity, of these the ones that the tie-breaker chooses, if any."""
        chosen = tie_breaker if tie_breaker and tie_breaker in self._near_index(role) else ()
        key = (role, (*identity, *chosen))
        if key not in self._found:
            exact = self._by_identity[identity]
            self._found[key] = _distinct([each for each in exact if chosen in _near_keys(each)] or exact)
        return self._found[key]

    def _near_matches(self, role: str, keys: Iterable[Key]) -> Sequence[Document]:
        """The different documents of a role with one of these near keys."""
        found: dict[Document, None] = {}
        for key in keys:
            near = self._near_index(role).get(key)
            if near is not None:  # only these are cached: a resolver may see endless many keys
                if (role, key) not in self._found:
                    self._found[role, key] = _distinct(near)
                found |= dict.fromkeys(self._found[role, key])
        return _distinct(list(found))

    def _near_index(self, role: str) -> dict[Key, list[Document]]:
        """The documents of a role by their near keys, made when it is first needed."""
        if role not in self._near:
            index: dict[Key, list[Document]] = {}
            for document in self._by_role.get(role, ()):
                for key in _near_keys(document):
                    index.setdefault(key, []).append(document)
            self._near[role] = index
        return self._near[role]

    def _difference(self, first: Document, second: Document) -> str:
        """Where two documents differ, which many references may ask."""
        if (first, second) not in self._differences:
            self._differences[first, second] = difference(first.value, second.value) or READ_DIFFERENTLY
        return self._differences[first, second]


def _near_keys(document: Document) -> Iterable[Key]:
    """The keys by which a document is found although its identity is another one."""
    match document.kind.role:
        case "config":
            return _near_config_keys(document.value)
        case "policy":
            return _near_policy_keys(document.value)
        case "corpus":
            return [(document.value["replay_contract"]["stable_dataset_identity"],)]
    return [(descriptor_digest(document),)]


def _near_config_keys(value: Mapping[str, Any]) -> list[Key]:
    """A config is a near match where all shared members but one of ``run_id`` and ``stage_id`` agree."""
    others = tuple(_hashable(value.get(name)) for name in SHARED_MEMBERS[2:])
    return [(name, _hashable(value.get(name)), *others) for name in ("run_id", "stage_id")]


def _near_policy_keys(value: Mapping[str, Any]) -> list[Key]:
    """A policy is a near match where the dataset and one of id and version agree."""
    dataset = _hashable(value.get("dataset_identity"))
    return [(name, _hashable(value.get(name)), dataset) for name in ("policy_id", "policy_version")]


def _hashable(value: Any) -> Any:
    """A string, or something that equals no string, for a broken member."""
    return value if isinstance(value, str) else (repr(type(value)), str(value)[:1000])


def dependents(resolver: Resolver, names: Collection[str]) -> set[str]:
    """The names of the texts with a document that refers to one in a text with one of `names`, or to nothing.

    Args:
        resolver: a resolver of all documents.
        names: names of texts, whose documents are not among the result.
    """
    found = set[str]()
    for document in resolver.documents:
        if document.name in names or document.name in found:
            continue
        resolution = resolver.resolve(document)
        if resolution.failed or any(each.name in names for each in resolution.documents.values()):
            found.add(document.name)
    return found


def descriptor_digest(descriptor: Document) -> str | None:
    """D2 of a model descriptor; None if it is broken."""
    return None if descriptor.broken else descriptor.remember(digests.model_descriptor_digest)


def _distinct(documents: Sequence[Document]) -> Sequence[Document]:
    """The documents without copies, which have the same content as an earlier document.

    A document that another reader may see differently is no copy of any other. Of copies in one text, the one with the
    smallest pointer is kept, regardless of the order of members.
    """
    if len(documents) < 2:
        return documents
    seen: dict[object, Document] = {}
    for document in documents:
        content: object = document if document.misread else document.remember(digests.content_digest)
        first = seen.setdefault(content, document)
        same_text = (first.name, first.judged) == (document.name, document.judged)
        if same_text and digests.utf16_order(document.pointer) < digests.utf16_order(first.pointer):
            seen[content] = document
    return list(seen.values())


def _string_member(value: Any, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None
