"""One figure in the house style, as SVG or PNG: the same data always give the same bytes.

Figures are made without pyplot. The settings hold while one is drawn; since matplotlib has them for the whole
process, threads draw in turns.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fluxagents.workers.reports.svg.markup import clean
from fluxagents.workers.reports.svg.reader_colors import follow_reader

ImageFormat = Literal["svg", "png"]
IMAGE_FORMATS: tuple[ImageFormat, ...] = ("svg", "png")

BLUE, ORANGE, GREY, BLACK = "#0072b2", "#e69f00", "#9a9a9a", "#222222"
"""Of Okabe and Ito's palette, which people with any colour vision tell apart (Wong 2011,
doi:10.1038/nmeth.1618)."""

PAPER, QUIET, FAINT = "#ffffff", "#555555", "#e3e3e3"
"""What everything stands on, words beside the main ones, lines behind the others."""

ON_PALE, ON_DEEP = "#111111", "#fefefe"
"""Letters on a colour that is the same on white and on dark pages."""

DARK: Mapping[str, str] = {
    PAPER: "#161b22",
    BLACK: "#e6edf3",
    QUIET: "#a3adb8",
    FAINT: "#2a313a",
    BLUE: "#2f86c6",
}
"""Color -> color on a dark page; the others are told apart on both."""

STRIPES: Mapping[str, Any] = {"hatch": "///", "edgecolor": PAPER, "linewidth": 0}
"""Of the second of two kinds of bars, so that their colour is not the only thing that tells them apart."""

_SETTINGS: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color"), BLACK),
    "axes.titlesize": 11,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    # Names from models are text, also those with two dollar signs.
    "text.parse_math": False,
    "svg.hashsalt": "fluxagents",
    "svg.fonttype": "path",
}
_WIDTH_INCHES = 7.0
_DOTS_PER_INCH = 150
_CAPTION_LEFT = 0.012
_CONDITION_LETTERS, _CONDITION_POINTS = 108, 11
"""Of a line of the conditions: how many fit into the width, and how high it is."""
_TITLE_LETTERS = 72
_EDGE_INCHES = 0.12
_LINE_INCHES = 0.24
_HEAD_INCHES = 0.85
"""For the caption, and the title of each panel."""
_BAR_INCHES = 0.14
_SCALE_INCHES = 0.75
"""For a scale with its numbers and what they are."""


_turn = RLock()


@contextmanager
def _apply_settings() -> Iterator[None]:
    with _turn, mpl.rc_context(_SETTINGS):
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What stands above a plot, and what it was drawn from."""

    title: str
    conditions: str
    """Model, medium and whatever else the numbers hold for."""
    source: str
    """Digest of the result, or what else was plotted; written into the file too."""


class PlotFigure(Figure):
    """A figure of matplotlib that knows its caption; a notebook shows it as it is."""

    caption: Caption
    dark: Mapping[str, str] = DARK
    """Color -> color on a dark page."""

    def encode(self, kind: ImageFormat) -> bytes:
        """The figure as a file, its source in the metadata; without a date, so that bytes repeat."""
        metadata: dict[str, Any] = {"Title": self.caption.title, "Source": self.caption.source}
        metadata |= {"Date": None} if kind == "svg" else {"Software": None}
        sink = io.BytesIO()
        with _apply_settings():
            self.savefig(sink, format=kind, dpi=_DOTS_PER_INCH, metadata=metadata)
        # matplotlib writes each label as a comment, whatever characters it holds.
        return clean(sink.getvalue().decode()).encode() if kind == "svg" else sink.getvalue()

    def encode_for_page(self) -> bytes:
        """The figure as SVG for a page that follows its reader's system; files are always on white paper."""
        return follow_reader(self.encode("svg"), self.dark)

    def _repr_png_(self) -> bytes:
        return self.encode("png")


@dataclass(frozen=True, slots=True)
class Canvas:
    """A figure that is being drawn."""

    figure: PlotFigure
    axes: Axes


@contextmanager
def canvas(caption: Caption, *, height_inches: float = 4.2, grid: Literal["x", "y"]) -> Iterator[Canvas]:
    """An empty plot with its caption; the style holds within the block."""
    with _apply_settings():
        figure = PlotFigure(figsize=(_WIDTH_INCHES, height_inches), layout="constrained")
        figure.caption = caption
        axes = figure.add_subplot()
        axes.grid(visible=True, axis=grid)
        _write_caption(axes, caption)
        yield Canvas(figure, axes)


def _write_caption(axes: Axes, caption: Caption) -> None:
    """Title and conditions from the left edge of the figure, so that long names of bars leave them room."""
    conditions = textwrap.wrap(caption.conditions, _CONDITION_LETTERS)
    title = textwrap.wrap(caption.title, _TITLE_LETTERS)
    looks: tuple[tuple[list[str], int, Any], ...] = (
        (conditions, 0, {"fontsize": 8, "color": QUIET}),
        (title, len(conditions), {"fontsize": 11, "color": BLACK, "fontweight": "bold"}),
    )
    for lines, above, look in looks:
        text = axes.annotate(
            "\n".join(lines),
            xy=(_CAPTION_LEFT, 1),
            xytext=(0, 6 + _CONDITION_POINTS * above),
            xycoords=("figure fraction", "axes fraction"),
            textcoords="offset points",
            **look,
        )
        text.set_in_layout(False)
    # What the layout keeps free above the axes.
    axes.set_title("\n".join([" "] * (len(title) + len(conditions))), fontsize=11)


@dataclass(frozen=True, slots=True)
class Panel:
    """Where a drawing goes, and the scale below it."""

    axes: Axes
    scale: Axes


@contextmanager
def large_canvas(
    caption: Caption, *, columns: int, panel_inches: tuple[float, float]
) -> Iterator[tuple[PlotFigure, list[Panel]]]:
    """Panels side by side under one caption, each as large as its drawing needs; the style holds within.

    Their places are given: to find them from all the texts in them takes matplotlib most of a minute.
    """
    width, height = panel_inches
    total = _HEAD_INCHES + height + _SCALE_INCHES
    with _apply_settings():
        figure = PlotFigure(figsize=(width * columns, total))
        figure.caption = caption
        top = 1 - _EDGE_INCHES / total
        figure.text(
            _EDGE_INCHES / width / columns,
            top,
            caption.title,
            va="top",
            fontsize=11,
            color=BLACK,
            fontweight="bold",
        )
        figure.text(
            _EDGE_INCHES / width / columns,
            top - _LINE_INCHES / total,
            caption.conditions,
            va="top",
            fontsize=8,
            color=QUIET,
        )
        panels = []
        for number in range(columns):
            axes = figure.add_axes((number / columns, _SCALE_INCHES / total, 1 / columns, height / total))
            left, wide = (number + 0.2) / columns, 0.6 / columns
            scale = figure.add_axes((left, (_SCALE_INCHES - _BAR_INCHES) / total, wide, _BAR_INCHES / total))
            panels.append(Panel(axes, scale))
        yield figure, panels
