"""A community as micom builds it: the members in one program, each connected to a shared medium.

Fluxes of a member are per gram of its own dry weight; those of the medium, and all that members exchange, are
per gram of the community's: a member's flux times its abundance (Diener, Gibbons & Resendis-Antonio 2020,
doi:10.1128/mSystems.00606-19). Linear programs are solved by HiGHS, quadratic ones by OSQP.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.communities.community_members import CommunityArgs, Member
from fluxagents.tasks.fba.solving.biomass import find_biomass
from fluxagents.tasks.fba.solving.conditions import exchanges
from fluxagents.tasks.fba.solving.lazy_libraries import cobra, pd, swiglpk
from fluxagents.tasks.fba.solving.optlang_program import (
    free_programs,
    order_names,
    silence_highs_banner,
)
from fluxagents.tasks.fba.solving.outcome import ZERO_GROWTH_PER_H, Outcome
from fluxagents.tasks.fba.solving.solver_clock import solve_program, time_solver

TOLERANCE = 1e-6
"""Of both solvers, as micom sets it: relative, of constraints and optima."""

NO_GROWTH_PER_H = 1e-4
"""A member whose growth in a trade-off is no larger stands still: sums of squares are flat near their least
value, so that OSQP's growth rates are less exact than its tolerance."""

NEGLIGIBLE_MMOL_PER_GDW_H = 1e-5
"""An exchange at or below this is rounding noise: ten times the tolerance."""

_OUTCOMES = {
    "optimal": Outcome.OPTIMAL,
    "infeasible": Outcome.INFEASIBLE,
    "unbounded": Outcome.UNBOUNDED,
}


@dataclass(frozen=True, slots=True)
class Door:
    """An exchange of a member with the shared medium."""

    member: str
    exchange: str
    """Its id in the member's model."""
    medium_exchange: str
    """The community's exchange of the same compound."""
    sign: int
    """Of a flux that gives the compound to the medium."""


@dataclass(frozen=True)
class Community:
    """Members that share a medium; change `program` only inside `with community.program:`."""

    program: Any
    """`micom.Community`."""
    names: Mapping[str, str]
    """Id of a member in the program -> its name, in the order of the members."""
    abundances: Mapping[str, float]
    """Name -> fraction of the community's dry weight."""
    doors: Sequence[Door]
    relaxed: Mapping[str, Sequence[str]]
    """Name -> forced drains and sources of the member, which micom lets stand still."""

    def find_best_growth(self) -> tuple[Outcome, float | None]:
        """The outcome and the best growth of the community (1/h), all members alive.

        Raises:
            FluxError: `SOLVER` for any other outcome.
        """
        solver = self.program.solver
        solve_program(solver)
        if solver.status not in _OUTCOMES:
            message = f"HiGHS found no best growth of the community: {solver.status}"
            raise FluxError(ErrorClass.SOLVER, message)
        outcome = _OUTCOMES[solver.status]
        if outcome is not Outcome.OPTIMAL:
            return outcome, None
        growth = float(solver.objective.value)
        return (Outcome.OPTIMAL, growth) if growth > ZERO_GROWTH_PER_H else (Outcome.ZERO_GROWTH, 0.0)

    def trade_off(self, fractions: Sequence[float]) -> dict[float, dict[str, float]]:
        """The members' growth (1/h) that is most even while the community grows at fractions of its best.

        The sum of the squares of all growth rates is least at each fraction.

        Raises:
            FluxError: `SOLVER` if OSQP does not reach its tolerance.
        """
        with _explain_failures(), time_solver("highs"):
            solved = self.program.cooperative_tradeoff(fraction=list(fractions))
        if len(fractions) == 1:
            solved = pd.DataFrame({"tradeoff": fractions, "solution": [solved]})
        return {
            float(fraction): self._read_growth(solution)
            for fraction, solution in zip(solved["tradeoff"], solved["solution"], strict=True)
        }

    def exchange(self, fraction: float) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        """The members' growth at a fraction, and what each gives with the least total flux.

        Returns:
            Growth by member, 1/h; medium exchange -> member -> mmol per hour and gDW of the community that
            the member gives, negative for what it takes.
        """
        with _explain_failures(), time_solver("highs"):
            solution = self.program.cooperative_tradeoff(fraction=fraction, fluxes=True, pfba=True)
        given = dict[str, dict[str, float]]()
        ids = {name: identifier for identifier, name in self.names.items()}
        for door in self.doors:
            flux = float(solution.fluxes.loc[ids[door.member], door.exchange])
            amount = flux * door.sign * self.abundances[door.member]
            if abs(amount) > NEGLIGIBLE_MMOL_PER_GDW_H:
                given.setdefault(door.medium_exchange, {})[door.member] = amount
        return self._read_growth(solution), given

    def knock_out(self, member: str) -> None:
        """Close all reactions of a member, which keeps its abundance; call it inside a `with` block."""
        for reaction in self.program.reactions:
            if self.names.get(reaction.community_id) == member:
                reaction.knock_out()

    def set_medium(self, uptakes: Mapping[str, float]) -> None:
        """Open these uptakes (as the members call them; per gDW of the community) and close all others."""
        limits = {
            door.medium_exchange: uptakes[door.exchange] for door in self.doors if door.exchange in uptakes
        }
        for reaction in self.program.exchanges:
            reaction.lower_bound = 0.0 - limits.get(reaction.id, 0.0)

    def require_growth(self, rates: Mapping[str, float]) -> None:
        """Let each member grow at least so fast, 1/h; call it inside a `with` block."""
        for identifier, name in self.names.items():
            terms = self.program.constraints[f"objective_{identifier}"].expression
            floor = self.program.problem.Constraint(terms, lb=rates[name], name=f"least_growth_{identifier}")
            self.program.add_cons_vars([floor])

    def describe_compound(self, medium_exchange: str) -> str:
        """The name of what an exchange of the medium exchanges."""
        (metabolite,) = self.program.reactions.get_by_id(medium_exchange).metabolites
        return str(metabolite.name or metabolite.id)

    def name_exchange(self, medium_exchange: str) -> str:
        """The exchange as the members call it."""
        return next(door.exchange for door in self.doors if door.medium_exchange == medium_exchange)

    def read_medium(self) -> dict[str, float]:
        """The open uptakes by exchange, as the members call them; mmol per hour and gDW of the community."""
        return {
            self.name_exchange(identifier): min(float(limit), 1_000_000.0)
            for identifier, limit in self.program.medium.items()
        }

    def _read_growth(self, solution: Any) -> dict[str, float]:
        if solution is None or solution.status != "optimal":
            status = "no solution" if solution is None else solution.status
            message = f"OSQP found no even growth of the members within {TOLERANCE:g}: {status}"
            hint = ("ask for a smaller fraction of the best growth",)
            raise FluxError(ErrorClass.SOLVER, message, suggestions=hint)
        rates = solution.members["growth_rate"]
        return {name: max(float(rates[identifier]), 0.0) for identifier, name in self.names.items()}


def build_community(members: Sequence[Member], args: CommunityArgs) -> Community:
    """Put the members into one program, under the medium of the arguments.

    Raises:
        FluxError: `SOLVER` if micom is not installed; `BAD_ARGUMENT` if growth of a member is not known, or
            if it shares no compound of the medium with any other; `MEDIUM` for a member without exchange
            reactions or an exchange that no member has.
    """
    micom = _import_micom()
    ids = {f"m{number}": member for number, member in enumerate(members, start=1)}
    with TemporaryDirectory(prefix="fluxagents-community-") as folder:
        table = pd.DataFrame(
            [
                (identifier, str(_write_member(member, args, Path(folder, f"{identifier}.json"))),
                 member.abundance_fraction)
                for identifier, member in ids.items()
            ],
            columns=["id", "file", "abundance"],
        )  # fmt: skip
        program = _assemble(micom, table, args.max_exchange_mmol_per_gdw_h)
    order_names(program.solver.problem)
    names = {identifier: member.name for identifier, member in ids.items()}
    abundances = {member.name: member.abundance_fraction for member in members}
    relaxed = {
        member.name: [r.id for r in member.model.reactions if micom.util.is_active_demand(r)]
        for member in members
    }
    community = Community(program, names, abundances, tuple(_find_doors(program, names)), relaxed)
    _check_shared_compounds(community)
    _apply_medium(community, args)
    return community


def _import_micom() -> Any:
    try:
        micom = import_module("micom")
        import_module("optlang.hybrid_interface")
    except ImportError as error:
        raise FluxError(
            ErrorClass.SOLVER,
            f"communities need micom, HiGHS and OSQP: {error}",
            suggestions=("pip install 'fluxagents[community]'",),
        ) from error
    logging.getLogger("micom").setLevel(logging.ERROR)
    silence_highs_banner()
    return micom


def _assemble(micom: Any, table: Any, max_exchange: float) -> Any:
    """A `micom.Community` of the table, without what its members were read into.

    cobra reads each member into a problem of GLPK, which optlang never frees: those of genome-scale members
    are megabytes each.
    """
    read = list[Any]()

    class Program(micom.Community):  # type: ignore[misc]
        """Remembers the models that its reactions come from."""

        def add_reactions(self, reactions: Sequence[Any]) -> None:
            read.extend({reaction.model for reaction in reactions} - {None, self})
            super().add_reactions(reactions)

    program = Program(table, progress=False, solver="hybrid", max_exchange=max_exchange)
    while read:
        swiglpk.glp_delete_prob(read.pop().solver.problem)
    free_programs()  # those of members, and of the last community
    return program


def _write_member(member: Member, args: CommunityArgs, path: Path) -> Path:
    """A member's model as JSON, its objective growth."""
    model = member.model
    if not exchanges(model):
        message = f"member '{member.name}' has no exchange reactions, so it cannot share a medium"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=("add exchange reactions to the model",))
    biomass = find_biomass(model, args.biomass)
    if biomass.reaction is None:
        message = f"growth of member '{member.name}' is not known: {biomass.problem}"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message)
    document = cobra.io.model_to_dict(model)
    for reaction in document["reactions"]:
        reaction.pop("objective_coefficient", None)
        if reaction["id"] == biomass.reaction.id:
            reaction["objective_coefficient"] = 1.0
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _find_doors(program: Any, names: Mapping[str, str]) -> Iterator[Door]:
    for reaction in program.internal_exchanges:
        shared = next(metabolite for metabolite in reaction.metabolites if metabolite.compartment == "m")
        sign = 1 if shared in reaction.products else -1
        yield Door(names[reaction.community_id], reaction.global_id, f"EX_{shared.id}", sign)


def _check_shared_compounds(community: Community) -> None:
    """Refuse a member that speaks of compounds by other ids than all others."""
    of_member = dict[str, dict[str, str]]()
    for door in community.doors:
        of_member.setdefault(door.member, {})[door.medium_exchange] = door.exchange
    for member, own in of_member.items():
        others = {exchange for other, theirs in of_member.items() if other != member for exchange in theirs}
        if others and not own.keys() & others:
            first, other = next(iter(own.values())), community.name_exchange(min(others))
            message = (
                f"member '{member}' shares no compound of the medium with any other: its exchanges have ids "
                f"such as '{first}', those of the others such as '{other}'"
            )
            hint = ("all members must use the ids of one database, such as BiGG or ModelSEED",)
            raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=hint)


def _apply_medium(community: Community, args: CommunityArgs) -> None:
    if args.medium is None and args.medium_changes is None:
        return
    shared = {door.exchange for door in community.doors}
    uptakes = community.read_medium() if args.medium is None else args.medium
    uptakes = {**uptakes, **(args.medium_changes or {})}
    for exchange in uptakes:
        if exchange not in shared:
            message = f"exchange '{exchange}' is in no member of the community"
            raise FluxError(ErrorClass.MEDIUM, message, suggestions=nearest(exchange, shared))
    community.set_medium(uptakes)


@contextmanager
def _explain_failures() -> Iterator[None]:
    """Let micom's failures be errors of a solver."""
    try:
        yield
    except cobra.exceptions.OptimizationError as error:
        raise FluxError(ErrorClass.SOLVER, f"micom found no trade-off: {error}") from error
