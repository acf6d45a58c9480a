"""A mutant: a new model without some genes and reactions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from pydantic import Field, JsonValue, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.catalog import MODEL_BEFORE
from fluxagents.tasks.display import list_names
from fluxagents.tasks.fba.changes.growth_change import GrowthChange, compare_growth
from fluxagents.tasks.fba.changes.set_bounds import BoundsChange, changes_table, display_changes, set_bounds
from fluxagents.tasks.fba.solving.conditions import GrowthArgs, require_reaction
from fluxagents.tasks.fba.solving.gene_rules import GeneRules
from fluxagents.tasks.ports.models import Concern
from fluxagents.tasks.tool import PREDICTIONS, Tool

if TYPE_CHECKING:
    import pandas as pd
    from cobra import Model


class Args(GrowthArgs):
    """What is knocked out, all of it together; at least one gene or reaction."""

    genes: tuple[str, ...] = Field(default=(), description="Gene ids.")
    reactions: tuple[str, ...] = Field(default=(), description="Reaction ids.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.genes and not self.reactions:
            raise ValueError("give 'genes', 'reactions' or both")
        return self


class Result(GrowthChange):
    """What was knocked out, and growth before and after."""

    genes: tuple[str, ...] = Field(description="Genes that were functional before.")
    changes: tuple[BoundsChange, ...] = Field(description="Reactions that carry no flux any more.")
    genes_without_effect: tuple[str, ...] = Field(
        description="Genes all of whose reactions have other genes, or were closed before."
    )

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"changes": changes_table(self.changes)}

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {
            **self.growths(),
            "genes_knocked_out": list_names(self.genes, limit),
            "genes_without_effect": list_names(self.genes_without_effect, limit),
            "closed_reactions_bounds_mmol_per_gdw_h": display_changes(self.changes, limit),
        }


def run(model: Model, args: Args) -> Result:
    """Report what `change` does to the model: bounds in mmol/gDW/h, growth in 1/h.

    Raises:
        FluxError: `UNKNOWN_ID` with the nearest ids; `BAD_ARGUMENT` if nothing would change.
    """
    growths, done = compare_growth(model, args.biomass, lambda changed: _knock_out(changed, args))
    return Result.model_validate(growths | done)


def change(model: Model, args: Args) -> None:
    """Knock out genes and reactions of the model; raises as `run`.

    The genes stay in the model, marked as not functional, so that a later knock-out of an isozyme knows them.
    """
    _knock_out(model, args)


def _knock_out(model: Model, args: Args) -> dict[str, object]:
    genes = [gene for gene in GeneRules(model).require_genes(args.genes) if gene.functional]
    named = [require_reaction(model, identifier) for identifier in dict.fromkeys(args.reactions)]
    for gene in genes:
        gene.functional = False
    disabled = GeneRules(model).disabled_reactions(gene.id for gene in genes)
    by_genes = [reaction for index, reaction in enumerate(model.reactions) if index in disabled]
    by_name = [model.reactions.get_by_id(identifier) for identifier in named]
    changes = [set_bounds(reaction, 0.0, 0.0) for reaction in dict.fromkeys((*by_genes, *by_name))]
    closed = [change for change in changes if change is not None]
    if not genes and not closed:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"all of it is knocked out in model '{model.id}' already: nothing would change",
        )
    touched = {change.reaction for change in closed}
    without_effect = (gene.id for gene in genes if touched.isdisjoint(r.id for r in gene.reactions))
    return {
        "genes": tuple(gene.id for gene in genes),
        "changes": tuple(closed),
        "genes_without_effect": tuple(without_effect),
    }


TOOL = Tool(
    name="knock_out",
    purpose="Make a new model without some genes and/or reactions, all together. Needs approval.",
    answers=("growth", "exchange fluxes"),
    args=Args,
    result=Result,
    run=run,
    rests_on=PREDICTIONS | {Concern.GENES},
    change=change,
    compensation=MODEL_BEFORE,
    reference="Edwards, Palsson 2000, doi:10.1073/pnas.97.10.5528",
    example={"genes": ["b1676", "b1854"], "reactions": ["PFL"]},
)
