"""Cases of the rule on the limits of the reader."""

from __future__ import annotations

from psion_contract.conformance.sources.base import FULL
from psion_contract.conformance.sources.making import Group, respelt

_MISSING = [
    ("unresolved-reference", "/config/model_id"),
    ("unresolved-reference", "/config/dataset_identity"),
    ("unresolved-reference", "/config/sampling_policy_id"),
]

# A case reads best as a few full lines.
# fmt: off


def add(made: Group) -> None:
    """Add the cases."""
    _limits(made)


def _limits(made: Group) -> None:
    rule, at = "limit-exceeded", ["/text"]
    policy = b'{"schema_version":"x","a":[{}]}'
    made.accepted(
        rule, "at-all-limits", "A text may be as large, as long and as deep as the limits.", on=("policy",),
        texts={"policy": str}, limits={"max_bytes": 1907, "max_members": 73, "max_depth": 3},
    )
    assert len(policy) == 31
    unknown = [("unknown-kind", "/text/schema_version")]
    for slug, description, limits, rest in (
        ("bytes", "The text has a byte more than the limit.", {"max_bytes": 30}, at),
        ("members", "It has a member or item more than the limit.", {"max_members": 2}, at),
        ("depth", "It is nested a level deeper than the limit.", {"max_depth": 2}, at),
        ("at-bytes", "It has as many bytes as it may.", {"max_bytes": 31}, []),
        ("at-members", "It has as many members and items as it may.", {"max_members": 3}, []),
        ("at-depth", "It is nested as deep as it may.", {"max_depth": 3}, []),
    ):
        made.rejected(
            rule, slug, description, at=rest, also=[] if rest else unknown, on=(), texts={"text": policy},
            limits=limits,
        )
    made.rejected(
        rule, "bytes-not-characters", "Bytes are counted, not characters.", at=at, on=(),
        limits={"max_bytes": 7}, texts={"text": '["ß京"]'.encode()},
    )
    made.rejected(
        rule, "bytes-first", "Size comes before everything else.", at=at, on=(), limits={"max_bytes": 3},
        texts={"text": b"\xff\xfe{,"},
    )
    made.rejected(
        rule, "members-before-grammar", "The number of members comes before the grammar.", at=at, on=(),
        limits={"max_members": 2}, texts={"text": b"[1,2,3"},
    )
    made.rejected(
        rule, "grammar-before-depth", "What is wrong first in the text ends the reading.", at=[], on=(),
        also=[("invalid-json", "/text")], limits={"max_depth": 2}, texts={"text": b"[,[[[]]]]"},
    )
    made.rejected(
        rule, "depth-before-grammar", "And so does what is too deep.", at=at, on=(), limits={"max_depth": 2},
        texts={"text": b"[[[,"},
    )
    made.rejected(
        rule, "in-strings", "Commas and brackets in strings are no members, items or levels.", at=[], on=(),
        also=[("unknown-kind", "/text")], limits={"max_members": 1, "max_depth": 1},
        texts={"text": rb'["[[,,{\"[,"]'},
    )
    made.rejected(
        rule, "unclosed-string", "A string that does not end goes to the end of the text.", at=[], on=(),
        also=[("invalid-json", "/text")], limits={"max_members": 2}, texts={"text": b'[1,"a,b,c'},
    )
    made.rejected(
        rule, "wrong-brackets", "Brackets are counted whether they match or not.", at=at, on=(),
        limits={"max_members": 1}, texts={"text": b"{[{]}"},
    )
    made.rejected(
        rule, "empty", "Empty objects and lists have no members.", at=[], on=(),
        also=[("unknown-kind", "/text")], limits={"max_members": 2}, texts={"text": b"[{ },[\n]]"},
    )
    made.rejected(
        rule, "default-depth", "Unless told otherwise, 128 levels are the limit.", at=at, on=(),
        texts={"text": b"[" * 129 + b"]" * 129},
    )
    made.rejected(
        rule, "at-default-depth", "And no fewer.", at=[], also=[("unknown-kind", "/text")], on=(),
        texts={"text": b"[" * 128 + b"]" * 128},
    )
    made.rejected(
        rule, "deepest", "The largest limit on depth there is, by which 201 levels are too many.", at=at, on=(),
        limits={"max_depth": 200}, texts={"text": b"[" * 201 + b"]" * 201},
    )
    made.rejected(
        rule, "at-deepest", "And 200 are not.", at=[], also=[("unknown-kind", "/text")], on=(),
        limits={"max_depth": 200}, texts={"text": b"[" * 200 + b"]" * 200},
    )
    made.rejected(
        rule, "beside", "It counts beside documents with which nothing is wrong.", on=("corpus",), at=at,
        texts={"text": b"[" * 129 + b"]" * 129},
    )
    made.rejected(
        rule, "unresolved", "A document that is beyond a limit cannot be referred to.", at=["/descriptor"],
        also=[_MISSING[0]], limits={"max_bytes": 18000},
    )
    digits = "9" * 4300
    made.warned(
        "unsafe-integer", "digits", "An integer of 4300 digits can be read.", on=FULL,
        at=["/full/delivered_execution/cluster_execution/job"],
        texts={"full": respelt('"job":48', f'"job":{digits}')},
    )
    made.rejected(
        rule, "digits", "An integer of 4301 digits cannot.", at=["/full"], on=("full",),
        texts={"full": respelt('"job":48', f'"job":{digits}9')},
    )
    made.rejected(
        rule, "problems", "After 10000 problems of one text the reading ends.", at=at, on=(),
        also=[("duplicate-member", "/text/a")], texts={"text": b"{" + b'"a":0,' * 10002 + b'"b":0}'},
    )
