"""What comes next at the nodes that wait: `approve`, `ask` and `wait`, and for whatever rests."""

from __future__ import annotations

from datetime import datetime

from fluxagents.flows import events as e
from fluxagents.flows.commands import Expire, NotifyHuman
from fluxagents.flows.engine.budget import ends_ms, overdrawn
from fluxagents.flows.engine.node_context import Moment
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.facts import facts_from
from fluxagents.flows.language.nodes import ApproveNode, AskNode, Passing, WaitNode


def at_approve(now: Moment, node: ApproveNode) -> e.Event:
    """The request for an approval, or where its answer leads."""
    outcome = now.state.outcome
    if outcome == "approved":
        return now.enter(node.next)
    if outcome == "rejected":
        return now.enter(node.on_reject)
    if outcome == "expired":
        return now.enter(node.on_timeout or node.on_reject)
    request = now.request(
        "approval",
        now.text(node.question),
        assignees=node.assignees,
        deadline_ms=now.deadline_ms(node.timeout_s),
    )
    return e.ApprovalRequested(seq=now.seq, at_ms=now.at_ms, request=request)


def at_ask(now: Moment, node: AskNode) -> e.Event:
    """The question, or where its answer leads."""
    if now.state.outcome == "told":
        return now.enter(node.next)
    if now.state.outcome == "expired":
        return _too_late(now, node, node.on_timeout)
    request = now.request(
        "question",
        now.text(node.question),
        assignees=node.assignees,
        choices=node.choices,
        deadline_ms=now.deadline_ms(node.timeout_s),
    )
    return e.QuestionAsked(seq=now.seq, at_ms=now.at_ms, request=request)


def at_wait(now: Moment, node: WaitNode) -> e.Event:
    """The beginning of the wait, its end by an event that came before, or the way on."""
    state = now.state
    if state.outcome == "waited":
        return now.enter(node.next)
    if state.outcome == "expired":
        return _too_late(now, node, node.on_timeout)
    if node.event is not None and node.event in state.signals:
        return ended_by_event(now, node)
    until_ms = now.deadline_ms(node.timeout_s) if node.event else _until_ms(now, node)
    return e.WaitStarted(
        seq=now.seq, at_ms=now.at_ms, node=state.node, until_ms=until_ms, event=node.event or ""
    )


def ended_by_event(now: Moment, node: WaitNode) -> e.Event:
    """The end of a wait whose event has come."""
    assert node.event is not None
    data = now.state.signals[node.event]
    facts = facts_from(now.flow, now.state.node, node.facts, data, what=f"event {node.event!r}")
    return e.WaitEnded(seq=now.seq, at_ms=now.at_ms, node=now.state.node, by="event", facts=facts)


def _until_ms(now: Moment, node: WaitNode) -> int:
    if node.for_s is not None:
        seconds = now.computed(node.for_s)
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            raise FluxError(
                ErrorClass.BAD_FLOW,
                f"node {now.state.node!r} waits for {seconds!r} seconds",
                suggestions=("for_s is a number of seconds, or an expression that gives one",),
            )
        return now.at_ms + round(seconds * 1_000)
    until = now.computed(node.until)
    try:
        moment = datetime.fromisoformat(str(until))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise FluxError(
            ErrorClass.BAD_FLOW,
            f"node {now.state.node!r} waits until {until!r}, which is no time with its offset",
            suggestions=("for example 2026-12-01T06:00:00+01:00",),
        )
    return round(moment.timestamp() * 1_000)


def _too_late(now: Moment, node: Passing, on_timeout: str | None) -> e.Event:
    if on_timeout or node.on_error:
        return now.enter(on_timeout or node.on_error or "")
    seconds = f"{node.timeout_s:g} s"
    message = f"node {now.state.node!r} waited {seconds} and nothing came"
    return now.end(FluxError(ErrorClass.TIMEOUT, message).info(now.state.node))


def at_rest(now: Moment) -> NotifyHuman | Expire | e.Event | None:
    """What is due for a run that waits or is paused; None for one that has ended or is dead."""
    state = now.state
    if state.status not in {"waiting", "paused"}:
        return None
    last = ends_ms(now.flow, state)
    if state.status == "paused":
        return Expire(at_ms=last)
    if state.waiting_for:
        if not state.notified:
            return NotifyHuman(request_id=state.waiting_for.id)
        return Expire(at_ms=min(state.waiting_for.deadline_ms or last, last))
    assert state.wait is not None
    node = now.node
    if state.wait.event and state.wait.event in state.signals and isinstance(node, WaitNode):
        return ended_by_event(now, node)
    return Expire(at_ms=min(state.wait.until_ms or last, last))


def expired(now: Moment) -> e.Event:
    """What becomes of a run that waits or is paused when its time is over."""
    state = now.state
    spent = overdrawn(now.flow, state, now.at_ms)
    if spent is not None:
        return now.end(spent.info(state.node))
    if state.wait is not None:
        by = "timeout" if state.wait.event else "time"
        return e.WaitEnded(seq=now.seq, at_ms=now.at_ms, node=state.node, by=by)
    assert state.waiting_for is not None
    return e.RequestExpired(seq=now.seq, at_ms=now.at_ms, request_id=state.waiting_for.id)
