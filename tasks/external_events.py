"""Events from outside a step: what humans decide, and what a run does to the runs that it began."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from fluxagents.flows import events as e
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.commit import CommitStatus
from fluxagents.flows.ports.publisher import Publisher
from fluxagents.flows.ports.run_store import RunStore, unknown_run
from fluxagents.flows.state import TERMINAL, RunState
from fluxagents.tasks.dispatch import settled
from fluxagents.tasks.effects import Effects
from fluxagents.tasks.protocol import publish

log = structlog.get_logger("step")


def write_outside(
    store: RunStore, publisher: Publisher, controller: FlowController, state: RunState, event: e.Event
) -> RunState:
    """Write an event and what follows from it, whoever holds the lease; a step that runs is stopped.

    Args:
        store: The truth about runs.
        publisher: Puts step messages on the queues.
        controller: Of the run's flow.
        state: Of the run, as it was read.
        event: What happened.

    Returns:
        The state after.

    Raises:
        FluxError: If the run does not exist, or has moved on since its state was read.
    """
    commit = settled(controller, state, [event], seq=state.seq, at_ms=event.at_ms)
    done = store.commit(commit, commit.state.model_dump_json(), fence=None)
    if done.status is CommitStatus.UNKNOWN:
        raise unknown_run(state.run_id)
    if done.status is not CommitStatus.OK:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run {state.run_id!r} moved on meanwhile: {done.status.value}",
            suggestions=("look at it again with `fluxagents runs show`",),
        )
    if done.interrupted:
        publisher.stop(state.run_id, state.seq, done.interrupted)
    publish(publisher, *done.messages)
    return commit.state


def cancel_late(effects: Effects, runs: Sequence[str], reason: str) -> int:
    """Cancel those runs that are not terminal.

    Returns:
        How many there were.
    """
    late = [run for run in map(effects.store.load, runs) if run.status not in TERMINAL]
    for run in late:
        event = e.RunCancelled(seq=run.seq, at_ms=effects.clock.now_ms(), by="its parent", reason=reason)
        controller = effects.controller(run.flow.digest)
        try:
            write_outside(effects.store, effects.publisher, controller, run, event)
        except FluxError as error:
            # It took a step in this moment; its own budget ends it.
            log.warning("not cancelled", run=run.run_id, error=str(error))
    return len(late)
