"""Cases of the rules on a config against model, corpus and policy."""

from __future__ import annotations

from typing import Any

from tools.edits import Edit, Tree, drop, each, put, reverse
from tools.pack.base_documents import PLAN
from tools.pack.case_builder import ZEROS, Group
from tools.pack.restoring import bound, relaid, sealed

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
        rule, "another-name", "Descriptor and config both use the model_id m.", put(name, "m"),
        put(place, "m"), then=bound,
    )
    made.rejected(
        rule, "config", "The config names another model_id than the descriptor that its digest is of.",
        put(place, "m"), at=[place],
    )
    made.rejected(
        rule, "case", "The config's model_id differs from the descriptor's only in the case of a letter.",
        put(place, "Psion-tidewater-pilot"), at=[place],
    )
    made.rejected(
        rule, "descriptor", "The descriptor has another model_id than the config, which holds the right D2.",
        put(name, "m"), at=[place], then=bound,
    )

    rule, place = "model-descriptor-digest-mismatch", "/config/model_descriptor_digest"
    revision = put("/descriptor/model/revision", "β-2")
    made.accepted(
        rule, "another-revision", "The descriptor is of another revision, and the config holds the D2 of it.",
        revision, then=bound,
    )
    made.accepted(
        rule, "member-order",
        "The descriptor's members are in reverse order, which makes no difference to D2.",
        reverse("/descriptor"), reverse(_BINDING), reverse("/descriptor/config"),
    )
    made.accepted(
        rule, "null", "An optional member of the descriptor is null, which makes the same D2 as its absence.",
        put("/descriptor/checkpoint_contract/tensor_layout/0/quantized_layout", None),
    )
    made.rejected(
        rule, "zeros", "The config's model_descriptor_digest is all zeros.", put(place, ZEROS), at=[place],
    )
    made.rejected(
        rule, "stale", "The descriptor's revision was changed after the config took its D2.", revision,
        at=[place],
    )


def _tokenizer_digest(made: Group) -> None:
    rule = "tokenizer-binding-digest-mismatch"
    own, objective = "/config/tokenizer_binding_digest", "/config/objective_config/tokenizer_binding_digest"
    anew = tokenizer("tokenizer_version", "3")
    made.accepted(
        rule, "another-version",
        "Descriptor and corpus have another tokenizer_version, and the config holds the D1 of it.", *anew,
        then=bound,
    )
    made.rejected(
        rule, "own",
        "The config's own tokenizer_binding_digest is all zeros, that of its objective is right.",
        put(own, ZEROS), at=[own],
    )
    made.rejected(
        rule, "objective",
        "The tokenizer_binding_digest of the config's objective is all zeros, the config's own is right.",
        put(objective, ZEROS), at=[objective],
    )
    made.rejected(
        rule, "both",
        "Config and objective hold the same tokenizer_binding_digest, all zeros, and each is wrong.",
        put(own, ZEROS), put(objective, ZEROS), at=[own, objective],
    )
    made.rejected(
        rule, "stale",
        "The tokenizer_version was changed after the config was made, which makes its D1 and D2 wrong.",
        *anew,
        at=[own, objective], also=[("model-descriptor-digest-mismatch", "/config/model_descriptor_digest")],
    )


def _dataset(made: Group) -> None:
    rule = "dataset-identity-mismatch"
    own, objective = "/config/dataset_identity", "/config/objective_config/dataset_identity"
    policy = "/policy/dataset_identity"
    renamed = [put("/corpus/dataset_version", "2"), *dataset("quay-corpus@2", _IDENTITY)]
    made.accepted(
        rule, "another-version", "Corpus, config, objective and policy all name version 2 of the data set.",
        *renamed, *dataset("quay-corpus@2", own, objective, policy),
    )
    for slug, where, places in (
        ("config", "The config itself names", [own]),
        ("objective", "The config's objective names", [objective]),
        ("policy", "The policy names", [policy]),
        ("config-and-objective", "The config and its objective name", [own, objective]),
        ("config-and-policy", "The config and the policy name", [own, policy]),
        ("objective-and-policy", "The objective and the policy name", [objective, policy]),
    ):
        made.rejected(
            rule, slug, f"{where} the data set elsewhere@1, the corpus is quay-corpus@1.",
            *dataset("elsewhere@1", *places), at=places,
        )


def _policy(made: Group) -> None:
    rule = "sampling-policy-mismatch"
    both = (
        ("id", "/config/sampling_policy_id", "/policy/policy_id"),
        ("version", "/config/sampling_policy_version", "/policy/policy_version"),
    )
    made.accepted(
        rule, "another-policy", "Config and policy agree on another policy id and version.",
        *(put(place, "β") for _, *places in both for place in places),
    )
    for name, own, other in both:
        made.rejected(
            rule, f"config-{name}",
            f"The config gives x as the {name} of the policy, whose own {name} is another.", put(own, "x"),
            at=[own],
        )
        made.rejected(
            rule, f"policy-{name}", f"The policy has x as its {name}, which the config does not name.",
            put(other, "x"), at=[own],
        )


def _context(made: Group) -> None:
    rule, place = "context-length-mismatch", "/config/objective_config/max_context_tokens"

    def anew(tree: Tree) -> Tree:
        return bound(relaid(tree))

    longer = put("/descriptor/config/max_context", 4096)
    made.accepted(
        rule, "longer", "The model has a context of 4096 tokens, and the objective trains with all of it.",
        longer, put(place, 4096), then=anew,
    )
    made.rejected(
        rule, "model-longer",
        "The model has a context of 4096 tokens, of which the objective trains with 2048.", longer,
        at=[place], then=anew,
    )
    made.rejected(
        rule, "one-less", "The objective trains with 2047 tokens, one less than the model's context.",
        put(place, 2047), at=[place],
    )
    made.rejected(
        rule, "one-more", "The objective trains with 2049 tokens, one more than the model's context.",
        put(place, 2049), at=[place],
    )


def _tokenizer(made: Group) -> None:
    rule = "tokenizer-mismatch"
    made.accepted(
        rule, "another-digest", "Descriptor, corpus and shards all have another tokenizer_digest.",
        *tokenizer("tokenizer_digest", "x", "tokenizer/tokenizer_digest"), then=bound,
    )
    optional = ("special_tokens_digest", "template_digest")
    made.accepted(
        rule, "absent-and-null",
        "Optional tokenizer digests absent on one side are null on the other, which counts as equal.",
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
        made.rejected(
            rule, slug, f"The corpus has another {member} than the model.", *edits, at=[f"/corpus/{member}"],
        )
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
        rule, "null",
        "The corpus has null for a template_digest that the model has, which is as bad as none.",
        put("/corpus/tokenizer/template_digest", None), at=["/corpus/tokenizer"], then=sealed,
    )
