"""Runs that a script enqueues in a second, beside plain `app.send_task` in a loop, and what one start takes.

No worker takes part. A plain task carries what somebody without this project would send: the question and the
model; a run is stored as well, its events in one list, and its first step is published.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from fluxagents import Client
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.workers.celery.app import create_app

RUNS = 2_000
ROUNDS = 5
STARTS = 50
FLOW = "metabolic_analysis"
MODEL = "e_coli_core"


@dataclass(frozen=True, slots=True)
class Rates:
    """Medians over rounds, in turns."""

    runs: float
    """Runs per second that `Client.batch` starts."""
    sends: float
    """Plain tasks per second."""
    first_ms: float
    """Of the first `Client.start` of a process, which reads flows and connects."""
    start_ms: float
    """Of a later one."""
    own_ms: float
    """What of that is processor time of the client: all but the round trips."""

    def lines(self) -> list[str]:
        """What was measured, with the target."""
        return [
            f"runs enqueued by Client.batch        {self.runs:8.0f} runs/s   target >= 2000",
            f"plain app.send_task in a loop        {self.sends:8.0f} tasks/s",
            f"ratio                                {self.runs / self.sends:8.2f}   target >= 3",
            f"the first Client.start               {self.first_ms:8.1f} ms   target <= 300",
            f"a later one                          {self.start_ms:8.1f} ms",
            f"without its round trips              {self.own_ms:8.1f} ms   target <= 10",
        ]


def measure() -> Rates:
    """Enqueue both in turns; the first round of each warms up and does not count."""
    client = Client()
    first_ms, start_ms, own_ms = _measure_starts(client)
    plain = create_app(client.settings)
    runs, sends = [], []
    for _ in range(ROUNDS + 1):
        specs = [RunSpec(model=MODEL, inputs={"question": f"How fast, {n}?"}) for n in range(RUNS)]
        began = time.perf_counter()
        for _run in client.batch(FLOW, specs):
            pass
        runs.append(RUNS / (time.perf_counter() - began))
        began = time.perf_counter()
        for spec in specs:
            plain.send_task(
                "plain.noop", kwargs={"model": spec.model, "inputs": spec.inputs}, queue="tools.bulk"
            )
        sends.append(RUNS / (time.perf_counter() - began))
    return Rates(
        runs=statistics.median(runs[1:]),
        sends=statistics.median(sends[1:]),
        first_ms=first_ms,
        start_ms=start_ms,
        own_ms=own_ms,
    )


def _measure_starts(client: Client) -> tuple[float, float, float]:
    """Of the first start, of later ones, and their processor time, in ms; the latter two as medians."""
    walls, processors = [], []
    for number in range(STARTS + 1):
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        client.start(FLOW, model=MODEL, question=f"How fast, {number}?")
        walls.append((time.perf_counter() - began_s) * 1_000)
        processors.append((time.process_time() - began_cpu_s) * 1_000)
    return walls[0], statistics.median(walls[1:]), statistics.median(processors[1:])
