"""Times and counts in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxagents.flows.drawing.captions import describe_mark, format_label, format_time
from fluxagents.flows.drawing.durations import format_duration
from fluxagents.flows.drawing.picture import Mark, PictureEdge


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1_000, "1.0 s"),
        (59_949, "59.9 s"),
        (59_950, "1 min"),
        (123_000, "2 min 3 s"),
        (3_600_000, "1 h"),
        (3_900_000, "1 h 5 min"),
        (86_400_000, "1 d"),
        (183_600_000, "2 d 3 h"),
    ],
)
def test_a_span_is_said_in_two_units_at_most(ms: int, said: str) -> None:
    assert format_duration(ms) == said


@given(st.integers(min_value=0, max_value=10**12))
def test_every_span_can_be_said_shortly(ms: int) -> None:
    assert 0 < len(format_duration(ms)) <= 12


def test_a_mark_says_what_happened_and_nothing_that_did_not() -> None:
    assert describe_mark(Mark()) == "not reached"
    assert describe_mark(Mark(status="visited", visits=1)) == "visited"
    busy = Mark(status="failed", visits=3, spent_ms=7_400, errors=2)
    assert describe_mark(busy) == "failed · 3 times · 7.4 s · 2 errors"
    there = Mark(status="waiting", visits=1, spent_ms=7_400, since_ms=1_795_424_997_794)
    assert describe_mark(there) == "waiting · since 2026-11-23 09:09:57 UTC"


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        ((), "ok"),
        ((4,), "ok [4]"),
        ((1, 2, 3, 4), "ok [1, 2, 3, 4]"),
        (tuple(range(1, 10)), "ok [1, 2, 3, …, 9]"),
    ],
)
def test_an_edge_names_its_moves(moves: tuple[int, ...], said: str) -> None:
    assert format_label(PictureEdge(source="a", target="b", label="ok", moves=moves)) == said


def test_a_move_outside_the_flow_says_so() -> None:
    assert format_label(PictureEdge(source="a", target="b", label="", moves=(2,), declared=False)) == (
        "not in the flow [2]"
    )


def test_times_of_day_are_in_utc() -> None:
    assert format_time(1_795_424_997_794) == "2026-11-23 09:09:57 UTC"
