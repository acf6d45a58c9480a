"""The targets of knock-outs: genes or reactions that a laboratory can delete."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fluxagents.tasks.fba.solving.conditions import require_reaction
from fluxagents.tasks.fba.solving.gene_rules import GeneRules
from fluxagents.tasks.fba.solving.wild_type import Disabled

if TYPE_CHECKING:
    from cobra import Gene, Model, Reaction

SPONTANEOUS = "s0001"
"""The BiGG models' gene of reactions that need no enzyme."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to knock out, and what it disables."""

    id: str
    equivalents: tuple[str, ...]
    """Other targets that disable the same, such as other subunits of a complex."""
    disabled: Disabled


class Targets:
    """The targets of a model.

    Args:
        model: Under its conditions.
        kind: What is knocked out.
        candidates: Ids of the only ones that may be; all if None.
        excluded: Ids that may not be.

    Reactions that no gene catalyses, that happen without an enzyme, that cross the boundary or make up the
    objective are no targets unless they are named; what carries no flux anyway is none.

    Raises:
        FluxError: `UNKNOWN_ID` for a candidate or an excluded id that the model does not have.
    """

    def __init__(
        self,
        model: Model,
        kind: Literal["genes", "reactions"],
        candidates: Collection[str] | None,
        excluded: Collection[str],
    ) -> None:
        self._rules = GeneRules(model)
        self._kind = kind
        self.items = self._genes(model, candidates, excluded)
        if kind == "reactions":
            self.items = self._reactions(model, candidates, excluded)

    def both(self, first: Target, second: Target) -> Disabled:
        """The reactions that two knock-outs disable together: with isozymes, more than each alone."""
        if self._kind == "genes" and self._rules.share_a_rule(first.id, second.id):
            return self._rules.disabled_reactions((first.id, second.id))
        return first.disabled | second.disabled

    def _genes(
        self, model: Model, candidates: Collection[str] | None, excluded: Collection[str]
    ) -> tuple[Target, ...]:
        if self._kind != "genes":
            return ()
        left_out = {gene.id for gene in self._rules.require_genes(excluded)}
        named = model.genes if candidates is None else self._rules.require_genes(candidates)
        genes = [gene for gene in named if gene.id not in left_out and (candidates or _is_enzyme(gene))]
        indices = {reaction.id: index for index, reaction in enumerate(model.reactions)}
        genes_by_effect: dict[tuple[Disabled, str], list[str]] = {}
        for gene in genes:
            disabled = self._rules.disabled_reactions((gene.id,))
            # With isozymes somewhere two genes may disable the same alone and not the same with a third one.
            is_alone = disabled == {indices[reaction.id] for reaction in gene.reactions}
            genes_by_effect.setdefault((disabled, "" if is_alone else gene.id), []).append(gene.id)
        return tuple(
            Target(ids[0], tuple(ids[1:]), disabled) for (disabled, _), ids in genes_by_effect.items()
        )

    def _reactions(
        self, model: Model, candidates: Collection[str] | None, excluded: Collection[str]
    ) -> tuple[Target, ...]:
        left_out = {require_reaction(model, identifier) for identifier in excluded}
        named = None if candidates is None else {require_reaction(model, name) for name in candidates}
        return tuple(
            Target(reaction.id, (), frozenset({index}))
            for index, reaction in enumerate(model.reactions)
            if reaction.id not in left_out
            and reaction.bounds != (0, 0)
            and (_is_catalysed(reaction) if named is None else reaction.id in named)
        )


def _is_enzyme(gene: Gene) -> bool:
    return gene.id != SPONTANEOUS and "spontaneous" not in (gene.name or "").casefold()


def _is_catalysed(reaction: Reaction) -> bool:
    """Whether a reaction needs an enzyme: it loses its flux when all its true genes are gone."""
    if reaction.boundary or reaction.objective_coefficient or not reaction.genes:
        return False
    return not reaction.gpr.eval({gene.id for gene in reaction.genes if _is_enzyme(gene)})
