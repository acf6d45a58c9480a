"""Cut sets are those of StrainDesign and, of growth, the lethal sets; each leaves what it should."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.cut_sets.cut_targets import CutTargetArgs, Kind, cut_targets

NAME = "find_minimal_cut_sets"

STRAIN_DESIGN = json.loads((Path(__file__).parent / "strain_design.json").read_text())
"""What StrainDesign found; `strain_design.py` beside it writes the file."""

ANAEROBIC = {"EX_o2_e": 0}

CENTRAL_REACTIONS = [
    "PGI", "PFK", "TPI", "PYK", "PDH", "PFL", "G6PDH2r", "GND", "TKT1", "CS", "AKGDH", "FUM", "ATPS4r",
    "CYTBD", "LDH_D", "SUCCt3", "FRD7", "NADH16",
]  # fmt: skip


def name_case(case: Any) -> str:
    return f"{case['product_exchange']}-{case['most_knock_outs']}"


def sets_of(found: Any) -> set[frozenset[str]]:
    return {frozenset(ids) for ids in found.cut_sets.knock_outs}


@pytest.mark.parametrize("case", STRAIN_DESIGN["cases"][:1], ids=name_case)
def test_growth_coupled_designs_are_those_of_strain_design(
    textbook: Any, call: Callable[..., Any], case: Any
) -> None:
    compare_with_strain_design(textbook, call, case)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("solver", ["glpk", "highs"])
@pytest.mark.parametrize("case", STRAIN_DESIGN["cases"][1:], ids=name_case)
def test_designs_of_four_knock_outs_are_those_of_strain_design(
    textbook: Any, call: Callable[..., Any], case: Any, solver: str
) -> None:
    compare_with_strain_design(textbook, call, case, integer_solver=solver)


def compare_with_strain_design(textbook: Any, call: Callable[..., Any], case: Any, **args: Any) -> None:
    asked = {name: case[name] for name in ("product_exchange", "min_yield_mol_per_mol", "most_knock_outs")}
    found = call(NAME, textbook, medium_changes=ANAEROBIC, most_sets=5000, time_limit_s=1500, **asked, **args)
    assert found.is_complete
    assert found.gap_fraction == 0
    assert sets_of(found) == {frozenset(ids) for ids in case["cut_sets"]}
    assert len(found.cut_sets.knock_outs) == len(case["cut_sets"]) > 0
    assert all(found.cut_sets.is_verified)


@pytest.mark.parametrize("solver", ["glpk", "highs"])
def test_cut_sets_of_growth_are_the_lethal_sets(textbook: Any, call: Callable[..., Any], solver: str) -> None:
    asked: dict[str, Any] = {"candidates": CENTRAL_REACTIONS, "most_knock_outs": 3}
    found = call(NAME, textbook, integer_solver=solver, most_sets=500, **asked)
    lethal = call("find_synthetic_lethals", textbook, **asked).tables()["lethal_sets"]
    assert found.is_complete
    assert sets_of(found) == {frozenset(ids.split(" + ")) for ids in lethal["ids"]}
    assert all(found.cut_sets.is_verified)


def test_cut_sets_of_genes_are_lethal_pairs(textbook: Any, call: Callable[..., Any]) -> None:
    genes = [
        "b0720",
        "b1779",
        "b3916",
        "b1723",
        "b2925",
        "b2097",
        "b0755",
        "b3612",
        "b4395",
        "b0008",
        "b2464",
    ]
    found = call(NAME, textbook, kind="genes", candidates=genes, most_knock_outs=2, most_sets=100)
    lethal = call("find_synthetic_lethals", textbook, kind="genes", candidates=genes, most_knock_outs=2)
    assert sets_of(found) == {
        *(frozenset({name}) for name in lethal.lethal_alone),
        *map(frozenset, lethal.synthetic_lethal_pairs),
    }
    assert {frozenset({"b0720"}), frozenset({"b1779"})} <= sets_of(found)


def test_each_knock_out_of_a_cut_set_is_needed(textbook: Any, call: Callable[..., Any]) -> None:
    """Without any one of its knock-outs the strain can grow with less product: by cobra alone."""
    found = call(NAME, textbook, medium_changes=ANAEROBIC, product_exchange="EX_etoh_e",
                 min_yield_mol_per_mol=1.0, most_sets=1)  # fmt: skip
    (knock_outs,), (growth,), (least_yield,) = (
        found.cut_sets.knock_outs, found.cut_sets.growth_per_h, found.cut_sets.least_yield_mol_per_mol,
    )  # fmt: skip
    assert least_yield > 1.0
    floor = 0.1 * found.growth_per_h
    with textbook as model:
        model.reactions.EX_o2_e.lower_bound = 0
        for size in (len(knock_outs), len(knock_outs) - 1):
            for ids in combinations(knock_outs, size):
                with model:
                    for identifier in ids:
                        model.reactions.get_by_id(identifier).knock_out()
                    best = model.slim_optimize()
                    model.reactions.Biomass_Ecoli_core.lower_bound = floor
                    low = model.problem.Constraint(
                        model.reactions.EX_etoh_e.flux_expression
                        + model.reactions.EX_glc__D_e.flux_expression,
                        ub=0,
                    )
                    model.add_cons_vars(low)
                    model.slim_optimize()
                    assert (model.solver.status == "infeasible") == (size == len(knock_outs))
                if size == len(knock_outs):
                    assert best == pytest.approx(growth)


def test_the_cheapest_sets_come_first(textbook: Any, call: Callable[..., Any]) -> None:
    asked: dict[str, Any] = {"candidates": CENTRAL_REACTIONS, "most_knock_outs": 2, "most_sets": 100}
    plain = call(NAME, textbook, **asked)
    dear = plain.cut_sets.knock_outs[0][0]
    priced = call(NAME, textbook, costs={dear: 5.0}, **asked)
    assert list(priced.cut_sets.cost) == sorted(priced.cut_sets.cost)
    assert priced.cut_sets.cost[-1] >= 5
    assert sets_of(priced) == sets_of(plain)
    limited = call(NAME, textbook, costs={dear: 5.0}, max_cost=2.0, **asked)
    assert sets_of(limited) == {ids for ids in sets_of(plain) if dear not in ids}
    assert limited.is_complete


def test_costs_that_hardly_differ_lose_no_set(textbook: Any, call: Callable[..., Any]) -> None:
    """HiGHS takes either for the cheapest, so the next may be the cheaper one."""
    asked: dict[str, Any] = {"candidates": CENTRAL_REACTIONS, "most_knock_outs": 2, "most_sets": 100}
    plain = call(NAME, textbook, **asked)
    costs = {name: 1.0 + 2e-5 * (rank % 3) for rank, name in enumerate(CENTRAL_REACTIONS)}
    priced = call(NAME, textbook, costs=costs, integer_solver="highs", **asked)
    assert priced.is_complete
    assert sets_of(priced) == sets_of(plain)


def test_a_search_that_ends_early_says_what_is_proved(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, candidates=CENTRAL_REACTIONS, most_knock_outs=2, most_sets=1)
    assert (found.is_complete, found.stopped_by, found.proved_cost) == (False, "count", 1.0)
    assert found.gap_fraction == pytest.approx(0.5)


@pytest.mark.parametrize("tool", [NAME, "find_synthetic_lethals"])
def test_what_must_carry_flux_is_no_target(textbook: Any, call: Callable[..., Any], tool: str) -> None:
    """Without ATP maintenance more states are possible, of which none says what other knock-outs do."""
    with pytest.raises(FluxError, match="'ATPM' cannot be knocked out") as refused:
        call(tool, textbook, candidates=["PGI", "ATPM"], most_knock_outs=2)
    assert refused.value.kind is ErrorClass.BAD_ARGUMENT
    with textbook:
        textbook.reactions.PGI.lower_bound = 1.0
        with pytest.raises(FluxError, match="'b4025' cannot be knocked out: reaction 'PGI' must carry flux"):
            call(tool, textbook, kind="genes", candidates=["b4025"], most_knock_outs=2)


@pytest.mark.parametrize("kind", ["reactions", "genes"])
def test_of_all_targets_those_that_must_carry_flux_are_left_out(textbook: Any, kind: Kind) -> None:
    with textbook:
        textbook.reactions.PGI.lower_bound = 1.0
        targets = cut_targets(textbook, CutTargetArgs(kind=kind))
    assert {"PGI", "ATPM", "b4025"}.isdisjoint(targets.ids)
    assert {"PFK", "b1723"} & set(targets.ids)


def test_a_yield_out_of_reach_is_refused(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match=r"mol/mol at most, and 3 was asked for") as caught:
        call(
            NAME, textbook, medium_changes=ANAEROBIC, product_exchange="EX_etoh_e", min_yield_mol_per_mol=3.0
        )
    assert caught.value.kind is ErrorClass.BAD_ARGUMENT


def test_a_medium_of_two_organic_nutrients_asks_for_the_substrate(
    textbook: Any, call: Callable[..., Any]
) -> None:
    with pytest.raises(FluxError, match="2 organic nutrients") as caught:
        call(NAME, textbook, medium_changes={"EX_ac_e": 10}, product_exchange="EX_etoh_e")
    assert "substrate_exchange=EX_glc__D_e" in caught.value.suggestions


def test_costs_name_targets(textbook: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="'PGJ' has a cost and is no target"):
        call(NAME, textbook, costs={"PGJ": 2.0})
    with pytest.raises(FluxError, match="costs are above 0"):
        call(NAME, textbook, costs={"PGI": 0.0})
