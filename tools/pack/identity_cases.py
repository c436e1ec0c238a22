"""Cases of documents that claim one identity, whether or not anything refers to them."""

from __future__ import annotations

from tools.edits import Edit, copy, drop, put, reverse
from tools.pack.base_documents import FULL, PLAN, PROGRAM, RUN
from tools.pack.base_programs import RECEIPT
from tools.pack.case_builder import Group, respelt
from tools.pack.restoring import unchanged

_RULE = "identity-conflict"
_DETAIL = "source_family_reports/0/detail"
_CHANGES: dict[str, tuple[str, str, object]] = {
    "config": ("/run_id", "objective_config/label_smoothing_bps", 0),
    "receipt": ("/receipt_digest", _DETAIL, "x"),
    "corpus": ("/replay_contract/stable_dataset_identity", "tokenizer_bundle_schema_version", "x"),
    "policy": ("/policy_id", "source_family_weights/0/rationale", "x"),
    "program": ("/run_id", "stages/0/environment/version", "2"),
}
"""By role, where a conflict is reported, and a change that leaves the document in order."""

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases."""
    cases = Group("identities", "Documents that claim one identity.", on=RUN)
    for role in _CHANGES:
        _alone(cases, role)
    _descriptors(cases)
    _receipts(cases)
    _inputs(cases)
    _order(cases)
    _broken(cases)
    return cases


def _changed(role: str, name: str = "other") -> list[Edit]:
    """A copy of the document of that role, with other content and the same identity."""
    _, member, value = _CHANGES[role]
    return [copy(f"/{role}", f"/{name}"), put(f"/{name}/{member}", value)]


def _alone(cases: Group, role: str) -> None:
    """Two documents of a role, to which nothing refers."""
    on = {"config": PLAN, "receipt": RUN, "program": PROGRAM}.get(role, (role,))
    pointer, member, _ = _CHANGES[role]
    cases.accepted(
        _RULE, f"{role}-copy", f"A copy of a {role} with its members in another order is no conflict.",
        copy(f"/{role}", "/other"), reverse("/other"), on=on,
    )
    cases.rejected(
        _RULE, role, f"Two documents claim to be one {role}, and differ in {member}.", *_changed(role),
        at=[f"/other{pointer}"], on=on, related={f"/other{pointer}": [f"/{role}{pointer}"]},
    )
    other = {"config": "stage_id", "corpus": "dataset_version", "policy": "policy_version"}.get(role)
    if role == "corpus":
        cases.accepted(
            _RULE, "corpus-version", "Two versions of a data set have different identities.", *_changed(role),
            put("/other/dataset_version", "2"), put(f"/other{pointer}", "quay-corpus@2"), on=on,
        )
    elif other:
        cases.accepted(
            _RULE, f"{role}-{other.replace('_', '-')}", f"Two documents that differ in {other} are different ones.",
            *_changed(role), put(f"/other/{other}", "2"), on=on,
        )


def _descriptors(cases: Group) -> None:
    cases.accepted(
        _RULE, "descriptor-revision",
        "Two revisions of a model have one model_id and different digests D2, which are part of their identity.",
        copy("/descriptor", "/other"), put("/other/model/revision", "other"), on=("descriptor",),
    )
    cases.accepted(
        _RULE, "null-copy", "A corpus in which a member is null is a copy of one that lacks it.",
        copy("/corpus", "/other"), drop("/other/tokenizer/template_digest"), put("/corpus/tokenizer/template_digest", None),
        on=("corpus",),
    )


def _receipts(cases: Group) -> None:
    cases.accepted(
        _RULE, "receipts-of-a-stage", "Two receipts of one run and stage have different digests.",
        copy("/receipt", "/other"), put("/other/summary", "Another try."),
    )
    cases.rejected(
        _RULE, "receipt-of-another-run", "A receipt of another run has the digest of this one, which is not its own.",
        copy("/receipt", "/other"), copy("/config", "/config2"), put("/other/run_id", "other"), put("/config2/run_id", "other"),
        at=["/other/receipt_digest"], also=[("receipt-digest-mismatch", "/other/receipt_digest")], then=unchanged,
    )
    cases.accepted(
        _RULE, "program-and-receipt", "A receipt is recorded in a program and is a document of its own, too.",
        copy(RECEIPT, "/receipt"), reverse("/receipt"), on=PROGRAM,
    )
    cases.rejected(
        _RULE, "program-and-other-receipt",
        "A receipt was changed after it was recorded in a program, in a member that D5 does not bind.",
        copy(RECEIPT, "/receipt"), put(f"/receipt/{_DETAIL}", "x"), at=["/receipt/receipt_digest"], on=PROGRAM,
    )
    opened = "delivered_execution/cluster_execution"
    cases.accepted(
        _RULE, "open-object-copy", "A copy of a receipt with a cluster_execution.", copy("/full", "/other"), on=FULL,
    )
    cases.rejected(
        _RULE, "open-object", "A member of cluster_execution is true in one receipt and 1 in the other.",
        copy("/full", "/other"), put(f"/full/{opened}/seen", True), put(f"/other/{opened}/seen", 1),
        at=["/other/receipt_digest"], on=FULL,
    )


def _inputs(cases: Group) -> None:
    on = ("descriptor", "policy")
    cases.rejected(
        _RULE, "inputs", "Two inputs claim to be one policy, and nothing refers to either.", *_changed("policy"),
        at=["/other/policy_id"], on=on, inputs=("policy", "other"),
    )
    cases.rejected(
        _RULE, "input-first", "An input and a judged document claim to be one policy, and the judged one is reported.",
        *_changed("policy"), at=["/policy/policy_id"], on=("policy",), inputs=("other",),
    )
    cases.accepted(
        _RULE, "input-copy", "An input is a copy of a judged document.", copy("/policy", "/other"), on=on, inputs=("other",),
    )
    cases.rejected(
        _RULE, "input-receipt", "The receipt of an input has the digest of a judged receipt and other content.",
        *_changed("receipt"), at=["/receipt/receipt_digest"], inputs=("other",),
    )


def _order(cases: Group) -> None:
    cases.rejected(
        _RULE, "three", "Of three policies of one identity the second is a copy of the first.", copy("/policy", "/second"),
        *_changed("policy"), at=["/other/policy_id"], on=("policy",),
    )
    cases.rejected(
        _RULE, "two-others", "Of four policies of one identity the last two are copies of each other; the first of them is reported.",
        copy("/policy", "/second"), *_changed("policy"), copy("/other", "/last"), at=["/other/policy_id"], on=("policy",),
    )
    cases.rejected(
        _RULE, "three-contents", "Three policies of one identity have three contents, and each but the first is reported.",
        *_changed("policy"), *_changed("policy", "third"), put("/third/source_family_weights/0/rationale", "y"),
        at=["/other/policy_id", "/third/policy_id"], on=("policy",),
        related={"/other/policy_id": ["/policy/policy_id"], "/third/policy_id": ["/policy/policy_id"]},
    )
    for slug, description, first, second, reported in (
        ("bundle", "Two policies of one text are in the order of their pointers, whatever that of the members.", "b", "0", "b"),
        ("bundle-units", "Two policies of one text are in the order of their pointers, by UTF-16 code units.", "\uff5e", "\U0001f40b", "\uff5e"),
    ):
        cases.rejected(
            _RULE, slug, description, put("/bundle", {}), copy("/policy", f"/bundle/{first}"), copy("/policy", f"/bundle/{second}"),
            put(f"/bundle/{second}/source_family_weights/0/rationale", "x"), drop("/policy"),
            at=[f"/bundle/{reported}/policy_id"], on=("policy",),
        )


    cases.rejected(
        _RULE, "text-order", "Two copies in one text come before another document of a later text, whatever the pointers.",
        put("/bundle", {}), copy("/policy", "/bundle/b"), copy("/policy", "/bundle/a"), *_changed("policy"), drop("/policy"),
        at=["/other/policy_id"], on=("policy",), related={"/other/policy_id": ["/bundle/a/policy_id"]},
    )
    names = ("quay", "quay-stage-1-pretrain")
    cases.accepted(
        _RULE, "two-roles", "A policy and a config have the same two strings as their identities, which are of two roles.",
        put("/policy/policy_id", names[0]), put("/config/sampling_policy_id", names[0]),
        put("/policy/policy_version", names[1]), put("/config/sampling_policy_version", names[1]), on=PLAN,
    )


def _broken(cases: Group) -> None:
    cases.rejected(
        _RULE, "broken", "Of two policies of one identity one is broken, and claims nothing.", *_changed("policy"),
        put("/other/maximum_code_token_ratio_bps", None), at=[], on=("policy",),
        also=[("schema-violation", "/other/maximum_code_token_ratio_bps")],
    )
    cases.rejected(
        _RULE, "broken-identity", "Two policies share a policy_id that is no identifier, which is all that is reported.",
        put("/policy/policy_id", "a|b"), *_changed("policy"), at=[], on=("policy",),
        also=[("schema-violation", f"/{name}/policy_id") for name in ("policy", "other")],
    )
    cases.rejected(
        _RULE, "fraction", "A config with a fraction beside a sound one is broken, and claims nothing.",
        copy("/config", "/other"), at=[], on=PLAN,
        also=[("non-integer-number", "/other/objective_config/label_smoothing_bps")],
        texts={"other": respelt('"label_smoothing_bps":40', '"label_smoothing_bps":40.5')},
    )
