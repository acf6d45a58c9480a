"""What the walk through a flow changes: nodes entered, passed by, left and broken."""

from __future__ import annotations

from fluxagents.flows import events as e
from fluxagents.flows.reduction.state_updates import Changes, add_failure, arrive, last
from fluxagents.flows.state import NOTES_KEPT, Note, RunState


def on_entry(state: RunState, event: e.NodeEntered) -> Changes:
    return arrive(state, event.node, event.at_ms)


def on_branch(state: RunState, event: e.BranchTaken | e.NodeSkipped) -> Changes:
    return arrive(state, event.to, event.at_ms)


def on_failure(state: RunState, event: e.NodeFailed) -> Changes:
    return {
        **add_failure(state, event.error),
        "outcome": "broken",
        "status": "running" if state.status == "waiting" else state.status,
        "waiting_for": None,
        "pending": None,
        "joining": None,
        "begun": None,
        "wait": None,
        "failed_call": None,
        "cleared": False,
    }


def on_budget_spent(state: RunState, event: e.BudgetSpent) -> Changes:
    note = Note(by="budget", about=event.node, text=f"all {event.steps} steps were used")
    return {"outcome": "budget", "notes": last((*state.notes, note), NOTES_KEPT)}
