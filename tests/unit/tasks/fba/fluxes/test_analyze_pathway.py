"""A pathway's fluxes balance with what enters and leaves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "analyze_pathway"
UPPER_GLYCOLYSIS = ["PGI", "PFK", "FBA", "TPI"]


def test_upper_glycolysis_takes_in_what_it_gives_out(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, reactions=UPPER_GLYCOLYSIS)
    fluxes = found.fluxes_mmol_per_gdw_h
    whole = call("run_metabolic_fba", textbook).internal_fluxes_mmol_per_gdw_h
    assert fluxes == pytest.approx({name: whole[name] for name in UPPER_GLYCOLYSIS})
    assert found.entering_mmol_per_gdw_h["g6p_c"] == pytest.approx(fluxes["PGI"])
    assert found.leaving_mmol_per_gdw_h["g3p_c"] == pytest.approx(fluxes["FBA"] + fluxes["TPI"])
    assert "fdp_c" not in found.leaving_mmol_per_gdw_h | found.entering_mmol_per_gdw_h
    assert found.blocked_steps == ()
    assert "b3916" in found.genes


def test_ranges_are_those_of_the_whole_model(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, reactions=["PGI", "FRUpts2"], ranges=True)
    assert found.table.minimum_mmol_per_gdw_h[1] == pytest.approx(-14.29904, abs=1e-5)
    assert found.table.maximum_mmol_per_gdw_h[1] == pytest.approx(9.83876, abs=1e-5)
    assert found.blocked_steps == ("FRUpts2",)


def test_a_flux_says_whether_it_is_the_only_one_with_its_optimum(
    textbook: Any, call: Callable[..., Any]
) -> None:
    unique = call(NAME, textbook, reactions=["PGI", "PFK"]).optima
    assert unique.is_unique == (True, True)
    # Without ammonium it cannot grow, and what maintenance leaves of the glucose is free.
    free = call(NAME, textbook, reactions=["PGI", "PFK"], medium_changes={"EX_nh4_e": 0.0}).optima
    assert not any(free.is_unique)
    for least, flux, greatest in zip(
        free.least_mmol_per_gdw_h, free.flux_mmol_per_gdw_h, free.greatest_mmol_per_gdw_h, strict=True
    ):
        assert least is not None
        assert greatest is not None
        assert least <= flux <= greatest


def test_a_subsystem_is_found_by_part_of_its_name(ijo1366: Any, call: Callable[..., Any]) -> None:
    names = sorted({r.subsystem for r in ijo1366.reactions if "glycolysis" in r.subsystem.lower()})
    assert len(names) == 1
    found = call(NAME, ijo1366, pathway="glycolysis")
    assert found.pathway == names[0]
    assert found.reactions == sum(r.subsystem == names[0] for r in ijo1366.reactions)
    assert len(found.tables()["reactions"]) == found.reactions
    assert found.active_reactions > 5


def test_an_unknown_or_ambiguous_name_has_a_way_out(
    ijo1366: Any, textbook: Any, call: Callable[..., Any]
) -> None:
    with pytest.raises(FluxError, match=r"nearest: .*Citric Acid Cycle") as raised:
        call(NAME, ijo1366, pathway="Citrc Acid Cycel")
    assert raised.value.kind is ErrorClass.UNKNOWN_ID
    with pytest.raises(FluxError, match="one of: "):
        call(NAME, ijo1366, pathway="transport")
    with pytest.raises(FluxError, match="give either 'pathway' or 'reactions'"):
        call(NAME, textbook)


def test_a_model_without_subsystems_says_so(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="names no subsystem: give 'reactions'"):
        call(NAME, textbook, pathway="sulfur metabolism")


def test_without_an_optimum_there_are_no_fluxes_but_the_structure(
    textbook: Any, call: Callable[..., Any]
) -> None:
    with textbook:
        textbook.reactions.ATPM.bounds = (900, 1000)
        found = call(NAME, textbook, reactions=UPPER_GLYCOLYSIS, ranges=True)
    assert found.status == "infeasible"
    assert found.active_reactions is None
    assert found.total_flux_mmol_per_gdw_h is None
    assert found.reactions == 4
    assert found.tables()["reactions"].flux_mmol_per_gdw_h.isna().all()
