"""What a map says of one or two states of a network: their names, one scale, and where more flux runs."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

_DECILES = 10
_MAX_NAME = 60


def name_state(args: Mapping[str, Any]) -> str:
    """What a state is called, from the arguments that it was computed with."""
    uptakes = {**(args.get("medium_changes") or {})}
    parts = ["another medium"] if args.get("medium") is not None else []
    parts += [f"{exchange} ≤ {limit:g}" for exchange, limit in uptakes.items()]
    parts += [f"without {', '.join(args['knock_outs'])}"] if args.get("knock_outs") else []
    parts += [f"most {args['objective']}"] if args.get("objective") else []
    return textwrap.shorten("; ".join(parts), _MAX_NAME, placeholder=" …") or "as in the model"


def find_full_width(fluxes: Iterable[float]) -> float:
    """The size in mmol/gDW/h that is drawn at full width: nine tenths of those that flow are smaller.

    Larger ones are drawn like it, so that few do not hide the rest; 1 if nothing flows.
    """
    sizes = [abs(flux) for flux in fluxes if flux]
    if len(sizes) > 1:
        return statistics.quantiles(sizes, n=_DECILES, method="inclusive")[-1]
    return sizes[0] if sizes else 1.0


def compare_flux(flux: float, other: float) -> tuple[float, float]:
    """How much more flux runs in the first state, mmol/gDW/h, and the flux that says in which direction.

    The direction is that of the first state, or of the other where nothing flows in the first; what runs the
    other way there counts as less than nothing.
    """
    direction = flux or other
    return (flux - other if direction > 0 else other - flux), direction
