"""A medium as a file: a table of compounds with their most uptake, and where that comes from.

Lines that begin with `# key: value` state the `title`, the `source`, the `convention` behind the uptakes and,
if the medium builds on another one, its `base`. Then comes a header and a line per compound; a compound is
named in at least one of the columns `exchange`, `bigg`, `seed`, `kegg`, `inchikey` and `name`. Tables of
gapseq, ModelSEED and CarveMe are read as well, and YAML or JSON that maps ids to uptakes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping

from pydantic import BaseModel, ConfigDict

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.tasks.fba.media.library.compounds import Compound, compounds_by_id, compounds_by_name
from fluxagents.tasks.fba.media.library.medium_table import MediumRow, read_mapping, read_table
from fluxagents.tasks.ports.media import Component

UPTAKE = "uptake_mmol_per_gdw_h"
IDS = ("exchange", "bigg", "seed", "kegg", "inchikey", "name")
HEADINGS = ("title", "source", "convention", "base")

ANY_ID = "id"
"""A column whose values tell by their form what ids they are."""

_COLUMNS: Mapping[str, str] = {
    **{column: column for column in (*IDS, UPTAKE)},
    **dict.fromkeys(("id", "compound", "compounds"), ANY_ID),
    "maxflux": UPTAKE,
}
_NOT_READ = ("medium", "description", "formula", "concentration", "minflux")
"""Columns of gapseq, ModelSEED and CarveMe that say nothing about the most uptake."""

CARVEME_UPTAKE = 10.0
"""What CarveMe assumes of each compound of a medium, mmol/gDW/h."""

_HEADING = re.compile(r"#\s*(\w+)\s*:\s*(.*\S)\s*$")
_MAX_UPTAKE = 1_000_000.0

_FORMS = (
    ("seed", re.compile(r"cpd\d{5}")),
    ("kegg", re.compile(r"[CGD]\d{5}")),
    ("inchikey", re.compile(r"[A-Z]{14}-[A-Z]{10}(-[A-Z])?")),
    ("exchange", re.compile(r"(R_)?EX_.+")),
)


class MediumFile(BaseModel):
    """What one file says; a base is not yet filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = ""
    source: str = ""
    convention: str = ""
    base: str = ""
    components: tuple[Component, ...]
    warnings: tuple[str, ...] = ()
    """What was assumed, or stands in the file and is not read."""


def medium_file(text: str, where: str) -> MediumFile:
    """The medium in a text.

    Args:
        text: The content of a file.
        where: Its name, for errors; with `.yaml`, `.yml` or `.json` it maps ids to uptakes.

    Raises:
        FluxError: `MEDIUM`, naming the file, the line and the value that does not fit.
    """
    at = f"medium file '{where}'"
    text = text.removeprefix("\ufeff")
    if where.lower().endswith((".yaml", ".yml", ".json")):
        rows = read_mapping(text, at, (ANY_ID, UPTAKE))
        return MediumFile(components=_components(rows, at))
    headings: dict[str, str] = {}
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        heading = _HEADING.match(line)
        if heading and heading[1].lower() in HEADINGS:
            headings[heading[1].lower()] = heading[2]
        elif line.strip() and not line.startswith("#"):
            lines.append((number, line))
    if not lines:
        raise FluxError(ErrorClass.MEDIUM, f"{at} has no compounds", suggestions=_WAY_OUT)
    header, rows = read_table(lines, (*_COLUMNS, *_NOT_READ), at)
    columns = _name_columns(header, f"{at}, line {lines[0][0]}")
    warnings = _warn_of_columns(header)
    if UPTAKE not in columns:
        headings.setdefault("convention", f"CarveMe's, {CARVEME_UPTAKE:g} mmol/gDW/h of each compound")
        _check_one_medium(header, rows, at)
    named = (MediumRow(row.line, dict(zip(columns, row.cells.values(), strict=True))) for row in rows)
    return MediumFile(**headings, components=_components(named, at), warnings=warnings)


_WAY_OUT = (f"write a header such as 'bigg<TAB>{UPTAKE}' and a line per compound",)


def _name_columns(header: Collection[str], at: str) -> list[str]:
    """What each column of a file is here; those that are not read keep their name."""
    columns = [_COLUMNS.get(column, column) for column in header]
    for column in columns:
        if column not in {*_COLUMNS.values(), *_NOT_READ}:
            hints = (*nearest(column, (*IDS, UPTAKE)), f"columns: {', '.join((*IDS, UPTAKE))}")
            if not {*_COLUMNS, *_NOT_READ} & set(header):
                hints = (*_WAY_OUT, *hints)
            raise FluxError(ErrorClass.MEDIUM, f"{at}: unknown column '{column}'", suggestions=hints)
        if columns.count(column) > 1:
            message = f"{at}: there are two columns for '{column}'"
            raise FluxError(ErrorClass.MEDIUM, message, suggestions=("leave one of them out",))
    if not {ANY_ID, *IDS} & set(columns) or (UPTAKE not in columns and "medium" not in columns):
        raise FluxError(
            ErrorClass.MEDIUM, f"{at}: the header needs '{UPTAKE}' and an id", suggestions=_WAY_OUT
        )
    return columns


def _warn_of_columns(header: Iterable[str]) -> tuple[str, ...]:
    limits = [column for column in header if column in {"concentration", "minflux"}]
    if not limits:
        return ()
    return (f"the column {' and '.join(limits)} is not read: a medium here says the most uptake alone",)


def _check_one_medium(header: Iterable[str], rows: Iterable[MediumRow], at: str) -> None:
    """Refuse a list of media that has several, as CarveMe ships one."""
    names = list(dict.fromkeys(row.cells["medium"] for row in rows))
    if "medium" in header and len(names) > 1:
        raise FluxError(
            ErrorClass.MEDIUM,
            f"{at} holds {len(names)} media: {', '.join(names[:5])}",
            suggestions=("write the lines of each medium, under the same header, to a file of their own",),
        )


def _components(rows: Iterable[MediumRow], where: str) -> tuple[Component, ...]:
    components: dict[str, Component] = {}
    for row in rows:
        at = f"{where}, line {row.line}"
        component = _component(row.cells, at)
        if component.key in components:
            raise FluxError(ErrorClass.MEDIUM, f"{at}: compound '{component.key}' is there twice")
        components[component.key] = component
    return tuple(components.values())


def _component(row: Mapping[str, str], at: str) -> Component:
    ids = {column: row.get(column, "") for column in IDS}
    if row.get(ANY_ID):
        ids[_form_of(row[ANY_ID])] = row[ANY_ID]
    if not any(ids.values()):
        raise FluxError(ErrorClass.MEDIUM, f"{at}: no compound is named")
    known = _find_known_compound(ids)
    if known is not None:
        own = {"bigg": known.bigg, "seed": known.seed, "kegg": known.kegg, "inchikey": known.inchikey}
        ids = {**ids, **{column: ids[column] or value for column, value in own.items()}}
        ids["name"] = ids["name"] or known.names[0]
    ids["name"] = ids["name"] or next(filter(None, ids.values()))
    uptake = _uptake(row[UPTAKE], at) if UPTAKE in row else CARVEME_UPTAKE
    return Component(**ids, uptake_mmol_per_gdw_h=uptake)


def _form_of(identifier: str) -> str:
    """The column that an id belongs to by its form."""
    for column, form in _FORMS:
        if form.fullmatch(identifier):
            return column
    is_name = identifier not in compounds_by_id() and identifier.lower() in compounds_by_name()
    return "name" if is_name else "bigg"


def _find_known_compound(ids: Mapping[str, str]) -> Compound | None:
    for column in ("bigg", "seed"):
        if ids[column]:
            return compounds_by_id().get(ids[column])
    if ids["kegg"] or ids["inchikey"] or ids["exchange"]:
        return None
    return compounds_by_name().get(ids["name"].lower())


def _uptake(cell: str, at: str) -> float:
    if re.fullmatch(r"\d{1,3}(,\d{3})+", cell):
        message = f"{at}: '{UPTAKE}' is '{cell}', whose comma may mark decimals or thousands"
        raise FluxError(ErrorClass.MEDIUM, message, suggestions=("write a decimal point, or no comma",))
    try:
        limit = float(re.sub(r"^(\d+),(\d+)$", r"\1.\2", cell))
    except ValueError:
        limit = math.nan
    if not 0 <= limit <= _MAX_UPTAKE:
        message = f"{at}: '{UPTAKE}' is '{cell}', which is no number from 0 to {_MAX_UPTAKE:,.0f} mmol/gDW/h"
        raise FluxError(
            ErrorClass.MEDIUM, message, suggestions=("uptake is positive in a medium; 0 takes it out",)
        )
    return limit
