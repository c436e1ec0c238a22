"""Cases of inputs that a judged document reaches, or does not reach because what it refers by is broken."""

from __future__ import annotations

from tools.edits import copy, put
from tools.pack.base_documents import PLAN, PROGRAM
from tools.pack.case_builder import Group, Spelling, respelt
from tools.pack.restoring import bound

_LARGE = 2**53
_WEIGHT = "/policy/source_family_weights/0/sampling_weight_bps"

# A case reads best as a few full lines.
# fmt: off


def add(cases: Group) -> None:
    """Add the cases."""
    _schemas(cases)
    _rules(cases)
    _reading(cases)
    _broken_references(cases)


def _schemas(cases: Group) -> None:
    for role, pointer, value in (
        ("config", "/config/objective_config/label_smoothing_bps", 10001),
        ("descriptor", "/descriptor/model/revision", " "),
        ("corpus", "/corpus/shards/0/storage_ref", " "),
        ("policy", "/policy/regression_thresholds/0/rationale", " "),
    ):
        cases.rejected(
            "schema-violation", f"reached-{role}", f"A {role} among the inputs that the receipt reaches breaks its schema.",
            put(pointer, value), at=[pointer], inputs=PLAN,
        )


def _rules(cases: Group) -> None:
    objective = "/objective_config/max_context_tokens"
    cases.rejected(
        "context-length-mismatch", "reached-config", "A config among the inputs that the receipt reaches does not fit the model.",
        put(f"/config{objective}", 1024), put(f"/receipt{objective}", 1024), at=[f"/config{objective}"], inputs=PLAN,
    )
    cases.rejected(
        "weight-total-mismatch", "reached-from-config", "A judged config reaches a policy among the inputs that breaks a rule.",
        put(_WEIGHT, 1), at=["/policy/source_family_weights"], on=PLAN, inputs=("descriptor", "corpus", "policy"),
    )
    cases.rejected(
        "weight-total-mismatch", "reached-from-program", "A receipt of a program reaches a policy among the inputs that breaks a rule.",
        put(_WEIGHT, 1), at=["/policy/source_family_weights"], on=PROGRAM, inputs=PLAN,
    )
    cases.rejected(
        "weight-total-mismatch", "reached-by-near", "A receipt reaches a policy among the inputs through a config that matches nearly.",
        put(_WEIGHT, 1), put("/config/run_id", "other"), at=["/policy/source_family_weights"], inputs=PLAN,
        also=[("config-mismatch", "/receipt/run_id")],
    )
    cases.rejected(
        "weight-total-mismatch", "reached-twice", "Two receipts reach a policy among the inputs that breaks a rule, which is one finding.",
        put(_WEIGHT, 1), copy("/receipt", "/again"), put("/again/summary", "Another one."), at=["/policy/source_family_weights"], inputs=PLAN,
    )
    estimate = "/descriptor/parameter_count_estimate"
    cases.rejected(
        "parameter-count-mismatch", "reached-descriptor", "A descriptor among the inputs that the receipt reaches breaks a rule.",
        put(estimate, 1), at=[estimate], inputs=PLAN, then=bound,
    )
    tokens = "/corpus/splits/0/token_count"
    cases.rejected(
        "split-count-mismatch", "reached-corpus", "A corpus among the inputs that the receipt reaches breaks a rule.",
        put(tokens, 1), at=[tokens], inputs=PLAN,
    )
    share = "/policy/content_class_token_share_report/0/observed_token_share_bps"
    cases.rejected(
        "content-class-total-mismatch", "reached-policy", "A policy among the inputs that the receipt reaches breaks a rule.",
        put(share, 6999), at=["/policy/content_class_token_share_report"], inputs=PLAN,
    )
    cases.rejected(
        "unsafe-integer", "reached-config", "A config among the inputs that the receipt reaches holds an integer of 2^53.",
        put(f"/config{objective}", _LARGE), at=[f"/config{objective}"], inputs=PLAN,
        also=[("context-length-mismatch", f"/config{objective}"), ("objective-config-mismatch", f"/receipt{objective}")],
    )
    cases.rejected(
        "unsafe-integer", "reached-descriptor", "A descriptor among the inputs that the receipt reaches holds an integer of 2^53.",
        put(estimate, _LARGE), at=[estimate], inputs=PLAN, then=bound, also=[("parameter-count-mismatch", estimate)],
    )
    seed = "replay_contract/deterministic_shuffle_seed"
    cases.rejected(
        "unsafe-integer", "reached-corpus", "A corpus among the inputs that the receipt reaches holds an integer of 2^53.",
        put(f"/corpus/{seed}", _LARGE), at=[f"/corpus/{seed}"], inputs=PLAN,
        also=[("replay-contract-mismatch", "/receipt/replay_receipt/deterministic_shuffle_seed")],
    )
    code = "/policy/maximum_code_token_ratio_bps"
    cases.rejected(
        "unsafe-integer", "reached-policy", "A policy among the inputs that the receipt reaches holds an integer of 2^53.",
        put(code, _LARGE), at=[code], inputs=PLAN, also=[("schema-violation", code)],
    )


def _reading(cases: Group) -> None:
    repeated = {
        "config": ("/config/stage_kind", '"stage_kind":"pretrain"'),
        "descriptor": ("/descriptor/size_anchor", '"size_anchor":"pilot32m"'),
        "corpus": ("/corpus/dataset_version", '"dataset_version":"1"'),
        "policy": ("/policy/maximum_code_token_ratio_bps", '"maximum_code_token_ratio_bps":3500'),
    }
    for role, (pointer, member) in repeated.items():
        cases.rejected(
            "duplicate-member", f"reached-{role}", f"A {role} among the inputs that the receipt reaches has a member twice.",
            at=[pointer], texts={role: respelt(member, f"{member},{member}")}, inputs=PLAN,
        )
    numbers = {
        "config": ("/config/objective_config/label_smoothing_bps", '"label_smoothing_bps":40'),
        "descriptor": ("/descriptor/config/layer_count", '"layer_count":8'),
        "corpus": ("/corpus/replay_contract/deterministic_shuffle_seed", '"deterministic_shuffle_seed":17'),
        "policy": ("/policy/maximum_code_token_ratio_bps", '"maximum_code_token_ratio_bps":3500'),
    }
    for role, (pointer, member) in numbers.items():
        cases.rejected(
            "non-integer-number", f"reached-{role}", f"A {role} among the inputs that the receipt reaches holds a fraction.",
            at=[pointer], texts={role: respelt(member, f"{member}.0")}, inputs=PLAN,
        )
    member = '"maximum_code_token_ratio_bps":3500'
    for rule, slug, what, spelling in (
        ("duplicate-member", "unreached-input", "has a member twice", f"{member},{member}"),
        ("non-integer-number", "unreached-input", "holds a fraction", f"{member}.0"),
    ):
        cases.accepted(
            rule, slug, f"An input that nothing refers to {what}.", copy("/policy", "/other"),
            put("/other/policy_id", "other"), texts={"other": respelt(member, spelling)}, inputs=(*PLAN, "other"),
        )


def _broken_references(cases: Group) -> None:
    rule = "schema-violation"
    for member in ("run_id", "stage_id"):
        slug, place = member.replace("_", "-"), f"/receipt/{member}"
        cases.rejected(
            rule, f"broken-{slug}-unlike", f"A receipt's broken {member} looks for no config, so none is called missing.",
            put(place, "a|b"), put("/receipt/sampling_policy_version", "2"), at=[place],
        )
        cases.rejected(
            rule, f"broken-{slug}-near", f"A receipt's broken {member} looks for no config, not even for one that differs in it alone.",
            put(place, "a|b"), put("/receipt/objective_config/label_smoothing_bps", 41), at=[place],
        )
        cases.rejected(
            rule, f"broken-{slug}-equal", f"Receipt and config have one broken {member}, which makes neither of them known to the other.",
            put(place, "a|b"), put(f"/config/{member}", "a|b"), put("/receipt/objective_config/label_smoothing_bps", 41),
            at=[place, f"/config/{member}"],
        )
        cases.rejected(
            rule, f"broken-{slug}-of-config", f"A config with a broken {member} cannot be referred to, though it is the receipt's.",
            put(f"/config/{member}", " "), at=[f"/config/{member}"], also=[("unresolved-reference", "/receipt/run_id")],
        )
        cases.rejected(
            rule, f"broken-{slug}-inputs", f"A receipt with a broken {member} reaches no input, so that what is wrong in one does not count.",
            put(place, "a|b"), put(_WEIGHT, 1), at=[place], inputs=PLAN,
        )
        cases.rejected(
            "duplicate-member", f"reference-{slug}", f"A repeated {member} in the receipt looks for no config, though the last value is right.",
            put("/receipt/objective_config/label_smoothing_bps", 41), at=[place],
            texts={"receipt": _preceded(member)},
        )
        cases.rejected(
            "duplicate-member", f"identity-{slug}", f"A config with a repeated {member} cannot be referred to, though the last value is right.",
            at=[f"/config/{member}"], also=[("unresolved-reference", "/receipt/run_id")],
            texts={"config": _preceded(member)},
        )
    cases.rejected(
        rule, "broken-descriptor-digest", "A config's broken model_descriptor_digest looks for no model, though one has the model_id.",
        put("/config/model_descriptor_digest", "x"), put("/config/model_id", "other"),
        at=["/config/model_descriptor_digest"], on=PLAN,
    )


def _preceded(member: str) -> Spelling:
    """Give a member of the whole document another value before its own."""
    return lambda text: text.replace(f'"{member}":', f'"{member}":"x","{member}":', 1)
