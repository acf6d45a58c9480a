"""The chat model that the settings name."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.planner.model import OfflinePlanner
from fluxagents.workers.settings import Settings

CHAT_RETRIES = 2
"""Repetitions by the client after a rate limit, an outage or a timeout, before the step reports it."""

_SCHEMES = ("offline", "openai:<model>")


def chat_model(settings: Settings) -> tuple[BaseChatModel, str]:
    """The chat model and the name that events record for it.

    Raises:
        FluxError: `BAD_ARGUMENT` for an unknown scheme, a missing key or endpoint, or an extra that is not
            installed.
    """
    scheme, _, name = settings.chat_model.partition(":")
    if scheme == "offline" and not name:
        planner = OfflinePlanner()
        return planner, planner.name_in_events
    if scheme == "openai" and name:
        return _openai(settings, name), settings.chat_model
    message = f"FLUXAGENTS_CHAT_MODEL={settings.chat_model!r} names no chat model"
    raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(f"use {' or '.join(_SCHEMES)}",))


def _openai(settings: Settings, name: str) -> BaseChatModel:
    try:
        from langchain_openai import ChatOpenAI  # noqa: PLC0415 - an optional extra, a second to import
    except ImportError as error:
        message = f"FLUXAGENTS_CHAT_MODEL='openai:{name}' needs the extra 'openai', which is not installed"
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, message, suggestions=("pip install 'fluxagents[openai]'",)
        ) from error
    return ChatOpenAI(
        model=name,
        base_url=settings.chat_base_url,
        api_key=_key(settings),
        timeout=settings.chat_timeout_s,
        max_retries=CHAT_RETRIES,
        temperature=0,
        use_responses_api=False,
    )


def _key(settings: Settings) -> SecretStr:
    """The key of the settings; a local endpoint gets a placeholder, never a key from the environment."""
    if settings.chat_api_key is not None:
        return settings.chat_api_key
    if settings.chat_base_url is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"FLUXAGENTS_CHAT_MODEL={settings.chat_model!r} needs a key or an endpoint",
            suggestions=(
                "set FLUXAGENTS_CHAT_API_KEY, or FLUXAGENTS_CHAT_BASE_URL for an endpoint without one",
            ),
        )
    return SecretStr("none")
