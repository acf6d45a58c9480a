"""Growth before and after a change of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pydantic import JsonValue

from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.solving.growth import GrowthResult, measure_growth, report_biomass
from fluxagents.tasks.fba.solving.lazy_libraries import cobra
from fluxagents.tasks.fba.solving.outcome import Outcome

if TYPE_CHECKING:
    from cobra import Model

T = TypeVar("T")


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
    with hold_change(model, change) as done:
        after, found = measure_growth(model, biomass)
    return {
        "model_id": model.id or "",
        "status_before": before.status,
        "status": after.status,
        "growth_before_per_h": before.value,
        "growth_per_h": after.value,
        **report_biomass(found),
    }, done


@contextmanager
def hold_change(model: Model, change: Callable[[Model], T]) -> Iterator[T]:
    """Let a change of the model hold for a while; gives what the change reports."""
    context = cobra.util.context.get_context(model)
    if context is not None:
        # When a context within another ends, cobra notes to add the genes again when the outer one ends.
        context(partial(_drop_genes, model, frozenset(gene.id for gene in model.genes)))
    with model:
        yield change(model)


def _drop_genes(model: Model, known: frozenset[str]) -> None:
    """Take out the genes that are not known."""
    model.genes -= [gene for gene in model.genes if gene.id not in known]
