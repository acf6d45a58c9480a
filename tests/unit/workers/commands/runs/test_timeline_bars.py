"""The time line is drawn to scale, but for what may last for days."""

from __future__ import annotations

from tests.support.story import split, whole

from fluxagents.flows.history.recorded_steps import steps_of
from fluxagents.workers.commands.runs.history.timeline_bars import draw_bars


def test_bars_stand_below_each_other_to_scale() -> None:
    """27 s to scale (2 + 3, 1 + 2, …) in 27 characters beside two marks for the human."""
    drawn = draw_bars(steps_of(whole()), 27 + 4)
    assert [bar.cells for bar in drawn] == [
        "▏",
        "░░░██",
        "     ░░█",
        "        ⋯⋯",
        "          ⋯⋯",
        "            ░░██████████",
        "                        ~░███",
        "                             ░█",
    ]
    assert [bar.ms for bar in drawn] == [0, 5_000, 3_000, 500, 60_000, 12_000, 5_000, 2_000]


def test_waiting_for_parts_is_drawn() -> None:
    _, begun, joined = draw_bars(steps_of(split()), 24)
    assert begun.cells == "····"
    assert joined.cells == "    ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█"


def test_no_bar_is_longer_than_the_line() -> None:
    for width in range(14, 60):
        assert max(len(bar.cells) for bar in draw_bars(steps_of(whole()), width)) <= width
