"""A few addresses in the main process of a worker or beat, for those who watch containers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from fluxagents.workers.observing.health.verdict import HealthCheck, describe_checks, is_alive, is_ready

Examine = Callable[[], Sequence[HealthCheck]]
VERDICTS = {"/livez": is_alive, "/readyz": is_ready, "/healthz": is_ready}

OK = 200
UNAVAILABLE = 503
UNKNOWN = 404
TIMEOUT_S = 5.0


class HealthServer:
    """Answers at `/livez`, `/readyz` and `/healthz` (`?verbose` says why), each by examining anew.

    Args:
        examine: The checks of this process.
        host: Where it listens.
        port: On which port; 0 for a free one.
    """

    def __init__(self, examine: Examine, *, host: str, port: int) -> None:
        self._server = ThreadingHTTPServer((host, port), _build_handler(examine))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Answer from now on."""
        Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def close(self) -> None:
        """Give up the port, in a child of the process too: it would keep it when its parent has died."""
        self._server.socket.close()


def _build_handler(examine: Examine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = TIMEOUT_S

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            judge = VERDICTS.get(address.path)
            if judge is None:
                self._answer(UNKNOWN, f"there is {', '.join(VERDICTS)}\n")
                return
            checks = examine()
            is_well = judge(checks)
            verbose = "verbose" in parse_qs(address.query, keep_blank_values=True) or not is_well
            self._answer(OK if is_well else UNAVAILABLE, describe_checks(checks) if verbose else "ok\n")

        def log_message(self, *_: object) -> None:
            """Nothing: it is asked every few seconds."""

        def _answer(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
