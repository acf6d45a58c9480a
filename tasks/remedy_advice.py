"""What runs learn from errors: a run that ends records what helped, and the next such error suggests it."""

from __future__ import annotations

from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.ports.remedy_book import RemedyBook
from fluxagents.flows.ports.run_store import RunQueries
from fluxagents.flows.remedies import find_error_cases, suggest_remedy
from fluxagents.flows.state import RunState


def record_outcome(book: RemedyBook, runs: RunQueries, state: RunState) -> None:
    """Count what helped against the errors of a run, if it has ended and had any."""
    if state.has_ended and state.errors:
        book.record_outcome(state.run_id, find_error_cases(runs.events(state.run_id)), state.updated_ms)


def add_suggestions(book: RemedyBook, error: ErrorInfo) -> ErrorInfo:
    """The error with what helped against it before as its last suggestion."""
    remedies = suggest_remedy(book.record(error.fingerprint))
    return error.model_copy(update={"suggestions": (*error.suggestions, *remedies)})
