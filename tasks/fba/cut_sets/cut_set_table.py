"""Cut sets as a table, the cheapest first."""

from __future__ import annotations

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.tasks.display import cut_text, round_for_display

COST_UNIT = "in the units of `costs` (a count of knock-outs where there are none)"


class CutSetTable(BaseModel):
    """One row per cut set, column by column, the cheapest first."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    knock_outs: tuple[tuple[str, ...], ...] = ()
    cost: tuple[float, ...] = Field(default=(), description=f"Of the set, {COST_UNIT}.")
    closed_reactions: tuple[tuple[str, ...], ...] = ()
    growth_per_h: tuple[float | None, ...] = Field(
        default=(), description="The best that is left; None if the strain is infeasible."
    )
    least_yield_mol_per_mol: tuple[float | None, ...] = Field(
        default=(),
        description="Of all states that grow as much as must stay possible; None without a product.",
    )
    is_verified: tuple[bool, ...] = Field(
        default=(),
        description="Whether flux balance analysis of the strain, apart from the search, agrees.",
    )

    def as_frame(self) -> pd.DataFrame:
        """As a table of pandas, sets and lists as text."""
        columns = self.model_dump(mode="json")
        columns |= {
            "knock_outs": [" + ".join(ids) for ids in self.knock_outs],
            "closed_reactions": [" ".join(ids) for ids in self.closed_reactions],
        }
        numbers = dict.fromkeys(("cost", "growth_per_h", "least_yield_mol_per_mol"), "float64")
        return pd.DataFrame(columns).astype(numbers)

    def display(self, limit: int) -> list[JsonValue]:
        """The first rows: knock-outs, cost, growth and least yield."""
        numbers = zip(self.cost, self.growth_per_h, self.least_yield_mol_per_mol, strict=True)
        rows = list(zip(self.knock_outs, numbers, strict=True))[:limit]
        return [
            [" + ".join(cut_text(name, 60) for name in ids), *map(round_for_display, values)]
            for ids, values in rows
        ]

    def display_cheapest(self) -> dict[str, JsonValue] | None:
        """The first row by its names, for a flow; None without a row."""
        if not self.knock_outs:
            return None
        return {
            "knock_outs": list(self.knock_outs[0]),
            "growth_per_h": self.growth_per_h[0],
            "least_yield_mol_per_mol": self.least_yield_mol_per_mol[0],
        }
