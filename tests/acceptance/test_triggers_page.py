"""docs/triggers.md: its commands, as they stand, with a receiver in the place of the one of the example."""

from __future__ import annotations

import re
import shlex

from tests.support.places import DOCS
from tests.support.stack import Stack
from tests.support.waiting import eventually
from tests.support.webhook_receiver import receive

ADDRESS = "https://lab.example.org/hooks"


def list_commands() -> list[str]:
    """The commands of the page in order, a line each."""
    page = (DOCS / "triggers.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [
        line for line in "".join(blocks).replace("\\\n", " ").splitlines() if line.startswith("fluxagents ")
    ]


def test_a_run_is_told_from_its_beginning_to_its_end(stack: Stack) -> None:
    add, *commands, remove = list_commands()
    with receive() as receiver:
        added = stack.command(*shlex.split(add.replace(ADDRESS, f"{receiver.url}/hooks"))[1:])
        assert added.returncode == 0, added.stderr
        secret = added.stdout.strip()
        run = stack.client().start(
            "metabolic_analysis", model="e_coli_core", question="How fast does it grow?"
        )
        assert run.wait(120) == "finished"
        mine = {"run.started", "run.finished"}
        eventually(lambda: {each.document["type"] for each in receiver.received} >= mine, within_s=60)
        for line in commands:
            done = stack.command(*shlex.split(line)[1:])
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            assert secret not in done.stdout
        ends = [each for each in receiver.received if each.document["type"] == "run.finished"]
        (told,) = [each for each in ends if each.document["data"]["run_id"] == run.id]
        assert told.is_signed_with(secret)
        assert told.document["data"]["answer"] == run.answer
        listed = stack.json("webhooks", "deliveries", "lab", "--limit", "1000")
        assert {each["status"] for each in listed} == {"delivered"}
        assert stack.command(*shlex.split(remove)[1:]).returncode == 0
    assert stack.json("webhooks", "list") == []


def test_private_addresses_are_refused_by_the_command(stack: Stack) -> None:
    refused = stack.command("webhooks", "add", "inside", "http://10.0.0.1/hooks")
    assert refused.returncode == 2
    assert "FLUXAGENTS_WEBHOOK_HOSTS" in refused.stderr
