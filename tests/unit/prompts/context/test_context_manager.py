from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxagents.flows.errors import FluxError
from fluxagents.prompts.context.context_manager import ContextManager
from fluxagents.prompts.context.strategies import Message
from fluxagents.prompts.context.tokens import TABLE

MESSAGES = st.lists(
    st.fixed_dictionaries(
        {
            "content": st.text(alphabet="abc <{}\n", max_size=80),
            "role": st.sampled_from(["system", "user", "assistant"]),
            "priority": st.integers(-3, 3),
            "pinned": st.booleans(),
            "keep": st.booleans(),
            "passed": st.booleans(),
        }
    )
    | st.builds(
        lambda rows, pinned: {
            "content": json.dumps(
                {
                    "artifact": "sha256:1",
                    "found": {"ids": {"count": rows, "shown": rows, "ids": ["b"] * rows}},
                }
            ),
            "role": "user",
            "pinned": pinned,
        },
        st.integers(0, 40),
        st.booleans(),
    ),
    max_size=12,
)


def number(messages: list[dict[str, Any]]) -> list[Message]:
    return [{**message, "id": str(place)} for place, message in enumerate(messages)]


def is_pinned(message: Message) -> bool:
    return bool(message["pinned"]) or message["role"] == "system"


def may_go(message: Message) -> bool:
    return not is_pinned(message) and not message.get("keep")


@settings(deadline=None)
@given(MESSAGES, st.integers(1, 120))
def test_the_budget_holds_and_pinned_messages_stay(messages: list[dict[str, Any]], budget: int) -> None:
    manager = ContextManager(budget)
    given_messages = number(messages)
    kept = manager.optimize_context(given_messages)
    pinned = [message["id"] for message in given_messages if is_pinned(message)]
    assert set(pinned) <= {message["id"] for message in kept}
    assert kept.tokens == sum(map(manager.count_tokens, kept))
    assert kept.tokens <= budget or not any(map(may_go, kept))
    assert kept.over_budget == (kept.tokens > budget)


@settings(deadline=None)
@given(MESSAGES, st.integers(1, 120))
def test_what_is_pinned_stays_as_it_is(messages: list[dict[str, Any]], budget: int) -> None:
    manager = ContextManager(budget)
    given_messages = number(messages)
    pinned, compressed = (
        [message["content"] for message in context if is_pinned(message)]
        for context in (manager.optimize_context(given_messages), manager.compress_context(given_messages))
    )
    assert pinned == compressed


@settings(deadline=None)
@given(MESSAGES, st.integers(1, 120))
def test_what_was_saved_is_what_is_missing(messages: list[dict[str, Any]], budget: int) -> None:
    manager = ContextManager(budget)
    kept = manager.optimize_context(number(messages))
    without_blanks = sum(
        manager.count_tokens(manager.compress_context([message])[0])
        for message in [{**message, "passed": False} for message in messages]
    )
    assert without_blanks - kept.tokens == sum(one.tokens for one in kept.compacted)


@settings(deadline=None)
@given(MESSAGES, st.integers(1, 120))
def test_every_message_stays_in_order_or_is_reported(messages: list[dict[str, Any]], budget: int) -> None:
    given_messages = number(messages)
    kept = ContextManager(budget).optimize_context(given_messages)
    ids = [message["id"] for message in kept]
    assert ids == sorted(ids, key=int)
    gone = [one.id for one in kept.compacted if one.strategy not in {"reference", "extract"}]
    assert sorted([*ids, *gone], key=int) == [message["id"] for message in given_messages]


@settings(deadline=None)
@given(MESSAGES)
def test_compressing_keeps_every_content_and_never_grows(messages: list[dict[str, Any]]) -> None:
    manager = ContextManager(1)
    messages = [{**message, "passed": False} for message in messages]
    compressed = manager.compress_context(number(messages))
    assert compressed.tokens <= sum(map(manager.count_tokens, messages))
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
    assert [(one.id, one.strategy) for one in context.compacted] == [("old", "duplicate")]
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
    assert [one.id for one in context.compacted] == ["first", "other"]


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
    with pytest.raises(FluxError, match="2 messages have the id 'a'"):
        ContextManager().optimize_context([{"id": "a", "content": "1"}, {"id": "a", "content": "2"}])


def test_tables_go_before_texts_and_texts_before_messages_the_oldest_first() -> None:
    rows = {"count": 60, "shown": 60, "ids": [f"R{at}" for at in range(60)]}
    results = [
        {"id": name, "content": json.dumps({"id": name, "artifact": "sha256:1", "found": {"blocked": rows}})}
        for name in ("old", "new")
    ]
    note = {
        "id": "note",
        "content": "It grows at 0.87 per hour. " + "Nothing is said here. " * 60,
        "keep": True,
    }
    whole = ContextManager(9_000).optimize_context([*results, note])
    assert whole.compacted == ()

    def strategies(budget: int) -> list[tuple[str, str]]:
        context = ContextManager(budget).optimize_context([*results, note])
        assert context.tokens <= budget
        return [(one.id, one.strategy) for one in context.compacted]

    assert strategies(whole.tokens - 1) == [("old", "reference")]
    assert strategies(500) == [("old", "reference"), ("new", "reference")]
    assert strategies(300)[2:] == [("note", "extract")]
    assert strategies(150)[3:] == [("old", "budget")]
