"""Cases of the rules on a config against model, corpus and policy."""

from __future__ import annotations

from typing import Any

from psion_contract.conformance.sources.base import PLAN
from psion_contract.conformance.sources.editing import Edit, Tree, drop, each, put, upended
from psion_contract.conformance.sources.making import ZEROS, Group
from psion_contract.conformance.sources.sealing import bound, relaid, sealed

_BINDING = "/descriptor/tokenizer_binding"
_IDENTITY = "/corpus/replay_contract/stable_dataset_identity"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    made = Group("config", "A config against model, corpus and policy.", on=PLAN)
    _model(made)
    _tokenizer_digest(made)
    _dataset(made)
    _policy(made)
    _context(made)
    _tokenizer(made)
    return made


def tokenizer(member: str, value: Any, stated: str = "") -> list[Edit]:
    """Another tokenizer in the model, in the corpus and, where they name it, in the shards."""
    edits = [put(f"{_BINDING}/{member}", value), put(f"/corpus/{stated or member}", value)]
    return [*edits, each("/corpus/shards", member, value)] if member == "tokenizer_digest" else edits


def dataset(identity: str, *places: str) -> list[Edit]:
    """Another identity of the data set at some places."""
    return [put(place, identity) for place in places]


def _model(made: Group) -> None:
    rule, place = "model-id-mismatch", "/config/model_id"
    name = "/descriptor/model/model_id"
    made.accepted(
        rule, "another-name", "Model and config use another name.", put(name, "m"), put(place, "m"),
        then=bound,
    )
    made.rejected(
        rule, "config", "The config names another model; its digest finds the descriptor.", put(place, "m"),
        at=[place],
    )
    made.rejected(
        rule, "case", "A name that differs only in the case of a letter is another name.",
        put(place, "Psion-tidewater-pilot"), at=[place],
    )
    made.rejected(
        rule, "descriptor", "The descriptor that the digest is of has another name.", put(name, "m"),
        at=[place], then=bound,
    )

    rule, place = "model-descriptor-digest-mismatch", "/config/model_descriptor_digest"
    revision = put("/descriptor/model/revision", "β-2")
    made.accepted(
        rule, "another-revision", "Another revision of the model, and its D2.", revision, then=bound,
    )
    made.accepted(
        rule, "member-order", "The order of members in the descriptor's text does not count.",
        upended("/descriptor"), upended(_BINDING), upended("/descriptor/config"),
    )
    made.accepted(
        rule, "null", "An optional member that is null is as good as absent.",
        put("/descriptor/checkpoint_contract/tensor_layout/0/quantized_layout", None),
    )
    made.rejected(rule, "zeros", "The digest is of nothing.", put(place, ZEROS), at=[place])
    made.rejected(rule, "stale", "The model was revised after the config.", revision, at=[place])


def _tokenizer_digest(made: Group) -> None:
    rule = "tokenizer-binding-digest-mismatch"
    own, objective = "/config/tokenizer_binding_digest", "/config/objective_config/tokenizer_binding_digest"
    anew = tokenizer("tokenizer_version", "3")
    made.accepted(rule, "another-version", "Another tokenizer throughout, and its D1.", *anew, then=bound)
    made.rejected(rule, "own", "The config's own digest is of nothing.", put(own, ZEROS), at=[own])
    made.rejected(
        rule, "objective", "Its objective's digest is of nothing.", put(objective, ZEROS), at=[objective],
    )
    made.rejected(
        rule, "both", "Both are the same, and wrong.", put(own, ZEROS), put(objective, ZEROS),
        at=[own, objective],
    )
    made.rejected(
        rule, "stale", "The tokenizer was changed after the config, which notices by D1 and by D2.", *anew,
        at=[own, objective], also=[("model-descriptor-digest-mismatch", "/config/model_descriptor_digest")],
    )


def _dataset(made: Group) -> None:
    rule = "dataset-identity-mismatch"
    own, objective = "/config/dataset_identity", "/config/objective_config/dataset_identity"
    policy = "/policy/dataset_identity"
    renamed = [put("/corpus/dataset_version", "2"), *dataset("quay-corpus@2", _IDENTITY)]
    made.accepted(
        rule, "another-version", "Another version of the corpus, named so everywhere.", *renamed,
        *dataset("quay-corpus@2", own, objective, policy),
    )
    for slug, where, places in (
        ("config", "The config itself names", [own]),
        ("objective", "The config's objective names", [objective]),
        ("policy", "The policy names", [policy]),
        ("config-and-objective", "The config and its objective name", [own, objective]),
        ("config-and-policy", "The config and the policy name", [own, policy]),
        ("objective-and-policy", "The objective and the policy name", [objective, policy]),
    ):
        made.rejected(rule, slug, f"{where} another data set.", *dataset("elsewhere@1", *places), at=places)


def _policy(made: Group) -> None:
    rule = "sampling-policy-mismatch"
    both = (
        ("id", "/config/sampling_policy_id", "/policy/policy_id"),
        ("version", "/config/sampling_policy_version", "/policy/policy_version"),
    )
    made.accepted(
        rule, "another-policy", "Another policy, named so in both.",
        *(put(place, "β") for _, *places in both for place in places),
    )
    for name, own, other in both:
        made.rejected(rule, f"config-{name}", f"The config names another {name}.", put(own, "x"), at=[own])
        made.rejected(rule, f"policy-{name}", f"The policy has another {name}.", put(other, "x"), at=[own])


def _context(made: Group) -> None:
    rule, place = "context-length-mismatch", "/config/objective_config/max_context_tokens"

    def anew(tree: Tree) -> Tree:
        return bound(relaid(tree))

    longer = put("/descriptor/config/max_context", 4096)
    made.accepted(
        rule, "longer", "Twice the context in model and objective.", longer, put(place, 4096), then=anew,
    )
    made.rejected(rule, "model-longer", "The model has twice the context.", longer, at=[place], then=anew)
    made.rejected(rule, "one-less", "The objective trains with one token less.", put(place, 2047), at=[place])
    made.rejected(rule, "one-more", "The objective trains with one token more.", put(place, 2049), at=[place])


def _tokenizer(made: Group) -> None:
    rule = "tokenizer-mismatch"
    made.accepted(
        rule, "another-digest", "Another tokenizer throughout.",
        *tokenizer("tokenizer_digest", "x", "tokenizer/tokenizer_digest"), then=bound,
    )
    optional = ("special_tokens_digest", "template_digest")
    made.accepted(
        rule, "absent-and-null", "What is absent on one side is null on the other.",
        drop(f"{_BINDING}/special_tokens_digest"), put("/corpus/tokenizer/special_tokens_digest", None),
        put(f"{_BINDING}/template_digest", None), drop("/corpus/tokenizer/template_digest"), then=bound,
    )
    for member, value in (
        ("tokenizer_id", "x"),
        ("tokenizer_version", "3"),
        ("tokenizer/family", "custom"),
        ("tokenizer/tokenizer_digest", "x"),
        ("tokenizer/vocab_size", 49151),
        *((f"tokenizer/{name}", "x") for name in optional),
    ):
        edits = [put(f"/corpus/{member}", value)]
        if member.endswith("/tokenizer_digest"):
            edits.append(each("/corpus/shards", "tokenizer_digest", value))
        slug = member.rpartition("/")[2].replace("_", "-")
        made.rejected(rule, slug, f"The corpus has another {member}.", *edits, at=[f"/corpus/{member}"])
    for name in optional:
        slug = name.replace("_", "-")
        made.rejected(
            rule, f"corpus-without-{slug}", f"The model has a {name}, the corpus has none.",
            drop(f"/corpus/tokenizer/{name}"), at=["/corpus/tokenizer"],
        )
        made.rejected(
            rule, f"model-without-{slug}", f"The corpus has a {name}, the model has none.",
            drop(f"{_BINDING}/{name}"), at=[f"/corpus/tokenizer/{name}"], then=bound,
        )
    made.rejected(
        rule, "null", "Null in the corpus is as bad as absent.",
        put("/corpus/tokenizer/template_digest", None), at=["/corpus/tokenizer"], then=sealed,
    )
