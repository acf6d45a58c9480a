"""Samples are uniform, keep every limit, and say themselves whether they are enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cobra import Metabolite, Model, Reaction
from cobra.util import create_stoichiometric_matrix

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.fluxes.convergence import effective_sample_size, split_r_hat
from fluxagents.tasks.registry import tool_named

NAME = "run_flux_sampling"


@pytest.fixture
def two_ways() -> Any:
    """Up to 10 in, and out by two ways: the fluxes out fill a triangle."""
    model, metabolite = Model("two_ways"), Metabolite("a_c", compartment="c")
    supply, left, right = (Reaction(name, upper_bound=limit) for name, limit in
                           (("supply", 10), ("left", 1000), ("right", 1000)))  # fmt: skip
    model.add_reactions([supply, left, right])
    supply.add_metabolites({metabolite: 1})
    left.add_metabolites({metabolite: -1})
    right.add_metabolites({metabolite: -1})
    model.objective = "left"
    return model


def test_a_triangle_is_sampled_uniformly(two_ways: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, two_ways, samples=4000, thinning=10, fraction_of_optimum=0)
    left, right = (np.array(found.fluxes_mmol_per_gdw_h[name]) for name in ("left", "right"))
    assert found.has_converged
    # Of a triangle with legs of 10: mean 10/3, variance 100/18, correlation -1/2.
    assert left.mean() == pytest.approx(10 / 3, abs=0.2)
    assert right.var() == pytest.approx(100 / 18, abs=0.5)
    assert np.corrcoef(left, right)[0, 1] == pytest.approx(-0.5, abs=0.06)
    assert np.mean((left < 5) & (right < 5)) == pytest.approx(0.5, abs=0.05)


def test_every_sample_is_a_flux_distribution_of_the_model(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, samples=200, thinning=20, medium_changes={"EX_o2_e": 5})
    samples = found.tables()["samples_mmol_per_gdw_h"].drop(columns="chain")
    assert samples.shape == (200, 95)
    fluxes = samples.to_numpy()
    assert np.abs(create_stoichiometric_matrix(textbook) @ fluxes.T).max() < 1e-6
    lowest = np.array([reaction.lower_bound for reaction in textbook.reactions])
    highest = np.array([reaction.upper_bound for reaction in textbook.reactions])
    assert (fluxes >= lowest - 1e-6).all()
    assert (fluxes <= highest + 1e-6).all()
    assert samples["EX_o2_e"].min() >= -5 - 1e-6
    assert samples["Biomass_Ecoli_core"].min() >= 0.9 * found.growth_per_h - 1e-6
    assert found.largest_imbalance_mmol_per_gdw_h < 1e-6
    assert found.largest_bound_violation_mmol_per_gdw_h < 1e-6


def test_the_seed_decides(textbook: Any, call: Callable[..., Any]) -> None:
    few = {"samples": 80, "thinning": 5, "reactions": ["PFK"]}
    first, again, other = (call(NAME, textbook, seed=seed, **few) for seed in (7, 7, 8))
    assert first == again
    assert first.fluxes_mmol_per_gdw_h != other.fluxes_mmol_per_gdw_h
    assert (first.seed, first.processes) == (7, 1)


def test_correlations_come_from_the_full_sample(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, samples=400, thinning=20)
    table = found.tables()["correlations"]
    assert len(table) == found.variable_reactions * (found.variable_reactions - 1) // 2
    pair = found.strongest_correlations[0]
    samples = found.tables()["samples_mmol_per_gdw_h"]
    expected = np.corrcoef(samples[pair.first], samples[pair.second])[0, 1]
    assert pair.correlation == pytest.approx(expected)
    assert found.key_findings()["strongest_correlations"]["count"] == len(table)
    assert found.coupled_pairs == (table.correlation.abs() > 0.999).sum()


def test_too_few_steps_are_seen(textbook: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, textbook, samples=80, thinning=1)
    assert found.has_converged is False
    assert found.worst_r_hat > 1.05
    assert found.key_findings()["has_converged"] is False


@pytest.mark.long
def test_a_genome_scale_model(ijo1366: Any, call: Callable[..., Any]) -> None:
    found = call(NAME, ijo1366, samples=80, thinning=5, reactions=["PFK", "PGI"])
    assert found.samples == 80
    assert found.largest_imbalance_mmol_per_gdw_h < 1e-6


def test_no_uniform_sample_of_an_endless_space(two_ways: Any, call: Callable[..., Any]) -> None:
    two_ways.reactions.supply.upper_bound = float("inf")
    two_ways.reactions.left.upper_bound = 5
    two_ways.reactions.right.upper_bound = float("inf")
    with pytest.raises(FluxError, match="'supply'") as raised:
        call(NAME, two_ways)
    assert raised.value.kind is ErrorClass.UNBOUNDED


def test_what_cannot_be_paid_for_is_refused_before_it_starts(ijo1366: Any, call: Callable[..., Any]) -> None:
    with pytest.raises(FluxError, match="5000000 steps"):
        tool_named(NAME).parse({"samples": 50_000, "thinning": 100})
    with pytest.raises(FluxError, match="name the reactions of interest"):
        call(NAME, ijo1366, samples=20_000, thinning=1)


def test_diagnostics_of_known_chains() -> None:
    random = np.random.default_rng(0)
    independent = random.normal(size=(4, 2000, 3))
    assert split_r_hat(independent) == pytest.approx(np.ones(3), abs=0.01)
    assert effective_sample_size(independent) == pytest.approx(np.full(3, 8000), rel=0.15)
    sticky = np.empty((4, 4000, 1))
    sticky[:, 0] = random.normal(size=(4, 1))
    for step in range(1, 4000):
        sticky[:, step] = 0.8 * sticky[:, step - 1] + 0.6 * random.normal(size=(4, 1))
    # An autoregressive chain of coefficient a has (1 - a) / (1 + a) effective samples a draw.
    assert effective_sample_size(sticky)[0] == pytest.approx(16_000 / 9, rel=0.2)
    apart = independent + np.arange(4)[:, None, None]
    assert (split_r_hat(apart) > 1.3).all()
