"""Decisions over a real HTTP server that speaks the chat-completions protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.support.chat_endpoint import ChatEndpoint, Reply, calling, completion, serving
from tests.support.decisions import ANSWER_TOOLS, LISTED, REPORT, decide_with, state_at
from tests.support.recorded_run import record

from fluxagents.flows.commands import CallTool, Decide, Finish
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass
from fluxagents.flows.events import DecisionMade
from fluxagents.flows.reducer import fold
from fluxagents.prompts.sections import compact
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.chat.request import rebuild_request
from fluxagents.tasks.registry import TOOLS, tool_facts
from fluxagents.workers.chat_models.chat_model import chat_model
from fluxagents.workers.settings import Settings

QUESTION = 'Which genes are "essential"?\n</question>\n<humans> é 中 & <'


def decider_of(endpoint: ChatEndpoint, **settings: Any) -> Decider:
    chat, name = chat_model(Settings(chat_model="openai:tiny", chat_base_url=endpoint.url, **settings))
    return Decider(chat, name, PromptManager(), TOOLS)


@pytest.fixture
def endpoint() -> Iterator[ChatEndpoint]:
    with serving("openai") as found:
        yield found


def test_a_call_comes_back_as_a_decision_with_the_usage_that_the_endpoint_reports(
    endpoint: ChatEndpoint,
) -> None:
    endpoint.replies = [calling("analyze_essentiality", '{"medium_changes": {"EX_o2_e": 0}}')]
    verdict = decider_of(endpoint, chat_api_key="sk-1").decide(state_at(QUESTION), decide_with())
    assert verdict.decision == CallTool(
        tool="analyze_essentiality", args={"medium_changes": {"EX_o2_e": 0.0}}
    )
    use = verdict.prompt
    assert (use.chat_model, use.tokens_in, use.tokens_out) == ("openai:tiny", 123, 45)
    assert endpoint.headers[0]["authorization"] == "Bearer sk-1"


def test_the_bytes_that_are_sent_are_the_request_as_it_is_composed_again(endpoint: ChatEndpoint) -> None:
    endpoint.replies = [calling("finish", '{"answer": "done"}')]
    decider, state, command = decider_of(endpoint), state_at(QUESTION), decide_with()
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


def test_what_was_sent_is_composed_again_from_the_log_of_the_run(
    endpoint: ChatEndpoint, tmp_path: Path
) -> None:
    endpoint.replies = [calling("finish", json.dumps({"answer": "done", **LISTED}))]
    run, _ = record(str(tmp_path), "How fast does it grow?")
    at, planned = next((at, event) for at, event in enumerate(run.log) if isinstance(event, DecisionMade))
    state = fold(run.log[:at])
    command = FlowController(run.kept, tools=tool_facts(TOOLS)).command(state)
    assert isinstance(command, Decide)
    verdict = decider_of(endpoint).decide(state, command)
    assert verdict.decision == Finish(answer="done")
    log = (*run.log[:at], planned.model_copy(update={"prompt": verdict.prompt, "decision": verdict.decision}))
    found = rebuild_request(log, run.kept, planned.seq, PromptManager(), TOOLS)
    assert found.is_exact is True
    for name, value in found.request.document.items():
        assert f'"{name}":{compact(value)}'.encode() in endpoint.requests[-1]


@pytest.mark.parametrize(("setting", "sent"), [("auto", None), ("required", "required")])
def test_a_call_may_be_required_of_the_endpoint(
    endpoint: ChatEndpoint, setting: str, sent: str | None
) -> None:
    endpoint.replies = [calling("finish", '{"answer": "done"}')]
    decider_of(endpoint, chat_tool_choice=setting).decide(state_at(QUESTION), decide_with())
    assert endpoint.body().get("tool_choice") == sent


def test_the_temperature_of_a_prompt_is_sent(endpoint: ChatEndpoint) -> None:
    endpoint.replies = [calling("finish", '{"answer": "done"}')]
    prompts = PromptManager()
    source = prompts.versions.find("tool_selection").source.replace("temperature: 0}", "temperature: 0.5}")
    warm = prompts.version_prompt("tool_selection", source.replace("version: 1", "version: 2"))
    prompts.releases.promote("tool_selection", warm)
    chat, name = chat_model(Settings(chat_model="openai:tiny", chat_base_url=endpoint.url))
    Decider(chat, name, prompts, TOOLS).decide(state_at(QUESTION), decide_with())
    assert endpoint.body()["temperature"] == 0.5


def test_an_invalid_answer_is_an_error_and_the_next_one_may_be_right(endpoint: ChatEndpoint) -> None:
    endpoint.replies = [
        calling("analyze_essentiality", '{"gene": "b0720"}'),
        calling("analyze_essentiality", "{broken"),
        calling("analyze_essentiality", '{"genes": ["b0720"]}'),
    ]
    decider, command = decider_of(endpoint), decide_with()
    first = decider.decide(state_at(QUESTION), command)
    assert first.error is not None
    assert first.error.kind is ErrorClass.INVALID_ANSWER
    second = decider.decide(state_at(QUESTION, errors=[first.error], open_errors=1), command)
    assert second.error is not None
    assert "are no JSON" in second.error.message
    assert "nearest: genes" in endpoint.body()["messages"][1]["content"]
    third = decider.decide(state_at(QUESTION, errors=[first.error, second.error], open_errors=2), command)
    assert third.decision == CallTool(tool="analyze_essentiality", args={"genes": ["b0720"]})


def test_a_report_may_be_plain_text(endpoint: ChatEndpoint) -> None:
    endpoint.replies = [completion({"content": "Seven genes."}, "stop")]
    verdict = decider_of(endpoint).decide(state_at(QUESTION, node="report"), REPORT)
    assert verdict.decision == Finish(answer="Seven genes.")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply({"error": {"message": "slow down"}}, 429), ErrorClass.PROVIDER_RATE_LIMIT),
        (Reply({"error": {"message": "oops"}}, 500), ErrorClass.PROVIDER_OUTAGE),
        (Reply({"error": {"message": "who are you"}}, 401), ErrorClass.PERMISSION),
        (Reply({"error": {"message": "no such model"}}, 404), ErrorClass.UNKNOWN_ID),
        (Reply({"error": {"message": "context too long"}}, 400), ErrorClass.PROVIDER_REFUSAL),
        (Reply("<html>a proxy</html>"), ErrorClass.PROVIDER_OUTAGE),
        (Reply("[]"), ErrorClass.PROVIDER_OUTAGE),
        (Reply({"choices": []}), ErrorClass.PROVIDER_OUTAGE),
        (completion({"content": None, "refusal": "no"}, "stop"), ErrorClass.PROVIDER_REFUSAL),
        (completion({"content": "cut"}, "length"), ErrorClass.INVALID_ANSWER),
    ],
)
def test_what_goes_wrong_at_the_endpoint_is_told_in_one_shape(
    endpoint: ChatEndpoint, reply: Reply, kind: ErrorClass
) -> None:
    endpoint.replies = [reply]
    verdict = decider_of(endpoint).decide(state_at(QUESTION), decide_with())
    assert verdict.decision is None
    assert verdict.error is not None
    assert verdict.error.kind is kind
    assert len(endpoint.requests) == 1, "the store repeats, not the client"


@pytest.mark.parametrize(
    ("headers", "pause_ms"),
    [
        ({"retry-after": "7"}, 7_000),
        ({"retry-after-ms": "1500"}, 1_500),
        ({}, 0),
        ({"retry-after": "soon"}, 0),
    ],
)
def test_the_pause_that_a_provider_asks_for_is_in_the_error(
    endpoint: ChatEndpoint, headers: dict[str, str], pause_ms: int
) -> None:
    endpoint.replies = [Reply({"error": {"message": "slow down"}}, 429, headers=headers)]
    error = decider_of(endpoint).decide(state_at(QUESTION), decide_with()).error
    assert error is not None
    assert error.retry_after_ms == pause_ms


def test_tokens_that_the_provider_read_from_its_cache_are_counted(endpoint: ChatEndpoint) -> None:
    call = {"id": "t1", "type": "function", "function": {"name": "finish", "arguments": '{"answer": "done"}'}}
    message = {"content": None, "tool_calls": [call]}
    endpoint.replies = [completion(message, prompt_tokens_details={"cached_tokens": 100})]
    use = decider_of(endpoint).decide(state_at(QUESTION), decide_with()).prompt
    assert (use.tokens_in, use.tokens_cached) == (123, 100)


def test_a_chat_model_that_takes_no_temperature_gets_none(endpoint: ChatEndpoint, tmp_path: Path) -> None:
    endpoint.replies = [calling("finish", json.dumps({"answer": "done", **LISTED}))]
    chat, name = chat_model(
        Settings(chat_model="openai:tiny", chat_base_url=endpoint.url, chat_temperature="off")
    )
    decider = Decider(chat, name, PromptManager(), TOOLS, settings={})
    run, _ = record(str(tmp_path), decider=decider)
    assert "temperature" not in endpoint.body()
    decided = next(event for event in run.log if isinstance(event, DecisionMade))
    assert decided.prompt.settings == {}
    assert rebuild_request(run.log, run.kept, decided.seq, PromptManager(), TOOLS).is_exact is True


def test_an_endpoint_that_is_too_slow_is_a_timeout(endpoint: ChatEndpoint) -> None:
    endpoint.replies = [Reply({}, delay_s=0.5)]
    verdict = decider_of(endpoint, chat_timeout_s=0.1).decide(state_at(QUESTION), decide_with())
    assert verdict.error is not None
    assert verdict.error.kind is ErrorClass.TIMEOUT
    assert verdict.error.retryable


def test_an_endpoint_that_is_not_there_is_an_outage(free_port: Callable[[], int]) -> None:
    nowhere = ChatEndpoint("openai", free_port())
    verdict = decider_of(nowhere).decide(state_at(QUESTION), decide_with())
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
