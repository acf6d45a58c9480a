"""The medium and the objective of an analysis: conditions that hold while a tool runs.

Uptake is positive in a medium and negative as a flux, both in mmol/gDW/h.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.central_metabolism.central_reactions import find_central
from fluxagents.tasks.fba.entity_names import suggest_named
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.ports.media import Uptake
from fluxagents.tasks.ports.results import Args

if TYPE_CHECKING:
    from cobra import Model, Reaction

"""The most uptake through an exchange reaction, mmol/gDW/h."""

MAX_UPTAKES_SHOWN = 80
"""A medium with more is not handed on in a summary."""


class GrowthArgs(Args):
    """What growth is."""

    biomass: str | None = Field(
        default=None,
        description="Reaction whose flux is growth, 1/h, where the model does not tell or tells it wrongly.",
    )


class MediumArgs(GrowthArgs):
    """Which nutrients the cell may take up."""

    medium: dict[str, Uptake] | None = Field(
        default=None,
        description="Replaces the whole medium: exchange reaction id -> most uptake in mmol/gDW/h; "
        "all other uptakes are closed.",
    )
    medium_changes: dict[str, Uptake] | None = Field(
        default=None,
        description="Changes only these uptakes: exchange reaction id -> most uptake in mmol/gDW/h, "
        'such as {"EX_o2_e": 0} for no oxygen.',
    )


class ConditionArgs(MediumArgs):
    """Under which conditions an analysis runs; the stored model stays as it is."""

    objective: str | None = Field(
        default=None,
        description="Reaction whose flux (mmol/gDW/h) is maximised instead of growth.",
    )


class MediumChange(BaseModel):
    """One uptake that was changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exchange: str
    name: str
    uptake_before_mmol_per_gdw_h: float | None
    """None for no limit."""
    uptake_after_mmol_per_gdw_h: float


def exchanges(model: Model) -> dict[str, Reaction]:
    """The exchange reactions by id, as cobra tells them from demands and sinks; empty if there are none."""
    if not model.boundary:
        return {}
    try:
        return {reaction.id: reaction for reaction in cobra.medium.find_boundary_types(model, "exchange")}
    except RuntimeError as error:
        raise FluxError(
            ErrorClass.MEDIUM,
            f"the exchange reactions of model '{model.id}' cannot be told: {' '.join(str(error).split())}",
            suggestions=("name the external compartment 'e'",),
        ) from error


def uptake(exchange: Reaction) -> float:
    """The most uptake that an exchange reaction allows, mmol/gDW/h, at least 0; may be infinite."""
    bound = -exchange.lower_bound if exchange.reactants else exchange.upper_bound
    return max(float(bound), 0.0)


def uptake_flux(exchange: Reaction, flux: float) -> float:
    """The uptake that a flux through an exchange reaction means; negative for secretion."""
    return -flux if exchange.reactants else flux


def medium_of(model: Model) -> dict[str, float]:
    """The open uptakes of the model: exchange reaction -> mmol/gDW/h; no limit counts as 1,000,000."""
    limits = ((identifier, uptake(reaction)) for identifier, reaction in exchanges(model).items())
    return {identifier: min(limit, 1_000_000.0) for identifier, limit in limits if limit > 0}


def apply_medium(model: Model, args: MediumArgs) -> tuple[MediumChange, ...]:
    """Set the uptakes on the model; returns those that changed.

    Raises:
        FluxError: `MEDIUM` for an id that is no exchange reaction, with the nearest ids.
    """
    if args.medium is None and args.medium_changes is None:
        return ()
    known = exchanges(model)
    uptakes: dict[str, float] = {}
    if args.medium is not None:
        uptakes.update(dict.fromkeys((i for i, reaction in known.items() if uptake(reaction) > 0), 0.0))
        uptakes.update(args.medium)
    uptakes.update(args.medium_changes or {})
    for identifier in uptakes:
        if identifier not in known:
            raise _no_exchange(model, identifier, known)
    changes = (set_uptake(known[identifier], limit) for identifier, limit in uptakes.items())
    return tuple(change for change in changes if change is not None)


def apply_conditions(model: Model, args: ConditionArgs) -> tuple[MediumChange, ...]:
    """Set medium and objective on the model: call it inside `with model:`; returns the uptakes that changed.

    Raises:
        FluxError: `MEDIUM` for an unknown exchange, `UNKNOWN_ID` for an unknown objective reaction.
    """
    changes = apply_medium(model, args)
    if args.objective is not None:
        model.objective = model.reactions.get_by_id(require_reaction(model, args.objective))
        model.objective_direction = "max"
    return changes


def require_reaction(model: Model, identifier: str) -> str:
    """The id, if the model has such a reaction; otherwise `UNKNOWN_ID` with the ids of that name or near."""
    if identifier in model.reactions:
        return identifier
    message = f"reaction '{identifier}' is not in model '{model.id}'"
    named = suggest_named("reaction", identifier, model.reactions) or _suggest_central(model, identifier)
    ids = [reaction.id for reaction in model.reactions]
    raise FluxError(ErrorClass.UNKNOWN_ID, message, suggestions=named or nearest(identifier, ids))


def _suggest_central(model: Model, query: str) -> tuple[str, ...]:
    """Sentences that name the ids of what a query means in central metabolism."""
    meant = find_central(query)
    ids = (r.id for r in model.reactions if any(central.is_in(r) for central in meant))
    return tuple(f"reaction '{query}' has the id '{identifier}'" for identifier in ids)


def set_uptake(exchange: Reaction, limit: float) -> MediumChange | None:
    """Set the most uptake (mmol/gDW/h) of an exchange; returns the change, None if it was that already.

    Raises:
        FluxError: `MEDIUM` if the exchange is forced to another flux.
    """
    before = uptake(exchange)
    if before == limit:
        return None
    try:
        if exchange.reactants:
            exchange.lower_bound = 0.0 - limit
        else:
            exchange.upper_bound = limit
    except ValueError as error:
        message = f"uptake {limit} mmol/gDW/h contradicts the bounds {exchange.bounds} of '{exchange.id}'"
        raise FluxError(ErrorClass.MEDIUM, message) from error
    return MediumChange(
        exchange=exchange.id,
        name=exchange.name or exchange.id,
        uptake_before_mmol_per_gdw_h=None if before == float("inf") else before,
        uptake_after_mmol_per_gdw_h=limit,
    )


def _no_exchange(model: Model, identifier: str, known: Mapping[str, Reaction]) -> FluxError:
    by_metabolite = {m.id: i for i, reaction in known.items() for m in reaction.metabolites}
    suggestions: tuple[str, ...] = ()
    if identifier in by_metabolite:
        suggestions = (f"the exchange reaction of '{identifier}' is '{by_metabolite[identifier]}'",)
    else:
        suggestions = nearest(identifier, known)
    kind = "is no exchange reaction of" if identifier in model.reactions else "is not in"
    message = f"exchange '{identifier}' {kind} model '{model.id}'"
    return FluxError(ErrorClass.MEDIUM, message, suggestions=suggestions)
