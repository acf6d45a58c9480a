"""Errors teach: a run that ends says what helped, and the next error of the kind is told."""

from __future__ import annotations

from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.remedies import lessons_of, suggestion
from fluxagents.flows.state import RunState
from fluxagents.tasks.effects import Effects


def learn(effects: Effects, state: RunState) -> None:
    """Count what helped against the errors of a run, if it has ended and had any."""
    if state.ended and state.errors:
        lessons = lessons_of(effects.store.events(state.run_id))
        effects.lessons.learn(state.run_id, lessons, state.updated_ms)


def advised(effects: Effects, error: ErrorInfo) -> ErrorInfo:
    """The error with what has helped before as its last suggestion."""
    learned = suggestion(effects.lessons.record(error.fingerprint))
    return error.model_copy(update={"suggestions": (*error.suggestions, *learned)})
