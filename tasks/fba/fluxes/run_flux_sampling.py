"""Flux sampling: which fluxes the cell could have near the optimum, uniformly over all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Shard
from fluxagents.tasks.display import fit_display, round_for_display
from fluxagents.tasks.fba.fluxes.flux_statistics import (
    CONVERGED_R_HAT,
    COUPLED,
    CorrelatedPair,
    StatisticsTable,
    correlations,
    describe_sample,
)
from fluxagents.tasks.fba.fluxes.hit_and_run import Chain, FluxSpace
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, require_reaction
from fluxagents.tasks.fba.solving.growth import ConditionResult, Conditions, hold_conditions, optimise
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.fba.solving.linear_program import LinearProgram, Sense
from fluxagents.tasks.fba.solving.outcome import Outcome
from fluxagents.tasks.ports.results import KEY_FINDINGS_BYTES, SUMMARY_BYTES
from fluxagents.tasks.tool import Split, Tool

if TYPE_CHECKING:
    from cobra import Model

TOLERANCE_MMOL_PER_GDW_H = 1e-6
"""A sample that leaves a bound or a mass balance by more is no flux distribution of the model."""

MAX_STEPS = 2_000_000
"""Of all chains together: some minutes on a genome-scale model."""

MAX_MOVES_WHOLE = 1_000_000_000
"""Steps times reactions, about a minute; with more the chains run apart. Each finds the flux space anew."""

MAX_VALUES = 4_000_000
"""Samples times reactions that are kept."""


class Args(ConditionArgs):
    """How many samples, how far apart, how near to the optimum."""

    samples: int = Field(default=1000, ge=80, le=50_000, description="Count of samples over all chains.")
    thinning: int = Field(default=100, ge=1, le=10_000, description="Count of steps between two samples.")
    chains: int = Field(default=4, ge=2, le=16, description="Count of independent chains.")
    seed: int = Field(default=1, ge=0, le=2**31 - 1, description="Count that fixes the random choices.")
    fraction_of_optimum: float = Field(
        default=0.9, ge=0, le=1, description="Fraction of the best growth that every sample keeps; 0 for any."
    )
    reactions: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Reaction ids to report; all reactions if absent."
    )

    @model_validator(mode="after")
    def _affordable(self) -> Args:
        steps = self.samples * self.thinning
        if steps > MAX_STEPS:
            raise ValueError(f"{steps} steps (samples times thinning) are more than {MAX_STEPS}")
        return self


class Result(ConditionResult):
    """The samples and what they say; empty if the model is infeasible or unbounded."""

    samples: int = Field(description="Count of samples; 0 without any.")
    thinning: int = Field(description="Count of steps between two samples.")
    chains: int = Field(description="Count of chains.")
    seed: int = Field(description="As given; a count.")
    processes: int = Field(description="Count: one, as another would change what a seed gives.")
    fraction_of_optimum: float
    warm_up_points: int = Field(description="Count of vertices of the flux space that directions point to.")
    variable_reactions: int = Field(description="Count of reported reactions whose flux is not fixed.")
    worst_r_hat: float | None = Field(description="Fraction; the largest over the variable reactions.")
    median_effective_samples: float | None = Field(description="Count; the median over variable reactions.")
    least_effective_samples: float | None = Field(description="Count; the least over variable reactions.")
    has_converged: bool | None = Field(
        description=f"Whether no R-hat exceeds {CONVERGED_R_HAT}; if not, raise samples or thinning."
    )
    largest_bound_violation_mmol_per_gdw_h: float | None
    largest_imbalance_mmol_per_gdw_h: float | None = Field(description="Of any metabolite in any sample.")
    strongest_correlations: tuple[CorrelatedPair, ...] = Field(
        description="Of the full sample, coupled pairs left out."
    )
    coupled_pairs: int = Field(description=f"Count of pairs with an absolute correlation above {COUPLED}.")
    statistics: StatisticsTable
    chain_of_sample: tuple[int, ...] = Field(description="Count from 0.")
    fluxes_mmol_per_gdw_h: dict[str, tuple[float, ...]] = Field(
        description="Reaction -> one flux per sample."
    )

    def key_findings(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 6)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fit_display(lambda limit: self._display(min(limit, 25)), SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        numbers = dict.fromkeys(list(StatisticsTable.model_fields)[1:], "float64")
        samples = pd.DataFrame({"chain": self.chain_of_sample, **self.fluxes_mmol_per_gdw_h})
        return {
            "samples_mmol_per_gdw_h": samples,
            "statistics": pd.DataFrame(self.statistics.model_dump()).astype(numbers),
            "correlations": self._correlations(),
        }

    def _correlations(self) -> pd.DataFrame:
        """Every pair of variable reactions, from the full sample."""
        judged = zip(self.statistics.reaction, self.statistics.r_hat, strict=True)
        names = np.array([name for name, r_hat in judged if r_hat is not None], dtype=object)
        values = np.array([self.fluxes_mmol_per_gdw_h[name] for name in names])
        matrix = correlations(values)
        first, second = np.triu_indices(len(names), k=1)
        return pd.DataFrame(
            {"first": names[first], "second": names[second], "correlation": matrix[first, second]}
        )

    def _display(self, limit: int) -> dict[str, JsonValue]:
        scalars = ("samples", "thinning", "chains", "seed", "fraction_of_optimum", "variable_reactions",
                   "has_converged")  # fmt: skip
        numbers = ("worst_r_hat", "median_effective_samples", "least_effective_samples",
                   "largest_bound_violation_mmol_per_gdw_h", "largest_imbalance_mmol_per_gdw_h")  # fmt: skip
        return {
            **self.conditions(limit),
            **{name: getattr(self, name) for name in scalars},
            **{name: round_for_display(getattr(self, name)) for name in numbers},
            "most_spread_mean_and_deviation_mmol_per_gdw_h": self._spread(limit),
            "strongest_correlations": self._pairs(limit),
            "coupled_pairs": self.coupled_pairs,
        }

    def _spread(self, limit: int) -> dict[str, JsonValue]:
        table = self.statistics
        rows = zip(
            table.reaction, table.mean_mmol_per_gdw_h, table.standard_deviation_mmol_per_gdw_h, strict=True
        )
        widest = sorted(rows, key=lambda row: (-row[2], row[0]))[:limit]
        return {
            "count": len(table.reaction),
            "shown": len(widest),
            "values": {
                name: [round_for_display(mean), round_for_display(deviation)]
                for name, mean, deviation in widest
            },
        }

    def _pairs(self, limit: int) -> dict[str, JsonValue]:
        pairs = self.strongest_correlations[:limit]
        return {
            "count": self.variable_reactions * (self.variable_reactions - 1) // 2,
            "shown": len(pairs),
            "pairs": [[pair.first, pair.second, round_for_display(pair.correlation)] for pair in pairs],
        }


def run(model: Model, args: Args) -> Result:
    """Sample fluxes (mmol/gDW/h) uniformly from those that keep a fraction of the best growth.

    A model without an objective is sampled too: over all its feasible fluxes.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for arguments that do not fit the model; `UNBOUNDED` if a flux has
            no limit; `BAD_ARGUMENT` for more values than are kept; `NUMERICAL`, `SOLVER` or `TIMEOUT`.
    """
    return merge(args, [run_shard(model, args, Shard(index=0, of=1))])


def count_shards(model: Model, args: Args) -> int:
    """The count of shards: one per chain if sampling takes longer than finding the flux space."""
    return args.chains if args.samples * args.thinning * len(model.reactions) > MAX_MOVES_WHOLE else 1


def run_shard(model: Model, args: Args, shard: Shard) -> Result:
    """Some of the chains, without the statistics of all samples; raises as `run`."""
    ids = [reaction.id for reaction in model.reactions]
    if args.reactions is not None:
        ids = [require_reaction(model, identifier) for identifier in dict.fromkeys(args.reactions)]
    if args.samples * len(ids) > MAX_VALUES:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{args.samples} samples of {len(ids)} reactions are more than {MAX_VALUES} values",
            suggestions=("name the reactions of interest in 'reactions'", "take fewer samples"),
        )
    with hold_conditions(model, args, aim="growth_if_known") as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum)
        feasible = optimum.value is not None or (
            optimum.status is Outcome.NO_OBJECTIVE and conditions.program.solve() is Outcome.OPTIMAL
        )
        chains = range(args.chains * shard.index // shard.of, args.chains * (shard.index + 1) // shard.of)
        fields = _sample(conditions, args, ids, optimum.value, chains) if feasible and chains else {}
    settings = args.model_dump(include={"thinning", "chains", "seed", "fraction_of_optimum"})
    return Result.model_validate(report | settings | {"processes": 1} | _NOTHING | fields)


def merge(args: Args, results: Sequence[Result]) -> Result:
    """All chains as one sample."""
    sampled = [result for result in results if result.samples]
    if not sampled:
        return results[0]
    ids = list(sampled[0].fluxes_mmol_per_gdw_h)
    columns = {name: [result.fluxes_mmol_per_gdw_h[name] for result in sampled] for name in ids}
    fluxes = np.array([np.concatenate(column) for column in columns.values()]).T
    return sampled[0].model_copy(
        update={
            "samples": len(fluxes),
            **{name: max(getattr(result, name) for result in sampled) for name in _VIOLATIONS},
            "chain_of_sample": tuple(chain for result in sampled for chain in result.chain_of_sample),
            "fluxes_mmol_per_gdw_h": dict(zip(ids, map(tuple, fluxes.T.tolist()), strict=True)),
            **describe_sample(ids, fluxes, _lengths(args)),
        }
    )


_VIOLATIONS = ("largest_bound_violation_mmol_per_gdw_h", "largest_imbalance_mmol_per_gdw_h")

_NOTHING: dict[str, Any] = {
    "samples": 0,
    "warm_up_points": 0,
    "variable_reactions": 0,
    "worst_r_hat": None,
    "median_effective_samples": None,
    "least_effective_samples": None,
    "has_converged": None,
    **dict.fromkeys(_VIOLATIONS),
    "strongest_correlations": (),
    "coupled_pairs": 0,
    "statistics": StatisticsTable(),
    "chain_of_sample": (),
    "fluxes_mmol_per_gdw_h": {},
}


def _lengths(args: Args) -> list[int]:
    """Count of samples of each chain."""
    return [
        args.samples * (i + 1) // args.chains - args.samples * i // args.chains for i in range(args.chains)
    ]


def _sample(
    conditions: Conditions, args: Args, ids: Sequence[str], best: float | None, chosen: range
) -> dict[str, Any]:
    model, program = conditions.model, conditions.program
    weights, floor = _growth_floor(conditions, args.fraction_of_optimum, best)
    space = _space(program, model, weights, floor)
    lengths = _lengths(args)
    chains = [
        Chain(space, np.random.default_rng([args.seed, index])).samples(lengths[index], args.thinning)
        for index in chosen
    ]
    samples = np.vstack(chains)[:, : len(model.reactions)]
    outside = space.violation(np.vstack(chains))
    imbalance = float(
        np.abs(cobra.util.create_stoichiometric_matrix(model, "dok").tocsr() @ samples.T).max(initial=0.0)
    )
    if max(outside, imbalance) > TOLERANCE_MMOL_PER_GDW_H:
        raise FluxError(
            ErrorClass.NUMERICAL,
            f"samples of model '{model.id}' leave bounds by {outside:.2g} and balances by {imbalance:.2g} "
            "mmol/gDW/h",
            suggestions=("take fewer steps: lower 'thinning' or 'samples'",),
        )
    indices = [model.reactions.index(identifier) for identifier in ids]
    return {
        "samples": len(samples),
        "warm_up_points": len(space.points),
        "largest_bound_violation_mmol_per_gdw_h": outside,
        "largest_imbalance_mmol_per_gdw_h": imbalance,
        "chain_of_sample": tuple(index for index in chosen for _ in range(lengths[index])),
        "fluxes_mmol_per_gdw_h": {
            name: tuple(samples[:, index].tolist()) for name, index in zip(ids, indices, strict=True)
        },
    }


def _growth_floor(
    conditions: Conditions, fraction: float, best: float | None
) -> tuple[dict[int, float], float]:
    """Coefficients of a sum of fluxes, and the least that it may be."""
    if best is None:
        return {}, -math.inf
    sign = 1.0 if conditions.program.maximises else -1.0
    weights = {index: sign * value for index, value in conditions.program.objective().items()}
    return weights, sign * best - (1 - fraction) * abs(best)


def _space(program: LinearProgram, model: Model, weights: Mapping[int, float], floor: float) -> FluxSpace:
    """The flux space with its vertices in all directions of single fluxes."""
    if weights:
        program.set_objective(weights, "max")
        program.hold_objective(floor, None)
    program.set_objective({}, "max")
    if program.solve() is not Outcome.OPTIMAL:
        raise FluxError(
            ErrorClass.NUMERICAL,
            f"no flux of model '{model.id}' keeps the growth asked for",
            suggestions=("lower 'fraction_of_optimum' a little",),
        )
    senses: tuple[Sense, ...] = ("min", "max")
    points, unlimited = [], []
    for index, reaction in enumerate(model.reactions):
        for sense in senses:
            if program.extreme(index, sense) is None:
                unlimited.append(reaction.id)
            else:
                points.append(program.net_fluxes())
    if unlimited:
        raise FluxError(
            ErrorClass.UNBOUNDED,
            f"{len(unlimited)} fluxes of model '{model.id}' have no limit, such as '{unlimited[0]}'",
            suggestions=("give them finite bounds: there is no uniform sample without",),
        )
    lowest, highest = np.array([reaction.bounds for reaction in model.reactions], dtype=float).T
    coefficients = np.zeros(len(lowest))
    coefficients[list(weights)] = list(weights.values())
    return FluxSpace.span_polytope(np.array(points), lowest, highest, coefficients, floor)


TOOL = Tool(
    name="run_flux_sampling",
    purpose="Random flux distributions near the optimum: mean, spread and correlation of fluxes.",
    answers=("flux samples", "flux", "flux range", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
    split=Split(count=count_shards, run=run_shard, merge=merge),
    reference="OptGP: Megchelenbrink et al. 2014, doi:10.1371/journal.pone.0086587; "
    "R-hat and effective samples: Vehtari et al. 2021, doi:10.1214/20-BA1221",
    example={"samples": 200, "thinning": 20, "reactions": ["PFK", "PGI", "EX_ac_e"]},
    queue="tools.long",
)
