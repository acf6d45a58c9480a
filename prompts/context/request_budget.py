"""How many tokens a request may take, by chat model: all that is known of context windows in one place."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch

from fluxagents.flows.errors import ErrorClass, FluxError

REQUEST_TOKENS = 24_000
"""Default budget of a request: the prompt with its findings, and the schemas of the tools (5,000 for all of
those that a flow offers). What fits a window is not yet worth its price: more is for those who ask for it."""

ANSWER_TOKENS = 2_500
"""Room that a window must leave for the answer, which has 8,000 characters at most."""

WINDOWS: Mapping[str, int] = {
    "openai:gpt-3.5-turbo*": 16_385,
    "openai:gpt-4": 8_192,
    "openai:gpt-4-32k*": 32_768,
    "openai:gpt-4-turbo*": 128_000,
    "openai:gpt-4o*": 128_000,
    "openai:gpt-4.1*": 1_047_576,
    "openai:o1*": 200_000,
    "openai:o3*": 200_000,
    "openai:o4-mini*": 200_000,
}
"""Context windows in tokens as the providers state them, by name as events record it. A model that is served
locally has the window that its server was started with, which no name tells."""


def window_tokens(chat_model: str) -> int | None:
    """The context window of a chat model, or None if its name does not tell."""
    return next((size for name, size in WINDOWS.items() if fnmatch(chat_model, name)), None)


def request_tokens(chat_model: str, asked: int | None = None) -> int:
    """The budget of a request to a chat model.

    Args:
        chat_model: As events record it, such as `openai:gpt-4o`.
        asked: The budget that the operator wants; `REQUEST_TOKENS` when absent, or what the window allows.

    Raises:
        FluxError: `BAD_ARGUMENT` if the window is known and too small for what is asked.
    """
    window = window_tokens(chat_model)
    max_request = window - ANSWER_TOKENS if window is not None else None
    if asked is None:
        return min(REQUEST_TOKENS, max_request or REQUEST_TOKENS)
    if max_request is not None and asked > max_request:
        message = f"a request of {asked} tokens does not fit '{chat_model}', whose window has {window}"
        hint = f"at most {max_request}: {ANSWER_TOKENS} are for the answer"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(hint,))
    return asked
