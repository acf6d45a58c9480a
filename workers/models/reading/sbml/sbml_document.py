"""Corrections to an SBML document before cobra makes a model of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxagents.workers.models.reading.sbml.sbml_outline import SbmlOutline

SENSES: Mapping[str, str] = {
    "maximize": "maximize",
    "maximise": "maximize",
    "max": "maximize",
    "minimize": "minimize",
    "minimise": "minimize",
    "min": "minimize",
}
"""What a file may call the sense of an objective -> what SBML calls it."""


def correct_document(document: Any, outline: SbmlOutline) -> None:
    """Bring a libSBML document, in place, to what cobra reads as it is meant."""
    model = document.getModel()
    # cobra gives each boundary species an exchange of its own making, in place of the file's.
    for identifier in outline.boundary_species:
        model.getSpecies(identifier).setBoundaryCondition(False)
    for reaction in outline.reactions.values():
        for parameter in (reaction.lower, reaction.upper):
            if parameter and not outline.parameters[parameter][1]:
                model.getParameter(parameter).setConstant(True)
    plugin = model.getPlugin("fbc")
    if plugin is None:
        return
    for identifier, objective in outline.objectives.items():
        plugin.getObjective(identifier).setType(SENSES.get(objective.sense.strip().lower(), "maximize"))
    if not outline.active_objective and len(outline.objectives) == 1:
        plugin.setActiveObjectiveId(next(iter(outline.objectives)))
