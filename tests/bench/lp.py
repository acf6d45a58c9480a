"""HiGHS beside GLPK for each kind of work on large models: processor time in turns, and the same values."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np
from tests.bench.highs_program import HighsProgram, solve_hitting_set
from tests.bench.large_models import load_large_models

from fluxagents.tasks.fba.fluxes.run_flux_variability_analysis import extremes
from fluxagents.tasks.fba.media import nutrient_search
from fluxagents.tasks.fba.solving.hitting_set import smallest_hitting_set
from fluxagents.tasks.fba.solving.linear_program import NOISE_MMOL_PER_GDW_H, LinearProgram
from fluxagents.tasks.registry import tool_named

ROUNDS = 3
KNOCK_OUTS = 200
RANGES = 300
CONDITIONS = list(product([1.0 + step for step in range(20)], [2.0 * step for step in range(10)]))
"""Uptakes of glucose and oxygen, mmol/gDW/h."""

LARGEST_SEARCHED = 5_000
"""Reactions of a model whose minimal media are searched, for the integer programs of the search."""

AGREEMENT = 1e-6
"""Of a value, or absolutely below 1."""

Work = Callable[[Any, Any], list[float]]


@dataclass(slots=True)
class Compared:
    """Seconds of processor time, a number a round, and by how much values differ."""

    glpk: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    differ: float = 0.0

    def line(self, work: str) -> str:
        ratio = median(one / other for one, other in zip(self.glpk, self.highs, strict=True))
        return (
            f"  {work:<26} GLPK {median(self.glpk):8.3f} s   HiGHS {median(self.highs):8.3f} s   "
            f"GLPK / HiGHS {ratio:5.2f}   values differ by {self.differ:.0e}"
            + ("" if self.differ <= AGREEMENT else "  NOT THE SAME")
        )


def solve_first(program: Any, model: Any) -> list[float]:
    """From no basis."""
    del model
    program.solve(dual=isinstance(program, HighsProgram))  # the better one of each
    return [program.value]


def change_bounds(program: Any, model: Any) -> list[float]:
    """Growth under conditions, each from the basis of the last."""
    sugar, oxygen = (model.reactions.index(name) for name in ("EX_glc__D_e", "EX_o2_e"))
    growth = []
    for uptake, air in CONDITIONS:
        with program.hold_bounds({sugar: (-uptake, 1000.0), oxygen: (-air, 1000.0)}):
            outcome = program.solve(dual=True)
            growth.append(program.value if outcome == "optimal" else 0.0)
    return growth


def find_ranges(program: Any, model: Any) -> list[float]:
    """The flux ranges of some reactions at 90 % of the best growth."""
    program.solve()
    floor = 0.9 * program.value
    program.hold_objective(*((floor,) if isinstance(program, HighsProgram) else (floor, None)))
    program.set_objective({}, "max")
    program.solve()
    indices = list(range(0, len(model.reactions), len(model.reactions) // RANGES))
    return [value or 0.0 for side in extremes(program, model, indices) for value in side]


def knock_out(program: Any, model: Any) -> list[float]:
    """Growth without a reaction, for reactions that carry flux in GLPK's optimum."""
    program.solve()
    program.remember_basis()
    growth = []
    for index in _list_active(model):
        with program.hold_bounds({index: (0.0, 0.0)}):
            program.restore_basis()
            outcome = program.solve(dual=True)
            growth.append(program.value if outcome == "optimal" else 0.0)
    return growth


def _list_active(model: Any) -> Sequence[int]:
    with LinearProgram(model) as program:
        program.solve()
        active: list[int] = np.flatnonzero(np.abs(program.net_fluxes()) > NOISE_MMOL_PER_GDW_H).tolist()
    return active[:: max(1, len(active) // KNOCK_OUTS)]


WARM: dict[str, Work] = {
    "warm bound changes": change_bounds,
    "knock-outs": knock_out,
    "flux variability": find_ranges,
}


def lines() -> Iterator[str]:
    """For each model and kind of work, both solvers."""
    for name, model in load_large_models().items():
        yield f"{name}: {len(model.reactions)} reactions, {len(model.metabolites)} metabolites"
        for work, compared in _compare(model).items():
            yield compared.line(work)
        if len(model.reactions) < LARGEST_SEARCHED:
            sets = _record_hitting_sets(model)
            yield _compare_hitting_sets(sets).line(f"{len(sets)} integer programs")


def _compare(model: Any) -> dict[str, Compared]:
    found = {work: Compared() for work in ("first solve", *WARM)}
    for _ in range(ROUNDS):
        values: dict[str, list[list[float]]] = {work: [] for work in found}
        for side, build in (("glpk", LinearProgram), ("highs", HighsProgram)):
            program: Any = build(model)
            for work, act in {"first solve": solve_first, **WARM}.items():
                began = time.process_time()
                values[work].append(act(program, model))
                getattr(found[work], side).append(time.process_time() - began)
        for work, (ours, theirs) in values.items():
            found[work].differ = max(found[work].differ, _differ(ours, theirs))
    return found


def _record_hitting_sets(model: Any) -> list[tuple[Any, ...]]:
    """The integer programs of a search for minimal media among all nutrients."""
    recorded: list[tuple[Any, ...]] = []

    def solve(universe: Any, hit: Any, excluded: Any, solver: Any) -> tuple[str, ...] | None:
        recorded.append((list(universe), list(hit), list(excluded)))
        return smallest_hitting_set(universe, hit, excluded, solver)

    tool = tool_named("find_minimal_media")
    with patch.object(nutrient_search, "smallest_hitting_set", solve):
        tool.run(model, tool.parse({"open_exchanges": True, "min_growth_per_h": 0.1}))
    return recorded


def _compare_hitting_sets(sets: Sequence[tuple[Any, ...]]) -> Compared:
    found = Compared()
    solvers = {"glpk": smallest_hitting_set, "highs": solve_hitting_set}
    for _ in range(ROUNDS):
        sizes: dict[str, list[float]] = {}
        for side, solve in solvers.items():
            began = time.process_time()
            sizes[side] = [float(len(solve(*each) or ())) for each in sets]
            getattr(found, side).append(time.process_time() - began)
        found.differ = max(found.differ, _differ(sizes["glpk"], sizes["highs"]))
    return found


def _differ(ours: Sequence[float], theirs: Sequence[float]) -> float:
    pairs = zip(ours, theirs, strict=True)
    return max(abs(one - other) / max(1.0, abs(one)) for one, other in pairs)


if __name__ == "__main__":
    for line in lines():
        print(line, flush=True)
