"""Growth of a draft on media: what is missing for it, and what each reaction is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.changes.gap_search import GapSearch
from fluxagents.tasks.fba.media.library.compound_index import index_exchanges
from fluxagents.tasks.fba.media.media_growth import MappedMedium, map_medium
from fluxagents.tasks.fba.solving.conditions import MediumArgs, apply_medium
from fluxagents.tasks.fba.solving.growth import optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.ports.media import LibraryMedium

if TYPE_CHECKING:
    from cobra import Model, Reaction

MAX_SOLVES = 4_000
"""Linear programs of one search for missing reactions; counted, so that a busy machine finds the same."""


class MediumGrowth(BaseModel):
    """Growth of the draft on one medium."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    medium: str
    growth_before_per_h: float | None = Field(description="1/h, before reactions were added for this medium.")
    growth_per_h: float | None = Field(description="1/h; None if it does not grow.")
    added: tuple[str, ...] = Field(description="Reactions without evidence that were added for this medium.")
    is_possible: bool = Field(description="Whether all reactions of the universal model together grow on it.")
    unmapped: tuple[str, ...] = Field(description="Compounds without an exchange reaction.")


@dataclass(frozen=True, slots=True)
class FilledDraft:
    """The reactions of a draft after gap filling."""

    reactions: frozenset[str]
    growths: tuple[MediumGrowth, ...]
    medium: dict[str, float]
    """Of the first medium: exchange -> most uptake, mmol/gDW/h."""


def fill_media(
    universal: Model,
    biomass: Reaction,
    kept: frozenset[str],
    media: Sequence[LibraryMedium],
    min_growth_per_h: float,
) -> FilledDraft:
    """Add the reactions without which the draft does not grow on a medium, one medium after the other.

    Sets are irreducible: none of their reactions can be spared. Exchanges may be opened by a medium only.

    Args:
        universal: All reactions; it is as it was afterwards.
        biomass: Its biomass reaction.
        kept: Ids of the draft's reactions.
        media: On which it is to grow.
        min_growth_per_h: Growth asked for, 1/h.
    """
    index = index_exchanges(universal)
    mapped = [map_medium(medium, index) for medium in media]
    growths: list[MediumGrowth] = []
    for medium in mapped:
        growth = _fill(universal, biomass, kept, medium, min_growth_per_h)
        kept |= set(growth.added)
        growths.append(growth)
    return FilledDraft(kept, tuple(growths), dict(mapped[0].uptakes) if mapped else {})


def find_growth_lost(
    universal: Model, biomass: Reaction, filled: FilledDraft, reactions: Sequence[str]
) -> dict[str, float]:
    """The fraction of growth on the first medium that is lost without each reaction; empty without growth."""
    with universal:
        _restrict(universal, biomass, filled.reactions, filled.medium)
        with LinearProgram(universal) as program:
            best = optimise(program).value
            if not best:
                return {}
            lost = {}
            program.remember_basis()
            for name in reactions:
                program.restore_basis()
                with program.hold_bounds({universal.reactions.index(name): (0.0, 0.0)}):
                    value = optimise(program).value or 0.0
                lost[name] = round(max(0.0, 1 - value / best), 9)
    return lost


def _fill(
    universal: Model, biomass: Reaction, kept: frozenset[str], medium: MappedMedium, target: float
) -> MediumGrowth:
    before = _measure(universal, biomass, kept, medium.uptakes)
    added: tuple[str, ...] = ()
    is_possible = before is not None and before >= target
    if not is_possible:
        everything = frozenset(reaction.id for reaction in universal.reactions)
        best = _measure(universal, biomass, everything, medium.uptakes)
        is_possible = best is not None and best >= target
        if is_possible:
            added = _search(universal, biomass, kept, medium, target)
    after = _measure(universal, biomass, kept | set(added), medium.uptakes) if added else before
    return MediumGrowth(
        medium=medium.medium.name,
        growth_before_per_h=before,
        growth_per_h=after,
        added=added,
        is_possible=is_possible,
        unmapped=medium.unmapped,
    )


def _search(
    universal: Model, biomass: Reaction, kept: frozenset[str], medium: MappedMedium, target: float
) -> tuple[str, ...]:
    candidates = [r.id for r in universal.reactions if r.id not in kept and r.bounds != (0, 0)]
    everything = frozenset(reaction.id for reaction in universal.reactions)
    with universal:
        _restrict(universal, biomass, everything, medium.uptakes)
        with GapSearch(universal, candidates, target, MAX_SOLVES, "glpk") as search:
            return search.irreducible()


def _measure(
    universal: Model, biomass: Reaction, kept: frozenset[str], uptakes: dict[str, float]
) -> float | None:
    with universal:
        _restrict(universal, biomass, kept, uptakes)
        with LinearProgram(universal) as program:
            return optimise(program).value


def _restrict(universal: Model, biomass: Reaction, kept: frozenset[str], uptakes: dict[str, float]) -> None:
    """Open the medium, close what the draft has not, and maximise growth; inside `with universal:`."""
    apply_medium(universal, MediumArgs(medium=uptakes))
    for reaction in universal.reactions:
        if reaction.id not in kept:
            reaction.bounds = (0.0, 0.0)
    universal.objective, universal.objective_direction = biomass, "max"


def require_growth(growths: Sequence[MediumGrowth]) -> None:
    """Refuse media on which not even the universal model grows; `INFEASIBLE` with what is not exchanged."""
    for growth in growths:
        if not growth.is_possible:
            hints = (f"not exchanged: {', '.join(growth.unmapped[:5])}",) if growth.unmapped else ()
            message = f"not even all reactions of the universal model let it grow on '{growth.medium}'"
            raise FluxError(ErrorClass.INFEASIBLE, message, suggestions=hints)
