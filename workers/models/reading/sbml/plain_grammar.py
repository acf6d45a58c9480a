"""The elements and attributes that a plain SBML file may write: what `plain_reader` knows what to do with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from xml.etree.ElementTree import Element

from fluxagents.workers.models.reading.sbml.not_plain import NotPlainError
from fluxagents.workers.models.reading.sbml.sbml_names import CORE, FBC, GROUPS

_ANY = frozenset({"metaid", "sboTerm"})
_NAMED = _ANY | {"id", "name"}
_OF_FBC = _ANY | {f"{FBC}id", f"{FBC}name"}
_OF_GROUPS = _ANY | {f"{GROUPS}id", f"{GROUPS}name"}
_ATTRIBUTES: dict[str, AbstractSet[str]] = {
    f"{CORE}sbml": _ANY | {"level", "version", f"{FBC}required", f"{GROUPS}required"},
    f"{CORE}model": _NAMED
    | {
        "substanceUnits", "timeUnits", "volumeUnits", "areaUnits", "lengthUnits", "extentUnits",
        f"{FBC}strict",
    },
    f"{CORE}compartment": _NAMED | {"spatialDimensions", "size", "units", "constant"},
    f"{CORE}species": _NAMED
    | {
        "compartment", "initialAmount", "initialConcentration", "substanceUnits", "hasOnlySubstanceUnits",
        "boundaryCondition", "constant", f"{FBC}charge", f"{FBC}chemicalFormula",
    },
    f"{CORE}parameter": _NAMED | {"value", "units", "constant"},
    f"{CORE}reaction": _NAMED
    | {"reversible", "fast", "compartment", f"{FBC}lowerFluxBound", f"{FBC}upperFluxBound"},
    f"{CORE}speciesReference": _NAMED | {"species", "stoichiometry", "constant"},
    f"{FBC}geneProduct": _OF_FBC | {f"{FBC}label", f"{FBC}associatedSpecies"},
    f"{FBC}geneProductAssociation": _OF_FBC,
    f"{FBC}geneProductRef": _OF_FBC | {f"{FBC}geneProduct"},
    f"{FBC}and": _OF_FBC,
    f"{FBC}or": _OF_FBC,
    f"{FBC}listOfObjectives": _ANY | {f"{FBC}activeObjective"},
    f"{FBC}objective": _OF_FBC | {f"{FBC}type"},
    f"{FBC}fluxObjective": _OF_FBC | {f"{FBC}reaction", f"{FBC}coefficient"},
    f"{GROUPS}group": _OF_GROUPS | {f"{GROUPS}kind"},
    f"{GROUPS}member": _OF_GROUPS | {f"{GROUPS}idRef"},
}  # fmt: skip
"""Element -> the attributes that a plain file may write."""

TEXTS = frozenset({f"{CORE}notes", f"{CORE}annotation"})
_PARTS: dict[str, AbstractSet[str]] = {
    f"{CORE}sbml": TEXTS | {f"{CORE}model"},
    f"{CORE}model": TEXTS
    | {
        f"{CORE}listOfUnitDefinitions",
        f"{CORE}listOfCompartments",
        f"{CORE}listOfSpecies",
        f"{CORE}listOfParameters",
        f"{CORE}listOfReactions",
        f"{FBC}listOfObjectives",
        f"{FBC}listOfGeneProducts",
        f"{GROUPS}listOfGroups",
    },
    f"{CORE}reaction": TEXTS
    | {f"{CORE}listOfReactants", f"{CORE}listOfProducts", f"{FBC}geneProductAssociation"},
    f"{FBC}objective": TEXTS | {f"{FBC}listOfFluxObjectives"},
    f"{GROUPS}group": TEXTS | {f"{GROUPS}listOfMembers"},
}
"""Element -> the elements that it may hold, each once; others hold notes and an annotation."""

_ROWS = {
    f"{CORE}listOfCompartments": f"{CORE}compartment",
    f"{CORE}listOfSpecies": f"{CORE}species",
    f"{CORE}listOfParameters": f"{CORE}parameter",
    f"{CORE}listOfReactions": f"{CORE}reaction",
    f"{CORE}listOfReactants": f"{CORE}speciesReference",
    f"{CORE}listOfProducts": f"{CORE}speciesReference",
    f"{FBC}listOfGeneProducts": f"{FBC}geneProduct",
    f"{FBC}listOfObjectives": f"{FBC}objective",
    f"{FBC}listOfFluxObjectives": f"{FBC}fluxObjective",
    f"{GROUPS}listOfGroups": f"{GROUPS}group",
    f"{GROUPS}listOfMembers": f"{GROUPS}member",
}
"""List -> the elements that it is for."""


def find_parts(element: Element) -> dict[str, Element]:
    """The elements that this one holds, by name.

    Raises:
        NotPlainError: One is not known, or stands there twice.
    """
    check_attributes(element)
    parts = {part.tag: part for part in element}
    if len(parts) < len(element) or not parts.keys() <= _PARTS.get(element.tag, TEXTS):
        raise NotPlainError(element.tag)
    return parts


def list_rows(lists: Mapping[str, Element], name: str) -> Iterator[Element]:
    """The elements of a list, if there is one.

    Raises:
        NotPlainError: One is not of the kind that the list is for.
    """
    for row in lists.get(name, ()):
        if row.tag == _ROWS[name]:
            find_parts(row)
            yield row
        elif row.tag not in TEXTS:
            raise NotPlainError(row.tag)


def check_attributes(element: Element) -> None:
    """Let the element have only attributes that are known.

    Raises:
        NotPlainError: It has another.
    """
    if not element.attrib.keys() <= _ATTRIBUTES[element.tag]:
        raise NotPlainError(element.tag)
