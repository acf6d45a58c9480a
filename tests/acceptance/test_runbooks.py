"""Every command of every runbook is carried out, as it stands there, on an installation that runs."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable

import pytest
from tests.support.command_calls import invoke
from tests.support.places import ROOT
from tests.support.stack import Stack
from tests.support.webhook_receiver import receive

from fluxagents.workers.cli import cli
from fluxagents.workers.observing.monitoring.alerts import RUNBOOKS

PAGES = {page.stem: page.read_text() for page in sorted((ROOT / RUNBOOKS).glob("*.md"))}
CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"


def read_looks(text: str) -> list[str]:
    """The lines of the blocks of commands."""
    return "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).splitlines()


def read_mends(text: str) -> set[str]:
    """The commands within sentences."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return {" ".join(code.split()) for code in re.findall(r"`(fluxagents\s[^`]*)`", prose)}


@pytest.fixture
def user(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The installation, for commands in this process."""
    for name, value in stack.environment.items():
        if name.startswith("FLUXAGENTS_"):
            monkeypatch.setenv(name, value)
    return stack


@pytest.mark.parametrize("page", PAGES)
def test_what_to_look_at_is_shown(page: str, user: Stack) -> None:
    looks = read_looks(PAGES[page])
    assert looks
    for line in looks:
        program, *words = shlex.split(line)
        if program == "curl":
            port = user.environment["FLUXAGENTS_API_PORT"]
            subprocess.run([program, *(word.replace("8100", port) for word in words)], check=True)
            continue
        assert program == "fluxagents"
        shown = invoke(cli, *words).output
        if words[0] == "metrics":
            assert [name for name in words[1:] if f"# TYPE {name} " not in shown] == [], line


STARTED = {
    "fluxagents worker --pool tools",
    "fluxagents worker --pool tools --hostname tools-2@%h",
    "fluxagents worker --pool control",
    "fluxagents beat",
}
"""Processes that stay."""
OF_THE_INSTALLATION = {"fluxagents up", "fluxagents up --detach", "fluxagents down"}
"""What starts and ends the installation of these tests."""
IN_FAULTS = {
    "fluxagents runs retry RUN",
    "fluxagents approvals reply REQUEST 'go on'",
    "fluxagents webhooks resend NAME MESSAGE",
}
"""What needs a fault first; tests/chaos/test_alerts.py injects it."""


def carry_out(line: str, **names: str) -> str:
    """What a command prints with these names in the places of those of the page."""
    words = [names.get(word, word) for word in shlex.split(line)]
    return invoke(cli, *words[1:]).output


def wait_for_approval(stack: Stack) -> dict[str, str]:
    """The names of a run that waits, and of its request."""
    start = ("run", "metabolic_analysis", "--model", "e_coli_core", "--question", CHANGE, "--wait")
    waits = stack.json(*start, status=3)
    return {"RUN": waits["run_id"], "REQUEST": waits["waiting_for"]["id"]}


def show_events(stack: Stack, line: str) -> None:
    assert "ApprovalRequested" in carry_out(line, **wait_for_approval(stack))


def cancel(stack: Stack, line: str) -> None:
    names = wait_for_approval(stack)
    carry_out(line, **names)
    assert stack.client().get(names["RUN"]).wait(60) == "cancelled"


def approve(stack: Stack, line: str) -> None:
    names = wait_for_approval(stack)
    carry_out(line, **names)
    assert stack.client().get(names["RUN"]).wait(120) == "finished"


def assign(stack: Stack, line: str) -> None:
    names = wait_for_approval(stack)
    stack.command("people", "add", "grace", "--role", "approver")
    carry_out(line, NAME="grace", **names)
    assert "grace" in stack.command("approvals", "show", names["REQUEST"]).stdout


def show_deliveries(stack: Stack, line: str) -> None:
    with receive() as receiver:
        assert stack.command("webhooks", "add", "runbook", receiver.url).returncode == 0
        try:
            carry_out(line, NAME="runbook")
        finally:
            stack.command("webhooks", "remove", "runbook")


def show_schedule(stack: Stack, line: str) -> None:
    add = ("schedules", "add", "runbook", "--flow", "metabolic_analysis", "--model", "e_coli_core")
    assert stack.command(*add, "--question", "Does it grow?", "--every", "6h").returncode == 0
    try:
        assert "its runs: fluxagents runs list" in carry_out(line, NAME="runbook")
    finally:
        stack.command("schedules", "remove", "runbook")


def read_help(stack: Stack, line: str) -> None:
    del stack
    assert "--weight" in carry_out(line)


def create_key(stack: Stack, line: str) -> None:
    del stack
    assert "flux_" in carry_out(line)


def look(stack: Stack, line: str) -> None:
    del stack
    carry_out(line)


MENDS: dict[str, Callable[[Stack, str], None]] = {
    "fluxagents runs events RUN": show_events,
    "fluxagents runs cancel RUN": cancel,
    "fluxagents approvals approve REQUEST": approve,
    "fluxagents approvals assign REQUEST NAME": assign,
    "fluxagents approvals list": look,
    "fluxagents webhooks deliveries NAME": show_deliveries,
    "fluxagents schedules show NAME": show_schedule,
    "fluxagents people quota --help": read_help,
    "fluxagents api-keys create": create_key,
    "fluxagents doctor": look,
    "fluxagents status": look,
}


def test_every_mend_is_carried_out_somewhere() -> None:
    assert set().union(*map(read_mends, PAGES.values())) == {
        *MENDS,
        *STARTED,
        *OF_THE_INSTALLATION,
        *IN_FAULTS,
    }


@pytest.mark.long
@pytest.mark.parametrize("line", MENDS)
def test_a_mend_does_what_the_runbook_says(line: str, user: Stack) -> None:
    MENDS[line](user, line)
