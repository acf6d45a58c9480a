"""The map of what a change does to the fluxes of a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fluxagents.tasks.display import DECIMALS
from fluxagents.tasks.fba.maps.core_map import lay_core_map
from fluxagents.tasks.fba.maps.map_tables import MapParts, tabulate_map
from fluxagents.tasks.fba.maps.pathway_map import lay_pathway_map
from fluxagents.tasks.fba.solving.outcome import ZERO_FLUX_MMOL_PER_GDW_H

if TYPE_CHECKING:
    from cobra import Model

MAX_LAID_OUT = 30
"""Reactions of a map that is laid out by itself, those whose flux changes most."""


def draw_effect_map(model: Model, before: Mapping[str, float], after: Mapping[str, float]) -> MapParts | None:
    """The fluxes after a change beside those before, mmol/gDW/h; None if none differs.

    Core carbon metabolism, or, of a model without its BiGG ids, the reactions whose flux changes most. A
    reaction that one of the two models does not have has no flux there.
    """
    changes = {
        reaction.id: abs(after.get(reaction.id, 0.0) - before.get(reaction.id, 0.0))
        for reaction in model.reactions
    }
    ranked = sorted(changes, key=lambda identifier: (-round(changes[identifier], DECIMALS), identifier))
    changed = [name for name in ranked[:MAX_LAID_OUT] if changes[name] > ZERO_FLUX_MMOL_PER_GDW_H]
    if not changed:
        return None
    drawn = lay_core_map(model) or lay_pathway_map(
        "the fluxes that change most", model, [model.reactions.get_by_id(name) for name in changed], after
    )
    return tabulate_map(model, drawn, defaultdict(float, after), defaultdict(float, before))
