"""Paths that name something remote, by a URL, and how a URL is shown: never with what gives access to it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from psion_contract.exceptions import UnreadableError
from psion_contract.reading.escaping import printable

# Compiled when a path has "://", which few have: the start must stay short.
_REMOTE = r"[A-Za-z][A-Za-z0-9+.-]+(?:::[A-Za-z][A-Za-z0-9+.-]+)*://"
# At least two letters, since one is a drive of Windows.

WEB = ("http", "https")
"""The schemes of web servers."""

_WEB = r"(?i)(?:^|(?<=::))https?://"


def split(url: str) -> tuple[str, str, str]:
    """What a URL or a chain of them begins with, up to ``://``, then the path of the first one, and the rest of the chain."""
    found = re.match(_REMOTE, url)
    assert found is not None
    begin, rest = found[0], url[found.end() :]
    first, *others = [rest] if re.match(_WEB, begin.rpartition("::")[2]) else links(rest)
    return begin, first, "".join(f"::{each}" for each in others)


def links(url: str) -> list[str]:
    """The links of a chain of URLs. One of a web server is the last one: its host and its query may have ``::``, too."""
    web = re.search(_WEB, url)
    return url.split("::") if web is None else [*url[: web.start()].split("::")[:-1], url[web.start() :]]


def is_remote(path: str) -> bool:
    """Whether a path is a URL, or a chain of URLs as fsspec reads it; a local file of such a name is ``./name``."""
    return "://" in path and re.match(_REMOTE, path) is not None


def shown(path: str) -> str:
    """A path as findings and messages name it: of a URL without user, password and query."""
    return "::".join(map(_without_credentials, links(path))) if is_remote(path) else path


def without_secrets(text: str, url: str) -> str:
    """A message about a URL, without what `shown` leaves out of it, and with every other URL as by `shown`."""
    for each in links(url):
        if user := _user(each):
            text = text.replace(f"{user}@", "")
    return without_urls(text)


def without_urls(text: str) -> str:
    """A message of a library, with every URL in it as by `shown`."""
    return re.sub(
        r"[A-Za-z][A-Za-z0-9+.-]+://[^\s'\"<>()]+", lambda found: _without_credentials(found[0]), text
    )


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
    if user := _user(url):
        rest = rest.removeprefix(f"{user}@")
    if scheme.lower() in WEB:
        rest = re.split("[?#]", rest, maxsplit=1)[0]
    return f"{scheme}{separator}{rest}"


def _user(url: str) -> str:
    """User and password in a URL; empty if it has none."""
    scheme, _, rest = url.partition("://")
    user: str = re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")[0]
    # Others name a container so: abfs://container@account
    return user if scheme.lower() in WEB or ":" in user else ""
