"""The wording of the rules, which ``python -m tools build`` writes to one file for review."""

from __future__ import annotations

import pytest

from tools import messages, repository


@pytest.mark.slow
def test_the_wording_of_the_rules_is_the_reviewed_one() -> None:
    for path, text in messages.files().items():
        assert repository.text(path) == text
