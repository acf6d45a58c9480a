"""The files of `fluxagents models map`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fluxagents.tasks.fba.maps.draw_flux_map import Result
from fluxagents.workers.reports.maps.escher_page import draw_page, list_states
from fluxagents.workers.reports.maps.flux_map_plot import draw_flux_map, name_state
from fluxagents.workers.reports.plot_figure import Caption


def encode_map(result: Result, args: Mapping[str, Any], kind: str) -> bytes:
    """The map as `.svg`, `.png`, `.html` or, without fluxes, as Escher's `.json`."""
    assert result.file is not None
    if kind == ".json":
        return result.file.content
    growth = "" if result.growth_per_h is None else f"; growth {result.growth_per_h:.4g} 1/h"
    caption = Caption(
        title=f"Fluxes: {result.map}",
        conditions=f"model {result.model_id}; {name_state(args)}{growth}",
        source="pFBA",
    )
    compared = args.get("compared_with")
    titles = name_state(args), "" if compared is None else name_state(compared)
    tables = result.tables()
    if kind == ".html":
        content = json.loads(result.file.content)
        return draw_page(content, list_states(tables["reactions"], titles), caption).encode()
    figure = draw_flux_map(tables, titles, caption)
    return figure.encode("svg" if kind == ".svg" else "png")
