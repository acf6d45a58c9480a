"""Why a model does not grow: which nutrients would restore growth, and whether they do."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.workers.chat_models.planner.conditions.medium import DEFAULT_UPTAKE
from fluxagents.workers.chat_models.planner.planning.call import Call, finish
from fluxagents.workers.chat_models.planner.situation import Entry, Situation

RESTORED_GROWTH_PER_H = 0.1
"""Growth that a medium must allow to count as one that restores growth."""

_MEDIA_TOOL = "find_minimal_media"
_GROWTH_TOOL = "run_metabolic_fba"


def diagnosis(now: Situation) -> Call:
    """The next step: look for a medium, try what it adds, and say what came of it."""
    searched = [finding for finding in now.findings if finding["tool"] == _MEDIA_TOOL]
    failed = {error["at"] for error in now.errors}
    if _MEDIA_TOOL in now.functions and not searched and _MEDIA_TOOL not in failed:
        return Call(_MEDIA_TOOL, {"open_exchanges": True, "min_growth_per_h": RESTORED_GROWTH_PER_H})
    missing = _missing_nutrients(now, searched)
    tried = [finding for finding in now.findings if _adds(finding, missing)]
    if missing and not tried and not now.open_errors and _GROWTH_TOOL in now.functions:
        medium = now.inputs.get("medium")
        given = {"medium": medium} if medium else {}
        return Call(_GROWTH_TOOL, {**given, "medium_changes": dict.fromkeys(missing, DEFAULT_UPTAKE)})
    if tried and tried[-1]["found"].get("status") == "optimal":
        return finish(f"The medium lacks what growth needs; it grows with {', '.join(missing)} added.")
    return finish("The model does not grow under these conditions; the findings say what was tried.")


def _missing_nutrients(now: Situation, searched: Sequence[Entry]) -> list[str]:
    """Nutrients of a minimal medium that the medium of the run does not offer."""
    media = [medium for finding in searched for medium in finding["found"]["media"]["uptakes_mmol_per_gdw_h"]]
    return [exchange for exchange in (media[0]["values"] if media else ()) if not now.medium.get(exchange)]


def _adds(finding: Entry, nutrients: Sequence[str]) -> bool:
    """Whether a finding shows what happens with these nutrients added."""
    added = finding["args"].get("medium_changes") or {}
    return bool(nutrients) and set(nutrients) <= set(added)
