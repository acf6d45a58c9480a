"""What cut sets are for: what shall be impossible, what must stay possible, and whether a strain is so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.cut_sets.cell_behaviour import (
    Behaviour,
    Conversion,
    Growth,
    LowYield,
    find_extreme_yield,
)
from fluxagents.tasks.fba.cut_sets.cut_targets import CutTargetArgs
from fluxagents.tasks.fba.solving.conditions import exchanges, uptake
from fluxagents.tasks.fba.solving.growth import Conditions
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.fba.solving.production.carbon import carbon_atoms
from fluxagents.tasks.fba.solving.production.substrate import INORGANIC, substrate_exchange

if TYPE_CHECKING:
    from cobra import Model, Reaction

DEFAULT_YIELD_FRACTION = 0.1
"""Of the greatest yield, where none is asked for."""


class CutSetTaskArgs(CutTargetArgs):
    """What shall be impossible, and what may be knocked out for it.

    Without a product: growth. With one: growth with little of the product per substrate, while growth with
    more of it stays possible.
    """

    product_exchange: str | None = Field(
        default=None,
        description="Exchange reaction of the product that growth is coupled to, such as EX_etoh_e, or a "
        "metabolite without one. If absent, growth itself shall be impossible.",
    )
    substrate_exchange: str | None = Field(
        default=None, description="Of the yield; the only organic uptake of the medium if absent."
    )
    min_yield_mol_per_mol: float | None = Field(
        default=None,
        ge=0,
        description="Product per substrate that a growing cell must make more than; a tenth of the greatest "
        "yield if absent.",
    )
    min_growth_fraction_of_wild_type: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="With a product: fraction of the wild type's growth that must stay possible, and from "
        "which on a low yield must not be.",
    )
    threshold_fraction_of_wild_type: float = Field(
        default=0.01,
        gt=0,
        le=1,
        description="Without a product: growth from this fraction of the wild type's on shall be impossible.",
    )

    @model_validator(mode="after")
    def _yield_has_product(self) -> Self:
        of_yield = (self.substrate_exchange, self.min_yield_mol_per_mol)
        if self.product_exchange is None and of_yield != (None, None):
            raise ValueError("a yield goes with 'product_exchange'")
        return self


@dataclass(frozen=True, slots=True)
class StrainCheck:
    """What flux balance analysis says of a strain, apart from any search."""

    growth_per_h: float | None
    """The best; None if the strain is infeasible."""
    least_yield_mol_per_mol: float | None
    """Where it grows as much as must stay possible; None if it does not, or without a product."""
    is_as_asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CutSetTask:
    """What the cut sets of a model are for."""

    unwanted: Behaviour
    wanted: Behaviour | None
    growth_per_h: float
    """That shall be impossible, or with a product must stay possible."""
    conversion: Conversion | None
    min_yield: float
    fields: Mapping[str, object]
    """Of the result."""

    def check(self, model: Model, closed: Iterable[Reaction]) -> StrainCheck:
        """Compute anew what the strain without these reactions of the model does."""
        least_yield = None
        with model:
            for reaction in closed:
                reaction.bounds = (0.0, 0.0)
            with LinearProgram(model) as strain:
                growth = strain.value if strain.solve() is Outcome.OPTIMAL else None
                does_grow = growth is not None and growth >= self.growth_per_h
                if self.conversion is not None and does_grow:
                    strain.hold_objective(self.growth_per_h, None)
                    least_yield = find_extreme_yield(strain, self.conversion, "min")
        is_coupled = least_yield is not None and least_yield > self.min_yield
        return StrainCheck(growth, least_yield, is_coupled if self.conversion is not None else not does_grow)


def state_task(
    conditions: Conditions,
    args: CutSetTaskArgs,
    product: Reaction | None,
    growth_per_h: float,
    stack: ExitStack,
) -> CutSetTask:
    """The task on a model at its best growth.

    Args:
        conditions: Of the wild type; its program is at the optimum.
        args: Of the tool.
        product: The exchange reaction that `args` name.
        growth_per_h: Of the wild type, 1/h.
        stack: Holds the programs of the task.

    Raises:
        FluxError: `BAD_ARGUMENT` if the yield is out of reach or the substrate is not plain; `MEDIUM` for a
            substrate that is none.
    """
    if product is None:
        return _forbid_growth(conditions, args.threshold_fraction_of_wild_type * growth_per_h, stack)
    floor = args.min_growth_fraction_of_wild_type * growth_per_h
    model = conditions.model
    substrate = _find_substrate(model, args.substrate_exchange)
    conversion = Conversion.of(model, product, substrate)
    with LinearProgram(model) as states:
        states.hold_objective(floor, None)
        greatest = find_extreme_yield(states, conversion, "max")
    if greatest is None:
        message = f"the wild type can grow {floor:.6g} 1/h without uptake through '{substrate.id}'"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("name another 'substrate_exchange'",))
    least = args.min_yield_mol_per_mol
    least = DEFAULT_YIELD_FRACTION * greatest if least is None else least
    if least >= greatest:
        message = (
            f"the yield of '{product.id}' is {greatest:.6g} mol/mol at most, and {least:.6g} was asked for"
        )
        hints = ("lower 'min_yield_mol_per_mol'", "lower 'min_growth_fraction_of_wild_type'")
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=hints)
    return CutSetTask(
        unwanted=stack.enter_context(LowYield(model, conversion, floor, least)),
        wanted=stack.enter_context(Growth(conditions, floor)),
        growth_per_h=floor,
        conversion=conversion,
        min_yield=least,
        fields={
            "unwanted": f"growth of {floor:.6g} 1/h or more with a yield of {product.id} on {substrate.id} "
            f"of {least:.6g} mol/mol or less",
            "wanted": f"growth of {floor:.6g} 1/h",
            "product_exchange": product.id,
            "substrate_exchange": substrate.id,
            "min_yield_mol_per_mol": least,
            "greatest_yield_mol_per_mol": greatest,
        },
    )


def _forbid_growth(conditions: Conditions, growth_per_h: float, stack: ExitStack) -> CutSetTask:
    return CutSetTask(
        unwanted=stack.enter_context(Growth(conditions, growth_per_h)),
        wanted=None,
        growth_per_h=growth_per_h,
        conversion=None,
        min_yield=0.0,
        fields={"unwanted": f"growth of {growth_per_h:.6g} 1/h or more"},
    )


def _find_substrate(model: Model, named: str | None) -> Reaction:
    if named is not None:
        return substrate_exchange(model, named)
    organic = [
        exchange
        for exchange in exchanges(model).values()
        if uptake(exchange) > 0
        and carbon_atoms(exchange)
        and next(iter(exchange.metabolites)).elements not in INORGANIC
    ]
    if len(organic) == 1:
        return organic[0]
    message = f"the medium of model '{model.id}' has {len(organic)} organic nutrients, and a yield is of one"
    hints = tuple(f"substrate_exchange={exchange.id}" for exchange in organic[:3])
    raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=hints or ("name the 'substrate_exchange'",))
