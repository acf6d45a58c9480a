"""Pictures and pages of flux maps, as people look at them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from cobra.io import load_model

from fluxagents.tasks.fba.maps import draw_flux_map
from fluxagents.workers.commands.models.map_files import encode_map
from fluxagents.workers.reports.maps.escher_page import EscherState, draw_page
from fluxagents.workers.reports.maps.flux_map_plot import name_state
from fluxagents.workers.reports.plot_figure import Caption

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def args() -> draw_flux_map.Args:
    return draw_flux_map.Args.model_validate({"compared_with": {"medium_changes": {"EX_o2_e": 0}}})


@pytest.fixture(scope="module")
def result(args: draw_flux_map.Args) -> draw_flux_map.Result:
    return draw_flux_map.run(load_model("textbook"), args)


def test_a_picture_repeats_to_the_byte(result: Any, args: draw_flux_map.Args) -> None:
    first, second = (encode_map(result, args.model_dump(mode="json"), ".svg") for _ in range(2))
    assert first == second
    root = ET.fromstring(first)
    assert root.tag.endswith("svg")
    assert len(first) > 100_000


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
    assert ">EX_o2_e ≤ 0</option>" in shown
    assert "difference: as in the model less EX_o2_e ≤ 0" in shown


def test_untrusted_text_stays_text() -> None:
    hostile = "</script><script>alert(1)</script><b>hostile"
    state = EscherState(title=hostile, fluxes={hostile: 1.0})
    caption = Caption(title=hostile, conditions=hostile, source=hostile)
    page = draw_page([{"map_name": hostile}, {}], [state, state], caption)
    assert "alert(1)</script>" not in page
    assert "<b>hostile" not in page
    _, _, rest = page.partition('<script type="application/json" id="data">')
    data = json.loads(rest.partition("</script>")[0])
    assert data["choices"][0]["fluxes"] == [{hostile: 1.0}]


@pytest.mark.parametrize(
    ("args", "name"),
    [
        ({}, "as in the model"),
        ({"medium_changes": {"EX_o2_e": 0}, "knock_outs": ["PGI"]}, "EX_o2_e ≤ 0; without PGI"),
        ({"medium": {"EX_glc__D_e": 1}}, "another medium"),
    ],
)
def test_a_state_is_called_by_what_is_other(args: dict[str, Any], name: str) -> None:
    assert name_state(args) == name
