"""The examples of the README do what it says."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from tests.support.places import ROOT
from tests.support.stack import Stack

EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_a_program_that_has_only_celery_starts_a_run(stack: Stack, tmp_path: Path) -> None:
    (example,) = [text for text in EXAMPLES if "send_task" in text]
    assert "fluxagents import" not in example
    script = tmp_path / "start.py"
    script.write_text(example)
    url = stack.command("url").stdout.strip()
    environment = {"PATH": "", "BROKER_URL": url}
    for _ in range(2):  # sent twice, it starts once
        done = subprocess.run(
            [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 60
    while stack.command("runs", "show", "my-own-id-1").returncode == 2:  # not taken from its queue yet
        assert time.monotonic() < deadline
    run = stack.client().get("my-own-id-1")
    assert run.wait(200) == "finished"
    assert run.answer
    assert [event.type for event in run.events()].count("RunStarted") == 1
