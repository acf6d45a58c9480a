"""The HTTP API as its users meet it: a real server, real workers, curl."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pandas as pd
import pytest
from tests.support.places import DOCS
from tests.support.stack import Stack

CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"

FIELD = """
field() {
  "$PYTHON" -c '
import json, sys
value = json.load(sys.stdin)
for step in sys.argv[1].split("."):
    value = value[int(step) if isinstance(value, list) else step]
print(value)' "$1"
}
fluxagents() { "$PYTHON" -m fluxagents.workers.cli "$@"; }
"""


def test_every_command_of_the_page_works(stack: Stack, tmp_path: Path) -> None:
    page = (DOCS / "http.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    script = "\n".join(["set -eu -o pipefail", FIELD, "set -x", *blocks])
    done = subprocess.run(
        ["bash", "-c", script],
        env={**stack.environment, "PYTHON": sys.executable},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:] + done.stdout[-2_000:]
    table = pd.read_parquet(tmp_path / "genes.parquet")
    assert len(table) == len(pd.read_csv(tmp_path / "genes.csv")) == 137
    assert "event: RunFinished" in done.stdout
    answers = read_answers(stack.settings.log_dir / "api.log")
    operations = {
        (method.upper(), path)
        for path, methods in json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))["paths"].items()
        for method in methods
    }
    done_well = {each for each in operations if any(status < 400 for status in answers_at(each, answers))}
    refused = {each for each in operations - done_well if any(answers_at(each, answers))}
    assert refused <= REFUSED
    assert operations - done_well - refused <= ELSEWHERE


REFUSED = {
    ("POST", "/v1/runs/{run_id}/retry"),
    ("POST", "/v1/runs/{run_id}/discard"),
    ("POST", "/v1/runs/{run_id}/migrate"),
    ("POST", "/v1/webhooks/{name}/enable"),
    ("GET", "/v1/errors/{fingerprint}"),
}
"""What the page shows where it is refused: there is no dead letter, no other version, no error."""

ELSEWHERE = {
    ("GET", "/sign-in"),
    ("GET", "/sign-in/done"),
    ("GET", "/sign-in/session"),
    ("POST", "/sign-out"),
}
"""What takes a browser and a provider: `tests/integration/http/test_browser_sessions.py`."""


def read_answers(log: Path) -> list[tuple[str, str, int]]:
    """Method, path and status of each request that an API has answered."""
    lines = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line[:1] == "{")
    return [
        (line["http.request.method"], line["url.path"], line["fluxagents.status"])
        for line in lines
        if line.get("message") == "request"
    ]


def answers_at(operation: tuple[str, str], answers: list[tuple[str, str, int]]) -> list[int]:
    """The statuses of the requests to an address; the name of a session may hold slashes."""
    method, path = operation
    names = {"session": ".+?"}
    pattern = re.sub(r"\{(\w+)\}", lambda match: names.get(match[1], "[^/]+"), path)
    return [status for verb, asked, status in answers if verb == method and re.fullmatch(pattern, asked)]


@pytest.fixture
def api(stack: Stack) -> str:
    return stack.command("url", "api").stdout.strip()


def key_of(stack: Stack, person: str, role: str) -> dict[str, str]:
    """The header of a person who is let in with a role."""
    added = stack.command("people", "add", person, "--role", role)
    assert added.returncode == 0, added.stdout + added.stderr
    key = stack.json("api-keys", "create", "--owner", person)["key"]
    return {"Authorization": f"Bearer {key}"}


def test_one_starts_another_approves_and_both_see_it(stack: Stack, api: str) -> None:
    rob, zoe = key_of(stack, "http-runner", "runner"), key_of(stack, "http-approver", "approver")
    with httpx2.Client(base_url=api, timeout=120) as client:
        start = {"flow": "metabolic_analysis", "model": "e_coli_core", "inputs": {"question": CHANGE}}
        url = client.post("/v1/runs", json=start, headers=rob).headers["Location"]
        names: list[str] = []
        for name, _ in watch(client, url, rob):
            names.append(name)
            if name == "ApprovalRequested":
                waiting = client.get(url, headers=rob).json()["waiting_for"]
                approval = f"/v1/approvals/{waiting['id']}/approve"
                assert client.post(approval, headers=rob).status_code == 403
                approved = client.post(approval, json={"digest": waiting["digest"]}, headers=zoe)
                assert approved.status_code == 200, approved.text
        assert names[-1] == "RunFinished"
        events = client.get(f"{url}/events?limit=500", headers=rob).json()["items"]
        assert [event["by"] for event in events if event["type"] == "ApprovalGranted"] == ["http-approver"]
        result = client.get(f"{url}/result", headers=rob).json()
        assert result["answered"] == "yes"
        artifact = client.get(f"{url}/artifacts", headers=rob).json()[-1]
        manifest = client.get(f"{url}/artifacts/{artifact['digest']}", headers=rob).json()
        table = f"{url}/artifacts/{artifact['digest']}/tables/{next(iter(manifest['tables']))}"
        parquet = client.get(table, headers={**rob, "Accept": "application/vnd.apache.parquet"})
        assert len(pd.read_parquet(io.BytesIO(parquet.content))) > 0


def watch(client: httpx2.Client, url: str, headers: dict[str, str]) -> Any:
    """The events of a run as they happen: name and data."""
    accept = {**headers, "Accept": "text/event-stream"}
    with client.stream("GET", f"{url}/events", headers=accept) as response:
        name = ""
        for line in response.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))
