"""Reads the outline of an SBML file without libSBML, which passes over much of what is odd.

libSBML and cobra pass over a second reaction of the same id, name a missing species by its bare id, read a
number that they do not understand as none, and an unknown kind of objective as no objective.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from xml.parsers import expat

from fluxagents.workers.models.reading.sbml.sbml_outline import (
    ObjectiveOutline,
    ReactionOutline,
    SbmlOutline,
    read_number,
)

_DECLARED = {
    "species": "species",
    "reaction": "reaction",
    "parameter": "parameter",
    "geneProduct": "gene product",
    "compartment": "compartment",
    "objective": "objective",
}
"""Element -> what its ids name."""

_REFERENCES = {
    "speciesReference": ("species", "species"),
    "modifierSpeciesReference": ("species", "species"),
    "fluxObjective": ("reaction", "reaction"),
    "fluxBound": ("reaction", "reaction"),
    "geneProductRef": ("geneProduct", "gene product"),
}
"""Element -> the attribute that refers, and to what."""

_FLUX_BOUNDS = re.compile(r"/fbc/version(\d+)$")
_RULES = {
    "initialAssignment": "symbol",
    "assignmentRule": "variable",
    "rateRule": "variable",
    "eventAssignment": "variable",
}
"""Element -> the attribute that names what it sets."""

_MAX_RULE_DEPTH = 12
_SHOWN_CHARACTERS = 60


class FaultyXmlError(Exception):
    """The file is no SBML; the message says why."""


def read_outline(data: bytes) -> SbmlOutline:
    """The outline of a well-formed SBML file.

    Raises:
        FaultyXmlError: It is not well-formed, not SBML, or declares a document type, which could expand.
    """
    result = SbmlOutline()
    parser = expat.ParserCreate()
    reader = _Reader(result, lambda: parser.CurrentLineNumber)
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _document_type
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        if error.code in _ENDED and reader.root == "sbml":
            raise FaultyXmlError(
                f"is truncated: the XML ends at line {error.lineno}; fetch the whole file again"
            ) from error
        raise FaultyXmlError(
            f"is not SBML: {error}; correct it there, or use the suffix of its format"
        ) from error
    return result


class _Reader:
    """Fills an outline from the events of an XML parser."""

    def __init__(self, outline: SbmlOutline, count_lines: Callable[[], int]) -> None:
        self._outline = outline
        self._count_lines = count_lines
        self._skipped = 0
        self._law = 0
        """How deep the parser is in what is passed over, and in a kinetic law."""
        self._rule: list[int] = []
        """In a gene rule: how many rules each open element holds."""
        self._reaction_id = ""
        self._reaction = ReactionOutline()
        self._objective = ObjectiveOutline("")
        self.root = ""
        self._readers: dict[str, Callable[[Mapping[str, str]], None]] = {
            "species": self._read_species,
            "reaction": self._read_reaction,
            "speciesReference": self._read_stoichiometry,
            "stoichiometryMath": self._read_computed_stoichiometry,
            "parameter": self._read_parameter,
            "fluxBound": self._read_flux_bound,
            "listOfObjectives": self._read_objectives,
            "objective": self._read_objective,
            "fluxObjective": self._read_coefficient,
            "geneProductAssociation": self._read_association,
            "unitDefinition": self._read_unit,
            "userDefinedConstraint": self._read_constraint,
        }

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipped:
            self._skipped += 1
            return
        element = name.rsplit(":", 1)[-1]
        if not self.root:
            self._read_root(element, attributes)
        if element in {"annotation", "notes"}:  # these may hold anything
            self._skipped = 1
            return
        attributes = {key.rsplit(":", 1)[-1]: value for key, value in attributes.items()}
        if self._outline.level == "1" and attributes.get("name"):
            attributes["id"] = attributes["name"]  # which has names only
        if self._law or element == "kineticLaw":
            self._law += 1
            if element in {"parameter", "localParameter"} and "id" in attributes:
                self._reaction.law[attributes["id"]] = attributes.get("value", "")
            return
        self._declare(element, attributes)
        if element in self._readers:
            self._readers[element](attributes)
        elif element in _RULES and attributes.get(_RULES[element]):
            self._outline.set_by_rules[attributes[_RULES[element]]] = element
        elif self._rule and element in _JUNCTIONS | {"geneProductRef"}:
            self._read_rule(element, attributes)

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif self._law:
            self._law -= 1
        elif self._rule:
            self._end_rule(name.rsplit(":", 1)[-1])

    def _read_root(self, element: str, attributes: Mapping[str, str]) -> None:
        self.root = element
        if element != "sbml":
            raise FaultyXmlError(
                f"is not SBML: the outermost element is '{element[:_SHOWN_CHARACTERS]}'; write 'sbml'"
            )
        required = (key for key in attributes if key.endswith(":required"))
        self._outline.packages.update(key.split(":")[0] for key in required)
        self._outline.level = attributes.get("level", "")
        self._outline.version = attributes.get("version", "")
        versions = (match for value in attributes.values() if (match := _FLUX_BOUNDS.search(value)))
        self._outline.fbc_version = max((int(match[1]) for match in versions), default=0)

    def _declare(self, element: str, attributes: Mapping[str, str]) -> None:
        outline = self._outline
        if element in _DECLARED:
            identifier = attributes.get("id")
            if identifier:
                outline.counts.setdefault(_DECLARED[element], Counter())[identifier] += 1
            elif element != "parameter":
                where = f"in line {self._count_lines()}"
                outline.faults.append(f"has a {_DECLARED[element]} without an id {where}: give it one")
        if element in _REFERENCES:
            attribute, what = _REFERENCES[element]
            where = _REFERRING.get(element) or f"reaction '{self._reaction_id}'"
            self._refer(what, attributes.get(attribute), where)
            if not attributes.get(attribute) and element in {"speciesReference", *_REFERRING}:
                outline.faults.append(f"names no {what} in {where}: write its id as '{attribute}'")
        for attribute in ("units", "substanceUnits", "extentUnits"):
            if attributes.get(attribute):
                outline.named_units[attributes[attribute]] = None

    def _refer(self, what: str, identifier: str | None, where: str) -> None:
        if identifier:
            self._outline.references.setdefault(what, {}).setdefault(identifier, where)

    def _read_species(self, attributes: Mapping[str, str]) -> None:
        identifier = attributes.get("id", "")
        if _is_true(attributes.get("boundaryCondition")):
            self._outline.boundary_species.append(identifier)
        if "charge" in attributes:
            self._outline.charges[identifier] = attributes["charge"]
        if attributes.get("conversionFactor"):
            self._outline.converted.append(identifier)

    def _read_reaction(self, attributes: Mapping[str, str]) -> None:
        self._reaction_id = attributes.get("id", "")
        lower, upper = attributes.get("lowerFluxBound"), attributes.get("upperFluxBound")
        is_reversible = "reversible" not in attributes or _is_true(attributes["reversible"])
        self._reaction = ReactionOutline(is_reversible, lower or None, upper or None)
        self._outline.reactions[self._reaction_id] = self._reaction
        for identifier in (lower, upper):
            self._refer("parameter", identifier, f"reaction '{self._reaction_id}'")

    def _read_stoichiometry(self, attributes: Mapping[str, str]) -> None:
        where = f"'{attributes.get('species', '')}' in reaction '{self._reaction_id}'"
        if attributes.get("id"):
            self._refer("stoichiometry", attributes["id"], where)
        text = attributes.get("stoichiometry")
        if text is None and self._outline.level != "3":
            return  # which is 1
        number = read_number(text)
        if number is None or math.isinf(number):
            written = "no stoichiometry" if text is None else f"'{text[:_SHOWN_CHARACTERS]}' as stoichiometry"
            self._outline.faults.append(
                f"has {written} of {where}: write a finite number as its 'stoichiometry'"
            )

    def _read_computed_stoichiometry(self, _attributes: Mapping[str, str]) -> None:
        self._outline.faults.append(
            f"computes a stoichiometry by 'stoichiometryMath' in reaction '{self._reaction_id}', "
            "which is not read: write its number as the attribute 'stoichiometry'"
        )

    def _read_parameter(self, attributes: Mapping[str, str]) -> None:
        is_constant = "constant" not in attributes or _is_true(attributes["constant"])
        self._outline.parameters[attributes.get("id", "")] = attributes.get("value"), is_constant

    def _read_flux_bound(self, attributes: Mapping[str, str]) -> None:
        bound = attributes.get("reaction", ""), attributes.get("operation", ""), attributes.get("value")
        self._outline.flux_bounds.append(bound)

    def _read_objectives(self, attributes: Mapping[str, str]) -> None:
        self._outline.active_objective = attributes.get("activeObjective", "")

    def _read_objective(self, attributes: Mapping[str, str]) -> None:
        self._objective = ObjectiveOutline(attributes.get("type", ""))
        self._outline.objectives[attributes.get("id", "")] = self._objective

    def _read_coefficient(self, attributes: Mapping[str, str]) -> None:
        reaction = attributes.get("reaction", "")
        self._objective.coefficients.append((reaction, attributes.get("coefficient")))
        if attributes.get("variableType", "linear") == "quadratic":
            self._outline.faults.append(
                f"has a quadratic objective (reaction '{reaction}'), which no linear program can hold: "
                "write a linear one"
            )

    def _read_association(self, _attributes: Mapping[str, str]) -> None:
        self._outline.gene_associations += 1
        self._rule = [0]

    def _read_rule(self, element: str, attributes: Mapping[str, str]) -> None:
        self._rule[-1] += 1
        if element in _JUNCTIONS:
            self._rule.append(0)
        if len(self._rule) > _MAX_RULE_DEPTH or (
            element not in _JUNCTIONS and not attributes.get("geneProduct")
        ):
            self._outline.odd_gene_rules.setdefault(self._reaction_id, 1)

    def _end_rule(self, element: str) -> None:
        if element not in _JUNCTIONS | {"geneProductAssociation"}:
            return
        count = self._rule.pop()
        if element == "geneProductAssociation" and count != 1:
            self._outline.odd_gene_rules[self._reaction_id] = count
        elif element in _JUNCTIONS and count < 2:  # noqa: PLR2004 - a junction joins two
            self._outline.odd_gene_rules.setdefault(self._reaction_id, 1)

    def _read_unit(self, attributes: Mapping[str, str]) -> None:
        self._outline.units.add(attributes.get("id", ""))

    def _read_constraint(self, _attributes: Mapping[str, str]) -> None:
        self._outline.user_constraints += 1


_JUNCTIONS = {"and", "or"}
_REFERRING = {"fluxObjective": "the objective", "fluxBound": "a flux bound"}


def _is_true(text: str | None) -> bool:
    return (text or "").strip().lower() in {"true", "1"}


def _document_type(*_arguments: object) -> None:
    raise FaultyXmlError("declares a document type, which SBML does not have: remove '<!DOCTYPE …>'")


_ENDED = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
}
"""How expat calls the end of a file that came too early."""
