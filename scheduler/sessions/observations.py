"""What the runs of a session found, as they are compared."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Protocol

from fluxagents.flows.events import RunStarted
from fluxagents.flows.state import TERMINAL, RunState
from fluxagents.flows.statistics.run_clusters import Observation
from fluxagents.scheduler.batches.asked_conditions import GROWTH
from fluxagents.scheduler.batches.batch_tables import SummaryRow, summary_rows

ROUND = 6
"""Decimals of an uptake (mmol/gDW/h) by which conditions are the same."""


class StartReader(Protocol):
    """Reads how runs began."""

    def starts_of(self, run_ids: Sequence[str]) -> list[RunStarted]:
        """The first event of each of these runs, in their order."""
        ...


def observe_runs(runs: StartReader, states: Sequence[RunState]) -> list[Observation]:
    """One observation for each run and each condition that its question asks for, children left out."""
    own = [state for state in states if not state.parent]
    starts = runs.starts_of([state.run_id for state in own])
    return [
        Observation(
            run_id=state.run_id,
            flow=state.flow.name,
            question=row.question or _describe_inputs(state),
            condition=_resolve_condition(row),
            model=row.model,
            model_digest=started.model or row.model,
            outcome=_describe_outcome(state),
            numbers=_collect_numbers(row),
        )
        for state, started in zip(own, starts, strict=True)
        for row in summary_rows([state])
    ]


def _describe_inputs(state: RunState) -> str:
    """What stands for the question where a flow has none."""
    inputs = {name: value for name, value in sorted(state.inputs.items()) if name != "medium"}
    return " ".join([state.flow.name, *(f"{name} {value}" for name, value in inputs.items())])


def _resolve_condition(row: SummaryRow) -> str:
    """The uptakes of the medium and what the question changes, in one order whatever that of the user."""
    medium = json.loads(row.medium) if row.medium else {}
    uptakes = [f"{name}={round(uptake, ROUND):g}" for name, uptake in sorted(medium.items())]
    # The condition of a row begins with the medium of the run, which is resolved already.
    parts = row.condition.split("; ")[1 if medium else 0 :]
    changes = sorted(part for text in parts for part in re.split(r",\s*", text) if part)
    return "; ".join(filter(None, (", ".join(uptakes), ", ".join(changes))))


def _describe_outcome(state: RunState) -> str:
    """Empty while a run has not ended."""
    if state.status not in TERMINAL:
        return ""
    if state.status != "finished" or not state.answered:
        return state.status
    return f"finished, answered: {state.answered}"


def _collect_numbers(row: SummaryRow) -> dict[str, float]:
    growth = {} if row.growth_per_h is None else {GROWTH: row.growth_per_h}
    return {**growth, **row.numbers}
