"""Nutrient screens: growth on each sole source of carbon, nitrogen, phosphorus or sulfur."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import list_names, list_values
from fluxagents.tasks.fba.media.media_growth import bounds_with_uptake
from fluxagents.tasks.fba.media.screens.nutrient_names import find_sources, map_sources
from fluxagents.tasks.fba.media.screens.phenotypes import (
    PhenotypeAgreement,
    PhenotypeArgs,
    compare_phenotypes,
    read_phenotypes,
)
from fluxagents.tasks.fba.media.screens.sole_sources import (
    Element,
    SoleSources,
    atoms_of,
    main_sources,
    open_sources,
    possible_sources,
)
from fluxagents.tasks.fba.solving.conditions import exchanges, uptake
from fluxagents.tasks.fba.solving.growth import Conditions, Optimum, StrainResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.outcome import ZERO_GROWTH_PER_H, Outcome
from fluxagents.tasks.fba.solving.strain import StrainArgs
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.tool import PREDICTIONS, Tool

if TYPE_CHECKING:
    from cobra import Model, Reaction

Oxygen = Literal["aerobic", "anaerobic"]


class Args(PhenotypeArgs, StrainArgs):
    """Which sources, at which uptake, with or without oxygen; the medium is the one around them."""

    elements: tuple[Element, ...] = Field(
        default=("carbon",),
        min_length=1,
        description="Sources of what: carbon, nitrogen, phosphorus, sulfur.",
    )
    sources: tuple[str, ...] = Field(
        default=(),
        description="Only these: names, metabolites, exchanges or classes such as sugars; all if absent.",
    )
    uptake_mmol_per_gdw_h: float = Field(
        default=10.0, gt=0, le=1000, description="Most uptake of each source, mmol/gDW/h."
    )
    uptake_of: Literal["molecules", "atoms"] = Field(
        default="molecules", description="atoms: the uptake counts atoms of the element (equal carbon)."
    )
    oxygen: Literal["both", "aerobic", "anaerobic"] = Field(
        default="both", description="aerobic: as in the medium; anaerobic: without uptake of oxygen."
    )

    @model_validator(mode="after")
    def _one_element_is_observed(self) -> Self:
        if self.has_phenotypes and len(self.elements) > 1:
            raise ValueError("phenotypes are those of one element: name it")
        return self


class SourceTable(BaseModel):
    """One row per element, oxygen and source, column by column, in the order of the model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    element: tuple[Element, ...] = ()
    oxygen: tuple[Oxygen, ...] = ()
    exchange: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    atoms: tuple[int, ...] = Field(default=(), description="Count of atoms of the element in a molecule.")
    uptake_mmol_per_gdw_h: tuple[float, ...] = Field(default=(), description="The most.")
    status: tuple[Outcome, ...] = ()
    growth_per_h: tuple[float | None, ...] = Field(default=(), description="None if infeasible.")
    supports_growth: tuple[bool, ...] = ()
    observed_growth: tuple[bool | None, ...] = Field(default=(), description="None if nothing was observed.")


class Screen(BaseModel):
    """All sources of one element, with or without oxygen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    element: Element
    oxygen: Oxygen
    sources_tested: int = Field(description="Count.")
    sources_with_growth: int = Field(description="Count.")
    growth_on_per_h: dict[str, float] = Field(description="Exchanges on which it grows, the best first.")
    without_growth: tuple[str, ...] = Field(description="Exchanges on which it does not grow.")
    closed: tuple[str, ...] = Field(description="The medium's own sources, closed but for their own test.")
    kept: tuple[str, ...] = Field(description="Supplements with the element that stay open, as vitamins.")
    status_without_source: Outcome
    growth_without_source_per_h: float | None = Field(
        description="The control, with no source; None if infeasible."
    )

    def display(self, limit: int) -> dict[str, JsonValue]:
        """The counts, the best growth rates, and what does not grow."""
        return {
            "sources_tested": self.sources_tested,
            "sources_with_growth": self.sources_with_growth,
            "growth_on_per_h": list_values(self.growth_on_per_h, limit),
            "without_growth": list_names(self.without_growth, limit),
            "closed": list_names(self.closed, limit),
            "kept": list_names(self.kept, limit),
            "growth_without_source_per_h": self.growth_without_source_per_h,
        }


class Result(StrainResult):
    """The sources on which it grows; growth is that in the medium as it is. Empty without an objective."""

    uptake_mmol_per_gdw_h: float = Field(description="The most of each source; of its atoms if so asked.")
    uptake_of: Literal["molecules", "atoms"]
    screens: tuple[Screen, ...]
    not_exchanged: tuple[str, ...] = Field(description="Named sources that the model cannot exchange.")
    agreement: PhenotypeAgreement | None = Field(
        default=None, description="Of the first screen with what was observed; None if nothing was."
    )
    table: SourceTable

    def tables(self) -> Mapping[str, pd.DataFrame]:
        numbers = dict.fromkeys(("growth_per_h", "uptake_mmol_per_gdw_h"), "float64")
        frame = pd.DataFrame(self.table.model_dump(mode="json"), columns=list(SourceTable.model_fields))
        return {"sources": frame.astype({**numbers, "observed_growth": "boolean"})}

    def display(self, limit: int) -> dict[str, JsonValue]:
        shown: dict[str, JsonValue] = {
            **self.conditions(min(limit, 10)),
            "uptake_mmol_per_gdw_h": self.uptake_mmol_per_gdw_h,
            "uptake_of": self.uptake_of,
            "screens": {
                f"{screen.element}_{screen.oxygen}": screen.display(limit) for screen in self.screens
            },
            "not_exchanged": list_names(self.not_exchanged, limit),
        }
        return shown if self.agreement is None else shown | {"agreement": self.agreement.display(limit)}


def gather(sources: Sources, args: Args) -> Mapping[str, bool] | None:
    """What was observed; raises as `read_phenotypes`."""
    return read_phenotypes(sources, args)


def run(model: Model, args: Args, observed: Mapping[str, bool] | None = None) -> Result:
    """Feed each source alone, at the same uptake (mmol/gDW/h); growth in 1/h.

    A source supports growth if there is more of it than without any source. The medium's own sources of the
    element are closed; what offers less than a tenth of their supply, such as a vitamin, stays open unless
    the cell grows on that alone. Carbon dioxide is no source of carbon here, and stays as it is.

    Facts for a flow: `screens.carbon_aerobic.sources_with_growth`, `screens.carbon_anaerobic.sources_tested`
    and so on; with observations `agreement.mcc`, `agreement.accuracy_fraction`, `agreement.unmapped.count`.

    Raises:
        FluxError: `MEDIUM` with the nearest names for an unknown source, or one without the element, or for
            conditions that do not fit the model; `UNKNOWN_ID` for a knock-out; `SOLVER` or `TIMEOUT`.
    """
    observed = args.phenotypes if observed is None else observed
    with hold_conditions(model, args) as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum)
        named, absent = find_sources(model, args.sources)
        exchange_of = map_sources(model, observed or {})
        screened: list[tuple[Screen, list[_Trial]]] = []
        if optimum.status is not Outcome.NO_OBJECTIVE:
            screened = [
                _screen(conditions, args, element, oxygen, named)
                for element in args.elements
                for oxygen in _choose_oxygen(model, args)
            ]
    agreed = None
    if observed is not None and screened:
        grows = {row.exchange: row.supports_growth for row in screened[0][1]}
        agreed = compare_phenotypes(observed, exchange_of, grows)
    seen = {exchange: (observed or {})[source] for source, exchange in exchange_of.items()}
    rows = [(*row, seen.get(row.exchange)) for _, tried in screened for row in tried]
    columns = zip(*rows, strict=True) if rows else ((),) * len(SourceTable.model_fields)
    return Result.model_validate(
        report
        | {
            "uptake_mmol_per_gdw_h": args.uptake_mmol_per_gdw_h,
            "uptake_of": args.uptake_of,
            "screens": tuple(screen for screen, _ in screened),
            "not_exchanged": absent,
            "agreement": agreed,
            "table": SourceTable.model_validate(dict(zip(SourceTable.model_fields, columns, strict=True))),
        }
    )


class _Trial(NamedTuple):
    """One source, as a row of the table."""

    element: Element
    oxygen: Oxygen
    exchange: str
    name: str
    atoms: int
    uptake_mmol_per_gdw_h: float
    status: Outcome
    growth_per_h: float | None
    supports_growth: bool


def _screen(
    conditions: Conditions, args: Args, element: Element, oxygen: Oxygen, named: tuple[str, ...]
) -> tuple[Screen, list[_Trial]]:
    model, known = conditions.model, exchanges(conditions.model)
    main, everything = main_sources(model, element), open_sources(model, element)
    chosen = named if args.sources else possible_sources(model, element, main)
    for identifier in named:
        _require_element(known[identifier], element)
    atoms = {identifier: atoms_of(known[identifier], element) for identifier in chosen}
    amount = args.uptake_mmol_per_gdw_h
    limits = {name: amount / count if args.uptake_of == "atoms" else amount for name, count in atoms.items()}
    with _hold_oxygen(conditions, oxygen):
        closed = main
        sole = SoleSources(model, conditions.program, limits, closed)
        control = sole.growth_on(None)
        if control.status is Outcome.OPTIMAL and closed != everything:
            closed = everything
            sole = SoleSources(model, conditions.program, limits, closed)
            control = sole.growth_on(None)
        optima = {identifier: sole.growth_on(identifier) for identifier in chosen}
    least = (control.value or 0.0) + ZERO_GROWTH_PER_H
    trials = [
        _Trial(
            element,
            oxygen,
            identifier,
            next(iter(known[identifier].metabolites)).name or identifier,
            atoms[identifier],
            limits[identifier],
            optimum.status,
            optimum.value,
            _exceeds(optimum, least),
        )
        for identifier, optimum in optima.items()
    ]
    growing = [trial for trial in trials if trial.supports_growth]
    growing.sort(key=lambda trial: (-(trial.growth_per_h or 0.0), trial.exchange))
    screen = Screen(
        element=element,
        oxygen=oxygen,
        sources_tested=len(trials),
        sources_with_growth=len(growing),
        growth_on_per_h={trial.exchange: trial.growth_per_h or 0.0 for trial in growing},
        without_growth=tuple(trial.exchange for trial in trials if not trial.supports_growth),
        closed=closed,
        kept=tuple(identifier for identifier in everything if identifier not in closed),
        status_without_source=control.status,
        growth_without_source_per_h=control.value,
    )
    return screen, trials


def _exceeds(optimum: Optimum, least: float) -> bool:
    return optimum.status is Outcome.OPTIMAL and optimum.value is not None and optimum.value > least


def _require_element(exchange: Reaction, element: Element) -> None:
    if not atoms_of(exchange, element):
        metabolite = next(iter(exchange.metabolites))
        message = f"'{exchange.id}' ({metabolite.formula or 'no formula'}) is no source of {element}"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=("name another element in 'elements'",))


def _oxygen_uptakes(model: Model) -> tuple[str, ...]:
    return tuple(
        identifier
        for identifier, exchange in exchanges(model).items()
        if uptake(exchange) > 0 and next(iter(exchange.metabolites)).elements == {"O": 2}
    )


def _choose_oxygen(model: Model, args: Args) -> tuple[Oxygen, ...]:
    """Of a medium without oxygen there is nothing aerobic."""
    if _oxygen_uptakes(model):
        return ("aerobic", "anaerobic") if args.oxygen == "both" else (args.oxygen,)
    if args.oxygen == "aerobic":
        message = f"the medium of model '{model.id}' has no oxygen"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=("open it with 'medium_changes'",))
    return ("anaerobic",)


@contextmanager
def _hold_oxygen(conditions: Conditions, oxygen: Oxygen) -> Iterator[None]:
    closed = _oxygen_uptakes(conditions.model) if oxygen == "anaerobic" else ()
    reactions = conditions.model.reactions
    bounds = {
        reactions.index(identifier): bounds_with_uptake(reactions.get_by_id(identifier), 0.0)
        for identifier in closed
    }
    with conditions.program.hold_bounds(bounds):
        yield


TOOL = Tool(
    name="screen_nutrients",
    purpose="Which sources of carbon, nitrogen, phosphorus or sulfur it grows on, with and without oxygen.",
    answers=("sources that support growth", "growth"),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    rests_on=PREDICTIONS | {Concern.COMPOUNDS},
    reference="Orth et al. 2011, doi:10.1038/msb.2011.65; phenotype microarrays: Bochner et al. 2001, "
    "doi:10.1101/gr.186501",
    example={"elements": ["carbon"], "uptake_mmol_per_gdw_h": 10},
)
