"""Where the time of a run went, drawn with characters: one row per step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fluxagents.flows.history.recorded_steps import Step
from fluxagents.flows.history.time_spans import Spent, spans_of

MARKS: dict[Spent, str] = {"work": "█", "queue": "░", "retry": "~", "children": "▒", "other": "·"}
"""What is drawn to scale."""

CUT: frozenset[Spent] = frozenset({"human", "pause", "timer", "dead"})
"""Waiting that may last for days and would leave no room for the rest: a mark of fixed width."""

CUT_MARK = "⋯⋯"

TOO_SHORT = "▏"
"""For a step that takes less than a character."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One step's stretch of the time line."""

    seq: int
    cells: str
    ms: int
    """From the step before to this one."""


def draw_bars(steps: Sequence[Step], width: int) -> tuple[Bar, ...]:
    """The bars of all steps below each other, as a Gantt chart.

    Args:
        steps: Of the run.
        width: Characters of the whole time line.
    """
    spans = [(step, spans_of(step)) for step in steps]
    to_scale = sum(span.ms for _, step_spans in spans for span in step_spans if span.spent not in CUT)
    cuts = sum(span.spent in CUT for _, step_spans in spans for span in step_spans)
    room = max(width - cuts * len(CUT_MARK), 10)
    passed_ms = passed_cuts = 0
    drawn: list[Bar] = []
    for step, step_spans in spans:
        start = _column(passed_ms, to_scale, room) + passed_cuts * len(CUT_MARK)
        cells = ""
        for span in step_spans:
            if span.spent in CUT:
                cells += CUT_MARK
                passed_cuts += 1
                continue
            begin, end = (_column(at, to_scale, room) for at in (passed_ms, passed_ms + span.ms))
            cells += MARKS[span.spent] * (end - begin)
            passed_ms += span.ms
        cells = cells or TOO_SHORT
        start = min(start, max(width - len(cells), 0))
        drawn.append(Bar(step.seq, " " * start + cells, sum(span.ms for span in step_spans)))
    return tuple(drawn)


def _column(ms: int, total_ms: int, room: int) -> int:
    return round(ms / total_ms * room) if total_ms else 0
