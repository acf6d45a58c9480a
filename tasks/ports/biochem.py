"""The port to names of compounds and reactions: what an id of one database is called in the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

Kind = Literal["compound", "reaction"]


class Entity(BaseModel):
    """One compound or reaction as one source knows it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    source: str
    """`ModelSEED`, or the model that it is from."""
    id: str
    """In its source; without the compartment."""
    names: tuple[str, ...] = ()
    formula: str = ""
    is_obsolete: bool = False
    ids: dict[str, tuple[str, ...]] = {}
    """Namespace, such as `kegg`, -> ids."""

    @property
    def name(self) -> str:
        return self.names[0] if self.names else self.id


class Biochem(Protocol):
    """Compounds and reactions that can be looked up; nothing is opened before the first question."""

    @property
    def source(self) -> str:
        """What it calls itself; empty if nothing is there to be asked."""
        ...

    def by_id(self, identifier: str, namespace: str | None, kind: Kind | None) -> Sequence[Entity]:
        """Those with this id, in one namespace or in any; capitals do not matter."""
        ...

    def by_name(self, name: str, kind: Kind | None) -> Sequence[Entity]:
        """Those with exactly this name; capitals do not matter."""
        ...

    def search(self, words: str, kind: Kind | None, limit: int) -> tuple[Sequence[Entity], int]:
        """The best matches of some words in names and ids, best first, and the count of all."""
        ...

    def namespaces(self) -> frozenset[str]:
        """The namespaces of its ids."""
        ...


class NothingImported:
    """Knows no compound and no reaction."""

    source = ""

    def by_id(self, identifier: str, namespace: str | None, kind: Kind | None) -> Sequence[Entity]:
        """See `Biochem.by_id`."""
        del identifier, namespace, kind
        return ()

    def by_name(self, name: str, kind: Kind | None) -> Sequence[Entity]:
        """See `Biochem.by_name`."""
        del name, kind
        return ()

    def search(self, words: str, kind: Kind | None, limit: int) -> tuple[Sequence[Entity], int]:
        """See `Biochem.search`."""
        del words, kind, limit
        return (), 0

    def namespaces(self) -> frozenset[str]:
        """See `Biochem.namespaces`."""
        return frozenset()
