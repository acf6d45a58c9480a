"""A reaction of several subsystems is counted under the first and belongs to all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cobra import Reaction

from fluxagents.tasks.fba.fluxes.subsystems import find_main_subsystem, list_subsystems


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("", []),
        (None, []),
        ("Glycolysis", ["Glycolysis"]),
        ("Glycolysis; Citrate cycle (TCA cycle)", ["Glycolysis", "Citrate cycle (TCA cycle)"]),
        ("; Glycolysis; ", ["Glycolysis"]),
    ],
)
def test_subsystems_are_listed_in_the_order_of_the_file(written: str | None, names: list[str]) -> None:
    reaction = Reaction("R", subsystem=written)
    assert list_subsystems(reaction) == names
    assert find_main_subsystem(reaction) == (names[0] if names else "")


def test_tools_count_the_first_and_find_them_all(
    textbook: Any, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textbook.reactions.PFK, "subsystem", "Mine; Yours")
    assert call("analyze_metabolic_model", textbook).subsystem_reactions["Mine"] == 1
    flux = call("run_metabolic_fba", textbook).subsystem_fluxes_mmol_per_gdw_h["Mine"]
    assert flux == pytest.approx(7.4774, abs=1e-3)
    assert set(call("analyze_pathway", textbook, pathway="Yours").fluxes_mmol_per_gdw_h) == {"PFK"}
