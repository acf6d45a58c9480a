"""Requests with ladders that wait: what they hold, what they weigh, and how late their steps come."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from tests.bench.noops import laddered
from tests.bench.site import Site, eventually

from fluxagents.flows import events as e

RUNS = 10_000
SETTING_UP_S = 150.0
"""Before the first step is due: all humans have been told by then."""
WINDOW_S = 200.0
"""Over which the steps are due."""
GROUPS = 40
"""Runs whose step is due at about the same time make a group."""


@dataclass(frozen=True, slots=True)
class Ladders:
    """What came of it."""

    runs: int
    held: tuple[int, int]
    """Messages and leases while all wait."""
    bytes_a_run: float
    """Of Redis."""
    late_s: Sequence[float]
    """From when a step was due to its event."""

    def lines(self) -> list[str]:
        """What was measured, with the targets."""
        ordered = sorted(self.late_s)
        return [
            f"requests that wait with a ladder     {self.runs:8d}",
            f"messages, leases that they hold      {self.held[0]:8d}, {self.held[1]}   target 0",
            f"memory of Redis a request            {self.bytes_a_run / 1_024:8.1f} KiB",
            f"steps that were due                  {len(ordered):8d}",
            f"lateness of a step, median           {statistics.median(ordered):8.2f} s",
            f"lateness of a step, slowest          {ordered[-1]:8.2f} s   target 5",
        ]


def measure(
    site: Site, runs: int = RUNS, window_s: float = WINDOW_S, setting_up_s: float = SETTING_UP_S
) -> Ladders:
    """Let many requests wait, and their steps come one group after the other."""
    empty = _memory(site)
    with ExitStack() as running:
        running.enter_context(site.worker("humans", queues=("human", "control"), concurrency=2))
        began = time.monotonic()
        started: list[str] = []
        for number in range(GROUPS):
            after_s = setting_up_s + number * window_s / GROUPS
            started += site.start(laddered(after_s), runs // GROUPS)
        eventually(site.at_rest, within_s=600, every_s=0.2)
        assert time.monotonic() - began < setting_up_s, "the first steps are due before all have been asked"
        held, weight = (site.messages(), site.leases()), _memory(site) - empty
        running.enter_context(site.beat())
        eventually(lambda: _is_over(site, started[-1]), within_s=setting_up_s + window_s + 120, every_s=0.5)
        eventually(site.at_rest, within_s=120, every_s=0.2)
    late_s = [seconds for run in started for seconds in _lateness(site.store.events(run))]
    return Ladders(len(started), held, weight / len(started), late_s)


def _is_over(site: Site, run: str) -> bool:
    request = site.store.load(run).waiting_for
    return request is not None and request.level == 1


def _lateness(events: Sequence[e.Event]) -> Iterator[float]:
    """Seconds from when each step was due to when it came."""
    due_ms = 0
    for event in events:
        if isinstance(event, e.LadderStepReached):
            yield (event.at_ms - due_ms) / 1_000
        if isinstance(event, e.HumanNotified):
            due_ms = event.next_ms


def _memory(site: Site) -> int:
    return int(site.redis.info("memory")["used_memory"])
