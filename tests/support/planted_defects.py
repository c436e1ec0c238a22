"""An archive of many receipts with defects of each kind, some of which concern documents that are far apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from benchmarks.archive import lines
from psion_contract import Source
from support.canonical_sets import documents

EXPECTED = {
    "ambiguous-reference",
    "confusable-identifier",
    "duplicate-member",
    "identity-conflict",
    "invalid-json",
    "objective-config-mismatch",
    "receipt-digest-mismatch",
    "schema-violation",
    "share-total-mismatch",
    "unknown-kind",
    "unresolved-reference",
}
"""Rules that are broken."""


def line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def archive(receipts: int) -> list[Source]:
    """The documents of an archive, as those of one file."""
    return [
        Source(f"a.jsonl:{number}", data, True, number, group="a.jsonl")
        for number, data in enumerate(_lines(receipts), 1)
    ]


def _lines(receipts: int) -> Iterator[bytes]:
    tree = documents()
    resumed, config, policy = tree["resumed"], tree["resumed_config"], tree["policy"]
    odd = resumed | {"run_id": resumed["run_id"].replace("p", "\u0440", 1)}
    unknown = resumed | {"run_id": "unknown", "stage_id": "unknown"}
    sound = [line.rstrip(b"\n") for line in lines(receipts, receipts // 50)]
    third = receipts // 3
    yield from (line(resumed), line(odd), line(tree["accelerated"]), line({"a": "foreign text"}))
    yield from sound[:third]
    yield from (
        line(resumed),  # a copy
        line(unknown),
        line(resumed | {"run_id": 7}),
        line(resumed).replace(b'"run_id"', b'"run_id": "x", "run_id"', 1),
        line(policy | {"schema_version": "psion.sampling_policy.v3"}),
        b'{"schema_version": "psion.sampling_policy.v1", ',
        line(tree["accelerated_config"]),
        line(tree["accelerated_config"] | {"dataset_identity": "other"}),
    )
    yield from sound[third:]
    yield line(resumed | {"summary": "Far from the one that it conflicts with."})
    yield line(config)  # what receipts before it refer to
    yield from (sound[0], line([resumed, tree["receipt"]]))
