"""How many runs go: a bar in a terminal or a notebook, lines elsewhere."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from fluxagents.scheduler.batches.batches import Tally
from fluxagents.workers.clients.progress_view import ProgressLines, progress_view


def test_lines_come_when_something_has_changed_and_not_too_often(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    lines = ProgressLines(clock=lambda: now[0])
    for at_s, finished in ((0, 0), (1, 1), (6, 1), (7, 1), (12, 1), (13, 3)):
        now[0] = at_s
        lines(Tally(finished, 0, 0, 3 - finished))
    assert capsys.readouterr().err.splitlines() == [
        "0 finished, 0 failed, 0 waiting, 3 running",
        "1 finished, 0 failed, 0 waiting, 2 running",
        "3 finished, 0 failed, 0 waiting, 0 running",
    ]


def test_quiet_says_nothing_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_view(1, quiet=True) as show:
        show(Tally(1, 0, 0, 0))
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_view(2, quiet=True) as show:
        show(Tally(1, 0, 1, 0))
    assert "2/2" in capsys.readouterr().err


def test_a_notebook_gets_one_bar_that_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def display(html: str, *, display_id: bool) -> Any:
        assert display_id
        shown.append(html)
        return SimpleNamespace(update=shown.append)

    shell = SimpleNamespace(kernel="of the notebook")
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(HTML=str, display=display))
    with progress_view(2, quiet=False) as show:
        show(Tally(0, 0, 0, 2))
        show(Tally(2, 0, 0, 0))
    assert shown == [
        '<progress value="0" max="2"></progress> 0 finished, 0 failed, 0 waiting, 2 running',
        '<progress value="2" max="2"></progress> 2 finished, 0 failed, 0 waiting, 0 running',
    ]
