"""A model as a file for other programs, under conditions or without some genes, and how it reads back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
from pydantic import Field, JsonValue

from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.models.model_difference import ModelDifference, differences
from fluxagents.tasks.fba.models.model_file import (
    MEDIA_TYPES,
    SUFFIXES,
    FileFormat,
    decode_model,
    encode_model,
)
from fluxagents.tasks.fba.solving.file_name import name_file
from fluxagents.tasks.fba.solving.growth import StrainResult, hold_conditions, optimise
from fluxagents.tasks.fba.solving.strain import StrainArgs
from fluxagents.tasks.ports.results import ResultFile
from fluxagents.tasks.tool import EVERYTHING, Tool

if TYPE_CHECKING:
    from cobra import Model


class Args(StrainArgs):
    """Which format, and what is changed in the file; the stored model stays as it is."""

    format: FileFormat = Field(
        default="sbml",
        description="sbml: level 3 with fbc 2; json and yaml as cobra writes them; mat: MATLAB.",
    )


class Result(StrainResult):
    """The file, and what changes when it is read again; growth is that of the model in the file."""

    format: FileFormat
    file: ResultFile
    size_bytes: int = Field(description="Count of bytes of the file.")
    is_unchanged: bool = Field(description="Whether the file reads back as the model that was written.")
    differences: tuple[tuple[str, str, str, str, str], ...] = Field(
        description="What does not: kind, id, field, before and after."
    )

    max_findings: ClassVar[int | None] = 6

    def files(self) -> Sequence[ResultFile]:
        return (self.file,)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        columns = ["kind", "id", "field", "before", "after"]
        return {"differences": pd.DataFrame(list(self.differences), columns=columns, dtype="str")}

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {
            **self.conditions(min(limit, 10)),
            "format": self.format,
            "file": self.file.display(),
            "is_unchanged": self.is_unchanged,
            "differences": len(self.differences),
            "first_differences": [
                [cut_text(value, 60) for value in difference] for difference in self.differences[:limit]
            ],
        }


def run(model: Model, args: Args) -> Result:
    """Write the model as it is under the conditions, read the file again, and list every difference.

    Knock-outs have bounds of 0 in the file, and their genes stay in it; uptakes are the bounds of exchanges.
    Facts for a flow: `file.digest`, `file.name`, `is_unchanged`.

    Raises:
        FluxError: `MEDIUM` or `UNKNOWN_ID` for conditions that do not fit the model; `SOLVER` or `TIMEOUT`.
    """
    # The file keeps the objective that the model states.
    with hold_conditions(model, args, aim="objective") as conditions:
        optimum = optimise(conditions.program)
        report = conditions.report(optimum, conditions.growth_at(optimum))
        data = encode_model(model, args.format)
        changes = differences(model, decode_model(data, args.format))
    name = name_file(model, args.knock_outs, SUFFIXES[args.format])
    return Result.model_validate(
        report
        | {
            "format": args.format,
            "file": ResultFile(name=name, media_type=MEDIA_TYPES[args.format], content=data),
            "size_bytes": len(data),
            "is_unchanged": not changes,
            "differences": tuple(map(_row, changes)),
        }
    )


def _row(difference: ModelDifference) -> tuple[str, str, str, str, str]:
    return (difference.kind, difference.id, difference.field, difference.first, difference.second)


TOOL = Tool(
    name="export_model",
    purpose="Writes the model, also without some genes, as SBML, JSON, YAML or MATLAB for other programs.",
    answers=("model file",),
    args=Args,
    result=Result,
    run=run,
    rests_on=EVERYTHING,
    reference="SBML: Keating et al. 2020, doi:10.15252/msb.20199110; fbc 2: Olivier, Bergmann 2018, "
    "doi:10.1515/jib-2017-0082",
    example={"format": "json", "knock_outs": ["b0720"]},
)
