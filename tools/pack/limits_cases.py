"""Cases of the rule on the limits of the reader."""

from __future__ import annotations

from tools.pack.base_documents import FULL
from tools.pack.case_builder import Group, respelt

_MISSING = [
    ("unresolved-reference", "/config/model_id"),
    ("unresolved-reference", "/config/dataset_identity"),
    ("unresolved-reference", "/config/sampling_policy_id"),
]

# A case reads best as a few full lines.
# fmt: off


def add(cases: Group) -> None:
    """Add the cases."""
    _limits(cases)


def _limits(cases: Group) -> None:
    rule, at = "limit-exceeded", ["/text"]
    unknown_kind = [("unknown-kind", "/text")]
    policy = b'{"schema_version":"x","a":[{}]}'
    cases.accepted(
        rule, "at-all-limits", "A text may be as large, as long and as deep as the limits.", on=("policy",),
        texts={"policy": str}, limits={"max_bytes": 2082, "max_members": 81, "max_depth": 3},
    )
    assert len(policy) == 31
    unknown = [("unknown-kind", "/text/schema_version")]
    for slug, description, limits, rest in (
        ("bytes", "The text has 31 bytes, one more than the limit.", {"max_bytes": 30}, at),
        ("members", "The text has three members and items, one more than the limit.", {"max_members": 2}, at),
        ("depth", "The text is three levels deep, one more than the limit.", {"max_depth": 2}, at),
        ("at-bytes", "A text of 31 bytes is read where 31 are the limit.", {"max_bytes": 31}, []),
        ("at-members", "A text of three members and items is read where three are the limit.", {"max_members": 3}, []),
        ("at-depth", "A text of three levels is read where three are the limit.", {"max_depth": 3}, []),
    ):
        cases.rejected(
            rule, slug, description, at=rest, also=[] if rest else unknown, on=(), texts={"text": policy},
            limits=limits,
        )
    cases.rejected(
        rule, "bytes-not-characters", "A text of six characters in nine bytes is beyond a limit of seven bytes.", at=at, on=(),
        limits={"max_bytes": 7}, texts={"text": '["ß京"]'.encode()},
    )
    cases.rejected(
        rule, "bytes-first", "A text beyond max_bytes gets no other finding, although it is not UTF-8 either.", at=at, on=(), limits={"max_bytes": 3},
        texts={"text": b"\xff\xfe{,"},
    )
    cases.rejected(
        rule, "members-before-grammar", "A list beyond max_members gets no other finding, though it does not end either.", at=at, on=(),
        limits={"max_members": 2}, texts={"text": b"[1,2,3"},
    )
    cases.rejected(
        rule, "grammar-before-depth", "The grammar is broken before the text gets too deep, so only the grammar is reported.", at=[], on=(),
        also=[("invalid-json", "/text")], limits={"max_depth": 2}, texts={"text": b"[,[[[]]]]"},
    )
    cases.rejected(
        rule, "depth-before-grammar", "The text gets too deep before its grammar is broken, so only the depth is reported.", at=at, on=(), limits={"max_depth": 2},
        texts={"text": b"[[[,"},
    )
    cases.rejected(
        rule, "in-strings", "Commas and brackets in strings do not count as members, items or levels.", at=[], on=(),
        also=[("unknown-kind", "/text")], limits={"max_members": 1, "max_depth": 1},
        texts={"text": rb'["[[,,{\"[,"]'},
    )
    cases.rejected(
        rule, "unclosed-string", "Commas in a string that does not end are not counted as items.", at=[], on=(),
        also=[("invalid-json", "/text")], limits={"max_members": 2}, texts={"text": b'[1,"a,b,c'},
    )
    cases.rejected(
        rule, "wrong-brackets", "Members and items are counted even where the brackets do not match.", at=at, on=(),
        limits={"max_members": 1}, texts={"text": b"{[{]}"},
    )
    cases.rejected(
        rule, "empty", "Empty objects and lists hold no members, even with white space between the brackets.", at=[], on=(),
        also=[("unknown-kind", "/text")], limits={"max_members": 2}, texts={"text": b"[{ },[\n]]"},
    )
    for slug, what, space in (("form-feed", "A form feed", "\f"), ("no-break-space", "A no-break space", "\u00a0"),
            ("vertical-tab", "A vertical tab", "\v")):
        cases.rejected(
            rule, slug, f"{what} between two brackets is not white space, so that it counts as an item.", at=at, on=(),
            limits={"max_members": 1}, texts={"text": f"[[{space}]]".encode()},
        )
    cases.rejected(
        rule, "white-space", "Space, tab, line feed and carriage return between two brackets do not count as an item.", at=[], on=(),
        also=[("unknown-kind", "/text")], limits={"max_members": 1}, texts={"text": b"[{ \t\n\r}]"},
    )
    cases.rejected(
        rule, "default-depth", "A text of 129 nested levels is too deep when no limit is given.", at=at, on=(),
        texts={"text": b"[" * 129 + b"]" * 129},
    )
    cases.rejected(
        rule, "at-default-depth", "A text of 128 nested levels is read when no limit is given.", at=[], also=[("unknown-kind", "/text")], on=(),
        texts={"text": b"[" * 128 + b"]" * 128},
    )
    cases.rejected(
        rule, "deepest", "A text of 201 nested levels is too deep when 200 are the limit.", at=at, on=(),
        limits={"max_depth": 200}, texts={"text": b"[" * 201 + b"]" * 201},
    )
    cases.rejected(
        rule, "at-deepest", "A text of 200 nested levels is read when 200 are the limit.", at=[], also=[("unknown-kind", "/text")], on=(),
        limits={"max_depth": 200}, texts={"text": b"[" * 200 + b"]" * 200},
    )
    cases.rejected(
        rule, "beside", "A text that is too deep counts beside a corpus with which nothing is wrong.", on=("corpus",), at=at,
        texts={"text": b"[" * 129 + b"]" * 129},
    )
    cases.rejected(
        rule, "unresolved", "A descriptor beyond max_bytes is not found by the config that refers to it.", at=["/descriptor"],
        also=[_MISSING[0]], limits={"max_bytes": 18000},
    )
    digits = "9" * 4300
    cases.warned(
        "unsafe-integer", "digits", "An integer of 4300 digits can be read and is unsafe.", on=FULL,
        at=["/full/delivered_execution/cluster_execution/job"],
        texts={"full": respelt('"job":48', f'"job":{digits}')},
    )
    cases.rejected(
        rule, "digits", "An integer of 4301 digits is too long to be read.", at=["/full"], on=("full",),
        texts={"full": respelt('"job":48', f'"job":{digits}9')},
    )
    cases.rejected(
        rule, "problems", "The reading of a text ends after 10000 repeated members.", at=at, on=(),
        also=[("duplicate-member", "/text/a")], texts={"text": b"{" + b'"a":0,' * 10002 + b'"b":0}'},
    )
    for slug, description, text, read in (
        ("at-names", "The name of a member has 1024 characters.", f'{{"{"n" * 1024}":0}}', True),
        ("names", "The name of a member has 1025 characters.", f'{{"{"n" * 1025}":0}}', False),
        ("at-names-nested", "Two names on the way to a value have 1024 characters together.",
            f'{{"{"n" * 1000}":[[{{"{"m" * 24}":0}}]]}}', True),
        ("names-nested", "Two names on the way to a value have 1025 characters together.",
            f'{{"{"n" * 1000}":[[{{"{"m" * 25}":0}}]]}}', False),
        ("names-beside", "Two names beside each other have 1025 characters together, but not on the way to one value.",
            f'{{"{"n" * 1000}":{{}},"{"m" * 25}":0}}', True),
        ("names-escaped", "The name of a member has 1024 characters, each of them an escape or beyond U+FFFF.",
            f'{{"{"𐐷" * 1000 + chr(92).join([""] + ["u0041"] * 24)}":0}}', True),
    ):
        cases.rejected(
            rule, slug, description, at=[] if read else at, also=unknown_kind if read else [], on=(), texts={"text": text.encode()},
        )
    cases.rejected(
        rule, "last-problem", "The 10000th repeated member is the last member of the text, and ends the reading.", at=at, on=(),
        also=[("duplicate-member", "/text/")], texts={"text": b"{" + b'"":0,' * 10000 + b'"":0}'},
    )
    cases.rejected(
        rule, "below-problems", "A text with 9999 repeated members, which concern no document, is read.", at=[], on=(),
        also=[("unknown-kind", "/text")], texts={"text": b"{" + b'"":0,' * 9999 + b'"":0}'},
    )
