"""A network with what is to be written otherwise: between what is meant and the bytes of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.wild.network import Network


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""Written in a cell: the field is left out."""


@dataclass(frozen=True)
class Draft:
    """What a writer is given."""

    network: Network
    cells: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    """Element and field -> what is written there; fields are called as in cobra's JSON."""
    twice: frozenset[str] = frozenset()
    """Ids that are declared twice."""
    undeclared: frozenset[str] = frozenset()
    """Metabolites that reactions name and the file does not declare."""
    outside: Mapping[str, str] = field(default_factory=dict)
    """Exchange -> the species that it leads to, as in old files: `glc_b`."""
    is_outside_flagged: bool = True
    """Whether `boundaryCondition` says that those are outside."""
    flagged: frozenset[str] = frozenset()
    """Other species that are said to be beyond the boundary; only SBML can."""
    idle_objective: Mapping[str, float] = field(default_factory=dict)
    """An objective that is not active; only SBML with fbc has several."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the whole model."""

    def cell(self, element: str, name: str, usual: Any) -> Any:
        return self.cells.get((element, name), usual)

    def repeat(self, identifier: str) -> range:
        return range(2 if identifier in self.twice else 1)
