"""The step protocol: claim, act, commit, publish. A step that runs twice is recorded once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic

import structlog

from fluxagents.flows.commands import Command, ComputeEffect
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.requests.effects import build_unknown_effect
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, RunDeadLettered, RunFailed, RunPaused
from fluxagents.flows.ports.claim import WITH_LEASE, Claim, ClaimStatus
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.commit import Commit, CommitStatus
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.flows.ports.publisher import Publisher
from fluxagents.flows.ports.remedy_book import RemedyBook
from fluxagents.flows.ports.run_store import RunQueries, StepStore
from fluxagents.flows.state import RunState, state_digest, state_from_json
from fluxagents.prompts.statistics.costs import Prices
from fluxagents.tasks.dispatch import Controllers, build_commit
from fluxagents.tasks.ports.outage import StoreOutageError
from fluxagents.tasks.remedy_advice import record_outcome
from fluxagents.tasks.usage import measure_usage

log = structlog.get_logger("step")

BUDGET = "budget"
"""Who pauses a run whose session may use no more."""


@dataclass(frozen=True, slots=True)
class StepMessage:
    """What a step receives: which step of which run, and the state it starts from."""

    run: str
    seq: int
    sequence_number: int
    state: str
    """Serialized; empty when it was too large for a message and stays in the store."""


Act = Callable[[FlowController, RunState, Command], Sequence[Event]]
"""Carries out one command and returns what happened; the acts of all steps are in `fluxagents.tasks.acts`."""


@dataclass(frozen=True, kw_only=True)
class StepPorts:
    """What the protocol needs, whatever a step does."""

    steps: StepStore
    runs: RunQueries
    publisher: Publisher
    clock: Clock
    controllers: Controllers
    remedies: RemedyBook
    """What helped against which error."""
    owner: Callable[[], str]
    """Who takes leases in this process: `<node>|<process id>`."""
    max_deliveries: int = 4
    """Deliveries of one step before it goes to the dead letters."""
    lease_ms: int = 720_000
    """Longer than any step may take."""
    prices: Prices | None = None
    """Of chat models; without them no session is charged money."""


class WrongTaskError(Exception):
    """A message came to a task that cannot carry out the command that is due: somebody altered it."""

    def __init__(self, task: str, command: Command) -> None:
        super().__init__(f"task {task!r} cannot carry out {command.kind!r}")


def run_step(ports: StepPorts, message: StepMessage, act: Act) -> ClaimStatus | CommitStatus:
    """Carry out one step. However often it is delivered, its events are recorded once.

    Returns:
        The status of the claim, or of the commit; anything but OK means that this delivery changed nothing.
    """
    digest = state_digest(message.state) if message.state else ""
    claim = ports.steps.claim(
        message.run,
        message.seq,
        digest=digest,
        sequence_number=message.sequence_number,
        owner=ports.owner(),
        max_deliveries=ports.max_deliveries,
        lease_ms=ports.lease_ms,
    )
    publish(ports.publisher, *claim.released)
    if claim.status not in WITH_LEASE:
        log.info("delivery dropped", run=message.run, step=message.seq, status=claim.status.value)
        return claim.status
    try:
        return _carry_out(ports, message, claim, act)
    except WrongTaskError as error:
        ports.steps.release(message.run, message.seq, claim.fence, error="")
        log.warning(
            "delivery dropped",
            run=message.run,
            step=message.seq,
            status=ClaimStatus.DIGEST_MISMATCH.value,
            why=str(error),
        )
        return ClaimStatus.DIGEST_MISMATCH
    except BaseException as error:
        # Give the lease back: another worker can try the step without waiting for this process to end.
        ports.steps.release(message.run, message.seq, claim.fence, error=_describe(error))
        raise


def _carry_out(ports: StepPorts, message: StepMessage, claim: Claim, act: Act) -> CommitStatus:
    began = monotonic()
    state = state_from_json(message.state or claim.state)
    controller = ports.controllers(state.flow.digest)
    if claim.status is ClaimStatus.EXHAUSTED:
        events: Sequence[Event] = [_give_up(ports, controller, state, claim.last_error)]
    elif claim.status is ClaimStatus.OVER_BUDGET:
        now = ports.clock.now_ms()
        events = [RunPaused(seq=message.seq, at_ms=now, by=BUDGET, reason=claim.excess)]
    else:
        with structlog.contextvars.bound_contextvars(by=state.requester):
            events = _run_act(ports, controller, state, act)
    commit = build_commit(
        controller,
        state,
        events,
        seq=message.seq,
        at_ms=ports.clock.now_ms(),
        controllers=ports.controllers,
    )
    usage = measure_usage(events, ports.prices)
    held_ms = round((monotonic() - began) * 1_000)
    return _commit(ports, controller, replace(commit, usage=usage, held_ms=held_ms), claim.fence)


def _describe(error: BaseException) -> str:
    """The error in a line; empty for a shutdown, a state that a newer worker must read, and a full store."""
    not_tried = {ErrorClass.SCHEMA, ErrorClass.PROVIDER_OUTAGE}
    if not isinstance(error, Exception) or getattr(error, "kind", None) in not_tried:
        return ""
    return f"{type(error).__name__}: {error}"


def _run_act(ports: StepPorts, controller: FlowController, state: RunState, act: Act) -> Sequence[Event]:
    command = controller.command(state)
    if command is None:
        raise FluxError(ErrorClass.INTERNAL, f"run {state.run_id!r} has nothing to do at step {state.seq}")
    try:
        return act(controller, state, command)
    except StoreOutageError:
        raise  # the step is given back, and the delivery does not count
    except FluxError as error:
        log.warning("step failed", error=str(error), kind=error.kind.value)
        info = error.info(state.node)
        return [RunFailed(seq=state.seq, at_ms=ports.clock.now_ms(), node=state.node, error=info)]


def _give_up(ports: StepPorts, controller: FlowController, state: RunState, last_error: str) -> Event:
    """What becomes of a step that no worker survives; a human is asked without the effect of a call."""
    reason = last_error or "its worker was killed each time"
    command = controller.command(state)
    if isinstance(command, ComputeEffect):
        why = f"{ports.max_deliveries} tries did not compute it: {reason}"
        return build_unknown_effect(state, command.call, why, ports.clock.now_ms())
    return _build_dead_letter(ports, state.seq, reason)


def _build_dead_letter(ports: StepPorts, seq: int, reason: str) -> RunDeadLettered:
    error = FluxError(
        ErrorClass.INTERNAL,
        f"step {seq} was delivered {ports.max_deliveries} times and never finished: {reason}",
        suggestions=("the workers' logs say more",),
    )
    return RunDeadLettered(seq=seq, at_ms=ports.clock.now_ms(), error=error.info("step"))


def _commit(ports: StepPorts, controller: FlowController, commit: Commit, fence: int) -> CommitStatus:
    result = ports.steps.commit(commit, commit.state.model_dump_json(), fence=fence)
    if result.status is CommitStatus.PAUSE_REQUESTED:
        commit = _add_pause(controller, commit, by=result.pause_by, at_ms=ports.clock.now_ms())
        result = ports.steps.commit(commit, commit.state.model_dump_json(), fence=fence, pausing=True)
    if result.status is not CommitStatus.OK:
        log.warning(
            "commit lost the race", run=commit.state.run_id, step=commit.seq, status=result.status.value
        )
    publish(ports.publisher, *result.messages)
    if result.status is CommitStatus.OK:
        record_outcome(ports.remedies, ports.runs, commit.state)
    return result.status


def _add_pause(controller: FlowController, commit: Commit, *, by: str, at_ms: int) -> Commit:
    pause = RunPaused(seq=commit.seq, at_ms=at_ms, by=by)
    with_pause = build_commit(controller, commit.state, [pause], seq=commit.seq, at_ms=at_ms)
    events = (*commit.events, *with_pause.events)
    return replace(with_pause, events=events, usage=commit.usage, held_ms=commit.held_ms)


def publish(publisher: Publisher, *outgoing: Outgoing) -> None:
    """Send the messages of committed steps. The reconciler sends later what cannot be sent now."""
    if not outgoing:
        return
    try:
        publisher.publish(outgoing)
    except publisher.unreachable as error:
        log.warning("not published yet", runs=[message.run_id for message in outgoing[:10]], error=str(error))
