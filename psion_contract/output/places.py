"""Where a finding is, as the tools that show findings in files expect it."""

from __future__ import annotations

import os
from urllib.parse import quote

from psion_contract.findings import Finding, Related


def path_of(item: Finding | Related) -> str:
    """The file of a finding: the name of its document, without the line number that a line of JSON Lines has there."""
    name, line = item.document, item.line
    return name[: -len(f":{line}")] if line is not None and name.endswith(f":{line}") else name


def relative_path(path: str) -> str:
    """A path as a repository has it: relative to the current directory where it is below that, with forward slashes.

    Services match such paths with those of a change.
    """
    if os.path.isabs(path):
        try:
            relative = os.path.relpath(path)
        except ValueError:  # on Windows, another drive
            relative = os.pardir
        if relative.split(os.sep)[0] != os.pardir:
            path = relative
    else:
        path = os.path.normpath(path)
    return path.replace(os.sep, "/")


def uri_of(path: str) -> str:
    """A path as a URI reference (RFC 3986)."""
    uri = quote(relative_path(path).encode("utf-8", "surrogatepass"), safe="/~!$&'()*+,;=@")
    return f"file://{uri}" if uri.startswith("/") else uri
