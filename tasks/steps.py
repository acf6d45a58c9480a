"""The Celery tasks of the steps. Names are part of the wire format: they outlive their modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import structlog
from celery import shared_task

from fluxagents.flows.texts.display import quote
from fluxagents.flows.texts.grammar import MAX_MESSAGE_STATE, is_stored_id
from fluxagents.flows.texts.trace_context import TRACEPARENT, read_trace
from fluxagents.tasks import dispatch
from fluxagents.tasks.acts.compute_effect import EFFECT_TIME_S
from fluxagents.tasks.ports.refused_messages import RefusedMessages
from fluxagents.tasks.protocol import Act, StepMessage, StepPorts, run_step
from fluxagents.tasks.reconcile import ReconcilerPorts, reconcile
from fluxagents.tasks.registry import TOOLS

log = structlog.get_logger("step")

REFUSED = "refused"
"""What a step task returns for a message that is none of ours."""

MAX_NUMBER = 2**53
"""Redis counts in doubles."""


class StepProcess(Protocol):
    """What the composition root puts on the Celery app for the steps of a process."""

    @property
    def step_ports(self) -> StepPorts:
        """For the protocol."""
        ...

    @property
    def acts(self) -> Mapping[str, Act]:
        """By kind of step."""
        ...

    @property
    def refused_messages(self) -> RefusedMessages:
        """Counts what is not taken."""
        ...

    @property
    def reconciler_ports(self) -> ReconcilerPorts:
        """For the reconciler."""
        ...


EFFECT_LIMITS = {"soft_time_limit": EFFECT_TIME_S + 30, "time_limit": EFFECT_TIME_S + 90}
"""For an effect that does not look at its time: a human waits."""


def carry_out(task: Any, kind: str, message: StepMessage) -> str:
    """The shared body of every step task."""
    process: StepProcess = task.app.process
    if not _is_well_formed(message):
        process.refused_messages.count("malformed")
        log.warning("message refused", why="malformed", task=task.name, run=quote(message.run))
        return REFUSED
    trace = read_trace((task.request.headers or {}).get(TRACEPARENT, ""))
    names = {"run": message.run, "step": message.seq} | ({"trace": trace} if trace else {})
    with structlog.contextvars.bound_contextvars(**names):
        return run_step(process.step_ports, message, process.acts[kind]).value


def _is_well_formed(message: StepMessage) -> bool:
    """Whether it can be a message of ours; what it says of the run is checked by the claim."""
    numbers = (message.seq, message.sequence_number)
    return (
        is_stored_id(message.run)
        and all(type(number) is int and 0 <= number < MAX_NUMBER for number in numbers)
        and isinstance(message.state, str)
        and len(message.state) <= MAX_MESSAGE_STATE
    )


def register_step(task: str, **limits: int) -> Any:
    """Register the Celery task of one kind of step, or of one tool."""
    kind = dispatch.step_kind(task)

    @shared_task(bind=True, name=task, **limits)
    def step(self: Any, *, run: str, seq: int, ticket: int = 0, state: str = "") -> str:
        return carry_out(self, kind, StepMessage(run=run, seq=seq, sequence_number=ticket, state=state))

    return step


def register_tool(name: str, *, soft_time_limit_s: int) -> Any:
    """Register a tool as the Celery task `tool.<name>`."""
    limits = {"soft_time_limit": soft_time_limit_s, "time_limit": soft_time_limit_s + 60}
    return register_step(f"{dispatch.TOOL_PREFIX}{name}", **limits)


STEP_TASKS = {
    task: register_step(task)
    for task in (
        dispatch.DECIDE,
        dispatch.EXPLAIN,
        dispatch.NOTIFY,
        dispatch.EXPIRE,
        dispatch.BEGIN,
        dispatch.JOIN,
    )
} | {dispatch.EFFECT: register_step(dispatch.EFFECT, **EFFECT_LIMITS)}

TOOL_TASKS = {
    name: register_tool(name, soft_time_limit_s=tool.soft_time_limit_s)
    for name, tool in TOOLS.entries.items()
}
"""One task per tool, so that Flower, routes and limits speak of tools."""


# Without events: its ticks would bury the steps in Flower.
@shared_task(bind=True, name=dispatch.RECONCILE, send_events=False)
def reconcile_runs(self: Any) -> int:
    process: StepProcess = self.app.process
    return reconcile(process.reconciler_ports)
