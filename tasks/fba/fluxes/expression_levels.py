"""Expression levels of reactions, from the levels of genes through the gene rules.

Subunits of an enzyme limit each other (and: the least level); isozymes replace or add to each other (or: the
greatest level, or the sum).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from fluxagents.flows.errors import ErrorClass, FluxError, nearest

if TYPE_CHECKING:
    from cobra import Model

Isozymes = Literal["max", "sum"]

MissingGenes = Literal["left_out", "zero", "refuse"]


class GeneLevels:
    """Measured levels by gene id.

    Args:
        model: The genes' ids, and their names where no other gene has the same.
        measured: Id or name of a gene -> level.
        missing: What a gene without a level is: left out of its rules, zero, or an error.

    Raises:
        FluxError: `UNKNOWN_ID` if no gene of the model is measured, `BAD_ARGUMENT` if one gene has two levels
            or one has none and that is refused.
    """

    def __init__(self, model: Model, measured: Mapping[str, float], missing: MissingGenes) -> None:
        ids = _ids_by_word(model)
        self.unmapped = tuple(sorted(word for word in measured if word not in ids))
        self.levels: dict[str, float] = {}
        for word, level in measured.items():
            if word in ids and self.levels.setdefault(ids[word], level) != level:
                raise FluxError(
                    ErrorClass.BAD_ARGUMENT, f"gene '{ids[word]}' has two levels, by id and by name"
                )
        if not self.levels:
            message = f"none of {len(measured)} measured genes is in model '{model.id}'"
            raise FluxError(
                ErrorClass.UNKNOWN_ID, message, suggestions=nearest(self.unmapped[0], ids) if measured else ()
            )
        self.missing = tuple(sorted(gene.id for gene in model.genes if gene.id not in self.levels))
        if self.missing and missing == "refuse":
            message = (
                f"{len(self.missing)} genes of model '{model.id}' have no level, such as '{self.missing[0]}'"
            )
            raise FluxError(
                ErrorClass.BAD_ARGUMENT, message, suggestions=("missing_genes 'left_out' or 'zero'",)
            )
        if missing == "zero":
            self.levels |= dict.fromkeys(self.missing, 0.0)

    def of_reactions(self, model: Model, isozymes: Isozymes) -> dict[str, float]:
        """Reaction id -> level, of those whose rule has a gene with a level."""
        levels = {reaction.id: self._level(reaction.gpr.body, isozymes) for reaction in model.reactions}
        return {identifier: level for identifier, level in levels.items() if level is not None}

    def _level(self, rule: ast.expr | None, isozymes: Isozymes) -> float | None:
        if isinstance(rule, ast.Name):
            return self.levels.get(rule.id)
        if not isinstance(rule, ast.BoolOp):
            return None
        parts = [level for part in rule.values if (level := self._level(part, isozymes)) is not None]
        if not parts:
            return None
        if isinstance(rule.op, ast.And):
            return min(parts)
        return max(parts) if isozymes == "max" else sum(parts)


def _ids_by_word(model: Model) -> dict[str, str]:
    names = [gene.name for gene in model.genes]
    by_name = {gene.name: gene.id for gene in model.genes if gene.name and names.count(gene.name) == 1}
    return by_name | {gene.id: gene.id for gene in model.genes}
