"""Plots of communities: growth of the members in the trade-off, and what they give each other."""

from __future__ import annotations

import textwrap

import pandas as pd

from fluxagents.workers.reports.plot_figure import (
    BLACK,
    BLUE,
    GREY,
    ON_DEEP,
    ON_PALE,
    ORANGE,
    Caption,
    PlotFigure,
    canvas,
)

MAX_MEMBERS = 8
"""More curves are not told apart."""

MAX_ROWS = 30
"""More compounds are not readable on a page."""

_STYLES = ("-", "--", ":", "-.")
_COLORS = (BLUE, ORANGE, BLACK, GREY)
_PALE = 0.55
"""Of the largest amount: above, numbers are written in white."""


def draw_trade_off(points: pd.DataFrame, caption: Caption) -> PlotFigure:
    """Growth of each member over the community's growth, as fractions of its best."""
    members = list(dict.fromkeys(points["member"]))[:MAX_MEMBERS]
    with canvas(caption, grid="y") as drawing:
        axes = drawing.axes
        for number, member in enumerate(members):
            curve = points[points["member"] == member]
            axes.plot(
                curve["fraction_of_best"],
                curve["growth_per_h"],
                color=_COLORS[number % len(_COLORS)],
                linestyle=_STYLES[(number // len(_COLORS) + number) % len(_STYLES)],
                linewidth=1.8,
                marker="o",
                markersize=3,
                label=textwrap.shorten(member, 40, placeholder=" …"),
            )
        axes.set_xlabel("fraction of the community's best growth")
        axes.set_ylabel("growth rate of the member (1/h)")
        axes.set_xlim(0, 1.02)
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper left")
        return drawing.figure


def draw_transfers(transfers: pd.DataFrame, caption: Caption) -> PlotFigure:
    """Compounds by giver and taker as a heat map; the number stands in each cell.

    Args:
        transfers: Rows of the table `transfers`, largest first.
        caption: Of the plot.
    """
    pairs = transfers["giver"] + " → " + transfers["taker"]
    amounts = transfers.assign(pair=pairs).pivot_table(
        index="compound", columns="pair", values="amount_mmol_per_gdw_h", aggfunc="sum", sort=False
    )
    amounts = amounts.loc[amounts.max(axis=1).sort_values(ascending=False, kind="stable").index].head(
        MAX_ROWS
    )
    with canvas(caption, height_inches=2.6 + 0.26 * len(amounts), grid="x") as drawing:
        axes = drawing.axes
        axes.grid(visible=False)
        highest = float(transfers["amount_mmol_per_gdw_h"].max())
        image = axes.imshow(amounts, cmap="Blues", vmin=0, vmax=highest, aspect="auto")
        for row, (_, cells) in enumerate(amounts.iterrows()):
            for column, amount in enumerate(cells):
                if amount == amount:  # noqa: PLR0124 - nothing is given where it is not a number
                    color = ON_DEEP if amount > _PALE * highest else ON_PALE
                    axes.text(column, row, f"{amount:.3g}", ha="center", va="center", fontsize=7, color=color)
        names = [textwrap.fill(name, 24) for name in amounts.columns]
        axes.set_xticks(range(len(names)), names, rotation=30 if len(names) > 3 else 0, fontsize=7)  # noqa: PLR2004
        axes.set_yticks(
            range(len(amounts)), [textwrap.shorten(str(name), 32, placeholder=" …") for name in amounts.index]
        )
        axes.tick_params(length=0)
        drawing.figure.colorbar(image, ax=axes, label="mmol/gDW/h, of the community", pad=0.02)
        return drawing.figure


def draw_missing_members(rows: pd.DataFrame, caption: Caption) -> PlotFigure:
    """Growth of each member with all others, and without each of them, as pairs of bars."""
    shown = rows.head(MAX_ROWS)
    with canvas(caption, height_inches=1.8 + 0.34 * len(shown), grid="x") as drawing:
        axes = drawing.axes
        for number, (column, color, label) in enumerate(
            (("growth_before_per_h", GREY, "with all"), ("growth_after_per_h", BLUE, "without the one named"))
        ):
            heights = [position + 0.36 * (number - 0.5) for position in range(len(shown))]
            axes.barh(heights, shown[column].fillna(0), height=0.34, color=color, label=label)
        for position, (_, row) in enumerate(shown.iterrows()):
            if row["status"] == "infeasible":
                axes.text(0, position + 0.18, " cannot live", va="center", fontsize=7)
        names = [f"{row['member']}, without {row['without']}" for _, row in shown.iterrows()]
        axes.set_yticks(range(len(shown)), [textwrap.shorten(name, 46, placeholder=" …") for name in names])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlabel("growth rate (1/h)")
        axes.tick_params(axis="y", length=0)
        axes.legend(loc="best")
        return drawing.figure
