"""Growth before and after a change of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pydantic import JsonValue

from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.solving.growth import GrowthResult, measure_growth, report_biomass
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import DictList, Model

T = TypeVar("T")

LARGE = 4_000
"""Reactions. To put thousands back into a universal model takes cobra minutes, to copy it a second."""


class GrowthChange(GrowthResult):
    """Best growth of the model in its own medium, before and after a change."""

    model_id: str
    status_before: Outcome
    status: Outcome
    growth_before_per_h: float | None
    growth_per_h: float | None

    def growths(self) -> dict[str, JsonValue]:
        """As a display shows them."""
        return {
            "model": cut_text(self.model_id),
            "status_before": str(self.status_before),
            "growth_before_per_h": self.growth_before_per_h,
            "status": str(self.status),
            "growth_per_h": self.growth_per_h,
            **self.describe_biomass(),
        }


def compare_growth(
    model: Model, biomass: str | None, change: Callable[[Model], T]
) -> tuple[dict[str, object], T]:
    """The fields of a `GrowthChange` and the report of the change; the model is restored afterwards."""
    before, _ = measure_growth(model, biomass)
    with hold_change(model, change) as (changed, done):
        after, found = measure_growth(changed, biomass)
    return {
        "model_id": model.id or "",
        "status_before": before.status,
        "status": after.status,
        "growth_before_per_h": before.value,
        "growth_per_h": after.value,
        **report_biomass(found),
    }, done


@contextmanager
def hold_change(model: Model, change: Callable[[Model], T]) -> Iterator[tuple[Model, T]]:
    """Let a change hold for a while; gives the changed model, and what the change reports.

    A large model is changed in a copy, and an interrupt leaves no half of the change in it. What was taken
    out of a small one is put back where it was.
    """
    if len(model.reactions) > LARGE:
        changed = model.copy()
        yield changed, _change(changed, change)
        return
    context = cobra.util.context.get_context(model)
    if context is not None:
        # When a context within another ends, cobra notes to add the genes again when the outer one ends.
        context(partial(_drop_genes, model, frozenset(gene.id for gene in model.genes)))
    order = [[item.id for item in items] for items in _list_parts(model)]
    try:
        with model:
            yield model, _change(model, change)
    finally:
        for items, ids in zip(_list_parts(model), order, strict=True):
            _restore_order(items, ids)


def _change(model: Model, change: Callable[[Model], T]) -> T:
    """Change it, and order new genes: cobra adds those of a rule as a set, in an order of each process."""
    known = {gene.id: place for place, gene in enumerate(model.genes)}
    done = change(model)
    model.genes.sort(key=lambda gene: (known.get(gene.id, len(known)), gene.id))
    return done


def _list_parts(model: Model) -> tuple[DictList, ...]:
    return model.reactions, model.metabolites, model.genes


def _restore_order(items: DictList, ids: Sequence[str]) -> None:
    """As before: cobra puts back at the end, and equal models in another order have other digests."""
    if [item.id for item in items] != ids:
        places = {name: place for place, name in enumerate(ids)}
        items.sort(key=lambda item: places.get(item.id, len(ids)))


def _drop_genes(model: Model, known: frozenset[str]) -> None:
    """Take out the genes that are not known."""
    model.genes -= [gene for gene in model.genes if gene.id not in known]
