"""What a provider of chat models may do wrong, told from its exception without importing any provider."""

from __future__ import annotations

import sys
from traceback import walk_tb

from fluxagents.flows.errors import ErrorClass, FluxError

PROVIDER_MODULES = frozenset(
    {"openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2", "langchain_openai"}
)
"""Packages whose exceptions come from a provider or from the way to it; all others are faults of ours."""

_CLIENTS = PROVIDER_MODULES | {"langchain_core"}

_STUMBLES = (ValueError, TypeError, LookupError, AttributeError)
"""What code raises that reads an answer of another shape than it expects."""

_BY_STATUS = {
    401: (ErrorClass.PERMISSION, "set FLUXAGENTS_CHAT_API_KEY to a key that the endpoint accepts"),
    403: (ErrorClass.PERMISSION, "set FLUXAGENTS_CHAT_API_KEY to a key that may use this chat model"),
    404: (ErrorClass.UNKNOWN_ID, "check the name in FLUXAGENTS_CHAT_MODEL and FLUXAGENTS_CHAT_BASE_URL"),
    408: (ErrorClass.TIMEOUT, "raise FLUXAGENTS_CHAT_TIMEOUT_S"),
    429: (ErrorClass.PROVIDER_RATE_LIMIT, "wait, or lower FLUXAGENTS_CONCURRENCY_DECIDE"),
    504: (ErrorClass.TIMEOUT, "raise FLUXAGENTS_CHAT_TIMEOUT_S"),
}

_SERVER_ERRORS = 500


def provider_error(error: Exception, chat_model: str) -> FluxError | None:
    """The same error in one shape, or None if it does not come from a provider.

    Args:
        error: What a chat model raised.
        chat_model: Its name, for the message.
    """
    if isinstance(error, FluxError):
        return error
    kinds = type(error).__mro__
    said = " ".join(str(error).split())[:400]
    message = f"chat model '{chat_model}': {type(error).__name__}: {said}"
    if not any(_package(kind.__module__) in PROVIDER_MODULES for kind in kinds):
        return _unreadable(error, message)
    names = " ".join(kind.__name__ for kind in kinds)
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return _by_status(status, message)
    if "Timeout" in names:
        way_out = "raise FLUXAGENTS_CHAT_TIMEOUT_S"
        return FluxError(ErrorClass.TIMEOUT, message, suggestions=(way_out,))
    if "ContentFilter" in names:
        return FluxError(ErrorClass.PROVIDER_REFUSAL, message, suggestions=("put the question differently",))
    way_out = "check that FLUXAGENTS_CHAT_BASE_URL can be reached from the worker"
    return FluxError(ErrorClass.PROVIDER_OUTAGE, message, suggestions=(way_out,))


def _unreadable(error: Exception, message: str) -> FluxError | None:
    """An answer that is no chat completion makes the client stumble: that is no fault of ours."""
    frames = (frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__))
    packages = [package for name in frames if (package := _package(name)) not in sys.stdlib_module_names]
    if not isinstance(error, _STUMBLES) or not packages or packages[-1] not in _CLIENTS:
        return None
    way_out = "check that FLUXAGENTS_CHAT_BASE_URL speaks OpenAI's chat completions"
    return FluxError(
        ErrorClass.PROVIDER_OUTAGE, f"{message} (the answer cannot be read)", suggestions=(way_out,)
    )


def _package(module: str) -> str:
    return module.partition(".")[0]


def _by_status(status: int, message: str) -> FluxError:
    if status in _BY_STATUS:
        kind, way_out = _BY_STATUS[status]
        return FluxError(kind, message, suggestions=(way_out,))
    if status >= _SERVER_ERRORS:
        return FluxError(
            ErrorClass.PROVIDER_OUTAGE, message, suggestions=("wait for the endpoint to recover",)
        )
    return FluxError(
        ErrorClass.PROVIDER_REFUSAL, message, suggestions=("see what the endpoint says of the request",)
    )
