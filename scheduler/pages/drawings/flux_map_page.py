"""A page that shows flux maps with Escher: part of the site, or one file that fetches nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.state import RunState
from fluxagents.scheduler.pages.rendering import read_asset, render_template
from fluxagents.tasks.fba.maps.state_comparison import compare_flux, find_full_width
from fluxagents.tasks.fba.maps.stored_map import StoredMap, has_map
from fluxagents.tasks.ports.artifacts import ArtifactStore

TEMPLATE = "flux_map.html.j2"

DRAW_FLUX_MAP = "draw_flux_map"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)
"""Of the page on the site: Escher brings its style with its script. The sandbox keeps what is in it from the
session of whoever looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPanel:
    """One drawing of the map.

    Attributes:
        title: What it shows.
        is_difference: Whether it shows where more flux runs in the first of two states.
        full_width: The size in mmol/gDW/h from which on lines are drawn at full width.
        shown: Reaction -> mmol/gDW/h, a flux or how much more flux runs.
        directions: Reaction -> a number whose sign says in which direction it runs.
    """

    title: str
    is_difference: bool
    full_width: float
    shown: Mapping[str, float]
    directions: Mapping[str, float]


def find_maps(artifacts: Callable[[], ArtifactStore], state: RunState) -> dict[str, str]:
    """The flux maps of a run: id of the finding -> digest of the result, in the order of the calls."""
    drawn = [each for each in state.findings if each.tool == DRAW_FLUX_MAP and each.artifact]
    return {
        each.id: each.artifact for each in drawn if each.artifact and is_drawn(artifacts(), each.artifact)
    }


def is_drawn(artifacts: ArtifactStore, digest: str) -> bool:
    """Whether a result has a flux map, and is still there."""
    try:
        return has_map(artifacts.manifest(digest))
    except FluxError as error:
        if error.kind is not ErrorClass.UNKNOWN_ID:
            raise
        return False  # results that nobody needs are removed before their runs


def plan_panels(drawn: StoredMap) -> tuple[MapPanel, ...]:
    """One panel for one state; both and their difference for two, whose fluxes have one scale."""
    table = drawn.tables["reactions"]
    names = table["reaction"]
    here = dict(zip(names, map(float, table["flux_mmol_per_gdw_h"]), strict=True))
    others = zip(names, map(float, table["compared_flux_mmol_per_gdw_h"]), strict=True)
    there = {reaction: flux for reaction, flux in others if not math.isnan(flux)}
    full_width = find_full_width((*here.values(), *there.values()))
    states = [(drawn.states[0], here)] + ([(drawn.states[1], there)] if there else [])
    panels = [
        MapPanel(title=title, is_difference=False, full_width=full_width, shown=fluxes, directions=fluxes)
        for title, fluxes in states
    ]
    if there:
        changes = {reaction: compare_flux(here[reaction], other) for reaction, other in there.items()}
        values = {reaction: value for reaction, (value, _) in changes.items()}
        panels.append(
            MapPanel(
                title=f"Difference: {drawn.states[0]} less {drawn.states[1]}",
                is_difference=True,
                full_width=find_full_width(values.values()),
                shown=values,
                directions={reaction: direction for reaction, (_, direction) in changes.items()},
            )
        )
    return tuple(panels)


def write_map_page(drawn: StoredMap, *, is_file: bool, picture: str = "") -> str:
    """The page as HTML.

    Args:
        drawn: The map.
        is_file: Whether it has all that it needs in itself; otherwise the site serves scripts and style.
        picture: Address of the same map for browsers without scripts.
    """
    panels = plan_panels(drawn)
    data = {"map": drawn.escher, "panels": [_encode_panel(panel) for panel in panels]}
    return render_template(
        TEMPLATE,
        drawn=drawn,
        panels=panels,
        data=_embed(data),
        is_file=is_file,
        picture=picture,
        read_asset=read_asset,
    )


def _encode_panel(panel: MapPanel) -> dict[str, JsonValue]:
    """What Escher draws, and what is written over it: of two sets of data it knows the first only."""
    return {
        "isDifference": panel.is_difference,
        "fullWidth": panel.full_width,
        "data": dict(panel.directions),
        "shown": dict(panel.shown),
        "texts": {reaction: f"{value:+.3g}" for reaction, value in panel.shown.items() if value}
        if panel.is_difference
        else {},
    }


def _embed(value: Any) -> str:
    """JSON that may stand in a script element whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
