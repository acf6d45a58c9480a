"""Notes and annotations of plain SBML elements, as libSBML and cobra read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

from fluxagents.workers.models.reading.sbml.not_plain import NotPlainError
from fluxagents.workers.models.reading.sbml.sbml_names import BIOLOGY, CORE, MODEL_QUALIFIERS, RDF

Annotation = dict[str, str | list[str]]
"""Database -> one identifier, or several; `sbo` is the SBO term."""

_SBO_TERM = re.compile(r"SBO:\d{7}")
_REFERENCE = re.compile(r"&(?:#|\w+;)")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})
_NOTES, _ANNOTATION = f"{CORE}notes", f"{CORE}annotation"
_RDF, _ABOUT, _BAG, _ITEM, _RESOURCE = (f"{RDF}{name}" for name in ("RDF", "about", "Bag", "li", "resource"))
_QUALIFIERS = {
    *(
        f"{BIOLOGY}{name}"
        for name in (
            "is", "hasPart", "isPartOf", "isVersionOf", "hasVersion", "isHomologTo", "isDescribedBy",
            "isEncodedBy", "encodes", "occursIn", "hasProperty", "isPropertyOf", "hasTaxon",
        )
    ),
    *(
        f"{MODEL_QUALIFIERS}{name}"
        for name in ("is", "isDescribedBy", "isDerivedFrom", "isInstanceOf", "hasInstance")
    ),
}  # fmt: skip


def read_notes(element: Element) -> dict[str, str]:
    """The lines `key: value` of an element's notes, escaped as libSBML writes them again.

    Raises:
        NotPlainError: A paragraph is empty or holds more than text, or an element is called `p…`.
    """
    notes = element.find(_NOTES)
    if notes is None:
        return {}
    table = {}
    for line in _list_paragraphs(notes):
        key, colon, value = line.translate(_ESCAPES).partition(":")
        if colon:
            table[key.strip()] = value.strip()
    return {key: value for key, value in table.items() if value}


def read_annotation(element: Element, split: Callable[[str], tuple[str, str] | None]) -> Annotation:
    """The identifiers of an element by database, its SBO term first.

    Args:
        element: Of the core or of a package; its attributes `metaid` and `sboTerm` count.
        split: An address -> database and identifier, or None if it names none.

    Raises:
        NotPlainError: libSBML might pass over a part of the annotation, or read it in another way.
    """
    annotation: Annotation = {}
    term = element.get("sboTerm")
    if term is not None:
        if not _SBO_TERM.fullmatch(term):
            raise NotPlainError(term)
        annotation["sbo"] = term
    written = element.find(_ANNOTATION)
    if written is None:
        return annotation
    for address in _list_addresses(written, element.get("metaid")):
        pair = split(address)
        if pair is None:
            continue
        database, identifier = pair
        known = annotation.get(database)
        if known is None:
            annotation[database] = identifier
            continue
        if isinstance(known, str):  # cobra makes a list of one where a file repeats itself
            known = annotation[database] = [known]
        if identifier not in known:
            known.append(identifier)
    return annotation


def _list_paragraphs(notes: Element) -> Iterator[str]:
    for part in notes.iter():
        name = part.tag.rpartition("}")[2]
        if name == "p":
            text = part.text
            if len(part) or not text or text.isspace() or _REFERENCE.search(text):
                raise NotPlainError("p")
            yield text
        elif name[0] in "pP":
            raise NotPlainError(name)


def _list_addresses(annotation: Element, metaid: str | None) -> Iterator[str]:
    descriptions = [part for rdf in annotation.findall(_RDF) for part in rdf]
    if not descriptions:
        return
    (description, *others) = descriptions
    if others or not metaid or description.attrib != {_ABOUT: f"#{metaid}"}:
        raise NotPlainError("rdf:Description")
    for qualifier in description:
        if qualifier.tag in _QUALIFIERS:
            yield from _list_resources(qualifier)
        elif qualifier.tag.startswith((BIOLOGY, MODEL_QUALIFIERS)):
            raise NotPlainError(qualifier.tag)


def _list_resources(qualifier: Element) -> Iterator[str]:
    bags = [*qualifier]
    if len(bags) != 1 or bags[0].tag != _BAG:
        raise NotPlainError(qualifier.tag)
    for item in bags[0]:
        address = item.get(_RESOURCE)
        if item.tag != _ITEM or not address or len(item.attrib) > 1 or len(item):
            raise NotPlainError(item.tag)
        yield address
