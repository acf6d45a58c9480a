"""A run that is paused says who paused it, when and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from fluxagents.flows.events import Event, RunPaused
from fluxagents.flows.reducer import fold
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.commands.runs.pause_view import find_pause, pause_document, print_pause


def test_a_budget_says_what_was_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = LocalClient(tmp_path)
    run = client.start("metabolic_analysis", model="e_coli_core", stepwise=True, question="Growth?")
    log: list[Event] = list(run.events())
    by_step = find_pause(run.state, log)
    assert by_step is not None
    assert (by_step.by, pause_document(by_step)["reason"]) == ("step by step", "")
    reason = "session 's' has used 200,310 of 200,000 tokens"
    log[-1] = RunPaused(seq=log[-1].seq, at_ms=log[-1].at_ms, by="budget", reason=reason)
    pause = find_pause(fold(log), log)
    assert pause is not None
    print_pause(pause, run.id)
    printed = capsys.readouterr().out
    assert f": {reason}" in printed
    assert f"fluxagents runs resume {run.id}" in printed
    client.cancel(run.id, reason="enough")
    assert find_pause(run.state, run.events()) is None
