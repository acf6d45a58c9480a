"""What a call would do, computed before a human is asked: the short form that a request carries."""

from __future__ import annotations

import hashlib
import math

from pydantic import BaseModel, ConfigDict, Field

FLUXES_SHOWN = 10
GENES_SHOWN = 12
DIFFERENCES_SHOWN = 12
"""Bounds of the short form; the artifact has all of it."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class GrowthEffect(_Frozen):
    """Best growth in the medium of the model, 1/h; None where there is none, and the status says why."""

    status_before: str
    status_after: str
    before_per_h: float | None
    after_per_h: float | None


class FluxEffect(_Frozen):
    """The flux of one reaction at best growth with the least total flux, mmol/gDW/h; None without one."""

    reaction: str
    name: str = ""
    before_mmol_per_gdw_h: float | None
    after_mmol_per_gdw_h: float | None


class EssentialGenes(_Frozen):
    """Genes without which there is less than a hundredth of the growth."""

    before: int = Field(ge=0)
    after: int = Field(ge=0)
    gained: tuple[str, ...] = Field(default=(), max_length=GENES_SHOWN)
    """Essential only after the change."""
    gained_count: int = Field(default=0, ge=0)
    lost: tuple[str, ...] = Field(default=(), max_length=GENES_SHOWN)
    """Essential only before the change."""
    lost_count: int = Field(default=0, ge=0)


class Difference(_Frozen):
    """One thing that differs from what is in place."""

    what: str
    """Such as `upper bound of PFK`."""
    before: str
    after: str
    evidence: str = ""
    """What speaks for it, of a reaction that is added."""


class Estimate(_Frozen):
    """What the call will take."""

    minutes: float | None = Field(default=None, ge=0)
    """As the same computation took for the effect; None where it was not done."""
    limit_minutes: float = Field(ge=0)
    """After which it is ended."""
    cost: float | None = Field(default=None, ge=0)
    """Of the worker for these minutes, else for the limit; None where no price is known."""
    currency: str = ""


class Effect(_Frozen):
    """The effect of a call on its model; a part that is not there has its reason in `unknown`."""

    growth: GrowthEffect | None = None
    essential_genes: EssentialGenes | None = None
    fluxes: tuple[FluxEffect, ...] = Field(default=(), max_length=FLUXES_SHOWN)
    """The exchange fluxes and the fluxes within the cell that change most."""
    fluxes_changed: int | None = Field(default=None, ge=0)
    """Count of reactions; None where there are no fluxes to compare."""
    differences: tuple[Difference, ...] = Field(default=(), max_length=DIFFERENCES_SHOWN)
    differences_count: int = Field(default=0, ge=0)
    estimate: Estimate | None = None
    unknown: tuple[str, ...] = ()
    """What could not be computed and why, a sentence each."""
    artifact: str = ""
    """All of it, as tables, by digest; empty where nothing was computed."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The effect as people read it, the growth first, a line each."""
        return (
            *_growth_lines(self.growth),
            *_gene_lines(self.essential_genes),
            *_flux_lines(self),
            *_difference_lines(self),
            *_estimate_lines(self.estimate),
            *(f"not known: {reason}" for reason in self.unknown),
        )


def shown_digest(call: str, effect: Effect | None) -> str:
    """The sha256 of a request: the digest of its call, with the effect that is shown beside it."""
    if effect is None:
        return call
    return hashlib.sha256(f"{call}\n{effect.model_dump_json()}".encode()).hexdigest()


def format_change(before: float | None, after: float | None) -> str:
    """Two numbers and how much the second differs, such as `0.8739 → 0.2117 (-75.8 %)`."""
    text = f"{_number(before)} → {_number(after)}"
    if before is None or after is None or not before or math.isclose(before, after, rel_tol=1e-6):
        return text
    return f"{text} ({100 * (after - before) / abs(before):+.1f} %)"


def _growth_lines(growth: GrowthEffect | None) -> tuple[str, ...]:
    if growth is None:
        return ()
    notes = {growth.status_before, growth.status_after} - {"optimal"}
    text = f"growth, 1/h: {format_change(growth.before_per_h, growth.after_per_h)}"
    same = "" if notes or growth.before_per_h != growth.after_per_h else ", unchanged"
    return (f"{text}; {growth.status_before} → {growth.status_after}" if notes else f"{text}{same}",)


def _gene_lines(genes: EssentialGenes | None) -> tuple[str, ...]:
    if genes is None:
        return ()
    parts = [f"essential genes: {genes.before} → {genes.after}"]
    parts += [
        f"{sign} {', '.join(names)}{'' if count == len(names) else f' and {count - len(names)} more'}"
        for sign, names, count in (
            ("newly essential:", genes.gained, genes.gained_count),
            ("no longer essential:", genes.lost, genes.lost_count),
        )
        if count
    ]
    return ("; ".join(parts),)


def _flux_lines(effect: Effect) -> tuple[str, ...]:
    lines = [
        f"flux of {flux.reaction}, mmol/gDW/h: "
        f"{_number(flux.before_mmol_per_gdw_h)} → {_number(flux.after_mmol_per_gdw_h)}"
        for flux in effect.fluxes
    ]
    if effect.fluxes_changed is not None:
        lines.append(f"reactions whose flux changes: {effect.fluxes_changed}")
    return tuple(lines)


def _difference_lines(effect: Effect) -> tuple[str, ...]:
    lines = [
        f"{item.what}: {item.before} → {item.after}{f' ({item.evidence})' if item.evidence else ''}"
        for item in effect.differences
    ]
    more = effect.differences_count - len(effect.differences)
    return (*lines, *((f"and {more} more differences",) if more else ()))


def _estimate_lines(estimate: Estimate | None) -> tuple[str, ...]:
    if estimate is None:
        return ()
    minutes, limit = estimate.minutes, f"{estimate.limit_minutes:g} min"
    if minutes is None:
        text = f"takes at most {limit}"
    else:
        about = "less than a minute" if minutes < 1 else f"about {minutes:g} min"
        text = f"takes {about}, at most {limit}"
    return (text if estimate.cost is None else f"{text}, {estimate.cost:.4g} {estimate.currency}",)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"
