"""Type checkers and editors know what scripts get, and refuse what does not exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.places import DOCS, ROOT

KNOWN = """
from typing import assert_type
import pandas as pd
from matplotlib.figure import Figure
from fluxagents import AsyncClient, Client, RunSpec
from fluxagents.flows.state import Status
from fluxagents.scheduler.batches.batches import Tally
from fluxagents.workers.clients.artifact import Artifact
from fluxagents.workers.clients.awaited.async_runs import AsyncRun
from fluxagents.workers.clients.client_run import ClientRun

def script(client: Client) -> None:
    run = client.start("metabolic_analysis", model="e_coli_core", question="Growth?")
    assert_type(run, ClientRun)
    assert_type(run.status, Status)
    assert_type(run.table(), pd.DataFrame)
    assert_type(run.artifacts(), tuple[Artifact, ...])
    assert_type(run.artifact("run_metabolic_fba").plot(), Figure)
    assert_type(client.gather([run, run.id], progress=True), list[ClientRun])
    assert_type([done for done in client.as_completed([run])], list[ClientRun])
    assert_type(client.batch("metabolic_analysis", [RunSpec(model="m", inputs={})]).wait(), Tally)
    assert_type(client.session("nightly").cancel(), list[str])

async def asynchronous(client: AsyncClient) -> None:
    run = await client.start("metabolic_analysis", model="e_coli_core", question="Growth?")
    assert_type(run, AsyncRun)
    assert_type(await run.answer, str | None)
    assert_type([done async for done in client.as_completed([run])], list[AsyncRun])
    assert_type(await client.session("nightly").table(), pd.DataFrame)
"""

WRONG = (
    ("run.tabel()", "attr-defined"),
    ("client.gather([1])", "list-item"),
    ("client.start('metabolic_analysis')", "call-arg"),
    ("client.batch('metabolic_analysis', ['e_coli_core'])", "list-item"),
    ("run.wait('long')", "arg-type"),
)
"""Lines of a script, and the errors that they have."""


def test_mypy_follows_the_clients_and_finds_mistakes(tmp_path: Path) -> None:
    known, wrong = tmp_path / "known.py", tmp_path / "wrong.py"
    known.write_text(KNOWN)
    head = ("from fluxagents import Client", "client = Client()", "run = client.get('r')")
    wrong.write_text("\n".join([*head, *(line for line, _ in WRONG), ""]))
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
    files = [str(DOCS / "script.py"), str(known), str(wrong)]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False, cwd=ROOT)
    found = re.findall(r"^(\S+?):(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.MULTILINE)
    numbered = enumerate(WRONG, start=len(head) + 1)
    expected = [("wrong.py", str(number), code) for number, (_, code) in numbered]
    assert [(Path(path).name, line, code) for path, line, code in found] == expected, done.stdout
