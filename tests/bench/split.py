"""A large analysis in parts: two workers against one, alternately, on the same Redis."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.pair import in_turns, two_workers

from fluxagents import Client
from fluxagents.flows.events import ToolSplit

MODEL = "salmonella"
ROUNDS = 3
FLOW = """
flow: ranges
version: 1
purpose: All flux ranges.
start: work
nodes:
  work: {kind: tool, tool: run_flux_variability_analysis, next: done}
  done: {kind: end, message: computed}
"""


@dataclass(frozen=True)
class Speed:
    """Seconds of each round."""

    one: Sequence[float]
    two: Sequence[float]
    parts: int

    def lines(self) -> list[str]:
        one, two = statistics.median(self.one), statistics.median(self.two)
        return [
            f"variability of {MODEL}, {self.parts} parts: 1 worker {one:5.2f} s, 2 workers {two:5.2f} s",
            f"ratio (median of {len(self.one)} rounds)            {one / two:8.2f}   target >= 1.7",
        ]


def measure(folder: Path) -> Speed:
    """Whole runs, from start to the joined result; the models are loaded before."""
    path = folder / "ranges.yaml"
    path.write_text(FLOW)
    client = Client()
    client.models.add_named(MODEL)
    with two_workers(folder) as pair:
        rounds = in_turns(pair, lambda: _run(client, path), rounds=ROUNDS)
    one, two = ([seconds for seconds, _ in side] for side in (rounds.one, rounds.two))
    parts = rounds.two[-1][1]
    return Speed(one, two, parts)


def _run(client: Client, flow: Path) -> tuple[float, int]:
    """Seconds from the first to the last event, and the number of parts."""
    run = client.start(str(flow), model=MODEL, lane="bulk")
    assert run.wait(600) == "finished", run.state.error
    events = run.events()
    parts = next(len(event.runs) for event in events if isinstance(event, ToolSplit))
    return (events[-1].at_ms - events[0].at_ms) / 1_000, parts
