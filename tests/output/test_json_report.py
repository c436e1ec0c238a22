"""The JSON report has a line for each member, each finding and each document."""

from __future__ import annotations

import json

from support.canonical_sets import documents

from psion_contract import check_documents
from psion_contract.output import json_report


def test_every_member_and_every_item_of_a_list_has_a_line() -> None:
    texts: dict[str, bytes] = {name: json.dumps(value).encode() for name, value in documents().items()}
    texts["é\u2028"] = b'{"schema_version": "psion.sampling_policy.v1", "a": [1.5, "\\u00e9"], "a": {}}'
    report = check_documents(texts)
    assert report.findings
    text, value = json_report.render(report), report.to_dict()
    assert json.loads(text) == value
    first, *lines, last = text.split("\n")[:-1]
    assert (first, last) == ("{", "}")
    names = [json.loads(line.strip().partition(": ")[0]) for line in lines if line.startswith('  "')]
    assert names == list(value)
    items = [json.loads(line.strip().rstrip(",")) for line in lines if line.startswith("    ")]
    assert items == [each for member in value.values() if isinstance(member, list) for each in member]
