"""The share of a real flow's time on iJO1366 that is not tool time."""

from __future__ import annotations

from dataclasses import dataclass

from fluxagents import Client
from fluxagents.flows.events import ToolSucceeded

QUESTION = "Which genes are essential for growth?"


@dataclass(frozen=True, slots=True)
class Overhead:
    """A share of the time from start to end."""

    share: float

    def lines(self) -> list[str]:
        return [f"share of a flow that is not tool time{self.share:8.1%}   target < 10 %"]


def measure() -> Overhead:
    """Of the second of two runs: the first one loads the model."""
    client = Client()
    for _ in range(2):
        run = client.start("metabolic_analysis", model="iJO1366", question=QUESTION)
        assert run.wait(300) == "finished", run.state.error
    events = run.events()
    total_ms = events[-1].at_ms - events[0].at_ms
    tool_ms = sum(event.duration_ms for event in events if isinstance(event, ToolSucceeded))
    return Overhead(1 - tool_ms / total_ms)
