"""The Celery tasks of the steps. Names are part of the wire format: they outlive their modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from celery import shared_task

from fluxagents.tasks import dispatch
from fluxagents.tasks.acts import acts, child_runs
from fluxagents.tasks.protocol import Act, StepMessage, run_step
from fluxagents.tasks.reconcile import reconcile
from fluxagents.tasks.registry import TOOLS

if TYPE_CHECKING:
    from fluxagents.tasks.effects import Effects


def effects_of(task: Any) -> Effects:
    """What steps of this process act through; the composition root put it on the app."""
    effects: Effects = task.app.effects
    return effects


def step(task: Any, act: Act, message: StepMessage) -> str:
    """The shared body of every step task."""
    with structlog.contextvars.bound_contextvars(run=message.run, step=message.seq):
        return run_step(effects_of(task), message, act).value


@shared_task(bind=True, name=dispatch.DECIDE)
def decide(self: Any, *, run: str, seq: int, ticket: int = 0, state: str = "") -> str:
    return step(self, acts.decide, StepMessage(run=run, seq=seq, sequence_number=ticket, state=state))


@shared_task(bind=True, name=dispatch.NOTIFY)
def notify(self: Any, *, run: str, seq: int, ticket: int = 0, state: str = "") -> str:
    return step(self, acts.notify, StepMessage(run=run, seq=seq, sequence_number=ticket, state=state))


@shared_task(bind=True, name=dispatch.EXPIRE)
def expire(self: Any, *, run: str, seq: int, ticket: int = 0, state: str = "") -> str:
    return step(self, acts.expire, StepMessage(run=run, seq=seq, sequence_number=ticket, state=state))


@shared_task(bind=True, name=dispatch.BEGIN)
def begin(self: Any, *, run: str, seq: int, ticket: int = 0, state: str = "") -> str:
    return step(self, child_runs.begin, StepMessage(run=run, seq=seq, sequence_number=ticket, state=state))


@shared_task(bind=True, name=dispatch.JOIN)
def join(self: Any, *, run: str, seq: int, ticket: int = 0, state: str = "") -> str:
    return step(self, child_runs.join, StepMessage(run=run, seq=seq, sequence_number=ticket, state=state))


# Without events: its ticks would bury the steps in Flower.
@shared_task(bind=True, name=dispatch.RECONCILE, send_events=False)
def reconcile_runs(self: Any) -> int:
    return reconcile(effects_of(self))


def tool_task(name: str, *, soft_time_limit_s: int) -> Any:
    """Register a tool as the Celery task `tool.<name>`."""

    @shared_task(
        bind=True,
        name=f"{dispatch.TOOL_PREFIX}{name}",
        soft_time_limit=soft_time_limit_s,
        time_limit=soft_time_limit_s + 60,
    )
    def tool(self: Any, *, run: str, seq: int, ticket: int = 0, state: str = "") -> str:
        return step(self, acts.call_tool, StepMessage(run=run, seq=seq, sequence_number=ticket, state=state))

    return tool


TOOL_TASKS = {
    name: tool_task(name, soft_time_limit_s=tool.soft_time_limit_s) for name, tool in TOOLS.entries.items()
}
"""One task per tool, so that Flower, routes and limits speak of tools."""
