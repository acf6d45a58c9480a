"""Growth under conditions: the flux of the biomass reaction at its best, or why there is none.

Analyses rest on growth: while they run the model maximises its biomass reaction, whatever the factor or the
sense that its file gives it. Flux balance analysis optimises the objective of the file as it is, and its
growth is the greatest flux of the biomass reaction among the optima.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field, JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.display import cut_text, list_names, list_values
from fluxagents.tasks.fba.solving.biomass import Biomass, FoundBy, find_biomass
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, MediumChange, medium_of
from fluxagents.tasks.fba.solving.linear_program import LinearProgram, clean
from fluxagents.tasks.fba.solving.objective import Objective, read_objective
from fluxagents.tasks.fba.solving.outcome import ZERO_GROWTH_PER_H, Outcome
from fluxagents.tasks.fba.solving.strain import StrainArgs, apply_strain
from fluxagents.tasks.ports.results import Result

if TYPE_CHECKING:
    from cobra import Model


Aim = Literal["growth", "growth_if_known", "objective"]
"""What is optimised where the arguments name no objective; `growth_if_known` is the objective otherwise."""

HELD_WITHIN_FRACTION = 1e-9
"""Of an optimum, where the solver finds nothing feasible at the optimum itself."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """How the objective was optimised; `value` is None unless the outcome has growth."""

    status: Outcome
    value: float | None


class GrowthResult(Result):
    """What a result with growth says about what growth is."""

    biomass_reaction: str | None = Field(default=None, description="Growth is its flux.")
    biomass_found_by: FoundBy | None = Field(
        default=None, description="The evidence; user is the argument `biomass`."
    )
    biomass_candidates: tuple[str, ...] = Field(
        default=(), description="Reactions that are equally likely, where there are several."
    )
    growth_problem: str | None = Field(default=None, description="Why growth is not known.")

    def describe_biomass(self, *, is_plain: bool = True) -> dict[str, JsonValue]:
        """What growth is, as a display shows it; nothing where it is plainly the objective."""
        fields: dict[str, JsonValue] = {}
        if self.biomass_reaction is not None and not (is_plain and self.biomass_found_by == "objective"):
            fields["biomass_reaction"] = cut_text(self.biomass_reaction)
            fields["biomass_found_by"] = self.biomass_found_by
        if self.growth_problem is not None:
            fields["growth_problem"] = self.growth_problem
        return fields


def report_biomass(biomass: Biomass) -> dict[str, object]:
    """The fields of a `GrowthResult`."""
    return {
        "biomass_reaction": biomass.reaction and biomass.reaction.id,
        "biomass_found_by": biomass.found_by,
        "biomass_candidates": biomass.candidates if biomass.reaction is None else (),
        "growth_problem": biomass.problem,
    }


class ConditionResult(GrowthResult):
    """What every analysis says about the conditions it ran under."""

    model_id: str
    status: Outcome
    objective: str = Field(description="What was optimised: reactions with their coefficients.")
    objective_direction: Literal["max", "min"]
    objective_value: float | None = Field(
        default=None,
        description="Optimum of what was optimised: coefficients times fluxes in mmol/gDW/h; growth only "
        "where that is the biomass reaction.",
    )
    growth_per_h: float | None = Field(
        description="Flux of the biomass reaction at the optimum, the greatest if there are several optima; "
        "None without an optimum or a biomass reaction, or with a named objective."
    )
    objective_flux_mmol_per_gdw_h: float | None = Field(
        default=None, description="Best flux through the objective reaction, if the arguments name one."
    )
    medium_mmol_per_gdw_h: dict[str, float] = Field(
        description="The medium used: the most uptake per exchange."
    )
    medium_changes: tuple[MediumChange, ...] = ()

    def conditions(self, limit: int) -> dict[str, JsonValue]:
        """Status, growth and medium, as a display shows them."""
        fields: dict[str, JsonValue] = {
            "model": cut_text(self.model_id),
            "status": str(self.status),
            "growth_per_h": self.growth_per_h,
            "objective": cut_text(self.objective),
            **self._evidence(),
        }
        if self.objective_flux_mmol_per_gdw_h is not None:
            fields["objective_flux_mmol_per_gdw_h"] = self.objective_flux_mmol_per_gdw_h
        if self.medium_changes:
            changed = {change.exchange: change.uptake_after_mmol_per_gdw_h for change in self.medium_changes}
            fields["changed_uptakes_mmol_per_gdw_h"] = list_values(changed, limit)
        else:
            fields["medium"] = f"as in the model: {len(self.medium_mmol_per_gdw_h)} open uptakes"
        return fields

    def _evidence(self) -> dict[str, JsonValue]:
        """What growth is and what was optimised, where the one is not simply the other."""
        fields: dict[str, JsonValue] = {}
        is_plain = self.objective == self.biomass_reaction and self.objective_direction == "max"
        if self.objective_direction == "min":
            fields["objective_direction"] = "min"
        if not is_plain and self.objective_flux_mmol_per_gdw_h is None and self.objective_value is not None:
            fields["objective_value"] = self.objective_value
        return fields | self.describe_biomass(is_plain=is_plain)


class StrainResult(ConditionResult):
    """What an analysis says that can run on a strain without some genes and reactions."""

    knock_outs: tuple[str, ...] = Field(default=(), description="What the strain lacked, as it was given.")
    closed_by_knock_outs: tuple[str, ...] = Field(default=(), description="Reactions.")

    def conditions(self, limit: int) -> dict[str, JsonValue]:
        fields = super().conditions(limit)
        if self.knock_outs:
            fields["knock_outs"] = list_names(self.knock_outs, limit)
            fields["closed_by_knock_outs"] = list_names(self.closed_by_knock_outs, limit)
        return fields


def optimise(program: LinearProgram) -> Optimum:
    """Optimise the present objective; zero growth is an outcome of its own."""
    if not program.objective():
        return Optimum(Outcome.NO_OBJECTIVE, None)
    return solve(program)


def solve(program: LinearProgram, *, dual: bool = False) -> Optimum:
    """As `optimise`, for a program that is known to have an objective."""
    status = program.solve(dual=dual)
    if status is not Outcome.OPTIMAL:
        return Optimum(status, None)
    value = program.value
    if abs(value) <= ZERO_GROWTH_PER_H:
        return Optimum(Outcome.ZERO_GROWTH, 0.0)
    return Optimum(Outcome.OPTIMAL, value)


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions that hold on a model, and its linear program under them."""

    model: Model
    args: ConditionArgs
    changes: tuple[MediumChange, ...]
    closed: tuple[str, ...]
    """Reactions that the knock-outs of the strain close."""
    biomass: Biomass
    objective: Objective
    """What is optimised."""
    program: LinearProgram

    @property
    def aims_at_growth(self) -> bool:
        """Whether an optimum is growth in 1/h."""
        return self.objective.maximises(self.biomass.reaction)

    def growth_at(self, optimum: Optimum) -> float | None:
        """The greatest growth (1/h) among the optima; None without a biomass reaction or an optimum.

        The program must be at the optimum. Where the objective does not tell growth, it is at an optimum with
        the greatest growth afterwards: the objective is held, and growth is maximised.

        Raises:
            FluxError: `UNBOUNDED` if growth has no limit among the optima; `NUMERICAL`, `SOLVER`, `TIMEOUT`.
        """
        reaction = self.biomass.reaction
        if reaction is None or optimum.value is None or self.aims_at_growth:
            return None if reaction is None else optimum.value
        factor = self.objective.factor(reaction)
        growth = self._greatest_growth() if factor is None else optimum.value / factor
        return 0.0 if abs(growth) <= ZERO_GROWTH_PER_H else growth

    def report(self, optimum: Optimum, growth_per_h: float | None = None) -> dict[str, object]:
        """The fields of a `ConditionResult`.

        Args:
            optimum: Of what is optimised.
            growth_per_h: From `growth_at`, where the objective of the model is optimised.
        """
        named = self.args.objective is not None
        growth = optimum.value if self.aims_at_growth else growth_per_h
        status = optimum.status
        reaction = self.biomass.reaction
        if growth is not None and reaction is not None and not self.aims_at_growth:
            makes_something = growth or (optimum.value and self.objective.factor(reaction) is None)
            status = Outcome.OPTIMAL if makes_something else Outcome.ZERO_GROWTH
        return {
            "model_id": self.model.id or "",
            "status": status,
            "objective": self.objective.text,
            "objective_direction": self.objective.direction,
            "objective_value": optimum.value,
            "growth_per_h": growth,
            "objective_flux_mmol_per_gdw_h": optimum.value if named else None,
            "medium_mmol_per_gdw_h": medium_of(self.model),
            "medium_changes": self.changes,
            **({} if named else report_biomass(self.biomass)),
        } | self._strain()

    def _greatest_growth(self) -> float:
        program = self.program
        best, maximises = program.value, program.maximises
        row = program.hold_objective(*((best, None) if maximises else (None, best)))
        program.set_objective({self.biomass.index: 1.0}, "max")
        outcome = program.solve()
        if outcome is Outcome.INFEASIBLE:
            slack = HELD_WITHIN_FRACTION * max(abs(best), 1.0)
            program.set_row_bounds(row, *((best - slack, None) if maximises else (None, best + slack)))
            outcome = program.solve()
        if outcome is not Outcome.OPTIMAL:
            kind = ErrorClass.UNBOUNDED if outcome is Outcome.UNBOUNDED else ErrorClass.NUMERICAL
            message = f"growth among the optima of {self.objective.text} is {outcome}"
            raise FluxError(kind, message, suggestions=("name an 'objective'",))
        return clean(program.value)

    def _strain(self) -> dict[str, object]:
        if not isinstance(self.args, StrainArgs):
            return {}
        return {"knock_outs": self.args.knock_outs, "closed_by_knock_outs": self.closed}


@contextmanager
def hold_conditions(
    model: Model, args: ConditionArgs, *, split: bool = False, aim: Aim = "growth"
) -> Iterator[Conditions]:
    """Let conditions hold for a while; meanwhile the model itself optimises what the analysis rests on.

    Args:
        model: As it was afterwards.
        args: The conditions; an objective that they name is optimised whatever the aim.
        split: As of `LinearProgram`.
        aim: What is optimised. A model without an objective stays without one, unless `biomass` is named.

    Raises:
        FluxError: As `apply_strain`, `find_biomass` and `LinearProgram`; `BAD_ARGUMENT` if growth is to be
            optimised and no reaction, or several, may be biomass.
    """
    with model:
        changes, closed = apply_strain(model, args)
        objective = read_objective(model)
        biomass = Biomass(None)
        if args.objective is None:
            biomass = find_biomass(model, args.biomass, objective)
            if biomass.problem is not None and aim == "growth" and objective.terms:
                message = f"growth of model '{model.id}' is not known: {biomass.problem}"
                raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=_ways_out(biomass, objective))
            objective = _aim(model, biomass, objective, aim)
        with LinearProgram(model, split=split) as program:
            yield Conditions(model, args, changes, closed, biomass, objective, program)


def measure_growth(model: Model, named: str | None) -> tuple[Optimum, Biomass]:
    """The best growth (1/h) in the medium of the model, None as well if it is not known; and what growth is.

    Args:
        model: As it was afterwards.
        named: What the user says that the biomass reaction is.

    Raises:
        FluxError: As `hold_conditions`.
    """
    with hold_conditions(model, ConditionArgs(biomass=named), aim="growth_if_known") as conditions:
        optimum = optimise(conditions.program)
        known = optimum if conditions.aims_at_growth else Optimum(optimum.status, None)
        return known, conditions.biomass


def _ways_out(biomass: Biomass, objective: Objective) -> tuple[str, ...]:
    if biomass.backwards is not None:
        return ()  # the message has it, and its own flux is not growth
    names = biomass.candidates or tuple(reaction.id for reaction, _ in objective.terms)
    argument = "biomass" if biomass.candidates else "objective"
    return tuple(f"{argument}={name}" for name in names[:3])


def _aim(model: Model, biomass: Biomass, stated: Objective, aim: Aim) -> Objective:
    """Let the model optimise what the aim says; returns that."""
    keeps = aim == "objective" and stated.terms
    is_asked = stated.terms or biomass.found_by == "user"
    if keeps or not is_asked or biomass.reaction is None or stated.maximises(biomass.reaction):
        return stated
    model.objective = biomass.reaction
    model.objective_direction = "max"
    return Objective(((biomass.reaction, 1.0),), "max")
