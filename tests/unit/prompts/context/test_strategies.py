from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxagents.prompts.context.strategies import (
    EXTRACT_CHARACTERS,
    GAP,
    Message,
    compact_contents,
    deduplicate,
    drop_passed_errors,
    extract,
    keep_within,
    order_by_importance,
    refer_to_artifact,
)


def test_blanks_go_and_numbers_stay() -> None:
    written = compact_contents([{"content": '{ "growth_per_h" : 0.8739 }\n'}, {"content": "text \n"}])
    assert [message["content"] for message in written] == ['{"growth_per_h":0.8739}', "text"]


def test_messages_that_say_the_same_are_told_by_what_they_are_the_same_as() -> None:
    messages: list[Message] = [
        {"id": "f1", "content": "[1]", "same_as": "growth"},
        {"id": "f2", "content": "[2]", "same_as": "other"},
        {"id": "f3", "content": "[3]", "same_as": "growth"},
    ]
    assert [message["id"] for message in deduplicate(messages)] == ["f2", "f3"]
    assert [message["id"] for message in deduplicate([{**messages[0], "pinned": True}, messages[2]])] == [
        "f1",
        "f3",
    ]


def test_errors_of_a_moment_go_once_they_are_over() -> None:
    messages: list[Message] = [
        {"id": "over", "content": "outage", "passed": True},
        {"id": "open", "content": "outage", "passed": False},
        {"id": "pinned", "content": "outage", "passed": True, "pinned": True},
    ]
    assert [message["id"] for message in drop_passed_errors(messages)] == ["open", "pinned"]


def test_long_lists_are_left_to_the_artifact_and_their_counts_stay() -> None:
    found = {
        "growth_per_h": 0.8739,
        "essential": {"count": 90, "shown": 40, "ids": ["b0001"] * 40},
        "blocked": {"count": 2, "shown": 2, "ids": ["A", "B"]},
        "media": {
            "count": 1,
            "shown": 1,
            "uptakes": [{"count": 11, "shown": 11, "values": dict.fromkeys("abcdefghijk", 1.0)}],
        },
        "rows_shown": 11,
        "rows": [[1]] * 11,
    }
    entry = {"id": "f1", "artifact": "sha256:ab", "found": found}
    short = json.loads(refer_to_artifact({"content": json.dumps(entry)})["content"])
    assert short == {
        "id": "f1",
        "artifact": "sha256:ab",
        "found": {
            "growth_per_h": 0.8739,
            "essential": {"count": 90, "shown": 0, "ids": []},
            "blocked": {"count": 2, "shown": 2, "ids": ["A", "B"]},
            "media": {"count": 1, "shown": 1, "uptakes": [{"count": 11, "shown": 0, "values": {}}]},
            "rows_shown": 0,
            "rows": [],
        },
    }


@pytest.mark.parametrize(
    "content", ["text", "[1]", '{"found": {"shown": 9, "ids": [1,2,3,4,5,6,7,8,9,10,11]}}']
)
def test_what_has_no_artifact_keeps_its_lists(content: str) -> None:
    assert refer_to_artifact({"content": content})["content"] == content


def test_an_extract_keeps_the_first_sentence_the_numbers_and_the_refusals_in_their_order() -> None:
    filler = "This sentence says little about it. " * 30
    text = f"Ada looked at it. {filler}It grows at 0.87 per hour. {filler}Do not open oxygen. {filler}"
    short = extract({"content": text})["content"]
    assert len(short) <= EXTRACT_CHARACTERS
    assert short.startswith("Ada looked at it.")
    assert short.index("It grows at 0.87 per hour.") < short.index("Do not open oxygen.")
    assert GAP in short


@settings(deadline=None)
@given(st.text(alphabet="ab1 .\n", max_size=2_000))
def test_an_extract_is_never_longer_than_the_text_or_its_bound(text: str) -> None:
    short = extract({"content": text})["content"]
    assert len(short) <= len(text)
    assert short == text or len(short) <= EXTRACT_CHARACTERS


def test_a_text_without_sentences_is_cut_with_a_mark() -> None:
    assert extract({"content": "a" * 5_000})["content"].endswith(f"a {GAP}")


def test_what_matters_least_comes_first() -> None:
    assert order_by_importance([{"priority": 1}, {}, {"priority": -1}, {}]) == [2, 1, 3, 0]


def test_what_fits_is_kept_by_priority_then_the_newest() -> None:
    messages: list[Message] = [
        {"id": "important", "content": "aaaa", "priority": 1},
        {"id": "old", "content": "aaaa"},
        {"id": "kept", "content": "aaaa", "keep": True, "priority": -9},
        {"id": "new", "content": "aaaa"},
    ]

    def list_kept(room: int) -> list[str]:
        return [m["id"] for m in keep_within(room, lambda message: len(message["content"]), messages)]

    assert list_kept(12) == ["important", "kept", "new"]
    assert list_kept(8) == ["important", "kept"]
    assert list_kept(1) == ["kept"]
