"""A user's table of enzymes: turnover numbers and molecular weights by reaction."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.ports.results import Args

if TYPE_CHECKING:
    import pandas as pd

    from fluxagents.tasks.ports.sources import Sources


class Enzyme(BaseModel):
    """One enzyme of one reaction; what is not known is None."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    reaction: str
    kcat_per_s: float | None = Field(default=None, gt=0)
    reverse_kcat_per_s: float | None = Field(default=None, gt=0)
    molecular_weight_kda: float | None = Field(default=None, gt=0)


class EnzymeArgs(Args):
    """Enzymes: given as they are, or as a stored table; without both all have default values."""

    enzymes: tuple[Enzyme, ...] = Field(
        default=(),
        max_length=20_000,
        description="The cheapest is used.",
    )
    enzyme_table: str | None = Field(
        default=None,
        max_length=300,
        description="Instead: digest of a stored table.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.enzymes and self.enzyme_table is not None:
            raise ValueError("give 'enzymes' or 'enzyme_table', not both")
        return self


def read_enzymes(sources: Sources, args: EnzymeArgs) -> tuple[Enzyme, ...]:
    """The enzymes that the arguments name; none if they name no table.

    Raises:
        FluxError: `UNKNOWN_ID` for a table that is not stored or a column that it lacks, `BAD_ARGUMENT` for a
            cell that is no positive number.
    """
    if args.enzyme_table is None:
        return args.enzymes
    store = sources.artifacts
    return tuple(parse_enzymes(store.table(store.find(args.enzyme_table))))


def parse_enzymes(table: pd.DataFrame) -> Iterator[Enzyme]:
    """The rows of a table; empty cells are not known, other columns are passed over."""
    columns = {str(column).strip().casefold(): column for column in table.columns}
    for needed in ("reaction", "kcat_per_s"):
        if needed not in columns:
            hints = (*nearest(needed, columns), f"columns: {', '.join(map(str, table.columns[:40]))}")
            raise FluxError(ErrorClass.UNKNOWN_ID, f"the table has no column '{needed}'", suggestions=hints)
    known = [name for name in Enzyme.model_fields if name in columns]
    rows = zip(*(table[columns[name]].tolist() for name in known), strict=True)
    for number, row in enumerate(rows, start=1):
        cells = {name: _read_cell(cell) for name, cell in zip(known, row, strict=True)}
        if cells["reaction"] is not None:
            yield _build_enzyme(cells, number)


def _read_cell(cell: Any) -> Any:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    text = str(cell).strip()
    return text or None


def _build_enzyme(cells: dict[str, Any], number: int) -> Enzyme:
    try:
        return Enzyme.model_validate(cells)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        value = cut_text(repr(detail["input"]), 80)
        message = f"row {number} of the table, '{detail['loc'][0]}' = {value}: {detail['msg']}"
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, message, suggestions=("leave the cell empty if it is not known",)
        ) from error


def list_unmapped(enzymes: Sequence[Enzyme], reactions: Sequence[str]) -> tuple[str, ...]:
    """Reactions of the table that the model does not have, each once."""
    known = set(reactions)
    return tuple(dict.fromkeys(e.reaction for e in enzymes if e.reaction not in known))
