"""The solver seconds of a step, counted beside it: they are stored with what the step records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from fluxagents.flows.commands import CallTool, Command, ComputeEffect, JoinShards
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.events import Event
from fluxagents.flows.state import RunState
from fluxagents.tasks.dispatch import EFFECT, TOOL
from fluxagents.tasks.fba.solving.solver_clock import measure_solvers
from fluxagents.tasks.protocol import Act
from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.amounts import Tally


def count_solver_times(acts: Mapping[str, Act], tally: Tally) -> Mapping[str, Act]:
    """The acts by kind of step, those that compute with a count of how long solvers worked for them."""
    return {
        kind: partial(_carry_out, act, tally) if kind in {TOOL, EFFECT} else act for kind, act in acts.items()
    }


def _carry_out(
    act: Act, tally: Tally, controller: FlowController, state: RunState, command: Command
) -> Sequence[Event]:
    with measure_solvers() as seconds:
        try:
            return act(controller, state, command)
        finally:
            for solver, worked_s in seconds.items():
                tally.add(m.SOLVER_SECONDS, _find_tool(command), solver, amount=round(worked_s * 1_000))


def _find_tool(command: Command) -> str:
    call = command.call if isinstance(command, ComputeEffect | JoinShards) else command
    return call.tool if isinstance(call, CallTool) else "none"
