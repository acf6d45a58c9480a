"""Waiting for a run: standard error says what it does, standard output stays empty, the time limit holds."""

from __future__ import annotations

import io
import re
import sys
from typing import cast

import click
import pytest

from fluxagents.flows.events import Event, NodeEntered
from fluxagents.flows.state import Status
from fluxagents.scheduler.runs.run import Run
from fluxagents.workers.commands.runs.run import wait_for


class SlowRun:
    """A run that goes on until it was waited for a number of times, at nodes with a name."""

    id = "mine"

    def __init__(self, waits: int, name: str = "node") -> None:
        self.waits = waits
        self.name = name
        self.waited_s: list[float | None] = []

    def wait(self, timeout: float | None = None) -> Status:
        self.waited_s.append(timeout)
        if len(self.waited_s) > self.waits:
            return "finished"
        raise TimeoutError

    def events(self) -> tuple[Event, ...]:
        return (NodeEntered(seq=1, at_ms=1, node=f"{self.name}_{len(self.waited_s)}"),)


def test_a_slow_run_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    run = SlowRun(waits=1)
    wait_for(cast("Run", run), None)
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"0 s  NodeEntered: .*node_1.*\n", err)
    assert len(run.waited_s) == 2


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_words_of_users_are_no_markup_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", screen := Screen())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    name = "[link=http://evil.example]here[/link][/x]\x1b]0;title\x07"
    wait_for(cast("Run", SlowRun(waits=1, name=name)), None)
    assert r"[link=http://evil.example]here[/link][/x]\x1b]0;title" in screen.getvalue()
    assert "\x1b]" not in screen.getvalue()


def test_a_run_that_ends_soon_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    wait_for(cast("Run", SlowRun(waits=0)), None)
    assert capsys.readouterr() == ("", "")


def test_no_wait_is_longer_than_the_time_limit() -> None:
    run = SlowRun(waits=9)
    with pytest.raises(click.ClickException, match=r"still runs after 0\.5 s; `fluxagents runs watch mine`"):
        wait_for(cast("Run", run), 0.5)
    assert all(waited_s is not None and waited_s <= 0.5 for waited_s in run.waited_s)
