"""Plots of gains, phase planes and robustness curves."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fluxagents.workers.reports.plot_figure import BLUE, GREY, ON_PALE, ORANGE, Caption, PlotFigure, canvas

_CONTOURS = 12
_LABEL_SHARE = 1.45
"""Of the longest bar: room for the number and the range beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneLabels:
    """What stands at the axes of a plane and at its contours."""

    first: str
    second: str
    value: str
    """Growth or another objective, with its unit."""


def draw_gains(nutrients: pd.DataFrame, caption: Caption) -> PlotFigure:
    """The gain of each nutrient as a bar, with its range; the loss as a mark where it differs."""
    with canvas(caption, height_inches=1.5 + 0.3 * len(nutrients), grid="x") as drawing:
        axes, positions = drawing.axes, range(len(nutrients))
        gains, losses = nutrients["gain_per_mmol"], nutrients["loss_per_mmol"].astype("float64")
        axes.barh(positions, gains, color=BLUE, height=0.6, label="one more")
        is_kink = (nutrients["is_degenerate"].astype(bool) & losses.notna()).to_numpy()
        if is_kink.any():
            axes.plot(
                losses[is_kink], np.flatnonzero(is_kink), "D", color=ORANGE, markersize=5, label="one less"
            )
            axes.legend(loc="lower right")
        highest = float(np.nanmax([*gains, *losses, 0.0])) or 1.0
        for position, (_, row) in enumerate(nutrients.iterrows()):
            end = row["valid_to_uptake_mmol_per_gdw_h"]
            label = f"{row['gain_per_mmol']:.3g}" + ("" if pd.isna(end) else f", up to {end:.3g}")
            axes.text(row["gain_per_mmol"] + highest * 0.02, position, label, va="center", fontsize=8)
        axes.set_xlim(0, highest * _LABEL_SHARE)
        axes.set_xlabel("gain per mmol/gDW/h of supply, up to an uptake in mmol/gDW/h")
        names = [f"{row['name']} ({row['exchange']})" for _, row in nutrients.iterrows()]
        axes.set_yticks(positions, [textwrap.shorten(name, 42, placeholder=" …") for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        return drawing.figure


def draw_plane(tables: Mapping[str, pd.DataFrame], labels: PlaneLabels, caption: Caption) -> PlotFigure:
    """Lines of equal growth over two uptake limits, the numbers of the phases, and the line of optimality."""
    optimal = tables["line_of_optimality"]
    first, second = "first_uptake_mmol_per_gdw_h", "second_uptake_mmol_per_gdw_h"
    grid = tables["plane"].pivot_table(index=second, columns=first, values="growth_per_h", dropna=False)
    across, along = grid.columns.to_numpy("float64"), grid.index.to_numpy("float64")
    heights = grid.to_numpy("float64")
    with canvas(caption, height_inches=5.0, grid="y") as drawing:
        axes = drawing.axes
        axes.grid(visible=False)
        if np.nanmax(heights) > np.nanmin(heights):
            filled = axes.contourf(across, along, heights, levels=_CONTOURS, cmap="Blues")
            axes.contour(across, along, heights, levels=filled.levels, colors=GREY, linewidths=0.6)
            drawing.figure.colorbar(filled, ax=axes, label=labels.value)
        axes.plot(
            optimal[first], optimal[second], color=ORANGE, linewidth=2.2,
            label="line of optimality",
        )  # fmt: skip
        for _, phase in tables["phases"].iterrows():
            axes.text(
                phase["centre_first_mmol_per_gdw_h"], phase["centre_second_mmol_per_gdw_h"],
                f"{phase['phase']:.0f}", color=ON_PALE, fontweight="bold", ha="center", va="center",
            )  # fmt: skip
        axes.set_xlim(0, across.max())
        axes.set_ylim(0, along.max())
        axes.set_xlabel(f"{labels.first}: most uptake (mmol/gDW/h)")
        axes.set_ylabel(f"{labels.second}: most uptake (mmol/gDW/h)")
        axes.legend(loc="upper left", frameon=True, framealpha=0.9, title="numbers: phases")
        return drawing.figure


def draw_curve(curve: pd.DataFrame, reaction: str, value: str, caption: Caption) -> PlotFigure:
    """Growth over the flux that a reaction is held at, with its break points."""
    with canvas(caption, grid="y") as drawing:
        axes, flux, growth = drawing.axes, curve["flux_mmol_per_gdw_h"], curve["growth_per_h"]
        axes.plot(flux, growth, color=BLUE, linewidth=1.8)
        breaks = curve[curve["is_break_point"].astype(bool)]
        axes.plot(
            breaks["flux_mmol_per_gdw_h"], breaks["growth_per_h"], "o", color=ORANGE, markersize=5,
            label="break point",
        )  # fmt: skip
        if len(breaks):
            axes.legend(loc="best")
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_xlabel(f"flux of {reaction} (mmol/gDW/h)")
        axes.set_ylabel(value)
        return drawing.figure
