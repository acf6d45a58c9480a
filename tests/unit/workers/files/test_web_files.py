"""A file of the web comes from public addresses, in time, and no larger than asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import aiohttp
import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.files.web.public_sockets import is_public
from fluxagents.workers.files.web.web_files import fetch
from fluxagents.workers.models import model_source
from fluxagents.workers.models.model_store import ModelFiles

HOSTS = ("127.0.0.1",)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::a00:1", False),
        ("::10.0.0.1", False),
    ],
)
def test_private_addresses_are_known(address: str, public: bool) -> None:
    assert is_public(address) is public


class Site(BaseHTTPRequestHandler):
    """Answers by path."""

    seen: ClassVar[list[str]]
    held: ClassVar[threading.Event]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.2:{self.server.server_port}/secret")  # type: ignore[attr-defined]
            self.end_headers()
            return
        if self.path == "/file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
            return
        if self.path == "/circle":
            self.send_response(302)
            self.send_header("Location", "/circle")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/slow":
            self.wfile.write(b"begin")
            self.wfile.flush()
            self.held.wait(60)
        elif self.path == "/endless":
            try:
                while not self.held.is_set():
                    self.wfile.write(b"x" * 100_000)
            except OSError:  # the reader has enough
                pass
        else:
            self.wfile.write(b"data")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve() -> Iterator[tuple[str, type[Site]]]:
    class OneSite(Site):
        seen: ClassVar[list[str]] = []
        held = threading.Event()

    with ThreadingHTTPServer(("0.0.0.0", 0), OneSite) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", OneSite
        finally:
            OneSite.held.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def site() -> Iterator[tuple[str, type[Site]]]:
    with serve() as served:
        yield served


def get(url: str, max_bytes: int = 1000, seconds: float = 60.0, hosts: tuple[str, ...] = HOSTS) -> bytes:
    return fetch(url, max_bytes=max_bytes, seconds=seconds, hosts=hosts)


def test_a_private_address_is_asked_nothing(site: tuple[str, type[Site]]) -> None:
    url, handler = site
    for name in (url, url.replace("127.0.0.1", "localhost")):
        with pytest.raises(OSError, match="is not of the public internet; FLUXAGENTS_MODEL_HOSTS"):
            get(f"{name}/data", hosts=())
    with pytest.raises(aiohttp.InvalidURL):
        get(f"{url.replace('127.0.0.1', '2130706433')}/data", hosts=())
    assert handler.seen == []


def test_a_named_host_may_be_private(site: tuple[str, type[Site]]) -> None:
    url, _ = site
    assert get(f"{url}/data") == b"data"
    assert get(f"{url}/data", max_bytes=2) == b"da"


def test_a_redirect_to_a_private_address_is_not_followed(site: tuple[str, type[Site]]) -> None:
    url, handler = site
    with pytest.raises(OSError, match=r"127\.0\.0\.2 is not of the public internet"):
        get(f"{url}/away")
    assert handler.seen == ["/away"]


@pytest.mark.parametrize("path", ["file", "circle"])
def test_a_redirect_leads_to_the_web_and_to_an_end(site: tuple[str, type[Site]], path: str) -> None:
    with pytest.raises(aiohttp.ClientError):
        get(f"{site[0]}/{path}")


def test_a_file_without_end_is_cut(site: tuple[str, type[Site]]) -> None:
    assert len(get(f"{site[0]}/endless", max_bytes=3_000_000)) == 3_000_000


def test_a_server_that_keeps_one_waiting_is_left(site: tuple[str, type[Site]]) -> None:
    with pytest.raises(TimeoutError):
        get(f"{site[0]}/slow", seconds=0.5)


def test_the_store_says_what_was_refused(
    site: tuple[str, type[Site]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = site
    monkeypatch.setattr(model_source, "MAX_SECONDS", 0.5)
    for address, hosts, says in (
        (f"{url}/data.xml", (), "is not of the public internet"),
        ("http://169.254.169.254/latest/meta-data/a.xml", (), "is not of the public internet"),
        (f"{url}/slow", HOSTS, "takes more than 0.5 s"),
        ("ftp://127.0.0.1/a.xml", HOSTS, "by http, https or s3"),
        (f"simplecache::{url}/a.xml", HOSTS, "by http, https or s3"),
    ):
        with pytest.raises(FluxError, match=says) as raised:
            ModelFiles(str(tmp_path), hosts=hosts).add(address, suffix=".xml")
        assert raised.value.kind is ErrorClass.UNREADABLE_MODEL
