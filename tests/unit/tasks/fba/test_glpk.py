"""The warm program tells outcomes apart, believes no cycling solve, and leaves the model alone."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba import glpk
from fluxagents.tasks.fba.glpk import LinearProgram
from fluxagents.tasks.fba.hitting_set import smallest_hitting_set
from fluxagents.tasks.fba.outcome import Outcome


def test_knock_outs_come_and_go(textbook: Any) -> None:
    with LinearProgram(textbook) as program:
        program.solve()
        whole = program.value
        place = textbook.reactions.index("PGI")
        with program.bounded({place: (0.0, 0.0)}):
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


def test_constraints_that_it_would_not_keep_are_refused(textbook: Any) -> None:
    with textbook:
        same = textbook.problem.Constraint(textbook.reactions.PGI.flux_expression, lb=0, name="extra")
        textbook.add_cons_vars([same])
        with pytest.raises(FluxError, match="1 constraints beside its reactions") as raised:
            LinearProgram(textbook)
    assert raised.value.kind is ErrorClass.SOLVER


def test_smallest_hitting_set() -> None:
    universe = ["a", "b", "c", "d"]
    assert smallest_hitting_set(universe, [{"a", "b"}, {"b", "c"}], []) == ("b",)
    assert smallest_hitting_set(universe, [{"a", "b"}, {"b", "c"}], [("b",)]) == ("a", "c")
    assert smallest_hitting_set(universe, [{"a"}], [("a",)]) is None
    assert smallest_hitting_set(universe, [], []) == ()
