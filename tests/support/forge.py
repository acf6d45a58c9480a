"""A forge on loopback that speaks the part of GitHub's API that the recipe needs: contents and statuses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

RAW = "application/vnd.github.raw+json"


@dataclass
class Forge:
    """One repository: files by path and commit, and the statuses of its commits."""

    url: str
    """Of its API."""
    token: str = "ghp_of_the_lab"
    repository: str = "/repos/lab/models"
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    failures: int = 0
    """So many requests are answered with an error yet."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, address: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body."""
        with self.lock:
            if self.failures:
                self.failures -= 1
                return 503, b"{}"
        parts = urlsplit(address)
        if headers.get("authorization") != f"Bearer {self.token}":
            return 401, b'{"message": "Bad credentials"}'
        path = unquote(parts.path)
        contents, statuses = f"{self.repository}/contents/", f"{self.repository}/statuses/"
        if method == "GET" and path.startswith(contents) and headers.get("accept") == RAW:
            commit = parse_qs(parts.query).get("ref", [""])[0]
            data = self.files.get((path.removeprefix(contents), commit))
            return (404, b'{"message": "Not Found"}') if data is None else (200, data)
        if method == "POST" and path.startswith(statuses):
            status = json.loads(body)
            fits = status["state"] in {"error", "failure", "pending", "success"}
            if not fits or len(status["description"]) > 140:
                return 422, b"{}"
            with self.lock:
                self.statuses.setdefault(path.removeprefix(statuses), []).append(status)
            return 201, json.dumps(status).encode()
        return 404, b"{}"


@contextmanager
def run_forge() -> Iterator[Forge]:
    """A forge on a free port."""
    forge = Forge("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._handle("GET")

        def do_POST(self) -> None:
            self._handle("POST")

        def _handle(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answer = forge.answer(method, self.path, headers, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    forge.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
