"""The objective of a model as its file has it: reactions with their coefficients, and the sense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fluxagents.tasks.fba.solving.lazy_libraries import cobra, swiglpk

if TYPE_CHECKING:
    from cobra import Model, Reaction


@dataclass(frozen=True, slots=True)
class Objective:
    """A weighted sum of fluxes that is maximised or minimised; its unit is that of its coefficients."""

    terms: tuple[tuple[Reaction, float], ...]
    direction: Literal["max", "min"]

    @property
    def text(self) -> str:
        """Such as `0.5 A + B`; empty if there is nothing to optimise."""
        return " + ".join(
            reaction.id if value == 1 else f"{value:g} {reaction.id}" for reaction, value in self.terms
        )

    def maximises(self, reaction: Reaction | None) -> bool:
        """Whether it is the flux of this reaction, maximised."""
        return self.direction == "max" and self.terms == ((reaction, 1.0),)

    def factor(self, reaction: Reaction) -> float | None:
        """The coefficient of this reaction; None unless the best value is its greatest flux times that."""
        if len(self.terms) != 1 or self.terms[0][0] is not reaction:
            return None
        value = self.terms[0][1]
        return value if (value > 0) == (self.direction == "max") else None


def read_objective(model: Model) -> Objective:
    """The objective that the model has at present.

    cobra reads it through symbolic terms, which takes ten times as long for a genome-scale model.
    """
    direction: Literal["max", "min"] = "min" if model.objective_direction == "min" else "max"
    solver = model.solver
    if not solver.interface.__name__.endswith("glpk_interface"):
        terms = cobra.util.solver.linear_reaction_coefficients(model)
        return Objective(tuple((reaction, float(value)) for reaction, value in terms.items()), direction)
    solver.update()
    problem, get = solver.problem, swiglpk.glp_get_obj_coef
    columns = range(1, swiglpk.glp_get_num_cols(problem) + 1)
    weights = {column: value for column in columns if (value := get(problem, column)) != 0.0}
    named = ((swiglpk.glp_get_col_name(problem, column), value) for column, value in weights.items())
    found = {name: value for name, value in named if name in model.reactions}
    in_order = sorted((model.reactions.index(name), value) for name, value in found.items())
    return Objective(tuple((model.reactions[index], value) for index, value in in_order), direction)
