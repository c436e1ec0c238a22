"""A config against the model, corpus and sampling policy that it names."""

from __future__ import annotations

from collections.abc import Iterator

from psion_contract.documents import digests
from psion_contract.reading.escaping import excerpt
from psion_contract.rules.checks import Check, Flaw, Subject, check


@check("model-id-mismatch")
def model_id(s: Subject) -> Iterator[Flaw]:
    """The config names the model that the descriptor describes."""
    actual, expected = s.config["model_id"], s.descriptor["model"]["model_id"]
    if actual != expected:
        message = f"the config names the model {excerpt(actual)}, but its descriptor digest belongs to {excerpt(expected)}"
        yield Flaw("config", "/model_id", message, expected, actual, (("descriptor", "/model/model_id"),))


@check("model-descriptor-digest-mismatch")
def model_descriptor_digest(s: Subject) -> Iterator[Flaw]:
    """The config binds the descriptor by D2."""
    actual, expected = (
        s.config["model_descriptor_digest"],
        s.of("descriptor", digests.model_descriptor_digest),
    )
    if actual != expected:
        message = f"digest D2 of the model descriptor is {expected}"
        yield Flaw("config", "/model_descriptor_digest", message, expected, actual, (("descriptor", ""),))


def _binding_digest(s: Subject, actual: str, pointer: str) -> Iterator[Flaw]:
    expected = s.of("descriptor", digests.tokenizer_binding_digest)
    if actual != expected:
        message = f"digest D1 of the model's tokenizer binding is {expected}"
        yield Flaw("config", pointer, message, expected, actual, (("descriptor", "/tokenizer_binding"),))


@check("tokenizer-binding-digest-mismatch.config")
def tokenizer_binding_digest(s: Subject) -> Iterator[Flaw]:
    """The config binds the model's tokenizer by D1."""
    yield from _binding_digest(s, s.config["tokenizer_binding_digest"], "/tokenizer_binding_digest")


@check("tokenizer-binding-digest-mismatch.objective")
def objective_tokenizer_binding_digest(s: Subject) -> Iterator[Flaw]:
    """The objective binds the model's tokenizer by D1."""
    pointer = "/objective_config/tokenizer_binding_digest"
    yield from _binding_digest(s, s.config["objective_config"]["tokenizer_binding_digest"], pointer)


_IDENTITY = "/replay_contract/stable_dataset_identity"


def _dataset(s: Subject, role: str, actual: str, pointer: str) -> Iterator[Flaw]:
    expected = s.corpus["replay_contract"]["stable_dataset_identity"]
    if actual != expected:
        message = f"the {role} names the dataset {excerpt(actual)}, but the corpus is {excerpt(expected)}"
        yield Flaw(role, pointer, message, expected, actual, (("corpus", _IDENTITY),))


@check("dataset-identity-mismatch.config")
def dataset_identity(s: Subject) -> Iterator[Flaw]:
    """The config names the corpus."""
    yield from _dataset(s, "config", s.config["dataset_identity"], "/dataset_identity")


@check("dataset-identity-mismatch.objective")
def objective_dataset_identity(s: Subject) -> Iterator[Flaw]:
    """The objective names the corpus."""
    actual = s.config["objective_config"]["dataset_identity"]
    yield from _dataset(s, "config", actual, "/objective_config/dataset_identity")


@check("dataset-identity-mismatch.policy")
def policy_dataset_identity(s: Subject) -> Iterator[Flaw]:
    """The sampling policy names the corpus."""
    yield from _dataset(s, "policy", s.policy["dataset_identity"], "/dataset_identity")


def _policy_member(s: Subject, own: str, other: str) -> Iterator[Flaw]:
    actual, expected = s.config[own], s.policy[other]
    if actual != expected:
        message = f"the config names {excerpt(actual)}, but the {other} of the policy is {excerpt(expected)}"
        yield Flaw("config", f"/{own}", message, expected, actual, (("policy", f"/{other}"),))


@check("sampling-policy-mismatch.id")
def sampling_policy_id(s: Subject) -> Iterator[Flaw]:
    """The config names the id of the policy."""
    yield from _policy_member(s, "sampling_policy_id", "policy_id")


@check("sampling-policy-mismatch.version")
def sampling_policy_version(s: Subject) -> Iterator[Flaw]:
    """The config names the version of the policy."""
    yield from _policy_member(s, "sampling_policy_version", "policy_version")


@check("context-length-mismatch")
def context_length(s: Subject) -> Iterator[Flaw]:
    """The objective trains with the context length of the model."""
    actual, expected = (
        s.config["objective_config"]["max_context_tokens"],
        s.descriptor["config"]["max_context"],
    )
    if actual != expected:
        message = f"the objective trains with a context of {actual} tokens, but the model has {expected}"
        other = (("descriptor", "/config/max_context"),)
        yield Flaw("config", "/objective_config/max_context_tokens", message, expected, actual, other)


_TOKENIZER = {
    "/tokenizer_id": "tokenizer_id",
    "/tokenizer_version": "tokenizer_version",
    "/tokenizer/family": "tokenizer_family",
    "/tokenizer/tokenizer_digest": "tokenizer_digest",
    "/tokenizer/vocab_size": "vocab_size",
    "/tokenizer/special_tokens_digest": "special_tokens_digest",
    "/tokenizer/template_digest": "template_digest",
}
"""By pointer of a member of the corpus, the member of the tokenizer binding that must have the same value."""


@check("tokenizer-mismatch")
def tokenizer(s: Subject) -> Iterator[Flaw]:
    """The corpus was tokenized for the model."""
    top, nested, binding = s.corpus, s.corpus["tokenizer"], s.descriptor["tokenizer_binding"]
    for pointer, member in _TOKENIZER.items():
        holder, name = (nested, pointer[11:]) if pointer.startswith("/tokenizer/") else (top, pointer[1:])
        actual, expected = holder.get(name), binding.get(member)
        if actual != expected:
            message = f"the corpus was tokenized with {name} {excerpt(actual)}, but the model expects {excerpt(expected)}"
            own = pointer if actual is not None else "/tokenizer"
            other = f"/tokenizer_binding/{member}" if expected is not None else "/tokenizer_binding"
            yield Flaw("corpus", own, message, expected, actual, (("descriptor", other),))


CHECKS: tuple[Check, ...] = (
    model_id,
    model_descriptor_digest,
    tokenizer_binding_digest,
    objective_tokenizer_binding_digest,
    dataset_identity,
    objective_dataset_identity,
    policy_dataset_identity,
    sampling_policy_id,
    sampling_policy_version,
    context_length,
    tokenizer,
)
