"""How long flux maps take to lay out and to write, and what a page with one weighs."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from fluxagents.scheduler.pages.drawings.flux_map_page import write_map_page
from fluxagents.scheduler.pages.rendering import read_asset
from fluxagents.tasks.fba.maps.stored_map import StoredMap
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.reports.maps.flux_map_plot import draw_stored_map

CALLS: Mapping[str, dict[str, Any]] = {
    "core": {},
    "core, two states": {"compared_with": {"medium_changes": {"EX_o2_e": 0}}},
    "pathway by itself": {
        "reactions": ["PGI", "PFK", "FBA", "TPI", "GAPD", "PGK", "PGM", "ENO", "PYK", "PDH", "CS", "ACONTa"]
    },
}
ASSETS = ("vendor/escher/escher.min.js", "flux_map.js", "flux_map.css")


def lines() -> Iterator[str]:
    """What was measured, a line each; times are of the processor."""
    from cobra.io import load_model  # noqa: PLC0415 # brings a second of imports

    model, tool = load_model("textbook"), tool_named("draw_flux_map")
    for name, args in CALLS.items():
        began = time.process_time()
        result: Any = tool.run(model, tool.parse(args))
        computed_s = time.process_time() - began
        states = ("here", "there" if "compared_with" in args else "")
        drawn = StoredMap(
            title=name,
            conditions="textbook",
            source="bench",
            states=states,
            escher=json.loads(result.file.content),
            tables=result.tables(),
        )
        began = time.process_time()
        page = write_map_page(drawn, is_file=False).encode()
        page_s = time.process_time() - began
        began = time.process_time()
        picture = draw_stored_map(drawn).encode("svg")
        yield (
            f"{name:18s} {result.reactions:3d} reactions: solved and laid out {computed_s:.2f} s, "
            f"page {page_s * 1_000:.0f} ms and {_kilobytes(page)}, "
            f"SVG {time.process_time() - began:.1f} s and {_kilobytes(picture)}"
        )
    for name in ASSETS:
        yield f"{name}: {_kilobytes(read_asset(name))}, kept by the browser"


def _kilobytes(data: bytes) -> str:
    return f"{len(data) / 1_000:.0f} kB ({len(gzip.compress(data)) / 1_000:.0f} kB as sent)"
