"""The fluxes of one or two states on a map of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import cut_text, list_values
from fluxagents.tasks.fba.fluxes.pathway_members import find_members
from fluxagents.tasks.fba.fluxes.run_metabolic_fba import minimise_total_flux
from fluxagents.tasks.fba.maps.core_map import base_id, lay_core_map
from fluxagents.tasks.fba.maps.escher_map import encode_escher
from fluxagents.tasks.fba.maps.pathway_map import lay_pathway_map
from fluxagents.tasks.fba.maps.placement import FluxMap
from fluxagents.tasks.fba.solving.file_name import name_file
from fluxagents.tasks.fba.solving.growth import StrainResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.fba.solving.strain import StrainArgs
from fluxagents.tasks.ports.results import ResultFile
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(StrainArgs):
    """What is drawn, and under which conditions."""

    pathway: str | None = Field(
        default=None,
        description="Name of a subsystem or group of the model, a part of it that is unique, or a usual name "
        "such as glycolysis; core carbon metabolism if neither this nor `reactions` is given.",
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


Coordinates = Annotated[tuple[float, ...], Field(description="Map units; y grows downwards.")]


class ReactionTable(BaseModel):
    """One row per reaction on the map, column by column; places are in units of the map, downwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    flux_mmol_per_gdw_h: tuple[float, ...] = ()
    compared_flux_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="Under the conditions of `compared_with`; None without."
    )
    difference_mmol_per_gdw_h: tuple[float | None, ...] = Field(
        default=(), description="The flux less that under the other conditions."
    )
    middle_x: Coordinates = ()
    middle_y: Coordinates = ()
    label_x: Coordinates = ()
    label_y: Coordinates = ()


class CurveTable(BaseModel):
    """One row per Bézier curve: start, two control points, end; the reaction is numbered by its row."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction_row: tuple[int, ...] = Field(
        default=(), description="Row of its reaction in the reaction table, a count from 0."
    )
    coefficient: tuple[float, ...] = Field(
        default=(),
        description="Count of molecules of the metabolite at its end; negative for a substrate, 0 for none.",
    )
    is_main: tuple[bool, ...] = ()
    x0: Coordinates = ()
    y0: Coordinates = ()
    x1: Coordinates = ()
    y1: Coordinates = ()
    x2: Coordinates = ()
    y2: Coordinates = ()
    x3: Coordinates = ()
    y3: Coordinates = ()


class PlaceTable(BaseModel):
    """One row per place of a metabolite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    metabolite: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    is_main: tuple[bool, ...] = ()
    x: Coordinates = ()
    y: Coordinates = ()
    label_x: Coordinates = ()
    label_y: Coordinates = ()


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
        optional = ("compared_flux_mmol_per_gdw_h", "difference_mmol_per_gdw_h")
        return {
            "reactions": pd.DataFrame(self.reaction_table.model_dump()).astype(
                dict.fromkeys(optional, "float64")
            ),
            "curves": pd.DataFrame(self.curve_table.model_dump()),
            "places": pd.DataFrame(self.place_table.model_dump()),
        }

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
    ids = [placed.reaction for placed in drawn.reactions]
    here = [fluxes[identifier] for identifier in ids]
    there = [None if compared is None else compared[identifier] for identifier in ids]
    differences = [None if other is None else flux - other for flux, other in zip(here, there, strict=True)]
    return {
        "map": drawn.name,
        "reactions": len(ids),
        "active_reactions": sum(1 for flux in here if flux),
        "fluxes_mmol_per_gdw_h": _largest(dict(zip(ids, here, strict=True))),
        "differences_mmol_per_gdw_h": _largest(dict(zip(ids, differences, strict=True))),
        "file": ResultFile(
            name=name_file(model, (), "_map.json"),
            media_type="application/json",
            content=encode_escher(drawn, model),
        ),
        "reaction_table": ReactionTable(
            reaction=tuple(ids),
            name=tuple(model.reactions.get_by_id(identifier).name or "" for identifier in ids),
            flux_mmol_per_gdw_h=tuple(here),
            compared_flux_mmol_per_gdw_h=tuple(there),
            difference_mmol_per_gdw_h=tuple(differences),
            middle_x=tuple(placed.middle[0] for placed in drawn.reactions),
            middle_y=tuple(placed.middle[1] for placed in drawn.reactions),
            label_x=tuple(placed.label_at[0] for placed in drawn.reactions),
            label_y=tuple(placed.label_at[1] for placed in drawn.reactions),
        ),
        "curve_table": _tabulate_curves(drawn),
        "place_table": _tabulate_places(drawn, model),
    }


def _tabulate_curves(drawn: FluxMap) -> CurveTable:
    rows = [(row, curve) for row, placed in enumerate(drawn.reactions) for curve in placed.curves]
    points = [tuple(chain(curve.start, curve.first, curve.second, curve.end)) for _, curve in rows]
    names = ("x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3")
    return CurveTable(
        reaction_row=tuple(row for row, _ in rows),
        coefficient=tuple(curve.coefficient for _, curve in rows),
        is_main=tuple(curve.place is None or drawn.places[curve.place].is_main for _, curve in rows),
        **dict(zip(names, zip(*points, strict=True), strict=True)),
    )


def _tabulate_places(drawn: FluxMap, model: Model) -> PlaceTable:
    metabolites = [model.metabolites.get_by_id(place.metabolite) for place in drawn.places]
    return PlaceTable(
        metabolite=tuple(metabolite.id for metabolite in metabolites),
        label=tuple(base_id(metabolite) for metabolite in metabolites),
        name=tuple(metabolite.name or "" for metabolite in metabolites),
        is_main=tuple(place.is_main for place in drawn.places),
        x=tuple(place.point[0] for place in drawn.places),
        y=tuple(place.point[1] for place in drawn.places),
        label_x=tuple(place.label_at[0] for place in drawn.places),
        label_y=tuple(place.label_at[1] for place in drawn.places),
    )


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
