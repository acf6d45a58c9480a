"""A step that computes adds the seconds of its solvers to what its process counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from fluxagents.flows.commands import CallTool, Command, ComputeEffect
from fluxagents.flows.events import Event
from fluxagents.tasks.dispatch import DECIDE, EFFECT, TOOL
from fluxagents.tasks.fba.solving import solver_clock
from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.amounts import Tally
from fluxagents.workers.observing.metrics.solver_times import count_solver_times

CALL = CallTool(tool="run_metabolic_fba", args={})
NOWHERE: Any = None


def compute(*_: object) -> Sequence[Event]:
    with solver_clock.time_solver("glpk"):
        return ()


def fail(*_: object) -> Sequence[Event]:
    compute()
    raise MemoryError


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock is two seconds after the one before."""
    times = iter(range(0, 1_000, 2))
    monkeypatch.setattr(solver_clock, "perf_counter", lambda: float(next(times)))


@pytest.mark.usefixtures("ticks")
@pytest.mark.parametrize(("kind", "command"), [(TOOL, CALL), (EFFECT, ComputeEffect(call=CALL))])
def test_a_call_and_its_effect_count_for_the_tool(kind: str, command: Command) -> None:
    tally = Tally()
    assert count_solver_times({kind: compute}, tally)[kind](NOWHERE, NOWHERE, command) == ()
    assert tally.take() == {m.SOLVER_SECONDS.series("run_metabolic_fba", "glpk"): 2_000}


@pytest.mark.usefixtures("ticks")
def test_a_call_that_fails_counts_too() -> None:
    tally = Tally()
    with pytest.raises(MemoryError):
        count_solver_times({TOOL: fail}, tally)[TOOL](NOWHERE, NOWHERE, CALL)
    assert list(tally.take().values()) == [2_000]


def test_other_steps_are_as_they_were() -> None:
    assert count_solver_times({DECIDE: compute}, Tally()) == {DECIDE: compute}
