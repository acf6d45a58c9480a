"""A substance of the medium whose concentration is followed, and how fast cells may take it up."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field


class Substance(BaseModel):
    """One dissolved substance."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    exchange: str = Field(description="Reaction, such as EX_glc__D_e.")
    start_mmol_per_l: float = Field(default=0.0, ge=0)
    max_uptake_mmol_per_gdw_h: float | None = Field(
        default=None,
        ge=0,
        description="At saturation; as in the medium if absent, else 10.",
    )
    half_saturation_mmol_per_l: float = Field(
        default=0.0,
        ge=0,
        description="Km; 0: same uptake while any is left.",
    )
    self_inhibition_mmol_per_l: float = Field(default=0.0, ge=0, description="Ki (Haldane).")
    inhibited_by_mmol_per_l: dict[str, float] = Field(
        default_factory=dict,
        description="Exchange of another substance -> Ki; uptake times Ki / (Ki + concentration).",
    )
    feed_mmol_per_l: float = Field(default=0.0, ge=0)
    transfer_per_h: float = Field(default=0.0, ge=0, description="kLa of a gas.")
    saturation_mmol_per_l: float = Field(default=0.0, ge=0, description="In equilibrium with that gas.")

    @property
    def is_constant(self) -> bool:
        """Whether uptake does not slow down before the substance is used up."""
        return self.half_saturation_mmol_per_l == 0

    def limit(self, saturated: float, concentrations: Mapping[str, float]) -> float:
        """The uptake limit while there is some of it, in the unit of `saturated`.

        Args:
            saturated: Uptake at saturation.
            concentrations: Of all substances in mmol/L, by exchange reaction; what is below 0 counts as 0.
        """
        own = max(concentrations[self.exchange], 0.0)
        limit = saturated
        own_constant = self.self_inhibition_mmol_per_l
        if not self.is_constant or own_constant:
            inhibition = own / own_constant if own_constant else 0.0
            free = self.half_saturation_mmol_per_l + own * (1 + inhibition)
            limit = saturated * own / free if free > 0 else saturated
        for other, constant in self.inhibited_by_mmol_per_l.items():
            limit *= constant / (constant + max(concentrations[other], 0.0))
        return limit
