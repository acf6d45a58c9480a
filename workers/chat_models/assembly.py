"""The decision component: the first chat model, its fallback, and what stands before each of them."""

from __future__ import annotations

from collections.abc import Mapping

from redis import Redis

from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks.chat.decider import Decider
from fluxagents.tasks.chat.fallback import WithFallback
from fluxagents.tasks.ports.decisions import DecisionMaker
from fluxagents.tasks.tool import Tool
from fluxagents.workers.chat_models.chat_model import (
    ANTHROPIC_ANSWER_TOKENS,
    build_chat_model,
    name_in_events,
)
from fluxagents.workers.chat_models.choice import ChatChoice, fallback_choice, first_choice, request_budget
from fluxagents.workers.redis.chat import chat_limits as redis_chat_limits
from fluxagents.workers.redis.chat.response_cache import RedisResponseCache
from fluxagents.workers.settings import Settings


def build_decider(
    settings: Settings, redis: Redis, prompts: PromptManager, tools: Mapping[str, Tool]
) -> DecisionMaker:
    """What `step.decide` asks.

    Raises:
        FluxError: `BAD_ARGUMENT` if a chat model cannot be asked as the settings say.
    """
    first = _decider(first_choice(settings), settings, redis, prompts, tools)
    fallback = fallback_choice(settings)
    if fallback is None:
        return first
    return WithFallback(first, _decider(fallback, settings, redis, prompts, tools))


def _decider(
    choice: ChatChoice,
    settings: Settings,
    redis: Redis,
    prompts: PromptManager,
    tools: Mapping[str, Tool],
) -> Decider:
    name = name_in_events(choice)
    remote = choice.model != "offline"
    limits = redis_chat_limits.RedisChatLimits(
        redis,
        name,
        requests=choice.requests_per_minute,
        tokens=choice.tokens_per_minute,
        prefix=settings.key_prefix,
        window_ms=redis_chat_limits.WINDOW_MS,
    )
    cache = RedisResponseCache(
        redis, _describe(choice), days=settings.chat_cache_days, prefix=settings.key_prefix
    )
    return Decider(
        build_chat_model(choice, settings.chat_timeout_s),
        name,
        prompts,
        tools,
        max_tokens=request_budget(choice, settings),
        settings={} if choice.temperature == "off" else None,
        variables=choice.variables,
        limits=limits if remote and choice.is_limited else None,
        cache=cache if remote and settings.chat_cache_days else None,
        # The planner picks calls by rules and writes no summaries.
        summaries=settings.context_summary and remote,
    )


def _describe(choice: ChatChoice) -> dict[str, str | int]:
    """All that an answer depends on beside the request."""
    return {
        "model": choice.model,
        "address": choice.address if choice.model != "offline" else "",
        "temperature": choice.temperature,
        "tool_choice": choice.tool_choice,
        "answer_tokens": ANTHROPIC_ANSWER_TOKENS if choice.provider == "anthropic" else 0,
    }
