"""The plot of an effect: the fluxes that a change would change most, before and after."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pandas as pd

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.effect import format_change
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H
from fluxagents.workers.reports.plot_figure import GREY, ORANGE, Caption, PlotFigure, canvas

MAX_FLUXES = 16
"""Of exchange reactions and reactions within the cell together; the table has all."""


def draw_effect(growth: pd.DataFrame, fluxes: pd.DataFrame, caption: Caption) -> PlotFigure:
    """The largest changes of fluxes as pairs of bars, exchange reactions first; growth in the title.

    Raises:
        FluxError: `BAD_ARGUMENT` if no fluxes before and after are there to compare.
    """
    changed = _rank(fluxes)
    if changed.empty:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "there is nothing to plot: no flux changes, or there is no growth before or after the change",
            suggestions=("`fluxagents artifacts show` tells what is known",),
        )
    before, after = (None if pd.isna(value) else float(value) for value in growth["growth_per_h"])
    conditions = f"{caption.conditions}; {len(changed)} of the fluxes that change"
    caption = replace(caption, title=f"Growth {format_change(before, after)}, 1/h", conditions=conditions)
    with canvas(caption, height_inches=1.6 + 0.32 * len(changed), grid="x") as drawing:
        axes, positions = drawing.axes, range(len(changed))
        lower = [position + 0.2 for position in positions]
        upper = [position - 0.2 for position in positions]
        axes.barh(upper, changed["before_mmol_per_gdw_h"].fillna(0), color=GREY, height=0.36, label="before")
        axes.barh(lower, changed["after_mmol_per_gdw_h"].fillna(0), color=ORANGE, height=0.36, label="after")
        axes.axvline(0, color=GREY, linewidth=0.8)
        names = [textwrap.shorten(name, 42, placeholder=" …") for name in changed["reaction"]]
        axes.set_yticks(positions, names)
        axes.set_ylim(len(changed) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("flux (mmol/gDW/h)")
        axes.legend(loc="best")
        return drawing.figure


def _rank(fluxes: pd.DataFrame) -> pd.DataFrame:
    before, after = fluxes["before_mmol_per_gdw_h"], fluxes["after_mmol_per_gdw_h"]
    if before.notna().sum() == 0 or after.notna().sum() == 0:
        return fluxes.head(0)
    ranked = fluxes.assign(change=(after.fillna(0) - before.fillna(0)).abs())
    ranked = ranked[ranked["change"] > ZERO_FLUX_MMOL_PER_GDW_H]
    ranked = ranked.sort_values("change", ascending=False, kind="stable")
    outer = ranked[ranked["is_exchange"]].head(MAX_FLUXES // 2)
    inner = ranked[~ranked["is_exchange"]].head(MAX_FLUXES - len(outer))
    return pd.concat([outer, inner])
