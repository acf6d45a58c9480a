"""Sets of knock-outs beside other programs on E. coli core: CPU seconds in alternate rounds, the same sets.

Ours finds all lethal pairs and minimal cut sets; cobra tries every pair; StrainDesign solves one integer
program. `--straindesign PYTHON` names the Python of an environment with StrainDesign, which is left out
otherwise; the part of `make bench` takes it from `FLUXAGENTS_BENCH_STRAINDESIGN`. `--triples MODEL` finds the
sets of three of a stored model as workers do: shard after shard, with the processor time of each.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from cobra.flux_analysis import double_gene_deletion, double_reaction_deletion

from fluxagents.flows.events import Shard
from fluxagents.tasks.fba.cut_sets import find_synthetic_lethals as synthetic_lethals
from fluxagents.tasks.registry import tool_named
from fluxagents.workers.models.model_store import ModelFiles

MODEL = "e_coli_core"
ROUNDS = 3
LEAST_FRACTION = 0.01
CASE = ("EX_succ_e", 0.5, 3)
"""Product, yield in mol/mol that must be exceeded, count of knock-outs at most; without oxygen."""
ORACLE = Path(__file__).parents[1] / "unit/tasks/fba/cut_sets/strain_design.py"
SETTING = "FLUXAGENTS_BENCH_STRAINDESIGN"

Sets = set[frozenset[str]]
"""Minimal sets of knock-outs."""

Side = Callable[[Any], tuple[float, Sets]]
"""From a model to CPU seconds and what was found."""


def find_ours(name: str, field: str, **args: Any) -> Side:
    def measured(model: Any) -> tuple[float, Sets]:
        tool = tool_named(name)
        began = time.process_time()
        found: Any = tool.run(model, tool.parse(args))
        seconds = time.process_time() - began
        return seconds, set(map(frozenset, getattr(found, field)))

    return measured


def find_cut_sets_ours(model: Any) -> tuple[float, Sets]:
    product, least_yield, most = CASE
    tool = tool_named("find_minimal_cut_sets")
    args = {
        "product_exchange": product,
        "min_yield_mol_per_mol": least_yield,
        "most_knock_outs": most,
        "most_sets": 5000,
        "time_limit_s": 1500,
        "medium_changes": {"EX_o2_e": 0},
    }
    began = time.process_time()
    found: Any = tool.run(model, tool.parse(args))
    return time.process_time() - began, set(map(frozenset, found.cut_sets.knock_outs))


def try_pairs(delete: Callable[..., Any], items: str) -> Side:
    def measured(model: Any) -> tuple[float, Sets]:
        began = time.process_time()
        growth = delete(model, processes=1)
        seconds = time.process_time() - began
        least = LEAST_FRACTION * model.slim_optimize()
        rates = zip(growth["ids"], growth["growth"], strict=True)
        dead = {frozenset(ids) for ids, rate in rates if not rate >= least}
        alone = frozenset().union(*(ids for ids in dead if len(ids) == 1))
        names = {item.id for item in getattr(model, items)} - _never(model)
        return seconds, {ids for ids in dead if len(ids) > 1 and not ids & alone and ids <= names}

    return measured


def _never(model: Any) -> set[str]:
    """What ours takes for no target: exchanges, biomass, and what must carry flux."""
    return {
        reaction.id
        for reaction in model.reactions
        if reaction.boundary or reaction.objective_coefficient or not reaction.lower_bound <= 0
    }


def find_cut_sets_elsewhere(python: str) -> Side:
    program = (
        "import json, time; import strain_design as s; began = time.process_time();"
        f"sets = s.find_cut_sets(*{CASE}); print(json.dumps([time.process_time() - began, sets]))"
    )

    def measured(_: Any) -> tuple[float, Sets]:
        run = subprocess.run([python, "-c", program], cwd=ORACLE.parent, check=True, stdout=subprocess.PIPE)
        seconds, sets = json.loads(run.stdout.splitlines()[-1])
        return seconds, set(map(frozenset, sets))

    return measured


def lines(python: str | None = None) -> Iterator[str]:
    """A line for each comparison."""
    python = python or os.environ.get(SETTING)
    pairs = "synthetic_lethal_pairs"
    compared: dict[str, tuple[Side, Side]] = {
        "lethal gene pairs": (
            find_ours("find_synthetic_lethals", pairs, kind="genes", most_knock_outs=2),
            try_pairs(double_gene_deletion, "genes"),
        ),
        "lethal reaction pairs": (
            find_ours("find_synthetic_lethals", pairs, most_knock_outs=2),
            try_pairs(double_reaction_deletion, "reactions"),
        ),
    }
    if python:
        compared["cut sets of up to 3"] = (find_cut_sets_ours, find_cut_sets_elsewhere(python))
    else:
        yield f"cut sets: no StrainDesign; name the Python that has it in {SETTING}"
    with tempfile.TemporaryDirectory() as folder:
        store = ModelFiles(folder)
        model = store.load(store.resolve(MODEL))
        for name, (ours, other) in compared.items():
            rounds = [(ours(model), other(model)) for _ in range(ROUNDS)]
            own, others = (median(side[0] for side in sides) for sides in zip(*rounds, strict=True))
            same = all(mine[1] == theirs[1] for mine, theirs in rounds)
            yield (
                f"{name:<24} {own:7.2f} s | {others:7.2f} s | ratio {others / own:6.1f} | "
                f"{len(rounds[0][0][1])} sets, {'the same' if same else 'NOT THE SAME'}"
            )


def triples(name: str, kind: str, of: int) -> Iterator[str]:
    """A line for each shard, and one for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        store = ModelFiles(folder)
        model = store.load(store.resolve(name))
        args = synthetic_lethals.Args.model_validate({"kind": kind, "time_limit_s": 1500})
        shards = []
        for index in range(of):
            began = time.process_time()
            shards.append(synthetic_lethals.run_shard(model, args, Shard(index=index, of=of)))
            found = shards[-1]
            yield (
                f"{name}, {kind}, shard {index + 1} of {of}: {time.process_time() - began:.1f} s, "
                f"{found.strains_solved} strains solved, {len(found.synthetic_lethal_triples)} sets of "
                f"three, complete: {found.is_complete}"
            )
        whole = synthetic_lethals.merge(args, shards)
        yield (
            f"all: {len(whole.lethal_alone)} alone, {len(whole.synthetic_lethal_pairs)} pairs, "
            f"{len(whole.synthetic_lethal_triples)} sets of three, complete: {whole.is_complete}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.knock_outs", description=__doc__)
    parser.add_argument("--straindesign", help="Python with StrainDesign")
    parser.add_argument("--triples", help="a stored model, instead of the comparisons")
    parser.add_argument("--kind", choices=["reactions", "genes"], default="reactions")
    parser.add_argument("--shards", type=int, default=synthetic_lethals.PARTS)
    asked = parser.parse_args()
    found = triples(asked.triples, asked.kind, asked.shards) if asked.triples else lines(asked.straindesign)
    for line in found:
        print(line, flush=True)


if __name__ == "__main__":
    main()
