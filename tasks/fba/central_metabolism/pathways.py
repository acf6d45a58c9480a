"""Named pathways of central metabolism: what people call them, and their reactions in several namespaces."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fluxagents.tasks.fba.central_metabolism.central_reactions import CentralReaction, central_reactions

if TYPE_CHECKING:
    from cobra import Model

_PACKAGE = "fluxagents.tasks.fba.central_metabolism"


@dataclass(frozen=True, slots=True)
class Pathway:
    """A pathway.

    Attributes:
        name: By which models know it.
        names: What people call it, in any language.
        reactions: In the order of the pathway.
    """

    name: str
    names: tuple[str, ...]
    reactions: tuple[CentralReaction, ...]

    def find_members(self, model: Model) -> frozenset[str]:
        """The ids of its reactions in a model; empty if the model has none of them."""
        return frozenset(
            reaction.id
            for reaction in model.reactions
            if any(central.is_in(reaction) for central in self.reactions)
        )


@cache
def pathways() -> Mapping[str, Pathway]:
    """All of them by name."""
    text = files(_PACKAGE).joinpath("pathways.toml").read_text(encoding="utf-8")
    return {
        name: Pathway(
            name,
            tuple(part.strip() for part in entry["names"].split(",")),
            tuple(central_reactions()[identifier] for identifier in entry["reactions"].split()),
        )
        for name, entry in tomllib.loads(text).items()
    }


def find_pathway(asked: str) -> Pathway | None:
    """The pathway of a name; None if it is none of these."""
    folded = asked.casefold()
    return next(
        (
            pathway
            for pathway in pathways().values()
            if folded in {name.casefold() for name in (pathway.name, *pathway.names)}
        ),
        None,
    )
