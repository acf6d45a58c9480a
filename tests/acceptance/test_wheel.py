"""The built wheel in an environment of its own: what users install is whole."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.support.places import ROOT
from tests.support.stack import isolated


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=isolated(folder / "data"),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, folder=ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The binaries of an environment with the wheel and its locked dependencies, far from the checkout."""
    folder = tmp_path_factory.mktemp("clean")
    uv = Path(sys.executable).with_name("uv")
    run(uv, "venv", "--python", sys.executable, folder / "venv", folder=folder)
    python = folder / "venv" / "bin" / "python"
    lock = ROOT / "requirements.lock"
    run(uv, "pip", "install", "--python", python, "--require-hashes", "-r", lock, folder=folder)
    run(uv, "pip", "install", "--python", python, "--no-deps", wheel, folder=folder)
    return python.parent


def test_it_holds_what_is_no_python_too(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "fluxagents/py.typed",
        "fluxagents/flows/library/metabolic_analysis.yaml",
        "fluxagents/flows/library/tests/metabolic_analysis.scenarios.yaml",
        "fluxagents/workers/redis/lua/claim.lua",
        "fluxagents/tasks/index.json",
    } <= names
    assert any(name.startswith("fluxagents/prompts/templates/") for name in names)
    assert not any(name.startswith(("tests/", "flows/", "workers/")) for name in names)


def test_it_computes_away_from_the_checkout(clean: Path, tmp_path: Path) -> None:
    printed = run(
        clean / "fluxagents",
        "tools",
        "call",
        "run_metabolic_fba",
        "--model",
        "e_coli_core",
        "--json",
        folder=tmp_path,
    )
    assert json.loads(printed)["result"]["growth_per_h"] == pytest.approx(0.8739215069684, rel=1e-6)


def test_its_flows_and_prompts_are_found(clean: Path, tmp_path: Path) -> None:
    graph = (clean / "fluxagents", "flows", "graph", "metabolic_analysis")
    assert "flowchart TD" in run(*graph, folder=tmp_path)
    assert "<svg " in run(*graph, "--format", "svg", folder=tmp_path)
    module = "fluxagents.prompts.versions.manager"
    code = f"from {module} import PromptManager; print(PromptManager().test_prompt('final_report'))"
    assert run(clean / "python", "-c", code, folder=tmp_path)


def test_everything_starts_from_it(clean: Path, tmp_path: Path) -> None:
    fluxagents = clean / "fluxagents"
    run(fluxagents, "up", "--detach", folder=tmp_path)
    try:
        words = (
            "run",
            "metabolic_analysis",
            "--model",
            "e_coli_core",
            "--question",
            "How fast does it grow?",
        )
        document = json.loads(
            run(fluxagents, *words, "--wait", "--timeout", "120", "--json", folder=tmp_path)
        )
    finally:
        run(fluxagents, "down", folder=tmp_path)
    assert document["status"] == "finished"
    assert "0.874 1/h" in document["answer"]
