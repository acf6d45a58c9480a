"""Pictures and pages of flux maps, as people look at them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from cobra.io import load_model

from fluxagents.tasks.fba.maps import draw_flux_map
from fluxagents.workers.commands.models.map_files import encode_map
from fluxagents.workers.reports.maps import flux_map_plot
from fluxagents.workers.reports.plot_figure import Caption, PlotFigure

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def args() -> draw_flux_map.Args:
    return draw_flux_map.Args.model_validate({"compared_with": {"medium_changes": {"EX_o2_e": 0}}})


@pytest.fixture(scope="module")
def result(args: draw_flux_map.Args) -> draw_flux_map.Result:
    return draw_flux_map.run(load_model("textbook"), args)


def test_a_picture_repeats_to_the_byte() -> None:
    args = draw_flux_map.Args(reactions=("PGI", "PFK", "FBA"))
    small = draw_flux_map.run(load_model("textbook"), args)
    first, second = (encode_map(small, args.model_dump(mode="json"), ".svg") for _ in range(2))
    assert first == second
    assert ET.fromstring(first).tag.endswith("svg")


def list_blue_shares(drawn: str) -> set[bool]:
    """Of each colour of the lines of a reaction whether it is more blue than red."""
    colors = re.findall(r"stroke: rgb\((\d+), \d+, (\d+)\)", drawn)
    return {int(blue) > int(red) for red, blue in colors}


def test_a_page_runs_escher_and_shows_both_states(
    result: Any, args: draw_flux_map.Args, tmp_path: Path
) -> None:
    if CHROMIUM is None:
        pytest.skip("there is no chromium on the PATH: the page is not opened")
    page = tmp_path / "map.html"
    page.write_bytes(encode_map(result, args.model_dump(mode="json"), ".html"))
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile",
        "--virtual-time-budget=10000", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "<svg" in shown
    assert "EX_glc__D_e -10" in shown
    assert 'data-shown="3"' in shown
    assert "<h2>EX_o2_e ≤ 0</h2>" in shown
    assert "<h2>Difference: as in the model less EX_o2_e ≤ 0</h2>" in shown
    assert "PFL -17.8" in shown
    here, there, difference = shown.split('class="map"')[1:]
    assert "EX_o2_e -21.8" in here
    assert "EX_o2_e 0.00" in there
    assert "EX_o2_e -21.8" not in there
    # Less is orange, more is blue.
    (lessened,) = (each for each in difference.split('class="reaction"') if "PFL -17.8" in each)
    (increased,) = (each for each in difference.split('class="reaction"') if "EX_o2_e +21.8" in each)
    assert list_blue_shares(lessened) == {False}
    assert list_blue_shares(increased) == {True}


@pytest.fixture(scope="module")
def figure(result: Any) -> PlotFigure:
    caption = Caption(title="Fluxes", conditions="model m", source="here")
    figure = flux_map_plot.draw_flux_map(result.tables(), ("with", "without"), caption)
    figure.draw_without_rendering()
    return figure


def test_every_name_of_a_picture_is_in_it_and_differences_have_signs(figure: PlotFigure) -> None:
    panels = [axes for axes in figure.axes if axes.texts]
    assert len(panels) == 3
    for axes in panels:
        for text in axes.texts:
            box = text.get_window_extent()
            assert axes.bbox.x0 - 1 <= box.x0 < box.x1 <= axes.bbox.x1 + 1, text.get_text()
            assert axes.bbox.y0 - 1 <= box.y0 < box.y1 <= axes.bbox.y1 + 1, text.get_text()
    assert any(text.get_text() == "PFL\n-17.8" for text in panels[2].texts)
    assert any(re.fullmatch(r"PDH\n\+\d.*", text.get_text()) for text in panels[2].texts)


def test_names_of_reactions_side_by_side_do_not_lie_on_each_other(figure: PlotFigure) -> None:
    boxes = {text.get_text().partition("\n")[0]: text.get_window_extent() for text in figure.axes[0].texts}
    for first, second in (("PFK", "FBP"), ("PYK", "PPS")):
        assert not boxes[first].overlaps(boxes[second]), (first, second)
