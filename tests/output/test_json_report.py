"""The JSON report has the layout of `json.dumps` with an indentation of two spaces."""

from __future__ import annotations

import json

from support.canonical_sets import documents

from psion_contract import check_documents
from psion_contract.output import json_report


def test_the_report_is_laid_out_as_by_json_dumps() -> None:
    texts: dict[str, bytes] = {name: json.dumps(value).encode() for name, value in documents().items()}
    texts["é\u2028"] = b'{"schema_version": "psion.sampling_policy.v1", "a": [1.5, "\\u00e9"], "a": {}}'
    report = check_documents(texts)
    assert report.findings
    assert json_report.render(report) == json.dumps(report.to_dict(), ensure_ascii=False, indent=2) + "\n"
