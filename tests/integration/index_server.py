"""A package index on loopback that can go wrong: it times out, answers 500, or cuts downloads short."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

Fault = Literal["none", "silent", "500", "cut", "404"]


class IndexServer:
    """Serves a folder of wheels as an index (PEP 503). Files go wrong as `files` says, pages as `pages`.

    `login` is `user:password`, empty for none. `yanked` names files that pages call yanked; `requests` are
    the paths asked for, in order.
    """

    def __init__(self, folder: Path, url: str, released: threading.Event) -> None:
        self.folder = folder
        self.url = url
        self.released = released
        self.files: Fault = "none"
        self.pages: Fault = "none"
        self.login = ""
        self.yanked: set[str] = set()
        self.requests: list[str] = []

    @property
    def variables(self) -> dict[str, str]:
        """The variables that make uv use this index alone, and give up quickly."""
        settings = self.folder / "uv-http.toml"
        settings.write_text("")
        return {
            "UV_CONFIG_FILE": str(settings),
            "UV_DEFAULT_INDEX": f"{self.url}/simple",
            "UV_HTTP_TIMEOUT": "1",
            "UV_HTTP_RETRIES": "0",
        }

    def page(self, project: str) -> bytes | None:
        """Return the page of a project: a link for each of its wheels, with its hash."""
        wheels = [
            wheel
            for wheel in sorted(self.folder.glob("*.whl"))
            if wheel.name.partition("-")[0].replace("_", "-") == project
        ]
        links = "".join(
            f'<a href="/files/{wheel.name}#sha256={_sha256(wheel)}"'
            f"{' data-yanked=broken' if wheel.name in self.yanked else ''}>{wheel.name}</a>\n"
            for wheel in wheels
        )
        return f"<!DOCTYPE html><html><body>{links}</body></html>".encode() if wheels else None


@contextmanager
def serving(folder: Path) -> Iterator[IndexServer]:
    """Serve the folder on loopback until the end of the block."""
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            index.requests.append(self.path)
            expected = f"Basic {base64.b64encode(index.login.encode()).decode()}"
            if index.login and self.headers["Authorization"] != expected:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="index"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            kind, _, name = self.path.strip("/").partition("/")
            body, fault = (
                (index.page(name.strip("/")), index.pages)
                if kind == "simple"
                else (_bytes(folder / name.partition("#")[0]), index.files)
            )
            self._answer(body, fault, "text/html" if kind == "simple" else "application/octet-stream")

        def do_HEAD(self) -> None:
            self.send_response(405)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _answer(self, body: bytes | None, fault: Fault, kind: str) -> None:
            if fault == "silent":
                released.wait(60)
                self.close_connection = True
                return
            status = 500 if fault == "500" else 404 if body is None or fault == "404" else 200
            sent = body if status == 200 and body is not None else b""
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent[: len(sent) // 2] if fault == "cut" else sent)
            if fault == "cut":
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index = IndexServer(folder, f"http://127.0.0.1:{server.server_port}", released)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield index
    finally:
        released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
