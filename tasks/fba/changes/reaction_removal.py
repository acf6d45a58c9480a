"""Many reactions out of a model in one go; cobra takes out one at a time, and numbers all others anew."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.solving.lazy_libraries import cobra

if TYPE_CHECKING:
    from cobra import Model, Reaction

ROWS_AT_ONCE = 300
"""Of 350 and more optlang puts those that remain in an order that differs from process to process."""


def remove_reactions(model: Model, reactions: Collection[Reaction]) -> None:
    """Take out reactions, and the metabolites and genes that no other reaction has.

    Inside `with model:` cobra does it, which alone knows how to put each back.
    """
    if cobra.util.context.get_context(model) is not None:
        model.remove_reactions(list(reactions), remove_orphans=True)
        return
    dropped = frozenset(reactions)
    columns = [column for item in reactions for column in (item.forward_variable, item.reverse_variable)]
    touched = {part for item in reactions for part in (*item.metabolites, *item.genes)}
    for item in reactions:
        for part in (*item.metabolites, *item.genes):
            part._reaction.discard(item)  # noqa: SLF001 - as cobra's own `remove_reactions`
    orphans = {part for part in touched if not part.reactions}
    rows = [metabolite.constraint for metabolite in model.metabolites if metabolite in orphans]
    if columns:
        model.remove_cons_vars(columns)
    for first in range(0, len(rows), ROWS_AT_ONCE):
        model.remove_cons_vars(rows[first : first + ROWS_AT_ONCE])
    for group in model.groups:
        group.remove_members([item for item in group.members if item in dropped or item in orphans])
    model.reactions = cobra.DictList(item for item in model.reactions if item not in dropped)
    model.metabolites = cobra.DictList(item for item in model.metabolites if item not in orphans)
    model.genes = cobra.DictList(item for item in model.genes if item not in orphans)
    for item in (*dropped, *orphans):
        item._model = None  # noqa: SLF001 - as above
