"""Diagnoses why a model does not grow: which nutrients would restore growth, and whether they do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from fluxagents.workers.chat_models.planner.conditions.known_medium import DEFAULT_UPTAKE
from fluxagents.workers.chat_models.planner.planning.call import FunctionCall, finish
from fluxagents.workers.chat_models.planner.situation import Entry, Situation

RESTORED_GROWTH_PER_H = 0.1
"""Growth that a medium must reach to count as restoring growth."""

_MEDIA_TOOL = "find_minimal_media"
_GROWTH_TOOL = "run_metabolic_fba"


def diagnose(situation: Situation) -> FunctionCall:
    """The next step: search a medium, test the nutrients that it adds, and state the result."""
    media_findings = [finding for finding in situation.findings if finding["tool"] == _MEDIA_TOOL]
    failed = {error["at"] for error in situation.errors}
    if _MEDIA_TOOL in situation.functions and not media_findings and _MEDIA_TOOL not in failed:
        least = {"open_exchanges": True, "min_growth_per_h": RESTORED_GROWTH_PER_H}
        return FunctionCall(_MEDIA_TOOL, {**least, **_biomass(situation)})
    missing = _find_missing_nutrients(situation, media_findings)
    tried = [finding for finding in situation.findings if _adds(finding, missing)]
    if missing and not tried and not situation.open_errors and _GROWTH_TOOL in situation.functions:
        medium = situation.inputs.get("medium")
        changes = dict.fromkeys(missing, DEFAULT_UPTAKE)
        conditions = {**({"medium": medium} if medium else {}), "medium_changes": changes}
        return FunctionCall(_GROWTH_TOOL, {**conditions, **_biomass(situation)})
    if tried and tried[-1]["found"].get("status") == "optimal":
        return finish(f"The medium lacks what growth needs; it grows with {', '.join(missing)} added.")
    return finish("The model does not grow under these conditions; the findings say what was tried.")


def _biomass(situation: Situation) -> dict[str, str]:
    return {} if situation.biomass is None else {"biomass": situation.biomass}


def _find_missing_nutrients(situation: Situation, media_findings: Sequence[Entry]) -> list[str]:
    """Nutrients of a minimal medium that the medium of the run lacks."""
    media = chain.from_iterable(
        finding["found"]["media"]["uptakes_mmol_per_gdw_h"] for finding in media_findings
    )
    first = next(media, {"values": ()})
    return [exchange for exchange in first["values"] if not situation.medium.get(exchange)]


def _adds(finding: Entry, nutrients: Sequence[str]) -> bool:
    """Whether a finding is an analysis with these nutrients added."""
    added = finding["args"].get("medium_changes") or {}
    return bool(nutrients) and set(nutrients) <= set(added)
