"""An answer is given again only to the very same request to the very same chat model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from tests.support.chat_endpoint import ChatEndpoint, calling, refused, serving, using
from tests.support.decisions import REPORT, decide_with, state_at

from fluxagents.flows.commands import CallTool, Finish
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.ports.decisions import DecisionMaker
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.chat_models.assembly import build_decider
from fluxagents.workers.settings import Settings

QUESTION = "Which genes are essential?"
GENES = using("analyze_essentiality", {"genes": ["b0720"]})


@pytest.fixture
def anthropic() -> Iterator[ChatEndpoint]:
    with serving("anthropic") as endpoint:
        endpoint.replies = [GENES]
        yield endpoint


@pytest.fixture
def openai() -> Iterator[ChatEndpoint]:
    with serving("openai") as endpoint:
        endpoint.replies = [calling("finish", '{"answer": "done"}')]
        yield endpoint


@pytest.fixture
def common(redis: Redis, key_prefix: str) -> dict[str, Any]:
    return {"redis": redis, "key_prefix": key_prefix}


def decider_of(common: dict[str, Any], endpoint: ChatEndpoint, **settings: Any) -> DecisionMaker:
    given = {
        "chat_model": f"{endpoint.provider}:tiny",
        "chat_base_url": endpoint.url,
        "chat_cache_days": 1,
        "key_prefix": common["key_prefix"],
        **settings,
    }
    return build_decider(Settings(**given), common["redis"], PromptManager(), TOOLS)


def test_the_second_equal_request_sends_nothing(common: dict[str, Any], anthropic: ChatEndpoint) -> None:
    state, command = state_at(QUESTION), decide_with()
    first = decider_of(common, anthropic).decide(state, command)
    second = decider_of(common, anthropic).decide(state, command)
    assert len(anthropic.requests) == 1
    assert (
        first.decision == second.decision == CallTool(tool="analyze_essentiality", args={"genes": ["b0720"]})
    )
    assert (first.prompt.cached, first.prompt.tokens_in) == (False, 123)
    assert (second.prompt.cached, second.prompt.tokens_in, second.prompt.tokens_out) == (True, 0, 0)
    assert second.prompt.request == first.prompt.request


@pytest.mark.parametrize(
    "other", [{"chat_model": "anthropic:other"}, {"chat_temperature": "off"}, {"chat_cache_days": 0}]
)
def test_another_chat_model_or_setting_is_asked_itself(
    common: dict[str, Any], anthropic: ChatEndpoint, other: dict[str, Any]
) -> None:
    state, command = state_at(QUESTION), decide_with()
    decider_of(common, anthropic).decide(state, command)
    verdict = decider_of(common, anthropic, **other).decide(state, command)
    assert len(anthropic.requests) == 2
    assert verdict.prompt.cached is False


def test_another_endpoint_question_or_temperature_is_asked_itself(
    common: dict[str, Any], anthropic: ChatEndpoint
) -> None:
    state, command = state_at(QUESTION), decide_with()
    decider_of(common, anthropic).decide(state, command)
    decider_of(common, anthropic).decide(state_at("Does it grow?"), command)
    warm = PromptManager()
    source = warm.versions.find("tool_selection").source.replace("temperature: 0}", "temperature: 0.5}")
    warm.releases.promote(
        "tool_selection", warm.version_prompt("tool_selection", source.replace("version: 1", "version: 2"))
    )
    settings = Settings(
        chat_model="anthropic:tiny",
        chat_base_url=anthropic.url,
        chat_cache_days=1,
        key_prefix=common["key_prefix"],
    )
    build_decider(settings, common["redis"], warm, TOOLS).decide(state, command)
    assert len(anthropic.requests) == 3
    with serving("anthropic") as elsewhere:
        elsewhere.replies = [GENES]
        decider_of(common, elsewhere).decide(state, command)
        assert len(elsewhere.requests) == 1


def test_the_answer_of_one_provider_is_never_that_of_another(
    common: dict[str, Any], anthropic: ChatEndpoint, openai: ChatEndpoint
) -> None:
    state, command = state_at(QUESTION), decide_with()
    decider_of(common, anthropic).decide(state, command)
    verdict = decider_of(common, openai).decide(state, command)
    assert verdict.decision == Finish(answer="done")
    assert (verdict.prompt.chat_model, verdict.prompt.cached) == ("openai:tiny", False)


def test_only_valid_decisions_are_kept(common: dict[str, Any], anthropic: ChatEndpoint) -> None:
    anthropic.replies = [
        using("analyze_essentiality", {"gene": "b0720"}),
        refused("api_error", "no", 500),
        GENES,
    ]
    state, command = state_at(QUESTION), decide_with()
    decisions = [decider_of(common, anthropic).decide(state, command).decision for _ in range(4)]
    assert [decision is not None for decision in decisions] == [False, False, True, True]
    assert len(anthropic.requests) == 3


def test_a_report_in_plain_text_is_kept_as_it_was(common: dict[str, Any], openai: ChatEndpoint) -> None:
    state = state_at(QUESTION, node="report")
    first, second = (decider_of(common, openai).decide(state, REPORT) for _ in range(2))
    assert first.decision == second.decision == Finish(answer="done")
    assert second.prompt.cached is True


def test_what_is_kept_expires(common: dict[str, Any], anthropic: ChatEndpoint) -> None:
    decider_of(common, anthropic, chat_cache_days=2).decide(state_at(QUESTION), decide_with())
    redis: Redis = common["redis"]
    (name,) = redis.scan_iter(f"{common['key_prefix']}chat:answer:*")
    assert 86_400_000 < redis.pttl(name) <= 2 * 86_400_000
