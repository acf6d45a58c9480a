"""Writers of MATLAB files: the structures of COBRA Toolbox and of RAVEN."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.io import savemat  # type: ignore[import-untyped] # scipy ships no types
from scipy.sparse import csc_matrix  # type: ignore[import-untyped]
from tests.support.wild.draft import ABSENT, Draft
from tests.support.wild.gene_logic import write_rule


def write_cobra_toolbox(draft: Draft) -> bytes:
    """Compartments in the ids, `csense` as characters, `osenseStr`."""
    model = _describe(draft)
    model["csense"] = np.array([_row(draft, name)[0] for name in _metabolites(draft)])
    model["osenseStr"] = draft.network.sense
    model["description"] = "wild"
    model["modelID"] = "wild"
    return _save(model, draft)


def write_raven(draft: Draft) -> bytes:
    """Compartments as numbers into `comps`, nested cells of subsystems, a sparse matrix."""
    model = _describe(draft)
    comps = list(draft.network.compartments)
    places = {species.id: species.compartment for species in draft.network.species}
    model["comps"] = _cells(comps)
    model["compNames"] = _cells(draft.network.compartments.values())
    numbers = [float(comps.index(places.get(name, "e")) + 1) for name in _metabolites(draft)]
    model["metComps"] = _column(numbers)
    model["S"] = csc_matrix(model["S"])
    model["subSystems"] = _cells(
        _cells(given if isinstance(given, list) else [given])
        for given in (
            draft.cell(row.id, "subsystem", row.subsystem)
            for row in draft.network.reactions
            for _ in draft.repeat(row.id)
        )
    )
    model["rev"] = _column([float(row.lower < 0) for row in _reactions(draft)])
    model["eccodes"] = _cells("1.1.1.1;2.7.1.2" for _ in _reactions(draft))
    model["id"] = "wild"
    model["annotation"] = {"defaultLB": -1000.0, "defaultUB": 1000.0, "taxonomy": "taxonomy/4932"}
    return _save(model, draft)


def _describe(draft: Draft) -> dict[str, Any]:
    network = draft.network
    names = _metabolites(draft)
    rows = {name: number for number, name in enumerate(names)}
    reactions = _reactions(draft)
    matrix = np.zeros((len(names), len(reactions)))
    for column, reaction in enumerate(reactions):
        for name, value in reaction.metabolites.items():
            matrix[rows[name], column] = draft.cell(reaction.id, f"coefficient of {name}", value)
        if reaction.id in draft.outside:
            matrix[rows[draft.outside[reaction.id]], column] = 1.0
    species = {row.id: row for row in network.species}
    formulas = (draft.cell(name, "formula", getattr(species.get(name), "formula", "")) for name in names)
    charges = [draft.cell(name, "charge", getattr(species.get(name), "charge", 0)) for name in names]
    genes = [gene for gene in network.genes for _ in draft.repeat(gene)]
    return {
        "S": matrix,
        "mets": _cells(names),
        "rxns": _cells(row.id for row in reactions),
        "lb": _column([draft.cell(row.id, "lower_bound", row.lower) for row in reactions]),
        "ub": _column([draft.cell(row.id, "upper_bound", row.upper) for row in reactions]),
        "c": _column([network.objective.get(row.id, 0.0) for row in reactions]),
        "b": _column([_row(draft, name)[1] for name in names]),
        "genes": _cells(genes),
        "grRules": _cells(
            draft.cell(row.id, "gene_reaction_rule", write_rule(row.rule)) for row in reactions
        ),
        "rxnNames": _cells(row.id for row in reactions),
        "metNames": _cells(names),
        "metFormulas": _cells(formulas),
        "metCharges": _column(charges),
        "subSystems": _cells(draft.cell(row.id, "subsystem", row.subsystem) for row in reactions),
    }


def _metabolites(draft: Draft) -> list[str]:
    names = [row.id for row in draft.network.species for _ in draft.repeat(row.id)]
    return [*names, *sorted(draft.outside.values())]


def _reactions(draft: Draft) -> list[Any]:
    return [row for row in draft.network.reactions for _ in draft.repeat(row.id)]


def _row(draft: Draft, name: str) -> tuple[str, float]:
    return draft.network.rows.get(name, ("E", 0.0))


def _cells(values: Iterable[Any]) -> Any:
    """A cell array of one column."""
    held = list(values)
    cells = np.empty((len(held), 1), dtype=object)
    for number, value in enumerate(held):
        cells[number, 0] = _cells(value) if isinstance(value, list) else value
    return cells


def _column(values: list[Any]) -> Any:
    """Numbers as a column; a cell array where one is no number."""
    if all(isinstance(value, int | float) for value in values):
        return np.array(values, dtype=float).reshape(-1, 1)
    return _cells(values)


def _save(model: dict[str, Any], draft: Draft) -> bytes:
    model |= draft.extra
    file = io.BytesIO()
    savemat(file, {"model": {key: value for key, value in model.items() if value is not ABSENT}})
    return file.getvalue()
