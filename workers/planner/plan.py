"""The next step, by rules: call what is still wanted, ask, or stop and say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fluxagents.workers.planner.intents import CHANGE_TOOL
from fluxagents.workers.planner.medium import DEFAULT_UPTAKE
from fluxagents.workers.planner.report import report
from fluxagents.workers.planner.situation import Entry, Situation
from fluxagents.workers.planner.wants import Reading, Want, reading

RESTORED_GROWTH_PER_H = 0.1
"""Growth that a medium must allow to count as one that restores growth."""

_MEDIA_TOOL = "find_minimal_media"
_GROWTH_TOOL = "run_metabolic_fba"
_ESCALATED = "failures in a row"
_AGAIN = frozenset({"again", "retry", "try", "continue", "yes", "go"})
_RETRYABLE = frozenset({"timeout", "memory"})


@dataclass(frozen=True, slots=True)
class Call:
    """A function to call, as a chat model would."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)


def next_call(now: Situation) -> Call:
    """What to do in this situation; the same situation gives the same call."""
    if now.task == "final_report":
        return Call("finish", {"answer": report(now, reading(now))})
    stop = _reason_to_stop(now)
    if stop:
        return _finish(stop)
    if now.task == "no_growth":
        return _diagnosis(now)
    understood = reading(now)
    pending = _pending(now, understood)
    if pending:
        return Call(pending[0].tool, pending[0].args)
    if understood.ask and not now.open_errors:
        return Call("ask_human", {"question": understood.ask})
    return _finish(_conclusion(now, understood))


def _reason_to_stop(now: Situation) -> str | None:
    """What a human has said, or the last step: no more calls after that."""
    for note in now.humans:
        said = str(note.get("said", ""))
        if said.startswith("rejected"):
            return f"{note['about']} was not run: {note['by']} {said}."
        if _ESCALATED in str(note.get("about")) and not _AGAIN & set(said.lower().split()):
            return f"After repeated failures {note['by']} said: {said}."
    return "This is the last step; the findings hold what was computed." if now.steps_left <= 1 else None


def _pending(now: Situation, understood: Reading) -> Sequence[Want]:
    """What is still wanted and may be called here, without what has failed since the last success."""
    missing = [want for want in understood.wants if want.tool in now.functions and not _is_met(now, want)]
    if any(want.tool == CHANGE_TOOL for want in missing):
        # What is asked of the changed model waits for the change.
        missing = [want for want in missing if not want.after_change]
    return [want for want in missing if not _has_failed(now, want)]


def _is_met(now: Situation, want: Want) -> bool:
    properties = now.functions.get(want.tool, {}).get("properties", {})
    defaults = {name: entry.get("default") for name, entry in properties.items()}
    if any(want.is_met_by(finding, defaults) for finding in now.findings):
        return True
    return any(entry.get("tool") == want.tool for entry in now.left_out)


def _has_failed(now: Situation, want: Want) -> bool:
    """Whether its tool failed since the last success in a way that the same call would repeat."""
    failures = [error for error in now.open_errors if error["at"] == want.tool and _concerns(error, want)]
    retries = 1 if failures and failures[-1]["error"] in _RETRYABLE else 0
    return len(failures) > retries


def _concerns(error: Entry, want: Want) -> bool:
    """An error about an exchange reaction concerns a call only while it still names that reaction."""
    message = str(error.get("message", ""))
    if not message.startswith("exchange '"):
        return True
    return message.split("'")[1] in str(want.args)


def _diagnosis(now: Situation) -> Call:
    """Without growth: which media would restore it, once."""
    searched = [finding for finding in now.findings if finding["tool"] == _MEDIA_TOOL]
    if _MEDIA_TOOL in now.functions and not searched and _MEDIA_TOOL not in {e["at"] for e in now.errors}:
        return Call(_MEDIA_TOOL, {"open_exchanges": True, "min_growth_per_h": RESTORED_GROWTH_PER_H})
    missing = _missing_nutrients(now, searched)
    tried = any(_adds(finding, missing) for finding in now.findings)
    if missing and not tried and not now.open_errors and _GROWTH_TOOL in now.functions:
        medium = now.inputs.get("medium")
        given = {"medium": medium} if medium else {}
        return Call(_GROWTH_TOOL, {**given, "medium_changes": dict.fromkeys(missing, DEFAULT_UPTAKE)})
    if tried:
        return _finish(f"The medium lacks what growth needs; it grows with {', '.join(missing)} added.")
    return _finish("The model does not grow under these conditions; the findings say what was tried.")


def _missing_nutrients(now: Situation, searched: Sequence[Entry]) -> list[str]:
    """Nutrients of a minimal medium that the medium of the run does not offer."""
    media = [medium for finding in searched for medium in finding["found"]["media"]["uptakes_mmol_per_gdw_h"]]
    return [exchange for exchange in (media[0]["values"] if media else ()) if not now.medium.get(exchange)]


def _adds(finding: Entry, nutrients: Sequence[str]) -> bool:
    """Whether a finding shows growth with these nutrients added."""
    added = finding["args"].get("medium_changes") or {}
    return bool(nutrients) and set(nutrients) <= set(added) and finding["found"].get("status") == "optimal"


def _conclusion(now: Situation, understood: Reading) -> str:
    met = [want for want in understood.wants if _is_met(now, want)]
    missing = [want for want in understood.wants if want not in met]
    parts = list(understood.troubles)
    if met:
        parts.append(f"Answered by {', '.join(dict.fromkeys(want.tool for want in met))}.")
    for want in missing:
        errors = [error for error in now.errors if error["at"] == want.tool]
        why = f" failed: {errors[-1]['message']}" if errors else " is not offered here"
        parts.append(f"{want.tool}{why}.")
    if not understood.wants and not parts:
        parts.append("The offline planner does not understand this question.")
    if not met:
        parts.append(f"Tools here: {'; '.join(_offers(now)) or 'none'}.")
    return " ".join(parts)


def _offers(now: Situation) -> list[str]:
    own = {"finish", "ask_human"}
    return [f"{name} ({purpose.rstrip('.')})" for name, purpose in now.purposes.items() if name not in own]


def _finish(answer: str) -> Call:
    return Call("finish", {"answer": answer})
