"""What waits has an end: in the store, with no message and no worker until then."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.support.stack import Stack

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.runs.run import Run

FLOW = """
flow: sign_off
version: 1
purpose: Asks before it goes on.
{budget}
start: agree
nodes:
  agree:
    kind: approve
    question: Go on?
    {within}
    next: agreed
    on_reject: refused
    on_timeout: unanswered
  agreed: {{kind: end, message: agreed}}
  refused: {{kind: end, message: refused}}
  unanswered: {{kind: end, message: nobody answered}}
"""


def flow(folder: Path, *, within: str = "timeout_s: 86400", budget: str = "") -> str:
    path = folder / "sign_off.yaml"
    path.write_text(FLOW.format(within=within, budget=budget))
    return str(path)


def ended(run: Run) -> str:
    """How it ended; waiting for a human is no end."""
    deadline = time.monotonic() + 60
    while not run.state.has_ended:
        assert time.monotonic() < deadline, f"run {run.id} is still {run.status}"
        time.sleep(0.05)
    return run.status


def test_an_approval_that_nobody_gives_in_time_leads_on(stack: Stack, tmp_path: Path) -> None:
    client = stack.client()
    run = client.start(flow(tmp_path, within="timeout_s: 1.5"), model="e_coli_core")
    assert ended(run) == "finished"
    assert run.answer == "nobody answered"
    asked, expired = (
        next(event for event in run.events() if isinstance(event, kind))
        for kind in (e.ApprovalRequested, e.RequestExpired)
    )
    assert isinstance(asked, e.ApprovalRequested)
    assert expired.at_ms >= asked.request.deadline_ms > asked.at_ms
    with pytest.raises(FluxError, match="was not answered in time"):
        client.approve(asked.request.id, by="ada")


@pytest.mark.parametrize("paused", [False, True])
def test_a_run_may_not_wait_longer_than_its_budget(stack: Stack, tmp_path: Path, paused: bool) -> None:
    client = stack.client()
    run = client.start(flow(tmp_path, budget="budget: {wall_time_s: 3}"), model="e_coli_core")
    if paused:
        client.pause(run.id, by="ada")
    assert ended(run) == "failed"
    assert run.state.error is not None
    assert run.state.error.kind is ErrorClass.BUDGET


def test_an_answer_in_time_takes_the_deadline_away(stack: Stack, tmp_path: Path) -> None:
    client = stack.client()
    run = client.start(flow(tmp_path, within="timeout_s: 3600"), model="e_coli_core")
    assert run.wait(60) == "waiting"
    assert run.state.waiting_for is not None
    client.approve(run.state.waiting_for.id, by="ada")
    assert run.wait(60) == "finished"
    assert run.answer == "agreed"
