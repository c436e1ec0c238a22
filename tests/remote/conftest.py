"""These tests need fsspec, which the environment of the other tests has not: see .ci/run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BUCKET = "archive"


@pytest.fixture(scope="session", autouse=True)
def needs_fsspec() -> None:
    pytest.importorskip("fsspec", reason="fsspec is not installed; .ci/run makes an environment that has it")


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The address of a store that serves until the end of the tests."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the store, which has one empty bucket. The current folder is empty, too."""
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    resource = boto3.resource("s3")
    for bucket in resource.buckets.all():
        bucket.objects.all().delete()
        bucket.delete()
    resource.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return resource.Bucket(BUCKET)
