"""What a human does to a run that takes a step in the same moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.workers.clients.test_local import EVENT, GROWTH, Desk, status, types

from fluxagents.flows.errors import FluxError
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.run import Run
from fluxagents.scheduler.runs.run_client import RunClient

ASK: dict[str, Any] = {
    "ask": {"kind": "ask", "question": "Which strain?", "fact": "strain", "next": "end"},
    "end": {"kind": "end", "message": "done"},
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def take_steps_after_reading(desk: Desk, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let a run receive a signal after each of the next readings of its state."""
    store = desk.client.store
    load = store.load
    left = times

    def load_then_move(run_id: str) -> RunState:
        nonlocal left
        state = load(run_id)
        if left:
            left -= 1
            monkeypatch.setattr(store, "load", load)
            desk.client.signal(run_id, "lab door opened", by="lab")
            monkeypatch.setattr(store, "load", load_then_move)
        return state

    monkeypatch.setattr(store, "load", load_then_move)


def reply(client: RunClient, run: Run) -> RunState:
    request = run.state.waiting_for
    assert request is not None
    return client.reply(request.id, by="ada", answer="K-12")


@pytest.mark.parametrize(
    ("act", "written"),
    [
        (lambda client, run: client.cancel(run.id, by="ada", reason="r"), "RunCancelled"),
        (lambda client, run: client.pause(run.id, by="ada"), "RunPaused"),
        (reply, "QuestionAnswered"),
    ],
)
def test_a_step_in_the_same_moment_does_not_refuse_what_a_human_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, act: Callable[[RunClient, Run], object], written: str
) -> None:
    run = desk.start(desk.flow("ask", ASK, facts={"strain": {"type": "string"}}))
    take_steps_after_reading(desk, monkeypatch, times=1)
    act(desk.client, run)
    assert types(run).count("EventReceived") == 1, "nothing came in between"
    assert types(run).count(written) == 1


def test_a_run_that_never_stands_still_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run = desk.start(desk.flow("event", EVENT, facts=GROWTH))
    take_steps_after_reading(desk, monkeypatch, times=1_000)
    with pytest.raises(FluxError, match="moved on meanwhile"):
        desk.client.cancel(run.id, by="ada", reason="r")
    monkeypatch.undo()
    assert status(run) == "waiting"
