"""What controls a run: pauses, ends, edits, forks and rollbacks."""

from __future__ import annotations

import json

from fluxagents.flows import events as e
from fluxagents.flows.reduction.state_updates import AFRESH, Changes, impossible
from fluxagents.flows.state import SIGNALS_KEPT, RunState, state_from_json


def on_pause(state: RunState, _: e.RunPaused) -> Changes:
    return {"status": "paused", "paused_from": state.status}


def on_resume(state: RunState, _: e.RunResumed) -> Changes:
    return {"status": state.paused_from or "running", "paused_from": None, "cleared": True}


NOTHING_AWAITED: Changes = {
    "paused_from": None,
    "waiting_for": None,
    "wait": None,
    "notified": False,
    "approved": None,
}
"""Nothing is waited for any more."""


def on_cancel(_: RunState, __: e.RunCancelled) -> Changes:
    return {"status": "cancelled", **NOTHING_AWAITED}


def on_finish(_: RunState, event: e.RunFinished) -> Changes:
    return {
        **NOTHING_AWAITED,
        "status": "finished",
        "answer": event.answer,
        "answered": event.answered,
        "unanswered": event.unanswered,
    }


def on_failure(state: RunState, event: e.RunFailed) -> Changes:
    answered = "no" if state.keeps_list else None
    return {**NOTHING_AWAITED, "status": "failed", "error": event.error, "answered": answered}


def on_dead_letter(_: RunState, event: e.RunDeadLettered) -> Changes:
    return {"status": "dead", "error": event.error}


def on_retry(_: RunState, __: e.RunRetried) -> Changes:
    return {"status": "running", "error": None, "streak": None, "answered": None}


def on_call_edit(state: RunState, event: e.CallEdited) -> Changes:
    if state.status != "paused":
        raise impossible(event, f"run {state.run_id} is {state.status}, not paused")
    return {"pending": event.call, "approved": None}


ANEW: Changes = {
    **NOTHING_AWAITED,
    "status": "running",
    "cleared": False,
    "error": None,
    "answered": None,
    "unanswered": (),
}
"""Whoever goes another way asks again: no answer to what was asked before counts twice."""


SPENT = ("tokens_in", "tokens_out", "deferrals")
"""What a run has used stays used, wherever it goes back to."""

IDENTITY = ("session", "parent", "part", "lane", "origin", "first_id", "unverified", "started_ms", "trace")
"""What a run is stays as well."""


def on_fork(state: RunState, event: e.RunForked) -> Changes:
    # What was chosen for other values is chosen again.
    pending = None if event.inputs or event.facts else state.pending
    return {
        **ANEW,
        # The runs that the origin began stay its own.
        "joining": None,
        "begun": None,
        "pending": pending,
        "origin": event.origin,
        "inputs": {**state.inputs, **event.inputs},
        # Another question asks for other things.
        **({"asked": None, "item_answers": ()} if "question" in event.inputs else {}),
        "facts": {**state.facts, **event.facts},
        "started_ms": event.at_ms,
        "attempt_ms": event.at_ms,
        "rested_ms": 0,
        "stepwise": event.stepwise,
    }


def on_rollback(state: RunState, event: e.RunRolledBack) -> Changes:
    then = state_from_json(json.dumps(event.state))
    if then.run_id != state.run_id:
        raise impossible(event, f"it goes back to a state of run {then.run_id!r}")
    theirs = any(not child.startswith(f"{state.run_id}.") for child in then.children)
    return {
        **{name: getattr(then, name) for name in RunState.model_fields},
        **ANEW,
        "joining": None if theirs else then.joining,
        "begun": None if theirs else then.begun,
        **{name: getattr(state, name) for name in (*SPENT, *IDENTITY)},
        # What was sent stays sent, and a version of a prompt that was used is kept.
        "signals": dict(list({**then.signals, **state.signals}.items())[-SIGNALS_KEPT:]),
        "prompts": {**then.prompts, **state.prompts},
        "rested_ms": state.rested_ms + (event.at_ms - state.updated_ms if state.has_ended else 0),
        "attempt_ms": event.at_ms,
        "seq": event.seq + 1,
        "updated_ms": event.at_ms,
        "not_before_ms": 0,
    }


def on_flow_change(state: RunState, event: e.FlowChanged) -> Changes:
    paused = state.status == "paused"
    return {
        **AFRESH,
        **ANEW,
        "status": "paused" if paused else "running",
        "paused_from": "running" if paused else None,
        "node": event.node,
        "attempt_ms": event.at_ms,
        "flow": event.flow,
        "inputs": event.inputs,
    }


def on_import(state: RunState, event: e.RunImported) -> Changes:
    return {
        **ANEW,
        "status": "paused",
        "paused_from": "running",
        "attempt_ms": event.at_ms,
        "rested_ms": state.rested_ms + event.at_ms - state.updated_ms,
    }
