"""Predicted essential genes compared with observed ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.solving.confusion_matrix import ConfusionMatrix
from fluxagents.tasks.ports.results import Args
from fluxagents.tasks.ports.sources import Sources

if TYPE_CHECKING:
    import pandas as pd

_ESSENTIAL = {"e", "essential", "true", "yes", "1", "1.0"}
_NOT_ESSENTIAL = {"n", "ne", "non-essential", "nonessential", "false", "no", "0", "0.0"}


class ObservedArgs(Args):
    """What was observed: given as it is, or as a stored table."""

    observed: dict[str, bool] | None = Field(
        default=None,
        description="Gene id -> whether it was observed to be essential, to compare with.",
    )
    observed_table: str | None = Field(
        default=None,
        max_length=300,
        description="Instead of 'observed': digest of a stored table, as `artifacts add` prints it.",
    )
    gene_column: str = Field(default="gene", description="Of the table.")
    essential_column: str = Field(
        default="essential",
        description="Of the table: true/false, yes/no, 1/0 or E/N.",
    )
    unlisted_genes: Literal["left_out", "not_essential"] = Field(
        default="left_out",
        description="Genes of the model that were not observed; not_essential for a list of essential genes.",
    )

    @model_validator(mode="after")
    def _one_observation(self) -> Self:
        if self.observed is not None and self.observed_table is not None:
            raise ValueError("give 'observed' or 'observed_table', not both")
        return self


class Agreement(ConfusionMatrix):
    """Predicted against observed genes; positive is essential."""

    genes_observed: int = Field(description="Count of genes in the table.")
    genes_compared: int = Field(description="Count of genes that were tested and have an observation.")
    unmapped: tuple[str, ...] = Field(description="Observed genes that the model does not have.")
    not_tested: tuple[str, ...] = Field(description="Observed genes of the model that were not tested.")
    only_predicted: tuple[str, ...] = Field(description="The false positives.")
    only_observed: tuple[str, ...] = Field(description="The false negatives.")


def read_observations(sources: Sources, args: ObservedArgs) -> Mapping[str, bool] | None:
    """The observations of the table that the arguments name; None if they name none.

    Raises:
        FluxError: `UNKNOWN_ID` for a table or column that is not there, `BAD_ARGUMENT` for a value that says
            neither yes nor no, or for a gene that is listed as both.
    """
    if args.observed_table is None:
        return None
    store = sources.artifacts
    table = store.table(store.find(args.observed_table))
    return observations(table, args.gene_column, args.essential_column)


def observations(table: pd.DataFrame, gene_column: str, essential_column: str) -> Mapping[str, bool]:
    """A table's rows as gene id -> whether it is essential; raises as `read_observations`."""
    columns = [str(column) for column in table.columns]
    for column in (gene_column, essential_column):
        if column not in columns:
            hints = (*nearest(column, columns), f"columns: {', '.join(columns[:40])}")
            raise FluxError(ErrorClass.UNKNOWN_ID, f"the table has no column '{column}'", suggestions=hints)
    observed: dict[str, bool] = {}
    for gene, value in zip(table[gene_column], table[essential_column], strict=True):
        essential = _is_essential(str(gene), value)
        if observed.setdefault(str(gene), essential) != essential:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"gene '{gene}' is listed as essential and as not")
    return observed


def agreement(
    observed: Mapping[str, bool],
    tested: Collection[str],
    essential: Collection[str],
    in_model: Collection[str],
    *,
    unlisted: Literal["left_out", "not_essential"],
) -> Agreement:
    """Compare the genes that were both tested and observed.

    Args:
        observed: Gene id -> whether it was observed to be essential.
        tested: Ids whose knock-out was simulated.
        essential: Those of them that the model cannot grow without.
        in_model: Ids of all genes of the model.
        unlisted: What a tested gene is that was not observed.
    """
    known, predicted = set(in_model), set(essential)
    compared = [gene for gene in tested if gene in observed or unlisted == "not_essential"]
    pairs = [(gene, gene in predicted, observed.get(gene, False)) for gene in compared]
    return Agreement.of(
        (row[1:] for row in pairs),
        genes_observed=len(observed),
        genes_compared=len(pairs),
        unmapped=tuple(sorted(gene for gene in observed if gene not in known)),
        not_tested=tuple(sorted((observed.keys() & known) - set(tested))),
        only_predicted=tuple(
            sorted(gene for gene, is_predicted, is_observed in pairs if is_predicted and not is_observed)
        ),
        only_observed=tuple(
            sorted(gene for gene, is_predicted, is_observed in pairs if is_observed and not is_predicted)
        ),
    )


def _is_essential(gene: str, value: object) -> bool:
    word = str(value).strip().casefold()
    if word not in _ESSENTIAL | _NOT_ESSENTIAL:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"gene '{gene}' is '{cut_text(str(value))}', which says neither essential nor not",
            suggestions=("write true or false, yes or no, 1 or 0, E or N",),
        )
    return word in _ESSENTIAL
