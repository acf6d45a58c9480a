"""A flux map as tables and as a file: what is kept of it with a result."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from fluxagents.tasks.fba.maps.core_map import base_id
from fluxagents.tasks.fba.maps.escher_map import encode_escher
from fluxagents.tasks.fba.maps.placement import FluxMap
from fluxagents.tasks.fba.solving.file_name import name_file
from fluxagents.tasks.ports.results import ResultFile

if TYPE_CHECKING:
    from cobra import Model

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


class MapParts(BaseModel):
    """All of a map: its tables, and the file in Escher's format without fluxes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    file: ResultFile
    reaction_table: ReactionTable
    curve_table: CurveTable
    place_table: PlaceTable

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """As `frame_map`."""
        return frame_map(self.reaction_table, self.curve_table, self.place_table)


def frame_map(reactions: ReactionTable, curves: CurveTable, places: PlaceTable) -> dict[str, pd.DataFrame]:
    """The tables `reactions`, `curves` and `places`."""
    optional = ("compared_flux_mmol_per_gdw_h", "difference_mmol_per_gdw_h")
    return {
        "reactions": pd.DataFrame(reactions.model_dump()).astype(dict.fromkeys(optional, "float64")),
        "curves": pd.DataFrame(curves.model_dump()),
        "places": pd.DataFrame(places.model_dump()),
    }


def tabulate_map(
    model: Model, drawn: FluxMap, fluxes: Mapping[str, float], compared: Mapping[str, float] | None
) -> MapParts:
    """A map with the fluxes of one or two states, mmol/gDW/h.

    Args:
        model: Of which it was drawn.
        drawn: The map.
        fluxes: Reaction -> flux, of each reaction on the map.
        compared: Likewise of the other state; None for one state.
    """
    ids = [placed.reaction for placed in drawn.reactions]
    here = [fluxes[identifier] for identifier in ids]
    there = [None if compared is None else compared[identifier] for identifier in ids]
    differences = [None if other is None else flux - other for flux, other in zip(here, there, strict=True)]
    return MapParts(
        name=drawn.name,
        file=ResultFile(
            name=name_file(model, (), "_map.json"),
            media_type="application/json",
            content=encode_escher(drawn, model),
        ),
        reaction_table=ReactionTable(
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
        curve_table=_tabulate_curves(drawn),
        place_table=_tabulate_places(drawn, model),
    )


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
