"""The same call on another worker: another process, with another order of hashed sets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.places import ROOT

from fluxagents.tasks.registry import TOOLS


@pytest.mark.long
@pytest.mark.timeout(300)
def test_every_tool_finds_the_same_on_another_worker(tmp_path: Path) -> None:
    found = []
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.contract.elsewhere", str(tmp_path / seed)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2_000:]
        found.append(json.loads(done.stdout))
    assert found[0].keys() == TOOLS.keys()
    assert [name for name in TOOLS if found[0][name] != found[1][name]] == []
