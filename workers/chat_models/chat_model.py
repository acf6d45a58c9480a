"""The chat models that the settings name."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

from langchain_core.language_models import BaseChatModel

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.chat_models.choice import (
    ChatChoice,
    fallback_choice,
    first_choice,
    key_of,
    missing_extra,
)
from fluxagents.workers.chat_models.planner.offline_planner import OfflinePlanner
from fluxagents.workers.settings import Settings

CHAT_RETRIES = 0
"""Repetitions by a client of its own: none, since the store repeats by the policy of each error."""

ANTHROPIC_ANSWER_TOKENS = 4_096
"""The longest answer asked of the Messages API, which wants a number. One that is cut is no decision."""

_SCHEMES = ("offline", "openai:<model>", "anthropic:<model>")


def chat_model(settings: Settings) -> tuple[BaseChatModel, str]:
    """The first chat model and the name that events record for it; raises as `build_chat_model`."""
    choice = first_choice(settings)
    return build_chat_model(choice, settings.chat_timeout_s), name_in_events(choice)


def import_providers(settings: Settings) -> None:
    """Import the libraries of all chat models of the settings; what is missing, the first decision tells."""
    for choice in (first_choice(settings), fallback_choice(settings)):
        if choice is not None and choice.model != "offline":
            with suppress(FluxError):
                _import_extra(choice)


def name_in_events(choice: ChatChoice) -> str:
    """What events call a chat model."""
    return OfflinePlanner.name_in_events if choice.model == "offline" else choice.model


def build_chat_model(choice: ChatChoice, timeout_s: float) -> BaseChatModel:
    """A chat model.

    Args:
        choice: What the settings say of it.
        timeout_s: The longest silence of its provider.

    Raises:
        FluxError: `BAD_ARGUMENT` for an unknown scheme, a missing key or endpoint, or an extra that is not
            installed.
    """
    if choice.model == "offline":
        return OfflinePlanner()
    if choice.provider == "openai" and choice.name:
        return _openai(choice, timeout_s)
    if choice.provider == "anthropic" and choice.name:
        return _anthropic(choice, timeout_s)
    message = f"{choice.variables}_MODEL={choice.model!r} names no chat model"
    raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(f"use {' or '.join(_SCHEMES)}",))


def _openai(choice: ChatChoice, timeout_s: float) -> BaseChatModel:
    chat_model: BaseChatModel = _import_extra(choice).ChatOpenAI(
        model=choice.name,
        base_url=choice.address,
        api_key=key_of(choice),
        timeout=timeout_s,
        max_retries=CHAT_RETRIES,
        temperature=_temperature(choice),
        use_responses_api=False,
        model_kwargs={} if choice.tool_choice == "auto" else {"tool_choice": choice.tool_choice},
    )
    return chat_model


def _anthropic(choice: ChatChoice, timeout_s: float) -> BaseChatModel:
    chat_model: BaseChatModel = _import_extra(choice).ChatAnthropic(
        model=choice.name,
        base_url=choice.address,
        api_key=key_of(choice),
        timeout=timeout_s,
        stop=None,
        max_retries=CHAT_RETRIES,
        max_tokens_to_sample=ANTHROPIC_ANSWER_TOKENS,
        temperature=_temperature(choice),
        # A decision is one call; two at once would be refused.
        model_kwargs={
            "tool_choice": {
                "type": "any" if choice.tool_choice == "required" else "auto",
                "disable_parallel_tool_use": True,
            }
        },
    )
    return chat_model


def _import_extra(choice: ChatChoice) -> Any:
    """The package of a provider, which is optional and takes a second to import."""
    try:
        return import_module(f"langchain_{choice.provider}")
    except ImportError as error:
        raise missing_extra(choice) from error


def _temperature(choice: ChatChoice) -> float | None:
    """For prompts that set none."""
    return 0 if choice.temperature == "prompt" else None
