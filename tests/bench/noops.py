"""Flows whose steps do nothing: what is left is the cost of the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.bench.journal import note

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Command
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.reading import flow_from_mapping
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.state import RunState
from fluxagents.flows.texts.trace_context import begin_trace
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.tasks.dispatch import first_commit
from fluxagents.tasks.ports.results import Args, Result
from fluxagents.tasks.registry import tool_facts
from fluxagents.tasks.tool import Tool
from fluxagents.workers.machine.clock import SystemClock

STEPS = 10


def _nothing(model: None, args: Args) -> Result:
    del model, args
    return Result()


NOOP = Tool(
    name="noop", purpose="Nothing.", args=Args, result=Result, run=_nothing, reference="", needs_model=False
)
TOOLS = tool_facts({NOOP.name: NOOP})


def flow(steps: int = STEPS) -> Flow:
    """A flow of so many no-op steps."""
    nodes: dict[str, Any] = {
        f"n{number}": {"kind": "tool", "tool": "noop", "next": f"n{number + 1}"} for number in range(steps)
    }
    nodes[f"n{steps}"] = {"kind": "end", "message": "done"}
    return flow_from_mapping(
        {"flow": "noops", "version": 1, "purpose": "Nothing.", "start": "n0", "nodes": nodes}
    )


def approval() -> Flow:
    """A flow that asks a human and then does nothing."""
    nodes = {
        "ask": {"kind": "approve", "question": "Go on?", "next": "work", "on_reject": "end"},
        "work": {"kind": "tool", "tool": "noop", "next": "end"},
        "end": {"kind": "end", "message": "done"},
    }
    return flow_from_mapping(
        {"flow": "approval", "version": 1, "purpose": "Nothing.", "start": "ask", "nodes": nodes}
    )


def laddered(after_s: float) -> Flow:
    """A flow that asks a human, then another, and then waits for as long as it takes."""
    nodes = {
        "ask": {
            "kind": "approve",
            "question": "Go on?",
            "policy": "ana",
            "ladder": [{"after": after_s, "to": "lea"}],
            "no_limit": True,
            "next": "end",
            "on_reject": "end",
        },
        "end": {"kind": "end", "message": "done"},
    }
    return flow_from_mapping(
        {"flow": "laddered", "version": 1, "purpose": "Nothing.", "start": "ask", "nodes": nodes}
    )


def act(_: FlowController, state: RunState, command: Command) -> Sequence[e.Event]:
    """Carry out a no-op, and say when."""
    assert isinstance(command, CallTool)
    note("step", state.run_id, state.seq)
    now = SystemClock().now_ms()
    return [
        e.ToolSucceeded(
            seq=state.seq, at_ms=now, node=state.node, call=command, key_findings={"n": state.seq}
        )
    ]


def first(
    controller: FlowController,
    lane: e.Lane = "interactive",
    session: str = "bench",
    *,
    traced_share: float = 0.0,
) -> Commit:
    """The first commit of a new run."""
    now = SystemClock().now_ms()
    new = run_id(now)
    definition = controller.flow
    started = e.RunStarted(
        seq=0,
        at_ms=now,
        run_id=new,
        session=session,
        flow=e.FlowRef(name=definition.flow, version=definition.version, digest=definition.digest),
        start_node=definition.start,
        inputs={},
        lane=lane,
        trace=begin_trace(new, share=traced_share),
    )
    return first_commit(controller, started)
