"""The effect of a change before it is made: growth, essential genes and fluxes of the model before and after.

Fluxes are those of best growth with the least total flux (pFBA), since those of plain FBA are not unique.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import JsonValue

from fluxagents.flows.errors import FluxError
from fluxagents.flows.humans.effect import (
    DIFFERENCES_SHOWN,
    FLUXES_SHOWN,
    GENES_SHOWN,
    Difference,
    Effect,
    EssentialGenes,
    FluxEffect,
    GrowthEffect,
)
from fluxagents.tasks.display import DECIMALS, cut_text, round_for_display
from fluxagents.tasks.fba.changes.effect_map import draw_effect_map
from fluxagents.tasks.fba.changes.growth_change import hold_change
from fluxagents.tasks.fba.changes.model_changes import ModelChangeRow, list_model_changes, outline_model
from fluxagents.tasks.fba.deletions.essential_genes import find_essential_genes
from fluxagents.tasks.fba.fluxes.run_metabolic_fba import minimise_total_flux
from fluxagents.tasks.fba.maps.map_tables import MapParts
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, exchanges
from fluxagents.tasks.fba.solving.growth import Optimum, hold_conditions, measure_growth, optimise
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H, Outcome
from fluxagents.tasks.ports.results import Result, ResultFile

if TYPE_CHECKING:
    from cobra import Model

EXCHANGES_SHOWN = 6
"""Of the fluxes of the short form; the others are of reactions within the cell."""


class FluxRow(Result):
    """The flux of one reaction; None where there is none, or no such reaction."""

    reaction: str
    name: str
    is_exchange: bool
    before_mmol_per_gdw_h: float | None
    after_mmol_per_gdw_h: float | None

    @property
    def change(self) -> float:
        """How much it differs, mmol/gDW/h; a flux that is not there counts as 0."""
        return abs((self.after_mmol_per_gdw_h or 0.0) - (self.before_mmol_per_gdw_h or 0.0))


class GeneRow(Result):
    """A gene that is essential before or after the change."""

    gene: str
    name: str
    is_essential_before: bool
    is_essential_after: bool


class ChangeEffect(Result):
    """All that differs; a part that could not be computed is None or empty, with its reason in `unknown`."""

    status_before: Outcome
    status_after: Outcome
    growth_before_per_h: float | None
    growth_after_per_h: float | None
    differences: tuple[ModelChangeRow, ...]
    fluxes: tuple[FluxRow, ...]
    essential_genes: tuple[GeneRow, ...] | None
    unknown: tuple[str, ...]
    flux_map: MapParts | None
    """After the change beside before."""

    def files(self) -> Sequence[ResultFile]:
        return () if self.flux_map is None else (self.flux_map.file,)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        fluxes = pd.DataFrame([row.model_dump() for row in self.fluxes], columns=list(FluxRow.model_fields))
        numbers = ("before_mmol_per_gdw_h", "after_mmol_per_gdw_h")
        genes = [row.model_dump() for row in self.essential_genes or ()]
        growth = {
            "model": ["before", "after"],
            "status": [str(self.status_before), str(self.status_after)],
            "growth_per_h": [self.growth_before_per_h, self.growth_after_per_h],
        }
        return {
            "growth": pd.DataFrame(growth).astype({"growth_per_h": "float64"}),
            "fluxes": fluxes.astype(dict.fromkeys(numbers, "float64")),
            "essential_genes": pd.DataFrame(genes, columns=list(GeneRow.model_fields)),
            "differences": pd.DataFrame(
                [row.model_dump() for row in self.differences], columns=list(ModelChangeRow.model_fields)
            ),
            **({} if self.flux_map is None else self.flux_map.tables()),
        }

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {
            "growth_before_per_h": self.growth_before_per_h,
            "growth_after_per_h": self.growth_after_per_h,
            "differences": [cut_text(f"{row.what}: {row.after}") for row in self.differences[:limit]],
            "unknown": [cut_text(reason) for reason in self.unknown],
            **({} if self.flux_map is None else {"map": self.flux_map.name}),
        }

    def shorten(self) -> Effect:
        """The short form for a request; numbers with the digits of a display."""
        changed = self._list_changed_fluxes()
        outer = [row for row in changed or () if row.is_exchange][:EXCHANGES_SHOWN]
        inner = [row for row in changed or () if not row.is_exchange][: FLUXES_SHOWN - len(outer)]
        return Effect(
            growth=GrowthEffect(
                status_before=self.status_before,
                status_after=self.status_after,
                before_per_h=round_for_display(self.growth_before_per_h),
                after_per_h=round_for_display(self.growth_after_per_h),
            ),
            essential_genes=self._count_genes(),
            fluxes=tuple(
                FluxEffect(
                    reaction=cut_text(row.reaction),
                    name=cut_text(row.name),
                    before_mmol_per_gdw_h=round_for_display(row.before_mmol_per_gdw_h),
                    after_mmol_per_gdw_h=round_for_display(row.after_mmol_per_gdw_h),
                )
                for row in (*outer, *inner)
            ),
            fluxes_changed=None if changed is None else len(changed),
            differences=tuple(
                Difference(
                    what=cut_text(row.what),
                    before=cut_text(row.before),
                    after=cut_text(row.after, 400),
                    evidence=cut_text(row.evidence, 300),
                )
                for row in self.differences[:DIFFERENCES_SHOWN]
            ),
            differences_count=len(self.differences),
            unknown=self.unknown,
        )

    def _list_changed_fluxes(self) -> list[FluxRow] | None:
        """Those that change, the most first; None where there is nothing to compare them with."""
        is_known_before = any(row.before_mmol_per_gdw_h is not None for row in self.fluxes)
        is_known_after = any(row.after_mmol_per_gdw_h is not None for row in self.fluxes)
        if not (is_known_before and is_known_after):
            return None
        changed = (row for row in self.fluxes if row.change > ZERO_FLUX_MMOL_PER_GDW_H)
        return sorted(changed, key=lambda row: (-round(row.change, DECIMALS), row.reaction))

    def _count_genes(self) -> EssentialGenes | None:
        if self.essential_genes is None:
            return None
        rows = self.essential_genes
        gained = [row.gene for row in rows if not row.is_essential_before]
        lost = [row.gene for row in rows if not row.is_essential_after]
        return EssentialGenes(
            before=len(rows) - len(gained),
            after=len(rows) - len(lost),
            gained=tuple(map(cut_text, gained[:GENES_SHOWN])),
            gained_count=len(gained),
            lost=tuple(map(cut_text, lost[:GENES_SHOWN])),
            lost_count=len(lost),
        )


class TimeIsUpError(Exception):
    """The time for the effect is over; what is known by then is told."""


@dataclass(slots=True)
class _Half:
    """What is known of the model before, or after, the change."""

    fluxes: dict[str, float] | None = None
    genes: frozenset[str] | None = None
    unknown: list[str] = field(default_factory=list)


def compute_effect(
    model: Model,
    change: Callable[[Model], None],
    *,
    biomass: str | None = None,
    evidence: Callable[[tuple[str, ...]], Mapping[str, str]] = lambda _: {},
    has_time: Callable[[], bool] = lambda: True,
) -> ChangeEffect:
    """What a change does to a model: growth in 1/h, fluxes in mmol/gDW/h; the model is as it was afterwards.

    Growth comes first, then the fluxes, the essential genes last: what there is no time for is left out, and
    said to be.

    Args:
        model: To be changed for a while.
        change: Changes it.
        biomass: The reaction whose flux is growth, where the user names it.
        evidence: Reactions that are added or removed -> why each is.
        has_time: Whether there is time for more.

    Raises:
        FluxError: As the change; `SOLVER` and others if not even growth can be computed.
    """
    outline = outline_model(model)
    growth, _ = measure_growth(model, biomass)
    names, genes = _read_names(model)
    before = _analyse(model, biomass, growth, has_time, "before the change")
    with hold_change(model, change) as (changed, _):
        growth_after, _ = measure_growth(changed, biomass)
        moved = tuple(outline.bounds.keys() ^ {reaction.id for reaction in changed.reactions})
        differences = list_model_changes(outline, changed, evidence(moved) if moved else {})
        later_names, later_genes = _read_names(changed)
        after = _analyse(changed, biomass, growth_after, has_time, "after the change")
        is_smaller = bool(names.keys() - later_names.keys())
        flux_map = None if is_smaller else _draw_map(changed, before, after)
    if is_smaller:
        # What is taken out can only be drawn where it still is.
        flux_map = _draw_map(model, before, after)
    return ChangeEffect(
        status_before=growth.status,
        status_after=growth_after.status,
        growth_before_per_h=growth.value,
        growth_after_per_h=growth_after.value,
        differences=differences,
        fluxes=_join_fluxes(before.fluxes, after.fluxes, names | later_names),
        essential_genes=_join_genes(before.genes, after.genes, genes | later_genes),
        unknown=tuple(dict.fromkeys((*before.unknown, *after.unknown))),
        flux_map=flux_map,
    )


def _draw_map(model: Model, before: _Half, after: _Half) -> MapParts | None:
    if before.fluxes is None or after.fluxes is None:
        return None
    return draw_effect_map(model, before.fluxes, after.fluxes)


def _analyse(
    model: Model, biomass: str | None, growth: Optimum, has_time: Callable[[], bool], when: str
) -> _Half:
    half = _Half()
    if not growth.value:
        half.unknown.append(f"fluxes and essential genes {when}: there is no growth to compute them for")
        return half
    with _noting(half, f"the fluxes {when}"):
        _check_time(has_time)
        half.fluxes = _compute_fluxes(model, biomass)
    with _noting(half, f"the essential genes {when}"):
        half.genes = find_essential_genes(model, biomass, lambda: _check_time(has_time))
    return half


@contextmanager
def _noting(half: _Half, what: str) -> Iterator[None]:
    """A part that cannot be computed must not take the others with it: its reason is noted."""
    try:
        yield
    except TimeIsUpError:
        half.unknown.append(f"{what}: there was no time to compute it")
    except FluxError as error:
        half.unknown.append(f"{what}: {cut_text(error.message, 300)}")


def _check_time(has_time: Callable[[], bool]) -> None:
    if not has_time():
        raise TimeIsUpError


def _compute_fluxes(model: Model, biomass: str | None) -> dict[str, float] | None:
    """Reaction -> flux at best growth with the least total flux; None without growth."""
    with hold_conditions(model, ConditionArgs(biomass=biomass), split=True) as conditions:
        optimum = optimise(conditions.program)
        if not optimum.value:
            return None
        minimise_total_flux(conditions.program)
        fluxes = conditions.program.fluxes()
    return {reaction.id: flux for reaction, flux in zip(model.reactions, fluxes, strict=True)}


def _read_names(model: Model) -> tuple[dict[str, tuple[str, bool]], dict[str, str]]:
    """The name of each reaction and whether it is an exchange, and the name of each gene."""
    outer = exchanges(model).keys() if model.boundary else frozenset[str]()
    reactions = {reaction.id: (reaction.name or "", reaction.id in outer) for reaction in model.reactions}
    return reactions, {gene.id: gene.name or "" for gene in model.genes}


def _join_fluxes(
    before: dict[str, float] | None, after: dict[str, float] | None, names: Mapping[str, tuple[str, bool]]
) -> tuple[FluxRow, ...]:
    if before is None and after is None:
        return ()
    return tuple(
        FluxRow(
            reaction=identifier,
            name=name,
            is_exchange=is_exchange,
            before_mmol_per_gdw_h=None if before is None else before.get(identifier),
            after_mmol_per_gdw_h=None if after is None else after.get(identifier),
        )
        for identifier, (name, is_exchange) in names.items()
    )


def _join_genes(
    before: frozenset[str] | None, after: frozenset[str] | None, names: Mapping[str, str]
) -> tuple[GeneRow, ...] | None:
    if before is None or after is None:
        return None
    return tuple(
        GeneRow(gene=gene, name=name, is_essential_before=gene in before, is_essential_after=gene in after)
        for gene, name in names.items()
        if gene in before or gene in after
    )
