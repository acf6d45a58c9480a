"""The process of Flower: behind a login, for named hosts, and without a secret in what it sends.

Flower by itself answers any `Host:` that a browser sends, so that a page of another site can read it under
a name that leads to loopback (DNS rebinding); it shows the settings of workers, and its metrics to everybody.
"""

from __future__ import annotations

import atexit
import signal
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from flower.app import Flower
from flower.command import apply_env_options, apply_options, extract_settings, setup_logging
from flower.options import options
from flower.urls import settings as web_settings
from flower.views.monitor import Metrics
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import OutputTransform, RequestHandler, authenticated

from fluxagents.workers.celery.app import FluxApp, create_app
from fluxagents.workers.host import flower
from fluxagents.workers.observing import log
from fluxagents.workers.observing.secret_mask import SecretMask
from fluxagents.workers.settings import Settings

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
MISDIRECTED = 421
"""The status for a request that came under a name which this server does not serve."""


class UnknownHost(RequestHandler):
    """Refuses whatever came under a foreign name."""

    def prepare(self) -> None:
        self.set_status(MISDIRECTED)
        self.set_header("Content-Type", "text/plain")
        self.finish("Flower does not serve this host; FLUXAGENTS_FLOWER_HOSTS names further ones\n")


class PrivateMetrics(Metrics):  # type: ignore[misc] # Flower ships no types
    """Flower's metrics for those who have logged in; they name workers and tasks."""

    get = authenticated(Metrics.get)


class HideSecrets(OutputTransform):
    """Hides secrets in pages: workers of an earlier release tell them."""

    def __init__(self, mask: SecretMask, request: HTTPServerRequest) -> None:
        super().__init__(request)
        self._mask = mask

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        hidden = self.transform_chunk(chunk, finishing)
        if finishing and "Content-Length" in headers and hidden != chunk:
            headers["Content-Length"] = str(len(hidden))
        return status_code, headers, hidden

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        del finishing
        # Images are sent as well: bytes that are no text come out as they went in.
        return self._mask.hide(chunk.decode(errors="surrogateescape")).encode(errors="surrogateescape")


class GuardedFlower(Flower):  # type: ignore[misc] # as above
    """Flower for a few hosts.

    Args:
        hosts: The names by which it may be called.
        mask: Hides secrets in what it sends.
        settings: Of Flower and of Tornado.
    """

    def __init__(self, *, hosts: Sequence[str], mask: SecretMask, **settings: Any) -> None:
        super().__init__(transforms=[partial(HideSecrets, mask)], **settings)
        prefix = f"/{self.options.url_prefix.strip('/')}" if self.options.url_prefix else ""
        self.add_handlers(".*", [(f"{prefix}/metrics", PrivateMetrics)])
        self._hosts = frozenset(host.lower() for host in hosts)

    def find_handler(self, request: HTTPServerRequest, **options: Any) -> Any:
        if request.host_name not in self._hosts:
            return self.get_handler_delegate(request, UnknownHost)
        return super().find_handler(request, **options)


def serve(app: FluxApp, arguments: Sequence[str]) -> None:
    """Run Flower until it is told to stop; the arguments are those of `celery flower`.

    Without a login among them there is one: the user `fluxagents` and the password of the installation.
    """
    log.configure(app.settings, app.mask)
    apply_env_options()
    apply_options(sys.argv[0], arguments)
    if not options.basic_auth and not options.auth:
        flower.make_password(app.settings)
        options.basic_auth = [f"{flower.USER}:{flower.read_password(app.settings)}"]
    extract_settings()
    setup_logging()
    hosts = (*LOOPBACK_NAMES, *app.settings.flower_hosts)
    server = GuardedFlower(capp=app, options=options, hosts=hosts, mask=app.mask, **web_settings)
    atexit.register(server.stop)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.start_http_server()
    server.start()


if __name__ == "__main__":
    try:
        serve(create_app(Settings.load()), sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(0)
