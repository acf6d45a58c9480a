"""The files of `tests/data/wild`: what each must give, and a table of what it gives.

`python -m tests.support.wild.folder` prints the table for the package that is on the path.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.places import ROOT, SHARED

_OWN = ROOT / "tests" / "data" / "wild"
FOLDER = _OWN if (_OWN / "m_raven_comps.mat").exists() else SHARED / "files"


@dataclass(frozen=True)
class Given:
    """What a file must give: growth, or a refusal with these words; both where either is right."""

    growth_per_h: float | None = None
    status: str = "optimal"
    refused: tuple[str, ...] = ()
    """Words that the refusal holds."""
    warned: tuple[str, ...] = ()
    """Words that the warnings of the model's record hold."""

    def __str__(self) -> str:
        ways = []
        if self.growth_per_h is not None or self.status != "optimal":
            grown = "no growth" if self.growth_per_h is None else f"{self.growth_per_h:.7g}"
            status = "" if self.status == "optimal" else f" ({self.status})"
            named = f", a warning names {', '.join(self.warned)}" if self.warned else ""
            ways.append(f"{grown}{status}{named}")
        if self.refused:
            ways.append(f"refused, naming {', '.join(self.refused)}")
        return " or ".join(ways)


_BASE = 10 / 6
"""By hand: 6 A make one unit of growth."""

FILES: Mapping[str, Given] = {
    "y_subsystem_list.yml": Given(10.0),
    "m_nan_charge.mat": Given(_BASE),
    "oddcharge.json": Given(_BASE, warned=("B_c",)),
    "m_raven_comps.mat": Given(_BASE),
    "s_bound_named.xml": Given(_BASE),
    "coef2.json": Given(_BASE),
    "s_negobj.xml": Given(_BASE),
    "negcoef.json": Given(_BASE),
    "twoobj.json": Given(0.0),  # the objective has an optimum, without growth
    "s_min.xml": Given(_BASE),
    "m_osense_min.mat": Given(_BASE),
    "gene_list.json": Given(_BASE),
    "l2_rule_list.xml": Given(_BASE),
    "m_listrule.mat": Given(_BASE),
    "gene_bad.json": Given(_BASE, warned=("rAB", "g1 and (g2 or")),
    "l2_rule_bad.xml": Given(_BASE, warned=("rAB", "(b1 and b2) or")),
    "gene_comma.json": Given(_BASE, warned=("rAB", "g1,g2;g3")),
    "l2_rule_prose.xml": Given(_BASE, warned=("rAB", "b1 / b2 + (probable)")),
    "s_genes_empty.xml": Given(_BASE),
    "m_csense_LG.mat": Given(4.0, refused=("A_c",)),
    "m_b_nonzero.mat": Given(19 / 12, refused=("B_c",)),
    "lbgtub.json": Given(refused=("tB", "lower_bound")),
    "strnum.json": Given(_BASE, warned=("EX_A_e",)),
    "stoich2ex.json": Given(20 / 6, warned=("EX_A_e",)),
    "base.json": Given(_BASE),
    "s_base.xml": Given(_BASE),
    "l2_base.xml": Given(_BASE),
    "s_missing_bound.xml": Given(_BASE, warned=("tO",)),
    "s_two_obj.xml": Given(_BASE, warned=("o2",)),
    "gene_num.json": Given(_BASE),
    "gene_kw.json": Given(_BASE),
    "inf.json": Given(_BASE),  # no limit on O: A alone limits
    "huge.json": Given(1e6 / 6),
    "bom.json": Given(_BASE, refused=("byte-order mark",)),
    "utf16.json": Given(_BASE, refused=("UTF-16",)),
    "dupid.json": Given(refused=("rAB", "more than once")),
    "unknownmet.json": Given(refused=("Z_e", "EX_A_e")),
    "nan.json": Given(refused=("tA", "upper_bound")),
    "noobj.json": Given(status="no_objective"),
    "noex.json": Given(0.0, status="zero_growth"),
}
"""File -> what it must give; all fluxes in mmol/gDW/h, growth in 1/h."""


def print_table() -> None:
    """Each file by the command line, as rows of a Markdown table."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        gives = pool.map(lambda name: _call(name, folder), FILES)
        print("| file | must give | gives |\n|---|---|---|")  # noqa: T201 - this is what it is for
        for (name, given), found in zip(FILES.items(), gives, strict=True):
            print(f"| {name} | {given} | {found} |")  # noqa: T201 - as above


def _call(name: str, folder: str) -> str:
    command = [sys.executable, "-m", "fluxagents.workers.cli"]
    environment = {**os.environ, "FLUXAGENTS_DATA_DIR": f"{folder}/{name}"}

    def ask(*words: str) -> Any:
        done = subprocess.run(
            [*command, *words, "--json"], env=environment, capture_output=True, text=True, check=False
        )
        if done.stdout.startswith(("{", "[")):
            return json.loads(done.stdout)
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line and line[0] != " "]
        return {"error": {"message": f"not in words but as {lines[-1][:200]}"}}

    answer = ask("tools", "call", "run_metabolic_fba", "--model", str(FOLDER / name))
    if "error" in answer:
        return f"refused: {answer['error']['message']}".replace("|", "\\|").replace("\n", " ")
    result = answer["result"]
    growth = result.get("growth_per_h")
    grown = "no growth" if growth is None else f"{growth:.7g}"
    status = "" if result["status"] == "optimal" else f" ({result['status']})"
    warned = ask("models", "show", Path(name).stem).get("warnings", [])
    messages = [row if isinstance(row, str) else row["message"] for row in warned]
    return "; ".join([f"{grown}{status}", *messages]).replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    print_table()
