"""Our solver beside cobra's own functions on iJO1366: CPU seconds on one core, peak memory, same values.

Each side of each part runs in a process of its own, one after the other, so that peaks of memory are its own.
`python -m tests.bench.solver PART SIDE FILE` is such a process.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from cobra.flux_analysis import flux_variability_analysis, production_envelope, single_gene_deletion
from cobra.io import model_from_dict
from cobra.medium import minimal_medium
from cobra.util.solver import add_lexicographic_constraints, linear_reaction_coefficients
from scipy.integrate import solve_ivp  # type: ignore[import-untyped] # scipy ships no types

from fluxagents.tasks.fba.models.model_file import encode_model
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.models import model_forms
from fluxagents.workers.models.model_store import ModelFiles

MODEL = "iJO1366"
CONDITIONS = 1_000
LOADED = 5
"""Of the conditions, those for which the model is loaded anew: the rest would take as long again each."""

PRODUCT = "EX_succ_e"
POINTS = 20

GLUCOSE = "EX_glc__D_e"
HOURS = 3
"""Of the culture: less than its glucose lasts, since cobra's way has no end where nothing is feasible."""
HALF_SATURATION_MMOL_PER_L = 5.0


@dataclass(frozen=True, slots=True)
class Side:
    """What one side of a part took and found."""

    seconds: float
    peak_mb: float
    values: list[float | None]


Part = Callable[[Any, bytes], list[float | None]]


def fva_ours(model: Any, _: bytes) -> list[float | None]:
    found = _tool("run_flux_variability_analysis", model, fraction_of_optimum=0.9).ranges
    return [*found.minimum_mmol_per_gdw_h, *found.maximum_mmol_per_gdw_h]


def fva_cobra(model: Any, _: bytes) -> list[float | None]:
    found = flux_variability_analysis(model, fraction_of_optimum=0.9, processes=1)
    return [*found["minimum"], *found["maximum"]]


def genes_ours(model: Any, _: bytes) -> list[float | None]:
    names = [gene.id for gene in model.genes]
    growth = _tool("analyze_essentiality", model, genes=names).genes.growth_per_h
    return [value or 0.0 for value in growth]


def genes_cobra(model: Any, _: bytes) -> list[float | None]:
    found = single_gene_deletion(model, processes=1)
    growth = {next(iter(ids)): value for ids, value in zip(found["ids"], found["growth"], strict=True)}
    return [0.0 if math.isnan(growth[gene.id]) else growth[gene.id] for gene in model.genes]


def conditions_ours(model: Any, _: bytes) -> list[float | None]:
    glucose, oxygen = (model.reactions.index(name) for name in ("EX_glc__D_e", "EX_o2_e"))
    found: list[float | None] = []
    with LinearProgram(model) as program:
        program.solve()
        for sugar, air in _conditions():
            with program.hold_bounds({glucose: (-sugar, 1000.0), oxygen: (-air, 1000.0)}):
                found.append(program.value if program.solve(dual=True) is Outcome.OPTIMAL else None)
    return found


def conditions_cobra(model: Any, _: bytes) -> list[float | None]:
    return [_grown(model, *condition) for condition in _conditions()]


def conditions_loading(_: Any, form: bytes) -> list[float | None]:
    described = encode_model(model_forms.decode_fast(form), "json")
    return [_grown(model_from_dict(json.loads(described)), *one) for one in list(_conditions())[:LOADED]]


def _grown(model: Any, sugar: float, air: float) -> float | None:
    with model:
        model.reactions.EX_glc__D_e.lower_bound = -sugar
        model.reactions.EX_o2_e.lower_bound = -air
        return _number(model.slim_optimize())


def envelope_ours(model: Any, _: bytes) -> list[float | None]:
    found = _tool("run_production_envelope", model, product_exchange=PRODUCT, points=POINTS)
    return list(found.envelope.greatest_secretion_mmol_per_gdw_h)


def envelope_cobra(model: Any, _: bytes) -> list[float | None]:
    (biomass,) = linear_reaction_coefficients(model)
    found = production_envelope(model, [biomass], objective=PRODUCT, points=POINTS)
    return list(map(float, found["flux_maximum"]))


def medium_ours(model: Any, _: bytes) -> list[float | None]:
    found = _tool("find_minimal_media", model, min_growth_fraction_of_wild_type=0.1)
    return [found.media[0].components]


def medium_cobra(model: Any, _: bytes) -> list[float | None]:
    floor = 0.1 * model.slim_optimize()
    return [len(minimal_medium(model, floor, minimize_components=True))]


def culture_ours(model: Any, _: bytes) -> list[float | None]:
    glucose = {
        "exchange": GLUCOSE,
        "start_mmol_per_l": 10,
        "max_uptake_mmol_per_gdw_h": 10,
        "half_saturation_mmol_per_l": HALF_SATURATION_MMOL_PER_L,
    }
    found = _tool(
        "run_dynamic_fba",
        model,
        hours=HOURS,
        initial_biomass_gdw_per_l=0.1,
        substances=[glucose],
        points=HOURS + 1,
    )
    return [point.biomass_gdw_per_l for point in found.curve if point.time_h in range(HOURS + 1)]


def culture_cobra(model: Any, _: bytes) -> list[float | None]:
    """As cobra's documentation does it: programs in order for each derivative, BDF, its tolerances."""
    (biomass,) = linear_reaction_coefficients(model)

    def derivative(_: float, state: Any) -> Any:
        with model:
            left = max(float(state[1]), 0.0)
            model.reactions.get_by_id(GLUCOSE).lower_bound = -10 * left / (HALF_SATURATION_MMOL_PER_L + left)
            fluxes = add_lexicographic_constraints(model, [biomass.id, GLUCOSE], ["max", "max"])
            return fluxes.to_numpy() * state[0]

    solution = solve_ivp(
        derivative,
        (0, HOURS),
        [0.1, 10.0],
        t_eval=range(HOURS + 1),
        method="BDF",
        rtol=1e-6,
        atol=1e-8,
    )
    return list(map(float, solution.y[0]))


SIDES: dict[str, dict[str, Part]] = {
    "flux variability at 0.9": {"ours": fva_ours, "cobra": fva_cobra},
    "single gene deletion": {"ours": genes_ours, "cobra": genes_cobra},
    "1,000 conditions": {
        "ours": conditions_ours,
        "cobra, one model": conditions_cobra,
        "cobra, loading": conditions_loading,
    },
    "production envelope": {"ours": envelope_ours, "cobra": envelope_cobra},
    "minimal medium": {"ours": medium_ours, "cobra": medium_cobra},
    "batch culture": {"ours": culture_ours, "cobra": culture_cobra},
}
TARGETS = {
    ("flux variability at 0.9", "cobra"): 7,
    ("single gene deletion", "cobra"): 4,
    ("1,000 conditions", "cobra, one model"): 4,
    ("1,000 conditions", "cobra, loading"): 100,
    ("production envelope", "cobra"): 1,
    ("minimal medium", "cobra"): 1,
    ("batch culture", "cobra"): 10,
}
ROUNDS = {"production envelope": 5, "minimal medium": 5}
"""Of parts that take less than a second: in turns, and the median counts."""


def lines() -> Iterator[str]:
    """A line for each part and other side."""
    with tempfile.TemporaryDirectory() as folder:
        store = ModelFiles(folder)
        file = Path(folder) / "form.json"
        file.write_bytes(model_forms.encode_fast(store.load(store.resolve(MODEL))))
        for part, sides in SIDES.items():
            rounds = [
                {side: _in_a_process(part, side, file) for side in sides} for _ in range(ROUNDS.get(part, 1))
            ]
            found = {side: _median([one[side] for one in rounds]) for side in sides}
            ours = found.pop("ours")
            for side, other in found.items():
                yield _compared(part, ours, side, other)


def _compared(part: str, ours: Side, side: str, other: Side) -> str:
    seconds = other.seconds * (len(ours.values) / len(other.values))
    target = TARGETS.get((part, side))
    apart = max(
        abs((one or 0.0) - (two or 0.0)) / max(1.0, abs(two or 0.0))
        for one, two in zip(ours.values, other.values, strict=False)
    )
    return (
        f"{part:<24} {ours.seconds:7.2f} s {ours.peak_mb:4.0f} MB | {side:<16} {seconds:7.2f} s "
        f"{other.peak_mb:4.0f} MB | ratio {seconds / ours.seconds:6.1f}"
        + (f"  target >= {target}" if target else "")
        + f" | values differ by {apart:.0e}"
    )


def _median(rounds: list[Side]) -> Side:
    return sorted(rounds, key=lambda side: side.seconds)[len(rounds) // 2]


def _in_a_process(part: str, side: str, file: Path) -> Side:
    command = [sys.executable, "-m", "tests.bench.solver", part, side, str(file)]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return Side(**json.loads(run.stdout))


def _side(part: str, side: str, file: Path) -> Side:
    form = file.read_bytes()
    model = model_forms.decode_fast(form)
    began = time.process_time()
    values = SIDES[part][side](model, form)
    seconds = time.process_time() - began
    return Side(seconds, _peak_mb(), values)


def _peak_mb() -> float:
    """Of this process since it began: `ru_maxrss` would count the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1_000


def _tool(name: str, model: Any, **args: Any) -> Any:
    tool = tool_named(name)
    return tool.run(model, tool.parse(args))


def _conditions() -> Iterator[tuple[float, float]]:
    """Uptakes of glucose and oxygen, mmol/gDW/h."""
    sugars = [1 + step * 0.5 for step in range(40)]
    airs = [float(step) for step in range(CONDITIONS // len(sugars))]
    return product(sugars, airs)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def main(arguments: list[str]) -> None:
    part, side, file = arguments
    done = _side(part, side, Path(file))
    print(json.dumps({"seconds": done.seconds, "peak_mb": done.peak_mb, "values": done.values}))


if __name__ == "__main__":
    main(sys.argv[1:])
