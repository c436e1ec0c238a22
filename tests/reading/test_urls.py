"""Paths that are URLs, and how they are shown."""

from __future__ import annotations

import sys

import pytest
from support.command_line import COULD_NOT_RUN, RunCommand

from psion_contract import UnreadableError
from psion_contract.reading.files import gather
from psion_contract.reading.urls import is_remote, shown, without_secrets, without_urls
from psion_contract.streaming import check_files


@pytest.mark.parametrize(
    "path",
    [
        "s3://b/k",
        "gs://b",
        "https://h/a.json",
        "HTTP://h",
        "simplecache::s3://b/k",
        "zip://a.json::https://h/a.zip",
    ],
)
def test_a_url_is_remote(path: str) -> None:
    assert is_remote(path)


@pytest.mark.parametrize(
    "path",
    ["a.json", "./s3://b/k", "/s3://b", "C://b/k", "s3:/b", "a/https://h", "-", "", "a b://c", "::s3://b"],
)
def test_other_paths_are_local(path: str) -> None:
    assert not is_remote(path)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h/a.json", "https://h/a.json"),
        ("https://user:pass@h:8/a.json?X-Amz-Signature=abc&b=c", "https://h:8/a.json"),
        ("https://token@h/a@b.json", "https://h/a@b.json"),
        ("https://h?sig=abc", "https://h"),
        ("https://h/a.json#part?sig=abc", "https://h/a.json"),
        ("s3://b/a?.json", "s3://b/a?.json"),
        ("sftp://user:pass@h/a.json", "sftp://h/a.json"),
        ("abfs://container@account.example/a.json", "abfs://container@account.example/a.json"),
        ("zip://a.json::https://user:pass@h/a.zip?sig=abc", "zip://a.json::https://h/a.zip"),
        ("simplecache::https://u:p@h/a.json", "simplecache::https://h/a.json"),
        ("HTTPS://user:pass@h/a.json?sig=abc", "HTTPS://h/a.json"),
        ("https://h/a.json?b=c::d&sig=abc", "https://h/a.json"),
        ("https://h/a.json?b=c::sig", "https://h/a.json"),
        ("https://user:pa::ss@h/a.json", "https://h/a.json"),
        ("https://user:pass@[::1]:8/a.json?sig=abc", "https://[::1]:8/a.json"),
        ("zip://a::https://user:pass@[::1]/a.zip?sig=abc", "zip://a::https://[::1]/a.zip"),
        ("local/user:pass@h?a.json", "local/user:pass@h?a.json"),
    ],
)
def test_what_gives_access_is_not_shown(url: str, name: str) -> None:
    assert shown(url) == name


def test_nor_is_it_in_the_messages_of_libraries() -> None:
    said = "403, message='Forbidden', url='https://u:p@h/a.json?sig=abc' (see https://h/x?y)"
    assert without_urls(said) == "403, message='Forbidden', url='https://h/a.json' (see https://h/x)"


def test_nor_are_user_and_password_without_their_url() -> None:
    said = 'Invalid bucket name "KEY:SECRET@b": see https://u:p@h/x?y'
    assert without_secrets(said, "s3://KEY:SECRET@b/k") == 'Invalid bucket name "b": see https://h/x'


def test_urls_that_look_the_same_are_refused() -> None:
    urls = ["https://h/a.json?sig=1", "https://h/a.json?sig=2"]
    with pytest.raises(
        UnreadableError, match=r"^https://h/a\.json: is named twice, with other credentials or another"
    ):
        list(gather(urls))
    with pytest.raises(UnreadableError, match=r"^https://h/a\.json: is named twice"):
        check_files(urls)


@pytest.mark.parametrize(
    ("url", "extra"),
    [
        ("https://u:p@h/a.json?sig=abc", "remote"),
        ("s3://b/k", "s3"),
        ("gs://b/k", "gcs"),
        ("zip://*.json::s3://b/k", "s3"),
        ("abfs://c@a/k", "remote"),
    ],
)
def test_what_is_missing_is_named(
    psion: RunCommand, monkeypatch: pytest.MonkeyPatch, url: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    for more in ((), ("--jobs", 1)):
        result = psion("check", url, *more)
        assert result.code == COULD_NOT_RUN
        wanted = f"Error: {shown(url)}: is remote; to read it, pip install 'psion-contract[{extra}]'\n"
        assert result.err == wanted


@pytest.mark.parametrize("option", ["--config", "--output"])
def test_only_documents_are_remote(psion: RunCommand, option: str) -> None:
    result = psion("check", "a.json", option, "s3://b/a.json")
    assert result.code == COULD_NOT_RUN
    assert "must be a local file; only documents can be remote" in result.err
