"""Cultures, communities and enzyme limits beside cobra's and micom's own functions: in turns, in one process.

CPU seconds on one core and how far the values are apart, on E. coli core. A culture beside cobra has several
tolerances, since its error is chosen by the user: what counts is the time at equal accuracy.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any
from unittest.mock import patch

from cobra.io import load_model
from cobra.util import add_lexicographic_constraints
from scipy.integrate import solve_ivp  # type: ignore[import-untyped] # scipy ships no types

from fluxagents.tasks.fba.communities.community_members import Member, Members
from fluxagents.tasks.fba.solving.lazy_libraries import pd
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.optlang_program import silence_highs_banner
from fluxagents.tasks.registry import tool_named

ROUNDS = 3

GLUCOSE, ACETATE, OXYGEN, BIOMASS = "EX_glc__D_e", "EX_ac_e", "EX_o2_e", "Biomass_Ecoli_core"
KINETICS = {GLUCOSE: (10.5, 0.015), ACETATE: (10.0, 0.5)}
"""Uptake at saturation (mmol/gDW/h), half-saturation (mmol/L): `docs/cultures/varma_palsson_1994.json`."""
START = (0.01, 10.8, 0.4)
HOURS = 5.85
"""Just before nothing is feasible, of which cobra's way knows no end."""
TOLERANCES = (1e-3, 1e-6, 1e-8)

ABUNDANCES = (0.5, 0.3, 0.2)
FRACTIONS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)

POOLS = (0.02, 0.05, 0.095)
KCAT_PER_S, WEIGHT_KDA = 65.0, 40.0


@dataclass
class Side:
    """What one side took in each round, and found."""

    seconds: list[float] = field(default_factory=list)
    values: Sequence[float] = ()
    programs: int = 0
    """Linear programs in the last round."""

    def run(self, work: Callable[[], tuple[Sequence[float], int]]) -> None:
        began = time.process_time()
        self.values, self.programs = work()
        self.seconds.append(time.process_time() - began)


def lines() -> Iterator[str]:
    """A line for each part and other side."""
    model = load_model("textbook")
    for tolerance in TOLERANCES:
        other = partial(culture_cobra, model, tolerance)
        yield _compare(f"culture, cobra at rtol {tolerance:g}", partial(culture_ours, model), other)
    yield _compare("community of 3, micom", partial(community_ours, model), community_micom)
    yield _compare(f"{len(POOLS)} pools, cobra", partial(pools_ours, model), partial(pools_cobra, model))


def culture_ours(model: Any) -> tuple[Sequence[float], int]:
    """Biomass, glucose and acetate in the end."""
    substances = [
        {
            "exchange": exchange,
            "start_mmol_per_l": start,
            "max_uptake_mmol_per_gdw_h": most,
            "half_saturation_mmol_per_l": half,
        }
        for (exchange, (most, half)), start in zip(KINETICS.items(), START[1:], strict=True)
    ]
    solve, programs = LinearProgram.solve, 0

    def counted(program: Any, **options: Any) -> Any:
        nonlocal programs
        programs += 1
        return solve(program, **options)

    with patch.object(LinearProgram, "solve", counted):
        found = _tool(
            "run_dynamic_fba",
            model,
            hours=HOURS,
            initial_biomass_gdw_per_l=START[0],
            substances=substances,
            medium_changes={OXYGEN: 15},
            points=2,
        )
    return (found.end_biomass_gdw_per_l, *(course.end_mmol_per_l for course in found.substances)), programs


def culture_cobra(model: Any, tolerance: float) -> tuple[Sequence[float], int]:
    """As cobra's documentation does it: programs in order for each derivative, BDF."""
    order = [BIOMASS, *KINETICS]
    programs = 0

    def derivative(_: float, state: Any) -> Any:
        nonlocal programs
        programs += len(order)
        with model:
            for (exchange, (most, half)), left in zip(KINETICS.items(), state[1:], strict=True):
                there = max(float(left), 0.0)
                model.reactions.get_by_id(exchange).lower_bound = -most * there / (half + there)
            return add_lexicographic_constraints(model, order, ["max"] * 3).to_numpy() * state[0]

    with model:
        model.reactions.get_by_id(OXYGEN).lower_bound = -15
        options = {"method": "BDF", "rtol": tolerance, "atol": tolerance / 100}
        solution = solve_ivp(derivative, (0, HOURS), START, **options)
    return solution.y[:, -1].tolist(), programs


def community_ours(model: Any) -> tuple[Sequence[float], int]:
    """Growth of the members at fractions of the community's best, and at one with exchanges."""
    members = tuple(Member(name, "", part, model) for name, part in _members().items())
    tool = tool_named("analyze_community")
    args = tool.parse({"models": list(_members()), "fraction": 0.9})
    found: Any = tool.run(None, args, Members(members, 1.0, ()))
    return [point.growth_per_h for point in found.trade_off], 0


def community_micom() -> tuple[Sequence[float], int]:
    """The same by its own functions, from files as it wants them."""
    micom, data = import_module("micom"), import_module("micom.data")
    silence_highs_banner()
    parts = _members()
    table = data.test_taxonomy(n=len(parts)).assign(id=list(parts), abundance=list(parts.values()))
    community = micom.Community(pd.DataFrame(table), progress=False, solver="hybrid")
    curve = community.cooperative_tradeoff(fraction=list(FRACTIONS))
    community.cooperative_tradeoff(fraction=0.9, fluxes=True, pfba=True)
    growth = (solution.members.growth_rate.drop("medium") for solution in curve.solution)
    return [float(rate) for rates in growth for rate in rates], 0


def pools_ours(model: Any) -> tuple[Sequence[float], int]:
    """Growth with each pool; each result also has the curve over the pool and fluxes with and without it."""
    enzymes = [{"reaction": "PFK", "kcat_per_s": KCAT_PER_S, "molecular_weight_kda": WEIGHT_KDA}]
    found = [
        _tool(
            "run_enzyme_constrained_fba",
            model,
            enzymes=enzymes,
            pool_g_per_gdw=pool,
            default_kcat_per_s=KCAT_PER_S,
            default_molecular_weight_kda=WEIGHT_KDA,
        )
        for pool in POOLS
    ]
    return [result.growth_with_pool_per_h for result in found], 0


def pools_cobra(model: Any) -> tuple[Sequence[float], int]:
    """The row written by hand, growth alone."""
    cost = WEIGHT_KDA / KCAT_PER_S / 3600
    costly = [reaction for reaction in model.reactions if reaction.genes and not reaction.boundary]
    found = []
    for pool in POOLS:
        with model:
            row = model.problem.Constraint(0, ub=pool)
            model.add_cons_vars([row])
            model.solver.update()
            variables = [v for r in costly for v in (r.forward_variable, r.reverse_variable)]
            row.set_linear_coefficients(dict.fromkeys(variables, cost))
            found.append(float(model.slim_optimize()))
    return found, 0


def _members() -> dict[str, float]:
    return {f"m{number}": part for number, part in enumerate(ABUNDANCES, start=1)}


def _compare(
    part: str,
    ours: Callable[[], tuple[Sequence[float], int]],
    other: Callable[[], tuple[Sequence[float], int]],
) -> str:
    ours()  # imports
    one, two = Side(), Side()
    for _ in range(ROUNDS):
        one.run(ours)
        two.run(other)
    mine, theirs = statistics.median(one.seconds), statistics.median(two.seconds)
    apart = max(abs(a - b) / max(1.0, abs(b)) for a, b in zip(one.values, two.values, strict=True))
    programs = f" | programs {one.programs:4d} and {two.programs:6d}" if two.programs else ""
    return (
        f"{part:<28} {mine:7.3f} s | other {theirs:7.3f} s | ratio {theirs / mine:6.1f}"
        f"{programs} | values differ by {apart:.0e}"
    )


def _tool(name: str, model: Any, **args: Any) -> Any:
    tool = tool_named(name)
    return tool.run(model, tool.parse(args))


if __name__ == "__main__":
    for line in lines():
        print(line, flush=True)
