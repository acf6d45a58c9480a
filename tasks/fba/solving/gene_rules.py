"""Gene rules: which reactions lose their flux when genes are knocked out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.entity_names import suggest_named
from fluxagents.tasks.fba.solving.lazy_libraries import cobra

if TYPE_CHECKING:
    from cobra import Gene, Model
    from cobra.core.gene import GPR


class GeneRules:
    """The gene rules of a model; genes that it marks as broken count as knocked out already."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._indices = {reaction.id: index for index, reaction in enumerate(model.reactions)}
        self._broken = frozenset(gene.id for gene in model.genes if not gene.functional)

    def require_genes(self, ids: Iterable[str]) -> tuple[Gene, ...]:
        """The genes with these ids, each once; raises `UNKNOWN_ID` with the ids of their names, or near."""
        wanted, genes = tuple(dict.fromkeys(ids)), self._model.genes
        unknown = [identifier for identifier in wanted if identifier not in genes]
        if unknown:
            # All names at once: a caller that corrects one at a time fails as often as there are names.
            named = [hint for identifier in unknown for hint in suggest_named("gene", identifier, genes)]
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"gene '{unknown[0]}' is not in model '{self._model.id}'",
                suggestions=tuple(named) or nearest(unknown[0], [gene.id for gene in genes]),
            )
        return tuple(genes.get_by_id(identifier) for identifier in wanted)

    def disabled_reactions(self, genes: Iterable[str]) -> frozenset[int]:
        """The indices in `model.reactions` of all reactions whose rules fail without these genes."""
        missing = set(genes)
        touched = frozenset[str]().union(*(self._touched[identifier] for identifier in missing))
        without = missing | self._broken
        by_id = self._model.reactions.get_by_id
        return frozenset(self._indices[name] for name in touched if not by_id(name).gpr.eval(without))

    def share_a_rule(self, first: str, second: str) -> bool:
        """Whether two genes stand in one rule: otherwise they disable what each alone disables."""
        return not self._touched[first].isdisjoint(self._touched[second])

    @cached_property
    def _touched(self) -> dict[str, frozenset[str]]:
        return {gene.id: frozenset(r.id for r in gene.reactions) for gene in self._model.genes}


def read_rule(text: str, reaction: str) -> GPR:
    """A gene rule such as `(b0001 and b0002) or b0003`; raises `BAD_ARGUMENT` if it cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # an unreadable rule is told by its empty body
        rule = cobra.core.gene.GPR.from_string(text)
    if text.strip() and rule.body is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"gene rule '{text}' of reaction '{reaction}' cannot be read",
            suggestions=("such as '(b0001 and b0002) or b0003'",),
        )
    return rule
