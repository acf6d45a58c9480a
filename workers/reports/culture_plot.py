"""The plot of a culture over time: concentrations and biomass, each with an axis of its own."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fluxagents.workers.reports.plot_figure import BLACK, BLUE, GREY, ORANGE, Caption, PlotFigure, canvas

MAX_CURVES = 6
"""As many as colours and styles tell apart."""

_CONCENTRATION = "_mmol_per_l"
_COLORS = (BLUE, ORANGE, "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
_ROOM = 1.08
"""Of the highest value: room above it."""


def list_curves(curve: pd.DataFrame) -> list[str]:
    """The exchanges whose concentrations are drawn, those with the highest ones first."""
    columns = [name for name in curve.columns if name.endswith(_CONCENTRATION)]
    highest = curve[columns].max().sort_values(ascending=False, kind="stable")
    shown = [str(name) for name in highest.index if highest[name] > 0] or columns[:1]
    return [name.removesuffix(_CONCENTRATION) for name in shown[:MAX_CURVES]]


def draw_culture(
    curve: pd.DataFrame, labels: Sequence[tuple[str, str]], phases: pd.DataFrame, caption: Caption
) -> PlotFigure:
    """Concentrations (mmol/L) on the left and biomass (gDW/L) on the right, with lines between phases.

    Args:
        curve: The table `curve` of a culture.
        labels: Exchange reaction and name of each substance to draw.
        phases: The table `phases`.
        caption: Of the plot.
    """
    with canvas(caption, height_inches=4.6, grid="y") as drawing:
        left, times = drawing.axes, curve["time_h"]
        right = left.twinx()
        for number, (exchange, name) in enumerate(labels):
            left.plot(
                times,
                curve[f"{exchange}{_CONCENTRATION}"],
                color=_COLORS[number],
                linestyle=_DASHES[number],
                linewidth=1.8,
                label=name,
            )
        biomass = curve["biomass_gdw_per_l"]
        right.plot(times, biomass, color=BLACK, linewidth=2.2, label="biomass (right axis)")
        for boundary in phases["from_h"].iloc[1:]:
            left.axvline(boundary, color=GREY, linewidth=0.9, linestyle=":")
        highest = max(float(curve[f"{exchange}{_CONCENTRATION}"].max()) for exchange, _ in labels)
        left.set_ylim(0, (highest or 1.0) * _ROOM)
        right.set_ylim(0, float(biomass.max()) * _ROOM)
        left.set_xlim(0, float(times.max()) or 1.0)
        left.set_xlabel("time (h); dotted lines: another phase begins" if len(phases) > 1 else "time (h)")
        left.set_ylabel("concentration (mmol/L)")
        right.set_ylabel("biomass (gDW/L)")
        right.spines["right"].set_visible(True)
        lines = [*left.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
        names = [*left.get_legend_handles_labels()[1], *right.get_legend_handles_labels()[1]]
        drawing.figure.legend(lines, names, loc="outside lower center", ncols=min(len(lines), 3))
        return drawing.figure
