"""What a user observed: on which sources of an element the strain grows, and how a model agrees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.media.library.biolog_plate import (
    COLUMNS,
    CONTROL,
    ROWS,
    compounds_by_well,
    read_well,
)
from fluxagents.tasks.fba.solving.confusion_matrix import ConfusionMatrix
from fluxagents.tasks.ports.results import Args
from fluxagents.tasks.ports.sources import Sources

if TYPE_CHECKING:
    import pandas as pd

_GROWTH = {"growth", "grows", "g", "+", "true", "yes", "y", "1", "1.0", "positive"}
_NO_GROWTH = {"no growth", "no_growth", "ng", "-", "\u2212", "false", "no", "n", "0", "0.0", "negative"}
_NOTHING = {"", "nan", "none", "na", "n/a", "nd"}


class PhenotypeArgs(Args):
    """What was observed: given as it is, or as a stored table."""

    phenotypes: dict[str, bool] | None = Field(
        default=None,
        description="Source (name, metabolite or exchange) -> whether growth was observed, to compare with.",
    )
    phenotype_table: str | None = Field(
        default=None,
        max_length=300,
        description="Instead of 'phenotypes': digest of a stored table of sources, or of a Biolog PM1 plate.",
    )
    source_column: str = Field(default="source", description="Of the table.")
    growth_column: str = Field(
        default="growth", description="Of the table: yes/no, true/false, +/-, or numbers."
    )
    growth_from: float | None = Field(
        default=None,
        description="Of a table of numbers: the least that is growth, in the table's unit, not 1/h.",
    )

    @model_validator(mode="after")
    def _one_observation(self) -> Self:
        if self.phenotypes is not None and self.phenotype_table is not None:
            raise ValueError("give 'phenotypes' or 'phenotype_table', not both")
        return self

    @property
    def has_phenotypes(self) -> bool:
        """Whether there is something to compare with."""
        return self.phenotypes is not None or self.phenotype_table is not None


class PhenotypeAgreement(ConfusionMatrix):
    """Predicted against observed; positive is growth."""

    sources_observed: int = Field(description="Count of sources with an observation.")
    sources_compared: int = Field(description="Count of those that were screened.")
    unmapped: tuple[str, ...] = Field(description="Observed sources that the model does not exchange.")
    not_tested: tuple[str, ...] = Field(description="Observed exchanges of the model that were not screened.")
    only_predicted: tuple[str, ...] = Field(description="The false positives.")
    only_observed: tuple[str, ...] = Field(description="The false negatives.")


def read_phenotypes(sources: Sources, args: PhenotypeArgs) -> Mapping[str, bool] | None:
    """The observations that the arguments give or name; None if there are none.

    Raises:
        FluxError: As `phenotypes_in`, and `UNKNOWN_ID` for a table that is not stored.
    """
    if args.phenotype_table is None:
        return args.phenotypes
    store = sources.artifacts
    return phenotypes_in(store.table(store.find(args.phenotype_table)), args)


def phenotypes_in(table: pd.DataFrame, args: PhenotypeArgs) -> Mapping[str, bool]:
    """A table as source -> whether it was observed to support growth; empty cells are left out.

    Raises:
        FluxError: `UNKNOWN_ID` for a column that is not there, `BAD_ARGUMENT` for a value that says neither
            growth nor no growth, or for a source that is listed as both.
    """
    observed: dict[str, bool] = {}
    for source, value in _cells(table, args):
        if str(value).strip().casefold() in _NOTHING:
            continue
        grows = _is_growth(source, value, args.growth_from)
        if observed.setdefault(source, grows) != grows:
            message = f"source '{source}' is listed as growth and as no growth"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message)
    return observed


def compare_phenotypes(
    observed: Mapping[str, bool], exchange_of: Mapping[str, str], grows: Mapping[str, bool]
) -> PhenotypeAgreement:
    """Compare the sources that were both screened and observed.

    Args:
        observed: Source as the user wrote it -> whether growth was observed.
        exchange_of: The same source -> exchange reaction of the model, where there is one.
        grows: Exchange reaction -> whether the model grows.

    Raises:
        FluxError: `BAD_ARGUMENT` if two names of one exchange are observed differently.
    """
    by_exchange: dict[str, bool] = {}
    for source, exchange in exchange_of.items():
        if by_exchange.setdefault(exchange, observed[source]) != observed[source]:
            message = f"'{source}' is {exchange}, which is listed as growth and as no growth"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message)
    compared = sorted(by_exchange.keys() & grows.keys())
    return PhenotypeAgreement.of(
        ((grows[exchange], by_exchange[exchange]) for exchange in compared),
        sources_observed=len(observed),
        sources_compared=len(compared),
        unmapped=tuple(sorted(observed.keys() - exchange_of.keys())),
        not_tested=tuple(sorted(by_exchange.keys() - grows.keys())),
        only_predicted=tuple(name for name in compared if grows[name] and not by_exchange[name]),
        only_observed=tuple(name for name in compared if by_exchange[name] and not grows[name]),
    )


def _cells(table: pd.DataFrame, args: PhenotypeArgs) -> Iterator[tuple[str, Any]]:
    columns = {str(column).strip().casefold(): column for column in table.columns}
    if args.source_column in table.columns:
        yield from zip(table[args.source_column].map(str), _column(table, args.growth_column), strict=True)
    elif "well" in columns:
        wells = table[columns["well"]].map(str)
        yield from _wells(zip(wells, _column(table, args.growth_column), strict=True))
    elif set(COLUMNS) <= columns.keys():
        rows = table[table.columns[0]].map(str)
        yield from _wells(
            (f"{row}{column}", value)
            for column in COLUMNS
            for row, value in zip(rows, table[columns[column]], strict=True)
            if row.strip().upper() in ROWS
        )
    else:
        _column(table, args.source_column)


def _wells(cells: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    compounds = compounds_by_well()
    for text, value in cells:
        well = read_well(text)
        if well is None:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"'{cut_text(text)}' is no well of a plate",
                suggestions=("wells are A1 to H12",),
            )
        if well != CONTROL:
            yield compounds[well], value


def _column(table: pd.DataFrame, name: str) -> Any:
    if name in table.columns:
        return table[name]
    columns = [str(column) for column in table.columns]
    hints = (
        *nearest(name, columns),
        f"columns: {', '.join(columns[:40])}",
        "or a Biolog plate: rows A to H, columns 1 to 12",
    )
    raise FluxError(ErrorClass.UNKNOWN_ID, f"the table has no column '{name}'", suggestions=hints)


def _is_growth(source: str, value: object, growth_from: float | None) -> bool:
    word = str(value).strip().casefold()
    if growth_from is not None:
        try:
            return float(word) >= growth_from
        except ValueError as error:
            message = f"source '{source}' is '{cut_text(word)}', which is no number"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message) from error
    if word not in _GROWTH | _NO_GROWTH:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"source '{source}' is '{cut_text(word)}', which says neither growth nor no growth",
            suggestions=(
                "write yes or no, + or -, 1 or 0, growth or no growth; leave the cell empty if it is open",
                "or give 'growth_from', the least number that is growth",
            ),
        )
    return word in _GROWTH
