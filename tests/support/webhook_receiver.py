"""A receiver of webhooks: keeps what came, and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fluxagents.scheduler.webhooks.signature import ID_HEADER, SIGNATURE_HEADER, TIME_HEADER, is_signed


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers[ID_HEADER]

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """Whether the signature holds at the time that the message says."""
        timestamp, signatures = self.headers[TIME_HEADER], self.headers[SIGNATURE_HEADER]
        return is_signed([secret], self.id, timestamp, signatures, self.body, now_s=int(timestamp))


@dataclass
class Receiver:
    """What came, and what is answered: a status with headers, by the request."""

    url: str
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], tuple[int, dict[str, str]]] = lambda _: (204, {})
    held: threading.Event = field(default_factory=threading.Event)
    """Set at the end: requests to a path that contains `slow` are answered then."""
    flying: int = 0
    most_flying: int = 0
    """How many requests came at once at most."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request: Received) -> tuple[int, dict[str, str]]:
        with self.lock:
            self.received.append(request)
            self.flying += 1
            self.most_flying = max(self.most_flying, self.flying)
        if "slow" in request.path:
            self.held.wait(60)
        with self.lock:
            self.flying -= 1
        return self.answer(request)


@contextmanager
def receive(port: int = 0, *, host: str = "127.0.0.1") -> Iterator[Receiver]:
    """A receiver on a port, a free one if none is named."""
    receiver = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra = receiver.take(Received(self.path, headers, body))
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError):  # the sender may not wait for the answer
                super().handle()

    with ThreadingHTTPServer((host, port), Handler) as server:
        receiver.url = f"http://{host}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.held.set()
            server.shutdown()
            thread.join()
