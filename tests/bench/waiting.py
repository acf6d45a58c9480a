"""Runs that wait for a human: what they hold, and how soon an answer starts them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from tests.bench.noops import approval
from tests.bench.site import Site, eventually

from fluxagents.flows.events import ToolSucceeded
from fluxagents.workers.host.launch import worker_node
from fluxagents.workers.machine.clock import SystemClock

RUNS = 10_000
ANSWERS = 50
QUEUES = ("tools", "tools.new", "human")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What came of it."""

    runs: int
    messages: int
    """In the queues and with the worker."""
    leases: int
    tasks: int
    """That the worker runs, has reserved, or keeps for later."""
    beside_none: Sequence[float]
    """Seconds from an answer to the work it allows, when no other run waits."""
    beside_all: Sequence[float]

    def lines(self) -> list[str]:
        """What was measured, with the targets."""
        none, every = statistics.median(self.beside_none), statistics.median(self.beside_all)
        return [
            f"runs that wait for an approval       {self.runs:8d}",
            f"messages, leases, tasks they hold  {self.messages:8d}, {self.leases}, {self.tasks}   target 0",
            f"answer to work beside no other run   {none:8.3f} s   slowest {max(self.beside_none):.3f} s",
            f"answer to work beside all of them    {every:8.3f} s   slowest {max(self.beside_all):.3f} s",
            f"target of the slowest                {1:8.3f} s",
            f"ratio of medians                     {every / none:8.2f}",
        ]


def measure(empty: Site, full: Site, runs: int = RUNS, answers: int = ANSWERS) -> Waiting:
    """Fill one site with waiting runs, then answer there and beside it in turns."""
    with ExitStack() as running:
        for name, site in (("empty", empty), ("full", full)):
            running.enter_context(site.worker(name, queues=QUEUES, concurrency=2))
        waiting = full.start(approval(), runs)
        eventually(full.at_rest, within_s=600, every_s=0.2)
        messages, leases, tasks = full.messages(), full.leases(), _tasks(full, "full")
        beside_none, beside_all = [], []
        # The first answer of each builds connections and reads the flow; it does not count.
        for number in range(answers + 1):
            (alone,) = empty.start(approval(), 1)
            eventually(empty.at_rest, within_s=60)
            beside_none.append(_answered(empty, alone))
            beside_all.append(_answered(full, waiting[number * runs // (answers + 1)]))
        return Waiting(runs, messages, leases, tasks, beside_none[1:], beside_all[1:])


def _tasks(site: Site, worker: str) -> int:
    """Tasks with a worker of a site."""
    asked = site.app.control.inspect(destination=[worker_node(worker)], timeout=10)
    told = [asked.active() or {}, asked.reserved() or {}, asked.scheduled() or {}]
    assert all(told), "the worker does not answer"
    return sum(len(tasks) for answer in told for tasks in answer.values())


def _answered(site: Site, run: str) -> float:
    """Seconds from an answer to the work that it allows, by the clock of this machine."""
    request = site.store.load(run).waiting_for
    assert request is not None
    before_ms = SystemClock().now_ms()
    site.control.approve(request.id, by="bench")
    eventually(lambda: site.store.load(run).has_ended, within_s=60, every_s=0.005)
    (worked,) = (event for event in site.store.events(run) if isinstance(event, ToolSucceeded))
    return (worked.at_ms - before_ms) / 1_000
