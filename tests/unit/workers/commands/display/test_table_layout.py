"""Tables: one line per row in a pipe, nothing wider than the screen on a terminal, no word split."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fluxagents.workers.commands.display.table_layout import lay_out

COLUMNS = ("run", "started (UTC)", "model", "status", "question")
QUESTION = "Which genes are essential for growth on acetate, and what does the model secrete without oxygen?"
ROWS = [
    ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "2026-11-29 12:30", "e_coli_core", "finished", QUESTION),
    ("01ARZ3NDEKTSV4RRFFQ69G5FAW", "2026-11-29 12:31", "iJO1366", "running", ""),
]


def test_without_a_screen_every_row_is_one_whole_line() -> None:
    heading, lines = lay_out(COLUMNS, ROWS, None, cut_last=True)
    assert heading.split("  ")[0] == "run"
    assert len(lines) == len(ROWS)
    assert lines[0].endswith(QUESTION)
    assert lines[1].endswith("running")


def test_what_has_room_stands_side_by_side_and_is_folded_at_words() -> None:
    _, lines = lay_out(COLUMNS, ROWS, 120)
    assert max(map(len, lines)) <= 120
    assert lines[0].startswith(
        "01ARZ3NDEKTSV4RRFFQ69G5FAV  2026-11-29 12:30  e_coli_core  finished  Which genes"
    )
    assert len(lines) > len(ROWS)


def test_what_has_no_room_stands_below_with_its_name() -> None:
    heading, lines = lay_out(COLUMNS, ROWS, 80)
    assert heading.split() == ["run", "started", "(UTC)", "model", "status"]
    assert lines[1].startswith("  question: Which genes are essential")
    assert lines[-1] == "01ARZ3NDEKTSV4RRFFQ69G5FAW  2026-11-29 12:31  iJO1366      running"


def test_the_last_column_is_cut_after_a_word_on_request() -> None:
    _, lines = lay_out(COLUMNS, ROWS, 80, cut_last=True)
    assert len(lines) == 3
    assert len(lines[1]) <= 80
    assert QUESTION.startswith(lines[1].removeprefix("  question: ").removesuffix(" …"))
    assert lines[1].endswith(" …")


def test_a_line_break_in_a_cell_makes_no_second_row() -> None:
    assert lay_out(("a", "b"), [("x\ny", "z")], None)[1] == ["x y  z"]


cells = st.text("abc -=", max_size=60)


@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=4), st.integers(30, 90))
def test_no_word_is_split_and_no_line_is_wider_than_its_words_need(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    _, lines = lay_out(("one", "two", "three"), rows, width)
    words = {word for row in rows for cell in row for word in cell.split()}
    assert words <= {word for line in lines for word in line.split()}
    longest = max(map(len, words), default=0)
    assert all(len(line) <= max(width, longest + len("  three: ")) for line in lines)
