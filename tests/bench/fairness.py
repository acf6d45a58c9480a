"""A small session beside one with 10,000 runs on the same workers: how much later it ends than alone."""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass

from tests.bench.noops import flow
from tests.bench.site import Site, eventually

from fluxagents.workers.celery.queues import CONTROL, TOOLS

BIG, SMALL = 10_000, 10
"""Runs, of ten steps each."""

ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Fairness:
    """What came of it."""

    alone_s: list[float]
    beside_s: list[float]
    served: int
    """Runs of the big session that ended while the small ones were measured."""
    left: int

    def lines(self) -> list[str]:
        """What was measured, with the target."""
        alone, beside = statistics.median(self.alone_s), statistics.median(self.beside_s)
        return [
            f"{SMALL} bulk runs alone                     {alone:8.3f} s",
            f"the same beside {BIG:,} queued ones    {beside:8.3f} s   slowest {max(self.beside_s):.3f} s",
            f"ratio of medians                     {beside / alone:8.2f}   target <= 2",
            f"runs of the big session meanwhile    {self.served:8d}   left: {self.left}",
        ]


def measure(site: Site, big: int = BIG, small: int = SMALL, rounds: int = ROUNDS) -> Fairness:
    """The small session alone, then beside the big one, a few times each; all runs are bulk."""
    with ExitStack() as running:
        running.enter_context(site.worker("tools", queues=TOOLS.queues, concurrency=2))
        running.enter_context(site.worker("control", queues=CONTROL.queues, concurrency=2, pool=CONTROL.kind))
        running.enter_context(site.beat())
        _time_session(site, "warm-up", small)
        alone = [_time_session(site, f"alone-{number}", small) for number in range(rounds)]
        site.start(flow(), big, lane="bulk", session="big")
        ended = site.store.counts()["finished"]
        beside = [_time_session(site, f"beside-{number}", small) for number in range(rounds)]
        counts = site.store.counts()
        return Fairness(alone, beside, counts["finished"] - ended - rounds * small, counts["running"])


def _time_session(site: Site, session: str, runs: int) -> float:
    """Seconds until all runs of a new session have ended."""
    began = time.perf_counter()
    started = site.start(flow(), runs, lane="bulk", session=session)
    eventually(lambda: set(site.store.statuses(started)) == {"finished"}, within_s=300, every_s=0.01)
    return time.perf_counter() - began
