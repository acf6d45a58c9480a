"""What was observed of an organism: growth on sources, essential genes, secretion, in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.solving.conditions import GrowthArgs
from fluxagents.tasks.ports.sources import Sources

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["growth", "essential", "secretion"]

COLUMNS = ("kind", "subject", "observed")
"""That a table must have; `reference` is read too."""

_ANSWERS = {
    "yes": True,
    "true": True,
    "1": True,
    "+": True,
    "no": False,
    "false": False,
    "0": False,
    "-": False,
}


class Observation(BaseModel):
    """One experiment, and what came of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    subject: str = Field(min_length=1, description="The sole carbon source, the gene, or what is secreted.")
    observed: bool = Field(description="Whether it grows on it, is essential, or is secreted.")
    reference: str = Field(default="", description="Where that was published.")

    def __str__(self) -> str:
        """As a sentence without a full stop."""
        no = "" if self.observed else "no " if self.kind != "essential" else "not "
        words = {"growth": "growth on", "essential": "essential:", "secretion": "secretion of"}
        return f"{no}{words[self.kind]} {self.subject}"


class ObservationArgs(GrowthArgs):
    """What was observed: given as it is, or as a stored table."""

    observations: tuple[Observation, ...] | None = Field(
        default=None, max_length=500, description="Experiments; or give 'observation_table'."
    )
    observation_table: str | None = Field(
        default=None,
        max_length=300,
        description="Instead: digest of a stored table with the columns kind (growth, essential, secretion), "
        "subject (source, gene or compound), observed (yes or no) and, if known, reference.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.observations is None) == (self.observation_table is None):
            raise ValueError("give either 'observations' or 'observation_table'")
        return self


def read_observations(sources: Sources, args: ObservationArgs) -> tuple[Observation, ...]:
    """The observations that the arguments give or name, in their order.

    Raises:
        FluxError: `UNKNOWN_ID` for a table or a column that is not there; `BAD_ARGUMENT` for a value that
            says nothing, or for an experiment that came out both ways.
    """
    if args.observation_table is None:
        observed = args.observations or ()
    else:
        store = sources.artifacts
        observed = _read_table(store.table(store.find(args.observation_table)))
    results: dict[tuple[str, str], bool] = {}
    for item in observed:
        if results.setdefault((item.kind, item.subject), item.observed) != item.observed:
            message = f"{item.kind} of '{cut_text(item.subject)}' was observed both ways"
            raise FluxError(ErrorClass.BAD_ARGUMENT, message, suggestions=("keep one of the rows",))
    return observed


def _read_table(table: pd.DataFrame) -> tuple[Observation, ...]:
    columns = [str(column) for column in table.columns]
    for name in COLUMNS:
        if name not in columns:
            hints = (*nearest(name, columns), f"columns: {', '.join(columns[:40])}")
            raise FluxError(ErrorClass.UNKNOWN_ID, f"the table has no column '{name}'", suggestions=hints)
    texts = {name: table[name].fillna("").astype(str).str.strip() for name in columns}
    references = texts.get("reference", [""] * len(table))
    rows = zip(*(texts[name] for name in COLUMNS), references, strict=True)
    return tuple(_read_row(number, *row) for number, row in enumerate(rows, start=1))


def _read_row(number: int, kind: str, subject: str, answer: str, reference: str) -> Observation:
    observed = _ANSWERS.get(answer.casefold())
    if observed is None or kind.casefold() not in get_args(Kind):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"row {number} of the table says '{cut_text(answer if observed is None else kind)}'",
            suggestions=("kind is growth, essential or secretion; observed is yes or no",),
        )
    fields = {"kind": kind.casefold(), "subject": subject, "observed": observed, "reference": reference}
    return Observation.model_validate(fields)
