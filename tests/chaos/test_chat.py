"""A worker is killed while a chat model thinks: the model is asked again, its decision is recorded once."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

import pytest
from tests.chaos.cluster import Cluster

from fluxagents.flows import events as e

pytestmark = pytest.mark.long

TOKENS_IN = 123
FINISH = {"function": {"name": "finish", "arguments": '{"answer": "done"}'}, "id": "t1", "type": "function"}
COMPLETION = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "tiny",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {"role": "assistant", "content": None, "tool_calls": [FINISH]},
        }
    ],
    "usage": {"prompt_tokens": TOKENS_IN, "completion_tokens": 45, "total_tokens": TOKENS_IN + 45},
}


class Chat:
    """An endpoint that lets its first caller wait and answers all others."""

    def __init__(self) -> None:
        self.asked = 0
        self.over = Event()
        self._lock = Lock()
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                if chat.is_first():
                    chat.over.wait(60)
                    return
                content = json.dumps(COMPLETION).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Nothing: the case counts."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def is_first(self) -> bool:
        with self._lock:
            self.asked += 1
            return self.asked == 1

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join(5.0)
        self._server.server_close()


@pytest.fixture
def chat() -> Iterator[Chat]:
    found = Chat()
    yield found
    found.close()


def decide_worker(cluster: Cluster, chat: Chat, pool: str) -> None:
    cluster.spawn(
        "decide",
        "worker",
        "--hostname=decide@%h",
        f"--pool={pool}",
        "--concurrency=1",
        "--queues=decide,decide.new",
        "--loglevel=INFO",
        FLUXAGENTS_CHAT_MODEL="openai:tiny",
        FLUXAGENTS_CHAT_BASE_URL=chat.url,
    )
    cluster.eventually(lambda: any(name.startswith("decide@") for name in cluster.ready()), within_s=60)


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_decision_whose_worker_is_killed_is_recorded_once(cluster: Cluster, chat: Chat, pool: str) -> None:
    decide_worker(cluster, chat, pool)
    (run,) = cluster.start("asking")
    cluster.eventually(lambda: chat.asked == 1)
    if pool == "prefork":
        (child,) = cluster.children("decide")
        os.kill(child, signal.SIGKILL)
    else:
        cluster.kill("decide")
        decide_worker(cluster, chat, pool)
    cluster.settle()
    cluster.kill("decide")
    state = cluster.store.load(run.run_id)
    assert (state.status, state.tokens_in, chat.asked) == ("finished", TOKENS_IN, 2)
    assert sum(isinstance(event, e.DecisionMade) for event in cluster.store.events(run.run_id)) == 1
