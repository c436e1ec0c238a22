"""Cases of the rules on references: missing documents, near matches, copies, documents that look alike."""

from __future__ import annotations

from tools.edits import copy, drop, put
from tools.pack import copies_cases as copies
from tools.pack.base_documents import PLAN, RUN
from tools.pack.case_builder import ZEROS, Group
from tools.pack.restoring import unchanged

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
    """The cases: missing documents, near matches, and copies."""
    cases = Group("references", "What a receipt and a config refer to.", on=RUN)
    _missing(cases)
    _configs(cases)
    _descriptors(cases)
    _corpora(cases)
    _policies(cases)
    copies.add(cases)
    return cases


def _missing(cases: Group) -> None:
    cases.accepted(_UNRESOLVED, "nothing-missing", "Receipt, config, model, corpus and policy are all there.")
    cases.accepted(_UNRESOLVED, "no-receipt", "A config with its model, corpus and policy needs no receipt.", on=PLAN)
    for name in ("descriptor", "corpus", "policy"):
        cases.accepted(_UNRESOLVED, f"{name}-alone", f"A {name} alone is consistent, because it refers to nothing.", on=(name,))
        cases.rejected(
            _UNRESOLVED, f"no-{name}", f"The {name} that the config refers to is missing.", drop(f"/{name}"),
            at=[_PLACES[name]], on=PLAN,
        )
    cases.rejected(
        _UNRESOLVED, "no-config", "The config is missing, and the receipt's reference to it is all that is reported.",
        drop("/config"), at=[_PLACES["config"]],
    )
    cases.rejected(
        _UNRESOLVED, "config-alone", "A config alone lacks the descriptor, corpus and policy that it refers to.",
        at=[_PLACES[name] for name in ("descriptor", "corpus", "policy")], on=("config",),
    )
    cases.rejected(
        _UNRESOLVED, "receipt-alone", "A receipt alone lacks the config that it refers to.", at=[_PLACES["config"]], on=("receipt",),
    )
    cases.rejected(
        _UNRESOLVED, "own-rules", "A receipt without its config is still compared with its own digest.",
        put("/receipt/summary", "Another one."), at=[_PLACES["config"]],
        also=[("receipt-digest-mismatch", "/receipt/receipt_digest")], on=("receipt",), then=unchanged,
    )
    cases.rejected(
        _UNRESOLVED, "no-policy-for-receipt",
        "A receipt is compared with the corpus if only the policy is missing.", drop("/policy"),
        put("/receipt/source_family_reports/4/split_kind", "test"), at=[_PLACES["policy"]],
        also=[("split-kind-mismatch", "/receipt/source_family_reports/4/split_kind")],
    )
    cases.rejected(
        _UNRESOLVED, "no-corpus-for-receipt",
        "A receipt is compared with the policy if only the corpus is missing.", drop("/corpus"),
        put("/receipt/source_family_reports/0/token_share_bps_within_split", 8001),
        put("/receipt/source_family_reports/1/token_share_bps_within_split", 1999), at=[_PLACES["corpus"]],
        also=[("family-cap-exceeded", "/receipt/source_family_reports/0/token_share_bps_within_split")],
    )


def _configs(cases: Group) -> None:
    pointer = _PLACES["config"]
    cases.rejected(
        _UNRESOLVED, "config-two-members", "A config with another run_id and another stage_id is not a near match.",
        put("/receipt/run_id", "other"), put("/receipt/stage_id", "other"), at=[pointer],
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
        cases.rejected(
            _UNRESOLVED, f"config-run-and-{slug}", f"A config with another run_id and another {name} is not a near match.",
            put("/receipt/run_id", "other"), *edits, at=[pointer],
        )
    cases.rejected(
        _UNRESOLVED, "config-crosswise", "A config whose stage_id is the receipt's run_id, and whose run_id is its stage_id, is not a near match.",
        put("/config/run_id", "one"), put("/config/stage_id", "two"), put("/receipt/run_id", "two"),
        put("/receipt/stage_id", "three"), at=[pointer],
    )
    cases.rejected(
        _UNRESOLVED, "config-broken-member", "A config with another run_id whose model_id is a list is not a near match.",
        put("/receipt/run_id", "other"), put("/config/model_id", []), at=[pointer], also=[("schema-violation", "/config/model_id")],
    )
    cases.rejected(
        _UNRESOLVED, "config-two-near", "Two configs match nearly, by stage_id alone, so that neither is taken.",
        copy("/config", "/other"), put("/other/run_id", "quay-1"), put("/receipt/run_id", "quay-2"),
        at=[pointer],
    )
    cases.rejected(
        _UNRESOLVED, "config-run-or-stage", "Two configs match nearly, one by run_id and one by stage_id, so that neither is taken.",
        copy("/config", "/other"), put("/other/run_id", "other"), put("/other/stage_id", "x"),
        put("/receipt/stage_id", "x"), at=[pointer],
    )
    cases.rejected(
        "config-mismatch", "near-among-others", "Only one of two configs matches nearly, so it is the one referred to.", copy("/config", "/other"),
        put("/other/run_id", "other"), put("/other/model_id", "other"), put("/receipt/run_id", "third"),
        at=["/receipt/run_id"], also=[("model-id-mismatch", "/other/model_id")],
    )
    cases.rejected(
        "config-mismatch", "exact-before-near",
        "A config with the receipt's run_id and stage_id is taken, though it differs otherwise.", copy("/config", "/other"),
        put("/other/run_id", "other"), put("/receipt/sampling_policy_version", "2"),
        at=["/receipt/sampling_policy_version"],
    )


def _descriptors(cases: Group) -> None:
    pointer, digest = _PLACES["descriptor"], "/config/model_descriptor_digest"
    cases.rejected(
        _UNRESOLVED, "descriptor-neither", "A descriptor that has neither the config's model_id nor its digest is not a near match.",
        put("/config/model_id", "other"), put(digest, ZEROS), at=[pointer], on=PLAN,
    )
    cases.accepted(
        _AMBIGUOUS, "descriptor-by-digest", "Of two revisions of one model the digest tells which is meant.",
        copy("/descriptor", "/other"), put("/other/model/revision", "other"), on=PLAN,
    )
    cases.rejected(
        _AMBIGUOUS, "descriptor", "Two revisions of one model are there, and the config's digest is that of neither.", copy("/descriptor", "/other"),
        put("/other/model/revision", "other"), put(digest, ZEROS), at=[pointer], on=PLAN,
    )
    cases.rejected(
        "model-id-mismatch", "digest-before-others", "Of two models, neither of which has the config's model_id, the digest finds one.",
        copy("/descriptor", "/other"), put("/other/model/model_id", "other"),
        put("/config/model_id", "third"), at=[pointer], on=PLAN,
    )


def _corpora(cases: Group) -> None:
    pointer, objective = _PLACES["corpus"], "/config/objective_config/dataset_identity"
    renamed = [put("/corpus/dataset_version", "2"), put(f"/corpus/{_IDENTITY}", "quay-corpus@2")]
    second = [
        copy("/corpus", "/other"),
        put("/other/dataset_version", "2"),
        put(f"/other/{_IDENTITY}", "quay-corpus@2"),
    ]
    cases.rejected(
        _UNRESOLVED, "corpus-unnamed", "Config, objective and policy all name a corpus that is not there.",
        *renamed, at=[pointer], on=PLAN,
    )
    cases.rejected(
        _UNRESOLVED, "corpus-two-near", "The objective names one corpus and the policy another, so that neither is taken.", *second,
        put("/config/dataset_identity", "x"), put("/policy/dataset_identity", "quay-corpus@2"), at=[pointer],
        on=PLAN,
    )
    cases.rejected(
        "dataset-identity-mismatch", "exact-before-near",
        "The corpus that the config itself names is taken before that of objective and policy.", *second, put(objective, "quay-corpus@2"),
        put("/policy/dataset_identity", "quay-corpus@2"), at=[objective, "/policy/dataset_identity"], on=PLAN,
    )
    cases.rejected(
        _UNRESOLVED, "corpus-no-policy", "The policy is missing, and config and objective name a corpus that is not there.",
        put("/config/dataset_identity", "x"), put(objective, "x"), drop("/policy"),
        at=[pointer, _PLACES["policy"]], on=PLAN,
    )


def _policies(cases: Group) -> None:
    pointer = _PLACES["policy"]
    cases.rejected(
        _UNRESOLVED, "policy-two-members", "A policy with another policy_id and another policy_version is not a near match.",
        put("/config/sampling_policy_id", "x"), put("/config/sampling_policy_version", "x"), at=[pointer],
        on=PLAN,
    )
    cases.rejected(
        _UNRESOLVED, "policy-crosswise", "A policy whose version is the id that the config names is not a near match.",
        put("/config/sampling_policy_id", "x"), put("/config/sampling_policy_version", "y"), put("/policy/policy_version", "x"),
        at=[pointer], on=PLAN,
    )
    for name in ("id", "version"):
        cases.rejected(
            _UNRESOLVED, f"policy-{name}-and-dataset", f"A policy with another policy_{name} and another dataset_identity is not a near match.",
            put(f"/config/sampling_policy_{name}", "x"), put("/policy/dataset_identity", "x"), at=[pointer],
            on=PLAN,
        )
    cases.rejected(
        _UNRESOLVED, "policy-two-near", "Two policies match nearly, by policy_id alone, so that neither is taken.",
        copy("/policy", "/other"), put("/other/policy_version", "2"),
        put("/config/sampling_policy_version", "3"), at=[pointer], on=PLAN,
    )
    cases.rejected(
        "sampling-policy-mismatch", "near-among-others", "Only one of two policies matches nearly, so it is the one referred to.",
        copy("/policy", "/other"), put("/other/policy_id", "other"),
        put("/config/sampling_policy_version", "3"), at=["/config/sampling_policy_version"], on=PLAN,
    )
    cases.rejected(
        "sampling-policy-mismatch", "near-by-dataset",
        "Of two policies only the one for the config's data set matches nearly.",
        put("/config/dataset_identity", "x"), put("/config/objective_config/dataset_identity", "x"),
        copy("/policy", "/other"), put("/other/dataset_identity", "x"),
        put("/config/sampling_policy_version", "2"), at=["/config/sampling_policy_version"], on=PLAN,
        also=[(_UNRESOLVED, _PLACES["corpus"]), ("identity-conflict", "/other/policy_id")],
    )
    cases.accepted(
        _AMBIGUOUS, "policy-versions", "Another version of the policy is another policy, so nothing is ambiguous.",
        copy("/policy", "/other"), put("/other/policy_version", "2"), on=PLAN,
    )
