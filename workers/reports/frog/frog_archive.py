"""A FROG report as a COMBINE archive (.omex, a zip): the model, four tables and what they were made with."""

from __future__ import annotations

import hashlib
import io
import json
import math
import platform
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from fluxagents.flows.texts.spreadsheet_cells import disarm_cell
from fluxagents.workers.reports.frog.frog_report import COLUMNS, FrogReport, Rows, SbmlNames

FOLDER = "FROG"

_SPECIFICATION = "https://identifiers.org/combine.specifications:"

FORMATS: Mapping[str, str] = {
    "metadata.json": "frog-metadata-version-1",
    "frog.json": "frog-json-version-1",
    "01_objective.tsv": "frog-objective-version-1",
    "02_fva.tsv": "frog-fva-version-1",
    "03_gene_deletion.tsv": "frog-genedeletion-version-1",
    "04_reaction_deletion.tsv": "frog-reactiondeletion-version-1",
}
"""File -> what the manifest calls its format."""

_SAME_TIME = (1980, 1, 1, 0, 0, 0)
"""Of all files in the archive: the same report gives the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curator:
    """Who answers for a report."""

    given_name: str
    family_name: str

    def document(self) -> dict[str, Any]:
        return {
            "familyName": self.family_name,
            "givenName": self.given_name,
            "email": None,
            "organization": None,
            "site": None,
            "orcid": None,
        }


def location_of(name: str) -> str:
    """Where a model of this name lies in the archive: never outside of it."""
    plain = re.sub(r"[^\w\-]", "_", name)[:100]
    return f"./{plain or 'model'}.xml"


def read_sbml_names(sbml: bytes, location: str, decode_id: Any) -> SbmlNames:
    """What an SBML file calls its reactions, genes and objective.

    Args:
        sbml: A file that has been read as a model before, by libSBML in a process of its own.
        location: Of the file in the archive.
        decode_id: `decode_id(id, prefix)` gives the id that the loaded model has.
    """
    reactions: dict[str, str] = {}
    genes: dict[str, str] = {}
    objective = "obj"
    for _, element in ET.iterparse(io.BytesIO(sbml)):  # noqa: S314 - see above
        kind = element.tag.rpartition("}")[2]
        attributes = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
        if kind == "reaction":
            reactions[decode_id(attributes["id"], "R_")] = attributes["id"]
        elif kind == "geneProduct":
            readable = attributes["id"].replace("__SBML_DOT__", ".")
            genes[decode_id(readable, "G_")] = attributes["id"]
        elif kind == "listOfObjectives":
            objective = attributes.get("activeObjective", objective)
        if kind not in {"listOfReactants", "listOfProducts"}:
            element.clear()
    return SbmlNames(location=location, objective=objective, reactions=reactions, genes=genes)


def build_frog_archive(
    report: FrogReport, sbml: bytes, names: SbmlNames, curators: Sequence[Curator]
) -> bytes:
    """The archive with everything in it.

    Args:
        report: The tables.
        sbml: The model.
        names: Of the model.
        curators: May be empty; BioModels wants at least one.
    """
    metadata = _metadata(sbml, names, curators)
    files = {"metadata.json": _json({**metadata, "frog_id": f"{metadata['frog_id']}_tsv"})}
    files |= {name: encode_tsv(name, rows) for name, rows in report.tables().items()}
    files["frog.json"] = _json(
        {
            "metadata": metadata,
            "objectives": {"objectives": _plain(report.objective)},
            "fva": {"fva": _plain(report.fva)},
            "reaction_deletions": {"deletions": _plain(report.reaction_deletion)},
            "gene_deletions": {"deletions": _plain(report.gene_deletion)},
        }
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in (
            ("manifest.xml", _manifest(names.location)),
            (names.location.removeprefix("./"), sbml),
            *((f"{FOLDER}/{name}", data) for name, data in files.items()),
        ):
            entry = zipfile.ZipInfo(path, _SAME_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return sink.getvalue()


def encode_tsv(name: str, rows: Rows) -> bytes:
    """One table in the format's own way: tabs, NaN for what is missing."""
    columns = COLUMNS[name]
    lines = ["\t".join(columns)]
    lines += [
        "\t".join("NaN" if row[c] is None else str(disarm_cell(row[c])) for c in columns) for row in rows
    ]
    return ("\n".join(lines) + "\n").encode()


def _metadata(sbml: bytes, names: SbmlNames, curators: Sequence[Curator]) -> dict[str, Any]:
    return {
        "model.location": names.location,
        "model.md5": hashlib.md5(sbml, usedforsecurity=False).hexdigest(),
        "frog_id": f"frog_{names.location.removeprefix('./').removesuffix('.xml')}",
        "frog.software": _software("fluxagents", version("fluxagents"), ""),
        "frog.curators": [curator.document() for curator in curators],
        "software": _software("fluxagents", version("fluxagents"), ""),
        "solver": _software("GLPK", version("swiglpk"), "https://github.com/biosustain/swiglpk"),
        "environment": f"{platform.system()}, {platform.machine()}, Python {platform.python_version()}",
    }


def _software(name: str, release: str, url: str) -> dict[str, str | None]:
    return {"name": name, "version": release, "url": url or None}


def _manifest(location: str) -> bytes:
    entries = [
        (".", "omex", False),
        ("./manifest.xml", "omex-manifest", False),
        (location, "sbml", True),
        *((f"./{FOLDER}/{name}", kind, False) for name, kind in FORMATS.items()),
    ]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append('<omexManifest xmlns="http://identifiers.org/combine.specifications/omex-manifest">')
    lines += [
        f"  <content location={quoteattr(path)} format={quoteattr(_SPECIFICATION + kind)}"
        f"{' master=' + quoteattr('true') if is_master else ''}/>"
        for path, kind, is_master in entries
    ]
    return "\n".join([*lines, "</omexManifest>", ""]).encode()


def _plain(rows: Rows) -> Rows:
    """Rows for JSON, which has no infinity: an unlimited range is null there."""
    return [
        {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in row.items()
        }
        for row in rows
    ]


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=2, allow_nan=False) + "\n").encode()
