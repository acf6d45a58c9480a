"""Runs that a script enqueues in a second, beside plain `app.send_task` in a loop.

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
FLOW = "metabolic_analysis"
MODEL = "e_coli_core"


@dataclass(frozen=True, slots=True)
class Rates:
    """Medians over rounds, in turns."""

    runs: float
    """Runs per second that `Client.batch` starts."""
    sends: float
    """Plain tasks per second."""

    def lines(self) -> list[str]:
        """What was measured, with the target."""
        return [
            f"runs enqueued by Client.batch        {self.runs:8.0f} runs/s   target >= 2000",
            f"plain app.send_task in a loop        {self.sends:8.0f} tasks/s",
            f"ratio                                {self.runs / self.sends:8.2f}",
        ]


def measure() -> Rates:
    """Enqueue both in turns; the first round of each warms up and does not count."""
    client = Client()
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
    return Rates(runs=statistics.median(runs[1:]), sends=statistics.median(sends[1:]))
