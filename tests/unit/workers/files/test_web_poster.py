"""Posting to addresses of others: private ones are asked nothing, no redirect is followed, all has an end."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from tests.support.webhook_receiver import receive

from fluxagents.scheduler.outbox.retries import Response
from fluxagents.workers.files.web import web_poster
from fluxagents.workers.files.web.web_poster import WebPoster, read_retry_after

LOOPBACK = ("127.0.0.1",)


def post(url: str, poster: WebPoster | None = None, body: bytes = b"{}") -> Response:
    return asyncio.run((poster or WebPoster(LOOPBACK)).post(url, body, {"webhook-id": "msg_1"}))


class Names(AbstractResolver):
    """A resolver whose answers to one name change from one question to the next."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        address = self._addresses.pop(0) if len(self._addresses) > 1 else self._addresses[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=family,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        pass


def test_a_message_arrives_as_it_is() -> None:
    with receive() as receiver:
        response = post(f"{receiver.url}/hooks?to=lab", body="{ü}".encode())
    assert (response.status, response.error) == (204, "")
    (received,) = receiver.received
    assert (received.path, received.body, received.id) == ("/hooks?to=lab", "{ü}".encode(), "msg_1")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"],
)
def test_a_private_address_is_asked_nothing(host: str) -> None:
    with receive() as receiver:
        port = receiver.url.rpartition(":")[2]
        response = post(f"http://{host}:{port}/hooks", WebPoster())
    assert response.status == 0
    assert "is not of the public internet; FLUXAGENTS_WEBHOOK_HOSTS" in response.error
    assert receiver.received == []


def test_a_name_that_changes_its_address_leads_to_no_private_one() -> None:
    names = Names("127.0.0.1")
    with receive() as receiver:
        port = receiver.url.rpartition(":")[2]
        poster = WebPoster(resolver=names)
        response = post(f"http://lab.example.org:{port}/hooks", poster)
    assert names.asked == ["lab.example.org"]
    assert "127.0.0.1 is not of the public internet" in response.error
    assert receiver.received == []


def test_the_address_that_was_looked_at_is_the_one_that_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second question to the resolver would answer with a private address; it is never asked."""
    names = Names("93.184.216.34", "127.0.0.1")
    connected: list[Any] = []

    async def connect(_: Any, __: socket.socket, address: Any) -> None:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    response = post("http://lab.example.org:8080/hooks", WebPoster(resolver=names))
    assert connected == [("93.184.216.34", 8080)]
    assert response.error == "Connection refused"
    assert names.asked == ["lab.example.org"]


def test_a_redirect_is_no_success_and_is_not_followed() -> None:
    with receive() as receiver:
        receiver.answer = lambda _: (307, {"Location": "http://169.254.169.254/latest/meta-data"})
        response = post(f"{receiver.url}/hooks")
    assert (response.status, response.is_taken) == (307, False)
    assert len(receiver.received) == 1


def test_a_receiver_that_does_not_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_poster, "TOTAL_S", 0.2)
    with receive() as receiver:
        response = post(f"{receiver.url}/slow")
        assert response.error == "no answer within 0.2 s"


def test_an_answer_without_end_is_not_read() -> None:
    """The server goes on writing until the connection is closed."""

    async def serve_and_post() -> Response:
        closed = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            try:
                while True:
                    writer.write(b"x" * 65_536)
                    await writer.drain()
            except ConnectionError:
                closed.set()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            response = await WebPoster(LOOPBACK).post(f"http://127.0.0.1:{port}/", b"{}", {})
            await asyncio.wait_for(closed.wait(), 60)
        return response

    assert asyncio.run(serve_and_post()).status == 200


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 60),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("9" * 400, 999_999_999),
    ],
)
def test_the_pause_that_a_receiver_asks_for(text: str, seconds: int) -> None:
    assert read_retry_after(text, now_s=60.0) == seconds
