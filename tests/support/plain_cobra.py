"""The same questions put to cobra alone: what the flows of the library are measured against."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cobra.flux_analysis import single_gene_deletion
from cobra.io import read_sbml_model
from tests.support.places import SHARED

DATA = {"e_coli_core": "textbook.xml.gz", "iJO1366": "iJO1366.xml.gz"}
MODELS = SHARED / "models"
"""Models that do not come with cobra, if somebody put them beside the repository."""

CARRIERS = {
    "ATP": {"atp_c": -1, "h2o_c": -1, "adp_c": 1, "h_c": 1, "pi_c": 1},
    "NADH": {"nadh_c": -1, "nad_c": 1, "h_c": 1},
    "NADPH": {"nadph_c": -1, "nadp_c": 1, "h_c": 1},
    "proton": {"h_e": -1, "h_c": 1},
}
"""What runs down when an energy carrier is discharged (Fritzemeier et al. 2017)."""


def model(name: str) -> Any:
    """A model, read by cobra itself."""
    if name == "iML1515":
        file = MODELS / "iML1515.xml.gz"
        if not file.exists():
            pytest.skip(f"iML1515.xml.gz is not at {MODELS}")
        return read_sbml_model(str(file))
    found = find_spec("cobra")
    assert found is not None
    assert found.origin is not None
    return read_sbml_model(str(Path(found.origin).parent / "data" / DATA[name]))


def changed(model: Any, changes: Mapping[str, float]) -> None:
    """Give a model other uptakes, in mmol/gDW/h."""
    model.medium = {**model.medium, **changes}


def only(model: Any, medium: Mapping[str, float]) -> None:
    """Close every uptake that is not named."""
    model.medium = dict(medium)


def growth(model: Any) -> float:
    """The best growth in 1/h; 0 where nothing is feasible."""
    found = model.slim_optimize(error_value=0.0)
    return 0.0 if math.isnan(found) else float(found)


def secretion(model: Any, product: str, *, fraction: float) -> tuple[float, float]:
    """Least and greatest secretion in mmol/gDW/h at a fraction of the best growth."""
    best = growth(model)
    found = []
    with model:
        (biomass,) = [one for one in model.reactions if one.objective_coefficient]
        biomass.lower_bound = fraction * best
        for direction in ("min", "max"):
            model.objective = product
            model.objective_direction = direction
            found.append(float(model.slim_optimize()))
    return found[0], found[1]


def sole_carbon(model: Any, substrate: str) -> None:
    """Close every uptake of carbon but one."""
    for exchange in model.exchanges:
        (metabolite,) = exchange.metabolites
        if exchange.id != substrate and "C" in metabolite.elements:
            exchange.lower_bound = 0


def production(model: Any, product: str) -> float:
    """The greatest secretion in mmol/gDW/h."""
    with model:
        model.objective = product
        return growth(model)


def essential_genes(model: Any) -> set[str]:
    """Genes without which less than a hundredth of the growth is left."""
    floor = 0.01 * growth(model)
    table = single_gene_deletion(model, processes=1)
    return {
        next(iter(ids))
        for ids, left in zip(table["ids"], table["growth"], strict=True)
        if math.isnan(left) or left < floor
    }


def charged(model: Any) -> list[str]:
    """Energy carriers that a model charges out of nothing."""
    found = []
    for name, equation in CARRIERS.items():
        with model:
            for reaction in model.reactions:
                if reaction.boundary:
                    reaction.bounds = (0, 0)
                else:
                    reaction.bounds = (min(reaction.lower_bound, 0), max(reaction.upper_bound, 0))
            discharge = type(model.reactions[0])("discharge", lower_bound=0, upper_bound=1_000)
            model.add_reactions([discharge])
            discharge.add_metabolites(
                {model.metabolites.get_by_id(one): count for one, count in equation.items()}
            )
            if production(model, "discharge") > 1e-6:
                found.append(name)
    return found


def dead_ends(model: Any) -> set[str]:
    """Metabolites that no reaction makes, or none uses."""
    return {
        metabolite.id
        for metabolite in model.metabolites
        if not (_moves(metabolite, 1) and _moves(metabolite, -1))
    }


def _moves(metabolite: Any, sign: int) -> bool:
    reactions: Iterable[Any] = metabolite.reactions
    return any(
        sign * reaction.metabolites[metabolite] * bound > 0
        for reaction in reactions
        for bound in reaction.bounds
    )


def unbalanced(model: Any, *, charge: bool) -> set[str]:
    """Reactions, but for those at the boundary and biomass, that lose or make mass or charge."""
    return {
        reaction.id
        for reaction in model.reactions
        if not reaction.boundary
        and "biomass" not in reaction.id.lower()
        and any(
            abs(excess) > 1e-6
            for what, excess in reaction.check_mass_balance().items()
            if (what == "charge") == charge
        )
    }


def matthews(predicted: Mapping[str, bool], observed: Mapping[str, bool]) -> tuple[float, float]:
    """Accuracy and Matthews correlation of predictions over what was observed."""
    pairs = [(predicted[name], seen) for name, seen in observed.items()]
    tp, tn, fp, fn = (
        pairs.count(kind) for kind in ((True, True), (False, False), (True, False), (False, True))
    )
    below = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return (tp + tn) / len(pairs), (tp * tn - fp * fn) / below
