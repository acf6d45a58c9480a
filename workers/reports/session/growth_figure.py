"""The plot of a session: growth over its runs."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.state import RunState
from fluxagents.scheduler.batches.batch_tables import medium_key, summary_rows
from fluxagents.workers.reports.medium_labels import medium_labels
from fluxagents.workers.reports.plot_figure import Caption, PlotFigure
from fluxagents.workers.reports.plots import growth_by_condition


def draw_session(session: str, states: Sequence[RunState], *, limit: int | None = None) -> PlotFigure:
    """Growth (1/h) of each run and condition as a bar; what has no growth rate is named.

    Args:
        session: Its name.
        states: Its runs, one at least.
        limit: Runs that are drawn at most, the first ones; all when absent.
    """
    total, states = len(states), states[:limit]
    media = [medium_key(state.inputs.get("medium")) for state in states]
    labels = medium_labels(media) if len(set(media)) > 1 else media
    rows = summary_rows(states, dict(zip(media, labels, strict=True)))
    columns = [
        [row.model for row in rows],
        [row.condition for row in rows],
        [row.question for row in rows],
    ]
    # What all runs have in common stands above the plot, what differs beside its bar.
    same = [column[0] for column in columns if len(set(column)) == 1 and column[0]]
    differ = [column for column in columns if len(set(column)) > 1]
    beside = ["; ".join(filter(None, parts)) for parts in zip(*differ, strict=True)]
    runs = f"{total} runs" if len(states) == total else f"the first {len(states)} of {total} runs"
    caption = Caption(
        title=f"Growth over {runs}",
        conditions="; ".join([f"session {session}", *same])[:115],
        source=f"session {session}",
    )
    return growth_by_condition(
        beside or [row.run_id for row in rows],
        [row.growth_per_h for row in rows],
        [row.status for row in rows],
        caption,
    )
