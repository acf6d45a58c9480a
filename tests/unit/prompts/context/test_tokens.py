from __future__ import annotations

from fluxagents.prompts.context.tokens import TABLE, token_counter


def test_counts_are_those_of_cl100k_and_name_their_table() -> None:
    counter = token_counter()
    assert counter.table == TABLE
    assert counter.count("hello world") == 2
    assert counter.count("") == 0


def test_marks_of_the_table_count_as_text() -> None:
    assert token_counter().count("<|endoftext|>") > 1
