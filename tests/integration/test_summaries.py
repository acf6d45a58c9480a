"""From the setting to the wire: findings that do not fit are summarised by the provider's chat model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from tests.support.chat_endpoint import ChatEndpoint, calling, completion, message, serving, using
from tests.support.decisions import ANSWER_TOOLS, BASELINE, decide_with, state_at
from tests.support.recorded_run import acts_in

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.events import ContextCompacted, ContextSummarised, DecisionMade
from fluxagents.flows.state import RunState
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.tasks.dispatch import DECIDE
from fluxagents.tasks.ports.decisions import DecisionMaker
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.assembly import build_decider
from fluxagents.workers.settings import Settings

TOLD = "Growth was 0.873922 1/h for each objective [f2]."


@pytest.fixture(params=["openai", "anthropic"])
def endpoint(request: pytest.FixtureRequest) -> Iterator[ChatEndpoint]:
    with serving(request.param) as found:
        found.replies = (
            [completion({"content": TOLD}, "stop"), calling("finish", '{"answer": "See f1."}')]
            if request.param == "openai"
            else [
                message({"type": "text", "text": TOLD}, reason="end_turn"),
                using("finish", {"answer": "f1."}),
            ]
        )
        yield found


def decider_of(redis: Redis, endpoint: ChatEndpoint, key_prefix: str, **settings: object) -> DecisionMaker:
    given = {
        "chat_model": f"{endpoint.provider}:tiny",
        "chat_base_url": endpoint.url,
        "chat_api_key": "sk-1",
        "chat_request_tokens": 5_000,
        "key_prefix": key_prefix,
        **settings,
    }
    return build_decider(Settings.model_validate(given), redis, PromptManager(), TOOLS)


def long_run() -> RunState:
    findings = [
        BASELINE.model_copy(
            update={"id": f"f{at}", "args": {"objective": f"R{at}"}, "artifact": f"sha256:{at:064}"}
        )
        for at in range(1, 25)
    ]
    return state_at("Which grows best?", findings=findings)


def test_the_summary_is_asked_for_recorded_and_sent(
    redis: Redis, key_prefix: str, endpoint: ChatEndpoint, tmp_path: Path
) -> None:
    decider = decider_of(redis, endpoint, key_prefix, context_summary=True)
    acts = acts_in(str(tmp_path), decider=decider)
    controller = FlowController(FlowLibrary().get("metabolic_analysis"))
    told, made, compacted = acts[DECIDE](controller, long_run(), decide_with(ANSWER_TOOLS[:4]))
    assert isinstance(told, ContextSummarised)
    assert isinstance(made, DecisionMade)
    assert isinstance(compacted, ContextCompacted)
    assert (told.text, told.prompt.tokens_in, told.prompt.chat_model) == (
        TOLD,
        123,
        f"{endpoint.provider}:tiny",
    )
    asked, decided = endpoint.body(0)["messages"][-1], endpoint.body(1)["messages"][-1]
    assert "<task>\nsummary\n</task>" in str(asked["content"]).replace("\\n", "\n")
    assert f"<summary>\n{TOLD}\n</summary>" in str(decided["content"]).replace("\\n", "\n")


@pytest.mark.parametrize("settings", [{}, {"chat_model": "offline", "context_summary": True}])
def test_without_the_wish_or_a_language_model_there_is_none(
    redis: Redis, key_prefix: str, endpoint: ChatEndpoint, settings: dict[str, object]
) -> None:
    decider = decider_of(redis, endpoint, key_prefix, **settings)
    assert decider.summarise(long_run(), decide_with(ANSWER_TOOLS[:4])) is None
    assert endpoint.requests == []
