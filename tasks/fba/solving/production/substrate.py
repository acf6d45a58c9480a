"""A sole carbon source: one substrate is taken up, and no other carbon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.solving.conditions import apply_medium, exchanges, uptake
from fluxagents.tasks.fba.solving.production.carbon import carbon_atoms
from fluxagents.tasks.fba.solving.strain import StrainArgs

if TYPE_CHECKING:
    from cobra import Model, Reaction

INORGANIC = ({"C": 1, "O": 2}, {"C": 1, "H": 1, "O": 3}, {"C": 1, "H": 2, "O": 3}, {"C": 1, "O": 3})
"""Carbon dioxide, bicarbonate, carbonic acid, carbonate."""


class SubstrateArgs(StrainArgs):
    """Conditions under which one substrate is the only source of carbon."""

    substrate: str | None = Field(
        default=None,
        description="Sole carbon source, as exchange reaction or external metabolite; every other uptake of "
        "carbon is closed. The medium as it is if absent.",
    )
    substrate_uptake_mmol_per_gdw_h: float = Field(
        default=10.0, gt=0, le=1000, description="Most uptake of the substrate, mmol/gDW/h."
    )
    co2_uptake: bool = Field(
        default=False, description="Whether CO2 and bicarbonate may be taken up beside the substrate."
    )

    def in_effect(self, model: Model) -> Self:
        """The same with the uptakes that a sole substrate opens and closes, as changes of the medium.

        Raises:
            FluxError: `MEDIUM` if the substrate cannot be taken up at all, with the nearest ids.
        """
        if self.substrate is None:
            return self
        substrate = substrate_exchange(model, self.substrate)
        with model:
            apply_medium(model, self)
            carbon = {
                identifier: 0.0
                for identifier, exchange in exchanges(model).items()
                if uptake(exchange) > 0 and carbon_atoms(exchange) and not self._keeps(exchange)
            }
        changes = {
            **(self.medium_changes or {}),
            **carbon,
            substrate.id: self.substrate_uptake_mmol_per_gdw_h,
        }
        return self.model_copy(update={"medium_changes": changes})

    def _keeps(self, exchange: Reaction) -> bool:
        return self.co2_uptake and next(iter(exchange.metabolites)).elements in INORGANIC


def substrate_exchange(model: Model, substrate: str) -> Reaction:
    """The exchange reaction of a substrate; raises `MEDIUM` with the nearest ids."""
    known = exchanges(model)
    by_metabolite = {m.id: reaction for reaction in known.values() for m in reaction.metabolites}
    exchange = known.get(substrate) or by_metabolite.get(substrate)
    if exchange is None:
        message = f"substrate '{substrate}' is no exchange reaction of model '{model.id}'"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=nearest(substrate, [*known, *by_metabolite]))
    return exchange
