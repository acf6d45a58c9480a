"""Services look like a table on a terminal and like a log elsewhere."""

from __future__ import annotations

import io
import os

import pytest
from rich.console import Console

from fluxagents.workers.commands.services import status_view
from fluxagents.workers.commands.services.status_view import Announcer, StartProgress, View
from fluxagents.workers.host.run_file import RunStatus, ServiceStatus, State
from fluxagents.workers.machine.process import ProcessId


def status(state: State) -> RunStatus:
    service = ServiceStatus(
        name="tools",
        state=state,
        process=ProcessId(pid=7, started_at=0.0),
        log="/logs/tools.log",
    )
    me = ProcessId.of(os.getpid())
    return RunStatus(supervisor=me, redis="redis://***@h/0", flower="http://f", services=(service,))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(5, "5 s"), (65, "1 min 5 s"), (3700, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_uptime_in_its_two_largest_units(seconds: int, shown: str) -> None:
    service = ServiceStatus(
        name="x", state=State.RUNNING, process=ProcessId(pid=1, started_at=100.0), log="l"
    )
    assert status_view.uptime(service, 100.0 + seconds) == shown


def test_without_a_terminal_each_change_is_a_line() -> None:
    stream = io.StringIO()
    view = View(Console(file=stream, width=200))
    with view.live():
        for state in (State.STARTING, State.STARTING, State.RUNNING, State.RUNNING):
            view.show(status(state))
    first, second, where = stream.getvalue().splitlines()
    assert (first, second) == ("tools: starting", "tools: running")
    assert "http://f" in where


def test_on_a_terminal_a_table_is_drawn() -> None:
    stream = io.StringIO()
    view = View(Console(file=stream, width=200, force_terminal=True))
    with view.live():
        view.show(status(State.RUNNING))
        view.say("tools ended")
    assert "/logs/tools.log" in stream.getvalue()
    assert "tools ended" in stream.getvalue()


def announcer_into(told: list[str]) -> Announcer:
    view = View(Console(file=io.StringIO()))
    return Announcer(
        view,
        ready=lambda: told.append("ready"),
        failed=lambda service: told.append(service.name),
    )


def test_readiness_is_told_once() -> None:
    told: list[str] = []
    announcer = announcer_into(told)
    for state in (State.STARTING, State.RUNNING, State.RUNNING, State.FAILED):
        announcer.show(status(state))
    assert told == ["ready"]


def test_a_service_that_stays_down_is_told_instead() -> None:
    told: list[str] = []
    announcer = announcer_into(told)
    for state in (State.STARTING, State.WAITING, State.FAILED, State.FAILED):
        announcer.show(status(state))
    assert told == ["tools"]


def test_json_says_whether_it_runs() -> None:
    shown = status_view.as_json(status(State.RUNNING))
    assert shown["running"] is True
    assert shown["ready"] is True
    assert shown["services"][0]["name"] == "tools"


def test_a_start_in_the_background_says_what_it_waits_for(capsys: pytest.CaptureFixture[str]) -> None:
    now = [10.0]
    progress = StartProgress(clock=lambda: now[0])
    for at_s, seen in (
        (10, None),
        (11, None),
        (12, status(State.STARTING)),
        (13, status(State.STARTING)),
        (18, status(State.STARTING)),
        (19, status(State.RUNNING)),
    ):
        now[0] = at_s
        progress.show(seen)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "  0 s  waiting for the supervisor",
        "  2 s  waiting for tools",
        "  8 s  waiting for tools",
    ]
