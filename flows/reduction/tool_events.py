"""What tools change, and the runs that a node began."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import call_digest
from fluxagents.flows.humans.effect import shown_digest
from fluxagents.flows.reduction.state_updates import Changes, add_failure, last
from fluxagents.flows.reduction.waiting_events import close_request
from fluxagents.flows.state import FINDINGS_KEPT, CallEffect, ChildRunIds, Finding, RunState, SplitCall


def on_success(state: RunState, event: e.ToolSucceeded) -> Changes:
    finding = Finding(
        id=f"f{state.tool_calls + 1}",
        tool=event.call.tool,
        args=event.call.args,
        key_findings=event.key_findings,
        artifact=event.artifact,
        model=event.model,
        hypothesis=event.call.hypothesis,
    )
    return {
        **add_finding(state, finding, event.facts),
        "model": event.new_model or event.model or state.model,
        "pending": None,
        "joining": None,
        "failed_call": None,
        "approved": None,
        "outcome": "tool",
    }


def on_take_over(state: RunState, event: e.CallTakenOver) -> Changes:
    finding = Finding(
        id=f"f{state.tool_calls + 1}",
        tool=event.call.tool,
        args=event.call.args,
        # Whoever reads the finding, a chat model too, reads that no tool computed it.
        key_findings={"stated_by": event.by, "source": event.source, **event.value},
        model=state.model,
        hypothesis=event.call.hypothesis,
        stated_by=event.by,
        source=event.source,
    )
    return {
        **add_finding(state, finding, event.facts),
        **close_request(state, event),
        "pending": None,
        "failed_call": None,
        "approved": None,
        "outcome": "tool",
    }


def add_finding(state: RunState, finding: Finding, facts: Mapping[str, JsonValue]) -> Changes:
    return {
        "findings": last((*state.findings, finding), FINDINGS_KEPT),
        "facts": {**state.facts, **facts},
        "tool_calls": state.tool_calls + 1,
        "streak": None,
        "failures_at_node": 0,
        "cleared": False,
    }


def on_split(_: RunState, event: e.ToolSplit) -> Changes:
    return {"joining": SplitCall(call=event.call, runs=event.runs), "cleared": False}


def on_children(_: RunState, event: e.RunsBegun) -> Changes:
    prefix = event.runs[0].run_id.rpartition(".")[0]
    return {"begun": ChildRunIds(prefix=prefix, count=len(event.runs)), "cleared": False}


def on_fan_in(state: RunState, event: e.RunsJoined) -> Changes:
    finding = Finding(
        id=f"f{state.tool_calls + 1}",
        tool=event.what,
        args={"node": event.node, "runs": event.finished + event.failed},
        key_findings=event.key_findings,
        artifact=event.artifact,
        model=event.new_model or state.model,
    )
    return {
        **add_finding(state, finding, event.facts),
        "model": event.new_model or state.model,
        "begun": None,
        "outcome": "joined",
    }


def on_failure(state: RunState, event: e.ToolFailed) -> Changes:
    return {
        **add_failure(state, event.error),
        "failed_call": event.call,
        "tool_calls": state.tool_calls + 1,
        "pending": None,
        "joining": None,
        "cleared": False,
        # What a human agreed to did not happen yet; a retry needs no second approval.
        "approved": state.approved if event.error.retryable else None,
    }


def on_effect(state: RunState, event: e.EffectComputed) -> Changes:
    digest = call_digest(event.call.tool, event.call.args, event.model)
    request = state.waiting_for
    if request is not None and request.call == event.call:
        changes = {"effect": event.effect, "digest": shown_digest(digest, event.effect)}
        return {"waiting_for": request.model_copy(update=changes)}
    return {"effect": CallEffect(digest=digest, effect=event.effect)}


def on_retry(_: RunState, event: e.RetryScheduled) -> Changes:
    return {
        "outcome": None,
        "pending": event.call,
        "failed_call": None,
        "not_before_ms": event.not_before_ms,
        "attempt_ms": event.not_before_ms,
    }
