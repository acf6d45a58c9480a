"""Alternatives to a draft, and how many of them agree on each reaction.

Each is the best network for other costs of the reactions without evidence, drawn between half and one and a
half of the penalty: what genes speak for counts alike in all of them, and what only connects may be replaced
by another way (as the ensembles of Machado et al. 2018, doi:10.1093/nar/gky537).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.selection.flux_network import FluxNetwork
from fluxagents.tasks.fba.genomes.selection.reaction_selection import Selection, select_reactions
from fluxagents.tasks.fba.solving.lazy_libraries import np

SPREAD = 0.5
"""Fraction by which a cost differs at most."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """What the alternatives to a selection have in common with it."""

    agreement: tuple[float, ...]
    """By position: the fraction of all networks, the first one among them, that have the reaction."""
    alternatives: int
    """Count of networks beside the first one."""
    optimal: int
    """Of these, how many reached the gap asked for."""


def select_ensemble(
    network: FluxNetwork,
    scores: Sequence[float],
    needed: Sequence[int],
    first: Selection,
    *,
    count: int,
    gap: float,
    time_limit_s: float,
    seed: int,
) -> Ensemble:
    """Choose further networks; the same seed gives the same ones, unless the limit of time ends a search.

    Args:
        network: The universal model.
        scores: By position, as for `select_reactions`.
        needed: Positions of reactions that must carry flux.
        first: The network that the alternatives are compared with.
        count: Of the alternatives. One for which no network is found in time is left out.
        gap: Fraction of the score at which each search ends.
        time_limit_s: Of each search.
        seed: Of the costs and of the solver.

    Raises:
        FluxError: As `select_reactions`, without `TIMEOUT`.
    """
    generator, values = np.random.default_rng(seed), np.asarray(scores, dtype=float)
    having = np.zeros(len(values))
    having[list(first.kept)] = 1
    alternatives = optimal = 0
    for _ in range(count):
        factors = generator.uniform(1 - SPREAD, 1 + SPREAD, len(values))
        varied = np.where(values < 0, values * factors, values).tolist()
        try:
            other = select_reactions(network, varied, needed, gap=gap, time_limit_s=time_limit_s, seed=seed)
        except FluxError as error:
            if error.kind is not ErrorClass.TIMEOUT:
                raise
            continue
        having[list(other.kept)] += 1
        alternatives += 1
        optimal += other.is_optimal
    agreement = np.round(having / (alternatives + 1), 6).tolist()
    return Ensemble(tuple(agreement), alternatives, optimal)
