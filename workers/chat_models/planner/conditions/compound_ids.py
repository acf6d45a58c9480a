"""The ids that models use for the exchange reactions of compounds."""

from __future__ import annotations

import re
from collections.abc import Collection

from fluxagents.tasks.fba.media.library.compounds import Compound, compounds_by_name

DEFAULT_CARBON = compounds_by_name()["glucose"]
OXYGEN = compounds_by_name()["oxygen"]
AMMONIUM = compounds_by_name()["ammonium"]


def build_exchange_id(compound: Compound, known: Collection[str]) -> str:
    """The id of the exchange reaction, in the style of the known ids.

    Args:
        compound: What is exchanged.
        known: Ids of exchange reactions of the model, as far as findings show them.
    """
    styles = (
        f"EX_{compound.bigg}_e",
        f"EX_{compound.bigg}(e)",
        f"EX_{compound.seed}_e0",
        f"EX_{compound.seed}_e",
    )
    for style in styles:
        if style in known:
            return style
    if any(identifier.startswith("EX_cpd") for identifier in known):
        return (
            styles[3] if any(re.fullmatch(r"EX_cpd\d+_e", identifier) for identifier in known) else styles[2]
        )
    return styles[1] if any(identifier.endswith("(e)") for identifier in known) else styles[0]
