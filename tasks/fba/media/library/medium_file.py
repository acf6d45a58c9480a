"""A medium as a file: tab-separated compounds with their most uptake, and where that comes from.

Lines that begin with `# key: value` state the `title`, the `source`, the `convention` behind the uptakes and,
if the medium builds on another one, its `base`. Then comes a header and a line per compound; a compound is
named in at least one of the columns `exchange`, `bigg`, `seed`, `kegg`, `inchikey` and `name`.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.media.library.compounds import Compound, compounds_by_id, compounds_by_name
from fluxagents.tasks.ports.media import Component

UPTAKE = "uptake_mmol_per_gdw_h"
IDS = ("exchange", "bigg", "seed", "kegg", "inchikey", "name")
HEADINGS = ("title", "source", "convention", "base")

_HEADING = re.compile(r"#\s*(\w+)\s*:\s*(.*\S)\s*$")
_MAX_UPTAKE = 1_000_000.0


class MediumFile(BaseModel):
    """What one file says; a base is not yet filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = ""
    source: str = ""
    convention: str = ""
    base: str = ""
    components: tuple[Component, ...]


def medium_file(text: str, where: str) -> MediumFile:
    """The medium in a text.

    Args:
        text: The content of a file.
        where: Its name, for errors.

    Raises:
        FluxError: `MEDIUM`, naming the file, the line and the value that does not fit.
    """
    headings: dict[str, str] = {}
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        heading = _HEADING.match(line)
        if heading and heading[1] in HEADINGS:
            headings[heading[1]] = heading[2]
        elif line.strip() and not line.startswith("#"):
            lines.append((number, line))
    if not lines:
        raise FluxError(ErrorClass.MEDIUM, f"medium file '{where}' has no compounds", suggestions=_WAY_OUT)
    columns = _columns(lines[0][1], f"medium file '{where}', line {lines[0][0]}")
    components: dict[str, Component] = {}
    for number, line in lines[1:]:
        at = f"medium file '{where}', line {number}"
        component = _component(dict(zip(columns, _cells(line), strict=False)), at)
        if component.key in components:
            raise FluxError(ErrorClass.MEDIUM, f"{at}: compound '{component.key}' is there twice")
        components[component.key] = component
    return MediumFile(**headings, components=tuple(components.values()))


_WAY_OUT = (f"write a header such as 'bigg<TAB>{UPTAKE}' and a line per compound",)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter="\t"))]


def _columns(line: str, at: str) -> list[str]:
    columns = _cells(line)
    for column in columns:
        if column not in (*IDS, UPTAKE):
            hints = (*nearest(column, (*IDS, UPTAKE)), f"columns: {', '.join((*IDS, UPTAKE))}")
            raise FluxError(ErrorClass.MEDIUM, f"{at}: unknown column '{column}'", suggestions=hints)
    if UPTAKE not in columns or len(columns) == 1:
        raise FluxError(
            ErrorClass.MEDIUM, f"{at}: the header needs '{UPTAKE}' and an id", suggestions=_WAY_OUT
        )
    return columns


def _component(row: Mapping[str, str], at: str) -> Component:
    ids = {column: row.get(column, "") for column in IDS}
    if not any(ids.values()):
        raise FluxError(ErrorClass.MEDIUM, f"{at}: no compound is named")
    known = _check_column(ids)
    if known is not None:
        own = {"bigg": known.bigg, "seed": known.seed, "kegg": known.kegg, "inchikey": known.inchikey}
        ids = {**ids, **{column: ids[column] or value for column, value in own.items()}}
        ids["name"] = ids["name"] or known.names[0]
    ids["name"] = ids["name"] or next(filter(None, ids.values()))
    return Component(**ids, uptake_mmol_per_gdw_h=_uptake(row.get(UPTAKE, ""), at))


def _check_column(ids: Mapping[str, str]) -> Compound | None:
    for column in ("bigg", "seed"):
        if ids[column]:
            return compounds_by_id().get(ids[column])
    if ids["kegg"] or ids["inchikey"] or ids["exchange"]:
        return None
    return compounds_by_name().get(ids["name"].lower())


def _uptake(cell: str, at: str) -> float:
    try:
        limit = float(cell)
    except ValueError:
        limit = math.nan
    if not 0 <= limit <= _MAX_UPTAKE:
        message = f"{at}: '{UPTAKE}' is '{cell}', which is no number from 0 to {_MAX_UPTAKE:,.0f} mmol/gDW/h"
        raise FluxError(
            ErrorClass.MEDIUM, message, suggestions=("uptake is positive in a medium; 0 takes it out",)
        )
    return limit
