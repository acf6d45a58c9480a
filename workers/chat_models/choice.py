"""Which chat models the settings name: the first one, and the fallback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.prompts.context.request_budget import ANSWER_TOKENS, request_tokens
from fluxagents.workers.settings import ENV_PREFIX, Settings

OPENAI_URL = "https://api.openai.com/v1"
ANTHROPIC_URL = "https://api.anthropic.com"

FIRST = f"{ENV_PREFIX}CHAT"
FALLBACK = f"{ENV_PREFIX}CHAT_FALLBACK"

_ADDRESSES = {"openai": OPENAI_URL, "anthropic": ANTHROPIC_URL}


@dataclass(frozen=True, kw_only=True)
class ChatChoice:
    """One chat model with all that the settings say of it."""

    variables: str
    """What the names of its settings begin with."""
    model: str
    """`<provider>:<model>`, or `offline`."""
    base_url: str | None
    api_key: SecretStr | None
    temperature: Literal["prompt", "off"]
    tool_choice: Literal["auto", "required"]
    requests_per_minute: int | None
    tokens_per_minute: int | None

    @property
    def provider(self) -> str:
        return self.model.partition(":")[0]

    @property
    def name(self) -> str:
        """What the provider calls the model; empty for the planner."""
        return self.model.partition(":")[2]

    @property
    def address(self) -> str:
        """Where the provider is, never from a variable of the provider's own client."""
        return (self.base_url or _ADDRESSES[self.provider]).rstrip("/")

    @property
    def is_fallback(self) -> bool:
        return self.variables == FALLBACK

    @property
    def is_limited(self) -> bool:
        return self.requests_per_minute is not None or self.tokens_per_minute is not None


def first_choice(settings: Settings) -> ChatChoice:
    """The chat model that is asked first."""
    return ChatChoice(
        variables=FIRST,
        model=settings.chat_model,
        base_url=settings.chat_base_url,
        api_key=settings.chat_api_key,
        temperature=settings.chat_temperature,
        tool_choice=settings.chat_tool_choice,
        requests_per_minute=settings.chat_requests_per_minute,
        tokens_per_minute=settings.chat_tokens_per_minute,
    )


def fallback_choice(settings: Settings) -> ChatChoice | None:
    """The chat model for when the first one is out, if there is one."""
    if settings.chat_fallback_model is None:
        return None
    return ChatChoice(
        variables=FALLBACK,
        model=settings.chat_fallback_model,
        base_url=settings.chat_fallback_base_url,
        api_key=settings.chat_fallback_api_key,
        temperature=settings.chat_fallback_temperature,
        tool_choice=settings.chat_fallback_tool_choice,
        requests_per_minute=settings.chat_fallback_requests_per_minute,
        tokens_per_minute=settings.chat_fallback_tokens_per_minute,
    )


def choices(settings: Settings) -> tuple[ChatChoice, ...]:
    """All of them, the first one first."""
    fallback = fallback_choice(settings)
    return (first_choice(settings), *((fallback,) if fallback else ()))


def missing_extra(choice: ChatChoice) -> FluxError:
    """The error for a provider whose package is not installed."""
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"{choice.variables}_MODEL={choice.model!r} needs the extra '{choice.provider}', "
        "which is not installed",
        suggestions=(f"pip install 'fluxagents[{choice.provider}]'",),
    )


def request_budget(choice: ChatChoice, settings: Settings) -> int:
    """How many tokens a request to a chat model may take.

    Raises:
        FluxError: `BAD_ARGUMENT` if its window or its limit per minute is too small for what is asked.
    """
    budget = request_tokens(choice.model, settings.chat_request_tokens)
    limit = choice.tokens_per_minute
    if limit is not None and budget + ANSWER_TOKENS > limit:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{choice.variables}_TOKENS_PER_MINUTE={limit} is less than a request of {budget} tokens "
            f"and {ANSWER_TOKENS} for its answer",
            suggestions=(
                f"set FLUXAGENTS_CHAT_REQUEST_TOKENS to at most {limit - ANSWER_TOKENS}, or raise it",
            ),
        )
    return budget


def key_of(choice: ChatChoice) -> SecretStr:
    """The key of the settings; a local endpoint gets a placeholder, never a key from the environment.

    Raises:
        FluxError: `BAD_ARGUMENT` if there is none and the endpoint is the provider's own.
    """
    if choice.api_key is not None:
        return choice.api_key
    if choice.base_url is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{choice.variables}_MODEL={choice.model!r} needs a key or an endpoint",
            suggestions=(
                f"set {choice.variables}_API_KEY, or {choice.variables}_BASE_URL for an endpoint without one",
            ),
        )
    return SecretStr("none")
