"""Checks of any number of documents in bounded memory, with one process or several.

`check_files` checks files, `check_stream` sources of any origin. Both give the findings that `Checker.check` gives,
one after the other, and then a report that counts them. docs/reference/streams.md says what is remembered of what was
read.
"""

from __future__ import annotations

from psion_contract.streaming.check import StreamCheck, check_files, check_stream

__all__ = ["StreamCheck", "check_files", "check_stream"]
