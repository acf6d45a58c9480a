"""docs/consultations.md: its flow and its commands, as they stand, each expert with a key of their own."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from tests.support.places import DOCS
from tests.support.stack import Stack, run_here
from tests.support.waiting import eventually

from fluxagents.flows.errors import ConflictError
from fluxagents.workers.clients.client import Client

WAITS = 3
"""The exit code of a command whose run waits for a human."""

PAGE = (DOCS / "consultations.md").read_text(encoding="utf-8")
(FLOW,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(ANSWER,) = re.findall(r"```\n(\d.*?)```", PAGE, re.DOTALL)


def call(stack: Stack, line: str, keys: dict[str, str]) -> CompletedProcess[str]:
    """A command of the page, in the name that its comment says."""
    person = re.search(r"# as (\w+)$", line)
    environment = dict(stack.environment)
    if person:
        environment["FLUXAGENTS_API_KEY"] = keys[person[1]]
    return run_here(environment, *shlex.split(line, comments=True)[1:])


@pytest.mark.timeout(300)
def test_experts_are_asked_and_the_run_goes_on_with_what_they_say(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "uptake_limit.yaml"
    file.write_text(FLOW, encoding="utf-8")
    lines = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).splitlines()
    request, printed, keys = "", list[str](), dict[str, str]()
    for line in lines:
        if " people show" in line:
            keys |= {
                name: stack.json("api-keys", "create", "--owner", name)["key"] for name in ("fay", "gus")
            }
        starts = " run " in line
        done = call(stack, line.replace("$REQUEST", request).replace("uptake_limit.yaml", str(file)), keys)
        assert done.returncode == (WAITS if starts else 0), f"{line}\n{done.stdout}{done.stderr}"
        printed.append(done.stdout)
        if starts:
            request = stack.json("approvals", "list")[-1]["id"]
    person, shown, first, _ = (printed[index] for index in (2, 4, 5, 6))
    assert "skills: fermentation, yeast" in person
    assert "expected   a number in mmol/gDW/h from 0 to 20" in shown
    assert "missing    2 more opinions of skill:fermentation" in shown
    assert "it still needs 1 more opinion of skill:fermentation" in first
    store, run = stack.client().store, request.rpartition(".")[0]
    eventually(lambda: store.load(run).has_ended, within_s=120)
    assert store.load(run).answer == ANSWER.strip()
    late = Client(settings=stack.settings, key=keys["fay"])
    with pytest.raises(ConflictError, match="was answered already by 'fay, gus'"):
        late.reply(request, answer="10")
