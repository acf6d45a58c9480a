"""A survey of 20 conditions with essential genes: two workers against one, alternately, on the same Redis."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.pair import in_turns, two_workers

from fluxagents import Client

MODEL = "iJO1366"
ROUNDS = 5
SOURCES = ("glc__D", "fru", "xyl__D", "glyc", "succ", "fum", "mal__L", "pyr", "ala__L", "gal")
"""Each with oxygen at most 20 mmol/gDW/h and with as much as is taken up."""


@dataclass(frozen=True)
class Speed:
    """Seconds of each round."""

    one: Sequence[float]
    two: Sequence[float]

    def lines(self) -> list[str]:
        one, two = statistics.median(self.one), statistics.median(self.two)
        ratios = [alone / both for alone, both in zip(self.one, self.two, strict=True)]
        return [
            f"{2 * len(SOURCES)} conditions on {MODEL}: 1 worker {one:5.2f} s, 2 workers {two:5.2f} s",
            f"ratio (medians of {len(self.one)} rounds)           {one / two:8.2f}   target >= 1.7",
            f"ratios of single rounds              {min(ratios):8.2f} to {max(ratios):.2f}",
        ]


def measure(folder: Path) -> Speed:
    """Whole runs of `condition_survey`, from start to the answer; the model is loaded before."""
    client = Client()
    client.models.add_named(MODEL)
    with two_workers(folder) as pair:
        rounds = in_turns(pair, lambda: _run(client), rounds=ROUNDS)
    return Speed(rounds.one, rounds.two)


def conditions() -> list[dict[str, object]]:
    """Each carbon source with plenty of oxygen and with less."""
    return [
        {"name": f"{source}, oxygen {oxygen:g}", "medium_changes": _changes(source, oxygen)}
        for source in SOURCES
        for oxygen in (20.0, 1_000.0)
    ]


def _changes(source: str, oxygen: float) -> dict[str, float]:
    return {"EX_glc__D_e": 0.0, "EX_o2_e": oxygen} | {f"EX_{source}_e": 10.0}


def _run(client: Client) -> float:
    run = client.start(
        "condition_survey", model=MODEL, lane="bulk", conditions=conditions(), essentiality=True
    )
    assert run.wait(600) == "finished", run.state.error
    genes = run.state.facts["essential_genes"]
    assert isinstance(genes, list)
    assert len(genes) == 2 * len(SOURCES), "something did not grow"
    events = run.events()
    return (events[-1].at_ms - events[0].at_ms) / 1_000
