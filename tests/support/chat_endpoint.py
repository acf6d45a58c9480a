"""A real HTTP server that speaks the protocols of providers of chat models from a script."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Provider = Literal["openai", "anthropic"]

PATHS: dict[Provider, str] = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers once."""

    body: dict[str, Any] | str
    status: int = 200
    delay_s: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ChatEndpoint:
    """A server that answers from a script, the last reply for ever, and keeps what it got."""

    provider: Provider
    port: int
    replies: list[Reply] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """The base URL as its clients want it."""
        return f"http://127.0.0.1:{self.port}{'/v1' if self.provider == 'openai' else ''}"

    def body(self, number: int = -1) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.requests[number])
        return found

    def take(self, body: bytes, headers: dict[str, str]) -> Reply:
        """Keep a request; the reply to it."""
        with self._lock:
            self.times_s.append(time.monotonic())
            self.requests.append(body)
            self.headers.append(headers)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def _handler_of(endpoint: ChatEndpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == PATHS[endpoint.provider]
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = endpoint.take(body, headers)
            time.sleep(reply.delay_s)
            content = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content.encode())))
                self.end_headers()
                self.wfile.write(content.encode())
            except (BrokenPipeError, ConnectionResetError):  # the client gave up, as it should
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Keep the output of the tests clean."""

    return Handler


@contextmanager
def serving(provider: Provider) -> Iterator[ChatEndpoint]:
    """An endpoint on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    endpoint = ChatEndpoint(provider, int(server.server_address[1]))
    server.RequestHandlerClass = _handler_of(endpoint)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def completion(message: dict[str, Any], reason: str = "tool_calls", **usage: Any) -> Reply:
    """An answer of chat completions."""
    return Reply(
        {
            "id": "c1",
            "object": "chat.completion",
            "created": 1,
            "model": "tiny",
            "choices": [{"index": 0, "finish_reason": reason, "message": {"role": "assistant", **message}}],
            "usage": {"prompt_tokens": 123, "completion_tokens": 45, "total_tokens": 168, **usage},
        }
    )


def calling(name: str, arguments: str) -> Reply:
    """A call by chat completions; its arguments are text."""
    function = {"name": name, "arguments": arguments}
    return completion(
        {"content": None, "tool_calls": [{"id": "t1", "type": "function", "function": function}]}
    )


def message(*content: dict[str, Any], reason: str = "tool_use", **usage: Any) -> Reply:
    """An answer of the Messages API."""
    return Reply(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-tiny",
            "content": list(content),
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": {"input_tokens": 123, "output_tokens": 45, **usage},
        },
        headers={"request-id": "req_1"},
    )


def using(name: str, arguments: dict[str, Any]) -> Reply:
    """A call by the Messages API; its arguments are an object."""
    return message({"type": "tool_use", "id": "toolu_1", "name": name, "input": arguments})


def refused(kind: str, text: str, status: int, **headers: str) -> Reply:
    """An error of the Messages API."""
    body = {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_1"}
    return Reply(body, status, headers={name.replace("_", "-"): value for name, value in headers.items()})
