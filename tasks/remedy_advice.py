"""Remedies: the end of a run says what helped, and the next error of the kind suggests it."""

from __future__ import annotations

from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.remedies import find_error_cases, suggest_remedy
from fluxagents.flows.state import RunState
from fluxagents.tasks.effects import Effects


def record_outcome(effects: Effects, state: RunState) -> None:
    """Count what helped against the errors of a run, if it has ended and had any."""
    if state.ended and state.errors:
        cases = find_error_cases(effects.store.events(state.run_id))
        effects.remedies.record_outcome(state.run_id, cases, state.updated_ms)


def add_suggestions(effects: Effects, error: ErrorInfo) -> ErrorInfo:
    """The error with what has helped before as its last suggestion."""
    proven = suggest_remedy(effects.remedies.record(error.fingerprint))
    return error.model_copy(update={"suggestions": (*error.suggestions, *proven)})
