"""The examples of docs/flows.md, and the plugin in a pytest of its own, without Redis and solver."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.places import ROOT

from fluxagents.workers import cli

BLOCK = re.compile(r"^```(?:yaml|python)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

NEITHER = """
import sys


class Neither:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"redis", "celery", "kombu", "cobra", "swiglpk", "langchain_core"}:
            raise ImportError(f"{name} is not needed here")


sys.meta_path.insert(0, Neither())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the documentation shows."""
    section = (ROOT / "docs" / "flows.md").read_text(encoding="utf-8").partition("\n## Testing\n")[2]
    for name, text in BLOCK.findall(section):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {
        "conftest.py",
        "growth_check.scenarios.yaml",
        "growth_check.yaml",
        "test_growth_check.py",
    }
    return tmp_path


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The files name this plugin themselves; those that pytest finds installed take seconds to import."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_examples_of_the_documentation_hold(folder: Path) -> None:
    (folder / "neither.py").write_text(NEITHER)
    done = pytest_in(folder, "-q", "--strict-markers", "-p", "neither")
    assert "6 passed" in done.stdout, done.stdout + done.stderr


def test_the_edge_that_the_documentation_misses_is_the_one_that_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["flows", "test", str(folder), "--fail-under", "100"])
    assert ended.value.code == 1
    shown = capsys.readouterr().out
    documented = re.search(
        r"^growth_check: nothing walks\n.*\n", (ROOT / "docs" / "flows.md").read_text(), re.MULTILINE
    )
    assert documented is not None
    assert documented[0] in shown
    assert "growth_check is covered by 93.3 %, less than 100 %" in shown


def test_a_scenario_that_does_not_hold_fails_its_test(folder: Path) -> None:
    scenarios = folder / "growth_check.scenarios.yaml"
    scenarios.write_text(scenarios.read_text().replace("[measure, grows, done]", "[measure, grows, feed]"))
    done = pytest_in(folder, "-q", "-k", "grows")
    assert "1 failed" in done.stdout, done.stdout + done.stderr
    assert (
        "grows —growth_per_h > floor_per_h→ done; saw floor_per_h = 0.1, growth_per_h = 0.8739215"
        in done.stdout
    )


def test_an_answer_that_nothing_asks_for_is_refused(folder: Path) -> None:
    (folder / "test_growth_check.py").write_text(
        "def test_it(rehearse):\n"
        "    rehearse('growth_check.yaml', world={'measure': [{'summary': {'growth_per_h': 1.0}}] * 2})\n"
    )
    done = pytest_in(folder, "-q")
    assert "node 'measure': answer 2 (summary) was never asked for" in done.stdout
    assert "the path was measure → grows → done" in done.stdout
