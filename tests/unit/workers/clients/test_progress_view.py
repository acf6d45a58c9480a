"""How many runs go: a bar in a terminal or a notebook, lines elsewhere."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from fluxagents.scheduler.batches.batches import Tally
from fluxagents.workers.clients.progress.progress_lines import ProgressLines
from fluxagents.workers.clients.progress.progress_view import progress_view


def test_lines_come_when_something_has_changed_and_not_too_often(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    lines = ProgressLines(clock=lambda: now[0])
    for at_s, finished in ((0, 0), (1, 1), (6, 1), (7, 1), (12, 1), (13, 3)):
        now[0] = at_s
        lines.show(f"{finished} finished", must_show=finished == 3)
    assert capsys.readouterr().err.splitlines() == ["0 finished", "1 finished", "3 finished"]


def test_what_is_soon_done_needs_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    lines = ProgressLines(clock=lambda: now[0], at_once=False)
    for at_s in (0, 4, 6):
        now[0] = at_s
        lines.show(f"{at_s} s")
    assert capsys.readouterr().err.splitlines() == ["6 s"]


def test_without_a_terminal_there_are_lines_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_view(2) as show:
        show(Tally(0, 0, 0, 2))
        show(Tally(2, 0, 0, 0))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "0 finished, 0 failed, 0 waiting, 2 running",
        "2 finished, 0 failed, 0 waiting, 0 running",
    ]


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_view(2) as show:
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
    with progress_view(2) as show:
        show(Tally(0, 0, 0, 2))
        show(Tally(2, 0, 0, 0))
    assert shown == [
        '<progress value="0" max="2"></progress> 0 finished, 0 failed, 0 waiting, 2 running',
        '<progress value="2" max="2"></progress> 2 finished, 0 failed, 0 waiting, 0 running',
    ]
