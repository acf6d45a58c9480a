"""Commands on odd files print no remark of cobra or pandas; what matters of it is a warning of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).parents[3] / "data/wild/base.json"

CALLS = """
import sys
from fluxagents.workers import cli
for words in (
    ["models", "add", sys.argv[1]],
    ["models", "show", "odd"],
    ["models", "export", "odd", "--output", sys.argv[2]],
    ["tools", "call", "analyze_metabolic_model", "--model", "odd"],
    ["tools", "call", "validate_model", "--model", "odd"],
    ["tools", "call", "run_metabolic_fba", "--model", "odd", "--arg", "method=loopless"],
    ["tools", "call", "find_minimal_media", "--model", "odd"],
    ["tools", "call", "check_missing_media", "--model", "odd", "--arg", "medium={}"],
    ["tools", "call", "run_production_envelope", "--model", "odd", "--arg", "product_exchange=EX_B_e"],
    ["tools", "call", "run_flux_variability_analysis", "--model", "odd"],
    ["tools", "call", "screen_nutrients", "--model", "odd"],
    ["media", "show", "LB", "--model", "odd"],
):
    try:
        cli.main(words)
    except SystemExit as ended:
        print(words, ended.code)
"""


@pytest.mark.parametrize("compartments", [{"c": "c0", "e": "q7"}, {"c": "extracellular", "e": "e"}])
def test_no_remark_of_a_library_reaches_the_terminal(tmp_path: Path, compartments: dict[str, str]) -> None:
    described = json.loads(BASE.read_text())
    for metabolite, formula in zip(
        described["metabolites"], ("C6H12O6*", "C(H2O)n", "C1.5", "Xyz"), strict=False
    ):
        metabolite["formula"] = formula
    for metabolite in described["metabolites"]:
        metabolite["compartment"] = compartments[metabolite["compartment"]]
    described["compartments"] = dict.fromkeys(compartments.values(), "")
    (tmp_path / "odd.json").write_text(json.dumps(described))
    done = subprocess.run(
        [sys.executable, "-c", CALLS, str(tmp_path / "odd.json"), str(tmp_path / "odd.xml")],
        env={**os.environ, "FLUXAGENTS_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=True,
    )
    ours = ("reading ", "error: ", "  → ", "warning: ", "  ")
    assert [line for line in done.stderr.splitlines() if not line.startswith(ours)] == []
    assert "is taken for the outside of the cell" in " ".join(done.stdout.split())
    assert "complete nonsense" not in done.stdout
    codes = [line for line in done.stdout.splitlines() if line.startswith("['")]
    assert len(codes) == CALLS.count('    ["')
