"""Which reactions of a universal model an organism has: the network with the largest sum of scores.

Reactions with evidence add their score, those without cost one penalty each, and every reaction that is kept
can carry flux, growth and maintenance among them. All bounds are signs, so fluxes can be scaled: reactions
with evidence that carry flux among themselves are kept beforehand, reactions that no flux can pass are left
out beforehand, and what remains is an integer program that an open solver can do. Its search begins from the
network in which all evidence carries flux with the least flux through what has none.

A reaction with evidence counts when it carries 1 mmol/gDW/h, or as much as such growth lets it where that is
less, as on the way to a cofactor of which growth takes little.

That a network is chosen by scores and connected is the idea of Machado et al. 2018, doi:10.1093/nar/gky537.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.genomes.selection.flux_network import (
    ZERO_FLUX,
    FluxNetwork,
    find_active,
    find_largest_flux,
    find_smallest_flux,
    find_spread_flux,
)
from fluxagents.tasks.fba.genomes.selection.selection_program import SelectionProgram
from fluxagents.tasks.fba.solving.lazy_libraries import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CARRIED_MMOL_PER_GDW_H = 1.0
"""The flux at which a reaction with evidence counts, and the least one of growth and of maintenance."""

LEAST_CARRIED_MMOL_PER_GDW_H = 1e-5
"""Well above the solver's tolerance, however little a reaction can carry."""

SHARE = 0.1
"""Of the flux of a way that several reactions can serve: at this one of them counts."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The reactions to keep, and how good the choice is known to be."""

    kept: tuple[int, ...]
    """Positions, ascending."""
    score: float
    bound: float
    """No network has a larger score."""
    is_optimal: bool
    """Whether the gap asked for was reached; otherwise the limit of time ended the search."""

    @property
    def gap_fraction(self) -> float:
        """By how much a better network could exceed this one."""
        return max(0.0, self.bound - self.score) / max(abs(self.bound), 1e-9)


def select_reactions(
    network: FluxNetwork,
    scores: Sequence[float],
    needed: Sequence[int],
    *,
    gap: float,
    time_limit_s: float,
    seed: int = 0,
) -> Selection:
    """Choose the reactions.

    Args:
        network: The universal model.
        scores: By position; 0 for what may be kept for nothing, as exchanges are.
        needed: Positions of reactions that must carry flux.
        gap: Fraction of the score, at which the search ends.
        time_limit_s: Ends the search with the best network found.
        seed: Of the solver.

    Raises:
        FluxError: `INFEASIBLE` if not even all reactions let the needed ones carry flux; `TIMEOUT` if no
            network was found in time.
    """
    values = np.asarray(scores, dtype=float)
    possible = find_active(network)
    for position in needed:
        if not possible[position]:
            message = f"reaction {position} can carry no flux even with all reactions of the universal model"
            raise FluxError(ErrorClass.INFEASIBLE, message)
    supported = find_active(network.restrict(possible & (values >= 0)))
    base = float(values[supported].sum())
    needing = _require(network.restrict(possible), needed)
    least, start = _find_start(needing, values, possible & ~supported)
    program = SelectionProgram(needing, np.where(supported, 0.0, values), least, needed)
    choice = program.solve(start, gap=gap * max(base, 1.0), time_limit_s=time_limit_s, seed=seed)
    carried = supported | (values == 0) | (choice.fluxes != 0)
    kept = find_active(network.restrict(possible & carried))
    score = float(values[kept].sum())
    # All evidence and nothing that costs: what is known before a search has bounded anything.
    most = float(values[possible & (values > 0)].sum())
    return Selection(
        tuple(np.nonzero(kept)[0].tolist()),
        round(score, 6),
        round(max(min(base + choice.bound, most), score), 6),
        choice.is_optimal,
    )


def _require(network: FluxNetwork, needed: Sequence[int]) -> FluxNetwork:
    """The network whose needed reactions carry flux, of one size so that others can be judged beside it."""
    lower, upper = network.lower.copy(), network.upper.copy()
    lower[list(needed)], upper[list(needed)] = CARRIED_MMOL_PER_GDW_H, 2 * CARRIED_MMOL_PER_GDW_H
    return replace(network, lower=lower, upper=upper)


def _find_start(
    network: FluxNetwork, values: NDArray[Any], is_open: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The least flux at which each reaction counts, and a flux from which a search begins."""
    spread = find_spread_flux(network, 2 * CARRIED_MMOL_PER_GDW_H)
    has_evidence = is_open & (values > 0)
    least = _find_least(network, spread, has_evidence)
    held = replace(
        network,
        lower=np.where(has_evidence & (spread > ZERO_FLUX), np.minimum(least, spread), network.lower),
        upper=np.where(has_evidence & (spread < -ZERO_FLUX), np.maximum(-least, spread), network.upper),
    )
    start = find_smallest_flux(held, np.nonzero(is_open & (values < 0))[0])
    start = np.where(np.abs(start) > ZERO_FLUX, start, 0.0)
    # What carries flux in the start counts there.
    return np.where(start != 0, np.minimum(least, np.abs(start)), least), start


def _find_least(network: FluxNetwork, spread: NDArray[Any], has_evidence: NDArray[Any]) -> NDArray[Any]:
    """Half of what a reaction carries beside all others, or what leaves room for others on the same way."""
    carried = np.abs(spread) / 2
    competing = np.nonzero(has_evidence & (np.abs(spread) <= ZERO_FLUX))[0].tolist()
    for position, largest in find_largest_flux(network, competing).items():
        carried[position] = largest * SHARE
    return np.asarray(np.clip(carried, LEAST_CARRIED_MMOL_PER_GDW_H, CARRIED_MMOL_PER_GDW_H))
