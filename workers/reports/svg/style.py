"""The colours and letters of an SVG drawing, on light paper and on dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fluxagents.flows.drawing.picture import NodeStatus
from fluxagents.flows.drawing.tints import TINTS

ROOT = "fluxagents-flow"
"""The class of the drawing: its rules hold inside it, also where a page holds more."""

FONTS = "system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,'DejaVu Sans',sans-serif"


@dataclass(frozen=True)
class Shade:
    """Fill, border and text of a node by what a run did there."""

    fill: str
    border: str
    text: str


@dataclass(frozen=True)
class Palette:
    paper: str
    card: str
    rim: str
    ink: str
    muted: str
    line: str
    faint: str
    walk: str
    shades: Mapping[NodeStatus, Shade]


LIGHT = Palette(
    paper="#ffffff",
    card="#ffffff",
    rim="#aab4c0",
    ink="#1b2330",
    muted="#57606a",
    line="#5b6776",
    faint="#98a2ae",
    walk="#0b62c4",
    shades={status: Shade(tint.fill, tint.border, tint.text) for status, tint in TINTS.items()},
)
DARK = Palette(
    paper="#0d1117",
    card="#161b22",
    rim="#4a5462",
    ink="#e6edf3",
    muted="#9da7b3",
    line="#8b949e",
    faint="#626c78",
    walk="#6cb6ff",
    shades={
        "not reached": Shade("#11161d", "#626c78", "#8b949e"),
        "visited": Shade("#10231a", "#3fb950", "#a5dfb3"),
        "current": Shade("#0e2341", "#58a6ff", "#b5d7ff"),
        "waiting": Shade("#2e2108", "#e3a008", "#f5d58a"),
        "paused": Shade("#2e2108", "#e3a008", "#f5d58a"),
        "finished": Shade("#143a22", "#3fb950", "#b9efc6"),
        "failed": Shade("#3b1216", "#ff7b72", "#ffc2bd"),
        "cancelled": Shade("#21262d", "#8b949e", "#d0d7de"),
    },
)


def stylesheet() -> str:
    """The whole style sheet: the light colours, and the dark ones where the reader asks for dark."""
    dark = ["@media (prefers-color-scheme:dark){", *_colours(DARK), "}"]
    return "\n".join([*_shapes(), *_colours(LIGHT), *dark])


def class_of(status: NodeStatus) -> str:
    return status.replace(" ", "-")


def _shapes() -> Iterator[str]:
    yield _rule("text", font_family=FONTS)
    yield _rule(".title", font_size="18px", font_weight="700")
    yield _rule(".name", font_size="14px", font_weight="600")
    yield _rule(".small", font_size="12px")
    yield _rule(".label", font_size="11.5px")
    yield _rule(".label.moves", font_weight="700")
    yield _rule(".box", stroke_width="1.3")
    yield _rule(".icon", ".sign", fill="none", stroke_linecap="round", stroke_linejoin="round")
    yield _rule(".icon", stroke_width="1.8")
    yield _rule(".sign", stroke_width="2.6")
    yield _rule(".edge", fill="none", stroke_width="1.5")
    yield _rule(".edge.walk", stroke_width="3")
    yield _rule(".edge.faint", stroke_dasharray="5 4")
    yield _rule(".edge.jump", stroke_width="3", stroke_dasharray="1 6", stroke_linecap="round")
    for status, tint in TINTS.items():
        box = f".{class_of(status)} .box"
        yield _rule(box, stroke_width=f"{max(tint.width, 1.5):g}")
        if tint.dashed:
            yield _rule(box, stroke_dasharray="6 4")


def _colours(palette: Palette) -> Iterator[str]:
    yield _rule(".paper", fill=palette.paper)
    yield _rule(".title", ".name", ".label", fill=palette.ink)
    yield _rule(".small", ".label.faint", fill=palette.muted)
    yield _rule(".box", fill=palette.card, stroke=palette.rim)
    yield _rule(".bar", stroke=palette.rim)
    for style, colour in (("", palette.line), (".faint", palette.faint), (".walk", palette.walk)):
        yield _rule(f".edge{style}", stroke=colour)
        yield _rule(f".head{style}", fill=colour)
    yield _rule(".edge.jump", stroke=palette.walk)
    yield _rule(".head.jump", ".label.moves", fill=palette.walk)
    for status, shade in palette.shades.items():
        inside = f".{class_of(status)}"
        yield _rule(f"{inside} .box", fill=shade.fill, stroke=shade.border)
        yield _rule(f"{inside} .bar", f"{inside} .sign", stroke=shade.border)
        yield _rule(f"{inside} .says", fill=shade.text)


def _rule(*selectors: str, **declarations: str) -> str:
    where = ",".join(f".{ROOT} {selector}" for selector in selectors)
    return (
        where
        + "{"
        + ";".join(f"{name.replace('_', '-')}:{value}" for name, value in declarations.items())
        + "}"
    )
