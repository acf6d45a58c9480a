"""Corrections that turn one disagreement into agreement.

Where a model does too little, reactions of another model or gene rules that need fewer genes are tried; where
it does too much, rules that need more genes, and reactions without which the flux is not possible. Source of
the idea: Kumar, Maranas 2009 (GrowMatch), doi:10.1371/journal.pcbi.1000308.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.changes.curation.correction import Correction
from fluxagents.tasks.fba.changes.curation.rule_changes import bind_to, free_of
from fluxagents.tasks.fba.changes.curation.trials import Trial
from fluxagents.tasks.fba.changes.gap_search import GapSearch
from fluxagents.tasks.fba.changes.gapfill_model import Universal, copy_reactions, list_candidates
from fluxagents.tasks.fba.changes.set_bounds import Bounds
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H

if TYPE_CHECKING:
    from cobra import Model, Reaction

MAX_SOLVES = 4_000
"""Linear programs of one search for missing reactions; counted, so that a busy machine finds the same."""

ALTERNATIVES = 3
"""Sets of missing reactions for one disagreement."""

REMOVALS = 10
"""Reactions whose removal is proposed for one disagreement: first those without flux in the own medium, then
those without genes."""


def search_corrections(model: Model, trial: Trial, universal: Universal | None) -> Iterator[Correction]:
    """Corrections that may help, for a trial in which the model does not do what was observed.

    Args:
        model: In its own medium, as the trial was designed for it; it is as it was afterwards.
        trial: The disagreement.
        universal: Whose reactions may be added; None for no additions.

    Raises:
        FluxError: `SOLVER` or `NUMERICAL`. A search that takes too long proposes what it has.
    """
    item = trial.observation
    if item.kind == "essential":
        yield from _change_rules((free_of if trial.is_expected else bind_to)(model, item.subject))
    if not trial.is_expected:
        yield from _forbid(model, trial)
    elif universal is not None:
        yield from _permit(model, trial, universal)


def _change_rules(rules: dict[str, str]) -> Iterator[Correction]:
    """Each rule alone, and all of them."""
    for name, rule in rules.items():
        yield Correction(gene_rules={name: rule})
    if len(rules) > 1:
        yield Correction(gene_rules=rules)


def _permit(model: Model, trial: Trial, universal: Universal) -> Iterator[Correction]:
    candidates = list_candidates(model, universal.model)
    with model:
        for position, pair in trial.bounds.items():
            model.reactions[position].bounds = pair
        model.objective, model.objective_direction = model.reactions[trial.objective], "max"
        copy_reactions(model, candidates)
        with LinearProgram(model) as program:
            is_possible = trial.reaches(program)
        sets = list(_fill(model, [r.id for r in candidates], trial.target)) if is_possible else []
    for names in sets:
        yield Correction(add=names)


def _fill(model: Model, candidates: list[str], target: float) -> Iterator[tuple[str, ...]]:
    with GapSearch(model, candidates, target, MAX_SOLVES, "glpk") as search:
        fallback = search.irreducible()
        count = 0
        try:
            for names in islice(search.smallest(), ALTERNATIVES):
                count += 1
                yield names
        except FluxError as error:
            if error.kind is not ErrorClass.TIMEOUT:
                raise
        if not count:
            yield fallback


def _forbid(model: Model, trial: Trial) -> Iterator[Correction]:
    with LinearProgram(model) as program:
        program.solve()
        usual = {reaction.id: flux for reaction, flux in zip(model.reactions, program.fluxes(), strict=True)}
        if not trial.reaches(program):
            return
        fluxes = program.fluxes()
        carrying = [
            (reaction, flux)
            for position, (reaction, flux) in enumerate(zip(model.reactions, fluxes, strict=True))
            if abs(flux) > ZERO_FLUX_MMOL_PER_GDW_H and not reaction.boundary and position != trial.objective
        ]
        needed = [(r, flux) for r, flux in carrying if not _reaches_without(model, trial, program, r, flux)]
    needed.sort(key=lambda pair: (bool(usual[pair[0].id]), bool(pair[0].gene_reaction_rule), pair[0].id))
    for reaction, flux in needed[:REMOVALS]:
        lowest, highest = _block(reaction, flux)
        if (lowest, highest) == (0.0, 0.0):
            yield Correction(remove=(reaction.id,))
        elif flux > 0:
            yield Correction(bounds={reaction.id: Bounds(upper_mmol_per_gdw_h=0.0)})
        else:
            yield Correction(bounds={reaction.id: Bounds(lower_mmol_per_gdw_h=0.0)})


def _reaches_without(
    model: Model, trial: Trial, program: LinearProgram, reaction: Reaction, flux: float
) -> bool:
    with program.hold_bounds({model.reactions.index(reaction): _block(reaction, flux)}):
        return trial.reaches(program)


def _block(reaction: Reaction, flux: float) -> tuple[float, float]:
    """The bounds without the direction of a flux."""
    lowest, highest = reaction.bounds
    return (min(lowest, 0.0), 0.0) if flux > 0 else (0.0, max(highest, 0.0))
