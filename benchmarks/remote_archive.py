"""How fast an archive is checked over the network of this machine, beside the same file here.

`python benchmarks/remote_archive.py`, with `.[test,s3]`, `s3fs>=2026.9`, `moto[s3]`, `flask` and `flask-cors` installed.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread

from archive import measured, write


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None: ...  # noqa: A002 - as in the base class


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """The address of a web server with the files of a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@contextmanager
def object_store(folder: Path) -> Iterator[str]:
    """The URL of a bucket with the files of a folder, in moto's S3."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    client = boto3.client("s3")
    client.create_bucket(Bucket="archive")
    for path in folder.iterdir():
        client.upload_file(str(path), "archive", path.name)
    yield "s3://archive"
    server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--endings", nargs="+", default=[".jsonl", ".jsonl.gz"])
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    print(f"{'ending':>10} {'jobs':>5} {'from':>6} {'seconds':>9} {'ratio':>6} {'findings':>9}")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for ending in options.endings:
            write(folder / f"archive{ending}", options.receipts, 100)
        with web_server(folder) as web, object_store(folder) as store:
            places = {"here": str(folder), "web": web, "store": store}
            for ending in options.endings:
                for jobs in options.jobs:
                    _compare(
                        {name: f"{place}/archive{ending}" for name, place in places.items()},
                        jobs,
                        ending,
                        options.times,
                    )


def _compare(urls: dict[str, str], jobs: int, ending: str, times: int) -> None:
    """Check an archive at each place in turn, and print the medians."""
    runs = [{name: measured(url, jobs) for name, url in urls.items()} for _ in range(times)]
    seconds = {name: median(run[name][0] for run in runs) for name in urls}
    for name in urls:
        findings = runs[0][name][-1]
        print(
            f"{ending:>10} {jobs:>5} {name:>6} {seconds[name]:>9.2f} {seconds[name] / seconds['here']:>6.2f} "
            f"{findings:>9}",
            flush=True,
        )


if __name__ == "__main__":
    main()
