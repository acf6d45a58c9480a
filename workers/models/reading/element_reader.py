"""Metabolites, genes and reactions of a raw document, each in its one typed form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from fluxagents.workers.models.reading.field_values import (
    Place,
    is_missing,
    read_annotation,
    read_charge,
    read_formula,
    read_id,
    read_notes,
    read_number,
    read_table,
    read_text,
    show,
)
from fluxagents.workers.models.reading.gene_rules import read_gene_rule
from fluxagents.workers.models.reading.model_document import Element, MetaboliteRow, ReactionRow
from fluxagents.workers.models.reading.refusal import RefusedFileError
from fluxagents.workers.models.reading.remarks import Remarks

_ROW_FIELDS = {
    "metabolite": {*Element.__annotations__, *MetaboliteRow.__annotations__, "_bound", "_constraint_sense"},
    "reaction": {
        *Element.__annotations__, *ReactionRow.__annotations__, "reaction", "reversibility", "variable_kind",
    },
    "gene": {*Element.__annotations__, "functional"},
}  # fmt: skip
_LOWEST, _HIGHEST = 0.0, 1_000.0
"""Bounds of a reaction that has none, in mmol/gDW/h, as cobra reads it."""

_SIGNS = {"L": "at most", "G": "at least"}


class ElementReader:
    """Reads elements, and keeps what had to be put right; each method raises `RefusedFileError`."""

    def __init__(self, remarks: Remarks) -> None:
        self._remarks = remarks
        self.rule_problems: dict[str, str] = {}
        """Reaction id -> why its gene rule is left out."""
        self.unbalanced: dict[str, str] = {}
        """Metabolite id -> to what it is balanced, if not to 0."""
        self.extra_fields: Counter[str] = Counter()
        """What is not read -> how often it occurs."""

    def _read_element(self, kind: str, row: Mapping[str, object], index: int) -> Element:
        self.extra_fields.update(f"'{field}' of a {kind}" for field in row if field not in _ROW_FIELDS[kind])
        identifier, remarks = read_id(row.get("id"), kind, index, self._remarks), self._remarks
        place = Place(kind, identifier, "notes")
        return {
            "id": identifier,
            "name": read_text(row.get("name"), Place(kind, identifier, "name"), remarks),
            "notes": read_notes(row.get("notes"), place, remarks),
            "annotation": read_annotation(
                row.get("annotation"), Place(kind, identifier, "annotation"), remarks
            ),
        }

    def read_gene(self, row: Mapping[str, object], index: int) -> Element:
        return self._read_element("gene", row, index)

    def read_metabolite(self, row: Mapping[str, object], index: int) -> MetaboliteRow:
        element = self._read_element("metabolite", row, index)
        sense, amount = row.get("_constraint_sense"), row.get("_bound")
        if sense not in ("E", "=", "", None) or amount not in (0, None):
            self.unbalanced[element["id"]] = f"{_SIGNS.get(str(sense), 'exactly')} {amount or 0}"

        def place(field: str) -> Place:
            return Place("metabolite", element["id"], field)

        return {
            **element,
            "compartment": read_text(row.get("compartment"), place("compartment"), self._remarks),
            "charge": read_charge(row.get("charge"), place("charge"), self._remarks),
            "formula": read_formula(row.get("formula"), place("formula"), self._remarks),
        }

    def read_reaction(self, row: Mapping[str, object], index: int, known: set[str]) -> ReactionRow:
        element = self._read_element("reaction", row, index)
        identifier, remarks = element["id"], self._remarks
        lowest, highest = self._read_bounds(identifier, row)
        rule, problem = read_gene_rule(row.get("gene_reaction_rule"))
        if problem:
            self.rule_problems[identifier] = problem
        coefficient = row.get("objective_coefficient")
        place = Place("reaction", identifier, "objective_coefficient")
        objective = 0.0 if coefficient is None else read_number(coefficient, place, remarks)
        if abs(objective) == float("inf"):
            raise RefusedFileError(f"has an infinite number as {place}: write a finite one")
        return {
            **element,
            "metabolites": self._read_metabolites(identifier, row.get("metabolites"), known),
            "lower_bound": lowest,
            "upper_bound": highest,
            "gene_reaction_rule": rule,
            "objective_coefficient": objective,
            "subsystem": self._read_subsystem(identifier, row.get("subsystem")),
        }

    def _read_bounds(self, identifier: str, row: Mapping[str, object]) -> tuple[float, float]:
        bounds = []
        for field, usual in (("lower_bound", _LOWEST), ("upper_bound", _HIGHEST)):
            place = Place("reaction", identifier, field)
            if row.get(field) is None:
                self._remarks.add("bound_assumed", identifier, str(place))
                bounds.append(usual)
            else:
                bounds.append(read_number(row[field], place, self._remarks))
        lowest, highest = bounds
        if lowest > highest:
            raise RefusedFileError(
                f"has the 'lower_bound' {lowest:g} above the 'upper_bound' {highest:g} in reaction "
                f"'{identifier}': correct one of them"
            )
        if lowest == float("inf") or highest == -float("inf"):
            raise RefusedFileError(
                f"has bounds that no flux can meet in reaction '{identifier}': correct them"
            )
        return lowest, highest

    def _read_metabolites(self, identifier: str, value: object, known: set[str]) -> dict[str, float]:
        table = {} if is_missing(value) else read_table(value, f"reaction '{identifier}'")
        if table is None:
            raise RefusedFileError(
                f"has no table as 'metabolites' of reaction '{identifier}' but {show(value)}: write one"
            )
        if value is None:
            self._remarks.add("empty_reaction", identifier, f"reaction '{identifier}'")
        coefficients = {}
        for metabolite, item in table.items():
            if metabolite not in known:
                where = f"the metabolite '{metabolite}' in reaction '{identifier}'"
                raise RefusedFileError(
                    f"refers to {where} and does not declare it: declare it, or correct the id"
                )
            place = Place("reaction", identifier, f"coefficient of {metabolite}")
            coefficients[metabolite] = read_number(item, place, self._remarks)
            if abs(coefficients[metabolite]) == float("inf"):
                raise RefusedFileError(f"has an infinite number as {place}: write a finite one")
        return coefficients

    def _read_subsystem(self, identifier: str, value: object) -> str:
        place = Place("reaction", identifier, "subsystem")
        text = read_text(value, place, self._remarks)
        if isinstance(value, list) and sum(not is_missing(item) for item in value) > 1:
            self._remarks.add("subsystem_joined", identifier, f"{place} is {show(text)}")
        return text
