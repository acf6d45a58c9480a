"""Fluxes on a map: width and shade by size, arrows by direction; two states beside their difference."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize, to_hex
from matplotlib.patches import FancyArrowPatch, Patch, PathPatch
from matplotlib.path import Path

from fluxagents.tasks.fba.maps.state_comparison import compare_flux, find_full_width
from fluxagents.tasks.fba.maps.stored_map import StoredMap
from fluxagents.workers.reports.plot_figure import (
    BLACK,
    DARK,
    GREY,
    PAPER,
    QUIET,
    Caption,
    PlotFigure,
    large_canvas,
)

_INCHES_PER_UNIT = 0.42
_MARGIN_UNITS = 1.6
_LEAST_WIDTH, _MOST_WIDTH = 1.2, 6.0
_REST_WIDTH = 0.8
_UNDERLAY: Mapping[str, Any] = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.72, "pad": 0.3}
"""Behind each name, so that a line below does not cross it out."""

_BESIDE_UNITS = 0.15
_REST_COLOR = "#bbbbbb"
_IDLE, _ACTIVE = "#6b6b6b", "#00507d"
"""Names of reactions without flux and with it."""


def _scale(*colors: str) -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list("scale", colors)


# On either paper a larger size stands out more.
_FLUXES, _DARK_FLUXES = _scale("#9cc9e8", "#0072b2", "#002b4d"), _scale("#3a6f96", "#62b0e0", "#d6ecfb")
_DIFFERENCES = _scale("#b35900", "#e69f00", "#d9d9d9", "#3399cc", "#004c77")
_DARK_DIFFERENCES = _scale("#ffd08a", "#b8740f", "#4a5462", "#2f7fc0", "#a9d8ff")

_DARK = {
    **DARK,
    _REST_COLOR: "#5a6470",
    _IDLE: "#a3adb8",
    _ACTIVE: "#8cc4ff",
    **{
        to_hex(light(step)): to_hex(dark(step))
        for light, dark in ((_DIFFERENCES, _DARK_DIFFERENCES), (_FLUXES, _DARK_FLUXES))
        for step in range(light.N)
    },
}
"""Color -> color on a dark page."""

_PATH = (Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4)


@dataclass(frozen=True, slots=True)
class _Panel:
    """One drawing of the map: what is shown, and how numbers become colours."""

    title: str
    shown: pd.Series
    colors: Colormap
    norm: Normalize
    label: str
    directions: pd.Series
    """Their sign says where an arrow points."""

    @property
    def number_format(self) -> str:
        """A difference has its sign, so that its colour is not the only thing that says it."""
        return "+.3g" if self.norm.vmin else ".3g"

    @property
    def extend(self) -> str:
        """Where larger sizes are drawn as the end of the scale: above, and of a difference below as well."""
        return "both" if self.norm.vmin else "max"


def draw_flux_map(
    tables: Mapping[str, pd.DataFrame], titles: tuple[str, str], caption: Caption
) -> PlotFigure:
    """The map of `draw_flux_map`, once, or for both states and their difference.

    Args:
        tables: `reactions`, `curves` and `places` of the result.
        titles: What the two states are; the second is not used for one state.
        caption: Of the figure.
    """
    reactions, places = tables["reactions"], tables["places"]
    panels = _plan_panels(reactions, titles)
    (left, right), (top, bottom) = _find_edges(reactions, places)
    width, height = right - left, bottom - top
    size = max(width, 12) * _INCHES_PER_UNIT, max(height, 8) * _INCHES_PER_UNIT
    with large_canvas(caption, columns=len(panels), panel_inches=size) as (figure, places_of):
        figure.dark = _DARK
        for place, panel in zip(places_of, panels, strict=True):
            _draw_panel(place.axes, panel, tables)
            if len(panels) > 1:
                place.axes.set_title(panel.title, fontsize=10, color=BLACK)
            mappable = ScalarMappable(panel.norm, panel.colors)
            bar = figure.colorbar(mappable, cax=place.scale, orientation="horizontal", extend=panel.extend)
            bar.set_label(panel.label, fontsize=8)
            for shades in place.scale.collections:
                shades.set_rasterized(False)  # colors of a raster would not follow the reader
        return figure


def draw_stored_map(drawn: StoredMap) -> PlotFigure:
    """The map of one stored result, or of two laid over each other."""
    caption = Caption(title=drawn.title, conditions=drawn.conditions, source=drawn.source)
    return draw_flux_map(drawn.tables, drawn.states, caption)


def _plan_panels(reactions: pd.DataFrame, titles: tuple[str, str]) -> list[_Panel]:
    here, there = reactions["flux_mmol_per_gdw_h"], reactions["compared_flux_mmol_per_gdw_h"]
    norm = Normalize(0, find_full_width((*here, *there.dropna())), clip=True)
    label = "flux (mmol/gDW/h)"
    panels = [_Panel(titles[0], here, _FLUXES, norm, label, here)]
    if there.notna().any():
        panels.append(_Panel(titles[1], there, _FLUXES, norm, label, there))
        compared = pd.DataFrame(map(compare_flux, here, there), columns=["more", "direction"])
        top = find_full_width(compared["more"].dropna())
        text = f"more flux (mmol/gDW/h): {titles[1]} (negative), {titles[0]} (positive)"
        panels.append(
            _Panel(
                "difference",
                compared["more"],
                _DIFFERENCES,
                Normalize(-top, top, clip=True),
                text,
                compared["direction"],
            )
        )
    return panels


def _draw_panel(axes: Axes, panel: _Panel, tables: Mapping[str, pd.DataFrame]) -> None:
    reactions, curves, places = tables["reactions"], tables["curves"], tables["places"]
    values, directions = panel.shown.to_numpy("float64"), panel.directions.to_numpy("float64")
    width_of = _scale_widths(panel)
    # What rests lies below what flows, and small flows above large ones.
    order = np.argsort(-np.nan_to_num(np.abs(values[curves["reaction_row"]])), kind="stable")
    for curve in curves.iloc[order].to_dict("records"):
        value, direction = values[curve["reaction_row"]], directions[curve["reaction_row"]]
        # A patch would widen the limits of the axes, which are known: most of the time that it takes.
        axes.add_artist(_draw_curve(curve, direction, line=_line(panel, value, width_of)))
    main = places[places["is_main"]]
    beside = places[~places["is_main"]]
    axes.scatter(main["x"], main["y"], s=34, color=PAPER, edgecolors=BLACK, linewidths=1.0, zorder=5)
    axes.scatter(beside["x"], beside["y"], s=9, color=PAPER, edgecolors=GREY, linewidths=0.7, zorder=5)
    for place in places.to_dict("records"):
        away = place["label_x"] - place["x"]
        axes.text(
            place["label_x"], place["label_y"], place["label"],
            fontsize=7.5 if place["is_main"] else 5.5, color=BLACK if place["is_main"] else QUIET,
            ha=_align(away), va="center", zorder=6, bbox=_UNDERLAY,
        )  # fmt: skip
    for value, reaction in zip(values, reactions.to_dict("records"), strict=True):
        number = "" if not value or math.isnan(value) else f"\n{value:{panel.number_format}}"
        away = reaction["label_x"] - reaction["middle_x"]
        axes.text(
            reaction["label_x"], reaction["label_y"], f"{reaction['reaction']}{number}",
            fontsize=6, color=_ACTIVE if number else _IDLE, fontweight="bold" if number else "normal",
            ha=_align(away), va="center", zorder=7, linespacing=0.95, bbox=_UNDERLAY,
        )  # fmt: skip
    (left, right), (top, bottom) = _find_edges(reactions, places)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect("equal")
    axes.axis("off")


def _find_edges(reactions: pd.DataFrame, places: pd.DataFrame) -> tuple[tuple[float, float], ...]:
    """From left to right and from top to bottom, with room for the names that stand furthest out."""
    ends = []
    for axis in ("x", "y"):
        stands = pd.concat([places[axis], places[f"label_{axis}"], reactions[f"label_{axis}"]])
        ends.append((float(stands.min()) - _MARGIN_UNITS, float(stands.max()) + _MARGIN_UNITS))
    return tuple(ends)


def _align(away: float) -> str:
    """How a text stands that is so far to the right of what it names."""
    if abs(away) < _BESIDE_UNITS:
        return "center"
    return "left" if away > 0 else "right"


def _scale_widths(panel: _Panel) -> Callable[[float], float]:
    top = panel.norm.vmax or 1.0

    def width_of(value: float) -> float:
        if not value or math.isnan(value):
            return _REST_WIDTH
        share = math.sqrt(min(1.0, abs(value) / top))
        return _LEAST_WIDTH + (_MOST_WIDTH - _LEAST_WIDTH) * share

    return width_of


@dataclass(frozen=True, slots=True)
class _Line:
    width: float
    color: Any
    flows: bool


def _line(panel: _Panel, value: float, width_of: Callable[[float], float]) -> _Line:
    flows = bool(value) and not math.isnan(value)
    # A scale from zero is of sizes, one that begins below of signed differences.
    color = panel.colors(panel.norm(value if panel.norm.vmin else abs(value))) if flows else _REST_COLOR
    return _Line(width_of(value), color, flows)


def _draw_curve(curve: Mapping[Any, Any], direction: float, *, line: _Line) -> Patch:
    """One curve; with an arrow at its metabolite if the flux ends there."""
    points = [(curve[f"x{number}"], curve[f"y{number}"]) for number in range(4)]
    width = line.width if curve["is_main"] else min(line.width, _LEAST_WIDTH)
    if not line.flows or math.isnan(direction) or direction * curve["coefficient"] <= 0:
        return PathPatch(
            Path(points, _PATH), fill=False, linewidth=width, edgecolor=line.color, capstyle="round",
            linestyle="solid" if line.flows else (0, (3, 2)),
        )  # fmt: skip
    # The arrow points at the metabolite: a substrate's curve begins there.
    ends = points if curve["coefficient"] > 0 else points[::-1]
    return FancyArrowPatch(
        path=Path(ends, _PATH),
        arrowstyle=f"-|>,head_length={3 + 1.1 * width},head_width={1.6 + 0.75 * width}",
        linewidth=width,
        edgecolor=line.color,
        facecolor=line.color,
        shrinkA=0,
        shrinkB=3.2 if curve["is_main"] else 1.6,
        mutation_scale=1.0,
        capstyle="butt",
        joinstyle="miter",
    )
