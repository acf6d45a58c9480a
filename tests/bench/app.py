"""The worker of the benchmarks: our protocol and plain Celery side by side in the same processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celery import Celery

from fluxagents.flows.catalog import ToolFacts
from fluxagents.flows.commands import CallTool, Command
from fluxagents.flows.controller import FlowController
from fluxagents.flows.definition import Flow, flow_from_mapping
from fluxagents.flows.events import Event, ToolSucceeded
from fluxagents.flows.state import RunState
from fluxagents.tasks.effects import Effects
from fluxagents.tasks.protocol import StepMessage
from fluxagents.tasks.steps import step
from fluxagents.workers.celery_app import create_app
from fluxagents.workers.composition import build_effects
from fluxagents.workers.connection import redis_url
from fluxagents.workers.settings import Settings

STEPS = 10
TOOLS = {"noop": ToolFacts("noop")}


def flow(steps: int = STEPS) -> Flow:
    """A flow of so many no-op steps."""
    nodes: dict[str, Any] = {
        f"n{number}": {"kind": "tool", "tool": "noop", "next": f"n{number + 1}"} for number in range(steps)
    }
    nodes[f"n{steps}"] = {"kind": "end", "message": "done"}
    return flow_from_mapping(
        {"flow": "noops", "version": 1, "purpose": "Nothing.", "start": "n0", "nodes": nodes}
    )


def _effects(settings: Settings, app: Any) -> Effects:
    effects = build_effects(settings, app)
    effects.controllers[flow().digest] = FlowController(flow(), tools=TOOLS)
    return effects


def _act(effects: Effects, _: FlowController, state: RunState, command: Command) -> Sequence[Event]:
    assert isinstance(command, CallTool)
    now = effects.clock.now_ms()
    return [
        ToolSucceeded(seq=state.seq, at_ms=now, node=state.node, call=command, key_findings={"n": state.seq})
    ]


def _app() -> Celery:
    settings = Settings.load()
    app = create_app(settings, effects=_effects)
    app.conf.result_backend = redis_url(settings)
    app.conf.task_create_missing_queues = True

    @app.task(bind=True, name="tool.noop")
    def noop(self: Any, *, run: str, seq: int, ticket: int = 0, state: str = "") -> str:
        return step(self, _act, StepMessage(run=run, seq=seq, ticket=ticket, state=state))

    @app.task(name="plain.noop", ignore_result=False)
    def plain(state: str) -> str:
        return state

    return app


app = _app()
