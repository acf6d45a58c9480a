"""What an SBML file declares and refers to, as written."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field

_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?)", re.IGNORECASE)


@dataclass(slots=True)
class ReactionOutline:
    """Flux bounds of a reaction as written."""

    is_reversible: bool = True
    lower: str | None = None
    upper: str | None = None
    """Ids of parameters."""
    law: dict[str, str] = field(default_factory=dict)
    """Numbers by the ids of the parameters of its kinetic law, such as `LOWER_BOUND`."""


@dataclass(slots=True)
class ObjectiveOutline:
    """An objective as written."""

    sense: str
    coefficients: list[tuple[str, str | None]] = field(default_factory=list)
    """Reaction, and its number."""


@dataclass(slots=True)
class SbmlOutline:
    """Counts, ids and numbers of an SBML file; ids as written."""

    level: str = ""
    version: str = ""
    fbc_version: int = 0
    """0 without the package."""
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    """What -> id -> how often it is declared."""
    references: dict[str, dict[str, str]] = field(default_factory=dict)
    """What -> id -> the element that refers to it first."""
    packages: set[str] = field(default_factory=set)
    reactions: dict[str, ReactionOutline] = field(default_factory=dict)
    parameters: dict[str, tuple[str | None, bool]] = field(default_factory=dict)
    """Id -> its number, and whether it is constant."""
    flux_bounds: list[tuple[str, str, str | None]] = field(default_factory=list)
    """Reaction, operation, number: how fbc version 1 writes bounds."""
    boundary_species: list[str] = field(default_factory=list)
    charges: dict[str, str] = field(default_factory=dict)
    objectives: dict[str, ObjectiveOutline] = field(default_factory=dict)
    active_objective: str = ""
    set_by_rules: dict[str, str] = field(default_factory=dict)
    """Id -> the element that sets it."""
    gene_associations: int = 0
    odd_gene_rules: dict[str, int] = field(default_factory=dict)
    """Reaction whose gene rule is empty in part or very deep -> how many rules its association holds."""
    faults: list[str] = field(default_factory=list)
    """What has no id or number where one must stand, each as the end of a sentence about the file."""
    converted: list[str] = field(default_factory=list)
    """Species with a conversion factor."""
    user_constraints: int = 0
    units: set[str] = field(default_factory=set)
    """Declared."""
    named_units: dict[str, None] = field(default_factory=dict)


def read_number(text: str | None) -> float | None:
    """The number that a text holds as SBML writes it, `INF` included; None if it is none or not a number."""
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    number = float(text)
    is_too_large = math.isinf(number) and "inf" not in text.lower()
    return None if is_too_large else number
