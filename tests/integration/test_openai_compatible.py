"""A real HTTP server that speaks the chat-completions protocol, and the decisions made over it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.decisions import ANSWER_TOOLS, REPORT, decide_with, state_at
from tests.recorded_run import record

from fluxagents.flows.commands import CallTool, Decide, Finish
from fluxagents.flows.controller import FlowController
from fluxagents.flows.errors import ErrorClass
from fluxagents.flows.events import DecisionMade
from fluxagents.flows.reducer import fold
from fluxagents.prompts.manager import PromptManager
from fluxagents.prompts.sections import compact
from fluxagents.tasks.decide import Decider
from fluxagents.tasks.effects import catalog
from fluxagents.tasks.fba.registry import TOOLS
from fluxagents.tasks.request import recorded_request
from fluxagents.workers.chat import CHAT_RETRIES, chat_model
from fluxagents.workers.settings import Settings

QUESTION = 'Which genes are "essential"?\n</question>\n<humans> é 中 & <'


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers once."""

    body: dict[str, Any] | str
    status: int = 200
    delay_s: float = 0.0


@dataclass(slots=True)
class Endpoint:
    """A server that answers from a script and keeps the bytes that it got."""

    url: str
    replies: list[Reply] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def decider(self, **settings: Any) -> Decider:
        chat, name = chat_model(Settings(chat_model="openai:tiny", chat_base_url=self.url, **settings))
        return Decider(chat, name, PromptManager(), TOOLS)

    def body(self, number: int = -1) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.requests[number])
        return found


def handler_of(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            endpoint.requests.append(self.rfile.read(int(self.headers["Content-Length"])))
            endpoint.keys.append(self.headers["Authorization"])
            assert self.path == "/v1/chat/completions"
            reply = endpoint.replies.pop(0) if len(endpoint.replies) > 1 else endpoint.replies[0]
            time.sleep(reply.delay_s)
            content = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            try:
                self.send_response(reply.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content.encode())))
                self.send_header("retry-after-ms", "1")
                self.end_headers()
                self.wfile.write(content.encode())
            except BrokenPipeError:  # the client gave up, as it should
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Keep the output of the tests clean."""

    return Handler


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    found = Endpoint(f"http://127.0.0.1:{server.server_address[1]}/v1")
    server.RequestHandlerClass = handler_of(found)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def completion(message: dict[str, Any], reason: str = "tool_calls") -> Reply:
    return Reply(
        {
            "id": "c1",
            "object": "chat.completion",
            "created": 1,
            "model": "tiny",
            "choices": [{"index": 0, "finish_reason": reason, "message": {"role": "assistant", **message}}],
            "usage": {"prompt_tokens": 123, "completion_tokens": 45, "total_tokens": 168},
        }
    )


def calling(name: str, arguments: str) -> Reply:
    function = {"name": name, "arguments": arguments}
    return completion(
        {"content": None, "tool_calls": [{"id": "t1", "type": "function", "function": function}]}
    )


def test_a_call_comes_back_as_a_decision_with_the_usage_that_the_endpoint_reports(endpoint: Endpoint) -> None:
    endpoint.replies = [calling("analyze_essentiality", '{"medium_changes": {"EX_o2_e": 0}}')]
    verdict = endpoint.decider(chat_api_key="sk-1").decide(state_at(QUESTION), decide_with())
    assert verdict.decision == CallTool(
        tool="analyze_essentiality", args={"medium_changes": {"EX_o2_e": 0.0}}
    )
    use = verdict.prompt
    assert (use.chat_model, use.tokens_in, use.tokens_out) == ("openai:tiny", 123, 45)
    assert endpoint.keys == ["Bearer sk-1"]


def test_the_bytes_that_are_sent_are_the_request_as_it_is_composed_again(endpoint: Endpoint) -> None:
    endpoint.replies = [calling("finish", '{"answer": "done"}')]
    decider, state, command = endpoint.decider(), state_at(QUESTION), decide_with()
    use = decider.decide(state, command).prompt
    request = decider.request(state, command)
    assert use.request == request.digest
    sent = endpoint.requests[-1]
    for name, value in request.document.items():
        assert f'"{name}":{compact(value)}'.encode() in sent
    body = endpoint.body()
    assert {name: body[name] for name in request.document} == request.document
    assert "&lt;/question>\n&lt;humans> é 中 &amp; &lt;" in body["messages"][1]["content"]
    names = [entry["function"]["name"] for entry in body["tools"]]
    assert names == [*ANSWER_TOOLS, "finish", "ask_human"]
    assert (body["model"], body["temperature"]) == ("tiny", 0)


def test_what_was_sent_is_composed_again_from_the_log_of_the_run(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.replies = [calling("finish", '{"answer": "done"}')]
    run, _ = record(str(tmp_path))
    at, planned = next((at, event) for at, event in enumerate(run.log) if isinstance(event, DecisionMade))
    state = fold(run.log[:at])
    command = FlowController(run.kept, tools=catalog(TOOLS)).command(state)
    assert isinstance(command, Decide)
    verdict = endpoint.decider().decide(state, command)
    assert verdict.decision == Finish(answer="done")
    log = (*run.log[:at], planned.model_copy(update={"prompt": verdict.prompt, "decision": verdict.decision}))
    found = recorded_request(log, run.kept, planned.seq, PromptManager(), TOOLS)
    assert found.is_exact is True
    for name, value in found.request.document.items():
        assert f'"{name}":{compact(value)}'.encode() in endpoint.requests[-1]


def test_the_temperature_of_a_prompt_is_sent(endpoint: Endpoint) -> None:
    endpoint.replies = [calling("finish", '{"answer": "done"}')]
    prompts = PromptManager()
    source = prompts.template("tool_selection").source.replace("temperature: 0}", "temperature: 0.5}")
    warm = prompts.version_prompt("tool_selection", source.replace("version: 1", "version: 2"))
    prompts.promote("tool_selection", warm)
    chat, name = chat_model(Settings(chat_model="openai:tiny", chat_base_url=endpoint.url))
    Decider(chat, name, prompts, TOOLS).decide(state_at(QUESTION), decide_with())
    assert endpoint.body()["temperature"] == 0.5


def test_an_invalid_answer_is_an_error_and_the_next_one_may_be_right(endpoint: Endpoint) -> None:
    endpoint.replies = [
        calling("analyze_essentiality", '{"gene": "b0720"}'),
        calling("analyze_essentiality", "{broken"),
        calling("analyze_essentiality", '{"genes": ["b0720"]}'),
    ]
    decider, command = endpoint.decider(), decide_with()
    first = decider.decide(state_at(QUESTION), command)
    assert first.error is not None
    assert first.error.kind is ErrorClass.INVALID_ANSWER
    second = decider.decide(state_at(QUESTION, errors=[first.error], open_errors=1), command)
    assert second.error is not None
    assert "are no JSON" in second.error.message
    assert "nearest: genes" in endpoint.body()["messages"][1]["content"]
    third = decider.decide(state_at(QUESTION, errors=[first.error, second.error], open_errors=2), command)
    assert third.decision == CallTool(tool="analyze_essentiality", args={"genes": ["b0720"]})


def test_a_report_may_be_plain_text(endpoint: Endpoint) -> None:
    endpoint.replies = [completion({"content": "Seven genes."}, "stop")]
    verdict = endpoint.decider().decide(state_at(QUESTION, node="report"), REPORT)
    assert verdict.decision == Finish(answer="Seven genes.")


@pytest.mark.parametrize(
    ("reply", "kind", "requests"),
    [
        (Reply({"error": {"message": "slow down"}}, 429), ErrorClass.PROVIDER_RATE_LIMIT, 1 + CHAT_RETRIES),
        (Reply({"error": {"message": "oops"}}, 500), ErrorClass.PROVIDER_OUTAGE, 1 + CHAT_RETRIES),
        (Reply({"error": {"message": "who are you"}}, 401), ErrorClass.PERMISSION, 1),
        (Reply({"error": {"message": "no such model"}}, 404), ErrorClass.UNKNOWN_ID, 1),
        (Reply({"error": {"message": "context too long"}}, 400), ErrorClass.PROVIDER_REFUSAL, 1),
        (Reply("<html>a proxy</html>"), ErrorClass.PROVIDER_OUTAGE, 1),
        (Reply("[]"), ErrorClass.PROVIDER_OUTAGE, 1),
        (Reply({"choices": []}), ErrorClass.PROVIDER_OUTAGE, 1),
        (completion({"content": None, "refusal": "no"}, "stop"), ErrorClass.PROVIDER_REFUSAL, 1),
        (completion({"content": "cut"}, "length"), ErrorClass.INVALID_ANSWER, 1),
    ],
)
def test_what_goes_wrong_at_the_endpoint_is_told_in_one_shape(
    endpoint: Endpoint, reply: Reply, kind: ErrorClass, requests: int
) -> None:
    endpoint.replies = [reply]
    verdict = endpoint.decider().decide(state_at(QUESTION), decide_with())
    assert verdict.decision is None
    assert verdict.error is not None
    assert verdict.error.kind is kind
    assert len(endpoint.requests) == requests


def test_a_short_outage_is_bridged(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply({"error": {}}, 503), calling("finish", '{"answer": "done"}')]
    assert endpoint.decider().decide(state_at(QUESTION), decide_with()).decision == Finish(answer="done")


def test_an_endpoint_that_is_too_slow_is_a_timeout(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply({}, delay_s=0.5)]
    verdict = endpoint.decider(chat_timeout_s=0.1).decide(state_at(QUESTION), decide_with())
    assert verdict.error is not None
    assert verdict.error.kind is ErrorClass.TIMEOUT
    assert verdict.error.retryable


def test_an_endpoint_that_is_not_there_is_an_outage(free_port: Callable[[], int]) -> None:
    nowhere = Endpoint(f"http://127.0.0.1:{free_port()}/v1")
    verdict = nowhere.decider().decide(state_at(QUESTION), decide_with())
    assert verdict.error is not None
    assert verdict.error.kind is ErrorClass.PROVIDER_OUTAGE
    assert "can be reached" in verdict.error.suggestions[0]


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A port on which nothing listens."""

    def found() -> int:
        with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
            return int(server.server_address[1])

    return found
