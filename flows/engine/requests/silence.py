"""What happens when nobody answers a request: read from the request and its node, in a sentence."""

from __future__ import annotations

from datetime import UTC, datetime

from fluxagents.flows.engine.budget import ends_ms
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.node_base import WaitingNode
from fluxagents.flows.language.nodes import ApproveNode
from fluxagents.flows.state import RunState


def describe_silence(flow: Flow, state: RunState, request: HumanRequest) -> str:
    """Say what follows from no answer, and when: the next step of the ladder, or how it ends.

    Args:
        flow: Of the run.
        state: Of the run that waits.
        request: What it waits for.
    """
    if request.next_ms:
        return request.if_nobody_answers
    if request.ladder and request.ladder[-1].then:
        return f"in the end, {_describe_last_resort(request.ladder[-1].then)}"
    if not request.deadline_ms:
        if request.no_limit:
            return "it waits for as long as it takes"
        return f"it waits until {_time(ends_ms(flow, state))}, when the time of the run is over, and fails"
    return f"at {_time(request.deadline_ms)} {_describe_end(flow, request)}"


def _describe_last_resort(then: str) -> str:
    known = {"deny": "it is rejected", "approve": "it is approved", "fail": "the run fails"}
    return known.get(then, f"the run goes on at node {then!r}")


def _describe_end(flow: Flow, request: HumanRequest) -> str:
    node = flow.nodes.get(request.node)
    if isinstance(node, WaitingNode):
        target = node.on_timeout or (node.on_reject if isinstance(node, ApproveNode) else node.on_error)
        return f"the run goes on at node {target!r} without an answer" if target else "the run fails"
    return "it is not approved any more, and the run goes on without it or fails"


def _time(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, tz=UTC):%Y-%m-%d %H:%M} UTC"
