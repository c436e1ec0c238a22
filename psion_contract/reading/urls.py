"""Paths that name something remote, by a URL, and how a URL is shown: never with what gives access to it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from psion_contract.exceptions import UnreadableError
from psion_contract.reading.escaping import printable

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?:::[A-Za-z][A-Za-z0-9+.-]+)*://")
# At least two letters, since one is a drive of Windows.

WEB = ("http", "https")
"""The schemes of web servers."""


def split(url: str) -> tuple[str, str, str]:
    """What a URL or a chain of them begins with, up to ``://``, then the path of the first one, and the rest of the chain."""
    found = _REMOTE.match(url)
    assert found is not None
    path, separator, rest = url[found.end() :].partition("::")
    return found[0], path, separator + rest


def is_remote(path: str) -> bool:
    """Whether a path is a URL, or a chain of URLs as fsspec reads it; a local file of such a name is ``./name``."""
    return _REMOTE.match(path) is not None


def shown(path: str) -> str:
    """A path as findings and messages name it: of a URL without user, password and query."""
    return "::".join(map(_without_credentials, path.split("::"))) if is_remote(path) else path


def without_urls(text: str) -> str:
    """A message of a library, with every URL in it as by `shown`."""
    return re.sub(r"[a-z][a-z0-9+.-]+://[^\s'\"<>()]+", lambda found: _without_credentials(found[0]), text)


def refuse_alike(paths: Iterable[str]) -> None:
    """Refuse URLs that differ only in what is not shown: findings could not tell their documents apart.

    Raises:
        UnreadableError: there are two.
    """
    known: dict[str, str] = {}
    for path in paths:
        if is_remote(path) and known.setdefault(name := shown(path), path) != path:
            raise UnreadableError(
                f"{printable(name)}: is named twice, with other credentials or another query, which are not shown; "
                "check the two one after the other"
            )


def _without_credentials(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    user, _, host = place.rpartition("@")
    if scheme in WEB or ":" in user:  # others name a container so: abfs://container@account
        place = host
    rest = f"{place}{slash}{path}"
    if scheme in WEB:
        rest = re.split("[?#]", rest, maxsplit=1)[0]
    return f"{scheme}{separator}{rest}"
