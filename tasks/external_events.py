"""Events that no step writes: what humans decide, and what a run does to the runs that it began."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import ParamSpec, TypeVar

from fluxagents.flows import events as e
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ConflictError
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.ports.commit import CommitStatus
from fluxagents.flows.ports.publisher import Publisher
from fluxagents.flows.ports.run_store import StepStore, unknown_run
from fluxagents.flows.state import RunState
from fluxagents.tasks.dispatch import build_commit
from fluxagents.tasks.protocol import publish

P = ParamSpec("P")
T = TypeVar("T")

MAX_READINGS = 10
"""How often a run is read for one act while steps of its own come first."""


class RunMovedOnError(ConflictError):
    """The run took a step after its state was read; the act was not written."""


def read_again_when_moved_on(act: Callable[P, T]) -> Callable[P, T]:
    """Repeat an act that reads a run, judges by what it read and writes, when a step came in between.

    Whoever acts has seen the run as it was a moment ago, and means the run as it is: that a request was
    announced while somebody approved it is no reason to refuse the approval. The act itself refuses what is
    possible no more.
    """

    @wraps(act)
    def repeat(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(MAX_READINGS - 1):
            try:
                return act(*args, **kwargs)
            except RunMovedOnError:
                continue
        return act(*args, **kwargs)

    return repeat


def record_external_event(
    steps: StepStore,
    publisher: Publisher,
    controller: FlowController,
    state: RunState,
    *events: e.Event,
    record: AuditRecord | None = None,
) -> RunState:
    """Write events and what follows from them, whoever holds the lease; stop a step that runs.

    Args:
        steps: Where the event is written.
        publisher: Puts step messages on the queues.
        controller: Of the run's flow.
        state: Of the run, as it was read.
        events: What happened at one time, at least one.
        record: The act of a person that it comes from, for the audit log; none where a run acts.

    Returns:
        The state after.

    Raises:
        FluxError: If the run does not exist.
        RunMovedOnError: If it took a step after its state was read.
    """
    commit = build_commit(controller, state, events, seq=state.seq, at_ms=events[-1].at_ms)
    commit = replace(commit, record=record)
    result = steps.commit(commit, commit.state.model_dump_json(), fence=None)
    if result.status is CommitStatus.UNKNOWN:
        raise unknown_run(state.run_id)
    if result.status is not CommitStatus.OK:
        raise RunMovedOnError(
            f"run {state.run_id!r} moved on meanwhile: {result.status.value}",
            suggestions=("look at it again with `fluxagents runs show`",),
        )
    if result.interrupted:
        publisher.stop(state.run_id, state.seq, result.interrupted)
    publish(publisher, *result.messages)
    return commit.state
