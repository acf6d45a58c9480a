"""Brings whatever a program wrote in the fields of a model into one typed document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from fluxagents.tasks.ports.models import ModelWarning
from fluxagents.workers.models.reading.element_reader import ElementReader
from fluxagents.workers.models.reading.field_values import (
    Place,
    is_missing,
    read_annotation,
    read_notes,
    read_table,
    read_text,
    show,
)
from fluxagents.workers.models.reading.gene_rules import warn_of_left_out
from fluxagents.workers.models.reading.model_document import Element, GroupRow, MetaboliteRow, ModelDocument
from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.remarks import Remarks

Row = TypeVar("Row", bound=Element)

_MODEL_FIELDS = {*ModelDocument.__annotations__, "version", "metaData", "description"}
_ENZYME_SECTION = re.compile(r"ec-")
"""Sections of GECKO: enzymes that limit fluxes."""

_DIRECTIONS = {"max": "max", "maximize": "max", "maximise": "max"} | {
    "min": "min", "minimize": "min", "minimise": "min",
}  # fmt: skip
_GROUP_KINDS = {"collection", "classification", "partonomy"}
_COMPARTMENT = re.compile(r"[\[(]([A-Za-z]\w*)[\])]$|_([A-Za-z][A-Za-z0-9]?)$")


def normalise(raw: object, remarks: Remarks | None = None) -> tuple[ModelDocument, list[ModelWarning]]:
    """The typed document of a raw one, and a warning per kind of thing dropped, guessed or put right.

    Raises:
        RefusedFileError: It is no model, or one whose numbers or ids cannot be told; names the element, the
            field and the value.
    """
    table = read_table(raw)
    if table is None or is_missing(table.get("reactions")):
        reason = f"it has no list of reactions{_guess_format(table)}"
        raise RefusedFileError(f"is no readable model: {reason}; fetch it again if it is cut short")
    normaliser = _Normaliser(table, remarks or Remarks())
    return normaliser.read(), normaliser.list_warnings()


class _Normaliser:
    """Reads one raw document."""

    def __init__(self, table: Mapping[str, object], remarks: Remarks) -> None:
        self._table = table
        self._remarks = remarks
        self._elements = ElementReader(self._remarks)

    def list_warnings(self) -> list[ModelWarning]:
        return [*self._remarks.list_warnings(), *warn_of_left_out(self._elements.rule_problems)]

    def read(self) -> ModelDocument:
        table, remarks, elements = self._table, self._remarks, self._elements
        metabolites = self._read_rows("metabolite", elements.read_metabolite)
        _check_balances(elements.unbalanced)
        genes = self._read_rows("gene", elements.read_gene)
        known = {row["id"] for row in metabolites}
        reactions = self._read_rows("reaction", lambda row, index: elements.read_reaction(row, index, known))
        compartments = self._read_compartments()
        self._find_compartments(metabolites, compartments)
        head = {**(read_table(table.get("metaData")) or {}), **table}
        identifier = read_text(head.get("id"), Place("model", "", "id"), remarks)
        place = Place("model", identifier, "notes")
        document: ModelDocument = {
            "metabolites": metabolites,
            "reactions": reactions,
            "genes": genes,
            "compartments": compartments,
            "notes": read_notes(table.get("notes"), place, remarks),
            "annotation": read_annotation(table.get("annotation"), place, remarks),
            "objective_direction": self._read_direction(),
            "non_functional_genes": self._read_non_functional(genes),
            "groups": [],
        }
        if identifier:
            document["id"] = identifier
        name = read_text(head.get("name"), Place("model", identifier, "name"), remarks)
        if name:
            document["name"] = name
        document["groups"] = list(self._read_groups(document))
        self._remark_on_rest()
        return document

    def _read_rows(self, kind: str, read: Callable[[Mapping[str, object], int], Row]) -> list[Row]:
        value = self._table.get(f"{kind}s")
        if is_missing(value) and kind == "gene":
            return []
        if not isinstance(value, list):
            raise RefusedFileError(f"has no list of {kind}s but {show(value)}: write one")
        rows = []
        for index, item in enumerate(value):
            row = {"id": item} if kind == "gene" and isinstance(item, str | int) else read_table(item)
            if row is None:
                raise RefusedFileError(
                    f"has no table as {kind} number {index + 1} but {show(item)}: write one"
                )
            rows.append(read(row, index))
        _check_unique(kind, (row["id"] for row in rows))
        return rows

    def _read_compartments(self) -> dict[str, str]:
        value = self._table.get("compartments")
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return dict.fromkeys(value, "")
        table = {} if is_missing(value) else read_table(value)
        if table is None:
            self._remarks.add("text_left_out", "compartments", f"'compartments' is {show(value)}")
            return {}
        return {
            key: read_text(name, Place("compartment", key, "name"), self._remarks)
            for key, name in table.items()
        }

    def _find_compartments(self, metabolites: Iterable[MetaboliteRow], compartments: Iterable[str]) -> None:
        """Guess the compartment of a metabolite that has none by the end of its id, if it is known."""
        rows = list(metabolites)
        known = {*compartments, *(row["compartment"] for row in rows)} - {""}
        for row in rows:
            if row["compartment"]:
                continue
            guess = guess_compartment(row["id"])
            row["compartment"] = guess if guess in known or not known else ""
            kind = "compartment_guessed" if row["compartment"] else "compartment_unknown"
            self._remarks.add(kind, row["id"], f"metabolite '{row['id']}'")

    def _read_direction(self) -> str:
        value = self._table.get("objective_direction")
        if is_missing(value):
            return "max"
        direction = _DIRECTIONS.get(str(value).lower())
        if direction is None:
            raise RefusedFileError(f"has {show(value)} as 'objective_direction': write 'max' or 'min'")
        return direction

    def _read_non_functional(self, genes: Iterable[Element]) -> list[str]:
        value = self._table.get("non_functional_genes")
        known = {gene["id"] for gene in genes}
        names = value if isinstance(value, list) else []
        for name in names:
            if name not in known:
                raise RefusedFileError(
                    f"refers to the gene {show(name)} as not functional and does not declare it: declare it"
                )
        return names

    def _read_groups(self, document: ModelDocument) -> Iterable[GroupRow]:
        value = self._table.get("groups")
        lists: dict[str, Iterable[Element]] = {
            "metabolites": document["metabolites"],
            "reactions": document["reactions"],
            "genes": document["genes"],
        }
        known = {(name, row["id"]) for name, rows in lists.items() for row in rows}
        identifiers = set()
        for index, item in enumerate(value if isinstance(value, list) else []):
            row = read_table(item)
            identifier = row and row.get("id")
            if row is None or not isinstance(identifier, str) or not identifier or identifier in identifiers:
                self._remarks.add("group_left_out", str(index), f"group number {index + 1}")
                continue
            identifiers.add(identifier)
            members = []
            named = row.get("members")
            for member in named if isinstance(named, list) else []:
                if isinstance(member, list | tuple) and tuple(member) in known:
                    members.append((member[0], member[1]))
                else:
                    self._remarks.add("group_left_out", identifier, f"{show(member)} of group '{identifier}'")
            kind = str(row.get("kind") or "collection").lower()
            place = Place("group", identifier, "notes")
            yield {
                "id": identifier,
                "name": read_text(row.get("name"), Place("group", identifier, "name"), self._remarks),
                "kind": kind if kind in _GROUP_KINDS else "collection",
                "members": members,
                "notes": read_notes(row.get("notes"), place, self._remarks),
                "annotation": read_annotation(row.get("annotation"), place, self._remarks),
            }

    def _remark_on_rest(self) -> None:
        for name, value in self._table.items():
            if name in _MODEL_FIELDS or is_missing(value):
                continue
            kind = "constraints_left_out" if _ENZYME_SECTION.match(name) else "field_left_out"
            self._remarks.add(kind, name, f"'{name}'")
        for description, count in self._elements.extra_fields.items():
            self._remarks.add("field_left_out", description, f"{description}, {count} times")


def guess_compartment(identifier: str) -> str:
    """The compartment at the end of a metabolite's id, `_c` or `[c]`; "" if there is none."""
    match = _COMPARTMENT.search(identifier.removesuffix("_boundary"))
    return (match[1] or match[2]) if match else ""


def _check_unique(kind: str, identifiers: Iterable[str]) -> None:
    twice = [identifier for identifier, count in Counter(identifiers).items() if count > 1]
    if twice:
        more, way_out = f" (and {len(twice) - 1} more)" if twice[1:] else "", "give each an id of its own"
        raise RefusedFileError(f"declares the {kind} '{twice[0]}' more than once{more}: {way_out}")


def _check_balances(unbalanced: Mapping[str, str]) -> None:
    """Refuse metabolites whose balance is no equation to 0: old cobra and COBRA Toolbox can write such."""
    if unbalanced:
        rows = ", ".join(f"'{name}' to {balance}" for name, balance in list(unbalanced.items())[:5])
        more = f" and {len(unbalanced) - 5} more" if len(unbalanced) > 5 else ""  # noqa: PLR2004 - as above
        raise RefusedFileError(
            f"balances metabolite {rows}{more}, not to 0 (by its 'csense' or 'b'): "
            "write what enters or leaves as a reaction"
        )


def _guess_format(table: Mapping[str, object] | None) -> str:
    """What the document is instead, if that is known."""
    if table and "modelreactions" in table:
        return "; it is an object of KBase: export it as SBML there"
    return ""
