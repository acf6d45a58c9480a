"""A page that shows a flux map with Escher, complete in one file: nothing is fetched from anywhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import jinja2
import pandas as pd
from pydantic import JsonValue

from fluxagents.workers.reports.plot_figure import Caption

_PACKAGE = "fluxagents.workers.reports.maps"


@dataclass(frozen=True, slots=True, kw_only=True)
class EscherState:
    """One state of the network: what it is called, and reaction -> flux in mmol/gDW/h."""

    title: str
    fluxes: dict[str, float]


def list_states(reactions: pd.DataFrame, titles: tuple[str, str]) -> list[EscherState]:
    """The one or two states of the table `reactions` of a flux map."""
    columns = ("flux_mmol_per_gdw_h", "compared_flux_mmol_per_gdw_h")
    return [
        EscherState(title=title, fluxes=dict(zip(reactions["reaction"], reactions[column], strict=True)))
        for title, column in zip(titles, columns, strict=True)
        if reactions[column].notna().any()
    ]


def draw_page(escher_map: JsonValue, states: Sequence[EscherState], caption: Caption) -> str:
    """The page as HTML: each state to choose, and the difference of two.

    Args:
        escher_map: In Escher's format.
        states: At least one.
        caption: What stands above.
    """
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read), autoescape=True, undefined=jinja2.StrictUndefined
    )
    choices = [{"title": state.title, "fluxes": [state.fluxes]} for state in states]
    if len(states) > 1:
        # Of two sets of data, Escher shows the second less the first.
        both = [states[1].fluxes, states[0].fluxes]
        choices.append({"title": f"difference: {states[0].title} less {states[1].title}", "fluxes": both})
    return environment.get_template("page.html").render(
        caption=caption,
        titles=[choice["title"] for choice in choices],
        data=_embed({"map": escher_map, "choices": choices}),
        escher=_read("vendor/escher.min.js"),
        starter=_read("start_map.js"),
    )


def _embed(value: object) -> str:
    """JSON that may stand in a script element whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _read(name: str) -> str:
    return files(_PACKAGE).joinpath(name).read_text(encoding="utf-8")
