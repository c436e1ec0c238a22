"""The site builds without a warning: links, references, docstrings of the API."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import markdown_pages as pages
import pytest

from psion_contract.documents import schemas


@pytest.mark.slow
def test_the_site_builds_without_warnings(tmp_path: Path) -> None:
    pytest.importorskip("furo", reason="the extra docs is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html",
         "-d", tmp_path / "doctrees", pages.DOCS, tmp_path / "site"],
        cwd=pages.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    api = (tmp_path / "site" / "reference" / "python-api.html").read_text(encoding="utf-8")
    assert 'id="psion_contract.check_documents"' in api
    contributing = (tmp_path / "site" / "contributing.html").read_text(encoding="utf-8")
    assert "Add a rule" in contributing
    listed = (tmp_path / "site" / "reference" / "schemas.html").read_text(encoding="utf-8")
    for name in schemas.names():
        assert f'href="schemas/{name}.html"' in listed
        page = (tmp_path / "site" / "reference" / "schemas" / f"{name}.html").read_text(encoding="utf-8")
        assert schemas.schema(name)["title"] in page
        assert not re.search(r'<(link|script|img)[^>]*"https?:', page), "nothing is fetched"
