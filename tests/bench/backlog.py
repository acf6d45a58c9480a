"""A backlog of bulk runs on one worker process: what the reconciler adds to it, and who must wait for it."""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from dataclasses import dataclass

from tests.bench.noops import STEPS, flow
from tests.bench.site import Site, eventually

from fluxagents.workers.celery.queues import CONTROL, TOOLS
from fluxagents.workers.host.launch import worker_node

RUNS = 10_000
"""Of one step each."""

INTERACTIVE = 20
"""Interactive runs, one after the other, before and behind the backlog."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What came of it."""

    steps: int
    """Distinct (run, seq) that were carried out."""
    published: int
    """Messages that the store let out for them."""
    delivered: int
    """Messages that the worker took."""
    left: int
    """Runs of the backlog that were still queued when the last interactive run had finished."""
    idle_s: float
    """Median time of an interactive run on an idle system."""
    behind_s: float
    """The same behind the backlog."""
    worst_s: float

    @property
    def duplicates(self) -> float:
        """Share of the messages that nobody needed."""
        return max(self.published, self.delivered) / self.steps - 1

    def lines(self) -> list[str]:
        """What was measured, with the targets."""
        return [
            f"steps of the backlog and beside it   {self.steps:8d}",
            f"messages published for them          {self.published:8d}   taken: {self.delivered}",
            f"duplicate messages                   {self.duplicates:8.2%}   target <= 1 %",
            f"interactive run on an idle system    {self.idle_s:8.3f} s",
            f"interactive run behind the backlog   {self.behind_s:8.3f} s   slowest {self.worst_s:.3f} s",
            f"runs still queued behind them        {self.left:8d}",
            f"ratio of medians                     {self.behind_s / self.idle_s:8.2f}   target <= 2",
        ]


def measure(site: Site, runs: int = RUNS, interactive: int = INTERACTIVE) -> Backlog:
    """Interactive runs alone, then behind so many queued ones, with a beat that reconciles all the time."""
    with ExitStack() as running:
        running.enter_context(site.worker("tools", queues=TOOLS.queues))
        running.enter_context(site.worker("control", queues=CONTROL.queues, concurrency=2, pool=CONTROL.kind))
        running.enter_context(site.beat())
        _run_times(site, 2)
        idle = _run_times(site, interactive)
        site.start(flow(1), runs, lane="bulk")
        behind = _run_times(site, interactive)
        left = site.store.counts()["running"]
        eventually(lambda: not site.store.counts()["running"], within_s=600, every_s=0.5)
        # Duplicates that still lie in a queue count as well.
        eventually(site.at_rest, within_s=60)
        return Backlog(
            steps=runs + (2 * interactive + 2) * STEPS,
            published=site.published(),
            delivered=_delivered(site),
            left=left,
            idle_s=statistics.median(idle),
            behind_s=statistics.median(behind),
            worst_s=max(behind),
        )


def _run_times(site: Site, runs: int) -> list[float]:
    """Seconds from start to end of interactive runs, by their own events."""
    spent: list[float] = []
    for _ in range(runs):
        (run,) = site.start(flow(), 1)
        eventually(lambda run=run: site.store.load(run).has_ended, within_s=120, every_s=0.01)  # type: ignore[misc]
        events = site.store.events(run)
        spent.append((events[-1].at_ms - events[0].at_ms) / 1_000)
    return spent


def _delivered(site: Site) -> int:
    """Step messages that the tools worker took, by its own count."""
    node = worker_node("tools")
    told = site.app.control.inspect(destination=[node], timeout=10).stats()
    assert told, "the worker does not answer"
    return int(told[node]["total"]["tool.noop"])
