"""Elements that a medium lacks, found by opening every uptake that does not bring them.

A medium lacks an element if there is no growth even with all uptakes open whose compounds do not contain it,
and growth once a usual source of it is open as well. So the nitrogen of a vitamin counts for no source of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.fba.media.library.compound_index import index_exchanges
from fluxagents.tasks.fba.media.library.compounds import compounds_by_id
from fluxagents.tasks.fba.media.media_growth import MediumTrial
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, exchanges
from fluxagents.tasks.fba.solving.growth import hold_conditions
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model, Reaction

SOURCES: Mapping[str, tuple[str, str]] = {
    "C": ("carbon", "glc__D"),
    "N": ("nitrogen", "nh4"),
    "P": ("phosphorus", "pi"),
    "S": ("sulfur", "so4"),
    "K": ("potassium", "k"),
    "Mg": ("magnesium", "mg2"),
    "Fe": ("iron", "fe2"),
    "Ca": ("calcium", "ca2"),
    "Cl": ("chlorine", "cl"),
    "Mn": ("manganese", "mn2"),
    "Zn": ("zinc", "zn2"),
    "Cu": ("copper", "cu2"),
    "Co": ("cobalt", "cobalt2"),
    "Mo": ("molybdenum", "mobd"),
    "Ni": ("nickel", "ni2"),
    "Na": ("sodium", "na1"),
    "Se": ("selenium", "slnt"),
}
"""Element -> its name, and a usual source by its BiGG id. Hydrogen and oxygen are never what is missing."""

OPEN_UPTAKE_MMOL_PER_GDW_H = 10.0
"""Of an uptake that is opened for the test."""


def explain_no_growth(model: Model, uptakes: Mapping[str, float], biomass: str | None = None) -> str | None:
    """Why a model does not grow on a medium, in a sentence; None if it grows, or if growth is not known.

    Args:
        model: As it was afterwards.
        uptakes: The whole medium: exchange -> most uptake, mmol/gDW/h.
        biomass: What the user says that the biomass reaction is.
    """
    try:
        with (
            hold_conditions(model, ConditionArgs(biomass=biomass)) as conditions,
            MediumTrial.of(model) as trial,
        ):
            if conditions.biomass.reaction is None or not lacks_growth(trial, uptakes):
                return None
            known = exchanges(model)
            if lacks_growth(trial, dict.fromkeys(known, OPEN_UPTAKE_MMOL_PER_GDW_H)):
                return "no growth on it, nor on any other medium"
            lacking = find_lacking_elements(model, trial, uptakes)
    except FluxError:
        return None  # The run itself says what is wrong.
    if not lacking:
        return "no growth on it; the tool check_missing_media finds what is missing"
    sources = (f"{SOURCES[element][0]} (such as {source})" for element, source in lacking.items())
    return f"no growth on it, it has no source of {', '.join(sources)}"


def lacks_growth(trial: MediumTrial, uptakes: Mapping[str, float]) -> bool:
    """Whether nothing grows on a medium; what has no limit grows."""
    return trial.growth_on(uptakes).status in {Outcome.ZERO_GROWTH, Outcome.INFEASIBLE}


def find_lacking_elements(model: Model, trial: MediumTrial, uptakes: Mapping[str, float]) -> dict[str, str]:
    """The elements that a medium lacks, each with a usual source: `ammonium, EX_nh4_e`."""
    index, known = index_exchanges(model), exchanges(model)
    lacking: dict[str, str] = {}
    for element, (_, usual) in SOURCES.items():
        compound = compounds_by_id().get(usual)
        match = index.find(compound) if compound else None
        if compound is None or match is None or uptakes.get(match.id, 0.0) > 0:
            continue
        others = [each for each, reaction in known.items() if not _may_bring(reaction, element)]
        opened = {**dict.fromkeys(others, OPEN_UPTAKE_MMOL_PER_GDW_H), **uptakes}
        with_source = {**opened, match.id: OPEN_UPTAKE_MMOL_PER_GDW_H}
        if lacks_growth(trial, opened) and not lacks_growth(trial, with_source):
            lacking[element] = f"{compound.names[0]}, {match.id}"
    return lacking


def _may_bring(exchange: Reaction, element: str) -> bool:
    """Whether what is exchanged contains an element; of an unknown formula anything may be."""
    formulas = (metabolite.elements for metabolite in exchange.metabolites)
    return any(not elements or element in elements for elements in formulas)
