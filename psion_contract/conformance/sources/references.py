"""Cases of the rules on references: missing documents, near matches, copies, documents that look alike."""

from __future__ import annotations

from psion_contract.conformance.sources import copies
from psion_contract.conformance.sources.base import PLAN, RUN
from psion_contract.conformance.sources.editing import copy, drop, put
from psion_contract.conformance.sources.making import ZEROS, Group
from psion_contract.conformance.sources.sealing import as_it_is

_UNRESOLVED, _AMBIGUOUS = "unresolved-reference", "ambiguous-reference"
_IDENTITY = "replay_contract/stable_dataset_identity"
_PLACES = {
    "config": "/receipt/run_id",
    "descriptor": "/config/model_id",
    "corpus": "/config/dataset_identity",
    "policy": "/config/sampling_policy_id",
}
"""By role, where a reference to it is reported."""

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases: what is not there, what is nearly it, what is there twice."""
    made = Group("references", "What a receipt and a config refer to.", on=RUN)
    _missing(made)
    _configs(made)
    _descriptors(made)
    _corpora(made)
    _policies(made)
    copies.add(made)
    return made


def _missing(made: Group) -> None:
    made.accepted(_UNRESOLVED, "nothing-missing", "Receipt, config, model, corpus and policy are all there.")
    made.accepted(_UNRESOLVED, "no-receipt", "Nothing refers to a receipt.", on=PLAN)
    for name in ("descriptor", "corpus", "policy"):
        made.accepted(_UNRESOLVED, f"{name}-alone", f"A {name} refers to nothing.", on=(name,))
        made.rejected(
            _UNRESOLVED, f"no-{name}", f"The {name} that the config refers to is missing.", drop(f"/{name}"),
            at=[_PLACES[name]], on=PLAN,
        )
    made.rejected(
        _UNRESOLVED, "no-config", "The config is missing, and with it all that it refers to.",
        drop("/config"), at=[_PLACES["config"]],
    )
    made.rejected(
        _UNRESOLVED, "config-alone", "The config is alone.",
        at=[_PLACES[name] for name in ("descriptor", "corpus", "policy")], on=("config",),
    )
    made.rejected(
        _UNRESOLVED, "receipt-alone", "The receipt is alone.", at=[_PLACES["config"]], on=("receipt",),
    )
    made.rejected(
        _UNRESOLVED, "own-rules", "What needs no other document is checked all the same.",
        put("/receipt/summary", "Another one."), at=[_PLACES["config"]],
        also=[("receipt-digest-mismatch", "/receipt/receipt_digest")], on=("receipt",), then=as_it_is,
    )
    made.rejected(
        _UNRESOLVED, "no-policy-for-receipt",
        "A receipt is held to the corpus where only the policy is missing.", drop("/policy"),
        put("/receipt/source_family_reports/4/split_kind", "test"), at=[_PLACES["policy"]],
        also=[("split-kind-mismatch", "/receipt/source_family_reports/4/split_kind")],
    )
    made.rejected(
        _UNRESOLVED, "no-corpus-for-receipt",
        "A receipt is held to the policy where only the corpus is missing.", drop("/corpus"),
        put("/receipt/source_family_reports/0/token_share_bps_within_split", 8001),
        put("/receipt/source_family_reports/1/token_share_bps_within_split", 1999), at=[_PLACES["corpus"]],
        also=[("family-cap-exceeded", "/receipt/source_family_reports/0/token_share_bps_within_split")],
    )


def _configs(made: Group) -> None:
    place = _PLACES["config"]
    made.rejected(
        _UNRESOLVED, "config-two-members", "A config of another run and another stage is not nearly it.",
        put("/receipt/run_id", "other"), put("/receipt/stage_id", "other"), at=[place],
    )
    for name, value in {
        "model_id": "other",
        "tokenizer_binding_digest": ZEROS,
        "dataset_identity": "other",
        "sampling_policy_id": "other",
        "sampling_policy_version": "2",
    }.items():
        slug = name.replace("_", "-")
        edits = [put(f"/receipt/{name}", value)]
        if name == "model_id":
            edits.append(put("/receipt/checkpoint_lineage/model_id", value))
        made.rejected(
            _UNRESOLVED, f"config-run-and-{slug}", f"Nor is one of another run with another {name}.",
            put("/receipt/run_id", "other"), *edits, at=[place],
        )
    made.rejected(
        _UNRESOLVED, "config-two-near", "Of two configs that are nearly it, neither is taken.",
        copy("/config", "/other"), put("/other/run_id", "quay-1"), put("/receipt/run_id", "quay-2"),
        at=[place],
    )
    made.rejected(
        _UNRESOLVED, "config-run-or-stage", "Nor where one is near by its run and the other by its stage.",
        copy("/config", "/other"), put("/other/run_id", "other"), put("/other/stage_id", "x"),
        put("/receipt/stage_id", "x"), at=[place],
    )
    made.rejected(
        "config-mismatch", "near-among-others", "Of two configs one is nearly it.", copy("/config", "/other"),
        put("/other/run_id", "other"), put("/other/model_id", "other"), put("/receipt/run_id", "third"),
        at=["/receipt/run_id"], also=[("model-id-mismatch", "/other/model_id")],
    )
    made.rejected(
        "config-mismatch", "exact-before-near",
        "A config that differs in more is taken where run and stage agree.", copy("/config", "/other"),
        put("/other/run_id", "other"), put("/receipt/sampling_policy_version", "2"),
        at=["/receipt/sampling_policy_version"],
    )


def _descriptors(made: Group) -> None:
    place, digest = _PLACES["descriptor"], "/config/model_descriptor_digest"
    made.rejected(
        _UNRESOLVED, "descriptor-neither", "Neither name nor digest of the model are the config's.",
        put("/config/model_id", "other"), put(digest, ZEROS), at=[place], on=PLAN,
    )
    made.accepted(
        _AMBIGUOUS, "descriptor-by-digest", "Of two revisions of one model the digest tells which is meant.",
        copy("/descriptor", "/other"), put("/other/model/revision", "other"), on=PLAN,
    )
    made.rejected(
        _AMBIGUOUS, "descriptor", "Neither of two revisions has the digest.", copy("/descriptor", "/other"),
        put("/other/model/revision", "other"), put(digest, ZEROS), at=[place], on=PLAN,
    )
    made.rejected(
        "model-id-mismatch", "digest-before-others", "The digest finds one of two models of other names.",
        copy("/descriptor", "/other"), put("/other/model/model_id", "other"),
        put("/config/model_id", "third"), at=[place], on=PLAN,
    )


def _corpora(made: Group) -> None:
    place, objective = _PLACES["corpus"], "/config/objective_config/dataset_identity"
    renamed = [put("/corpus/dataset_version", "2"), put(f"/corpus/{_IDENTITY}", "quay-corpus@2")]
    second = [
        copy("/corpus", "/other"),
        put("/other/dataset_version", "2"),
        put(f"/other/{_IDENTITY}", "quay-corpus@2"),
    ]
    made.rejected(
        _UNRESOLVED, "corpus-unnamed", "Config, objective and policy all name a corpus that is not there.",
        *renamed, at=[place], on=PLAN,
    )
    made.rejected(
        _UNRESOLVED, "corpus-two-near", "The objective names one corpus and the policy another.", *second,
        put("/config/dataset_identity", "x"), put("/policy/dataset_identity", "quay-corpus@2"), at=[place],
        on=PLAN,
    )
    made.rejected(
        "dataset-identity-mismatch", "exact-before-near",
        "What the config itself names is taken before the others.", *second, put(objective, "quay-corpus@2"),
        put("/policy/dataset_identity", "quay-corpus@2"), at=[objective, "/policy/dataset_identity"], on=PLAN,
    )
    made.rejected(
        _UNRESOLVED, "corpus-no-policy", "Without a policy only the objective can name the corpus.",
        put("/config/dataset_identity", "x"), put(objective, "x"), drop("/policy"),
        at=[place, _PLACES["policy"]], on=PLAN,
    )


def _policies(made: Group) -> None:
    place = _PLACES["policy"]
    made.rejected(
        _UNRESOLVED, "policy-two-members", "A policy of another id and another version is not nearly it.",
        put("/config/sampling_policy_id", "x"), put("/config/sampling_policy_version", "x"), at=[place],
        on=PLAN,
    )
    for name in ("id", "version"):
        made.rejected(
            _UNRESOLVED, f"policy-{name}-and-dataset", f"Nor is one of another {name} for another data set.",
            put(f"/config/sampling_policy_{name}", "x"), put("/policy/dataset_identity", "x"), at=[place],
            on=PLAN,
        )
    made.rejected(
        _UNRESOLVED, "policy-two-near", "Of two policies that are nearly it, neither is taken.",
        copy("/policy", "/other"), put("/other/policy_version", "2"),
        put("/config/sampling_policy_version", "3"), at=[place], on=PLAN,
    )
    made.rejected(
        "sampling-policy-mismatch", "near-among-others", "Of two policies one is nearly it.",
        copy("/policy", "/other"), put("/other/policy_id", "other"),
        put("/config/sampling_policy_version", "3"), at=["/config/sampling_policy_version"], on=PLAN,
    )
    made.rejected(
        "sampling-policy-mismatch", "near-by-dataset",
        "Of two policies the one for the config's data set is nearly it.",
        put("/config/dataset_identity", "x"), put("/config/objective_config/dataset_identity", "x"),
        copy("/policy", "/other"), put("/other/dataset_identity", "x"),
        put("/config/sampling_policy_version", "2"), at=["/config/sampling_policy_version"], on=PLAN,
        also=[(_UNRESOLVED, _PLACES["corpus"])],
    )
    made.accepted(
        _AMBIGUOUS, "policy-versions", "Another version of the policy is another policy.",
        copy("/policy", "/other"), put("/other/policy_version", "2"), on=PLAN,
    )
