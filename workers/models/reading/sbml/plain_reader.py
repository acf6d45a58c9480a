"""Reads an SBML file that writes nothing unusual straight into a model.

libSBML makes an object of each element, and cobra copies its own objects several times: together they take
four fifths of the time. Most files of today (level 3, fbc version 2) need neither. This reader knows the
elements and attributes that such files have. A file with any other goes to libSBML and cobra, so that what
comes out is always what they would give.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from cobra import Model
from cobra.io import sbml as cobra_sbml

from fluxagents.workers.models.model_forms import Rule, build_model
from fluxagents.workers.models.reading.sbml.not_plain import NotPlainError
from fluxagents.workers.models.reading.sbml.plain_annotations import Annotation, read_annotation, read_notes
from fluxagents.workers.models.reading.sbml.sbml_bounds import WrittenBounds
from fluxagents.workers.models.reading.sbml.sbml_document import SENSES
from fluxagents.workers.models.reading.sbml.sbml_ids import (
    decode_gene,
    decode_group,
    decode_reaction,
    decode_species,
)
from fluxagents.workers.models.reading.sbml.sbml_names import CORE, FBC, GROUPS, PREFIXES
from fluxagents.workers.models.reading.sbml.sbml_outline import SbmlOutline

_DECLARATION = re.compile(rb"""<\?xml\s+version=["']1\.0["'](?:\s+encoding=["'](?i:utf-8)["'])?\s*[?s]""")
_NAMESPACE = re.compile(rb"""xmlns(?::([\w.-]+))?\s*=\s*(["'])(.*?)\2""")
_URI = re.compile(rb"https?://[\w.:/~#-]+")
_LIST = re.compile(rb"<(?:\w+:)?listOf")
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PACKAGES = {"fbc", "groups"}
_ESCAPED_GENE = "__cobra_"
_GROUP_KINDS = {"collection", "classification", "partonomy"}

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

_TEXTS = frozenset({f"{CORE}notes", f"{CORE}annotation"})
_PARTS: dict[str, AbstractSet[str]] = {
    f"{CORE}sbml": _TEXTS | {f"{CORE}model"},
    f"{CORE}model": _TEXTS
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
    f"{CORE}reaction": _TEXTS
    | {f"{CORE}listOfReactants", f"{CORE}listOfProducts", f"{FBC}geneProductAssociation"},
    f"{FBC}objective": _TEXTS | {f"{FBC}listOfFluxObjectives"},
    f"{GROUPS}group": _TEXTS | {f"{GROUPS}listOfMembers"},
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

_LISTS = {
    f"{CORE}listOfCompartments": "",
    f"{CORE}listOfSpecies": "",
    f"{CORE}listOfParameters": "",
    f"{CORE}listOfReactions": "",
    f"{FBC}listOfGeneProducts": FBC,
    f"{FBC}listOfObjectives": FBC,
    f"{GROUPS}listOfGroups": GROUPS,
}
"""List of the model -> what stands before `id` in its elements."""

_GENE = f"{FBC}geneProductRef"
_JUNCTIONS = {f"{FBC}and": "and", f"{FBC}or": "or"}


def read_plain(data: bytes, outline: SbmlOutline, bounds: Mapping[str, WrittenBounds]) -> Model:
    """The model, as libSBML and cobra would read it and the functions around them would put it right.

    Args:
        data: An SBML file.
        outline: Of this file, in which there are no faults.
        bounds: Reaction -> its bounds as written.

    Raises:
        NotPlainError: The file holds anything that this reader does not know.
    """
    _check_kind(data, outline)
    try:
        root = ET.fromstring(data)  # noqa: S314 - files with a document type have no outline
        form = _PlainReader(root, _read_head(data), outline, bounds).read()
    except (KeyError, IndexError, ET.ParseError) as error:
        raise NotPlainError(str(error)) from error
    return build_model(form)


def _check_kind(data: bytes, outline: SbmlOutline) -> None:
    versions = outline.level, outline.version, outline.fbc_version
    if versions != ("3", "1", 2) or not outline.packages <= _PACKAGES or outline.odd_gene_rules:
        raise NotPlainError("version")
    if not outline.gene_associations:
        raise NotPlainError("no gene rules but in notes")
    if not data.startswith(b"<sbml") and not _DECLARATION.match(data):
        raise NotPlainError("encoding")
    for prefix, _, uri in set(_NAMESPACE.findall(data)):
        known, written = PREFIXES.get(prefix.decode()), uri.decode(errors="replace")
        is_odd = known != written and (known is not None or written in PREFIXES.values())
        if is_odd or not _URI.fullmatch(uri):
            raise NotPlainError(f"xmlns:{prefix.decode()}")


def _read_head(data: bytes) -> dict[str, Any]:
    """What stands above the lists of a file, by libSBML: its notes hold anything that people write."""
    begin = _LIST.search(data)
    if begin is None:
        raise NotPlainError("no list")
    head = (data[: begin.start()] + b"</model></sbml>").decode()
    document = cobra_sbml._get_doc_from_filename(head)  # noqa: SLF001 - as the whole file, if it were not plain
    model = document.getModel()
    if model is None:
        raise NotPlainError("head")
    cobra_sbml._parse_annotations(document)  # noqa: SLF001 - cobra remarks on what it does not keep
    return {
        "id": model.getIdAttribute(),
        "name": model.getName() or None,
        "notes": cobra_sbml._parse_notes_dict(model),  # noqa: SLF001 - as above
        "annotation": cobra_sbml._parse_annotations(model),  # noqa: SLF001 - as above
    }


class _PlainReader:
    """Reads one file into the fast form."""

    def __init__(
        self,
        root: Element,
        head: Mapping[str, Any],
        outline: SbmlOutline,
        bounds: Mapping[str, WrittenBounds],
    ) -> None:
        self._root = root
        self._head = head
        self._outline = outline
        self._bounds = bounds
        self._split = cache(cobra_sbml._parse_annotation_info)  # noqa: SLF001 - it remarks on odd addresses
        self._species: dict[str, str] = {}
        """Id as written -> the metabolite's."""
        self._genes: dict[str, str] = {}

    def read(self) -> dict[str, Any]:
        parts = _find_parts(_find_parts(self._root)[f"{CORE}model"])
        if _TEXTS & set(list(parts)[len(_TEXTS & parts.keys()) :]):
            raise NotPlainError("notes below lists")
        lists = {name: list(_list_rows(parts, name)) for name in _LISTS}
        _check_ids(lists)
        _check_objectives(parts, lists)
        metabolites = [self._read_metabolite(row) for row in lists[f"{CORE}listOfSpecies"]]
        genes = [self._read_gene(row) for row in lists[f"{FBC}listOfGeneProducts"]]
        reactions = {row.attrib["id"]: self._read_reaction(row) for row in lists[f"{CORE}listOfReactions"]}
        return {
            **self._head,
            "compartments": {
                row.attrib["id"]: row.get("name", "") for row in lists[f"{CORE}listOfCompartments"]
            },
            "metabolites": metabolites,
            "genes": genes,
            "non_functional_genes": (),
            "objective_direction": self._add_objective(reactions),
            "groups": self._group(lists, reactions),
            "reactions": list(reactions.values()),
        }

    def _read_annotation(self, element: Element) -> Annotation:
        return read_annotation(element, self._split)

    def _describe(self, element: Element, package: str = "") -> dict[str, Any]:
        return {
            "name": element.get(f"{package}name", ""),
            "notes": read_notes(element),
            "annotation": self._read_annotation(element),
        }

    def _read_metabolite(self, row: Element) -> dict[str, Any]:
        identifier = self._species[row.attrib["id"]] = decode_species(row.attrib["id"])
        return {
            "id": identifier,
            **self._describe(row),
            "compartment": row.attrib["compartment"],
            "formula": row.get(f"{FBC}chemicalFormula") or None,
        }

    def _read_gene(self, row: Element) -> dict[str, Any]:
        written = row.attrib[f"{FBC}id"]
        identifier = self._genes[written] = decode_gene(written)
        if _ESCAPED_GENE in identifier.lower():
            raise NotPlainError(identifier)
        return {"id": identifier, **self._describe(row, FBC)}

    def _read_reaction(self, row: Element) -> dict[str, Any]:
        parts = _find_parts(row)
        described = self._describe(row)
        lower, upper = self._bounds[row.attrib["id"]].numbers
        return {
            "id": decode_reaction(row.attrib["id"]),
            **described,
            "name": described["name"].strip(),
            "lower_bound": lower,
            "upper_bound": upper,
            "metabolites": self._read_stoichiometry(parts),
            "rule": self._read_association(parts.get(f"{FBC}geneProductAssociation")),
        }

    def _read_stoichiometry(self, parts: Mapping[str, Element]) -> dict[str, float]:
        coefficients: dict[str, float] = {}
        for side, sign in ((f"{CORE}listOfReactants", -1.0), (f"{CORE}listOfProducts", 1.0)):
            for row in _list_rows(parts, side):
                metabolite = self._species[row.attrib["species"]]
                value = sign * float(row.attrib["stoichiometry"])
                coefficients[metabolite] = coefficients.get(metabolite, 0.0) + value
        return {metabolite: value for metabolite, value in coefficients.items() if value}

    def _read_association(self, association: Element | None) -> Rule:
        if association is None:
            return None
        _check_attributes(association)
        if len(association) != 1:
            raise NotPlainError(association.tag)
        return self._read_rule(association[0])

    def _read_rule(self, element: Element) -> Rule:
        _check_attributes(element)
        if element.tag == _GENE and not len(element):
            return self._genes[element.attrib[f"{FBC}geneProduct"]]
        return [_JUNCTIONS[element.tag], *map(self._read_rule, element)]

    def _add_objective(self, reactions: Mapping[str, dict[str, Any]]) -> str:
        """Write the coefficients into the rows; the direction comes back."""
        objectives = self._outline.objectives
        used = self._outline.active_objective or (next(iter(objectives)) if len(objectives) == 1 else "")
        if not used:
            return "max"
        for identifier, text in objectives[used].coefficients:
            row = reactions[identifier]
            row["objective_coefficient"] = row.get("objective_coefficient", 0.0) + float(text or 0.0)
        return SENSES[objectives[used].sense.strip().lower()][:3]

    def _group(
        self, lists: Mapping[str, Sequence[Element]], reactions: Mapping[str, dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """The groups, written into the rows of reactions as their subsystems."""
        if "groups" in self._outline.packages:
            groups = [self._read_group(row, reactions) for row in lists[f"{GROUPS}listOfGroups"]]
        else:
            groups = _group_by_notes(reactions.values())
        if len({group["id"] for group in groups}) < len(groups):
            raise NotPlainError("groups")
        return groups

    def _read_group(self, row: Element, reactions: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        parts = _find_parts(row)
        kind = row.get(f"{GROUPS}kind", "")
        described = self._describe(row, GROUPS)
        members = []
        for member in _list_rows(parts, f"{GROUPS}listOfMembers"):
            identifier = member.attrib[f"{GROUPS}idRef"]
            if identifier in reactions:
                reactions[identifier]["subsystem"] = described["name"]
                members.append(("reactions", reactions[identifier]["id"]))
            else:
                members.append(("metabolites", self._species[identifier]))
        if kind not in _GROUP_KINDS:
            raise NotPlainError(kind)
        return {
            "id": decode_group(row.attrib[f"{GROUPS}id"]),
            **described,
            "kind": kind,
            "members": members,
        }


def _group_by_notes(reactions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The groups that the notes of reactions name: how cobra reads files without the package."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in reactions:
        name = row["notes"].get("SUBSYSTEM")
        if name is not None:
            row["subsystem"] = name
            groups.setdefault(name, []).append(("reactions", row["id"]))
    return [
        {
            "id": decode_group(name),
            "name": decode_group(name),
            "kind": "partonomy",
            "members": members,
            "notes": {},
            "annotation": {"sbo": "SBO:0000633"},
        }
        for name, members in groups.items()
    ]


def _check_ids(lists: Mapping[str, Sequence[Element]]) -> None:
    """Let only ids be that libSBML takes for such, each for one element of the model."""
    ids = Counter(row.get(f"{package}id", "") for name, package in _LISTS.items() for row in lists[name])
    for identifier, count in ids.items():
        if count > 1 or not _ID.fullmatch(identifier):
            raise NotPlainError(identifier)


def _check_objectives(parts: Mapping[str, Element], lists: Mapping[str, Sequence[Element]]) -> None:
    """The outline holds them, from attributes of whatever namespace."""
    if f"{FBC}listOfObjectives" in parts:
        _check_attributes(parts[f"{FBC}listOfObjectives"])
    for objective in lists[f"{FBC}listOfObjectives"]:
        list(_list_rows(_find_parts(objective), f"{FBC}listOfFluxObjectives"))


def _find_parts(element: Element) -> dict[str, Element]:
    """The elements that this one holds, by name; each is known and stands there once."""
    _check_attributes(element)
    parts = {part.tag: part for part in element}
    if len(parts) < len(element) or not parts.keys() <= _PARTS.get(element.tag, _TEXTS):
        raise NotPlainError(element.tag)
    return parts


def _list_rows(lists: Mapping[str, Element], name: str) -> Iterator[Element]:
    """The elements of a list, if there is one, which are all of the kind that it is for."""
    for row in lists.get(name, ()):
        if row.tag == _ROWS[name]:
            _find_parts(row)
            yield row
        elif row.tag not in _TEXTS:
            raise NotPlainError(row.tag)


def _check_attributes(element: Element) -> None:
    if not element.attrib.keys() <= _ATTRIBUTES[element.tag]:
        raise NotPlainError(element.tag)
