"""The fluxes of one or two states on a map of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import cut_text, list_values
from fluxagents.tasks.fba.fluxes.pathway_members import find_members
from fluxagents.tasks.fba.fluxes.run_metabolic_fba import minimise_total_flux
from fluxagents.tasks.fba.maps.core_map import lay_core_map
from fluxagents.tasks.fba.maps.map_tables import (
    CurveTable,
    PlaceTable,
    ReactionTable,
    frame_map,
    tabulate_map,
)
from fluxagents.tasks.fba.maps.pathway_map import lay_pathway_map
from fluxagents.tasks.fba.maps.placement import FluxMap
from fluxagents.tasks.fba.solving.growth import StrainResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.fba.solving.strain import StrainArgs
from fluxagents.tasks.ports.results import ResultFile
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(StrainArgs):
    """What is drawn (core carbon metabolism if nothing is named), and under which conditions."""

    pathway: str | None = Field(
        default=None,
        description="Name of a subsystem or group of the model, a part of it that is unique, or a usual name "
        "such as glycolysis.",
    )
    reactions: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Reaction ids, instead of a name."
    )
    compared_with: StrainArgs | None = Field(
        default=None,
        description="Other conditions, drawn beside these, with the difference (these less those).",
    )

    @model_validator(mode="after")
    def _at_most_one(self) -> Args:
        if self.pathway is not None and self.reactions is not None:
            raise ValueError("give at most one of 'pathway' and 'reactions'")
        return self


class Result(StrainResult):
    """The map with its fluxes; there is none unless the status is optimal or zero growth."""

    map: str = Field(description="What is drawn.")
    reactions: int = Field(description="Count of reactions on the map.")
    active_reactions: int | None = Field(description="Count of reactions on the map with a flux.")
    fluxes_mmol_per_gdw_h: dict[str, float] = Field(description="On the map, not zero, largest first.")
    compared_status: Outcome | None = Field(
        default=None, description="Under the conditions of `compared_with`."
    )
    compared_growth_per_h: float | None = None
    differences_mmol_per_gdw_h: dict[str, float] = Field(
        default_factory=dict, description="These fluxes less those compared with, not zero, largest first."
    )
    file: ResultFile | None = Field(description="The map in Escher's format, without fluxes.")
    reaction_table: ReactionTable
    curve_table: CurveTable
    place_table: PlaceTable

    def files(self) -> Sequence[ResultFile]:
        return () if self.file is None else (self.file,)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return frame_map(self.reaction_table, self.curve_table, self.place_table)

    def display(self, limit: int) -> dict[str, JsonValue]:
        compared: dict[str, JsonValue] = {}
        if self.compared_status is not None:
            compared = {
                "compared_status": str(self.compared_status),
                "compared_growth_per_h": self.compared_growth_per_h,
                "differences_mmol_per_gdw_h": list_values(self.differences_mmol_per_gdw_h, min(limit, 10)),
            }
        return {
            **self.conditions(min(limit, 10)),
            "map": cut_text(self.map),
            "reactions": self.reactions,
            "active_reactions": self.active_reactions,
            "fluxes_mmol_per_gdw_h": list_values(self.fluxes_mmol_per_gdw_h, min(limit, 12)),
            **compared,
            "file": None if self.file is None else self.file.display(),
        }


def run(model: Model, args: Args) -> Result:
    """Draw fluxes (mmol/gDW/h) at the optimum with the least total flux (pFBA) on a map.

    Facts for a flow: `file.digest`, `file.name`.

    Raises:
        FluxError: `UNKNOWN_ID` for a pathway that the model does not have, or a model without BiGG ids where
            none is named; `BAD_ARGUMENT` if there is too much to be read; as `run_metabolic_fba` otherwise.
    """
    report, fluxes = _solve(model, args)
    other, compared = (None, None) if args.compared_with is None else _solve(model, args.compared_with)
    found = report | {
        "compared_status": other and other["status"],
        "compared_growth_per_h": other and other["growth_per_h"],
    }
    drawn = _lay(model, args, fluxes or {})
    if fluxes is None:
        empty: dict[str, object] = {
            "reaction_table": {},
            "curve_table": {},
            "place_table": {},
            "fluxes_mmol_per_gdw_h": {},
        }
        sizes = {"map": drawn.name, "reactions": len(drawn.reactions), "active_reactions": None, "file": None}
        return Result.model_validate(found | empty | sizes)
    return Result.model_validate(found | _describe(model, drawn, fluxes, compared))


def _solve(model: Model, args: StrainArgs) -> tuple[dict[str, object], dict[str, float] | None]:
    """What is said of the conditions, and the fluxes under them; None without an optimum."""
    with hold_conditions(model, args, split=True, aim="growth_if_known") as conditions:
        program = conditions.program
        optimum = optimise(program)
        report = conditions.report(optimum)
        if optimum.value is None:
            return report, None
        minimise_total_flux(program)
        ids = (reaction.id for reaction in model.reactions)
        return report, dict(zip(ids, program.fluxes(), strict=True))


def _lay(model: Model, args: Args, fluxes: Mapping[str, float]) -> FluxMap:
    if args.pathway is not None or args.reactions is not None:
        name, reactions = find_members(model, args.pathway, args.reactions)
        return lay_pathway_map(name, model, reactions, fluxes)
    core = lay_core_map(model)
    if core is None:
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"no reaction of model '{model.id}' has a BiGG id of core carbon metabolism, so that there is no "
            "map to draw it on",
            suggestions=("name a 'pathway' of the model, or 'reactions': they are laid out by themselves",),
        )
    return core


def _describe(
    model: Model,
    drawn: FluxMap,
    fluxes: Mapping[str, float],
    compared: Mapping[str, float] | None,
) -> dict[str, object]:
    parts = tabulate_map(model, drawn, fluxes, compared)
    table = parts.reaction_table
    differences = zip(table.reaction, table.difference_mmol_per_gdw_h, strict=True)
    return {
        "map": drawn.name,
        "reactions": len(table.reaction),
        "active_reactions": sum(1 for flux in table.flux_mmol_per_gdw_h if flux),
        "fluxes_mmol_per_gdw_h": _largest(dict(zip(table.reaction, table.flux_mmol_per_gdw_h, strict=True))),
        "differences_mmol_per_gdw_h": _largest(dict(differences)),
        "file": parts.file,
        "reaction_table": table,
        "curve_table": parts.curve_table,
        "place_table": parts.place_table,
    }


def _largest(fluxes: Mapping[str, float | None]) -> dict[str, float]:
    active = [(identifier, flux) for identifier, flux in fluxes.items() if flux]
    return dict(sorted(active, key=lambda pair: (-abs(pair[1]), pair[0])))


TOOL = Tool(
    name="draw_flux_map",
    purpose="Draws fluxes on a map of core metabolism or of a pathway, of one or two conditions.",
    answers=("flux map", "flux", "growth"),
    args=Args,
    result=Result,
    run=run,
    reference="Escher: King et al. 2015, doi:10.1371/journal.pcbi.1004321; "
    "pFBA: Lewis et al. 2010, doi:10.1038/msb.2010.47",
    example={"compared_with": {"medium_changes": {"EX_o2_e": 0}}},
)
