from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxagents.flows.errors import FluxError
from fluxagents.prompts.context import ContextManager, Message
from fluxagents.prompts.tokens import TABLE

MESSAGES = st.lists(
    st.fixed_dictionaries(
        {
            "content": st.text(alphabet="abc <{}\n", max_size=80),
            "role": st.sampled_from(["system", "user", "assistant"]),
            "priority": st.integers(-3, 3),
            "pinned": st.booleans(),
        }
    ),
    max_size=12,
)


def numbered(messages: list[dict[str, Any]]) -> list[Message]:
    return [{**message, "id": str(place)} for place, message in enumerate(messages)]


def is_pinned(message: Message) -> bool:
    return bool(message["pinned"]) or message["role"] == "system"


@settings(deadline=None)
@given(MESSAGES, st.integers(1, 120))
def test_the_budget_holds_and_pinned_messages_stay(messages: list[dict[str, Any]], budget: int) -> None:
    manager = ContextManager(budget)
    given_messages = numbered(messages)
    kept = manager.optimize_context(given_messages)
    pinned = [message["id"] for message in given_messages if is_pinned(message)]
    ids = [message["id"] for message in kept]
    assert set(pinned) <= set(ids)
    assert kept.tokens == sum(map(manager.tokens_of, kept))
    assert kept.tokens <= budget or set(ids) == set(pinned)
    assert kept.over_budget == (kept.tokens > budget)


@settings(deadline=None)
@given(MESSAGES, st.integers(1, 120))
def test_every_message_stays_in_order_or_is_reported(messages: list[dict[str, Any]], budget: int) -> None:
    given_messages = numbered(messages)
    kept = ContextManager(budget).optimize_context(given_messages)
    ids = [message["id"] for message in kept]
    assert ids == sorted(ids, key=int)
    assert sorted([*ids, *(dropped.id for dropped in kept.dropped)], key=int) == [
        m["id"] for m in given_messages
    ]


@settings(deadline=None)
@given(MESSAGES)
def test_compressing_keeps_every_content_and_never_grows(messages: list[dict[str, Any]]) -> None:
    manager = ContextManager(1)
    compressed = manager.compress_context(numbered(messages))
    assert compressed.tokens <= sum(map(manager.tokens_of, messages))
    assert {message["content"] for message in compressed} == {
        message["content"] for message in manager.compress_context(messages)
    }


def test_what_matters_least_goes_first_and_the_newest_stays() -> None:
    manager = ContextManager(40)
    manager.add_context_item({"id": "old", "content": "word " * 10}, priority=0)
    manager.add_context_item({"id": "important", "content": "word " * 10}, priority=5)
    manager.add_context_item({"id": "new", "content": "other " * 10}, priority=0)
    context = manager.optimize_context([{"role": "user", "content": "?", "id": "question", "pinned": True}])
    assert [message["id"] for message in context] == ["important", "new", "question"]
    assert [(dropped.id, dropped.reason) for dropped in context.dropped] == [("old", "duplicate")]
    assert context.table == TABLE


def test_of_equal_messages_the_last_one_stays_with_the_highest_priority() -> None:
    context = ContextManager(20).optimize_context(
        [
            {"id": "first", "content": "word " * 10, "priority": 9},
            {"id": "last", "content": "word " * 10},
            {"id": "other", "content": "else " * 10, "priority": 5},
        ]
    )
    assert [message["id"] for message in context] == ["last"]
    assert [dropped.id for dropped in context.dropped] == ["first", "other"]


def test_json_is_written_without_blanks_and_text_stays() -> None:
    context = ContextManager().compress_context([{"content": '{"a": [1, 2]}'}, {"content": "{not json}  "}])
    assert [message["content"] for message in context] == ['{"a":[1,2]}', "{not json}"]


def test_no_messages_fit_anything() -> None:
    assert ContextManager(1).optimize_context([]) == []


def test_a_budget_below_one_and_content_that_is_no_text_are_refused() -> None:
    with pytest.raises(FluxError, match="a budget of 0 tokens holds nothing"):
        ContextManager(0)
    with pytest.raises(FluxError, match="a message's content is None, expected text"):
        ContextManager().optimize_context([{"role": "user"}])
