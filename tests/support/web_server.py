"""A web server on this machine, with the habits of real ones, good and bad."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import quote, unquote, urlsplit
from zlib import crc32


class WebServer:
    """The files of a server and its habits, which can change while it serves.

    Attributes:
        address: its URL, without a slash at the end.
        files: the files by their paths, without a slash at the beginning.
        statuses: the status of the answers for some paths.
        ranges: whether parts of a file can be asked for.
        cut_after: after how many bytes of a body the connection is closed; None for never.
        silent: whether it takes requests and never answers.
        lengths: whether it says how long a body is.
        on_get: called before each answer to a GET, with the path.
        requests: the method and the address of each request so far.
        headers: the headers of the last request.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.files: dict[str, bytes] = {}
        self.statuses: dict[str, int] = {}
        self.ranges = True
        self.cut_after: int | None = None
        self.silent = False
        self.lengths = True
        self.on_get: Callable[[str], object] = lambda path: None
        self.requests: list[tuple[str, str]] = []
        self.headers: dict[str, str] = {}
        self.ended = Event()

    def index(self, folder: str) -> bytes:
        """A page that lists a folder as servers do: with links to sort it, to what is above, and to elsewhere."""
        names = {path[len(folder) :].split("/")[0] for path in self.files if path.startswith(folder)}
        names = {
            f"{each}/" if any(path.startswith(f"{folder}{each}/") for path in self.files) else each
            for each in names
        }
        links = ["?C=N;O=D", "../", "/", "https://example.org/elsewhere.json", *map(quote, sorted(names))]
        return "".join(f'<a href="{escape(each)}">x</a>\n' for each in links).encode()


@contextmanager
def web_server() -> Iterator[WebServer]:
    """A running server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *arguments: object) -> None: ...  # noqa: A002 - as in the base class

        def do_HEAD(self) -> None:
            self._answer(False)

        def do_GET(self) -> None:
            served.on_get(self._path)
            self._answer(True)

        @property
        def _path(self) -> str:
            return unquote(urlsplit(self.path).path).lstrip("/")

        def _answer(self, with_body: bool) -> None:
            served.requests.append((self.command, self.path))
            served.headers = dict(self.headers)
            if served.silent:
                served.ended.wait(60)
                self.close_connection = True
                return
            path = self._path
            body = served.files.get(path)
            if body is None and (not path or path.endswith("/")):
                body = served.index(path)
            status = served.statuses.get(path, 200 if body is not None else 404)
            body = b"" if body is None or status >= 400 else body
            whole = body
            wanted = self.headers.get("Range", "")
            if served.ranges and status == 200 and wanted.startswith("bytes="):
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                body, status = body[int(first) : int(last) + 1 if last else None], 206
                self.send_response(status)
                self.send_header("Content-Range", f"bytes {first}-{int(first) + len(body) - 1}/{len(whole)}")
            else:
                self.send_response(status)
            if status in (301, 302):
                self.send_header("Location", f"/moved/{path}")
            if path.endswith("/") or not path:
                self.send_header("Content-Type", "text/html")
            self.send_header("ETag", f'"{crc32(whole):x}"')
            if served.lengths:
                self.send_header("Content-Length", str(len(body)))
            else:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            if not with_body:
                return
            if served.cut_after is not None and len(body) > served.cut_after:
                body = body[: served.cut_after]
                self.close_connection = True
            self.wfile.write(body)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None: ...  # the client went away

    server = Server(("127.0.0.1", 0), Handler)
    served = WebServer(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
