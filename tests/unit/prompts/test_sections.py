from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fluxagents.prompts.sections import (
    compact,
    escape,
    json_lines,
    read_lines,
    render_value,
    sections,
    unescape,
)

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@given(TEXT)
def test_escaping_is_undone_exactly(text: str) -> None:
    assert unescape(escape(text)) == text


@given(TEXT, TEXT)
def test_no_text_opens_or_closes_a_section(first: str, second: str) -> None:
    prompt = f"<one>\n{escape(first)}\n</one>\n<two>\n{escape(second)}\n</two>"
    found = sections(prompt)
    assert found == {"one": first, "two": second}


@given(st.lists(JSON))
def test_json_lines_are_read_as_they_were_written(values: list[object]) -> None:
    prompt = f"<findings>\n{render_value(json_lines(values))}\n</findings>"  # type: ignore[arg-type]
    assert read_lines(sections(prompt)["findings"]) == values


def test_a_lone_surrogate_can_be_sent() -> None:
    assert escape("a\ud800") == "a\\ud800"


def test_json_has_no_blanks() -> None:
    assert compact({"a": [1, 2.5, "ä"]}) == '{"a":[1,2.5,"ä"]}'
