"""What an id or a name means over several libraries: entries that share an id are one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from fluxagents.tasks.fba.entities.entity_library import ModelLibrary
from fluxagents.tasks.ports.biochem import Biochem, Entity, Kind
from fluxagents.tasks.ports.results import Args
from fluxagents.tasks.ports.sources import Sources

if TYPE_CHECKING:
    from cobra import Model

IDENTIFYING = ("bigg", "modelseed", "kegg", "metanetx", "inchikey")
"""Two entries of one kind that share an id of these namespaces are the same compound or reaction."""

MAX_MODELS = 5


class LookupArgs(Args):
    """Where to look beside the run's model and what was imported."""

    kind: Kind | None = Field(default=None, description="Only compounds, or only reactions.")
    models: tuple[str, ...] = Field(
        default=(), max_length=MAX_MODELS, description="Further stored models whose annotations count too."
    )

    @property
    def further_models(self) -> tuple[str, ...]:
        return self.models


class EntityTable(BaseModel):
    """One row per id of each entry, column by column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: tuple[int, ...] = Field(default=(), description="Count from 1; equal for entries of one thing.")
    kind: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    entry: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    formula: tuple[str, ...] = ()
    is_obsolete: tuple[bool, ...] = ()
    namespace: tuple[str, ...] = ()
    id: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(self.model_dump())


@dataclass(frozen=True, slots=True)
class EntityMatch:
    """One compound or reaction: its entries in one or more sources."""

    entities: tuple[Entity, ...]

    @property
    def is_obsolete(self) -> bool:
        return all(entity.is_obsolete for entity in self.entities)

    def ids(self, namespace: str) -> tuple[str, ...]:
        """Its ids in one namespace."""
        identifiers = (identifier for entity in self.entities for identifier in entity.ids.get(namespace, ()))
        return tuple(dict.fromkeys(identifiers))


@dataclass(frozen=True, slots=True)
class Libraries:
    """All libraries that a lookup searches, the run's model first."""

    all: tuple[Biochem, ...]

    def by_id(self, identifier: str, namespace: str | None, kind: Kind | None) -> list[EntityMatch]:
        return self._matches(lambda library: library.by_id(identifier, namespace, kind))

    def by_name(self, name: str, kind: Kind | None) -> list[EntityMatch]:
        return self._matches(lambda library: library.by_name(name, kind))

    def namespaces(self) -> frozenset[str]:
        return frozenset().union(*(library.namespaces() for library in self.all))

    def sources(self) -> tuple[str, ...]:
        return tuple(library.source for library in self.all)

    def _matches(self, ask: Callable[[Biochem], Sequence[Entity]]) -> list[EntityMatch]:
        groups = merge_entries(entity for library in self.all for entity in ask(library))
        matches = [EntityMatch((*group, *self._find_related(group))) for group in groups]
        return sorted(matches, key=lambda match: match.is_obsolete)

    def _find_related(self, group: Sequence[Entity]) -> list[Entity]:
        """Entries of other sources that share an identifying id with those found: one step, not further."""
        sources = {entity.source for entity in group}
        related = [
            other
            for entity in group
            for space in IDENTIFYING
            for identifier in entity.ids.get(space, ())
            for library in self.all
            if library.source not in sources
            for other in library.by_id(identifier, space, entity.kind)
        ]
        return list({(entity.source, entity.id): entity for entity in related}.values())


def gather(sources: Sources, args: LookupArgs) -> tuple[Biochem, ...]:
    """The libraries beside the run's model; raises `UNKNOWN_ID` for a model that is not stored."""
    models = sources.models
    refs = [models.resolve(name, files=False) for name in args.models]
    imported = (sources.biochem,) if sources.biochem.source else ()
    return (*(ModelLibrary(models.load(ref)) for ref in refs), *imported)


def libraries(model: Model, others: Iterable[Biochem]) -> Libraries:
    """The model's own annotations, then the others."""
    own = ModelLibrary(model)
    return Libraries((own, *(other for other in others if other.source != own.source)))


def merge_entries(entities: Iterable[Entity]) -> list[list[Entity]]:
    """Groups of entries that share an identifying id; entries of one source stay apart."""
    groups: list[list[Entity]] = []
    for entity in entities:
        for group in groups:
            if all(other.source != entity.source for other in group) and any(
                _same(entity, other) for other in group
            ):
                group.append(entity)
                break
        else:
            groups.append([entity])
    return groups


def table(matches: Iterable[EntityMatch]) -> EntityTable:
    """All ids of all entries."""
    rows = [
        (number, e.kind, e.source, e.id, e.name, e.formula, e.is_obsolete, space, identifier)
        for number, match in enumerate(matches, start=1)
        for e in match.entities
        for space, ids in e.ids.items()
        for identifier in ids
    ]
    columns = zip(*rows, strict=True) if rows else ((),) * len(EntityTable.model_fields)
    return EntityTable.model_validate(dict(zip(EntityTable.model_fields, columns, strict=True)))


def _same(first: Entity, second: Entity) -> bool:
    if first.kind != second.kind:
        return False
    return any(set(first.ids.get(space, ())) & set(second.ids.get(space, ())) for space in IDENTIFYING)
