"""Fluxes as a file: the data of a map of Escher, or a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd
from pydantic import Field, JsonValue

from fluxagents.flows.texts.spreadsheet_cells import disarm_table
from fluxagents.tasks.display import list_values
from fluxagents.tasks.fba.fluxes import run_metabolic_fba
from fluxagents.tasks.fba.fluxes.run_metabolic_fba import FluxTable, Method
from fluxagents.tasks.fba.solving.file_name import name_file
from fluxagents.tasks.fba.solving.growth import StrainResult
from fluxagents.tasks.ports.results import ResultFile
from fluxagents.tasks.tool import Tool

if TYPE_CHECKING:
    from cobra import Model

FluxFormat = Literal["escher", "csv"]


class Args(run_metabolic_fba.Args):
    """How the fluxes are distributed, and in which format they are written."""

    format: FluxFormat = Field(
        default="escher",
        description="escher: JSON, reaction -> flux, as Escher takes it for reaction data; csv: a table.",
    )


class Result(StrainResult):
    """The file; there is none unless the status is optimal or zero growth."""

    format: FluxFormat
    method: Method
    file: ResultFile | None
    active_reactions: int | None = Field(description="Count of reactions with a flux.")
    internal_fluxes_mmol_per_gdw_h: dict[str, float] = Field(
        description="Not boundary, largest magnitude first."
    )
    fluxes: FluxTable

    def files(self) -> Sequence[ResultFile]:
        return () if self.file is None else (self.file,)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        return {"fluxes": _tabulate(self.fluxes)}

    def display(self, limit: int) -> dict[str, JsonValue]:
        return {
            **self.conditions(min(limit, 10)),
            "format": self.format,
            "method": self.method,
            "file": None if self.file is None else self.file.display(),
            "active_reactions": self.active_reactions,
            "internal_fluxes_mmol_per_gdw_h": list_values(
                self.internal_fluxes_mmol_per_gdw_h, min(limit, 10)
            ),
        }


def run(model: Model, args: Args) -> Result:
    """Compute the fluxes (mmol/gDW/h) as `run_metabolic_fba` does, and write all of them.

    Facts for a flow: `file.digest`, `file.name`.

    Raises:
        FluxError: As `run_metabolic_fba`.
    """
    balance = run_metabolic_fba.run(model, args)
    shared = {name: getattr(balance, name) for name in StrainResult.model_fields}
    file = None
    if balance.fluxes.reaction:
        encode = _encode_escher if args.format == "escher" else _encode_csv
        suffix = "_fluxes.json" if args.format == "escher" else "_fluxes.csv"
        file = ResultFile(
            name=name_file(model, args.knock_outs, suffix),
            media_type="application/json" if args.format == "escher" else "text/csv",
            content=encode(balance.fluxes),
        )
    return Result(
        **shared,
        format=args.format,
        method=args.method,
        file=file,
        active_reactions=balance.active_reactions,
        internal_fluxes_mmol_per_gdw_h=balance.internal_fluxes_mmol_per_gdw_h,
        fluxes=balance.fluxes,
    )


def _encode_escher(fluxes: FluxTable) -> bytes:
    return json.dumps(dict(zip(fluxes.reaction, fluxes.flux_mmol_per_gdw_h, strict=True)), indent=1).encode()


def _encode_csv(fluxes: FluxTable) -> bytes:
    return disarm_table(_tabulate(fluxes)).to_csv(index=False, lineterminator="\n").encode()


def _tabulate(fluxes: FluxTable) -> pd.DataFrame:
    """The table, without reduced costs where they were not asked for."""
    columns = fluxes.model_dump()
    if not fluxes.reduced_cost_per_mmol:
        del columns["reduced_cost_per_mmol"]
    return pd.DataFrame(columns)


TOOL = Tool(
    name="export_fluxes",
    purpose="Writes the flux of every reaction as a file: JSON for a map of Escher, or CSV.",
    answers=("flux file", "flux", "exchange fluxes", "growth"),
    args=Args,
    result=Result,
    run=run,
    reference="Escher: King et al. 2015, doi:10.1371/journal.pcbi.1004321",
    example={"format": "escher"},
)
