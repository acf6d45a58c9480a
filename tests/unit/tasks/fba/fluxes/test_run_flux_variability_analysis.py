"""Flux ranges equal the known ones and cobra's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cobra.flux_analysis import flux_variability_analysis

from fluxagents.flows.errors import FluxError

NAME = "run_flux_variability_analysis"


def ranges(found: Any) -> dict[str, tuple[float | None, float | None]]:
    table = found.ranges
    pairs = zip(table.minimum_mmol_per_gdw_h, table.maximum_mmol_per_gdw_h, strict=True)
    return dict(zip(table.reaction, pairs, strict=True))


def test_known_ranges_of_the_core_model(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    known = {
        "PGI": (-14.29904, 9.83876),
        "EX_o2_e": (-25.61954, -17.99243),
        "EX_ac_e": (0, 3.81356),
        "PYK": (0, 21.38299),
    }
    for reaction, expected in known.items():
        assert ranges(found)[reaction] == pytest.approx(expected, abs=1e-5)
    assert found.total_range_mmol_per_gdw_h == pytest.approx(3025.26003, abs=1e-5)
    assert len(found.blocked) == 8


def test_every_range_of_the_core_model_equals_cobra(textbook: Any, call: Callable[..., Any]) -> None:
    reference = flux_variability_analysis(textbook, fraction_of_optimum=0.9, processes=1)
    for reaction, (least, greatest) in ranges(call(NAME, textbook)).items():
        assert (least, greatest) == pytest.approx(tuple(reference.loc[reaction]), rel=1e-6, abs=1e-6)


def test_a_sample_of_a_genome_scale_model_equals_cobra(ijo1366: Any, call: Callable[..., Any]) -> None:
    sample = tuple(reaction.id for reaction in ijo1366.reactions[::130])
    reference = flux_variability_analysis(ijo1366, list(sample), fraction_of_optimum=0.9, processes=1)
    found = call(NAME, ijo1366)
    assert len(found.ranges.reaction) == 2583
    for reaction in sample:
        assert ranges(found)[reaction] == pytest.approx(tuple(reference.loc[reaction]), rel=1e-6, abs=2e-6)


def test_named_reactions_have_the_same_ranges_as_in_the_whole(
    textbook: Any, call: Callable[..., Any]
) -> None:
    few, whole = call(NAME, textbook, reactions=["PYK", "PGI"]), call(NAME, textbook)
    assert list(ranges(few)) == ["PYK", "PGI"]
    for reaction, found in ranges(few).items():
        assert found == pytest.approx(ranges(whole)[reaction], abs=1e-9)


def test_sets_cover_all_reactions(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook)
    assert set(found.blocked) | set(found.fixed) | set(found.variable) == set(found.ranges.reaction)
    assert set(found.fixed) <= set(found.essential)
    assert "Biomass_Ecoli_core" in found.essential


def test_without_loops_the_futile_cycle_is_gone(textbook: Any, call: Callable[..., Any]) -> None:
    free = call(NAME, textbook, reactions=["FRD7", "SUCDi"])
    tight = call(NAME, textbook, reactions=["FRD7", "SUCDi"], loopless=True)
    assert ranges(free)["FRD7"] == pytest.approx((0, 1000))
    # What is left of both is real: succinate may be secreted, and burned.
    assert ranges(tight)["FRD7"] == pytest.approx((0, 0.5129142), abs=1e-6)
    assert (ranges(tight)["SUCDi"][1] or 0) < 20


def test_a_model_without_an_objective_has_the_ranges_of_all_its_fluxes(
    textbook: Any, call: Callable[..., Any]
) -> None:
    with textbook:
        textbook.objective = {}
        found = call(NAME, textbook, reactions=["Biomass_Ecoli_core"])
    assert found.status == "no_objective"
    assert ranges(found)["Biomass_Ecoli_core"] == pytest.approx((0, 686440 / 785471), rel=1e-6)


def test_unlimited_fluxes_have_no_number(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        textbook.reactions.FRD7.bounds = (0, float("inf"))
        textbook.reactions.SUCDi.bounds = (0, float("inf"))
        found = call(NAME, textbook, reactions=["FRD7", "SUCDi"])
    assert found.unbounded == ("FRD7", "SUCDi")
    assert ranges(found)["FRD7"] == (0, None)


def test_every_range_without_loops_equals_the_mixed_integer_one(
    textbook: Any, call: Callable[..., Any]
) -> None:
    reference = flux_variability_analysis(textbook, loopless="fastSNP", fraction_of_optimum=0.9, processes=1)
    found = call(NAME, textbook, loopless=True)
    for reaction, pair in ranges(found).items():
        assert pair == pytest.approx(tuple(reference.loc[reaction]), rel=1e-6, abs=1e-6)
    assert found.total_range_mmol_per_gdw_h == pytest.approx(1033.81888, abs=1e-4)


def test_ranges_without_loops_of_a_genome_scale_model(ijo1366: Any, call: Callable[..., Any]) -> None:
    """As cobra's mixed-integer form finds them with GLPK in 1 to 50 s each, the last two with HiGHS."""
    known = {
        "ADK1": (0, 50.905510277),
        "GLBRAN2": (0, 20.587356515),
        "THMDt2pp_copy2": (-0.542051665, 0),
        "ALAt2pp_copy2": (-189.484601921, 0),
        "ABUTt2pp": (0, 5.572941),
        "R1PK": (0, 50.905510),
    }
    found = ranges(call(NAME, ijo1366, reactions=list(known), loopless=True))
    free = ranges(call(NAME, ijo1366, reactions=list(known)))
    for reaction, expected in known.items():
        assert found[reaction] == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert sum(map(abs, filter(None, free[reaction]))) > sum(map(abs, expected)) + 1


def test_a_cycle_without_limits_has_a_finite_range_without_loops(
    textbook: Any, call: Callable[..., Any]
) -> None:
    with textbook:
        for name in ("FRD7", "SUCDi"):
            textbook.reactions.get_by_id(name).upper_bound = float("inf")
        found = call(NAME, textbook, reactions=["FRD7"], loopless=True)
    assert found.unbounded == ()
    assert ranges(found)["FRD7"] == pytest.approx((0, 0.5129142), abs=1e-6)


def test_bounds_that_force_a_cycle_are_named(textbook: Any, call: Callable[..., Any]) -> None:
    with textbook:
        textbook.reactions.FRD7.bounds = (500, 1000)
        with pytest.raises(FluxError, match="force a cycle at 'FRD7'"):
            call(NAME, textbook, reactions=["FRD7"], loopless=True)


@pytest.mark.long
def test_a_solve_that_cycles_for_ever_is_cut_and_goes_on(iml1515: Any, call: Callable[..., Any]) -> None:
    """From its warm basis GLPK never ends at the greatest flux of ACODA."""
    found = call(NAME, iml1515)
    place = found.ranges.reaction.index("ACODA")
    reference = call(NAME, iml1515, reactions=["ACODA"])
    assert len(found.ranges.reaction) == 2712
    assert found.ranges.maximum_mmol_per_gdw_h[place] == pytest.approx(
        reference.ranges.maximum_mmol_per_gdw_h[0], rel=1e-6, abs=1e-6
    )
    assert found.growth_per_h == pytest.approx(0.8769972144, rel=1e-6)
