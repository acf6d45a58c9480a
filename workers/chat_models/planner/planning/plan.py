"""The next step, by rules: call what is still wanted, ask, or stop and say why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from fluxagents.workers.chat_models.planner.calls.question_intents import Reading, Want, reading
from fluxagents.workers.chat_models.planner.planning.advice import advised, gives_advice
from fluxagents.workers.chat_models.planner.planning.call import Call, finish
from fluxagents.workers.chat_models.planner.planning.diagnosis import diagnosis
from fluxagents.workers.chat_models.planner.planning.hypotheses import with_hypothesis
from fluxagents.workers.chat_models.planner.reporting.report import report
from fluxagents.workers.chat_models.planner.rules.intents import CHANGE_TOOL
from fluxagents.workers.chat_models.planner.situation import Entry, Situation

_ESCALATED = "What should be done?"
_AGAIN = frozenset({"again", "retry", "try", "continue", "yes", "go"})
_NAMED = re.compile(r"(?:exchange|product|reaction|gene|metabolite) '([^']+)'")
_RETRYABLE = frozenset({"timeout", "memory"})


def next_call(now: Situation) -> Call:
    """What to do in this situation; the same situation gives the same call."""
    return with_hypothesis(_next_call(now), now)


def _next_call(now: Situation) -> Call:
    if now.task == "final_report":
        return Call("finish", {"answer": report(now, _advised(now, reading(now)))})
    stop = _reason_to_stop(now)
    if stop:
        return finish(stop)
    understood = _advised(now, reading(now))
    pending = _pending(now, understood)
    diagnoses = now.task == "no_growth" or (now.task == "hypothesis" and now.baseline_fails)
    if diagnoses:
        # Only what the question itself changes may grow; all else waits for the reason.
        pending = [want for want in pending if want.args.get("medium_changes")]
    if pending:
        return Call(pending[0].tool, pending[0].args)
    changed = any(_is_met(now, want) for want in understood.wants if want.args.get("medium_changes"))
    if diagnoses and not changed:
        return diagnosis(now)
    if understood.ask and not now.open_errors:
        return Call("ask_human", {"question": understood.ask})
    return finish(_conclusion(now, understood))


def _advised(now: Situation, understood: Reading) -> Reading:
    """What is wanted, with the arguments that errors advise for calls that failed."""
    wants = (
        replace(want, args=advised(want.args, want.tool, now.functions.get(want.tool, {}), now.errors))
        for want in understood.wants
    )
    return replace(understood, wants=tuple(wants))


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
    return any(want.is_met_by(finding, defaults) for finding in (*now.findings, *now.left_out))


def _has_failed(now: Situation, want: Want) -> bool:
    """Whether its tool failed since the last success in a way that the same call would repeat."""
    schema = now.functions.get(want.tool, {})
    failures = [error for error in now.open_errors if error["at"] == want.tool and _concerns(error, want)]
    if failures and gives_advice(failures[-1], schema):
        # The advice is followed once: after that, the same error is one of the call that followed it.
        return len(failures) > 1
    retries = 1 if failures and failures[-1]["error"] in _RETRYABLE else 0
    return len(failures) > retries


def _concerns(error: Entry, want: Want) -> bool:
    """An error about something that the model has not concerns a call only while it still names that."""
    named = _NAMED.match(str(error.get("message", "")))
    return named is None or repr(named[1]) in str(want.args)


def _conclusion(now: Situation, understood: Reading) -> str:
    met = [want for want in understood.wants if _is_met(now, want)]
    missing = [want for want in understood.wants if want not in met]
    parts = list(understood.troubles)
    if met:
        parts.append(f"Answered by {', '.join(dict.fromkeys(want.tool for want in met))}.")
    for want in missing:
        errors = [error for error in now.errors if error["at"] == want.tool]
        why = f" failed: {_told(errors[-1])}" if errors else " is not offered here"
        parts.append(f"{want.tool}{why}.")
    if not understood.wants and not parts:
        parts.append("The offline planner does not understand this question.")
    if not understood.wants:
        parts += ["Tools that are here:", *_offers(now)]
    return "\n".join(parts)


def _told(error: Entry) -> str:
    return "; ".join([str(error["message"]), *error.get("try", ())])


def _offers(now: Situation) -> list[str]:
    own = {"finish", "ask_human"}
    return [f"- {name}: {purpose}" for name, purpose in now.purposes.items() if name not in own]
