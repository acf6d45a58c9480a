"""Writes `strain_design.json`: designs of the core model by StrainDesign, an oracle of the tests.

`pip install straindesign==1.19.1` in an environment of its own, then `python strain_design.py`.
"""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import Any

import straindesign
from cobra.io import load_model

BIOMASS = "Biomass_Ecoli_core"
CASES = (("EX_succ_e", 0.5, 3), ("EX_succ_e", 0.5, 4), ("EX_etoh_e", 1.0, 4))
"""Product, yield in mol/mol that must be exceeded, count of knock-outs at most; without oxygen."""


def find_cut_sets(product: str, least_yield: float, most_knock_outs: int) -> list[list[str]]:
    """All minimal cut sets that keep a tenth of the growth and leave no lower yield at it."""
    model: Any = load_model("textbook")
    model.solver = "glpk"
    model.reactions.EX_o2_e.lower_bound = 0
    growth = f"{BIOMASS} >= {0.1 * model.slim_optimize()}"
    unwanted = f"{product} + {least_yield} EX_glc__D_e <= 0"
    modules = [
        straindesign.SDModule(model, "suppress", constraints=[unwanted, growth]),
        straindesign.SDModule(model, "protect", constraints=[growth]),
    ]
    costs = {r.id: 1.0 for r in model.reactions if not r.boundary and r.id != BIOMASS}
    designs = straindesign.compute_strain_designs(
        model, sd_modules=modules, max_cost=most_knock_outs, max_solutions=100_000, solution_approach="best",
        ko_cost=costs, solver="glpk",
    )  # fmt: skip
    return sorted(
        sorted(name for name, change in design.items() if change == -1) for design in designs.reaction_sd
    )


if __name__ == "__main__":
    cases = [
        {
            "product_exchange": product,
            "min_yield_mol_per_mol": least_yield,
            "most_knock_outs": most,
            "cut_sets": find_cut_sets(product, least_yield, most),
        }
        for product, least_yield, most in CASES
    ]
    version = importlib.metadata.version("straindesign")
    path = Path(__file__).with_name("strain_design.json")
    path.write_text(json.dumps({"straindesign": version, "solver": "glpk", "cases": cases}, indent=1) + "\n")
