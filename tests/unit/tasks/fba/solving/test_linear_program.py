"""The warm program tells outcomes apart, believes no cycling solve, and leaves the model alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cobra.util.array import create_stoichiometric_matrix
from scipy.optimize import linprog  # type: ignore[import-untyped]

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving import linear_program as glpk
from fluxagents.tasks.fba.solving.growth import Optimum, optimise
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import Outcome


def test_knock_outs_come_and_go(textbook: Any) -> None:
    with LinearProgram(textbook) as program:
        program.solve()
        whole = program.value
        place = textbook.reactions.index("PGI")
        with program.hold_bounds({place: (0.0, 0.0)}):
            assert program.solve() is Outcome.OPTIMAL
            assert program.value < whole
            assert program.fluxes()[place] == 0
        program.solve()
        assert program.value == pytest.approx(whole, rel=1e-9)


def test_a_solve_that_hits_its_limit_starts_afresh(textbook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glpk, "WARM_LIMIT_ITERATIONS", 3)
    with LinearProgram(textbook) as program:
        assert program.solve() is Outcome.OPTIMAL
        assert program.value == pytest.approx(686440 / 785471, rel=1e-9)


def test_infeasible_and_unbounded_are_told_apart(textbook: Any) -> None:
    with textbook:
        textbook.reactions.EX_glc__D_e.lower_bound = 0
        with LinearProgram(textbook) as program:
            assert program.solve() is Outcome.INFEASIBLE
    with textbook:
        for name in ("FRD7", "SUCDi"):
            textbook.reactions.get_by_id(name).upper_bound = float("inf")
        textbook.objective = "FRD7"
        with LinearProgram(textbook) as program:
            assert program.solve() is Outcome.UNBOUNDED


def test_split_and_net_fluxes_are_the_same(textbook: Any) -> None:
    with LinearProgram(textbook) as net, LinearProgram(textbook, split=True) as split:
        assert net.solve() is split.solve() is Outcome.OPTIMAL
        assert net.value == pytest.approx(split.value, rel=1e-9)
        assert net.net_fluxes() == pytest.approx(net.fluxes(), abs=1e-9)


def test_bounds_have_the_price_of_finite_differences(textbook: Any) -> None:
    index = [textbook.reactions.index(name) for name in ("EX_glc__D_e", "ATPM", "EX_o2_e", "PGI")]
    with LinearProgram(textbook) as net, LinearProgram(textbook, split=True) as split:
        assert net.solve() is split.solve() is Outcome.OPTIMAL
        prices = [net.get_bound_prices(at) for at in index]
        assert [split.get_bound_prices(at) for at in index] == [pytest.approx(pair) for pair in prices]
        best = net.value
        with net.hold_bounds({index[0]: (-11.0, 1000.0)}):
            net.solve()
            assert prices[0] == pytest.approx((best - net.value, 0), rel=1e-6)
    assert prices[1][0] < 0
    assert prices[2:] == [(0, 0), (0, 0)]


def test_bounds_of_a_minimised_flux_have_prices(textbook: Any) -> None:
    glucose, biomass = (textbook.reactions.index(name) for name in ("EX_glc__D_e", "Biomass_Ecoli_core"))
    with LinearProgram(textbook) as program, program.hold_bounds({biomass: (0.5, 1000.0)}):
        program.set_objective({glucose: -1.0}, "min")
        program.solve()
        least = program.value
        lower, upper = program.get_bound_prices(biomass)
        with program.hold_bounds({biomass: (0.6, 1000.0)}):
            program.solve()
            assert lower == pytest.approx((program.value - least) / 0.1, rel=1e-6)
            assert upper == 0


def test_no_number_of_an_infeasible_model_is_believed(textbook: Any) -> None:
    with textbook:
        textbook.reactions.EX_glc__D_e.lower_bound = 0
        with LinearProgram(textbook) as program:
            optimum = optimise(program)
            assert math.isfinite(program.value)  # GLPK has a number all the same
            assert optimum == Optimum(Outcome.INFEASIBLE, None)


def test_zero_growth_is_an_optimum(textbook: Any) -> None:
    with textbook:
        textbook.reactions.EX_nh4_e.lower_bound = 0
        with LinearProgram(textbook) as program:
            assert optimise(program) == Optimum(Outcome.ZERO_GROWTH, 0.0)


def test_a_solve_that_never_ends_is_a_time_out(textbook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with LinearProgram(textbook) as program:
        monkeypatch.setattr(program._glpk, "glp_simplex", lambda *_: program._glpk.GLP_ETMLIM)
        with pytest.raises(FluxError, match="GLPK stopped with code") as raised:
            program.solve()
    assert raised.value.kind is ErrorClass.TIMEOUT


def test_the_matrix_is_scaled_once(textbook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with LinearProgram(textbook) as program:
        monkeypatch.setattr(program._glpk, "glp_scale_prob", lambda *_: pytest.fail("scaled again"))
        for bound in (-10, -5, -1):
            with program.hold_bounds({textbook.reactions.index("EX_glc__D_e"): (bound, 1000)}):
                assert program.solve() is Outcome.OPTIMAL


def test_a_solve_that_cycles_for_ever_is_begun_anew(iml1515: Any, call: Callable[..., Any]) -> None:
    found = call("run_flux_variability_analysis", iml1515, fraction_of_optimum=0.9).ranges
    growth = call("run_metabolic_fba", iml1515, method="fba").growth_per_h
    place, biomass = (
        iml1515.reactions.index(r) for r in ("ACODA", iml1515.reactions.query(_is_objective)[0])
    )
    bounds = [reaction.bounds for reaction in iml1515.reactions]
    bounds[biomass] = (max(bounds[biomass][0], 0.9 * growth), bounds[biomass][1])
    cost = np.zeros(len(bounds))
    cost[place] = -1
    other = linprog(
        cost,
        A_eq=create_stoichiometric_matrix(iml1515),
        b_eq=np.zeros(len(iml1515.metabolites)),
        bounds=bounds,
    )
    row = found.reaction.index("ACODA")
    assert found.maximum_mmol_per_gdw_h[row] == pytest.approx(-other.fun, rel=1e-6)


def _is_objective(reaction: Any) -> bool:
    return bool(reaction.objective_coefficient)


def test_constraints_beside_the_mass_balances_hold(textbook: Any) -> None:
    """A ratio of net fluxes, a sum of absolute fluxes, and a variable that is no flux."""
    problem = textbook.problem
    pgi, g6p, ack = (textbook.reactions.get_by_id(name) for name in ("PGI", "G6PDH2r", "ACKr"))
    slack = problem.Variable("slack", lb=0, ub=1)
    with textbook:
        textbook.add_cons_vars(
            [
                slack,
                problem.Constraint(pgi.flux_expression - g6p.flux_expression, lb=0, ub=0, name="ratio"),
                problem.Constraint(ack.forward_variable + ack.reverse_variable, ub=2, name="total"),
                problem.Constraint(textbook.reactions.PFK.flux_expression + slack, ub=6, name="slackened"),
            ]
        )
        best = textbook.slim_optimize()
        assert best < 0.87
        with LinearProgram(textbook) as net, LinearProgram(textbook, split=True) as split:
            for program in (net, split):
                assert program.solve() is Outcome.OPTIMAL
                assert program.value == pytest.approx(best, rel=1e-9)
                fluxes = dict(zip((r.id for r in textbook.reactions), program.fluxes(), strict=True))
                assert fluxes["PGI"] == pytest.approx(fluxes["G6PDH2r"], abs=1e-9)
                assert fluxes["PFK"] <= 6 + 1e-9
            place = textbook.reactions.index("ACKr")
            net.set_objective({}, "min")
            assert net.extreme(place, "min") == pytest.approx(-2)


def test_what_is_no_linear_program_of_net_fluxes_is_refused(textbook: Any) -> None:
    problem, pgi = textbook.problem, textbook.reactions.PGI
    with textbook:
        textbook.objective = problem.Objective(pgi.forward_variable + pgi.reverse_variable)
        with pytest.raises(FluxError, match="not a weighted sum of net fluxes") as raised:
            LinearProgram(textbook)
        assert raised.value.suggestions
    with textbook:
        textbook.add_cons_vars([problem.Variable("on", type="binary")])
        with pytest.raises(FluxError, match="has 1 integer variables") as raised:
            LinearProgram(textbook)
    assert raised.value.kind is ErrorClass.SOLVER


def test_a_solve_before_does_not_choose_among_equal_optima(textbook: Any) -> None:
    with LinearProgram(textbook) as program:
        program.solve()
        first = list(program.fluxes())
    with textbook:
        textbook.objective = "EX_ac_e"
        textbook.slim_optimize()
    with LinearProgram(textbook) as program:
        program.solve()
        assert list(program.fluxes()) == first


def test_after_an_infeasible_condition_the_next_solve_is_warm(ijo1366: Any) -> None:
    glucose = ijo1366.reactions.index("EX_glc__D_e")
    with LinearProgram(ijo1366) as program:
        program.solve()
        best, first = program.value, program.iterations
        with program.hold_bounds({glucose: (0.0, 0.0)}):
            assert program.solve(dual=True) is Outcome.INFEASIBLE
        before = program.iterations
        assert program.solve(dual=True) is Outcome.OPTIMAL
        assert program.value == pytest.approx(best)
        assert program.iterations - before < first / 2
