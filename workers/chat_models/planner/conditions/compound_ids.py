"""The ids that models may give to the exchange reactions of compounds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fluxagents.tasks.fba.media.library.compounds import Compound, compounds, compounds_by_name

DEFAULT_CARBON = compounds_by_name()["glucose"]
OXYGEN = compounds_by_name()["oxygen"]
AMMONIUM = compounds_by_name()["ammonium"]


def exchange_of(compound: Compound, known: Iterable[str]) -> str:
    """The id of the exchange reaction, in the style of the ids that were seen.

    Args:
        compound: What is exchanged.
        known: Ids of exchange reactions of the model, as far as they have been seen.
    """
    seen = list(known)
    styles = (
        f"EX_{compound.bigg}_e",
        f"EX_{compound.bigg}(e)",
        f"EX_{compound.seed}_e0",
        f"EX_{compound.seed}_e",
    )
    for style in styles:
        if style in seen:
            return style
    if any(identifier.startswith("EX_cpd") for identifier in seen):
        return (
            styles[3] if any(re.fullmatch(r"EX_cpd\d+_e", identifier) for identifier in seen) else styles[2]
        )
    return styles[1] if any(identifier.endswith("(e)") for identifier in seen) else styles[0]


def compound_of(exchange: str) -> Compound | None:
    """The compound that an exchange reaction's id speaks of, if it is in the table."""
    base = re.sub(r"^EX_|(?:_e0?|\(e\)|\[e0?\])$", "", exchange)
    return next((compound for compound in compounds() if base in (compound.bigg, compound.seed)), None)
