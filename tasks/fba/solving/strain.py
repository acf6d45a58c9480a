"""The strain and the substrate of an analysis, while a tool runs.

Nothing is stored and no approval is needed; `knock_out` makes a mutant that stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from pydantic import Field

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.entity_names import suggest_named
from fluxagents.tasks.fba.solving.conditions import ConditionArgs, MediumChange, apply_conditions
from fluxagents.tasks.fba.solving.gene_rules import GeneRules
from fluxagents.tasks.ports.models import Concern

if TYPE_CHECKING:
    from cobra import Model


class StrainArgs(ConditionArgs):
    """Conditions, and what the strain lacks under them; the stored model stays as it is."""

    knock_outs: tuple[str, ...] = Field(
        default=(), description="Gene and reaction ids that are knocked out together for this analysis only."
    )

    @property
    def further_concerns(self) -> frozenset[Concern]:
        return frozenset({Concern.GENES} if self.knock_outs else ())

    def in_effect(self, model: Model) -> Self:
        """The same with what follows from the model, such as the uptakes that a sole substrate closes."""
        del model
        return self


def apply_strain(model: Model, args: ConditionArgs) -> tuple[tuple[MediumChange, ...], tuple[str, ...]]:
    """Set medium, objective and knock-outs: call it inside `with model:`.

    Returns:
        The uptakes that changed, and the reactions that the knock-outs close.

    Raises:
        FluxError: As `apply_conditions` and `close_knock_outs`.
    """
    if not isinstance(args, StrainArgs):
        return apply_conditions(model, args), ()
    return apply_conditions(model, args.in_effect(model)), close_knock_outs(model, args.knock_outs)


def close_knock_outs(model: Model, ids: Iterable[str]) -> tuple[str, ...]:
    """Close what these genes and reactions carry: call it inside `with model:`; returns those reactions.

    Raises:
        FluxError: `UNKNOWN_ID` for an id that is no gene and no reaction, with the ids of that name or near.
    """
    identifiers = tuple(dict.fromkeys(ids))
    unknown = [name for name in identifiers if name not in model.genes and name not in model.reactions]
    if unknown:
        known = [item.id for group in (model.genes, model.reactions) for item in group]
        # All names at once: a caller that corrects one at a time fails as often as there are names.
        named = [hint for identifier in unknown for hint in _suggest(model, identifier)]
        message = f"knock-out '{unknown[0]}' is no gene or reaction of model '{model.id}'"
        raise FluxError(
            ErrorClass.UNKNOWN_ID, message, suggestions=tuple(named) or nearest(unknown[0], known)
        )
    disabled = GeneRules(model).disabled_reactions(
        identifier for identifier in identifiers if identifier in model.genes
    )
    closed = [
        reaction
        for index, reaction in enumerate(model.reactions)
        if index in disabled or reaction.id in identifiers
    ]
    for reaction in closed:
        reaction.bounds = (0.0, 0.0)
    return tuple(reaction.id for reaction in closed)


def _suggest(model: Model, identifier: str) -> tuple[str, ...]:
    """Sentences that name the gene or reaction of a name."""
    named = suggest_named("gene", identifier, model.genes)
    return named or suggest_named("reaction", identifier, model.reactions)
