"""Reads an SBML file that writes nothing unusual straight into a model.

libSBML makes an object of each element, and cobra copies its own objects several times: together they take
four fifths of the time. Most files of today (level 3, fbc version 2) need neither. A file with an element or
attribute that `plain_grammar` does not know goes to libSBML and cobra, so that what comes out is always what
they would give.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from cobra import Model
from cobra.io import sbml as cobra_sbml

from fluxagents.workers.models.model_forms import Rule, build_model
from fluxagents.workers.models.reading.sbml.not_plain import NotPlainError
from fluxagents.workers.models.reading.sbml.plain_annotations import Annotation, read_annotation, read_notes
from fluxagents.workers.models.reading.sbml.plain_grammar import (
    TEXTS,
    check_attributes,
    find_parts,
    list_rows,
)
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
        parts = find_parts(find_parts(self._root)[f"{CORE}model"])
        if TEXTS & set(list(parts)[len(TEXTS & parts.keys()) :]):
            raise NotPlainError("notes below lists")
        lists = {name: list(list_rows(parts, name)) for name in _LISTS}
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
        parts = find_parts(row)
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
            for row in list_rows(parts, side):
                metabolite = self._species[row.attrib["species"]]
                value = sign * float(row.attrib["stoichiometry"])
                coefficients[metabolite] = coefficients.get(metabolite, 0.0) + value
        return {metabolite: value for metabolite, value in coefficients.items() if value}

    def _read_association(self, association: Element | None) -> Rule:
        if association is None:
            return None
        check_attributes(association)
        if len(association) != 1:
            raise NotPlainError(association.tag)
        return self._read_rule(association[0])

    def _read_rule(self, element: Element) -> Rule:
        check_attributes(element)
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
        parts = find_parts(row)
        kind = row.get(f"{GROUPS}kind", "")
        described = self._describe(row, GROUPS)
        members = []
        for member in list_rows(parts, f"{GROUPS}listOfMembers"):
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
        check_attributes(parts[f"{FBC}listOfObjectives"])
    for objective in lists[f"{FBC}listOfObjectives"]:
        list(list_rows(find_parts(objective), f"{FBC}listOfFluxObjectives"))
