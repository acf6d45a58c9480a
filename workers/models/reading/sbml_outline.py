"""What an SBML file declares and refers to, read without libSBML: its faults by name, and remarks.

libSBML and cobra pass over a second reaction of the same id, and name a missing species by its bare id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from fluxagents.tasks.ports.models import ModelWarning

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
    "geneProductRef": ("geneProduct", "gene product"),
}
"""Element -> the attribute that refers, and to what."""

_FLUX_BOUNDS = "/fbc/version2"

_READ_PACKAGES = {"fbc", "groups"}
_DRAWN_PACKAGES = {"layout", "render"}
"""Packages that change no number, whether read or not."""

_KNOWN_UNITS = {"substance", "volume", "area", "length", "time"} | {
    "dimensionless", "item", "mole", "gram", "kilogram", "litre", "metre", "second",
}  # fmt: skip
"""Units that SBML knows without a declaration; not all of them, only those of amounts, sizes and time."""


class FaultyXmlError(Exception):
    """The file is no SBML; the message says why."""


@dataclass(slots=True)
class SbmlOutline:
    """Counts and ids of an SBML file; ids as written."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    """What -> id -> how often it is declared."""
    references: dict[str, dict[str, str]] = field(default_factory=dict)
    """What -> id -> the element that refers to it first."""
    packages: set[str] = field(default_factory=set)
    active_objective: str = ""
    user_constraints: int = 0
    without_bounds: int = 0
    """Reactions without flux bounds of their own in a file whose package, fbc version 2, wants them."""
    units: set[str] = field(default_factory=set)
    """Declared."""
    named_units: dict[str, None] = field(default_factory=dict)

    def faults(self) -> Iterator[str]:
        """What makes the file ambiguous or incomplete, each as the end of a sentence about the file."""
        for what, counted in self.counts.items():
            twice = [identifier for identifier, count in counted.items() if count > 1]
            if twice:
                yield f"declares the {what} '{twice[0]}' more than once{_more(len(twice) - 1)}"
        for what, named in self.references.items():
            missing = [identifier for identifier in named if identifier not in self.counts.get(what, {})]
            if missing:
                where = f"the {what} '{missing[0]}' in {named[missing[0]]}"
                yield f"refers to {where} and does not declare it{_more(len(missing) - 1)}"

    def warnings(self) -> Iterator[ModelWarning]:
        """What a user should know and what stops no analysis."""
        objectives = len(self.counts.get("objective", ()))
        if objectives > 1:
            active = self.active_objective
            used = f"'{active}', the active one, is used" if active else "none is active"
            message = f"the file has {objectives} objectives: {used}"
            yield ModelWarning(kind="several_objectives", message=message, count=objectives)
        units = [name for name in self.named_units if name not in self.units | _KNOWN_UNITS]
        if units:
            more = _more(len(units) - 1)
            message = f"the file does not declare its unit '{units[0]}'{more}: mmol/gDW/h is assumed"
            yield ModelWarning(kind="unit_unknown", message=message, count=len(units))
        if self.user_constraints:
            message = f"the file has {self.user_constraints} constraints of its own, which are not read"
            yield ModelWarning(kind="constraints_left_out", message=message, count=self.user_constraints)
        if self.without_bounds:
            message = (
                f"{self.without_bounds} reactions lack a flux bound: 1000 mmol/gDW/h either way is assumed"
            )
            yield ModelWarning(kind="bound_assumed", message=message, count=self.without_bounds)
        for package in sorted(self.packages - _READ_PACKAGES - _DRAWN_PACKAGES):
            message = f"the file uses the SBML package '{package}', which is not read"
            yield ModelWarning(kind="package_left_out", message=message)


def outline(data: bytes) -> SbmlOutline:
    """The outline of a well-formed SBML file.

    Raises:
        FaultyXmlError: It is not well-formed, not SBML, or declares a document type, which could expand.
    """
    result = SbmlOutline()
    reader = _Reader(result)
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _document_type
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        if error.code in _ENDED and reader.root == "sbml":
            raise FaultyXmlError(f"is truncated: the XML ends at line {error.lineno}") from error
        raise FaultyXmlError(f"is not SBML: {error}") from error
    return result


class _Reader:
    """Fills an outline from the events of an XML parser."""

    def __init__(self, outline: SbmlOutline) -> None:
        self._outline = outline
        self._path: list[str] = []
        self._reaction = ""
        self._has_bounds = False
        self.root = ""

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        element = name.rsplit(":", 1)[-1]
        if not self.root:
            self.root = element
            if element != "sbml":
                raise FaultyXmlError(f"is not SBML: the outermost element is '{element[:60]}'")
            required = (key for key in attributes if key.endswith(":required"))
            self._outline.packages.update(key.split(":")[0] for key in required)
            self._has_bounds = any(value.endswith(_FLUX_BOUNDS) for value in attributes.values())
        self._path.append(element)
        if "annotation" in self._path or "notes" in self._path or "kineticLaw" in self._path:
            return  # these may hold anything, and parameters of their own
        self._declare(element, {key.rsplit(":", 1)[-1]: value for key, value in attributes.items()})

    def end(self, _name: str) -> None:
        self._path.pop()

    def _declare(self, element: str, attributes: Mapping[str, str]) -> None:
        outline = self._outline
        if element in _DECLARED and attributes.get("id"):
            outline.counts.setdefault(_DECLARED[element], Counter())[attributes["id"]] += 1
        if element == "reaction":
            self._reaction = f"reaction '{attributes.get('id', '')}'"
            self._bounds(attributes)
        elif element == "unitDefinition":
            outline.units.add(attributes.get("id", ""))
        elif element == "listOfObjectives":
            outline.active_objective = attributes.get("activeObjective", "")
        elif element == "userDefinedConstraint":
            outline.user_constraints += 1
        if element in _REFERENCES:
            attribute, what = _REFERENCES[element]
            where = "the objective" if element == "fluxObjective" else self._reaction
            self._refer(what, attributes.get(attribute), where)
        for attribute in ("units", "substanceUnits", "extentUnits"):
            if attributes.get(attribute):
                outline.named_units[attributes[attribute]] = None

    def _bounds(self, attributes: Mapping[str, str]) -> None:
        bounds = attributes.get("lowerFluxBound"), attributes.get("upperFluxBound")
        for identifier in bounds:
            self._refer("parameter", identifier, self._reaction)
        self._outline.without_bounds += self._has_bounds and None in bounds

    def _refer(self, what: str, identifier: str | None, where: str) -> None:
        if identifier:
            self._outline.references.setdefault(what, {}).setdefault(identifier, where)


def _document_type(*_arguments: object) -> None:
    raise FaultyXmlError("declares a document type, which SBML does not have")


def _more(count: int) -> str:
    return f" (and {count} more)" if count else ""


_ENDED = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
}
"""How expat calls the end of a file that came too early."""
