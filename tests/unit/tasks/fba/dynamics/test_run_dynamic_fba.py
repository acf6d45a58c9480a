"""Cultures over time equal the analytic solutions, and at each moment the best growth that cobra gives."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cobra import Metabolite, Model, Reaction
from cobra.io import load_json_model
from cobra.util import add_lexicographic_constraints
from scipy.integrate import solve_ivp  # type: ignore[import-untyped] # scipy ships no types
from tests.support.places import ROOT

from fluxagents.flows.errors import ErrorClass, FluxError

NAME = "run_dynamic_fba"

GLUCOSE, ACETATE, OXYGEN = "EX_glc__D_e", "EX_ac_e", "EX_o2_e"
GROWTH = 0.8739215069684
"""Of the textbook model, 1/h, at 10 mmol/gDW/h of glucose."""

Call = Callable[..., Any]


def glucose(start: float = 10.0, **others: object) -> dict[str, object]:
    return {"exchange": GLUCOSE, "start_mmol_per_l": start, **others}


EXAMPLES = ROOT / "docs" / "cultures"

DIAUXIE: Mapping[str, Any] = json.loads((EXAMPLES / "varma_palsson_1994.json").read_text())


def test_constant_yield_is_the_analytic_solution(textbook: Any, call: Call) -> None:
    found = call(NAME, textbook, initial_biomass_gdw_per_l=0.01, substances=[glucose()])
    assert found.ended_by == "infeasible"  # nothing is left for maintenance
    assert found.end_h == pytest.approx(5.1283589395, abs=1e-6)
    assert found.substances[0].used_up_at_h == pytest.approx(5.1283589395, abs=1e-6)
    assert found.end_biomass_gdw_per_l == pytest.approx(0.8839215070, abs=1e-6)
    assert found.substances[0].end_mmol_per_l == 0.0
    assert found.active_sets == 1


def test_constant_yield_at_3_hours(textbook: Any, call: Call) -> None:
    found = call(NAME, textbook, hours=3, initial_biomass_gdw_per_l=0.01, substances=[glucose()])
    assert found.ended_by == "time"
    assert found.end_biomass_gdw_per_l == pytest.approx(0.1375998195, abs=1e-6)
    assert found.substances[0].end_mmol_per_l == pytest.approx(8.5399167030, abs=1e-6)


def test_what_nobody_states_is_named(textbook: Any, call: Call) -> None:
    found = call(NAME, textbook)
    assert [course.exchange for course in found.substances] == [GLUCOSE]
    assert found.end_h == pytest.approx(5.1283589395, abs=1e-6)
    assert {text.split(" ")[0] for text in found.assumed} == {"10", "0.01", "the"}


def test_growth_at_each_moment_is_what_cobra_gives(textbook: Any, call: Call) -> None:
    found = call(NAME, textbook, points=41, **DIAUXIE)
    with textbook:
        textbook.reactions.get_by_id(OXYGEN).lower_bound = -15
        for point in found.curve[:-1]:  # the last is where nothing is feasible any longer
            bound_uptakes(textbook, point.concentrations_mmol_per_l)
            assert point.growth_per_h == pytest.approx(textbook.slim_optimize(), abs=1e-6)


def bound_uptakes(model: Any, concentrations: Mapping[str, float]) -> None:
    """The kinetics of `DIAUXIE`, written once more."""
    constants = {GLUCOSE: (10.5, 0.015), ACETATE: (10.0, 0.5)}
    for exchange, (most, half) in constants.items():
        left = max(concentrations[exchange], 0.0)
        model.reactions.get_by_id(exchange).lower_bound = -most * left / (half + left)


def test_curves_are_those_of_a_linear_program_at_every_step(textbook: Any, call: Call) -> None:
    """cobra's own way: three programs for each derivative, since acetate is not unique at best growth."""
    order = ["Biomass_Ecoli_core", GLUCOSE, ACETATE]
    with textbook:
        textbook.reactions.get_by_id(OXYGEN).lower_bound = -15

        def derivative(_: float, state: Any) -> Any:
            with textbook:
                bound_uptakes(textbook, dict(zip(order[1:], state[1:], strict=True)))
                return add_lexicographic_constraints(textbook, order, ["max"] * 3).to_numpy() * state[0]

        expected = solve_ivp(derivative, (0, 5.85), [0.01, 10.8, 0.4], rtol=1e-6, atol=1e-8)
    found = call(NAME, textbook, **{**DIAUXIE, "hours": 5.85})
    ends = [found.end_biomass_gdw_per_l, *(course.end_mmol_per_l for course in found.substances)]
    assert ends == pytest.approx(expected.y[:, -1].tolist(), abs=5e-5)


def test_diauxie_has_the_shape_of_varma_and_palsson(textbook: Any, call: Call) -> None:
    """Acetate is secreted on glucose, peaks as glucose ends, and is used afterwards at a lower growth."""
    found = call(NAME, textbook, **DIAUXIE)
    on_sugar, acetate = found.phases[0], found.substances[1]
    assert (on_sugar.taken_up, on_sugar.secreted) == ((GLUCOSE,), (ACETATE,))
    assert (found.phases[-1].taken_up, found.phases[-1].secreted) == ((ACETATE,), ())
    assert found.phases[-1].growth_at_start_per_h < on_sugar.growth_at_start_per_h / 3
    assert acetate.highest_mmol_per_l > 8
    assert acetate.highest_at_h == pytest.approx(found.substances[0].used_up_at_h, abs=0.1)
    assert found.ended_by == "infeasible"


@pytest.mark.parametrize("dilution", [0.1, 0.3, 0.6])
def test_a_chemostat_reaches_the_steady_state_of_its_dilution(
    textbook: Any, call: Call, dilution: float
) -> None:
    found = call(
        NAME,
        textbook,
        culture="chemostat",
        dilution_per_h=dilution,
        hours=200,
        substances=[glucose(feed_mmol_per_l=10, half_saturation_mmol_per_l=0.015)],
    )
    with textbook:
        textbook.reactions.Biomass_Ecoli_core.bounds = (dilution, dilution)
        textbook.objective = GLUCOSE
        uptake = -float(textbook.slim_optimize())
    left = 0.015 * uptake / (10 - uptake)
    assert found.is_steady
    assert found.growth_at_end_per_h == pytest.approx(dilution, rel=1e-6)
    assert found.substances[0].end_mmol_per_l == pytest.approx(left, rel=1e-6)
    assert found.end_biomass_gdw_per_l == pytest.approx(dilution * (10 - left) / uptake, rel=1e-6)


def test_a_chemostat_with_constant_uptake_stays_at_no_glucose(textbook: Any, call: Call) -> None:
    """What is used up is taken up as fast as it is fed: no chatter between some and none."""
    found = call(
        NAME,
        textbook,
        culture="chemostat",
        dilution_per_h=0.3,
        hours=100,
        substances=[glucose(feed_mmol_per_l=10)],
    )
    assert (found.active_sets, found.is_steady) == (2, True)
    assert found.substances[0].end_mmol_per_l == 0.0
    assert found.growth_at_end_per_h == pytest.approx(0.3, rel=1e-6)


def test_a_chemostat_that_is_too_fast_washes_out(textbook: Any, call: Call) -> None:
    found = call(
        NAME,
        textbook,
        culture="chemostat",
        dilution_per_h=1.0,
        hours=20,
        initial_biomass_gdw_per_l=0.01,
        substances=[glucose(feed_mmol_per_l=10)],
    )
    assert found.end_biomass_gdw_per_l == pytest.approx(0.01 * math.exp((GROWTH - 1.0) * 20), rel=1e-6)
    assert not found.is_steady


def test_a_fed_batch_ends_when_the_vessel_is_full(textbook: Any, call: Call) -> None:
    found = call(
        NAME,
        textbook,
        culture="fed_batch",
        hours=40,
        substances=[glucose(feed_mmol_per_l=500, half_saturation_mmol_per_l=0.015)],
        feed_l_per_h=0.01,
        feed_rise_per_h=0.1,
        feed_from_h=5,
        max_volume_l=2,
    )
    assert found.ended_by == "full"
    assert found.end_h == pytest.approx(5 + math.log(1 + 0.1 / 0.01) / 0.1, abs=1e-6)
    fed = {row.item: row for row in found.balance}[GLUCOSE]
    assert fed.fed == pytest.approx(500, rel=1e-6)
    assert fed.made == pytest.approx(-(10 + 500) + fed.end, rel=1e-6)


def test_oxygen_comes_from_the_gas_and_limits_dense_cultures(textbook: Any, call: Call) -> None:
    oxygen = {
        "exchange": OXYGEN,
        "start_mmol_per_l": 0.21,
        "saturation_mmol_per_l": 0.21,
        "transfer_per_h": 7.5,
        "max_uptake_mmol_per_gdw_h": 15,
    }
    found = call(NAME, textbook, substances=[glucose(10.8), oxygen, {"exchange": ACETATE}])
    last = found.curve[-2]
    assert found.substances[1].used_up_at_h < found.substances[0].used_up_at_h
    supplied = 7.5 * 0.21 / last.biomass_gdw_per_l
    assert -last.secretion_mmol_per_gdw_h[OXYGEN] == pytest.approx(supplied, rel=1e-6)


@pytest.mark.parametrize("arguments", [DIAUXIE, {}])
def test_the_mass_balance_is_closed(textbook: Any, call: Call, arguments: Mapping[str, Any]) -> None:
    found = call(NAME, textbook, **arguments)
    assert 0 <= found.largest_balance_gap_fraction < 1e-6
    for row in found.balance:
        rest = row.start + row.fed + row.transferred + row.made - row.drained - row.end
        assert rest == pytest.approx(0, abs=1e-6)


def test_diauxie_of_mahadevan(call: Call) -> None:
    """Acetate peaks as glucose ends, and is used afterwards; oxygen limits before."""
    model = load_json_model(str(EXAMPLES / "mahadevan_2002_model.json"))
    found = call(NAME, model, **json.loads((EXAMPLES / "mahadevan_2002.json").read_text()))
    sugar, acetate, _ = found.substances
    assert found.ended_by == "time"
    assert 4 < sugar.used_up_at_h < acetate.used_up_at_h < 10
    assert acetate.highest_at_h == pytest.approx(sugar.used_up_at_h, abs=0.2)
    assert found.end_biomass_gdw_per_l > 0.7


def two_products() -> Model:
    """Growth on A leaves B or C, whichever."""
    model = Model("two_products")
    a, b, c = (Metabolite(f"{name}_e", compartment="e") for name in "abc")
    for product in (b, c):
        reaction = Reaction(f"MAKE_{product.id}", lower_bound=0, upper_bound=1000)
        reaction.add_metabolites({a: -1, product: 1, (x := Metabolite("x_c", compartment="c")): 0.1})
        model.add_reactions([reaction])
    for metabolite in (a, b, c):
        model.add_boundary(metabolite, type="exchange")
    model.add_reactions([growth := Reaction("GROWTH", "growth", lower_bound=0, upper_bound=1000)])
    growth.add_metabolites({model.metabolites.get_by_id(x.id): -1})
    model.objective = growth
    return model


@pytest.mark.parametrize(
    ("order", "then", "made"),
    [("bc", {}, "b"), ("cb", {}, "c"), ("bc", {"EX_b_e": "min"}, "c"), ("cb", {"MAKE_b_e": "max"}, "b")],
)
def test_fluxes_are_unique_by_goals_in_order(
    call: Call, order: str, then: Mapping[str, str], made: str
) -> None:
    substances = [{"exchange": f"EX_{name}_e", "max_uptake_mmol_per_gdw_h": 0} for name in order]
    first = {"exchange": "EX_a_e", "start_mmol_per_l": 10, "max_uptake_mmol_per_gdw_h": 5}
    found = call(
        NAME, two_products(), biomass="GROWTH", substances=[first, *substances], then_optimise=dict(then)
    )
    ends = {course.exchange: course.end_mmol_per_l for course in found.substances}
    assert ends[f"EX_{made}_e"] == pytest.approx(10, abs=1e-6)
    assert sum(ends.values()) == pytest.approx(10, abs=1e-6)


def test_a_knock_out_grows_slower(textbook: Any, call: Call) -> None:
    found = call(NAME, textbook, hours=3, knock_outs=["b4025"], substances=[glucose()])
    assert found.growth_per_h == pytest.approx(0.8631595522, rel=1e-6)
    assert found.end_biomass_gdw_per_l == pytest.approx(0.01 * math.exp(0.8631595522 * 3), rel=1e-6)


def test_nutrients_that_are_not_followed_are_closed_or_named(textbook: Any, call: Call) -> None:
    acetate = [{"exchange": ACETATE, "start_mmol_per_l": 10}]
    found = call(NAME, textbook, hours=1, substances=acetate)
    assert [(change.exchange, change.uptake_after_mmol_per_gdw_h) for change in found.medium_changes] == [
        (GLUCOSE, 0)
    ]
    kept = call(NAME, textbook, hours=1, substances=acetate, keep_other_nutrients=True)
    assert kept.unlimited_substrates == (GLUCOSE,)
    assert kept.growth_per_h > found.growth_per_h


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"culture": "chemostat"}, "needs the argument 'dilution_per_h'"),
        ({"culture": "fed_batch"}, "needs the argument 'feed_l_per_h'"),
        ({"dilution_per_h": 0.1}, "'dilution_per_h' is of a chemostat, and the culture is a batch"),
        ({"substances": [glucose(), glucose()]}, "named twice"),
        ({"substances": [glucose(feed_mmol_per_l=1)]}, "a batch has no feed"),
        ({"substances": [glucose(inhibited_by_mmol_per_l={ACETATE: 5})]}, "none of the substances"),
        ({"max_volume_l": 1}, "the vessel is full at 1 L"),
    ],
)
def test_contradictions_are_refused(
    textbook: Any, call: Call, arguments: Mapping[str, Any], words: str
) -> None:
    with pytest.raises(FluxError, match=words) as raised:
        call(NAME, textbook, **arguments)
    assert raised.value.kind is ErrorClass.BAD_ARGUMENT


def test_an_unknown_substance_is_refused_with_the_nearest(textbook: Any, call: Call) -> None:
    with pytest.raises(FluxError, match="EX_glc_e") as raised:
        call(NAME, textbook, substances=[{"exchange": "EX_glc_e"}])
    assert GLUCOSE in " ".join(raised.value.suggestions)


@pytest.mark.long
def test_a_genome_scale_model_in_seconds(ijo1366: Any, call: Call) -> None:
    found = call(NAME, ijo1366, **{**DIAUXIE, "medium_changes": {OXYGEN: 10}})
    assert found.phases[0].secreted == (ACETATE,)
    assert found.phases[-1].taken_up == (ACETATE,)
