"""The vessel of a culture: its volume, what flows in and what flows out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Culture = Literal["batch", "fed_batch", "chemostat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vessel:
    """How a culture is run."""

    culture: Culture
    volume_l: float
    """At the beginning."""
    dilution_per_h: float = 0.0
    """Of a chemostat: inflow and outflow per volume."""
    feed_l_per_h: float = 0.0
    """Of a fed-batch, when the feed begins."""
    feed_rise_per_h: float = 0.0
    """The feed grows as exp(rise * hours since it began)."""
    feed_from_h: float = 0.0
    max_volume_l: float | None = None
    """When a fed-batch is full and ends."""

    def inflow(self, time_h: float, volume_l: float, *, is_fed: bool) -> float:
        """Litres per hour that flow in; `is_fed` once the feed of a fed-batch has begun."""
        if self.culture == "chemostat":
            return self.dilution_per_h * volume_l
        if self.culture == "fed_batch" and is_fed:
            return self.feed_l_per_h * math.exp(self.feed_rise_per_h * (time_h - self.feed_from_h))
        return 0.0

    def outflow(self, volume_l: float) -> float:
        """Litres per hour that flow out."""
        return self.dilution_per_h * volume_l if self.culture == "chemostat" else 0.0
