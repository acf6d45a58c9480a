"""A library of a model's compounds and reactions, read from its annotations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fluxagents.tasks.ports.biochem import Entity, Kind

if TYPE_CHECKING:
    from cobra import Metabolite, Model

MODEL = "model"
"""The namespace of the ids that a model itself uses."""

ANNOTATIONS: Mapping[Kind, Mapping[str, str]] = {
    "compound": {
        "bigg.metabolite": "bigg",
        "seed.compound": "modelseed",
        "kegg.compound": "kegg",
        "metanetx.chemical": "metanetx",
        "inchikey": "inchikey",
        "inchi_key": "inchikey",
        "biocyc": "metacyc",
        "metacyc.compound": "metacyc",
    },
    "reaction": {
        "bigg.reaction": "bigg",
        "seed.reaction": "modelseed",
        "kegg.reaction": "kegg",
        "metanetx.reaction": "metanetx",
        "biocyc": "metacyc",
        "metacyc.reaction": "metacyc",
        "ec-code": "ec",
    },
}
"""Identifiers.org's prefix -> namespace; any other prefix is a namespace of its own."""

UNNAMING = frozenset({"sbo", "inchi", "smiles", "cas"})
"""Annotations that name no entry of a database."""


class ModelLibrary:
    """The compounds (one for all compartments) and reactions of one model; see `Biochem`."""

    def __init__(self, model: Model) -> None:
        self.source = f"model {model.id}"
        self._entities = (*_compounds(model, self.source), *_reactions(model, self.source))
        self._by_id: dict[str, list[tuple[str, Entity]]] = {}
        for entity in self._entities:
            for space, identifier in _every_id(entity):
                self._by_id.setdefault(identifier.casefold(), []).append((space, entity))

    def by_id(self, identifier: str, namespace: str | None, kind: Kind | None) -> Sequence[Entity]:
        """See `Biochem.by_id`."""
        hits = self._by_id.get(identifier.casefold(), ())
        entities = [
            entity for space, entity in hits if namespace in {None, space} and kind in {None, entity.kind}
        ]
        return list({(entity.kind, entity.id): entity for entity in entities}.values())

    def by_name(self, name: str, kind: Kind | None) -> Sequence[Entity]:
        """See `Biochem.by_name`."""
        folded = name.casefold()
        return [
            entity
            for entity in self._of(kind)
            if folded in {entity_name.casefold() for entity_name in entity.names}
        ]

    def search(self, words: str, kind: Kind | None, limit: int) -> tuple[Sequence[Entity], int]:
        """See `Biochem.search`."""
        terms = re.findall(r"\w+", words.casefold())
        entities = [entity for entity in self._of(kind) if terms and _matches(entity, terms)]
        entities.sort(key=lambda entity: (len(entity.name), entity.id))
        return entities[:limit], len(entities)

    def namespaces(self) -> frozenset[str]:
        """See `Biochem.namespaces`."""
        return frozenset(space for entity in self._entities for space in entity.ids)

    def _of(self, kind: Kind | None) -> Iterable[Entity]:
        return (entity for entity in self._entities if kind in {None, entity.kind})


def _every_id(entity: Entity) -> Iterable[tuple[str, str]]:
    yield MODEL, entity.id
    yield from ((space, identifier) for space, ids in entity.ids.items() for identifier in ids)


def _matches(entity: Entity, terms: Sequence[str]) -> bool:
    """Whether each term begins a word of a name or an id."""
    text = " ".join(
        (*entity.names, entity.id, *(identifier for ids in entity.ids.values() for identifier in ids))
    )
    words = re.findall(r"\w+", text.casefold())
    return all(any(word.startswith(term) for word in words) for term in terms)


def _compounds(model: Model, source: str) -> Iterable[Entity]:
    species: dict[str, list[Metabolite]] = {}
    for metabolite in model.metabolites:
        species.setdefault(_without_compartment(metabolite), []).append(metabolite)
    for identifier, metabolites in species.items():
        yield Entity(
            kind="compound",
            source=source,
            id=identifier,
            names=tuple(dict.fromkeys(metabolite.name for metabolite in metabolites if metabolite.name)),
            formula=next((metabolite.formula for metabolite in metabolites if metabolite.formula), ""),
            ids=_ids("compound", metabolites),
        )


def _reactions(model: Model, source: str) -> Iterable[Entity]:
    for reaction in model.reactions:
        names = (reaction.name,) if reaction.name else ()
        ids = _ids("reaction", [reaction])
        yield Entity(kind="reaction", source=source, id=reaction.id, names=names, ids=ids)


def _without_compartment(metabolite: Metabolite) -> str:
    compartment = re.escape(metabolite.compartment or "")
    bare = re.sub(rf"(_{compartment}|\[{compartment}\])$", "", metabolite.id) if compartment else ""
    return bare or str(metabolite.id)


def _ids(kind: Kind, entries: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """The ids of one thing under each namespace, from all of its copies."""
    ids_by_namespace: dict[str, list[str]] = {MODEL: [entry.id for entry in entries]}
    for entry in entries:
        # Models annotate exchange reactions with the ids of what is exchanged.
        foreign = (
            {i for m in entry.metabolites for _, i in _annotation_ids(m)} if kind == "reaction" else set()
        )
        for prefix, identifier in _annotation_ids(entry):
            if prefix not in UNNAMING and identifier not in foreign:
                space = ANNOTATIONS[kind].get(prefix, prefix)
                ids_by_namespace.setdefault(space, []).append(identifier)
    return {space: tuple(dict.fromkeys(ids)) for space, ids in ids_by_namespace.items()}


def _annotation_ids(entry: Any) -> Iterable[tuple[str, str]]:
    for prefix, values in entry.annotation.items():
        for value in [values] if isinstance(values, str) else values:
            # SBML qualifiers come as pairs of qualifier and id.
            identifier = str(value[-1] if isinstance(value, (list, tuple)) else value)
            yield prefix, identifier.removeprefix("META:")
