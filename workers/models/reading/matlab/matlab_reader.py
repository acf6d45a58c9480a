"""A model out of the MATLAB structure of COBRA Toolbox and RAVEN."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from cobra import Model
from cobra.io.mat import (
    DICT_GENE,
    DICT_MET,
    DICT_MET_NOTES,
    DICT_REACTION,
    DICT_REACTION_NOTES,
    DICT_REPLACE,
    mat_parse_annotations,
    mat_parse_notes,
)

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models.reading.document_reader import restore_document
from fluxagents.workers.models.reading.field_values import is_missing, is_number
from fluxagents.workers.models.reading.gene_rules import name_genes, read_gene_rule
from fluxagents.workers.models.reading.matlab.matlab_struct import MatlabStruct, find_model
from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.remarks import Remarks

Row = dict[str, object]

_COMPARTMENT = re.compile(r"[\[(]([a-zA-Z]+)[\])]$|_([a-zA-Z]+)(?:_boundary)?$")
_SUBSYSTEM_SBO = "SBO:0000633"
_CONSTRAINTS = ("C", "ctrs", "D", "E", "evars", "ec")
"""Fields of constraints and variables beside those of the fluxes: COBRA Toolbox, and GECKO of RAVEN."""

_METABOLITE_FIELDS = {"name": "metNames", "formula": "metFormulas", "charge": "metCharges", "_bound": "b"}
_REACTION_FIELDS = {
    "name": "rxnNames", "lower_bound": "lb", "upper_bound": "ub", "objective_coefficient": "c",
    "subsystem": "subSystems",
}  # fmt: skip


def read_matlab(data: bytes) -> tuple[Model, list[ModelWarning]]:
    """The model, and what a user should know about its file; raises `RefusedFileError`."""
    remarks = Remarks()
    struct = find_model(data, remarks)
    return restore_document(_Document(struct, remarks).build(), remarks)


class _Document:
    """The document, in the form of cobra's JSON, of one structure."""

    def __init__(self, struct: MatlabStruct, remarks: Remarks) -> None:
        self._struct = struct
        self._remarks = remarks

    def build(self) -> Row:
        struct = self._struct
        metabolites = self._build_rows("mets", _METABOLITE_FIELDS)
        genes = self._build_rows("genes", {"name": "geneNames"})
        reactions = self._build_rows("rxns", _REACTION_FIELDS)
        compartments = self._add_compartments(metabolites)
        self._add_senses(metabolites)
        self._add_coefficients(reactions, metabolites)
        self._add_rules(reactions, [str(gene["id"]) for gene in genes])
        self._annotate(metabolites, DICT_MET, DICT_MET_NOTES)
        self._annotate(genes, DICT_GENE)
        self._annotate(reactions, DICT_REACTION, DICT_REACTION_NOTES)
        for field in _CONSTRAINTS:
            if any(not is_missing(entry) and entry != 0 for entry in self._struct.read(field)):
                self._remarks.add("constraints_left_out", field, f"'{field}'")
        return {
            "id": struct.name,
            "name": struct.read("modelName"),
            "compartments": compartments,
            "metabolites": metabolites,
            "genes": genes,
            "reactions": reactions,
            "groups": _group(reactions),
            "objective_direction": self._find_direction(),
        }

    def _build_rows(self, identifiers: str, fields: Mapping[str, str]) -> list[Row]:
        rows: list[Row] = [{"id": identifier} for identifier in self._struct.read(identifiers)]
        for key, field in fields.items():
            for row, entry in zip(rows, self._read_all(field, len(rows)), strict=False):
                row[key] = entry
        return rows

    def _read_all(self, field: str, count: int) -> list[object]:
        """The entries of a field that has one per element, or none at all."""
        entries = self._struct.read(field)
        if entries and len(entries) != count:
            raise RefusedFileError(
                f"has {len(entries)} entries in '{field}', where {count} belong: correct the field"
            )
        return entries

    def _add_compartments(self, metabolites: Sequence[Row]) -> dict[str, object]:
        struct = self._struct
        entries = self._read_all("metComps", len(metabolites))
        names = struct.read("compNames")
        identifiers = struct.read("comps")
        compartments: dict[str, object] = {}
        for index, row in enumerate(metabolites):
            entry = entries[index] if entries else _find_compartment(row["id"])
            name: object = None if entries else entry
            if is_number(entry):
                at = int(entry) - 1
                entry = identifiers[at] if 0 <= at < len(identifiers) and entry == at + 1 else None
                name = names[at] if 0 <= at < len(names) else None
            row["compartment"] = entry
            if entry:
                compartments[str(entry)] = name
        return compartments

    def _add_senses(self, metabolites: Sequence[Row]) -> None:
        """The sense of each row; it is a column of signs, or one text of them."""
        senses = self._struct.read("csense")
        if len(senses) == 1 and isinstance(senses[0], str):
            senses = list(senses[0])
        if senses and len(senses) != len(metabolites):
            raise RefusedFileError(
                f"has {len(senses)} signs in 'csense', where {len(metabolites)} belong: correct it"
            )
        for row, sense in zip(metabolites, senses, strict=False):
            row["_constraint_sense"] = sense

    def _add_coefficients(self, reactions: Sequence[Row], metabolites: Sequence[Row]) -> None:
        matrix = self._struct.read_matrix("S", (len(metabolites), len(reactions)))
        if matrix is None:
            raise RefusedFileError("has no numbers in 'S': write the matrix there")
        matrix.sort_indices()
        names = [str(row["id"]) for row in metabolites]
        for index, row in enumerate(reactions):
            column = slice(matrix.indptr[index], matrix.indptr[index + 1])
            entries = zip(matrix.indices[column].tolist(), matrix.data[column].tolist(), strict=True)
            row["metabolites"] = {names[at]: number for at, number in entries if number}

    def _add_rules(self, reactions: Sequence[Row], genes: Sequence[str]) -> None:
        """The rules by name, or by index, or the genes alone, whichever is there and can be read."""
        written = self._read_all("grRules", len(reactions))
        indexed = self._read_all("rules", len(reactions))
        matrix = None
        if not written and not indexed:
            matrix = self._struct.read_matrix("rxnGeneMat", (len(reactions), len(genes)))
        linked = None if matrix is None else matrix.tocsr()
        for index, row in enumerate(reactions):
            rules = [written[index]] if written else []
            if indexed:
                rules.append(name_genes(indexed[index], genes))
            if linked is not None:
                columns = linked.indices[linked.indptr[index] : linked.indptr[index + 1]]
                rules.append([genes[column] for column in columns])
            readable = [rule for rule in rules if read_gene_rule(rule)[0]]
            unreadable = [rule for rule in rules if read_gene_rule(rule)[1]]
            row["gene_reaction_rule"] = next(iter([*readable, *unreadable]), None)

    def _annotate(self, rows: Sequence[Row], databases: str, notes: str | None = None) -> None:
        """Let cobra read the references of these elements, out of fields that are all text."""
        known = {field.casefold() for kind in (databases, notes) if kind for field in DICT_REPLACE[kind]}
        cells = {
            field: _write_cells(field, entries)
            for field in self._struct.fields
            if field.casefold() in known and len(entries := self._struct.read(field)) == len(rows) > 0
        }
        if not cells:
            return
        struct = np.empty((1, 1), dtype=[(field, object) for field in cells])
        for field, column in cells.items():
            struct[field][0, 0] = column
        elements = [_Element() for _ in rows]
        mat_parse_annotations(elements, struct, d_replace=databases)
        if notes:
            mat_parse_notes(elements, struct, d_replace=notes)
        for row, element in zip(rows, elements, strict=True):
            row["annotation"], row["notes"] = element.annotation, element.notes

    def _find_direction(self) -> object:
        text = next(iter(self._struct.read("osenseStr")), None)
        if not is_missing(text):
            return text
        return "min" if self._struct.read("osense")[:1] == [1.0] else "max"


class _Element:
    """What cobra hangs references on."""

    def __init__(self) -> None:
        self.annotation: dict[str, object] = {}
        self.notes: dict[str, object] = {}


def _find_compartment(identifier: object) -> str | None:
    """The compartment by which ids end in COBRA Toolbox: `glc[c]` or `glc_c`."""
    match = _COMPARTMENT.search(str(identifier))
    return (match[1] or match[2]) if match else None


def _write_cells(field: str, entries: Sequence[object]) -> np.ndarray:
    """A cell array as cobra reads it: of text, and numbers for the one field of numbers."""
    cells = np.empty((len(entries), 1), dtype=object)
    for index, entry in enumerate(entries):
        if field == "rxnConfidenceScores":
            cells[index, 0] = entry if is_number(entry) and not is_missing(entry) else np.array([])
        else:
            cells[index, 0] = np.array([] if is_missing(entry) else [_write_text(entry)])
    return cells


def _write_text(entry: object) -> str:
    if isinstance(entry, list):
        return ", ".join(_write_text(item) for item in entry if not is_missing(item))
    return str(int(entry)) if isinstance(entry, float) and entry.is_integer() else str(entry)


def _group(reactions: Sequence[Row]) -> list[Row]:
    """One group per subsystem, as cobra makes them."""
    members: dict[str, list[tuple[str, object]]] = {}
    for row in reactions:
        value = row.get("subsystem")
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and name:
                members.setdefault(name, []).append(("reactions", row["id"]))
    return [
        {
            "id": name,
            "name": name,
            "kind": "partonomy",
            "members": members[name],
            "annotation": {"sbo": _SUBSYSTEM_SBO},
        }
        for name in sorted(members)
    ]
