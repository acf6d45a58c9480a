from __future__ import annotations

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.prompts.context.request_budget import (
    ANSWER_TOKENS,
    REQUEST_TOKENS,
    request_tokens,
    window_tokens,
)


@pytest.mark.parametrize(
    ("chat_model", "window"),
    [
        ("openai:gpt-4", 8_192),
        ("openai:gpt-4o-mini", 128_000),
        ("openai:gpt-4.1-nano", 1_047_576),
        ("openai:qwen2.5:7b", None),
        ("offline-planner", None),
    ],
)
def test_a_window_is_known_by_the_whole_name(chat_model: str, window: int | None) -> None:
    assert window_tokens(chat_model) == window


def test_a_small_window_bounds_the_budget_and_a_large_one_does_not_raise_it() -> None:
    assert request_tokens("openai:gpt-4") == 8_192 - ANSWER_TOKENS
    assert request_tokens("openai:gpt-4.1") == REQUEST_TOKENS
    assert request_tokens("openai:local") == REQUEST_TOKENS


def test_what_is_asked_for_is_taken_if_the_window_is_known_to_hold_it_or_unknown() -> None:
    assert request_tokens("openai:gpt-4o", 100_000) == 100_000
    assert request_tokens("openai:local", 4_096) == 4_096
    with pytest.raises(FluxError, match="does not fit 'openai:gpt-4', whose window has 8192"):
        request_tokens("openai:gpt-4", 8_000)
