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
    cases = Group("config", "A config against model, corpus and policy.", on=PLAN)
    _model(cases)
    _tokenizer_digest(cases)
    _dataset(cases)
    _policy(cases)
    _context(cases)
    _tokenizer(cases)
    return cases


def tokenizer(member: str, value: Any, stated: str = "") -> list[Edit]:
    """Another tokenizer in the model, in the corpus and, where they name it, in the shards."""
    edits = [put(f"{_BINDING}/{member}", value), put(f"/corpus/{stated or member}", value)]
    return [*edits, each("/corpus/shards", member, value)] if member == "tokenizer_digest" else edits


def dataset(identity: str, *pointers: str) -> list[Edit]:
    """Another identity of the data set at some places."""
    return [put(pointer, identity) for pointer in pointers]


def _model(cases: Group) -> None:
    rule, pointer = "model-id-mismatch", "/config/model_id"
    name = "/descriptor/model/model_id"
    cases.accepted(
        rule, "another-name", "Descriptor and config both use the model_id m.", put(name, "m"),
        put(pointer, "m"), then=bound,
    )
    cases.rejected(
        rule, "config", "The config names another model_id than the descriptor that its digest is of.",
        put(pointer, "m"), at=[pointer],
    )
    cases.rejected(
        rule, "case", "The config's model_id differs from the descriptor's only in the case of a letter.",
        put(pointer, "Psion-tidewater-pilot"), at=[pointer],
    )
    cases.rejected(
        rule, "descriptor", "The descriptor has another model_id than the config, which holds the right D2.",
        put(name, "m"), at=[pointer], then=bound,
    )

    rule, pointer = "model-descriptor-digest-mismatch", "/config/model_descriptor_digest"
    revision = put("/descriptor/model/revision", "β-2")
    cases.accepted(
        rule, "another-revision", "The descriptor is of another revision, and the config holds the D2 of it.",
        revision, then=bound,
    )
    cases.accepted(
        rule, "member-order",
        "The descriptor's members are in reverse order, which makes no difference to D2.",
        reverse("/descriptor"), reverse(_BINDING), reverse("/descriptor/config"),
    )
    cases.accepted(
        rule, "null", "An optional member of the descriptor is null, which makes the same D2 as its absence.",
        put("/descriptor/checkpoint_contract/tensor_layout/0/quantized_layout", None),
    )
    cases.rejected(
        rule, "zeros", "The config's model_descriptor_digest is all zeros.", put(pointer, ZEROS), at=[pointer],
    )
    cases.rejected(
        rule, "stale", "The descriptor's revision was changed after the config took its D2.", revision,
        at=[pointer],
    )


def _tokenizer_digest(cases: Group) -> None:
    rule = "tokenizer-binding-digest-mismatch"
    own, objective = "/config/tokenizer_binding_digest", "/config/objective_config/tokenizer_binding_digest"
    retokenized = tokenizer("tokenizer_version", "3")
    cases.accepted(
        rule, "another-version",
        "Descriptor and corpus have another tokenizer_version, and the config holds the D1 of it.", *retokenized,
        then=bound,
    )
    cases.rejected(
        rule, "own",
        "The config's own tokenizer_binding_digest is all zeros, that of its objective is right.",
        put(own, ZEROS), at=[own],
    )
    cases.rejected(
        rule, "objective",
        "The tokenizer_binding_digest of the config's objective is all zeros, the config's own is right.",
        put(objective, ZEROS), at=[objective],
    )
    cases.rejected(
        rule, "both",
        "Config and objective hold the same tokenizer_binding_digest, all zeros, and each is wrong.",
        put(own, ZEROS), put(objective, ZEROS), at=[own, objective],
    )
    cases.rejected(
        rule, "stale",
        "The tokenizer_version was changed after the config was made, which makes its D1 and D2 wrong.",
        *retokenized,
        at=[own, objective], also=[("model-descriptor-digest-mismatch", "/config/model_descriptor_digest")],
    )


def _dataset(cases: Group) -> None:
    rule = "dataset-identity-mismatch"
    own, objective = "/config/dataset_identity", "/config/objective_config/dataset_identity"
    policy = "/policy/dataset_identity"
    renamed = [put("/corpus/dataset_version", "2"), *dataset("quay-corpus@2", _IDENTITY)]
    cases.accepted(
        rule, "another-version", "Corpus, config, objective and policy all name version 2 of the data set.",
        *renamed, *dataset("quay-corpus@2", own, objective, policy),
    )
    for slug, where, pointers in (
        ("config", "The config itself names", [own]),
        ("objective", "The config's objective names", [objective]),
        ("policy", "The policy names", [policy]),
        ("config-and-objective", "The config and its objective name", [own, objective]),
        ("config-and-policy", "The config and the policy name", [own, policy]),
        ("objective-and-policy", "The objective and the policy name", [objective, policy]),
    ):
        cases.rejected(
            rule, slug, f"{where} the data set elsewhere@1, the corpus is quay-corpus@1.",
            *dataset("elsewhere@1", *pointers), at=pointers,
        )


def _policy(cases: Group) -> None:
    rule = "sampling-policy-mismatch"
    both = (
        ("id", "/config/sampling_policy_id", "/policy/policy_id"),
        ("version", "/config/sampling_policy_version", "/policy/policy_version"),
    )
    cases.accepted(
        rule, "another-policy", "Config and policy agree on another policy id and version.",
        *(put(pointer, "β") for _, *pointers in both for pointer in pointers),
    )
    for name, own, other in both:
        cases.rejected(
            rule, f"config-{name}",
            f"The config gives x as the {name} of the policy, whose own {name} is another.", put(own, "x"),
            at=[own],
        )
        cases.rejected(
            rule, f"policy-{name}", f"The policy has x as its {name}, which the config does not name.",
            put(other, "x"), at=[own],
        )


def _context(cases: Group) -> None:
    rule, pointer = "context-length-mismatch", "/config/objective_config/max_context_tokens"

    def rebuilt(tree: Tree) -> Tree:
        return bound(relaid(tree))

    longer = put("/descriptor/config/max_context", 4096)
    cases.accepted(
        rule, "longer", "The model has a context of 4096 tokens, and the objective trains with all of it.",
        longer, put(pointer, 4096), then=rebuilt,
    )
    cases.rejected(
        rule, "model-longer",
        "The model has a context of 4096 tokens, of which the objective trains with 2048.", longer,
        at=[pointer], then=rebuilt,
    )
    cases.rejected(
        rule, "one-less", "The objective trains with 2047 tokens, one less than the model's context.",
        put(pointer, 2047), at=[pointer],
    )
    cases.rejected(
        rule, "one-more", "The objective trains with 2049 tokens, one more than the model's context.",
        put(pointer, 2049), at=[pointer],
    )


def _tokenizer(cases: Group) -> None:
    rule = "tokenizer-mismatch"
    cases.accepted(
        rule, "another-digest", "Descriptor, corpus and shards all have another tokenizer_digest.",
        *tokenizer("tokenizer_digest", "x", "tokenizer/tokenizer_digest"), then=bound,
    )
    optional = ("special_tokens_digest", "template_digest")
    cases.accepted(
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
        cases.rejected(
            rule, slug, f"The corpus has another {member} than the model.", *edits, at=[f"/corpus/{member}"],
        )
    for name in optional:
        slug = name.replace("_", "-")
        cases.rejected(
            rule, f"corpus-without-{slug}", f"The model has a {name}, the corpus has none.",
            drop(f"/corpus/tokenizer/{name}"), at=["/corpus/tokenizer"],
        )
        cases.rejected(
            rule, f"model-without-{slug}", f"The corpus has a {name}, the model has none.",
            drop(f"{_BINDING}/{name}"), at=[f"/corpus/tokenizer/{name}"], then=bound,
        )
    cases.rejected(
        rule, "null",
        "The corpus has null for a template_digest that the model has, which is as bad as none.",
        put("/corpus/tokenizer/template_digest", None), at=["/corpus/tokenizer"], then=sealed,
    )
