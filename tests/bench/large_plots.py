"""What large plots and maps take of a browser when one is shown, scrolled and enlarged.

The longest task is what a reader waits for: those below 50 ms count as none, and 200 ms are the aim on an
idle core. The processor time of all tasks together holds on a busy machine too: no single task takes more.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, sync_playwright

from fluxagents.scheduler.pages.drawings.flux_map_page import write_map_page
from fluxagents.tasks.fba.maps.stored_map import StoredMap
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.reports.culture_plot import draw_culture
from fluxagents.workers.reports.plot_figure import Caption, PlotFigure
from fluxagents.workers.reports.sensitivity_plots import PlaneLabels, draw_curve, draw_plane

CHROMIUM = "/usr/bin/chromium"
POINTS = 10_000
ROUNDS = 3
CAPTION = Caption(title="Large", conditions="bench", source="bench")

_NOTE_TASKS = """() => {
  window.longest = 0;
  const note = (list) => { for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration); };
  new PerformanceObserver(note).observe({type: 'longtask', buffered: true});
}"""  # noqa: E501 # a script
_REST = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))"


def draw_large_culture() -> PlotFigure:
    hours = np.linspace(0, 10, POINTS)
    curve = pd.DataFrame(
        {
            "time_h": hours,
            "biomass_gdw_per_l": np.exp(hours / 3),
            **{f"s{number}_mmol_per_l": 10 + np.sin(hours * number) for number in range(1, 7)},
        }
    )
    labels = [(f"s{number}", f"substance {number}") for number in range(1, 7)]
    return draw_culture(curve, labels, pd.DataFrame({"from_h": [0.0, 5.0]}), CAPTION)


def draw_large_curve() -> PlotFigure:
    flux = np.linspace(-10, 10, POINTS)
    is_break = np.arange(POINTS) % 1_000 == 0
    curve = pd.DataFrame(
        {"flux_mmol_per_gdw_h": flux, "growth_per_h": np.cos(flux / 7), "is_break_point": is_break}
    )
    return draw_curve(curve, "PFK", "growth rate (1/h)", CAPTION)


def draw_large_plane() -> PlotFigure:
    axis = np.linspace(0, 20, math.isqrt(POINTS))
    first, second = (side.ravel() for side in np.meshgrid(axis, axis))
    plane = pd.DataFrame(
        {
            "first_uptake_mmol_per_gdw_h": first,
            "second_uptake_mmol_per_gdw_h": second,
            "growth_per_h": np.minimum(first, second / 2) / 10,
        }
    )
    phases = pd.DataFrame(
        {
            "phase": [1, 2],
            "centre_first_mmol_per_gdw_h": [5.0, 15.0],
            "centre_second_mmol_per_gdw_h": [15.0, 5.0],
        }
    )
    tables = {"plane": plane, "phases": phases, "line_of_optimality": plane.iloc[:: axis.size + 1]}
    return draw_plane(tables, PlaneLabels(first="a", second="b", value="growth rate (1/h)"), CAPTION)


PLOTS: Mapping[str, Callable[[], PlotFigure]] = {
    f"culture, 7 curves of {POINTS:,} points": draw_large_culture,
    f"robustness, {POINTS:,} points": draw_large_curve,
    f"phase plane of {POINTS:,} points": draw_large_plane,
}


def lines() -> Iterator[str]:
    """What was measured, a line each."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for title, draw in PLOTS.items():
            began = time.process_time()
            svg = draw().encode_for_page()
            seconds = time.process_time() - began
            (folder / "plot.svg").write_bytes(svg)
            page = folder / "page.html"
            page.write_text("<!doctype html><img src=plot.svg width=700><p style='height:3000px'>")
            yield f"{title:32s} drawn in {seconds:.2f} s, {len(svg) / 1_000:.0f} kB; {_watch(browser, page)}"
        page = folder / "map.html"
        page.write_text(write_map_page(_draw_map(), is_file=True))
        yield f"{'flux map, two states':32s} {_watch(browser, page, shown='body[data-shown]')}"
        browser.close()


def _draw_map() -> StoredMap:
    from cobra.io import load_model  # noqa: PLC0415 # brings a second of imports

    tool = tool_named("draw_flux_map")
    args = tool.parse({"compared_with": {"medium_changes": {"EX_o2_e": 0}}})
    result: Any = tool.run(load_model("textbook"), args)
    return StoredMap(
        title="map",
        conditions="textbook",
        source="bench",
        states=("here", "there"),
        escher=json.loads(result.file.content),
        tables=result.tables(),
    )


def _watch(browser: Browser, path: Path, shown: str = "") -> str:
    found = [_measure(browser, path, shown) for _ in range(ROUNDS)]
    longest = {act: min(each[act][0] for each in found) for act in found[0]}
    in_all = {act: min(each[act][1] for each in found) for act in found[0]}
    return ", ".join(f"{act} {longest[act]:.0f} ms ({in_all[act]:.0f} of the processor)" for act in longest)


def _measure(browser: Browser, path: Path, shown: str) -> dict[str, tuple[float, float]]:
    """What was done -> longest task, processor time of all tasks; both in ms."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    protocol = page.context.new_cdp_session(page)
    protocol.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.add_init_script(f"({_NOTE_TASKS})()")
    worked_ms = 0.0

    def read() -> tuple[float, float]:
        nonlocal worked_ms
        page.evaluate(_REST)
        longest = float(page.evaluate("window.longest"))
        page.evaluate("window.longest = 0")
        metrics = {each["name"]: each["value"] for each in protocol.send("Performance.getMetrics")["metrics"]}
        before, worked_ms = worked_ms, metrics["TaskDuration"] * 1_000
        return longest, worked_ms - before

    page.goto(path.as_uri())
    if shown:
        page.locator(shown).wait_for(state="attached")
    acts = {"shown": read()}
    for _ in range(5):
        page.mouse.move(300, 300)
        page.mouse.wheel(0, 120)
        page.mouse.move(420, 420)
    acts["pointed at and scrolled"] = read()
    page.evaluate("document.documentElement.style.zoom = 2")
    acts["enlarged"] = read()
    page.emulate_media(color_scheme="dark")
    acts["made dark"] = read()
    page.close()
    return acts
