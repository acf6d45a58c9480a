"""Classifies the exceptions of providers of chat models without importing any provider."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from math import ceil
from traceback import walk_tb

from fluxagents.flows.errors import ErrorClass, FluxError

PROVIDER_MODULES = frozenset(
    {
        "openai",
        "anthropic",
        "httpx",
        "httpx2",
        "httpcore",
        "httpcore2",
        "langchain_openai",
        "langchain_anthropic",
    }
)
"""Packages whose exceptions come from a provider or from the way to it; all others are faults of ours."""

_CLIENTS = PROVIDER_MODULES | {"langchain_core"}

_CLIENT_ERRORS = (ValueError, TypeError, LookupError, AttributeError)
"""What code raises that reads an answer of another shape than it expects."""

_COMPOSING = "_get_request_payload"
"""The function of both clients that makes the body: what it raises was never sent."""

_BY_STATUS = {
    401: (ErrorClass.PERMISSION, "set {}_API_KEY to a key that the endpoint accepts"),
    402: (ErrorClass.PROVIDER_REFUSAL, "see to the provider's bill"),
    403: (ErrorClass.PERMISSION, "set {}_API_KEY to a key that may use this chat model"),
    404: (ErrorClass.UNKNOWN_ID, "check the name in {}_MODEL and {}_BASE_URL"),
    408: (ErrorClass.TIMEOUT, "raise FLUXAGENTS_CHAT_TIMEOUT_S"),
    413: (ErrorClass.PROVIDER_REFUSAL, "lower FLUXAGENTS_CHAT_REQUEST_TOKENS"),
    429: (
        ErrorClass.PROVIDER_RATE_LIMIT,
        "set {}_REQUESTS_PER_MINUTE and {}_TOKENS_PER_MINUTE to what the provider allows",
    ),
    504: (ErrorClass.TIMEOUT, "raise FLUXAGENTS_CHAT_TIMEOUT_S"),
}

_SERVER_ERRORS = 500

_TOO_LONG = (
    "prompt is too long",
    "context_length_exceeded",
    "maximum context length",
    "context too long",
    "exceeds the available context size",
)
"""How providers say that a request does not fit the chat model's window."""


def provider_error(error: Exception, chat_model: str, variables: str = "FLUXAGENTS_CHAT") -> FluxError | None:
    """The error as a `FluxError`, or None if it does not come from a provider.

    Args:
        error: What a chat model raised.
        chat_model: Its name, for the message.
        variables: What the names of its settings begin with.
    """
    if isinstance(error, FluxError):
        return error
    kinds = type(error).__mro__
    text = " ".join(str(error).split())[:400]
    message = f"chat model '{chat_model}': {type(error).__name__}: {text}"
    if not any(_package(kind.__module__) in PROVIDER_MODULES for kind in kinds):
        return _client_error(error, message, variables)
    names = " ".join(kind.__name__ for kind in kinds)
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        headers = getattr(getattr(error, "response", None), "headers", {})
        return _by_status(status, message, variables, retry_after_ms(headers, time.time()))
    if "Timeout" in names:
        way_out = "raise FLUXAGENTS_CHAT_TIMEOUT_S"
        return FluxError(ErrorClass.TIMEOUT, message, suggestions=(way_out,))
    if "ContentFilter" in names:
        return FluxError(ErrorClass.PROVIDER_REFUSAL, message, suggestions=("put the question differently",))
    way_out = f"check that {variables}_BASE_URL can be reached from the worker"
    return FluxError(ErrorClass.PROVIDER_OUTAGE, message, suggestions=(way_out,))


def retry_after_ms(headers: Mapping[str, str], now_s: float) -> int:
    """The pause that an answer's `retry-after-ms` or `retry-after` asks for; 0 if there is none.

    Args:
        headers: Of the answer; their names in small letters, or a mapping that ignores case.
        now_s: Unix time in s, for a `retry-after` that is a date.
    """
    try:
        if (ms := headers.get("retry-after-ms")) is not None:
            return max(0, ceil(float(ms)))
        if (seconds := headers.get("retry-after")) is not None:
            return max(0, ceil(_seconds(seconds, now_s) * 1_000))
    except (ValueError, OverflowError):
        return 0
    return 0


def _seconds(retry_after: str, now_s: float) -> float:
    try:
        return float(retry_after)
    except ValueError:
        return parsedate_to_datetime(retry_after).timestamp() - now_s


def _client_error(error: Exception, message: str, variables: str) -> FluxError | None:
    """The error of a client that cannot build a request or cannot read an answer."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    names = [_package(frame.f_globals.get("__name__", "")) for frame in frames]
    packages = [name for name in names if name not in sys.stdlib_module_names]
    if not isinstance(error, _CLIENT_ERRORS) or not packages or packages[-1] not in _CLIENTS:
        return None
    if any(frame.f_code.co_name == _COMPOSING for frame in frames):
        way_out = f"set {variables}_TEMPERATURE=off if this chat model takes no temperature"
        return FluxError(ErrorClass.PROVIDER_REFUSAL, message, suggestions=(way_out,))
    way_out = f"check that {variables}_BASE_URL speaks the protocol that {variables}_MODEL names"
    return FluxError(
        ErrorClass.PROVIDER_OUTAGE, f"{message} (the answer cannot be read)", suggestions=(way_out,)
    )


def _package(module: str) -> str:
    return module.partition(".")[0]


def _by_status(status: int, message: str, variables: str, pause_ms: int) -> FluxError:
    if status in _BY_STATUS:
        kind, way_out = _BY_STATUS[status]
    elif status >= _SERVER_ERRORS:
        kind, way_out = ErrorClass.PROVIDER_OUTAGE, "wait for the endpoint to recover"
    elif any(words in message for words in _TOO_LONG):
        kind, way_out = ErrorClass.PROVIDER_REFUSAL, "lower FLUXAGENTS_CHAT_REQUEST_TOKENS"
    else:
        kind, way_out = ErrorClass.PROVIDER_REFUSAL, "see what the endpoint says of the request"
    suggestions = (way_out.replace("{}", variables),)
    return FluxError(kind, message, suggestions=suggestions, retry_after_ms=pause_ms)
