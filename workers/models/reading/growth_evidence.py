"""Warnings about what growth is in a model: no biomass, several, one backwards, or another objective."""

from __future__ import annotations

from collections.abc import Iterator

from cobra import Model

from fluxagents.tasks.fba.solving.biomass import Biomass, find_biomass
from fluxagents.tasks.fba.solving.objective import Objective, read_objective
from fluxagents.tasks.ports.models import Concern, ModelWarning

_MAX_ELEMENTS = 10


def warn_about_growth(model: Model) -> Iterator[ModelWarning]:
    """What a user should know before trusting growth; nothing if the objective is growth and nothing else."""
    objective = read_objective(model)
    biomass = find_biomass(model, objective=objective)
    reaction = biomass.reaction
    if biomass.problem is not None or reaction is None:
        yield ModelWarning(
            kind=_name_problem(biomass),
            message=f"growth is not known: {biomass.problem}",
            count=max(len(biomass.candidates), 1),
            elements=(biomass.backwards,) if biomass.backwards else biomass.candidates[:_MAX_ELEMENTS],
            concerns=(Concern.GROWTH,),
        )
    elif objective.terms and objective.factor(reaction) is None:
        yield ModelWarning(
            kind="objective_is_not_growth",
            message=f"the objective ({_describe(objective)}) is not growth alone: growth is the flux of "
            f"'{reaction.id}', found by its {_EVIDENCE[biomass.found_by or 'name']}; another reaction can be "
            "named with the argument 'biomass'",
            elements=(reaction.id,),
            concerns=(Concern.GROWTH,),
        )


def _name_problem(biomass: Biomass) -> str:
    if biomass.backwards is not None:
        return "biomass_backwards"
    return "several_biomass" if biomass.candidates else "no_biomass"


_EVIDENCE = {
    "user": "name",
    "sbo": "SBO term",
    "name": "name",
    "composition": "composition",
    "objective": "part in the objective",
}


def _describe(objective: Objective) -> str:
    text = objective.text if len(objective.text) <= _MAX_TEXT else f"{objective.text[:_MAX_TEXT]} …"
    return f"{'maximise' if objective.direction == 'max' else 'minimise'} {text}"


_MAX_TEXT = 200
