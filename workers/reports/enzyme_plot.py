"""The plot of an enzyme pool: which reactions use it."""

from __future__ import annotations

import textwrap

import pandas as pd

from fluxagents.workers.reports.plot_figure import BLUE, ORANGE, STRIPES, Caption, PlotFigure, canvas

MAX_BARS = 30


def draw_pool(uses: pd.DataFrame, caption: Caption) -> PlotFigure:
    """The share of the pool of each reaction, largest first; those with an assumed value in another colour.

    Args:
        uses: Rows of the table `reactions` with a share above 0.
        caption: Of the plot.
    """
    bars = uses.sort_values("pool_fraction", ascending=False, kind="stable").head(MAX_BARS)
    is_assumed = bars["assumed"].str.contains(r"(?:^|, )(?:kcat|molecular weight)").tolist()
    with canvas(caption, height_inches=1.8 + 0.22 * len(bars), grid="x") as drawing:
        axes, positions = drawing.axes, range(len(bars))
        colors = [ORANGE if assumed else BLUE for assumed in is_assumed]
        drawn = axes.barh(positions, bars["pool_fraction"], color=colors, height=0.7)
        for bar, assumed in zip(drawn, is_assumed, strict=True):
            bar.set(**(STRIPES if assumed else {}))
        for color, look, label, shown in (
            (BLUE, {}, "values of the table", not all(is_assumed)),
            (ORANGE, STRIPES, "kcat or weight assumed", any(is_assumed)),
        ):
            if shown:
                axes.barh([0], [0], color=color, label=label, **look)
        names = [f"{row['reaction']}: {row['name']}" for _, row in bars.iterrows()]
        axes.set_yticks(positions, [textwrap.shorten(name, 42, placeholder=" …") for name in names])
        axes.set_ylim(len(bars) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.set_xlabel("fraction of the enzyme pool")
        axes.tick_params(axis="y", length=0)
        axes.legend(loc="lower right")
        return drawing.figure
