"""The plots of results, each drawn from the stored tables alone (and the model's subsystems)."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.runs.argument_form import list_arguments
from fluxagents.tasks.fba.maps.state_comparison import name_state
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H
from fluxagents.tasks.ports.artifacts import EFFECT, Manifest
from fluxagents.tasks.registry import TOOLS
from fluxagents.workers.reports.community_plots import draw_missing_members, draw_trade_off, draw_transfers
from fluxagents.workers.reports.culture_plot import draw_culture, list_curves
from fluxagents.workers.reports.effect_plot import draw_effect
from fluxagents.workers.reports.enzyme_plot import MAX_BARS as MAX_POOL_BARS
from fluxagents.workers.reports.enzyme_plot import draw_pool
from fluxagents.workers.reports.maps.flux_map_plot import draw_flux_map
from fluxagents.workers.reports.plot_figure import (
    BLUE,
    GREY,
    ORANGE,
    STRIPES,
    Canvas,
    Caption,
    PlotFigure,
    canvas,
)
from fluxagents.workers.reports.sensitivity_plots import PlaneLabels, draw_curve, draw_gains, draw_plane

MAX_BARS = 40
"""More are not readable on a page; the plot says how many there are."""

NO_SUBSYSTEM = "(no subsystem)"

_LEGEND_SHARE = 0.3
"""Of the longest bar: room for the legend beside it."""

_LINES_LEGEND_SHARE = 0.42
"""As that, for a legend with lines."""

_BAR_HEIGHT = 0.76

_SAME_GROWTH = 1e-6
"""Growth that differs by a smaller fraction is the wild type's."""

_LINEAR_UP_TO_MMOL_PER_GDW_H = 1.0
_LOGARITHMIC_FROM_MMOL_PER_GDW_H = 100.0
"""Loops run at the bounds of a model, a thousand times the other fluxes."""


@dataclass(frozen=True, slots=True)
class Plottable:
    """A result with its tables."""

    digest: str
    manifest: Manifest
    tables: Mapping[str, pd.DataFrame]
    subsystems: Mapping[str, str]
    """Reaction -> subsystem; only where a plot asks for it."""
    gene_names: Mapping[str, str] = field(default_factory=dict)
    """Gene -> name, as subsystems."""
    table: str = ""
    """The table to draw, where a tool has a plot for each; empty for the main one."""

    def caption(self, title: str) -> Caption:
        return Caption(title=title, conditions=_conditions(self.manifest), source=self.digest)


def draw_plot(result: Plottable) -> PlotFigure:
    """The plot of a result.

    Raises:
        FluxError: `BAD_ARGUMENT` for a tool whose results have no plot, or a result without numbers.
    """
    tool = result.manifest.provenance.tool
    if tool not in PLOTS:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"results of '{tool}' have no plot",
            suggestions=(f"plots: {', '.join(PLOTS)}", "fluxagents artifacts get writes the tables"),
        )
    choices = PLOTS_BY_TABLE.get(tool, ())
    if result.table and result.table not in choices:
        hints = (f"tables with a plot: {', '.join(choices)}",) if choices else ("leave out the table",)
        message = f"results of '{tool}' have no plot of a table '{result.table}'"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=hints)
    return PLOTS[tool](result)


def growth_by_condition(
    labels: Sequence[str],
    growth_per_h: Sequence[float | None],
    notes: Sequence[str],
    caption: Caption,
) -> PlotFigure:
    """Growth as bars, in the order given; where there is no number, the note says why.

    Args:
        labels: The names of the conditions.
        growth_per_h: None for no growth rate, which is not the same as 0.
        notes: What to show for conditions without a growth rate.
        caption: Of the plot.
    """
    bars = _check_not_empty(list(zip(labels, growth_per_h, notes, strict=True)))[:MAX_BARS]
    caption = _note_cut(caption, len(bars), len(labels), "conditions")
    with canvas(caption, height_inches=_height(len(bars)), grid="x") as drawing:
        axes = drawing.axes
        positions = range(len(bars))
        axes.barh(positions, [value or 0.0 for _, value, _ in bars], color=BLUE, height=0.7)
        highest = max((value or 0.0 for _, value, _ in bars), default=0.0) or 1.0
        for position, (_, value, note) in enumerate(bars):
            label = note if value is None else f"{value:.3g}"
            axes.text((value or 0.0) + highest * 0.012, position, label, va="center", fontsize=8)
        axes.set_xlim(0, highest * 1.15)
        axes.set_xlabel("growth rate (1/h)")
        _name_bars(drawing, [label for label, _, _ in bars])
        return drawing.figure


def _envelope(result: Plottable) -> PlotFigure:
    table = _check_not_empty(result.tables["envelope"])
    result_fields = result.manifest.result
    caption = result.caption(
        f"Production envelope: {result_fields['product']} ({result_fields['product_exchange']})"
    )
    with canvas(caption, grid="y") as drawing:
        axes, growth = drawing.axes, table["growth_per_h"]
        least, greatest = (
            table[f"{which}_secretion_mmol_per_gdw_h"].fillna(float("nan")) for which in ("least", "greatest")
        )
        axes.fill_between(growth, least, greatest, color=BLUE, alpha=0.18, linewidth=0)
        axes.plot(growth, greatest, color=BLUE, linewidth=1.8, marker="o", markersize=3, label="greatest")
        axes.plot(growth, least, color=ORANGE, linewidth=1.8, marker="s", markersize=3, label="least")
        has_named_objective = result_fields.get("growth_per_h") is None
        axes.set_xlabel("objective flux (mmol/gDW/h)" if has_named_objective else "growth rate (1/h)")
        axes.set_ylabel("secretion (mmol/gDW/h)")
        axes.set_xlim(left=0)
        axes.legend(title="secretion", loc="upper right")
        return drawing.figure


def _ranges(result: Plottable) -> PlotFigure:
    table = _check_not_empty(result.tables["ranges"])
    widths = table["maximum_mmol_per_gdw_h"] - table["minimum_mmol_per_gdw_h"]
    wide = table.assign(width=widths.fillna(math.inf))
    wide = wide[wide["width"] > ZERO_FLUX_MMOL_PER_GDW_H]
    wide = _check_not_empty(wide.sort_values("width", ascending=False, kind="stable"))
    bars = wide.head(MAX_BARS)
    ends = bars[["minimum_mmol_per_gdw_h", "maximum_mmol_per_gdw_h"]]
    edge = 1.05 * float(ends.abs().max(axis=None, skipna=True) if ends.notna().any(axis=None) else 1.0)
    left, right = (ends[end].fillna(limit) for end, limit in zip(ends, (-edge, edge), strict=True))
    fraction = result.manifest.result["fraction_of_optimum"]
    caption = _note_cut(
        result.caption(f"Flux ranges at {fraction:.0%} of the best growth or more"),
        len(bars),
        len(wide),
        "reactions with a range, widest first",
    )
    with canvas(caption, height_inches=_height(len(bars)), grid="x") as drawing:
        axes = drawing.axes
        axes.barh(range(len(bars)), right - left, left=left, color=BLUE, height=0.6)
        scale = ""
        if edge > _LOGARITHMIC_FROM_MMOL_PER_GDW_H:
            axes.set_xscale("symlog", linthresh=_LINEAR_UP_TO_MMOL_PER_GDW_H)
            # Dollar signs are text in plots, and powers of ten would be written with them.
            axes.xaxis.set_major_formatter("{x:g}")
            scale = f", logarithmic beyond ±{_LINEAR_UP_TO_MMOL_PER_GDW_H:g}"
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_xlim(-edge, edge)
        axes.set_xlabel(f"flux (mmol/gDW/h){scale}")
        _name_bars(drawing, list(bars["reaction"]))
        return drawing.figure


def _essentiality(result: Plottable) -> PlotFigure:
    """Growth without each gene; of a result on reactions, or where they are asked for, their subsystems."""
    genes = result.tables["genes"]
    if result.table == "reactions" or (genes.empty and result.table != "genes"):
        return _essential_reactions(result)
    essential = int(genes["is_essential"].sum())
    return _draw_knock_outs(
        result,
        genes.assign(
            label=[_name_gene(*gene) for gene in zip(genes["id"], genes["name"], strict=True)],
            stops=genes["is_essential"],
        ),
        title=f"Growth without one gene: {essential} of {len(genes)} are essential",
        rows="genes",
        word="essential",
    )


def _deletions(result: Plottable) -> PlotFigure:
    """Growth after each deletion of one, two or more genes."""
    table = result.tables["deletions"]
    found = result.manifest.result
    genes = "one gene" if found["kind"] == "single" else "genes"
    return _draw_knock_outs(
        result,
        table.assign(
            label=[
                " + ".join(_name_gene(gene, result.gene_names.get(gene, "")) for gene in deleted.split(" + "))
                for deleted in table["genes"]
            ],
            stops=table["is_lethal"],
        ),
        title=f"Growth without {genes}: {found['lethal_deletions']} of {found['deletions_tested']} "
        "deletions are lethal",
        rows="deletions",
        word="lethal",
    )


def _synthetic_lethals(result: Plottable) -> PlotFigure:
    members = _check_not_empty(result.tables["members"])
    found, sizes = result.manifest.result, result.tables["lethal_sets"]["knock_outs"].value_counts()
    counted = f"{sizes.get(2, 0)} pairs of {found['kind']} and {sizes.get(3, 0)} sets of three"
    caption = result.caption(f"Lethal only together: {counted}")
    names = {"lethal_pairs": "lethal pairs", "lethal_triples": "lethal sets of three"}
    caption = _note_cut(caption, min(len(members), MAX_BARS), len(members), str(found["kind"]))
    return _draw_members(members.rename(columns=names), caption)


def _cut_sets(result: Plottable) -> PlotFigure:
    table = _check_not_empty(result.tables["cut_sets"])
    members = table["knock_outs"].str.split(" + ", regex=False).explode().value_counts().sort_index()
    members = (
        members.sort_values(ascending=False, kind="stable").rename_axis("id").reset_index(name="cut sets")
    )
    product = result.manifest.result.get("product_exchange")
    aim = f"couple {product} to growth" if product else "stop growth"
    caption = result.caption(f"Knock-outs of {len(table)} minimal cut sets that {aim}")
    caption = _note_cut(caption, min(len(members), MAX_BARS), len(members), "knock-outs")
    return _draw_members(members, caption)


def _draw_members(members: pd.DataFrame, caption: Caption) -> PlotFigure:
    """How often a knock-out is part of a set, the most frequent first.

    Args:
        members: With `id`, and one or two columns of counts, each with the name of what is counted; one that
            counts nothing is not drawn.
        caption: Of the plot.
    """
    bars = members.head(MAX_BARS)
    counts = [column for column in bars.columns if column != "id"]
    looks = dict(zip(counts, ({"color": ORANGE}, {"color": BLUE, **STRIPES}), strict=False))
    shown = [column for column in counts if bars[column].any()]
    with canvas(caption, height_inches=_height(len(bars)), grid="x") as drawing:
        axes, left = drawing.axes, bars[counts[0]] * 0
        for column in shown:
            axes.barh(range(len(bars)), bars[column], left=left, height=0.7, label=column, **looks[column])
            left = left + bars[column]
        axes.set_xlim(0, float(left.max()) * (1 + _LEGEND_SHARE))
        axes.locator_params(axis="x", integer=True)
        axes.set_xlabel(f"{shown[0] if len(shown) == 1 else 'sets'} that it is part of (count)")
        if len(shown) > 1:
            axes.legend(loc="lower right")
        _name_bars(drawing, [str(name) for name in bars["id"]])
        return drawing.figure


def _name_gene(identifier: str, name: str) -> str:
    """`gltA (b0720)`; the id alone where a name says no more, such as `G_s0001`."""
    says_more = name.lower().removeprefix("g_") not in {"", identifier.lower()}
    return f"{name} ({identifier})" if says_more else identifier


def _essential_reactions(result: Plottable) -> PlotFigure:
    table = _check_not_empty(result.tables["reactions"])
    groups = table["id"].map(lambda reaction: result.subsystems.get(reaction) or NO_SUBSYSTEM)
    counts = table.groupby(groups)["is_essential"].agg(["sum", "count"])
    counts = counts.sort_values(["sum", "count"], ascending=False, kind="stable")
    bars = counts.head(MAX_BARS)
    essential, tested = int(counts["sum"].sum()), int(counts["count"].sum())
    caption = _note_cut(
        result.caption(f"Essential reactions by subsystem: {essential} of {tested}"),
        len(bars), len(counts), "subsystems, most essential reactions first",
    )  # fmt: skip
    with canvas(caption, height_inches=_height(len(bars)), grid="x") as drawing:
        axes, positions = drawing.axes, range(len(bars))
        others = bars["count"] - bars["sum"]
        if bars["sum"].any():
            axes.barh(positions, bars["sum"], color=ORANGE, height=0.7, label="essential")
        if others.any():
            axes.barh(
                positions, others, left=bars["sum"], color=GREY, alpha=0.45, height=0.7, label="not essential"
            )
        axes.set_xlabel(f"reactions (count)\n{_explain_threshold(result, 'essential')}")
        axes.set_xlim(0, float(bars["count"].max()) * (1 + _LEGEND_SHARE))
        axes.legend(loc="lower right")
        _name_bars(drawing, [str(name) for name in bars.index])
        return drawing.figure


def _draw_knock_outs(
    result: Plottable, table: pd.DataFrame, *, title: str, rows: str, word: str
) -> PlotFigure:
    """Growth after knock-outs, slowest first; those that stop growth in another colour.

    Args:
        result: For the caption and the threshold.
        table: With `label`, `growth_fraction_of_wild_type` and `stops`.
        title: Of the plot.
        rows: What the rows are.
        word: What a knock-out is called that stops growth.
    """
    fraction = "growth_fraction_of_wild_type"
    table = _check_not_empty(table).sort_values(fraction, kind="stable", na_position="first")
    slower = table[~(table[fraction] >= 1 - _SAME_GROWTH)]
    slower = slower if len(slower) else table
    bars = slower.head(MAX_BARS)
    caption = _note_cut(
        result.caption(title), len(bars), len(slower), f"{rows} that slow growth, slowest first"
    )
    with canvas(caption, height_inches=_height(len(bars)), grid="x") as drawing:
        axes = drawing.axes
        colors = [ORANGE if stops else BLUE for stops in bars["stops"]]
        axes.barh(range(len(bars)), bars[fraction].fillna(0.0), color=colors, height=0.7)
        for position, (value, stops) in enumerate(zip(bars[fraction], bars["stops"], strict=True)):
            if stops:
                note = f"{value:.2g}" if value > 0 else "no growth"
                axes.text(0.012 + max(0.0, value), position, note, va="center", fontsize=7)
        axes.axvline(_threshold(result), color=ORANGE, linewidth=1.2, label=f"{word} below")
        axes.axvline(1, color=GREY, linewidth=0.8, label="wild type")
        axes.set_xlim(0, 1 + _LINES_LEGEND_SHARE)
        axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
        axes.set_xlabel(f"growth (fraction of the wild type's)\n{_explain_threshold(result, word)}")
        axes.legend(loc="lower right")
        _name_bars(drawing, list(bars["label"]))
        return drawing.figure


def _threshold(result: Plottable) -> float:
    return float(str(result.manifest.result["threshold_fraction_of_wild_type"]))


def _explain_threshold(result: Plottable, word: str) -> str:
    return f"{word}: growth without it below {_threshold(result):g} of the wild type's"


def _media(result: Plottable) -> PlotFigure:
    table = _check_not_empty(result.tables["media"])
    table = table.sort_values("growth_per_h", ascending=False, na_position="last", kind="stable")
    growth = [float(value) if math.isfinite(value) else None for value in table["growth_per_h"]]
    model = result.manifest.provenance.model_id
    caption = Caption(title="Growth over media", conditions=f"model {model}", source=result.digest)
    return growth_by_condition(list(table["medium"]), growth, list(table["status"]), caption)


def _limitations(result: Plottable) -> PlotFigure:
    table = _check_not_empty(result.tables["nutrients"])
    rows = table.head(MAX_BARS)
    caption = result.caption(f"{_what(result)} gained per mmol of a nutrient")
    return draw_gains(rows, _note_cut(caption, len(rows), len(table), "nutrients"))


def _phase_plane(result: Plottable) -> PlotFigure:
    found = result.manifest.result
    labels = PlaneLabels(
        first=f"{found['first_name']} ({found['first_exchange']})",
        second=f"{found['second_name']} ({found['second_exchange']})",
        value=_axis(result),
    )
    caption = result.caption(f"Phase plane: {labels.first} and {labels.second}")
    _check_not_empty(result.tables["plane"])
    return draw_plane(result.tables, labels, caption)


def _robustness(result: Plottable) -> PlotFigure:
    reaction = str(result.manifest.result["reaction"])
    caption = result.caption(f"{_what(result)} at each flux of {reaction}")
    return draw_curve(_check_not_empty(result.tables["curve"]), reaction, _axis(result), caption)


def _culture(result: Plottable) -> PlotFigure:
    curve, substances = _check_not_empty(result.tables["curve"]), result.tables["substances"]
    names = dict(zip(substances["exchange"], substances["name"], strict=True))
    shown = list_curves(curve)
    found = result.manifest.result
    ends = {"infeasible": ", until nothing keeps the cells alive", "full": ", until the vessel is full"}
    kind = str(found["culture"]).replace("_", "-")
    title = f"{kind.capitalize()} over {found['end_h']:.3g} h{ends.get(str(found['ended_by']), '')}"
    caption = _note_cut(result.caption(title), len(shown), len(names), "substances")
    labels = [(name, f"{names[name]} ({name})") for name in shown]
    return draw_culture(curve, labels, result.tables["phases"], caption)


def _enzyme_pool(result: Plottable) -> PlotFigure:
    table = result.tables["reactions"]
    uses = _check_not_empty(table[table["pool_fraction"] > ZERO_FLUX_MMOL_PER_GDW_H])
    pool = result.manifest.result["pool_g_per_gdw"]
    caption = result.caption(f"Shares of an enzyme pool of {pool:g} g/gDW")
    return draw_pool(uses, _note_cut(caption, min(len(uses), MAX_POOL_BARS), len(uses), "reactions"))


def _what(result: Plottable) -> str:
    return "Growth (1/h)" if _aims_at_growth(result) else "Objective flux (mmol/gDW/h)"


def _axis(result: Plottable) -> str:
    return "growth rate (1/h)" if _aims_at_growth(result) else "objective flux (mmol/gDW/h)"


def _aims_at_growth(result: Plottable) -> bool:
    return not result.manifest.provenance.args.get("objective")


def _screen(result: Plottable) -> PlotFigure:
    """Growth on each sole source, with and without oxygen, of the first element that was screened."""
    table = _check_not_empty(result.tables["sources"])
    element = table["element"].iloc[0]
    table = table[table["element"] == element]
    growth = table.pivot_table(index="name", columns="oxygen", values="growth_per_h", aggfunc="max")
    growth = _check_not_empty(growth.fillna(0.0).pipe(lambda rates: rates[rates.max(axis=1) > 0]))
    growth = growth.loc[growth.max(axis=1).sort_values(ascending=False, kind="stable").index]
    bars, tested = growth.head(MAX_BARS), table["exchange"].nunique()
    uptake = result.manifest.result["uptake_mmol_per_gdw_h"]
    title = f"Growth on sole sources of {element} at {uptake:g} mmol/gDW/h: {len(growth)} of {tested}"
    caption = _note_cut(result.caption(title), len(bars), len(growth), "sources, fastest growth first")
    with canvas(caption, height_inches=_height(len(bars)), grid="x") as drawing:
        axes, height = drawing.axes, _BAR_HEIGHT / len(bars.columns)
        looks = ({"color": BLUE}, {"color": ORANGE, **STRIPES})
        for number, (oxygen, look) in enumerate(zip(sorted(bars.columns), looks, strict=False)):
            offset = (number + 0.5) * height - _BAR_HEIGHT / 2
            positions = [position + offset for position in range(len(bars))]
            axes.barh(positions, bars[oxygen], height=height, label=str(oxygen), **look)
        axes.set_xlim(0, float(bars.max(axis=None)) * (1 + _LEGEND_SHARE))
        axes.set_xlabel("growth rate (1/h)")
        axes.legend(loc="lower right")
        _name_bars(drawing, [str(name) for name in bars.index])
        return drawing.figure


def _flux_map(result: Plottable) -> PlotFigure:
    args = result.manifest.provenance.args
    compared = args.get("compared_with")
    titles = name_state(args), name_state(compared) if isinstance(compared, dict) else ""
    _check_not_empty(result.tables["reactions"])
    return draw_flux_map(result.tables, titles, result.caption(f"Fluxes: {result.manifest.result['map']}"))


def _conditions(manifest: Manifest) -> str:
    provenance = manifest.provenance
    args = provenance.args
    if args.get("medium") is not None:
        medium = f"medium of {len(provenance.medium_mmol_per_gdw_h)} uptakes"
    elif isinstance(changes := args.get("medium_changes"), dict):
        medium = ", ".join(f"{exchange} ≤ {limit:g}" for exchange, limit in changes.items())
        medium = f"uptake (mmol/gDW/h) {medium}"
    else:
        medium = "medium as in the model"
    goal = f"; objective {args['objective']}" if args.get("objective") else ""
    return textwrap.shorten(f"model {provenance.model_id}; {medium}{goal}", 115, placeholder=" …")


def _note_cut(caption: Caption, shown: int, count: int, what: str) -> Caption:
    if shown == count:
        return caption
    conditions = f"{caption.conditions}; {shown} of {count} {what}"
    return Caption(title=caption.title, conditions=conditions, source=caption.source)


def _check_not_empty(rows: Any) -> Any:
    if len(rows) == 0:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "there is nothing to plot: the table is empty",
            suggestions=("`fluxagents artifacts show` tells the status of the result",),
        )
    return rows


def _name_bars(drawing: Canvas, names: Sequence[str]) -> None:
    axes = drawing.axes
    axes.set_yticks(range(len(names)), [textwrap.shorten(name, 42, placeholder=" …") for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _height(bars: int) -> float:
    return 1.5 + 0.22 * bars


def _effect(result: Plottable) -> PlotFigure:
    """What a call would do, as it was shown before the call."""
    asked: Mapping[str, Any] = result.manifest.provenance.args
    caption = result.caption(f"Effect of {asked['tool']}")
    rows = list_arguments(TOOLS.entries.get(asked["tool"]), asked["args"])
    values = ", ".join(f"{row.path} {row.value} {row.unit}".rstrip() for row in rows)
    conditions = textwrap.shorten(
        f"model {result.manifest.provenance.model_id}; {asked['tool']}: {values}", 115, placeholder=" …"
    )
    caption = Caption(title=caption.title, conditions=conditions, source=caption.source)
    return draw_effect(result.tables["growth"], result.tables["fluxes"], caption)


def _community(result: Plottable) -> PlotFigure:
    """Growth of the members over the community's; of the table `transfers`, what they give each other."""
    found = result.manifest.result
    if result.table == "transfers":
        title = f"Exchanges of a community at {found['fraction_of_best']:.0%} of its best growth"
        return draw_transfers(_check_not_empty(result.tables["transfers"]), _caption_members(result, title))
    title = f"Trade-off in a community that grows with at most {found['community_growth_per_h'] or 0:.3g} 1/h"
    return draw_trade_off(_check_not_empty(result.tables["trade_off"]), _caption_members(result, title))


def _missing_members(result: Plottable) -> PlotFigure:
    title = "Growth without a member"
    return draw_missing_members(
        _check_not_empty(result.tables["knock_outs"]), _caption_members(result, title)
    )


def _caption_members(result: Plottable, title: str) -> Caption:
    """The caption of a community: a run of it has no model of its own."""
    found: Mapping[str, Any] = result.manifest.result
    members = ", ".join(f"{name} {part:.3g}" for name, part in found["abundance_fractions"]["values"].items())
    conditions = textwrap.shorten(f"{members}; {found['medium']}", 115, placeholder=" …")
    return Caption(title=title, conditions=conditions, source=result.digest)


PLOTS: Mapping[str, Callable[[Plottable], PlotFigure]] = {
    "run_production_envelope": _envelope,
    "run_flux_variability_analysis": _ranges,
    "analyze_essentiality": _essentiality,
    "run_gene_deletion_analysis": _deletions,
    "find_synthetic_lethals": _synthetic_lethals,
    "find_minimal_cut_sets": _cut_sets,
    "compare_media_performance": _media,
    "analyze_limitations": _limitations,
    "run_phase_plane": _phase_plane,
    "run_robustness": _robustness,
    "run_dynamic_fba": _culture,
    "run_enzyme_constrained_fba": _enzyme_pool,
    "analyze_community": _community,
    "knock_out_community_members": _missing_members,
    "screen_nutrients": _screen,
    "draw_flux_map": _flux_map,
    EFFECT: _effect,
}
"""Tool -> plot."""

PLOTS_BY_TABLE: Mapping[str, tuple[str, ...]] = {
    "analyze_essentiality": ("genes", "reactions"),
    "analyze_community": ("trade_off", "transfers"),
}
"""Tools with a plot for more than one table, the main one first."""

NEEDS_MODEL = frozenset({"analyze_essentiality", "run_gene_deletion_analysis"})
"""Tools whose plot shows subsystems of reactions or names of genes, which the table does not hold."""
