"""docs/triggers.md: its commands, as they stand, with a receiver in the place of the one of the example."""

from __future__ import annotations

import re
import shlex

import pytest
from tests.support.places import DOCS
from tests.support.stack import Stack
from tests.support.waiting import eventually
from tests.support.webhook_receiver import Receiver, receive

ADDRESS = "https://lab.example.org/hooks"
SESSION = "trigger:healthy"


def list_commands() -> list[str]:
    """The commands of the page in order, a line each."""
    page = (DOCS / "triggers.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
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
