"""The page of a flux map: one scale for two states, their difference, and texts that stay texts."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from fluxagents.scheduler.pages.drawings.flux_map_page import plan_panels, write_map_page
from fluxagents.tasks.fba.maps.stored_map import StoredMap

HOSTILE = "</script><script>alert(1)</script><b>hostile"


def build_map(compared: list[float | None], name: str = "PFK") -> StoredMap:
    reactions = pd.DataFrame(
        {
            "reaction": [name, "PGM"],
            "flux_mmol_per_gdw_h": [4.0, -2.0],
            "compared_flux_mmol_per_gdw_h": pd.Series(compared, dtype="float64"),
        }
    )
    return StoredMap(
        title=name,
        conditions=name,
        source=name,
        states=(name, "without it"),
        escher=[{"map_name": name}, {}],
        tables={"reactions": reactions},
    )


def read_data(page: str) -> Any:
    _, _, rest = page.partition('<script type="application/json" id="data">')
    return json.loads(rest.partition("</script>")[0])


def test_two_states_have_one_scale_and_a_difference() -> None:
    here, there, difference = plan_panels(build_map([8.0, -1.0]))
    assert here.full_width == there.full_width
    assert difference.shown == {"PFK": -4.0, "PGM": 1.0}
    assert difference.directions["PGM"] < 0 < difference.directions["PFK"]


def test_a_reaction_that_the_other_state_does_not_have_has_no_difference() -> None:
    *_, difference = plan_panels(build_map([8.0, None]))
    assert difference.shown == {"PFK": -4.0}


def test_one_state_is_one_map() -> None:
    (panel,) = plan_panels(build_map([None, None]))
    assert panel.shown == {"PFK": 4.0, "PGM": -2.0}


def test_a_legend_says_units_and_signs() -> None:
    page = write_map_page(build_map([8.0, -1.0]), is_file=False)
    assert page.count("mmol/gDW/h") == 3
    assert "is less, blue and + is more" in page
    assert read_data(page)["panels"][2]["texts"] == {"PFK": "-4", "PGM": "+1"}


def test_a_page_of_the_site_has_no_script_in_it() -> None:
    page = write_map_page(build_map([None, None]), is_file=False, picture="/map.svg")
    assert page.count("<script") == 3
    assert page.count('<script src="/static/') == 2
    assert "<style" not in page
    assert 'href="/map.svg"' in page


def test_untrusted_text_stays_text() -> None:
    for is_file in (True, False):
        page = write_map_page(build_map([1.0, 1.0], name=HOSTILE), is_file=is_file)
        assert "alert(1)</script>" not in page
        assert "<b>hostile" not in page
        assert read_data(page)["panels"][0]["data"][HOSTILE] == 4.0
