"""Which models a community has, and how much of each: given as they are, or as a user's table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.solving.conditions import MediumArgs
from fluxagents.tasks.ports.sources import Sources

if TYPE_CHECKING:
    import pandas as pd
    from cobra import Model

MAX_MEMBERS = 100

ABSENT_FRACTION = 1e-6
"""A member with no larger part of the community is left out."""

Abundance = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class CommunityArgs(MediumArgs):
    """The members of a community and its medium; exchange reactions are named as in the members."""

    models: tuple[str, ...] = Field(
        default=(),
        max_length=MAX_MEMBERS,
        description="Names or digests of stored models, one for each member.",
    )
    abundances: tuple[Abundance, ...] = Field(
        default=(),
        max_length=MAX_MEMBERS,
        description="Of 'models' in order, by weight; divided by their sum to fractions. Equal if absent.",
    )
    community_table: str | None = Field(
        default=None,
        max_length=300,
        description="Instead of 'models': digest of a stored table with the columns model and abundance.",
    )
    max_exchange_mmol_per_gdw_h: float = Field(
        default=100.0,
        gt=0,
        le=1_000_000,
        description="Most that a member takes from the shared medium of one compound, mmol/gDW/h of its own.",
    )

    @property
    def further_models(self) -> tuple[str, ...]:
        return self.models

    @property
    def further_solvers(self) -> tuple[str, ...]:
        return ("micom", "highspy", "osqp")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.models) == (self.community_table is not None):
            raise ValueError("give either 'models' or 'community_table'")
        if self.abundances and len(self.abundances) != len(self.models):
            counts = f"{len(self.models)} models and {len(self.abundances)} abundances"
            raise ValueError(f"there are {counts}: give one abundance for each of 'models', or none")
        return self


@dataclass(frozen=True, slots=True)
class Member:
    """A model and its part of the community."""

    name: str
    """Of the model; with a number where another member has the same."""
    digest: str
    abundance_fraction: float
    """Of the community's dry weight."""
    model: Model


@dataclass(frozen=True, slots=True)
class Members:
    """All members of a community, and what was done with the abundances that were given."""

    members: tuple[Member, ...]
    abundance_sum: float
    """As they were given."""
    left_out: tuple[str, ...]
    """Models without a part in the community."""


def gather_members(sources: Sources, args: CommunityArgs) -> Members:
    """Load the models of a community.

    Raises:
        FluxError: `UNKNOWN_ID` for a model or a table that is not stored or a column that it lacks,
            `BAD_ARGUMENT` for an abundance that is no number of at least 0, or where no member is left.
    """
    rows = list(_read_rows(sources, args))
    total = math.fsum(abundance for _, abundance in rows)
    if total <= 0:
        hint = ("give at least one abundance above 0",)
        raise FluxError(ErrorClass.BAD_ARGUMENT, "the abundances sum to 0", suggestions=hint)
    if len(rows) > MAX_MEMBERS:
        message = f"the community has {len(rows)} members, at most {MAX_MEMBERS} are possible"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("leave out the least abundant",))
    present = [(model, abundance) for model, abundance in rows if abundance / total > ABSENT_FRACTION]
    present_sum = math.fsum(abundance for _, abundance in present)
    members = list[Member]()
    for model, abundance in present:
        ref = sources.models.resolve(model, files=False)
        name = _distinguish(ref.name, [member.name for member in members])
        members.append(Member(name, ref.digest, abundance / present_sum, sources.models.load(ref)))
    left_out = tuple(model for model, abundance in rows if (model, abundance) not in present)
    return Members(tuple(members), total, left_out)


def _read_rows(sources: Sources, args: CommunityArgs) -> Iterator[tuple[str, float]]:
    if args.community_table is None:
        equal = (1 / len(args.models),) * len(args.models)
        yield from zip(args.models, args.abundances or equal, strict=True)
        return
    store = sources.artifacts
    yield from parse_members(store.table(store.find(args.community_table)))


def parse_members(table: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Model and abundance of each row; rows without a model and other columns are passed over."""
    columns = {str(column).strip().casefold(): column for column in table.columns}
    for needed in ("model", "abundance"):
        if needed not in columns:
            hints = (*nearest(needed, columns), f"columns: {', '.join(map(str, table.columns[:40]))}")
            raise FluxError(ErrorClass.UNKNOWN_ID, f"the table has no column '{needed}'", suggestions=hints)
    cells = zip(table[columns["model"]], table[columns["abundance"]], strict=True)
    for number, (model, abundance) in enumerate(cells, start=1):
        if isinstance(model, str) and model.strip():
            yield model.strip(), _read_abundance(abundance, number)


def _read_abundance(cell: Any, number: int) -> float:
    try:
        abundance = float(cell)
    except (TypeError, ValueError):
        abundance = math.nan
    if not 0 <= abundance < math.inf:
        message = f"row {number} of the table, 'abundance' = {cell!r} is no number of at least 0"
        raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("0 leaves a model out",))
    return abundance


def _distinguish(name: str, taken: Sequence[str]) -> str:
    """The name, with a number if another member has it."""
    number = 1 + sum(other == name or other.startswith(f"{name} (") for other in taken)
    return name if number == 1 else f"{name} ({number})"
