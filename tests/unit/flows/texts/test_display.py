"""What is shown of text from outside."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fluxagents.flows.texts.display import escape_json, quote, visible

DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.text())
def test_visible_text_moves_no_cursor(text: str) -> None:
    shown = visible(text)
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert visible(shown) == shown
    if text.isprintable():
        assert shown == text


@given(st.text(max_size=300))
def test_a_quoted_text_is_one_short_line(text: str) -> None:
    assert quote(text).isprintable()
    assert len(quote(text)) <= 83 * 10


@given(DOCUMENTS)
def test_an_escaped_document_means_the_same(document: Any) -> None:
    for indent in (None, 2):
        escaped = escape_json(json.dumps(document, ensure_ascii=False, indent=indent))
        assert json.loads(escaped) == document
        assert all(char == "\n" or char.isprintable() for char in escaped)


def test_letters_of_all_languages_stay_as_they_are() -> None:
    assert escape_json('"µ 第二 Ä"') == '"µ 第二 Ä"'
    assert visible("µ 第二 Ä → ½") == "µ 第二 Ä → ½"
