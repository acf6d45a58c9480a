"""A server on loopback that speaks Slack's protocol: the Web API, and Socket Mode by a websocket."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web
from tests.support.waiting import eventually

BOT_TOKEN = "xoxb-1-bot-secret"
APP_TOKEN = "xapp-1-app-secret"


@dataclass
class SlackServer:
    """What was called, what the channels hold, and what the server answers instead of doing it."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    messages: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """By channel and time stamp, as they are now."""
    files: dict[str, bytes] = field(default_factory=dict)
    """What was uploaded, by its id."""
    shared: list[dict[str, Any]] = field(default_factory=list)
    """Where files were shared."""
    failures: list[str] = field(default_factory=list)
    """What the next calls that write come to: an error, or `drop`, which does it and answers nothing."""
    acknowledged: list[dict[str, Any]] = field(default_factory=list)
    """What was answered by Socket Mode."""
    stamps: Iterator[int] = field(default_factory=lambda: count(1))
    loop: asyncio.AbstractEventLoop | None = None
    sockets: list[web.WebSocketResponse] = field(default_factory=list)

    def posted(self, channel: str) -> list[dict[str, Any]]:
        return [message for (place, _), message in self.messages.items() if place == channel]

    def of(self, method: str) -> list[dict[str, Any]]:
        return [document for name, document in self.calls if name == method]

    def push(self, kind: str, envelope: str, payload: dict[str, Any]) -> None:
        """Send an envelope to whoever is connected."""
        eventually(lambda: self.sockets, within_s=120)
        text = json.dumps(
            {
                "type": kind,
                "envelope_id": envelope,
                "payload": payload,
                "accepts_response_payload": kind == "slash_commands",
            }
        )
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(self.sockets[-1].send_str(text), self.loop).result(10)

    def hang_up(self) -> None:
        """Cut every connection of Socket Mode."""
        assert self.loop is not None
        for socket in self.sockets:
            asyncio.run_coroutine_threadsafe(socket.close(), self.loop).result(10)
        self.sockets.clear()

    async def call(self, request: web.Request) -> web.StreamResponse:
        method, token = request.match_info["method"], request.headers.get("Authorization", "")
        is_json = request.content_type == "application/json"
        document: dict[str, Any] = await request.json() if is_json else dict(await request.post())
        document |= request.query
        expected = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        if token != f"Bearer {expected}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        self.calls.append((method, document))
        fixed: dict[str, dict[str, Any]] = {
            "auth.test": {"user": "flux", "team": "Lab"},
            "apps.connections.open": {"url": self.url.replace("http", "ws") + "link?ticket=t"},
            "views.open": {"view": {"id": "V0"}},
            "files.getUploadURLExternal": {"file_id": "F1", "upload_url": f"{self.url}upload/F1"},
        }
        if method in fixed:
            return web.json_response({"ok": True, **fixed[method]})
        failure = self.failures.pop(0) if self.failures else ""
        if failure and failure != "drop":
            return web.json_response({"ok": False, "error": failure}, headers={"Retry-After": "7"})
        answer = self.write(method, document)
        if failure == "drop":
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(answer)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Take the bytes of a file, as the address that was given for it does."""
        self.files[request.match_info["file"]] = await request.read()
        return web.Response(text="OK")

    def write(self, method: str, document: dict[str, Any]) -> dict[str, Any]:
        if method == "files.completeUploadExternal":
            self.shared.append(document)
            return {"ok": True, "files": [{"id": "F1"}]}
        channel = str(document["channel"])
        if channel.startswith("U"):
            channel = f"D{channel[1:]}"
        if method == "chat.update":
            key = (channel, str(document["ts"]))
            if key not in self.messages:
                return {"ok": False, "error": "message_not_found"}
            self.messages[key] = document
            return {"ok": True, "channel": channel, "ts": key[1]}
        stamp = f"1700000000.{next(self.stamps):06d}"
        if method == "chat.postMessage":
            self.messages[channel, stamp] = document
        return {"ok": True, "channel": channel, "ts": stamp, "message_ts": stamp}

    async def link(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "hello", "num_connections": 1}))
        self.sockets.append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.acknowledged.append(json.loads(message.data))
        return socket


@contextmanager
def serve_slack(server: SlackServer | None = None, *, port: int = 0) -> Iterator[SlackServer]:
    """A server on a port, or on a free one, until the block ends."""
    server, ready, stop = server or SlackServer(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/api/{method}", server.call)
        app.router.add_post("/api/upload/{file}", server.upload)
        app.router.add_get("/api/link", server.link)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
        server.loop = asyncio.get_running_loop()
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield server
    finally:
        assert server.loop is not None
        server.loop.call_soon_threadsafe(stop.set)
        thread.join(20)
