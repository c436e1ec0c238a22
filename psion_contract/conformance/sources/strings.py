"""Cases of the rule on schemas: what strings may hold."""

from __future__ import annotations

from psion_contract.conformance.sources.editing import put
from psion_contract.conformance.sources.making import ZEROS, Group

_RULE = "schema-violation"
_POLICY = "/config/sampling_policy_id"

# A case reads best as a few full lines.
# fmt: off


def add(made: Group) -> None:
    """Add the cases."""
    _strings(made)
    _digests(made)


def _strings(made: Group) -> None:
    detail, label = "/receipt/source_family_reports/0/detail", "/receipt/checkpoint_lineage/receipt_id"
    blanks = {"empty": "", "space": " ", "tab": "\t", "line-feed": "\n"}
    for code in ("00a0", "1680", "2000", "200a", "2028", "2029", "202f", "205f", "3000"):
        blanks[f"u{code}"] = chr(int(code, 16))
    blanks["several"] = " \n\t\u00a0\u3000"
    for slug, value in blanks.items():
        made.rejected(_RULE, f"blank-{slug}", "A sentence is blank.", put(detail, value), at=[detail])
    for code in ("200b", "feff", "180e", "2060"):
        value = chr(int(code, 16))
        made.accepted(_RULE, f"not-blank-u{code}", f"U+{code.upper()} is no white space.", put(detail, value))
    made.rejected(_RULE, "identifier-blank", "An identifier is blank.", put(_POLICY, " "), at=[_POLICY])
    made.accepted(_RULE, "padded", "White space around something is part of it.", put(detail, "\n\t x\u00a0"))
    codes = {
        "bar": "|",
        "nul": "\0",
        "unit-separator": "\x1f",
        "delete": "\x7f",
        "c1-first": "\x80",
        "next-line": "\x85",
        "c1-last": "\x9f",
        "carriage-return": "\r",
        "vertical-tab": "\v",
    }
    for slug, char in codes.items():
        made.rejected(
            _RULE, f"sentence-{slug}", f"A sentence holds U+{ord(char):04X}.", put(detail, f"a{char}b"),
            at=[detail],
        )
        made.rejected(
            _RULE, f"identifier-{slug}", f"An identifier holds U+{ord(char):04X}.", put(_POLICY, f"a{char}b"),
            at=[_POLICY],
        )
    for slug, char in (("tab", "\t"), ("line-feed", "\n")):
        made.accepted(_RULE, f"sentence-{slug}", f"A sentence may hold a {slug}.", put(detail, f"a{char}b"))
        made.rejected(
            _RULE, f"identifier-{slug}", f"An identifier may not hold a {slug}.", put(_POLICY, f"a{char}b"),
            at=[_POLICY],
        )
    place = "/receipt/checkpoint_lineage/promoted_checkpoint/checkpoint_ref"
    made.rejected(_RULE, "optional-bar", "An optional identifier holds a |.", put(place, "a|b"), at=[place])
    made.rejected(_RULE, "optional-blank", "An optional identifier is empty.", put(place, ""), at=[place])
    made.accepted(_RULE, "optional-null", "It may be null.", put(place, None))
    made.rejected(
        _RULE, "optional-lineage", "An identifier ends with a line feed.", put(label, "a\n"), at=[label],
    )


def _digests(made: Group) -> None:
    place = "/receipt/receipt_digest"
    for slug, value in (
        ("upper-case", "A" * 64),
        ("short", "0" * 63),
        ("long", "0" * 65),
        ("line-feed", ZEROS[1:] + "\n"),
        ("line-feed-after", ZEROS + "\n"),
        ("letter", "g" * 64),
        ("empty", ""),
        ("prefix", "sha256:" + ZEROS),
        ("full-width", "\uff10" * 64),
        ("arabic", "\u0660" * 64),
        ("two-lines", "0" * 64 + "\n" + "0" * 64),
    ):
        made.rejected(
            _RULE, f"digest-{slug}",
            f"A digest is no 64 lower-case hexadecimal characters: {slug.replace('-', ' ')}.",
            put(place, value), at=[place],
        )
