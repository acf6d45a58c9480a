"""Which differences between two models change a prediction: each is put into the other model alone.

All reactions of the other model are added to a model at once, closed, so that each difference is a change of
bounds and needs one solve from a warm basis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from fluxagents.tasks.fba.solving.conditions import ConditionArgs, require_reaction
from fluxagents.tasks.fba.solving.growth import hold_conditions
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.fba.solving.linear_program import LinearProgram, Sense, clean
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model, Reaction

SAME = 1e-6
"""A prediction is the same within this fraction, or this 1/h or mmol/gDW/h."""

GROWTH = "growth"

DifferenceKind = Literal["removed", "added", "bounds", "stoichiometry"]
"""What was done to the model that was changed: it lost a reaction that the other one lacks, got one that the
other one has, or got the other one's bounds or stoichiometry of a reaction that both have."""


class EffectRow(BaseModel):
    """What one difference does to one prediction of one model."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    model: str = Field(description="Which was changed.")
    towards: str = Field(description="The model that it was made more like.")
    reaction: str
    change: DifferenceKind
    quantity: str = Field(description="growth, or the reaction whose greatest flux at best growth it is.")
    before: float | None = Field(description="1/h for growth, mmol/gDW/h for a flux.")
    after: float | None = Field(description="1/h or mmol/gDW/h; None if nothing is feasible any more.")


@dataclass(frozen=True, slots=True)
class _Difference:
    reaction: str
    change: DifferenceKind
    bounds: Mapping[int, tuple[float, float]]
    """That make the difference: index in the enlarged model's reactions -> bounds."""


def find_effects(
    named: tuple[str, Model], other: tuple[str, Model], args: ConditionArgs, quantities: Sequence[str]
) -> tuple[int, tuple[EffectRow, ...]]:
    """Put each difference of another model into a model, alone, under the same conditions.

    Args:
        named: The model that is changed, with its name; it is as it was afterwards.
        other: The model whose reactions it gets.
        args: The conditions.
        quantities: Reactions whose greatest flux at best growth is compared beside growth.

    Returns:
        How many differences there are, and those that change a prediction, growth and the greatest first.

    Raises:
        FluxError: `UNKNOWN_ID` for a quantity that is no reaction of the model; as `hold_conditions`.
    """
    (name, model), (other_name, source) = named, other
    asked = [model.reactions.index(require_reaction(model, quantity)) for quantity in quantities]
    with hold_conditions(model, args, aim="growth_if_known") as held, model:
        optimised = {reaction.id for reaction, _ in held.objective.terms}
        differences = list(_build_differences(model, source, optimised))
        with LinearProgram(model) as program:
            predict = _Predictions(program, program.objective(), "max" if program.maximises else "min", asked)
            before = predict.compute()
            if before[0] is None:
                return len(differences), ()
            program.remember_basis()
            rows: list[EffectRow] = []
            for difference in differences:
                program.restore_basis()
                with program.hold_bounds(difference.bounds):
                    after = predict.compute()
                rows += [
                    EffectRow(
                        model=name,
                        towards=other_name,
                        reaction=difference.reaction,
                        change=difference.change,
                        quantity=quantity,
                        before=first,
                        after=second,
                    )
                    for quantity, first, second in zip((GROWTH, *quantities), before, after, strict=True)
                    if not _is_same(first, second)
                ]
    return len(differences), tuple(sorted(rows, key=_rank))


def _build_differences(model: Model, source: Model, optimised: set[str]) -> Iterator[_Difference]:
    """The differences in reactions, but for what is optimised; adds the other model's reactions, closed."""
    own = {reaction.id: reaction for reaction in model.reactions}
    new: list[tuple[Reaction, str, DifferenceKind, tuple[float, float]]] = []
    for theirs in source.reactions:
        mine = own.get(theirs.id)
        if theirs.id in optimised:
            continue
        if mine is None:
            new.append((_copy(model, theirs, theirs.id), theirs.id, "added", theirs.bounds))
        elif _stoichiometry(mine) != _stoichiometry(theirs):
            copied = _copy(model, theirs, f"{theirs.id}__of_other")
            new.append((copied, theirs.id, "stoichiometry", theirs.bounds))
        elif mine.bounds != theirs.bounds and not mine.boundary:  # those of exchanges are the medium
            yield _Difference(theirs.id, "bounds", {model.reactions.index(mine): theirs.bounds})
    for identifier, mine in own.items():
        if identifier not in source.reactions and identifier not in optimised:
            yield _Difference(identifier, "removed", {model.reactions.index(mine): (0.0, 0.0)})
    model.add_reactions([reaction for reaction, *_ in new])
    for reaction, identifier, change, bounds in new:
        opened = {model.reactions.index(reaction): bounds}
        if change == "stoichiometry":
            opened[model.reactions.index(identifier)] = (0.0, 0.0)
        yield _Difference(identifier, change, opened)


def _copy(model: Model, reaction: Reaction, identifier: str) -> Reaction:
    """The reaction between the model's own metabolites, closed; of those that it lacks, copies."""
    copied = cobra.Reaction(identifier, lower_bound=0.0, upper_bound=0.0)
    copied.add_metabolites(
        {
            model.metabolites.get_by_id(m.id) if m.id in model.metabolites else m.copy(): value
            for m, value in reaction.metabolites.items()
        }
    )
    return copied


def _stoichiometry(reaction: Reaction) -> dict[str, float]:
    return {metabolite.id: float(value) for metabolite, value in reaction.metabolites.items()}


@dataclass(frozen=True, slots=True)
class _Predictions:
    """What is predicted with a program, whatever its bounds are."""

    program: LinearProgram
    objective: Mapping[int, float]
    sense: Sense
    asked: Sequence[int]

    def compute(self) -> tuple[float | None, ...]:
        """Best growth, and the greatest flux of each reaction at it; None where there is none."""
        self.program.set_objective(self.objective, self.sense)
        if self.program.solve() is not Outcome.OPTIMAL:
            return (None,) * (1 + len(self.asked))
        growth = clean(self.program.value)
        if not self.asked:
            return (growth,)
        with self.program.hold_optimal_face():
            self.program.set_objective({}, "max")
            return (growth, *(self.program.extreme(index, "max") for index in self.asked))


def _is_same(first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        return first is second
    return abs(first - second) <= SAME * max(1.0, abs(first), abs(second))


def _rank(row: EffectRow) -> tuple[bool, float, str]:
    """Growth before fluxes, the greatest change first; what is lost altogether is the greatest."""
    change = float("inf") if row.before is None or row.after is None else abs(row.after - row.before)
    return row.quantity != GROWTH, -change, row.reaction
