"""A config against the model, corpus and sampling policy that it names."""

from __future__ import annotations

from collections.abc import Iterator

from psion_contract import digests
from psion_contract.quoting import shown
from psion_contract.rules.base import Flaw, Subject, check


@check("model-id-mismatch", "config", config=("/model_id",), descriptor=("/model/model_id",))
def model_id(s: Subject) -> Iterator[Flaw]:
    """The model the config names is the one the descriptor describes."""
    stands, right = s.config["model_id"], s.descriptor["model"]["model_id"]
    if stands != right:
        message = (
            f"the config names the model {shown(stands)}, but gives the descriptor digest of {shown(right)}"
        )
        yield Flaw("config", "/model_id", message, right, stands, (("descriptor", "/model/model_id"),))


@check("model-descriptor-digest-mismatch", "config", config=("/model_descriptor_digest",), descriptor=("",))
def model_descriptor_digest(s: Subject) -> Iterator[Flaw]:
    """The config binds the descriptor by D2."""
    stands, right = s.config["model_descriptor_digest"], s.of("descriptor", digests.model_descriptor_digest)
    if stands != right:
        message = f"the digest D2 of the model descriptor is {right}"
        yield Flaw("config", "/model_descriptor_digest", message, right, stands, (("descriptor", ""),))


def _binding_digest(s: Subject, stands: str, pointer: str) -> Iterator[Flaw]:
    right = s.of("descriptor", digests.tokenizer_binding_digest)
    if stands != right:
        message = f"the digest D1 of the model's tokenizer binding is {right}"
        yield Flaw("config", pointer, message, right, stands, (("descriptor", "/tokenizer_binding"),))


@check(
    "tokenizer-binding-digest-mismatch",
    "config",
    config=("/tokenizer_binding_digest",),
    descriptor=("/tokenizer_binding",),
)
def tokenizer_binding_digest(s: Subject) -> Iterator[Flaw]:
    """The config binds the model's tokenizer by D1."""
    yield from _binding_digest(s, s.config["tokenizer_binding_digest"], "/tokenizer_binding_digest")


@check(
    "tokenizer-binding-digest-mismatch",
    "config",
    config=("/objective_config/tokenizer_binding_digest",),
    descriptor=("/tokenizer_binding",),
)
def objective_tokenizer_binding_digest(s: Subject) -> Iterator[Flaw]:
    """So does its objective."""
    pointer = "/objective_config/tokenizer_binding_digest"
    yield from _binding_digest(s, s.config["objective_config"]["tokenizer_binding_digest"], pointer)


_IDENTITY = "/replay_contract/stable_dataset_identity"


def _dataset(s: Subject, role: str, stands: str, pointer: str) -> Iterator[Flaw]:
    right = s.corpus["replay_contract"]["stable_dataset_identity"]
    if stands != right:
        message = f"the {role} names the data set {shown(stands)}, but the corpus is {shown(right)}"
        yield Flaw(role, pointer, message, right, stands, (("corpus", _IDENTITY),))


@check("dataset-identity-mismatch", "config", config=("/dataset_identity",), corpus=(_IDENTITY,))
def dataset_identity(s: Subject) -> Iterator[Flaw]:
    """The config names the corpus."""
    yield from _dataset(s, "config", s.config["dataset_identity"], "/dataset_identity")


@check(
    "dataset-identity-mismatch", "config", config=("/objective_config/dataset_identity",), corpus=(_IDENTITY,)
)
def objective_dataset_identity(s: Subject) -> Iterator[Flaw]:
    """So does its objective."""
    stands = s.config["objective_config"]["dataset_identity"]
    yield from _dataset(s, "config", stands, "/objective_config/dataset_identity")


@check("dataset-identity-mismatch", "config", policy=("/dataset_identity",), corpus=(_IDENTITY,))
def policy_dataset_identity(s: Subject) -> Iterator[Flaw]:
    """So does the sampling policy."""
    yield from _dataset(s, "policy", s.policy["dataset_identity"], "/dataset_identity")


def _policy_member(s: Subject, own: str, other: str) -> Iterator[Flaw]:
    stands, right = s.config[own], s.policy[other]
    if stands != right:
        message = f"the config names {shown(stands)}, but the policy at hand has the {other} {shown(right)}"
        yield Flaw("config", f"/{own}", message, right, stands, (("policy", f"/{other}"),))


@check("sampling-policy-mismatch", "config", config=("/sampling_policy_id",), policy=("/policy_id",))
def sampling_policy_id(s: Subject) -> Iterator[Flaw]:
    """The config names the policy's id."""
    yield from _policy_member(s, "sampling_policy_id", "policy_id")


@check(
    "sampling-policy-mismatch", "config", config=("/sampling_policy_version",), policy=("/policy_version",)
)
def sampling_policy_version(s: Subject) -> Iterator[Flaw]:
    """And its version."""
    yield from _policy_member(s, "sampling_policy_version", "policy_version")


@check(
    "context-length-mismatch",
    "config",
    config=("/objective_config/max_context_tokens",),
    descriptor=("/config/max_context",),
)
def context_length(s: Subject) -> Iterator[Flaw]:
    """The objective trains with the context length of the model."""
    stands, right = s.config["objective_config"]["max_context_tokens"], s.descriptor["config"]["max_context"]
    if stands != right:
        message = f"the objective trains with {stands} tokens of context, but the model has {right}"
        other = (("descriptor", "/config/max_context"),)
        yield Flaw("config", "/objective_config/max_context_tokens", message, right, stands, other)


_TOKENIZER = {
    "/tokenizer_id": "tokenizer_id",
    "/tokenizer_version": "tokenizer_version",
    "/tokenizer/family": "tokenizer_family",
    "/tokenizer/tokenizer_digest": "tokenizer_digest",
    "/tokenizer/vocab_size": "vocab_size",
    "/tokenizer/special_tokens_digest": "special_tokens_digest",
    "/tokenizer/template_digest": "template_digest",
}
"""Where the corpus states its tokenizer, and the member of the tokenizer binding that must say the same."""


@check(
    "tokenizer-mismatch",
    "config",
    corpus=("/tokenizer_id", "/tokenizer_version", "/tokenizer"),
    descriptor=("/tokenizer_binding",),
)
def tokenizer(s: Subject) -> Iterator[Flaw]:
    """The corpus was tokenized for the model."""
    top, nested, binding = s.corpus, s.corpus["tokenizer"], s.descriptor["tokenizer_binding"]
    for pointer, member in _TOKENIZER.items():
        holder, name = (nested, pointer[11:]) if pointer.startswith("/tokenizer/") else (top, pointer[1:])
        stands, right = holder.get(name), binding.get(member)
        if stands != right:
            message = (
                f"the corpus was tokenized with {name} {shown(stands)}, but the model expects {shown(right)}"
            )
            place = pointer if stands is not None else "/tokenizer"
            other = f"/tokenizer_binding/{member}" if right is not None else "/tokenizer_binding"
            yield Flaw("corpus", place, message, right, stands, (("descriptor", other),))
