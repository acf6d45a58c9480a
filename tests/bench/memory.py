"""What a run takes in Redis: its state and its events, in KB."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from redis import Redis

from fluxagents import Client
from fluxagents.scheduler.runs.run_starter import RunSpec

RUNS = 20
FLOW = "metabolic_analysis"
MODEL = "e_coli_core"
FINISHES = "Which genes are essential for growth?"
WAITS = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"


@dataclass(frozen=True, slots=True)
class Memory:
    """Medians in KB (1,000 bytes) per run."""

    finished: float
    waiting: float

    def lines(self) -> list[str]:
        return [
            f"Redis memory of a finished run       {self.finished:8.1f} KB",
            f"Redis memory of a waiting run        {self.waiting:8.1f} KB",
        ]


def measure(redis: Redis) -> Memory:
    """Real runs on the worker: ones that finish, and ones that wait for an approval."""
    return Memory(
        finished=_of(redis, FINISHES, "finished"),
        waiting=_of(redis, WAITS, "waiting"),
    )


def _of(redis: Redis, question: str, status: str) -> float:
    client = Client()
    found = []
    for run in list(client.batch(FLOW, [RunSpec(model=MODEL, inputs={"question": question})] * RUNS)):
        assert run.wait(300) == status, run.state.error
        key = f"{client.settings.key_prefix}run:{run.id}"
        found.append(sum(redis.memory_usage(name, samples=0) for name in (key, f"{key}:events")) / 1_000)  # type: ignore[misc]
    return statistics.median(found)
