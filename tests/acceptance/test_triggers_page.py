"""docs/triggers.md: its commands, as they stand, with a receiver in the place of the one of the example."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import cobra
import pytest
from cobra.io import read_sbml_model, write_sbml_model
from tests.support.forge import run_forge
from tests.support.places import DOCS
from tests.support.stack import Stack
from tests.support.waiting import eventually
from tests.support.webhook_receiver import Receiver, receive

ADDRESS = "https://lab.example.org/hooks"
COMMAND = 'fluxagents() { "$PYTHON" -m fluxagents.workers.cli "$@"; }'
SESSION = "trigger:healthy"


POSTED = "## Start runs by what others post"
"""From here on the page is run as a script."""


FILES = "## Start runs by files"
RECIPE = "## A recipe: check each pushed model"


def list_blocks() -> list[list[str]]:
    """The commands of the page in order: those before `POSTED`, and those of each heading."""
    page = (DOCS / "triggers.md").read_text(encoding="utf-8")
    parts = re.split(f"{POSTED}|{FILES}|{RECIPE}", page)
    return [re.findall(r"```sh\n(.*?)```", part, re.DOTALL) for part in parts]


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


@pytest.mark.long
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


@pytest.mark.long
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


def test_a_pushed_model_gets_its_verdict_as_a_commit_status(stack: Stack, tmp_path: Path) -> None:
    first, second, third = (digit * 40 for digit in "abc")
    plain = gzip.decompress((data_folder() / "textbook.xml.gz").read_bytes())
    model = read_sbml_model(plain.decode())
    model.remove_reactions([model.reactions.PGI])
    write_sbml_model(model, str(tmp_path / "changed.xml"))
    adding, looking = list_blocks()[3]
    with run_forge() as forge:
        (tmp_path / "token").write_text(forge.token)
        secret = run_script(stack, tmp_path, [adding.replace("https://api.github.com", forge.url)]).stdout
        pushes = Pushes(stack.command("url", "api").stdout.strip(), secret.splitlines()[-1])
        name = "models/core.xml"
        forge.files = {
            (name, first): plain,
            (name, second): (tmp_path / "changed.xml").read_bytes(),
            (name, third): b"<sbml>no model",
        }
        # Somebody else's file, and a push that the forge sends twice.
        assert pushes.send("0" * 40, first, "README.md") == 202
        assert [pushes.send("0" * 40, first, name) for _ in range(2)] == [202, 202]
        forge.failures = 2
        assert pushes.send(first, second, name) == 202
        assert pushes.send(second, third, name) == 202
        eventually(lambda: set(forge.statuses) == {first, second, third}, within_s=240)
        statuses = {commit: told for commit, (told,) in forge.statuses.items()}
        shown = run_script(stack, tmp_path, [looking]).stdout
    assert {commit: status["state"] for commit, status in statuses.items()} == {
        first: "success",
        second: "success",
        third: "failure",
    }
    assert {status["context"] for status in statuses.values()} == {"fluxagents/models"}
    assert "nothing before it was compared" in statuses[first]["description"]
    assert "1 reactions and 0 genes differ" in statuses[second]["description"]
    assert "Not checked: model 'models.core' is truncated" in statuses[third]["description"]
    assert forge.token not in shown
    runs = stack.client().store.runs(session="trigger:models")
    assert len(runs) == 3
    assert {run.trigger.reply["commit"] for run in runs if run.trigger} == {first, second, third}


@pytest.mark.long
def test_a_file_that_appears_starts_a_run_on_it(stack: Stack, tmp_path: Path) -> None:
    plain = gzip.decompress((data_folder() / "textbook.xml.gz").read_bytes())
    (tmp_path / "new_model.xml").write_bytes(plain)
    (block,) = list_blocks()[2]
    assert f"file *.xml in {tmp_path}/incoming" in run_script(stack, tmp_path, [block]).stdout
    # Had the first look come after the file, it would be what lay there before.
    trigger = "incoming"
    eventually(lambda: stack.json("triggers", "show", trigger)["looked"], within_s=120)
    (tmp_path / "incoming" / "new_model.xml").write_bytes(plain + b"\n")
    client = stack.client()
    eventually(lambda: client.store.runs(session="trigger:incoming", status="finished"), within_s=240)
    (run,) = client.store.runs(session="trigger:incoming")
    assert run.model_name == "incoming.new_model"
    assert run.trigger is not None
    digest = hashlib.sha256(plain + b"\n").hexdigest()
    assert run.trigger.delivery == f"sha256:{digest}|file://{tmp_path}/incoming/new_model.xml"
    assert stack.json("triggers", "show", trigger)["problem"] is None


@dataclass(frozen=True)
class Pushes:
    """Tells an installation of pushes, as GitHub does."""

    api: str
    secret: str

    def send(self, before: str, after: str, path: str) -> int:
        """The status of the answer."""
        commits = [{"id": after, "added": [], "modified": [path], "removed": []}]
        payload = {"ref": "refs/heads/main", "before": before, "after": after, "commits": commits}
        body = json.dumps(payload).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json",
            "x-github-event": "push",
            "x-hub-signature-256": f"sha256={signature}",
        }
        with urlopen(Request(f"{self.api}/v1/hooks/models", body, headers), timeout=60) as answer:
            status: int = answer.status
            return status


def data_folder() -> Path:
    """The models that come with cobra."""
    return Path(str(cobra.__file__)).parent / "data"


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
