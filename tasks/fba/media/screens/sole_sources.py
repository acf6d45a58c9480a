"""Growth on one source of an element at a time, on a linear program that stays warm.

Most of the time of a screen goes where nothing is feasible, since GLPK has to be sure of it. So each source
is first tried beside what is known to keep the cell alive, whose least uptake is sought: if it is more than
zero, the source alone is infeasible, and that is known from an optimum. Otherwise the others are closed and
growth is maximised from where that search ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from fluxagents.tasks.fba.media.media_growth import bounds_with_uptake
from fluxagents.tasks.fba.solving.conditions import exchanges, medium_of, uptake
from fluxagents.tasks.fba.solving.growth import Optimum, solve
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H, Outcome
from fluxagents.tasks.fba.solving.production.substrate import INORGANIC

if TYPE_CHECKING:
    from cobra import Model, Reaction

Element = Literal["carbon", "nitrogen", "phosphorus", "sulfur"]

SYMBOLS: Mapping[Element, str] = {"carbon": "C", "nitrogen": "N", "phosphorus": "P", "sulfur": "S"}

MAIN_SHARE = 0.1
"""What offers less than this fraction of an element's largest supply is a supplement, such as a vitamin."""


def atoms_of(exchange: Reaction, element: Element) -> int:
    """Atoms of an element in what is exchanged; 0 without a formula."""
    metabolite = next(iter(exchange.metabolites))
    return int((metabolite.elements or {}).get(SYMBOLS[element], 0))


def is_inorganic_carbon(exchange: Reaction) -> bool:
    """Whether it exchanges carbon dioxide or a form of it in water, which is no source of carbon to test."""
    return next(iter(exchange.metabolites)).elements in INORGANIC


def main_sources(model: Model, element: Element) -> tuple[str, ...]:
    """The exchanges from which the medium feeds an element, without its supplements."""
    known, limits = exchanges(model), medium_of(model)
    supplies = {
        identifier: limit * atoms
        for identifier, limit in limits.items()
        if (atoms := atoms_of(known[identifier], element)) and not is_inorganic_carbon(known[identifier])
    }
    least = MAIN_SHARE * max(supplies.values(), default=0.0)
    return tuple(identifier for identifier, supply in supplies.items() if supply >= least)


def open_sources(model: Model, element: Element) -> tuple[str, ...]:
    """All open exchanges with an element, without carbon dioxide."""
    known = exchanges(model)
    return tuple(
        identifier
        for identifier in medium_of(model)
        if atoms_of(known[identifier], element) and not is_inorganic_carbon(known[identifier])
    )


def possible_sources(model: Model, element: Element, main: Iterable[str]) -> tuple[str, ...]:
    """What a screen tries: the main sources of the medium, and each closed exchange with the element."""
    chosen = set(main)
    return tuple(
        identifier
        for identifier, exchange in exchanges(model).items()
        if identifier in chosen
        or (uptake(exchange) == 0 and atoms_of(exchange, element) and not is_inorganic_carbon(exchange))
    )


class SoleSources:
    """Growth on one source at a time; the program's objective is growth and is there again afterwards.

    Args:
        model: Under the conditions of the screen.
        program: Of the model.
        limits: Source that is tried -> most uptake, mmol/gDW/h.
        closed: Open exchanges that are closed while a source is tried.
    """

    def __init__(
        self, model: Model, program: LinearProgram, limits: Mapping[str, float], closed: Iterable[str]
    ) -> None:
        self._program = program
        self._growth = program.objective()
        self._sense: Literal["min", "max"] = "max" if program.maximises else "min"
        known, medium = exchanges(model), medium_of(model)
        self._known = {name: known[name] for name in (*limits, *closed)}
        self._index = {name: model.reactions.index(exchange) for name, exchange in self._known.items()}
        self._open = {name: bounds_with_uptake(known[name], limit) for name, limit in limits.items()}
        self._closed = {name: bounds_with_uptake(known[name], 0.0) for name in closed}
        self._rescue = self._choose_rescue({}, {name: medium[name] for name in closed}, limits)

    def growth_on(self, source: str | None) -> Optimum:
        """The optimum with this source of the element alone, or with none; fluxes stay in the program."""
        alone = self._closed | ({} if source is None else {source: self._open[source]})
        if any(lowest > highest for lowest, highest in alone.values()) or self._rescue is None:
            return Optimum(Outcome.INFEASIBLE, None)
        others = {name: limit for name, limit in self._rescue.items() if name != source}
        if others and self._needs(others, alone):
            return Optimum(Outcome.INFEASIBLE, None)
        with self._program.hold_bounds(self._by_index(alone)):
            return solve(self._program)

    def _choose_rescue(self, *rescues: Mapping[str, float]) -> Mapping[str, float] | None:
        """The first supply that keeps the cell alive, exchange -> most uptake; None if there is none.

        Nothing is enough for a model that lives without the element. The last one is all that is tried: if
        that is not enough, no part of it is.
        """
        for rescue in rescues:
            with self._program.hold_bounds(self._by_index({**self._closed, **self._supply(rescue)})):
                if self._program.solve() is not Outcome.INFEASIBLE:
                    return rescue
        return None

    def _needs(self, others: Mapping[str, float], alone: Mapping[str, tuple[float, float]]) -> bool:
        """Whether some uptake of the others is needed beside what is open alone."""
        signs = {name: 1.0 if self._known[name].reactants else -1.0 for name in others}
        self._program.set_objective({self._index[name]: sign for name, sign in signs.items()}, "max")
        with self._program.hold_bounds(self._by_index({**alone, **self._supply(others)})):
            outcome = self._program.solve()
            least = -self._program.value if outcome is Outcome.OPTIMAL else 0.0
        self._program.set_objective(self._growth, self._sense)
        return least > ZERO_FLUX_MMOL_PER_GDW_H

    def _supply(self, limits: Mapping[str, float]) -> dict[str, tuple[float, float]]:
        """Bounds that allow uptake and nothing else."""
        return {
            name: (0.0 - limit, 0.0) if self._known[name].reactants else (0.0, limit)
            for name, limit in limits.items()
        }

    def _by_index(self, bounds: Mapping[str, tuple[float, float]]) -> dict[int, tuple[float, float]]:
        return {self._index[name]: pair for name, pair in bounds.items()}
