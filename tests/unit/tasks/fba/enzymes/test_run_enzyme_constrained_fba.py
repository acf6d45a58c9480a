"""Growth under one pool of enzyme equals the program that cobra is given by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.enzymes.enzyme_table import parse_enzymes

NAME = "run_enzyme_constrained_fba"

ENZYMES = [
    {"reaction": "PFK", "kcat_per_s": 65, "molecular_weight_kda": 140},
    {"reaction": "PGI", "kcat_per_s": 130, "reverse_kcat_per_s": 90, "molecular_weight_kda": 123},
    {"reaction": "PDH", "kcat_per_s": 38, "molecular_weight_kda": 4600},
    {"reaction": "CS", "kcat_per_s": 81, "molecular_weight_kda": 288},
    {"reaction": "CYTBD", "kcat_per_s": 330},
    {"reaction": "ATPS4r", "kcat_per_s": 180, "molecular_weight_kda": 530},
]
DEFAULT_KCAT, DEFAULT_WEIGHT = 65.0, 40.0
DEFAULTS = {"default_kcat_per_s": DEFAULT_KCAT, "default_molecular_weight_kda": DEFAULT_WEIGHT}

Call = Callable[..., Any]


def growth_in_cobra(model: Any, pool: float, oxygen: float = 1000.0) -> float | None:
    """The same program, written with cobra: forward and reverse variables in one constraint."""
    known = {row["reaction"]: row for row in ENZYMES}
    with model:
        model.reactions.EX_o2_e.lower_bound = -oxygen
        cost: Any = 0
        for reaction in model.reactions:
            row: Mapping[str, Any] = known.get(reaction.id, {})
            if row or (reaction.genes and not reaction.boundary):
                weight = row.get("molecular_weight_kda", DEFAULT_WEIGHT)
                kcat = row.get("kcat_per_s", DEFAULT_KCAT)
                back = row.get("reverse_kcat_per_s", kcat)
                cost += reaction.forward_variable * (weight / kcat / 3600)
                cost += reaction.reverse_variable * (weight / back / 3600)
        model.add_cons_vars(model.problem.Constraint(cost, ub=pool))
        growth = float(model.slim_optimize())
        return None if math.isnan(growth) else growth


@pytest.mark.parametrize("pool", [0.005, 0.02, 0.05, 0.095, 0.2])
@pytest.mark.parametrize("oxygen", [1000.0, 10.0])
def test_growth_is_what_cobra_gives(textbook: Any, call: Call, pool: float, oxygen: float) -> None:
    found = call(
        NAME,
        textbook,
        enzymes=ENZYMES,
        pool_g_per_gdw=pool,
        medium_changes={"EX_o2_e": oxygen},
        **DEFAULTS,
    )
    expected = growth_in_cobra(textbook, pool, oxygen)
    assert found.growth_with_pool_per_h == (expected and pytest.approx(expected, rel=1e-6))
    assert (found.status_with_pool == "infeasible") == (expected is None)


def test_the_curve_over_the_pool_is_exact(textbook: Any, call: Call) -> None:
    found = call(NAME, textbook, enzymes=ENZYMES, **DEFAULTS)
    sizes = [point.pool_g_per_gdw for point in found.curve]
    assert sizes == sorted(sizes)
    assert len(sizes) > 2
    assert (found.least_pool_g_per_gdw, found.needed_pool_g_per_gdw) == pytest.approx((sizes[0], sizes[-1]))
    assert found.curve[-1].growth_per_h == pytest.approx(found.growth_per_h)
    for point in found.curve[1:]:
        expected = growth_in_cobra(textbook, point.pool_g_per_gdw)
        assert point.growth_per_h == pytest.approx(expected, rel=1e-6)
    assert growth_in_cobra(textbook, sizes[0] * 0.999) is None
    middle = (sizes[0] + sizes[1]) / 2
    between = (found.curve[0].growth_per_h + found.curve[1].growth_per_h) / 2
    assert growth_in_cobra(textbook, middle) == pytest.approx(between, rel=1e-6)


def test_the_gain_is_the_slope_by_finite_differences(textbook: Any, call: Call) -> None:
    found = call(NAME, textbook, enzymes=ENZYMES, pool_g_per_gdw=0.05, **DEFAULTS)
    more, less = (growth_in_cobra(textbook, 0.05 + step) or 0.0 for step in (1e-5, -1e-5))
    assert found.gain_per_g == pytest.approx((more - less) / 2e-5, rel=1e-5)


def test_a_tight_pool_is_used_up_and_makes_cells_secrete(textbook: Any, call: Call) -> None:
    """Overflow: fermentation needs less enzyme for each ATP than respiration."""
    found = call(NAME, textbook, enzymes=ENZYMES, pool_g_per_gdw=0.03, **DEFAULTS)
    fluxes = {use.reaction: use.flux_mmol_per_gdw_h for use in found.reactions}
    without = {use.reaction: use.flux_without_pool_mmol_per_gdw_h for use in found.reactions}
    assert fluxes["EX_ac_e"] > 1
    assert without.get("EX_ac_e", 0.0) == pytest.approx(0, abs=1e-6)
    assert found.is_pool_limiting
    assert found.used_g_per_gdw == pytest.approx(0.03, rel=1e-6)
    assert sum(found.pool_fractions.values()) == pytest.approx(1, abs=1e-4)


def test_a_pool_that_is_large_changes_nothing(textbook: Any, call: Call) -> None:
    found = call(NAME, textbook, enzymes=ENZYMES, pool_g_per_gdw=1, **DEFAULTS)
    assert not found.is_pool_limiting
    assert (found.gain_per_g, found.growth_fraction_of_wild_type) == (0.0, pytest.approx(1))
    assert all(
        use.flux_mmol_per_gdw_h == pytest.approx(use.flux_without_pool_mmol_per_gdw_h, abs=1e-6)
        for use in found.reactions
    )


def test_what_is_assumed_is_named(textbook: Any, call: Call) -> None:
    found = call(NAME, textbook, enzymes=[*ENZYMES, {"reaction": "NOPE", "kcat_per_s": 1}])
    assert found.unmapped_reactions == ("NOPE",)
    assert found.reactions_with_cost == len(ENZYMES)
    assert {"ENO", "FUM"} <= set(found.without_cost)
    assert found.assumed_weight == ("CYTBD",)
    assert found.default_molecular_weight_kda == 288  # the median of those known
    assert set(found.assumed_reverse_kcat) == {"ATPS4r"}
    with_default = call(NAME, textbook, enzymes=ENZYMES, **DEFAULTS)
    assert with_default.without_cost == ()
    assert {"ENO", "FUM"} <= set(with_default.assumed_kcat)


def test_without_a_table_all_values_are_defaults_and_said_to_be(textbook: Any, call: Call) -> None:
    found = call(NAME, textbook, pool_g_per_gdw=0.05)
    assert (found.default_kcat_per_s, found.default_molecular_weight_kda, found.is_default_pool) == (
        65,
        40,
        False,
    )
    assert len(found.assumed_kcat) == len(found.assumed_weight) == found.reactions_with_cost > 0
    assert found.without_cost == ()
    same = call(NAME, textbook, default_kcat_per_s=32.5, default_molecular_weight_kda=20)
    assert (same.is_default_pool, same.pool_g_per_gdw) == (True, 0.095)
    assert same.needed_pool_g_per_gdw == pytest.approx(found.needed_pool_g_per_gdw)


def test_the_cheapest_of_several_enzymes_is_used(textbook: Any, call: Call) -> None:
    slow = {"reaction": "PFK", "kcat_per_s": 1, "molecular_weight_kda": 140}
    one, both = (
        call(NAME, textbook, enzymes=[*more, *ENZYMES], pool_g_per_gdw=0.05, **DEFAULTS)
        for more in ([], [slow])
    )
    assert both.growth_with_pool_per_h == pytest.approx(one.growth_with_pool_per_h)


def test_a_table_is_read_by_its_columns() -> None:
    table = pd.DataFrame(
        {"Reaction": ["PFK", "CS", None], "kcat_per_s": [65, None, 3], "molecular_weight_kda": ["140", "", 1]}
    )
    first, second = parse_enzymes(table)
    assert (first.reaction, first.kcat_per_s, first.molecular_weight_kda) == ("PFK", 65, 140)
    assert (second.kcat_per_s, second.molecular_weight_kda) == (None, None)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"reaction": ["PFK"]}, "no column 'kcat_per_s'"),
        ({"reaction": ["PFK"], "kcat_per_s": ["fast"]}, "row 1 of the table, 'kcat_per_s' = 'fast'"),
        ({"reaction": ["PFK"], "kcat_per_s": [-1]}, "greater than 0"),
    ],
)
def test_a_table_that_says_nothing_is_refused(columns: dict[str, list[Any]], words: str) -> None:
    with pytest.raises(FluxError, match=words):
        list(parse_enzymes(pd.DataFrame(columns)))


def test_enzymes_of_another_model_are_refused(textbook: Any, call: Call) -> None:
    with pytest.raises(FluxError, match="none of the 1 reactions") as raised:
        call(NAME, textbook, enzymes=[{"reaction": "R_PFK", "kcat_per_s": 65, "molecular_weight_kda": 1}])
    assert raised.value.kind is ErrorClass.UNKNOWN_ID
    with pytest.raises(FluxError, match="no molecular weight is known"):
        call(NAME, textbook, enzymes=[{"reaction": "PFK", "kcat_per_s": 65}])
