"""Cases of references to documents that are there twice, or claim one identity."""

from __future__ import annotations

from tools.edits import copy, drop, put, reverse
from tools.pack.case_builder import Group, respelt
from tools.pack.restoring import bound

_AMBIGUOUS, _CONFLICT = "ambiguous-reference", "identity-conflict"
_IDENTITIES = {
    "config": "/run_id",
    "receipt": "/receipt_digest",
    "corpus": "/replay_contract/stable_dataset_identity",
    "policy": "/policy_id",
    "program": "/run_id",
}
"""By role, where a conflict of identities is reported."""
_PLACES = {
    "config": "/receipt/run_id",
    "descriptor": "/config/model_id",
    "corpus": "/config/dataset_identity",
    "policy": "/config/sampling_policy_id",
}
"""By role, where a reference to it is reported."""

# A case reads best as a few full lines.
# fmt: off


def add(cases: Group) -> None:
    """Add the cases."""
    _copies(cases)
    _numbers(cases)
    _ambiguous(cases)


def _copies(cases: Group) -> None:
    for name in ("descriptor", "corpus", "policy", "config"):
        cases.accepted(
            _AMBIGUOUS, f"{name}-copy",
            f"A copy of the {name} with its members in another order does not count as a second one.",
            copy(f"/{name}", "/copy"), reverse("/copy"),
        )
    cases.accepted(
        _AMBIGUOUS, "null-copy", "A copy of the corpus that lacks what is null in the other does not count as a second one.",
        copy("/corpus", "/copy"), drop("/copy/tokenizer/template_digest"),
        put("/corpus/tokenizer/template_digest", None), drop("/descriptor/tokenizer_binding/template_digest"),
        then=bound,
    )
    cases.accepted(
        _AMBIGUOUS, "receipts", "Two different receipts of one run are not ambiguous, because nothing refers to them.", copy("/receipt", "/other"),
        put("/other/summary", "Another try."),
    )
    cases.rejected(
        "config-mismatch", "near-copy", "Two copies of a config that matches nearly count as one.", copy("/config", "/copy"),
        reverse("/copy"), put("/receipt/run_id", "other"), at=["/receipt/run_id"],
    )

    cases.rejected(
        "dataset-identity-mismatch", "first-copy", "Of two copies of a policy the one given first is referred to.",
        put("/policy/dataset_identity", "x"), copy("/policy", "/copy"), at=["/policy/dataset_identity"],
    )
    cases.rejected(
        "dataset-identity-mismatch", "input-copy", "Of two copies of a policy the one among the inputs is referred to.",
        put("/policy/dataset_identity", "x"), copy("/policy", "/copy"), at=["/copy/dataset_identity"],
        inputs=("copy",),
    )
    for slug, description, first, second, counts in (
        ("first-member", "Of two copies in one text the lesser pointer counts, though it comes last.", "b", "0", "0"),
        ("first-pointer", "Of two copies in one text the lesser pointer counts, and it comes first.", "0", "b", "0"),
        ("first-units", "Of two copies in one text the lesser pointer counts, compared by UTF-16 code units.", "\uff5e", "\U0001f40b", "\U0001f40b"),
    ):
        cases.rejected(
            "dataset-identity-mismatch", slug, description, put("/policy/dataset_identity", "x"),
            put("/bundle", {}), copy("/policy", f"/bundle/{first}"), copy("/policy", f"/bundle/{second}"),
            drop("/policy"), at=[f"/bundle/{counts}/dataset_identity"],
        )
    cases.rejected(
        "dataset-identity-mismatch", "first-text", "Of two copies in two texts the one in the first text counts, whatever the pointers.",
        put("/policy/dataset_identity", "x"), put("/one", {}), put("/two", {}), copy("/policy", "/one/b"),
        copy("/policy", "/two/a"), drop("/policy"), at=["/one/b/dataset_identity"],
    )


def _numbers(cases: Group) -> None:
    member, spelt = "objective_config/label_smoothing_bps", '"label_smoothing_bps":'
    for slug, first, second in (
        ("fraction", "40", "40.0"),
        ("exponent", "40", "4e1"),
        ("zero", "0.0", "-0.0"),
        ("small", "1e-7", "0.0000001"),
        ("huge", "1e999", "2e999"),
        ("other-fraction", "40.5", "40.25"),
        ("other-whole", "40.5", "41.5"),
        ("other-point", "40.5", "405.0"),
        ("other-small", "1e-7", "2e-7"),
        ("other-exponent", "1e-7", "1e-8"),
    ):
        broken = {"config": first, "copy": second} if "." in first or "e" in first else {"copy": second}
        cases.rejected(
            "non-integer-number", f"{slug}-copy",
            f"Of two configs one has {first} where the other has {second}; a text with a problem is no copy.",
            copy("/config", "/copy"), at=[f"/{name}/{member}" for name in broken],
            also=[(_AMBIGUOUS, _PLACES["config"])],
            texts={name: respelt(f"{spelt}40", spelt + number) for name, number in broken.items()},
        )
    for slug, text in (("same", "40,"), ("both", "40,")):
        repeated = {"copy": respelt(f"{spelt}40,", f"{spelt}{text}{spelt}40,")}
        if slug == "both":
            repeated["config"] = repeated["copy"]
        cases.rejected(
            "duplicate-member", f"{slug}-copy",
            f"A repeated member in {'one' if slug == 'same' else 'each'} of two configs, which are no copies then.",
            copy("/config", "/copy"), at=[f"/{name}/{member}" for name in sorted(repeated, reverse=True)],
            also=[(_AMBIGUOUS, _PLACES["config"])], texts=repeated,
        )


def _ambiguous(cases: Group) -> None:
    changes = {
        "config": ("objective_config/label_smoothing_bps", 41),
        "corpus": ("tokenizer_bundle_schema_version", "x"),
        "policy": ("source_family_weights/0/rationale", "x"),
    }
    for name, (member, value) in changes.items():
        cases.rejected(
            _AMBIGUOUS, name, f"Two different documents claim to be the {name}.", copy(f"/{name}", "/other"),
            put(f"/other/{member}", value), at=[_PLACES[name]], also=[(_CONFLICT, f"/other{_IDENTITIES[name]}")],
        )
    cases.rejected(
        _AMBIGUOUS, "three", "Three documents claim to be the config, of which two are copies.", copy("/config", "/other"),
        put("/other/objective_config/label_smoothing_bps", 41), copy("/other", "/third"),
        at=[_PLACES["config"]], also=[(_CONFLICT, "/other/run_id")],
    )
    cases.rejected(
        _AMBIGUOUS, "order", "A corpus with a list in another order is another corpus, so the two are ambiguous.", copy("/corpus", "/other"),
        put("/other/splits/0/shard_ids", ["s2", "s1"]), at=[_PLACES["corpus"]],
        also=[(_CONFLICT, f"/other{_IDENTITIES['corpus']}")],
    )
