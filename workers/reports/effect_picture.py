"""The effect that a request carries as a PNG, for messages."""

from __future__ import annotations

import pandas as pd

from fluxagents.flows.errors import FluxError
from fluxagents.flows.humans.effect import Effect, FluxEffect
from fluxagents.workers.reports.effect_plot import draw_effect
from fluxagents.workers.reports.plot_figure import Caption

EXCHANGE = "EX_"
"""How the ids of exchange reactions begin; another one stands among the reactions within the cell."""


def encode_effect(effect: Effect) -> bytes:
    """The plot of the short form, the same bytes for the same effect; empty where nothing can be drawn."""
    if effect.growth is None:
        return b""
    growth = pd.DataFrame({"growth_per_h": [effect.growth.before_per_h, effect.growth.after_per_h]})
    rows = [
        {**flux.model_dump(), "is_exchange": flux.reaction.startswith(EXCHANGE)} for flux in effect.fluxes
    ]
    numbers = dict.fromkeys(("before_mmol_per_gdw_h", "after_mmol_per_gdw_h"), "float64")
    columns = [*FluxEffect.model_fields, "is_exchange"]
    fluxes = pd.DataFrame(rows, columns=columns).astype({**numbers, "is_exchange": bool})
    source = effect.artifact or "effect of a request"
    caption = Caption(title="", conditions="before and after the change", source=source)
    try:
        return draw_effect(growth, fluxes, caption).encode("png")
    except FluxError:
        return b""  # no flux changes
