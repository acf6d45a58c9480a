"""The reaction or metabolite of a model that matches a compound: by id, else by annotation, else by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.media.library.compounds import Compound, structure_of
from fluxagents.tasks.fba.solving.conditions import exchanges
from fluxagents.tasks.ports.media import Component

if TYPE_CHECKING:
    from cobra import Metabolite, Model

_COMPARTMENT = re.compile(r"(?:_[a-z]\d?|\[[a-z]\d?\]|\([a-z]\d?\))$")
_ANNOTATIONS: Mapping[str, tuple[str, ...]] = {
    "bigg": ("bigg.metabolite",),
    "seed": ("seed.compound", "modelseed"),
    "kegg": ("kegg.compound",),
    "inchikey": ("inchi_key", "inchikey"),
}

Key = tuple[str, str]
"""A kind of evidence and a value, such as `("seed", "cpd00027")`."""


@dataclass(frozen=True, slots=True)
class CompoundMatch:
    """The reaction or metabolite of a model that a compound matches.

    Attributes:
        id: The reaction or metabolite.
        by: The evidence: `id`, an annotation such as `seed`, or `name`.
    """

    id: str
    by: str


class CompoundIndex:
    """The compounds of a model.

    Args:
        entries: Id of what is looked for -> its metabolite.
    """

    def __init__(self, entries: Mapping[str, Metabolite]) -> None:
        self._ids: dict[Key, str] = {}
        self._names: dict[str, str] = {}
        for identifier, metabolite in entries.items():
            for key in _evidence(identifier, metabolite):
                self._ids.setdefault(key, identifier)
            self._names[identifier] = metabolite.name or identifier

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._names

    @property
    def names(self) -> Mapping[str, str]:
        """Id -> the name of its metabolite, as the model gives it."""
        return self._names

    def find(self, compound: Compound | Component) -> CompoundMatch | None:
        """The best match of a compound, the first one of the model; None if it has none."""
        matches = (CompoundMatch(self._ids[key], key[0]) for key in _ids_of(compound) if key in self._ids)
        return next(matches, None)


def index_exchanges(model: Model) -> CompoundIndex:
    """The compounds that a model exchanges, as its exchange reactions; raises as `exchanges`."""
    return CompoundIndex(
        {identifier: next(iter(reaction.metabolites)) for identifier, reaction in exchanges(model).items()}
    )


def index_metabolites(model: Model) -> CompoundIndex:
    """The compounds inside the cell, as metabolites of its largest compartment without exchanges."""
    outside = {m.compartment for reaction in exchanges(model).values() for m in reaction.metabolites}
    sizes: dict[str, int] = {}
    for metabolite in model.metabolites:
        if metabolite.compartment not in outside:
            sizes[metabolite.compartment] = sizes.get(metabolite.compartment, 0) + 1
    inside = max(sizes, key=lambda compartment: (sizes[compartment], compartment), default=None)
    return CompoundIndex({m.id: m for m in model.metabolites if m.compartment == inside})


def _evidence(identifier: str, metabolite: Metabolite) -> Iterator[Key]:
    yield "exchange", identifier
    yield "id", _bare(metabolite.id)
    for kind, names in _ANNOTATIONS.items():
        for name in names:
            for value in _values(metabolite.annotation.get(name)):
                yield kind, structure_of(value) if kind == "inchikey" else value
    if metabolite.name:
        yield "name", metabolite.name.lower()


def _ids_of(compound: Compound | Component) -> Iterator[Key]:
    if isinstance(compound, Component):
        yield "exchange", compound.exchange
        names: tuple[str, ...] = (compound.name.lower(),)
    else:
        names = compound.names
    yield "id", _bare(compound.bigg)
    yield "id", _bare(compound.seed)
    yield "bigg", compound.bigg
    yield "seed", compound.seed
    yield "kegg", compound.kegg
    yield "inchikey", structure_of(compound.inchikey)
    for name in names:
        yield "name", name


def _bare(identifier: str) -> str:
    """An id without prefix and compartment; styles such as `glc-D[e]` and `glc__D_e` become one."""
    bare = _COMPARTMENT.sub("", identifier.removeprefix("M_").replace("_DASH_", "-"))
    return re.sub(r"[-_]+", "_", bare)


def _values(annotation: object) -> Iterator[str]:
    if isinstance(annotation, str):
        yield annotation
    elif isinstance(annotation, list | tuple | set):
        for item in annotation:
            value = item[-1] if isinstance(item, list | tuple) and item else item
            if isinstance(value, str):
                yield value
