"""Observations as questions to a linear program: can one flux be so large while bounds hold?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.changes.curation.observations import Observation
from fluxagents.tasks.fba.deletions.essential_genes import ESSENTIAL_BELOW_FRACTION
from fluxagents.tasks.fba.media.media_growth import bounds_with_uptake
from fluxagents.tasks.fba.media.screens.nutrient_names import map_sources
from fluxagents.tasks.fba.media.screens.sole_sources import main_sources
from fluxagents.tasks.fba.solving.gene_rules import GeneRules
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model, Reaction

SOURCE_UPTAKE_MMOL_PER_GDW_H = 10.0
"""Of the sole carbon source of a growth experiment."""

SECRETION_MMOL_PER_GDW_H = 0.01
"""Less does not count as secretion."""

GROWTH_WITH_SECRETION_FRACTION = 0.1
"""Of the best growth, which a cell must keep while it secretes."""

GROWTH_WITHOUT_SECRETION_FRACTION = 0.99
"""Of the best growth, which a cell must have without secretion if none was observed."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One observation, as bounds and the flux that is asked for under them."""

    observation: Observation
    bounds: Mapping[int, tuple[float, float]]
    """Position in the model -> bounds, mmol/gDW/h."""
    objective: int
    target: float
    """Of the flux of the objective, mmol/gDW/h, or growth in 1/h."""
    is_expected: bool
    """Whether the target must be reached for the model to agree."""

    def reaches(self, program: LinearProgram) -> bool:
        """Whether the model reaches the target; the fluxes stay in the program."""
        program.set_objective({self.objective: 1.0}, "max")
        with program.hold_bounds(self.bounds):
            return program.solve() is Outcome.OPTIMAL and program.value >= self.target

    def agrees(self, program: LinearProgram) -> bool:
        """Whether the model does what was observed."""
        return self.reaches(program) == self.is_expected


@dataclass(frozen=True, slots=True)
class Trials:
    """All experiments that a model can be asked about."""

    trials: tuple[Trial, ...]
    unmapped: tuple[Observation, ...]
    """Whose subject the model does not have, or not as an exchange in which secretion is positive."""

    def find_disagreements(self, model: Model) -> tuple[Trial, ...]:
        """Those in which the model, under its present bounds, does not do what was observed."""
        with LinearProgram(model) as program:
            return tuple(trial for trial in self.trials if not trial.agrees(program))


def design_trials(
    model: Model,
    biomass: Reaction,
    growth_per_h: float,
    observations: Sequence[Observation],
    min_growth_per_h: float,
) -> Trials:
    """Turn observations into trials of the model as it is.

    Args:
        model: In its medium; a growth experiment closes that medium's sources of carbon.
        biomass: Whose flux is growth.
        growth_per_h: Best growth in that medium, 1/h.
        observations: What was seen.
        min_growth_per_h: Least growth on a source that counts, 1/h.
    """
    design = _Design(model, model.reactions.index(biomass), growth_per_h, min_growth_per_h)
    names = [item.subject for item in observations if item.kind != "essential"]
    exchange_of = map_sources(model, names)
    trials, unmapped = [], []
    for item in observations:
        trial = design.build(item, exchange_of.get(item.subject))
        if trial is None:
            unmapped.append(item)
        else:
            trials.append(trial)
    return Trials(tuple(trials), tuple(unmapped))


class _Design:
    def __init__(self, model: Model, biomass: int, best: float, least: float) -> None:
        self._model, self._biomass, self._best, self._least = model, biomass, best, least
        self._rules = GeneRules(model)
        self._closed = self._bound_uptakes(main_sources(model, "carbon"), 0.0)

    def build(self, item: Observation, exchange: str | None) -> Trial | None:
        if item.kind == "essential":
            return self._knock_out(item) if item.subject in self._model.genes else None
        if exchange is None or not self._model.reactions.get_by_id(exchange).reactants:
            return None
        return self._feed(item, exchange) if item.kind == "growth" else self._secrete(item, exchange)

    def _feed(self, item: Observation, exchange: str) -> Trial:
        opened = self._bound_uptakes((exchange,), SOURCE_UPTAKE_MMOL_PER_GDW_H)
        return Trial(item, {**self._closed, **opened}, self._biomass, self._least, item.observed)

    def _knock_out(self, item: Observation) -> Trial:
        disabled = self._rules.disabled_reactions((item.subject,))
        target = ESSENTIAL_BELOW_FRACTION * self._best
        return Trial(item, dict.fromkeys(disabled, (0.0, 0.0)), self._biomass, target, not item.observed)

    def _secrete(self, item: Observation, exchange: str) -> Trial:
        position = self._model.reactions.index(exchange)
        reaction = self._model.reactions[position]
        if item.observed:
            growth = GROWTH_WITH_SECRETION_FRACTION * self._best
            held = {self._biomass: (growth, self._model.reactions[self._biomass].upper_bound)}
            return Trial(item, held, position, SECRETION_MMOL_PER_GDW_H, is_expected=True)
        held = {position: (reaction.lower_bound, min(reaction.upper_bound, 0.0))}
        target = GROWTH_WITHOUT_SECRETION_FRACTION * self._best
        return Trial(item, held, self._biomass, target, is_expected=True)

    def _bound_uptakes(self, names: Iterable[str], limit: float) -> dict[int, tuple[float, float]]:
        reactions = self._model.reactions
        return {reactions.index(name): bounds_with_uptake(reactions.get_by_id(name), limit) for name in names}
