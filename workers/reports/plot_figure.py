"""One figure in the house style, as SVG or PNG: the same data always give the same bytes.

No global state: figures are made without pyplot, and the settings hold while one is drawn.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

ImageFormat = Literal["svg", "png"]
IMAGE_FORMATS: tuple[ImageFormat, ...] = ("svg", "png")

BLUE, ORANGE, GREY, BLACK = "#0072B2", "#E69F00", "#9A9A9A", "#222222"
"""Of Okabe and Ito's palette, which people with any colour vision tell apart (Wong 2011,
doi:10.1038/nmeth.1618)."""

_SETTINGS: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": BLACK,
    "axes.titlesize": 11,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "svg.hashsalt": "fluxagents",
    "svg.fonttype": "path",
}
_WIDTH_INCHES = 7.0
_DOTS_PER_INCH = 150
_CAPTION_INCHES = 1.2


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

    def encode(self, kind: ImageFormat) -> bytes:
        """The figure as a file, its source in the metadata; without a date, so that bytes repeat."""
        metadata: dict[str, Any] = {"Title": self.caption.title, "Source": self.caption.source}
        metadata |= {"Date": None} if kind == "svg" else {"Software": None}
        sink = io.BytesIO()
        with mpl.rc_context(_SETTINGS):
            self.savefig(sink, format=kind, dpi=_DOTS_PER_INCH, metadata=metadata)
        return sink.getvalue()

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
    with mpl.rc_context(_SETTINGS):
        figure = PlotFigure(figsize=(_WIDTH_INCHES, height_inches), layout="constrained")
        figure.caption = caption
        axes = figure.add_subplot()
        axes.grid(visible=True, axis=grid)
        axes.set_title(f"{caption.title}\n", loc="left", fontweight="bold", color=BLACK)
        axes.annotate(
            caption.conditions,
            xy=(0, 1),
            xytext=(0, 6),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=8,
            color="#555555",
        )
        yield Canvas(figure, axes)


@contextmanager
def large_canvas(
    caption: Caption, *, columns: int, panel_inches: tuple[float, float]
) -> Iterator[tuple[PlotFigure, list[Axes]]]:
    """Panels side by side under one caption, each as large as its drawing needs; the style holds within."""
    with mpl.rc_context(_SETTINGS):
        width, height = panel_inches
        figure = PlotFigure(figsize=(width * columns, height + _CAPTION_INCHES), layout="constrained")
        figure.caption = caption
        figure.suptitle(f"{caption.title}\n{caption.conditions}", x=0.01, ha="left", fontsize=11, color=BLACK)
        yield figure, [figure.add_subplot(1, columns, number + 1) for number in range(columns)]
