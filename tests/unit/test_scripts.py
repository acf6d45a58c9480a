"""The script and the notebook of the documents do what they say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.support.places import DOCS

GROWTH_PER_H = (0.8739215069684303, 0.2116629497353109, 0.1733385844777872)
"""By cobra alone: of e_coli_core on 10 mmol/gDW/h of glucose, of glucose without oxygen, of acetate."""


def run_python(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done


def test_the_script_writes_its_table_and_its_plot(tmp_path: Path) -> None:
    done = run_python(str(DOCS / "script.py"), str(tmp_path), folder=tmp_path)
    table = pd.read_csv(tmp_path / "growth.csv")
    assert table["growth_per_h"].tolist() == pytest.approx(GROWTH_PER_H, rel=1e-6)
    assert set(table["status"]) == {"finished"}
    assert (tmp_path / "envelope.png").read_bytes().startswith(b"\x89PNG")
    assert "3 finished, 0 failed, 0 waiting, 0 running" in done.stderr


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each cell of the notebook shows, run in a kernel of its own."""
    folder = tmp_path_factory.mktemp("notebook")
    # A kernel works in the folder of its notebook.
    shutil.copy(DOCS / "notebook.ipynb", folder)
    execute = "from nbclient.cli import main; main()"
    run_python("-c", execute, "notebook.ipynb", "--output=done.ipynb", folder=folder)
    cells = json.loads((folder / "done.ipynb").read_text())["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def test_the_notebook_runs_without_errors_or_messages(outputs: list[dict[str, Any]]) -> None:
    assert {output["output_type"] for output in outputs} == {"display_data", "execute_result"}


def test_the_notebook_shows_runs_tables_and_plots(outputs: list[dict[str, Any]]) -> None:
    shown = [output["data"] for output in outputs]
    pages = ["".join(data["text/html"]) for data in shown if "text/html" in data]
    assert not any("<script" in page for page in pages)
    assert any("With no uptake through EX_o2_e" in page or "0.2117" in page for page in pages)
    assert any("session carbon" in page for page in pages)
    assert any('<progress value="3" max="3">' in page for page in pages)
    (table,) = [page for page in pages if "glucose, no oxygen" in page]
    assert all(f"{growth:.6f}" in table for growth in GROWTH_PER_H)
    assert sum("image/png" in data for data in shown) == 1


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = json.loads((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
