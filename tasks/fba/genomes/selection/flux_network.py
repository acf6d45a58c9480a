"""The stoichiometry of a model as matrices, and which of its reactions can carry flux."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.fba.solving.lazy_libraries import np
from fluxagents.tasks.fba.solving.optlang_program import silence_highs_banner
from fluxagents.tasks.fba.solving.solver_clock import time_solver

if TYPE_CHECKING:
    from cobra import Reaction
    from numpy.typing import NDArray

MAX_FLUX_MMOL_PER_GDW_H = 1_000.0
"""Bounds are signs here: what is open is open this wide."""

LEAST_FLUX_MMOL_PER_GDW_H = 0.01
"""A reaction that can carry flux can carry this much, since fluxes can be scaled."""

ZERO_FLUX = 1e-6

NULL_COMPONENT = 1e-8
"""Of a random vector of the null space: a reaction whose component is smaller is in no vector of it.

Those of universal models are below 1e-9 or above 5e-7.
"""


@dataclass(frozen=True, slots=True)
class FluxNetwork:
    """Reactions by position; `lower` and `upper` are 0 or `MAX_FLUX_MMOL_PER_GDW_H` in magnitude."""

    stoichiometry: Any
    """Metabolites by reactions, a SciPy matrix in columns."""
    metabolites: tuple[str, ...]
    """Ids, in the order of the rows."""
    lower: NDArray[Any]
    upper: NDArray[Any]

    @classmethod
    def of(cls, reactions: Sequence[Reaction]) -> Self:
        """The network of reactions, every exchange open to both sides."""
        sparse = import_module("scipy.sparse")
        rows: dict[str, int] = {}
        entries = [
            (rows.setdefault(metabolite.id, len(rows)), column, value)
            for column, reaction in enumerate(reactions)
            for metabolite, value in sorted(reaction.metabolites.items(), key=lambda item: str(item[0].id))
        ]
        places, columns, values = zip(*entries, strict=True)
        shape = (len(rows), len(reactions))
        exchanges = {reaction.id for reaction in reactions[0].model.exchanges}
        lower = [r.lower_bound < 0 or r.id in exchanges for r in reactions]
        upper = [r.upper_bound > 0 or r.id in exchanges for r in reactions]
        return cls(
            sparse.csc_matrix((values, (places, columns)), shape=shape),
            tuple(rows),
            np.where(lower, -MAX_FLUX_MMOL_PER_GDW_H, 0.0),
            np.where(upper, MAX_FLUX_MMOL_PER_GDW_H, 0.0),
        )

    def restrict(self, kept: NDArray[Any]) -> FluxNetwork:
        """The network in which only some reactions are open."""
        return replace(self, lower=np.where(kept, self.lower, 0.0), upper=np.where(kept, self.upper, 0.0))


def find_active(network: FluxNetwork) -> NDArray[Any]:
    """Which reactions can carry flux at steady state.

    One linear program makes as many irreversible reactions as possible carry flux at once. Around the flux
    that it finds, which is inside all bounds of what remains, any vector of the null space may be added: a
    reversible reaction is blocked exactly if it is 0 in all of these, and so in one random one.

    Raises:
        FluxError: `SOLVER` if the program has no optimum.
    """
    one_way = _list_one_way(network)
    # Without bounds, since reactions that share a small flux would else compete for it.
    endless = replace(
        network,
        lower=np.where(network.lower < 0, -np.inf, 0.0),
        upper=np.where(network.upper > 0, np.inf, 0.0),
    )
    fluxes = np.abs(_solve_spread(endless, one_way, LEAST_FLUX_MMOL_PER_GDW_H)[one_way])
    active = (network.lower < 0) | (network.upper > 0)
    active[one_way[fluxes < ZERO_FLUX]] = False
    kept = np.nonzero(active)[0]
    is_null = np.abs(_null_vector(network.stoichiometry[:, kept])) < NULL_COMPONENT
    # Of the others the program knows better: their part of a vector may be small because growth takes little.
    active[kept[is_null & ~np.isin(kept, one_way)]] = False
    return np.asarray(active)


def find_made_from_nothing(network: FluxNetwork) -> tuple[str, ...]:
    """Ids of the metabolites that a network without exchanges can give off, sorted; none if it keeps mass.

    One linear program makes as many as possible be given off by the least flux or more: fluxes of two
    solutions may be added, so it finds all of them.

    Raises:
        FluxError: `SOLVER` if the program has no optimum.
    """
    sparse = import_module("scipy.sparse")
    height, width = network.stoichiometry.shape
    solver, one_each = start_solver(), sparse.identity(height)
    load_program(
        solver,
        sparse.bmat([[network.stoichiometry, -one_each, None], [None, one_each, -one_each]]).tocsc(),
        costs=np.concatenate([np.zeros(width + height), -np.ones(height)]),
        columns=(
            np.concatenate([network.lower, np.zeros(2 * height)]),
            np.concatenate(
                [network.upper, np.full(height, np.inf), np.full(height, LEAST_FLUX_MMOL_PER_GDW_H)]
            ),
        ),
        rows=(np.zeros(2 * height), np.concatenate([np.zeros(height), np.full(height, np.inf)])),
    )
    given_off = _solve(solver, "what is made from nothing")[width + height :]
    made = (name for name, flux in zip(network.metabolites, given_off, strict=True) if flux > ZERO_FLUX)
    return tuple(sorted(made))


def find_spread_flux(network: FluxNetwork, most: float) -> NDArray[Any]:
    """A flux in which the irreversible reactions carry as much as they can, each counted up to `most`.

    Raises:
        FluxError: `SOLVER` if the program has no optimum.
    """
    return _solve_spread(network, _list_one_way(network), most)


def _list_one_way(network: FluxNetwork) -> NDArray[Any]:
    """Positions of the open reactions that have one direction."""
    is_open = (network.lower < 0) | (network.upper > 0)
    return np.asarray(np.nonzero(is_open & ((network.lower >= 0) | (network.upper <= 0)))[0])


def _solve_spread(network: FluxNetwork, one_way: NDArray[Any], most: float) -> NDArray[Any]:
    sparse = import_module("scipy.sparse")
    height, width = network.stoichiometry.shape
    count = len(one_way)
    signs = np.where(network.upper[one_way] > 0, 1.0, -1.0)
    picks = sparse.csr_matrix((signs, (np.arange(count), one_way)), shape=(count, width))
    matrix = sparse.bmat(
        [[network.stoichiometry, None], [picks, -sparse.identity(count)]]
        if count
        else [[network.stoichiometry]]
    ).tocsc()
    solver = start_solver()
    load_program(
        solver,
        matrix,
        costs=np.concatenate([np.zeros(width), -np.ones(count)]),
        columns=(
            np.concatenate([network.lower, np.zeros(count)]),
            np.concatenate([network.upper, np.full(count, most)]),
        ),
        rows=(np.zeros(height + count), np.concatenate([np.zeros(height), np.full(count, np.inf)])),
    )
    return _solve(solver, "which reactions carry flux")[:width]


def find_largest_flux(network: FluxNetwork, positions: Iterable[int]) -> dict[int, float]:
    """The largest flux of some reactions, each alone and in either direction, mmol/gDW/h.

    Raises:
        FluxError: `SOLVER` if no flux is within the bounds.
    """
    height, width = network.stoichiometry.shape
    solver = start_solver()
    load_program(
        solver,
        network.stoichiometry.tocsc(),
        costs=np.zeros(width),
        columns=(network.lower, network.upper),
        rows=(np.zeros(height), np.zeros(height)),
    )
    largest: dict[int, float] = {}
    for position in positions:
        ends = []
        for cost in (-1.0, 1.0):
            solver.changeColCost(position, cost)
            ends.append(abs(float(_solve(solver, "what a reaction carries")[position])))
        solver.changeColCost(position, 0.0)
        largest[position] = max(ends)
    return largest


def find_smallest_flux(network: FluxNetwork, avoided: NDArray[Any]) -> NDArray[Any]:
    """A flux within the bounds in which some reactions, by position, carry as little as possible together.

    Raises:
        FluxError: `SOLVER` if no flux is within the bounds.
    """
    sparse = import_module("scipy.sparse")
    height, width = network.stoichiometry.shape
    count = len(avoided)
    picks = sparse.csr_matrix((np.ones(count), (np.arange(count), avoided)), shape=(count, width))
    one_each, none = sparse.identity(count), np.zeros(count)
    blocks = [[network.stoichiometry, None], [picks, -one_each], [picks, one_each]]
    solver = start_solver()
    load_program(
        solver,
        sparse.bmat(blocks if count else [[network.stoichiometry]]).tocsc(),
        costs=np.concatenate([np.zeros(width), np.ones(count)]),
        columns=(np.concatenate([network.lower, none]), np.concatenate([network.upper, none + np.inf])),
        rows=(
            np.concatenate([np.zeros(height), none - np.inf, none]),
            np.concatenate([np.zeros(height), none, none + np.inf]),
        ),
    )
    return _solve(solver, "which reactions can be spared")[:width]


def _solve(solver: Any, what: str) -> NDArray[Any]:
    with time_solver("highs"):
        solver.run()
    status = solver.modelStatusToString(solver.getModelStatus())
    if status != "Optimal":
        raise FluxError(ErrorClass.SOLVER, f"HiGHS could not tell {what}: {status}")
    return np.asarray(solver.getSolution().col_value)


def _null_vector(stoichiometry: Any) -> NDArray[Any]:
    """A random vector, projected on the null space; the same one at each call."""
    linalg = import_module("scipy.sparse.linalg")
    vector = np.random.default_rng(0).standard_normal(stoichiometry.shape[1])
    dual = linalg.lsmr(stoichiometry.T.tocsc(), vector, atol=1e-13, btol=1e-13, maxiter=20_000)[0]
    return np.asarray(vector - stoichiometry.T @ dual)


def start_solver() -> Any:
    """HiGHS, silent, on one thread: the same program gives the same solution.

    Raises:
        FluxError: `SOLVER` with the way to get it if it is not installed.
    """
    try:
        highspy = import_module("highspy")
    except ImportError as error:
        raise FluxError(
            ErrorClass.SOLVER,
            f"the solver HiGHS is not installed: {error}",
            suggestions=("pip install 'fluxagents[genome]'",),
        ) from error
    silence_highs_banner()
    highspy.Highs.resetGlobalScheduler(True)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver


def load_program(
    solver: Any,
    matrix: Any,
    *,
    costs: NDArray[Any],
    columns: tuple[NDArray[Any], NDArray[Any]],
    rows: tuple[NDArray[Any], NDArray[Any]],
    integers: NDArray[Any] | None = None,
) -> None:
    """Give HiGHS a program that minimises costs between bounds of columns and rows, some of them integers."""
    highspy = import_module("highspy")
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_ = costs
    program.col_lower_, program.col_upper_ = columns
    program.row_lower_, program.row_upper_ = rows
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_ = matrix.indices
    program.a_matrix_.value_ = matrix.data
    if integers is not None:
        kinds = highspy.HighsVarType
        program.integrality_ = [kinds.kInteger if flag else kinds.kContinuous for flag in integers]
    solver.passModel(program)
