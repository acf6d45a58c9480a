"""The files of `fluxagents models map`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fluxagents.scheduler.pages.drawings.flux_map_page import write_map_page
from fluxagents.tasks.fba.maps.draw_flux_map import Result
from fluxagents.tasks.fba.maps.state_comparison import name_state
from fluxagents.tasks.fba.maps.stored_map import StoredMap
from fluxagents.workers.reports.maps.flux_map_plot import draw_stored_map


def encode_map(result: Result, args: Mapping[str, Any], kind: str) -> bytes:
    """The map as `.svg`, `.png`, `.html` or, without fluxes, as Escher's `.json`."""
    assert result.file is not None
    if kind == ".json":
        return result.file.content
    growth = "" if result.growth_per_h is None else f"; growth {result.growth_per_h:.4g} 1/h"
    compared = args.get("compared_with")
    drawn = StoredMap(
        title=f"Fluxes: {result.map}",
        conditions=f"model {result.model_id}; {name_state(args)}{growth}",
        source="pFBA",
        states=(name_state(args), "" if compared is None else name_state(compared)),
        escher=json.loads(result.file.content),
        tables=result.tables(),
    )
    if kind == ".html":
        return write_map_page(drawn, is_file=True).encode()
    return draw_stored_map(drawn).encode("svg" if kind == ".svg" else "png")
