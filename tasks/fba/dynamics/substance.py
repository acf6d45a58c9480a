"""A substance of the medium whose concentration is followed, and how fast cells may take it up."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

MAX_UPTAKE_MMOL_PER_GDW_H = 1000.0


class Substance(BaseModel):
    """One dissolved substance; the limit of its uptake follows from the concentrations."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    exchange: str = Field(description="Its exchange reaction, such as EX_glc__D_e.")
    start_mmol_per_l: float = Field(default=0.0, ge=0, le=1e5, description="Concentration at the beginning.")
    max_uptake_mmol_per_gdw_h: float | None = Field(
        default=None,
        ge=0,
        le=MAX_UPTAKE_MMOL_PER_GDW_H,
        description="Uptake at saturation; that of the medium if absent, and 10 where the medium has none.",
    )
    half_saturation_mmol_per_l: float = Field(
        default=0.0,
        ge=0,
        le=1e5,
        description="Michaelis constant Km; 0 for the same uptake while there is any left.",
    )
    self_inhibition_mmol_per_l: float | None = Field(
        default=None, gt=0, le=1e6, description="Constant Ki of its own inhibition (Haldane)."
    )
    inhibited_by_mmol_per_l: dict[str, float] = Field(
        default_factory=dict,
        description="Other substances that inhibit its uptake: exchange reaction -> constant Ki in mmol/L; "
        "the uptake is multiplied by Ki / (Ki + concentration).",
    )
    feed_mmol_per_l: float = Field(default=0.0, ge=0, le=1e5, description="Concentration in the feed.")
    transfer_per_h: float = Field(
        default=0.0, ge=0, le=1e5, description="Mass transfer from a gas, kLa in 1/h; 0 for none."
    )
    saturation_mmol_per_l: float = Field(
        default=0.0, ge=0, le=1e5, description="Concentration in equilibrium with that gas, mmol/L."
    )

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
        if not self.is_constant or own_constant is not None:
            inhibition = 0.0 if own_constant is None else own / own_constant
            free = self.half_saturation_mmol_per_l + own * (1 + inhibition)
            limit = saturated * own / free if free > 0 else saturated
        for other, constant in self.inhibited_by_mmol_per_l.items():
            limit *= constant / (constant + max(concentrations[other], 0.0))
        return limit
