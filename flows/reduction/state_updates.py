"""What an event changes of a state, and what the branches of the reducer share."""

from __future__ import annotations

from typing import Any, TypeVar

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.state import ERRORS_KEPT, RunState, Streak

Changes = dict[str, Any]


T = TypeVar("T")


def impossible(event: e.Event, why: str) -> FluxError:
    return FluxError(ErrorClass.SCHEMA, f"event {event.type!r} at step {event.seq} cannot follow: {why}")


def arrive(state: RunState, node: str, at_ms: int) -> Changes:
    return {
        **AFRESH,
        "node": node,
        "attempt_ms": at_ms,
        "visits": {**state.visits, node: state.visits.get(node, 0) + 1},
    }


AFRESH: Changes = {
    "outcome": None,
    "steps_at_node": 0,
    "failures_at_node": 0,
    "pending": None,
    "joining": None,
    "begun": None,
    "wait": None,
    "failed_call": None,
    "approved": None,
    "effect": None,
    "escalated": (),
}
"""A node that nothing has been done at."""


def add_failure(state: RunState, error: ErrorInfo) -> Changes:
    count = state.streak.count + 1 if state.streak and state.streak.kind == error.kind else 1
    return {
        "errors": last((*state.errors, error), ERRORS_KEPT),
        "streak": Streak(kind=error.kind, count=count),
        "failures_at_node": state.failures_at_node + 1,
        "outcome": "failed",
    }


def last(items: tuple[T, ...], limit: int) -> tuple[T, ...]:
    return items[-limit:]
