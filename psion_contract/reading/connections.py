"""Connections to stores and web servers: the file systems of fsspec, which only this module imports.

None of them waits without end for a server that says nothing.
"""

from __future__ import annotations

from typing import Any

from psion_contract.exceptions import UnreadableError
from psion_contract.reading.escaping import did_you_mean, printable, quoted, shortened
from psion_contract.reading.urls import WEB, links, shown, without_secrets

_EXTRAS = {**dict.fromkeys(WEB, "remote"), "s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}

_CONNECT, _SILENCE = 30.0, 60.0
"""Seconds until a web server must have taken a connection, and for which it may send nothing."""

_S3 = {"connect_timeout": 5, "read_timeout": 15, "retries": {"total_max_attempts": 3}}
"""The same for S3, as botocore takes it. What s3fs does by itself tries 25 times."""

_GCS_SILENCE = 15.0
"""Seconds for which Google's store may send nothing; gcsfs tries 6 times, with pauses of half a minute together."""

_S3_RETRIES = 2
"""How often s3fs tries what botocore has given up."""

CHANGED = "changed while it was read; check it again"


def file_system(url: str, is_web: bool) -> tuple[Any, str]:
    """The file system of fsspec for a URL, and the path in it."""
    schemes = [each.partition("://")[0].lower() for each in links(url)]
    extra = next((_EXTRAS[each] for each in schemes if each in _EXTRAS), "remote")
    install = f"{printable(shown(url))}: is remote; to read it, pip install 'psion-contract[{extra}]'"
    try:
        from fsspec import filesystem
        from fsspec.config import conf
        from fsspec.core import url_to_fs
        from fsspec.registry import available_protocols
    except ImportError:
        raise UnreadableError(install) from None
    known = available_protocols()
    for each in schemes:
        if each not in known:
            hint = did_you_mean(each, known)
            raise UnreadableError(f"{printable(shown(url))}: unknown protocol {quoted(each)}{hint}")
    options: dict[str, Any] = {"use_listings_cache": False}  # files may change
    if is_web:
        options["get_client"] = _session
    for each in {"s3", "s3a"} & set(schemes):
        options[each] = {"config_kwargs": {**_S3, **conf.get("s3", {}).get("config_kwargs", {})}}
    try:
        for each in {"gs", "gcs"} & set(schemes):
            from aiohttp import ClientTimeout

            own = ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_GCS_SILENCE)
            options[each] = {"requests_timeout": conf.get(each, {}).get("requests_timeout", own)}
        if is_web:  # it may have ``::``, which fsspec would take for a chain
            return filesystem(schemes[0], **options), url
        found, path = url_to_fs(url, **options)
    except ImportError as error:
        if set(schemes) & set(_EXTRAS):
            raise UnreadableError(install) from None
        raise UnreadableError(f"{printable(shown(url))}: is remote; {error}") from None
    store = found
    while store is not None:  # one of a chain has the next one
        if type(store).__name__ == "S3FileSystem":
            store.retries = _S3_RETRIES
        store = getattr(store, "fs", None)
    return found, path


async def _session(**options: Any) -> Any:
    """As fsspec makes it, except that there is no limit on the time for a whole file, and one on silence."""
    import aiohttp
    from fsspec.implementations.http import get_client

    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_SILENCE)
    return await get_client(**{"timeout": timeout, **options})


def cause(error: FileNotFoundError) -> BaseException | None:
    """What really happened when fsspec says that a web server has no such file; None if the server says so, too."""
    found = error.__cause__
    return None if found is None or getattr(found, "status", None) in (404, 410) else found


def reason(error: BaseException, url: str) -> str:
    """Why a library could not read something of a URL, without what gives access."""
    if isinstance(error, FileNotFoundError) and url.lower().startswith(WEB):
        error = cause(error) or error
    status = getattr(error, "status", None)
    if type(error).__name__ == "TooManyRedirects":  # of aiohttp, without a status
        return "the server redirects again and again"
    if isinstance(status, int):
        said = getattr(error, "message", "")
        return f"HTTP {status} {printable(shortened(str(said), 100))}".rstrip()
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    if isinstance(error, PermissionError):
        return "access is denied"
    if type(error).__name__ == "FileExpired":  # of s3fs, which asks for the version that it began with
        return CHANGED
    # The others are of botocore.
    if isinstance(error, TimeoutError) or type(error).__name__ in ("ReadTimeoutError", "ConnectTimeoutError"):
        return "no answer in time"
    text = printable(shortened(without_secrets(str(error), url), 300))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
