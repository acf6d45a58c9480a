"""docs/triggers.md: its commands, as they stand, with a receiver in the place of the one of the example."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.places import DOCS
from tests.support.stack import Stack
from tests.support.waiting import eventually
from tests.support.webhook_receiver import Receiver, receive

ADDRESS = "https://lab.example.org/hooks"
COMMAND = 'fluxagents() { "$PYTHON" -m fluxagents.workers.cli "$@"; }'
SESSION = "trigger:healthy"


POSTED = "## Start runs by what others post"
"""From here on the page is run as a script."""


def list_blocks() -> tuple[list[str], list[str]]:
    """The commands of the page in order: those before `POSTED`, and the others."""
    page = (DOCS / "triggers.md").read_text(encoding="utf-8")
    first, second = (re.findall(r"```sh\n(.*?)```", part, re.DOTALL) for part in page.split(POSTED))
    return first, second


def list_commands() -> list[str]:
    """The commands of the first part in order, a line each."""
    lines = "".join(list_blocks()[0]).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("fluxagents ")]


def told_ends(receiver: Receiver, run_id: str) -> list[str]:
    """How a run ended, as the receiver was told."""
    documents = [each.document for each in receiver.received]
    return [
        document["data"]["answer"]
        for document in documents
        if document["type"] == "run.finished" and document["data"]["run_id"] == run_id
    ]


@pytest.mark.timeout(600)
def test_the_page_does_what_it_says(stack: Stack) -> None:
    commands = list_commands()
    adding = [line for line in commands if " add " in line]
    assert [line.split()[1] for line in adding] == ["webhooks", "triggers"]

    def type_in(line: str) -> str:
        done = stack.command(*shlex.split(line)[1:])
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    with receive() as receiver:
        secret = type_in(adding[0].replace(ADDRESS, f"{receiver.url}/hooks")).strip()
        type_in(adding[1])
        client = stack.client()
        run = client.start("metabolic_analysis", model="e_coli_core", question="How fast does it grow?")
        assert run.wait(120) == "finished"
        eventually(lambda: client.store.runs(session=SESSION))
        (triggered,) = client.store.runs(session=SESSION)
        assert triggered.trigger is not None
        assert triggered.trigger.delivery.startswith(f"{run.id}|")
        assert triggered.trigger.reply_to == "lab"
        eventually(lambda: told_ends(receiver, triggered.run_id), within_s=240)
        assert told_ends(receiver, run.id) == [run.answer]
        assert all(each.is_signed_with(secret) for each in receiver.received)
        for line in commands:
            if line not in adding:
                assert secret not in type_in(line)
        # The backfill found the same event, which had its run, beside those of other runs of this stack.
        deliveries = [
            state.trigger.delivery
            for state in client.store.runs(session=SESSION, limit=1_000)
            if state.trigger
        ]
        assert [each for each in deliveries if each.startswith(f"{run.id}|")] == [triggered.trigger.delivery]
    assert stack.json("webhooks", "list") == []
    assert stack.json("triggers", "list") == []


def test_private_addresses_are_refused_by_the_command(stack: Stack) -> None:
    refused = stack.command("webhooks", "add", "inside", "http://10.0.0.1/hooks")
    assert refused.returncode == 2
    assert "FLUXAGENTS_WEBHOOK_HOSTS" in refused.stderr


def test_what_others_post_starts_runs_as_the_page_says(stack: Stack, tmp_path: Path) -> None:
    blocks = list_blocks()[1]
    posting = next(number for number, block in enumerate(blocks) if "curl" in block)
    done = run_script(stack, tmp_path, blocks[: posting + 1])
    assert json.loads(done.stdout.splitlines()[-1])["trigger"] == "asked"
    client = stack.client()
    eventually(lambda: client.store.runs(session="trigger:asked", status="finished"), within_s=120)
    (run,) = client.store.runs(session="trigger:asked")
    assert run.inputs["question"] == "How fast does it grow?"
    assert run.trigger is not None
    assert run.trigger.source == "webhook signed as github"
    shown = run_script(stack, tmp_path, blocks[posting + 1 :]).stdout
    assert run.run_id in shown
    assert "And on acetate?" in shown
    assert len(client.store.runs(session="trigger:asked")) == 1


def run_script(stack: Stack, folder: Path, blocks: list[str]) -> subprocess.CompletedProcess[str]:
    """Type blocks of the page into a shell."""
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -eu -o pipefail", COMMAND, *blocks])],
        env={**stack.environment, "PYTHON": sys.executable},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:] + done.stdout[-2_000:]
    return done
