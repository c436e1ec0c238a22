"""Cases of what is judged: inputs, documents inside others, documents of no known kind."""

from __future__ import annotations

from tools.edits import append, copy, drop, put
from tools.pack import reached_cases as reached
from tools.pack.base_documents import PLAN, RUN
from tools.pack.case_builder import Group, respelt

_KIND = "unknown-kind"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases."""
    cases = Group(
        "judged", "What is judged, what is only referred to, and what is not a contract document.", on=RUN
    )
    _inputs(cases)
    reached.add(cases)
    _within(cases)
    _kinds(cases)
    return cases


def _inputs(cases: Group) -> None:
    cases.accepted("unresolved-reference", "inputs", "All documents that the receipt refers to may be inputs.", inputs=PLAN)
    cases.accepted(
        "schema-violation", "unreached-input", "An input that nothing refers to may break its schema.",
        copy("/policy", "/other"), put("/other/policy_id", "other"), drop("/other/dataset_identity"),
        inputs=(*PLAN, "other"),
    )
    cases.accepted(
        "weight-total-mismatch", "unreached-input", "An input that nothing refers to may have weights of a wrong total.",
        copy("/policy", "/other"), put("/other/policy_id", "other"),
        put("/other/source_family_weights/0/sampling_weight_bps", 1), inputs=(*PLAN, "other"),
    )
    cases.rejected(
        "schema-violation", "reached-input", "A policy among the inputs that is reached through another input must be valid against its schema.",
        put("/policy/source_family_weights/0/rationale", ""),
        at=["/policy/source_family_weights/0/rationale"], inputs=PLAN,
    )
    cases.rejected(
        "weight-total-mismatch", "reached-input", "A policy among the inputs that is reached through another input must share out its weights.",
        put("/policy/source_family_weights/0/sampling_weight_bps", 1), at=["/policy/source_family_weights"],
        inputs=PLAN,
    )
    cases.rejected(
        "context-length-mismatch", "reached-input", "A config that is an input is compared with the documents it refers to.",
        put("/config/objective_config/max_context_tokens", 1),
        put("/receipt/objective_config/max_context_tokens", 1),
        at=["/config/objective_config/max_context_tokens"], inputs=PLAN,
    )
    cases.rejected(
        "unresolved-reference", "reached-input", "A config among the inputs that is reached lacks the policy that it refers to.", drop("/policy"),
        at=["/config/sampling_policy_id"], inputs=PLAN,
    )
    cases.accepted(
        "unresolved-reference", "unreached-input",
        "An input that nothing refers to may itself refer to what is missing.", copy("/config", "/other"),
        put("/other/run_id", "other"), put("/other/model_id", "other"),
        put("/other/model_descriptor_digest", "0" * 64), inputs=(*PLAN, "other"),
    )
    cases.rejected(
        "invalid-json", "input", "An input that cannot be read is reported though nothing refers to it.", texts={"other": b"{"},
        at=["/other"], inputs=(*PLAN, "other"),
    )
    cases.accepted(
        _KIND, "input", "An input that holds no contract document is ignored.", put("/other", {"a": 1}),
        inputs=(*PLAN, "other"),
    )
    cases.accepted(
        "unresolved-reference", "corpus-alone-with-inputs",
        "A corpus refers to nothing, so a wrong policy among the inputs does not count.",
        put("/policy/source_family_weights/0/sampling_weight_bps", 1), on=("corpus", "policy"),
        inputs=("policy",),
    )
    cases.rejected(
        "ambiguous-reference", "input-and-document", "An input and a judged document can claim one identity.",
        copy("/policy", "/other"), put("/other/source_family_weights/0/rationale", "x"),
        at=["/config/sampling_policy_id"], inputs=("other",), also=[("identity-conflict", "/policy/policy_id")],
    )
    cases.accepted(
        "ambiguous-reference", "copied-input",
        "A copy of a judged document among the inputs does not count as a second one.", copy("/policy", "/other"),
        inputs=("other",),
    )
    cases.rejected(
        "unresolved-reference", "nothing-judged", "All documents are inputs, so nothing is judged and nothing is consistent.", at=[],
        on=PLAN, inputs=PLAN,
    )


def _within(cases: Group) -> None:
    cases.accepted(
        "unresolved-reference", "bundle", "Documents may be inside a larger one, at any depth.",
        put("/bundle", {"run": {}}), copy("/config", "/bundle/config"), drop("/config"),
        copy("/receipt", "/bundle/run/receipt"), drop("/receipt"),
    )
    cases.rejected(
        "share-total-mismatch", "bundle", "Pointers to a receipt inside a larger text start at the root of the text.",
        put("/bundle", {"a/b": [1, None, {}]}), copy("/receipt", "/bundle/a~1b/2/receipt"), drop("/receipt"),
        put("/bundle/a~1b/2/receipt/source_family_reports/4/token_share_bps_within_split", 1),
        at=["/bundle/a~1b/2/receipt/source_family_reports/4/token_share_bps_within_split"],
    )
    cases.rejected(
        "unresolved-reference", "bundle-list", "Pointers to a config in a list start at the root of the text.", put("/bundle", []),
        append("/bundle", {}, {}), copy("/config", "/bundle/1"), drop("/config"), drop("/policy"),
        at=["/bundle/1/sampling_policy_id"],
    )
    cases.rejected(
        "unresolved-reference", "bundle-lists", "A config is found in a list inside a list.", put("/bundle", [[{}]]),
        copy("/config", "/bundle/0/0"), drop("/config"), drop("/policy"),
        at=["/bundle/0/0/sampling_policy_id"],
    )
    cases.rejected(
        "schema-violation", "bundle", "Pointers to schema violations start at the root of the text around the receipt.", put("/bundle", {}),
        copy("/receipt", "/bundle/receipt"), put("/bundle/receipt/summary", ""),
        drop("/bundle/receipt/replay_receipt/receipt_id"), drop("/receipt"),
        at=["/bundle/receipt/summary", "/bundle/receipt/replay_receipt"], then=lambda tree: tree,
    )
    cases.accepted(
        "unresolved-reference", "within-a-document", "A config in the open object of a receipt is a document like any other.",
        copy("/config", "/full/delivered_execution/cluster_execution/config"), drop("/config"),
        on=(*PLAN, "full"),
    )
    cases.accepted(
        "non-integer-number", "outside", "A fraction outside of contract documents is ignored.",
        put("/bundle", {"loss": 0}), copy("/config", "/bundle/config"), drop("/config"),
        texts={"bundle": respelt('"loss":0', '"loss":1.5e-3')},
    )
    cases.accepted(
        "duplicate-member", "outside", "A repeated member outside of contract documents is ignored.", put("/bundle", {"loss": 0}),
        copy("/config", "/bundle/config"), drop("/config"),
        texts={"bundle": respelt('"loss":0', '"loss":0,"loss":1')},
    )
    cases.accepted(
        "unsafe-integer", "outside", "A large integer outside of contract documents is ignored.", put("/bundle", {"n": 2**53}),
        copy("/config", "/bundle/config"), drop("/config"),
    )


def _kinds(cases: Group) -> None:
    cases.accepted(_KIND, "all-known", "All documents are of known kinds.")
    cases.rejected(
        _KIND, "next-version", "The schema_version is that of a policy but ends in v2, which is unknown.",
        put("/other", {"schema_version": "psion.sampling_policy.v2"}), at=["/other/schema_version"],
    )
    cases.rejected(
        _KIND, "case", "The schema_version ends in V1, and the case of letters counts.",
        put("/other", {"schema_version": "psion.sampling_policy.V1"}), at=["/other/schema_version"],
    )
    cases.rejected(
        _KIND, "program-version", "The schema_version is that of a program but ends in v2, which is unknown.",
        put("/other", {"schema_version": "psion.training_stage_program.v2", "run_id": "r", "stages": [],
            "checkpoint_family": "f"}), at=["/other/schema_version"],
    )
    for slug, what, value in (
        ("empty-object", "An empty object", {}),
        ("array", "An empty list", []),
        ("array-of-objects", "A list of an empty object", [{}]),
        ("number", "A number", 1),
        ("null", "A text of null alone", None),
        ("string", "A string that names a kind", "psion.sampling_policy.v1"),
        ("no-string", "An object whose schema_version is a number", {"schema_version": 1}),
        ("other-object", "An object with stages but no checkpoint_family", {"run_id": "quay", "stages": []}),
        ("stages-null-version", "An object of stages and a schema_version that is null",
            {"schema_version": None, "stages": []}),
        ("family-alone", "An object with a checkpoint_family but no stages", {"checkpoint_family": "f"}),
        ("list-of-version", "An object whose schema_version is a list that names a kind",
            {"schema_version": ["psion.sampling_policy.v1"]}),
        ("version-and-program", "An object like a program whose schema_version is a number",
            {"schema_version": 1, "stages": [], "checkpoint_family": "f"}),
    ):
        cases.rejected(_KIND, slug, f"{what} is not a contract document.", put("/other", value), at=["/other"])
    cases.rejected(
        _KIND, "alone", "An empty object is all there is, so nothing can be judged.", put("/other", {}), at=["/other"], on=(),
    )
    cases.rejected(
        "schema-violation", "program-by-shape", "An object with stages and checkpoint_family is a program, even where both are null.",
        put("/other", {"schema_version": None, "stages": None, "checkpoint_family": None}),
        at=["/other", "/other/stages", "/other/checkpoint_family"], on=(),
    )
    version = {"schema_version": "psion.training_stage_program.v1"}
    cases.rejected(
        "schema-violation", "program-by-version", "An object with the schema_version of a program is one, whatever its members.",
        put("/other", {**version, "run_id": "r", "stages": [], "checkpoint_famliy": "f"}),
        at=["/other", "/other/checkpoint_famliy"], on=(),
    )
    program = {"run_id": "r", "checkpoint_family": "f", "stages": []}
    cases.accepted(
        _KIND, "program-with-version", "A program may have the schema_version of its kind.",
        put("/other", {**program, **version}), on=(),
    )
    cases.accepted(
        _KIND, "program-null-version", "A schema_version that is null means the same in a program as none.",
        put("/other", {**program, "schema_version": None}), on=(),
    )
