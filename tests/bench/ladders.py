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
SAMPLE = 200
"""Requests that are made first, to learn how long it takes here to tell the humans of all others."""
MARGIN = 1.5
"""So much longer than the sample says is waited before the first step is due."""
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
    told_s: float
    """How long it took to tell the humans of all of them."""
    window_s: float
    """Over which the steps were due."""
    late_s: Sequence[float]
    """From when a step was due to its event."""

    def lines(self) -> list[str]:
        """What was measured, with the targets."""
        ordered = sorted(self.late_s)
        return [
            f"requests that wait with a ladder     {self.runs:8d}",
            f"until the humans of all were told    {self.told_s:8.0f} s",
            f"messages, leases that they hold      {self.held[0]:8d}, {self.held[1]}   target 0",
            f"memory of Redis a request            {self.bytes_a_run / 1_024:8.1f} KiB",
            f"steps that were due                  {len(ordered):8d}   over {self.window_s:.0f} s",
            f"lateness of a step, median           {statistics.median(ordered):8.2f} s",
            f"lateness of a step, slowest          {ordered[-1]:8.2f} s   target 5",
        ]


def measure(site: Site, runs: int = RUNS, window_s: float = WINDOW_S) -> Ladders:
    """Let many requests wait, and their steps come one group after the other."""
    with ExitStack() as running:
        running.enter_context(site.worker("humans", queues=("human", "control"), concurrency=2))
        setting_up_s = 30 + MARGIN * _time_sample(site) * runs / SAMPLE
        empty, began = _memory(site), time.monotonic()
        started: list[str] = []
        for number in range(GROUPS):
            after_s = setting_up_s + number * window_s / GROUPS
            started += site.start(laddered(after_s), runs // GROUPS)
        eventually(site.at_rest, within_s=setting_up_s, every_s=0.2)
        told_s = time.monotonic() - began
        held, weight = (site.messages(), site.leases()), _memory(site) - empty
        running.enter_context(site.beat())
        eventually(lambda: _is_over(site, started[-1]), within_s=setting_up_s + window_s + 120, every_s=0.5)
        eventually(site.at_rest, within_s=120, every_s=0.2)
    late_s = [seconds for run in started for seconds in _lateness(site.store.events(run))]
    return Ladders(len(started), held, weight / len(started), told_s, window_s, late_s)


def _time_sample(site: Site) -> float:
    """How long it takes to start some runs and to tell their humans, in s; their steps are due in a year."""
    # The first ones start the processes and fill their caches.
    for count in (20, SAMPLE):
        began = time.monotonic()
        site.start(laddered(365 * 86_400.0), count)
        eventually(site.at_rest, within_s=120, every_s=0.05)
    return time.monotonic() - began


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
