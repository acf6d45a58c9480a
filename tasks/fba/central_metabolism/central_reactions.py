"""Reactions of central metabolism by their ids and names in several namespaces."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cobra import Reaction

_PACKAGE = "fluxagents.tasks.fba.central_metabolism"
_AFFIXES = re.compile(r"^R_|_[a-z]\d?$|\[[a-z]\d?\]$", re.IGNORECASE)
"""What files put around the id of a reaction: a prefix, and a compartment."""

_ANNOTATIONS = ("bigg.reaction", "kegg.reaction", "seed.reaction")
_SIMILARITY = 0.92
"""Of two names that differ by a slip of the pen."""


@dataclass(frozen=True, slots=True)
class CentralReaction:
    """A reaction that most cells have.

    Attributes:
        bigg: Its BiGG ids, those of other compartments of the same kind of cell included; the first is shown.
        kegg: Its KEGG ids.
        seed: Its ModelSEED ids.
        ec: EC numbers of its enzyme.
        names: What people call it, lower case.
    """

    bigg: tuple[str, ...]
    kegg: tuple[str, ...]
    seed: tuple[str, ...]
    ec: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def ids(self) -> frozenset[str]:
        """In all namespaces."""
        return frozenset((*self.bigg, *self.kegg, *self.seed))

    def is_in(self, reaction: Reaction) -> bool:
        """Whether a reaction of a model is this one, by its id or an annotation."""
        return not self.ids.isdisjoint(_list_ids(reaction))


@cache
def central_reactions() -> Mapping[str, CentralReaction]:
    """All of them by their first BiGG id."""
    text = files(_PACKAGE).joinpath("central_reactions.tsv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    rows = csv.DictReader(lines, delimiter="\t")
    reactions = (
        CentralReaction(
            bigg=_split(row["bigg"], "|"),
            kegg=_split(row["kegg"], "|"),
            seed=_split(row["seed"], "|"),
            ec=_split(row["ec"], "|"),
            names=_split(row["names"], ";"),
        )
        for row in rows
    )
    return {reaction.bigg[0]: reaction for reaction in reactions}


def find_central(query: str) -> tuple[CentralReaction, ...]:
    """The reactions of an id, an EC number or an English name, or nearly that; none if it means none."""
    every = central_reactions().values()
    by_id = tuple(reaction for reaction in every if query in reaction.ids | set(reaction.ec))
    if by_id:
        return by_id
    wanted = _fold(query)
    by_name: dict[str, list[CentralReaction]] = {}
    for reaction in every:
        for name in reaction.names:
            by_name.setdefault(_fold(name), []).append(reaction)
    names = [wanted] if wanted in by_name else get_close_matches(wanted, by_name, n=1, cutoff=_SIMILARITY)
    return tuple(reaction for name in names for reaction in by_name[name])


def _list_ids(reaction: Reaction) -> Iterator[str]:
    yield reaction.id
    yield _AFFIXES.sub("", reaction.id)
    for key in _ANNOTATIONS:
        value = (reaction.annotation or {}).get(key, ())
        yield from [value] if isinstance(value, str) else map(str, value)


def _split(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def _fold(name: str) -> str:
    """Its words without the final e by which German and French differ: "phosphat", "phosphate"."""
    return " ".join(word.removesuffix("e") for word in re.findall(r"[a-z0-9]+", name.lower()))
