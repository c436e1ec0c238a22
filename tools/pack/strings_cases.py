"""Cases of the rule on schemas: what strings may hold."""

from __future__ import annotations

from tools.edits import put
from tools.pack.case_builder import ZEROS, Group

_RULE = "schema-violation"
_POLICY = "/config/sampling_policy_id"

# A case reads best as a few full lines.
# fmt: off


def add(cases: Group) -> None:
    """Add the cases."""
    _strings(cases)
    _digests(cases)


def _strings(cases: Group) -> None:
    detail, label = "/receipt/source_family_reports/0/detail", "/receipt/checkpoint_lineage/receipt_id"
    blanks = {"empty": "", "space": " ", "tab": "\t", "line-feed": "\n"}
    for code in ("00a0", "1680", "2000", "200a", "2028", "2029", "202f", "205f", "3000"):
        blanks[f"u{code}"] = chr(int(code, 16))
    blanks["several"] = " \n\t\u00a0\u3000"
    for slug, value in blanks.items():
        what = "An empty sentence" if slug == "empty" else "A sentence of several kinds of white space"
        if len(value) == 1:
            what = f"A sentence that holds only U+{ord(value):04X}"
        cases.rejected(
            _RULE, f"blank-{slug}", f"{what} counts as blank.", put(detail, value), at=[detail],
        )
    for code in ("200b", "feff", "180e", "2060"):
        value = chr(int(code, 16))
        cases.accepted(
            _RULE, f"not-blank-u{code}",
            f"A sentence that holds only U+{code.upper()}, which is not white space, is not blank.",
            put(detail, value),
        )
    cases.rejected(_RULE, "identifier-blank", "An identifier that holds only a space counts as blank.", put(_POLICY, " "), at=[_POLICY])
    cases.accepted(_RULE, "padded", "A sentence may start and end with white space.", put(detail, "\n\t x\u00a0"))
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
        cases.rejected(
            _RULE, f"sentence-{slug}", f"A sentence holds U+{ord(char):04X}, which no sentence may hold.",
            put(detail, f"a{char}b"), at=[detail],
        )
        cases.rejected(
            _RULE, f"identifier-{slug}", f"An identifier holds U+{ord(char):04X}, which no identifier may hold.",
            put(_POLICY, f"a{char}b"), at=[_POLICY],
        )
    for slug, char in (("tab", "\t"), ("line-feed", "\n")):
        cases.accepted(_RULE, f"sentence-{slug}", f"A sentence may hold a {slug.replace('-', ' ')}.", put(detail, f"a{char}b"))
        cases.rejected(
            _RULE, f"identifier-{slug}", f"An identifier may not hold a {slug.replace('-', ' ')}.", put(_POLICY, f"a{char}b"),
            at=[_POLICY],
        )
    pointer = "/receipt/checkpoint_lineage/promoted_checkpoint/checkpoint_ref"
    cases.rejected(_RULE, "optional-bar", "An optional identifier holds a |, which no identifier may hold.", put(pointer, "a|b"), at=[pointer])
    cases.rejected(_RULE, "optional-blank", "An optional identifier is empty, and neither absent nor null.", put(pointer, ""), at=[pointer])
    cases.accepted(_RULE, "optional-null", "An optional identifier may be null.", put(pointer, None))
    cases.rejected(
        _RULE, "optional-lineage", "An identifier ends with a line feed, which it may not hold.", put(label, "a\n"), at=[label],
    )


def _digests(cases: Group) -> None:
    pointer = "/receipt/receipt_digest"
    for slug, what, value in (
        ("upper-case", "is written in upper case", "A" * 64),
        ("short", "has only 63 characters", "0" * 63),
        ("long", "has 65 characters", "0" * 65),
        ("line-feed", "ends with a line feed in the place of its last digit", ZEROS[1:] + "\n"),
        ("line-feed-after", "has a line feed after its 64 digits", ZEROS + "\n"),
        ("letter", "holds the letter g, which is not a hexadecimal digit", "g" * 64),
        ("empty", "is empty", ""),
        ("prefix", "has the prefix sha256: before its 64 digits", "sha256:" + ZEROS),
        ("full-width", "is made of the full-width digit U+FF10", "\uff10" * 64),
        ("arabic", "is made of the Arabic digit U+0660", "\u0660" * 64),
        ("two-lines", "has two lines of 64 digits", "0" * 64 + "\n" + "0" * 64),
    ):
        cases.rejected(_RULE, f"digest-{slug}", f"A digest {what}.", put(pointer, value), at=[pointer])
