"""Exchanges whose flux is not the amount of the compound that passes: their coefficient is not 1."""

from __future__ import annotations

from cobra import Model, Reaction

from fluxagents.tasks.ports.models import Concern, ModelWarning

_MAX_ELEMENTS = 10


def warn_of_coefficients(model: Model) -> list[ModelWarning]:
    """One warning for all boundary reactions that can take up more or less of a compound than their flux."""
    odd = [reaction for reaction in model.boundary if _takes_up_otherwise(reaction)]
    if not odd:
        return []
    metabolite, coefficient = next(iter(odd[0].metabolites.items()))
    more = f" (and {len(odd) - 1} more)" if odd[1:] else ""
    message = (
        f"the exchange '{odd[0].id}'{more} has the coefficient {coefficient:g}: the uptake of "
        f"'{metabolite.id}' is {abs(coefficient):g} times its flux and bounds; write -1 and bounds to match"
    )
    return [
        ModelWarning(
            kind="exchange_coefficient",
            message=message,
            count=len(odd),
            elements=tuple(reaction.id for reaction in odd[:_MAX_ELEMENTS]),
            concerns=(Concern.MEDIUM,),
        )
    ]


def _takes_up_otherwise(reaction: Reaction) -> bool:
    (coefficient,) = reaction.metabolites.values()
    uptake = -reaction.lower_bound if coefficient < 0 else reaction.upper_bound
    return bool(abs(coefficient) != 1 and uptake > 0)
