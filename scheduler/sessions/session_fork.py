"""The runs of a session once more, with changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from fluxagents.flows.events import Lane
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.run_starter import RunSpec


def plan_restarts(
    store: RunStore, states: Sequence[RunState], inputs: Mapping[str, JsonValue], model: str
) -> dict[tuple[str, Lane], list[RunSpec]]:
    """The runs that begin anew, by the digest of their flow and their lane.

    Args:
        store: Knows how they began, and their flows.
        states: The runs.
        inputs: Inputs that differ; a run is left out if its flow has not all of them.
        model: Another model for all of them; each keeps the one that it began with when empty.
    """
    specs: dict[tuple[str, Lane], list[RunSpec]] = defaultdict(list)
    starts = store.starts_of([state.run_id for state in states])
    for state, started in zip(states, starts, strict=True):
        if inputs.keys() <= store.flow(state.flow.digest).inputs.keys():
            spec = RunSpec(model=model or started.model or "", inputs={**started.inputs, **inputs})
            specs[state.flow.digest, state.lane].append(spec)
    return dict(specs)
