"""Growth under conditions: the optimum of the objective, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field, JsonValue

from fluxagents.tasks.display import cut_text, list_names, list_values
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, MediumChange, medium_of
from fluxagents.tasks.fba.solving.linear_program import LinearProgram
from fluxagents.tasks.fba.solving.outcome import ZERO_GROWTH_PER_H, Outcome
from fluxagents.tasks.fba.solving.strain import StrainArgs, apply_strain
from fluxagents.tasks.ports.results import Result

if TYPE_CHECKING:
    from cobra import Model


@dataclass(frozen=True, slots=True)
class Optimum:
    """How the objective was optimised; `value` is None unless the outcome has growth."""

    status: Outcome
    value: float | None


class ConditionResult(Result):
    """What every analysis says about the conditions it ran under."""

    model_id: str
    status: Outcome
    objective: str = Field(description="What was optimised: reactions with their coefficients.")
    objective_direction: Literal["max", "min"]
    growth_per_h: float | None = Field(
        description="Best value of the model's own objective; None without one, or with another objective."
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
        }
        if self.objective_flux_mmol_per_gdw_h is not None:
            fields["objective_flux_mmol_per_gdw_h"] = self.objective_flux_mmol_per_gdw_h
        if self.medium_changes:
            changed = {change.exchange: change.uptake_after_mmol_per_gdw_h for change in self.medium_changes}
            fields["changed_uptakes_mmol_per_gdw_h"] = list_values(changed, limit)
        else:
            fields["medium"] = f"as in the model: {len(self.medium_mmol_per_gdw_h)} open uptakes"
        return fields


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
    program: LinearProgram

    def report(self, optimum: Optimum) -> dict[str, object]:
        """The fields of a `ConditionResult`; the program must still have its first objective."""
        named = self.args.objective is not None
        return {
            "model_id": self.model.id or "",
            "status": optimum.status,
            "objective": objective_text(self.model, self.program),
            "objective_direction": "max" if self.program.maximises else "min",
            "growth_per_h": None if named else optimum.value,
            "objective_flux_mmol_per_gdw_h": optimum.value if named else None,
            "medium_mmol_per_gdw_h": medium_of(self.model),
            "medium_changes": self.changes,
        } | self._strain()

    def _strain(self) -> dict[str, object]:
        if not isinstance(self.args, StrainArgs):
            return {}
        return {"knock_outs": self.args.knock_outs, "closed_by_knock_outs": self.closed}


@contextmanager
def hold_conditions(model: Model, args: ConditionArgs, *, split: bool = False) -> Iterator[Conditions]:
    """Let conditions hold for a while; raises as `apply_strain` and `LinearProgram`."""
    with model:
        changes, closed = apply_strain(model, args)
        with LinearProgram(model, split=split) as program:
            yield Conditions(model, args, changes, closed, program)


def objective_text(model: Model, program: LinearProgram) -> str:
    """The objective as `0.5 A + B`; empty if there is none."""
    terms = (
        model.reactions[index].id if value == 1 else f"{value:g} {model.reactions[index].id}"
        for index, value in program.objective().items()
    )
    return " + ".join(terms)
