"""How an answer calls genes, reactions and compounds: by the names that people use, beside their ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fluxagents.tasks.fba.entities.entity_names import NAMES
from fluxagents.workers.chat_models.planner.reporting.phrases import DASH
from fluxagents.workers.chat_models.planner.situation import Entry

_COMMON: Mapping[str, str] = {"O2": "oxygen", "O2 O2": "oxygen", "H2O": "water", "H2O H2O": "water",
                              "H+": "protons", "CO2 CO2": "CO2"}  # fmt: skip
"""What people say instead of a formula."""

_CAPITAL = re.compile(r"^((?:[A-Z]{1,3}|\d[\d,']*|alpha|beta|sn|meso)-)?([A-Z])(?=[a-z]{2})")
_JOINED = " + "


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a finding holds, by kind and id; an id without one stands for itself."""

    by_kind: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Entry) -> Names:
        """The names of a finding's values; older findings have none."""
        return cls(values.get(NAMES) or {})

    def write(self, identifier: str) -> str:
        """A gene as `gltA (b0720)`, a reaction by id and name, a compound by its name."""
        if _JOINED in identifier:
            return _JOINED.join(map(self.write, identifier.split(_JOINED)))
        for kind, names in self.by_kind.items():
            if identifier in names:
                return _WRITERS[kind](identifier, names[identifier])
        return identifier

    def write_short(self, identifier: str) -> str:
        """As `write`, a reaction by its id alone."""
        return identifier if identifier in self.by_kind.get("reactions", {}) else self.write(identifier)

    def write_reaction(self, identifier: str, *, short: bool = False) -> str:
        """As `write`, where an exchange is one of several reactions: `EX_o2_e (oxygen)`."""
        compound = self.by_kind.get("exchanges", {}).get(identifier)
        if compound:
            return identifier if short else f"{identifier} ({write_compound(compound)})"
        return self.write_short(identifier) if short else self.write(identifier)


def write_compound(name: str) -> str:
    """The name of a compound within a sentence: `D-glucose`, `oxygen`."""
    return _COMMON.get(name) or _lower(name)


def _lower(name: str) -> str:
    """A name that begins with a capital only if it always does: `acetate`, `L-glutamate`, `ATP synthase`."""
    return _CAPITAL.sub(lambda match: f"{match[1] or ''}{match[2].lower()}", name)


def _write_gene(identifier: str, name: str) -> str:
    return f"{name} ({identifier})"


def _write_reaction(identifier: str, name: str) -> str:
    return f"{identifier}{DASH}{_lower(name)}"


def _write_exchange(_: str, name: str) -> str:
    return write_compound(name)


def _write_metabolite(identifier: str, name: str) -> str:
    return f"{write_compound(name)} ({identifier})"


_WRITERS = {
    "genes": _write_gene,
    "reactions": _write_reaction,
    "exchanges": _write_exchange,
    "metabolites": _write_metabolite,
}
