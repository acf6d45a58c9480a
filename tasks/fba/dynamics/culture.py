"""What a culture is made of: its vessel, its substances, and what is assumed where nothing is stated."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pydantic import Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.dynamics.ordered_program import Exchange, Goal
from fluxagents.tasks.fba.dynamics.substance import Substance
from fluxagents.tasks.fba.dynamics.time_course import Medium
from fluxagents.tasks.fba.dynamics.vessel import Culture, Vessel
from fluxagents.tasks.fba.solving.conditions import apply_medium, require_reaction, uptake
from fluxagents.tasks.fba.solving.lazy_libraries import np
from fluxagents.tasks.fba.solving.linear_program import Sense
from fluxagents.tasks.fba.solving.production.substrate import substrate_exchange
from fluxagents.tasks.fba.solving.production.yields import organic_substrates
from fluxagents.tasks.fba.solving.strain import StrainArgs

if TYPE_CHECKING:
    from cobra import Model, Reaction
    from numpy.typing import NDArray

DEFAULT_START_MMOL_PER_L = 10.0
DEFAULT_BIOMASS_GDW_PER_L = 0.01
DEFAULT_UPTAKE_MMOL_PER_GDW_H = 10.0

MAX_SUBSTANCES = 20


class CultureArgs(StrainArgs):
    """A culture and how long it is followed."""

    culture: Culture = "batch"
    hours: float = Field(default=24.0, gt=0, le=10_000, description="At most, h.")
    initial_biomass_gdw_per_l: float = Field(default=DEFAULT_BIOMASS_GDW_PER_L, gt=0)
    substances: tuple[Substance, ...] = Field(
        default=(),
        max_length=MAX_SUBSTANCES,
        description="What is limited, products included; 10 mmol/L of each organic nutrient if absent.",
    )
    keep_other_nutrients: bool = Field(
        default=False,
        description="Whether other organic nutrients stay, without limit; closed otherwise.",
    )
    volume_l: float = Field(default=1.0, gt=0, description="At the beginning.")
    dilution_per_h: float = Field(default=0.0, ge=0, description="Of a chemostat.")
    feed_l_per_h: float = Field(default=0.0, ge=0, description="Of a fed-batch, as it begins.")
    feed_rise_per_h: float = Field(default=0.0, ge=-10, le=10, description="Exponent of a feed that grows.")
    feed_from_h: float = Field(default=0.0, ge=0)
    max_volume_l: float = Field(default=0.0, ge=0, description="A fed-batch ends when it is full; 0: never.")
    then_optimise: dict[str, Sense] = Field(
        default_factory=dict,
        description="Reactions in order: which optimum of growth; then least uptake, most secretion.",
    )

    def in_effect(self, model: Model) -> Self:
        """The same with the organic nutrients closed that are not among the substances."""
        if not self.substances or self.keep_other_nutrients:
            return self
        named = {substrate_exchange(model, substance.exchange).id for substance in self.substances}
        with model:
            apply_medium(model, self)
            others = [reaction.id for reaction in organic_substrates(model).values()]
        closed = {name: 0.0 for name in others if name not in named}
        return self.model_copy(update={"medium_changes": {**(self.medium_changes or {}), **closed}})


@dataclass(frozen=True, slots=True)
class Setup:
    """A culture at its beginning, on one model."""

    medium: Medium
    uptakes: tuple[Exchange, ...]
    goals: tuple[Goal, ...]
    """After the objective."""
    start: NDArray[np.float64]
    assumed: tuple[str, ...]
    """What no argument states, in sentences."""
    unlimited: tuple[str, ...]
    """Organic nutrients that stay available at the uptakes of the medium."""


def set_up(model: Model, args: CultureArgs) -> Setup:
    """Make up a culture; call it while the conditions hold on the model.

    Raises:
        FluxError: `BAD_ARGUMENT` for a vessel that lacks what its kind needs, or substances that contradict
            each other; `MEDIUM` for what is no exchange reaction, `UNKNOWN_ID` for what is no reaction.
    """
    assumed: list[str] = []
    substances = _name_substances(model, args, assumed)
    reactions = [model.reactions.get_by_id(substance.exchange) for substance in substances]
    biomass = args.initial_biomass_gdw_per_l
    if biomass == DEFAULT_BIOMASS_GDW_PER_L:
        assumed.append(f"{biomass:g} gDW/L of cells at the beginning")
    saturated = tuple(_saturate(*pair, assumed) for pair in zip(substances, reactions, strict=True))
    assumed += [
        f"the uptake of {substance.exchange} is the same while any is left"
        for substance, most in zip(substances, saturated, strict=True)
        if substance.is_constant and most > 0
    ]
    further = (
        Goal(model.reactions.index(require_reaction(model, name)), sense)
        for name, sense in args.then_optimise.items()
    )
    uptakes = tuple(map(_read_exchange, reactions))
    return Setup(
        medium=Medium(_build_vessel(args), substances, saturated),
        uptakes=uptakes,
        goals=(*further, *(Goal(u.reaction, "max" if u.sign < 0 else "min") for u in uptakes)),
        start=np.array([biomass, args.volume_l, *(s.start_mmol_per_l for s in substances)]),
        assumed=tuple(assumed),
        unlimited=tuple(r.id for r in organic_substrates(model).values() if r not in reactions),
    )


def _name_substances(model: Model, args: CultureArgs, assumed: list[str]) -> tuple[Substance, ...]:
    """The substances with their exchange reactions; those of the medium where none is named."""
    if not args.substances:
        organic = [reaction.id for reaction in organic_substrates(model).values()]
        if not 0 < len(organic) <= MAX_SUBSTANCES:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"the medium has {len(organic)} organic nutrients, and no 'substances' are named",
                suggestions=('substances=[{"exchange": "EX_glc__D_e", "start_mmol_per_l": 10}]',),
            )
        assumed += [f"{DEFAULT_START_MMOL_PER_L:g} mmol/L of {name} at the beginning" for name in organic]
        return tuple(Substance(exchange=i, start_mmol_per_l=DEFAULT_START_MMOL_PER_L) for i in organic)
    named = {s.exchange: substrate_exchange(model, s.exchange).id for s in args.substances}
    doubled = [
        name for name, count in Counter(named[s.exchange] for s in args.substances).items() if count > 1
    ]
    if doubled:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"substance '{doubled[0]}' is named twice")
    substances = []
    for substance in args.substances:
        inhibitors = {
            substrate_exchange(model, name).id: constant
            for name, constant in substance.inhibited_by_mmol_per_l.items()
        }
        _check_inhibitors(substance, inhibitors, set(named.values()))
        ids = {"exchange": named[substance.exchange], "inhibited_by_mmol_per_l": inhibitors}
        substances.append(substance.model_copy(update=ids))
    return tuple(substances)


def _check_inhibitors(substance: Substance, inhibitors: dict[str, float], known: set[str]) -> None:
    for name, constant in inhibitors.items():
        if name not in known:
            message = f"'{name}' inhibits '{substance.exchange}' and is none of the substances"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=(f"add '{name}' to 'substances'",))
        if constant <= 0:
            message = f"the constant of inhibition by '{name}' is {constant:g} mmol/L; it is above 0"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message)


def _saturate(substance: Substance, exchange: Reaction, assumed: list[str]) -> float:
    """The uptake at saturation, mmol/gDW/h."""
    if substance.max_uptake_mmol_per_gdw_h is not None:
        return substance.max_uptake_mmol_per_gdw_h
    of_medium = uptake(exchange)
    if 0 < of_medium < math.inf:
        return of_medium
    assumed.append(f"at most {DEFAULT_UPTAKE_MMOL_PER_GDW_H:g} mmol/gDW/h of {exchange.id} are taken up")
    return DEFAULT_UPTAKE_MMOL_PER_GDW_H


def _read_exchange(reaction: Reaction) -> Exchange:
    is_negative = bool(reaction.reactants)
    return Exchange(
        reaction=reaction.model.reactions.index(reaction),
        sign=-1.0 if is_negative else 1.0,
        other_bound=float(reaction.upper_bound if is_negative else reaction.lower_bound),
    )


def _build_vessel(args: CultureArgs) -> Vessel:
    problem = next(_find_contradictions(args), None)
    if problem is not None:
        raise FluxError(ErrorClass.BAD_ARGUMENT, problem)
    return Vessel(
        culture=args.culture,
        volume_l=args.volume_l,
        dilution_per_h=args.dilution_per_h,
        feed_l_per_h=args.feed_l_per_h,
        feed_rise_per_h=args.feed_rise_per_h,
        feed_from_h=args.feed_from_h,
        max_volume_l=args.max_volume_l or None,
    )


def _find_contradictions(args: CultureArgs) -> Iterator[str]:
    needed = {"chemostat": "dilution_per_h", "fed_batch": "feed_l_per_h"}
    for culture, argument in needed.items():
        is_given = getattr(args, argument) > 0
        if args.culture == culture and not is_given:
            yield f"a {culture} needs the argument '{argument}'"
        if args.culture != culture and is_given:
            yield f"'{argument}' is of a {culture}, and the culture is a {args.culture}"
    if 0 < args.max_volume_l <= args.volume_l:
        yield f"the vessel is full at {args.max_volume_l:g} L and begins with {args.volume_l:g} L"
    if args.culture == "batch" and any(substance.feed_mmol_per_l for substance in args.substances):
        yield "a batch has no feed: leave out 'feed_mmol_per_l', or choose a fed_batch or a chemostat"
