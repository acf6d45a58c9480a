"""Chooses the next step by rules: make a pending call, ask a human, or stop and give the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from fluxagents.workers.chat_models.planner.calls.interpretation import (
    Interpretation,
    PlannedCall,
    interpret_question,
)
from fluxagents.workers.chat_models.planner.planning.advice import apply_advice, gives_advice
from fluxagents.workers.chat_models.planner.planning.call import FunctionCall, finish
from fluxagents.workers.chat_models.planner.planning.checklist import add_checklist
from fluxagents.workers.chat_models.planner.planning.diagnosis import diagnose
from fluxagents.workers.chat_models.planner.planning.hypotheses import add_hypothesis
from fluxagents.workers.chat_models.planner.planning.nearest import describe_nearest
from fluxagents.workers.chat_models.planner.reporting.explanation import write_explanation
from fluxagents.workers.chat_models.planner.reporting.report import write_report
from fluxagents.workers.chat_models.planner.rules.intents import CHANGE_TOOL
from fluxagents.workers.chat_models.planner.situation import Entry, Situation

EXPLANATION = "explanation"
"""The task to answer a human who asks back about a request."""
_ESCALATED = "What should be done?"
_AGAIN = frozenset({"again", "retry", "try", "continue", "yes", "go"})
_NAMED = re.compile(r"(?:exchange|product|reaction|gene|knock-out|metabolite) '([^']+)'")
_RETRYABLE = frozenset({"timeout", "memory"})


def choose_next_call(situation: Situation) -> FunctionCall:
    """The next call in this situation; the same situation gives the same call."""
    return add_checklist(add_hypothesis(_choose_next_call(situation), situation), situation)


def _choose_next_call(situation: Situation) -> FunctionCall:
    is_report = situation.task in {"final_report", EXPLANATION}
    reason = None if is_report else _find_reason_to_stop(situation)
    if reason:
        return finish(reason)
    interpretation = interpret_question(situation)
    asked = tuple(apply_advice(call, situation) for call in interpretation.asked)
    interpretation = replace(interpretation, asked=asked)
    if is_report:
        write = write_explanation if situation.task == EXPLANATION else write_report
        return finish(write(situation, interpretation))
    pending = _select_pending(situation, interpretation)
    needs_diagnosis = situation.task == "no_growth" or (
        situation.task == "hypothesis" and situation.baseline_fails
    )
    if needs_diagnosis:
        # Only a change that the question states may restore growth; other calls wait for the diagnosis.
        pending = [call for call in pending if call.args.get("medium_changes")]
    if pending:
        return FunctionCall(pending[0].tool, pending[0].args)
    is_changed = any(
        call.args.get("medium_changes") and _is_answered(situation, call) for call in interpretation.calls
    )
    if needs_diagnosis and not is_changed:
        return diagnose(situation)
    if interpretation.question_for_human and not situation.open_errors:
        return FunctionCall("ask_human", {"question": interpretation.question_for_human})
    return finish(_conclude(situation, interpretation))


def _find_reason_to_stop(situation: Situation) -> str | None:
    """The rejection or advice of a human, or the last step, after which there are no more calls."""
    for note in situation.humans:
        reply = str(note.get("said", ""))
        if reply.startswith("rejected"):
            return f"{note['about']} was not run: {note['by']} {reply}."
        if _ESCALATED in str(note.get("about")) and not _AGAIN & set(reply.lower().split()):
            return f"After repeated failures {note['by']} said: {reply}."
    return (
        "This is the last step; the findings hold what was computed." if situation.steps_left <= 1 else None
    )


def _select_pending(situation: Situation, interpretation: Interpretation) -> Sequence[PlannedCall]:
    """The calls without an answer that the prompt offers and that have not failed since the last success."""
    offered = [call for call in interpretation.calls if call.tool in situation.functions]
    pending = [call for call in offered if not _is_answered(situation, call)]
    if any(call.tool == CHANGE_TOOL for call in pending):
        # Questions about the changed model wait for the change.
        pending = [call for call in pending if not call.after_change]
    return [call for call in pending if not _has_failed(situation, call)]


def _is_answered(situation: Situation, call: PlannedCall) -> bool:
    properties = situation.functions.get(call.tool, {}).get("properties", {})
    defaults = {name: entry.get("default") for name, entry in properties.items()}
    findings = (*situation.findings, *situation.left_out)
    return any(call.is_answered_by(finding, defaults) for finding in findings)


def _has_failed(situation: Situation, call: PlannedCall) -> bool:
    """Whether its tool failed since the last success and would fail again."""
    schema = situation.functions.get(call.tool, {})
    errors = (error for error in situation.open_errors if error["at"] == call.tool)
    failures = [error for error in errors if _concerns(error, call)]
    if failures and gives_advice(failures[-1], schema):
        # The planner follows advice once; a second error is one of the call that followed it.
        return len(failures) > 1
    retries = 1 if failures and failures[-1]["error"] in _RETRYABLE else 0
    return len(failures) > retries


def _concerns(error: Entry, call: PlannedCall) -> bool:
    """Whether an error is about a call; an error about an unknown id is so while the call names that id."""
    named = _NAMED.match(str(error.get("message", "")))
    return named is None or repr(named[1]) in str(call.args)


def _conclude(situation: Situation, interpretation: Interpretation) -> str:
    answered = [call for call in interpretation.calls if _is_answered(situation, call)]
    missing = [call for call in interpretation.calls if call not in answered]
    sentences = list(interpretation.problems)
    if answered:
        sentences.append(f"Answered by {', '.join(dict.fromkeys(call.tool for call in answered))}.")
    for call in missing:
        errors = [error for error in situation.errors if error["at"] == call.tool]
        reason = f" failed: {_describe_error(errors[-1])}" if errors else " is not offered here"
        sentences.append(f"{call.tool}{reason}.")
    if not interpretation.calls and not sentences:
        sentences.append("The offline planner does not understand this question.")
    if not interpretation.calls:
        sentences.append(describe_nearest(situation.question, _list_purposes(situation)))
    return "\n".join(sentences)


def _describe_error(error: Entry) -> str:
    return "; ".join([str(error["message"]), *error.get("try", ())])


def _list_purposes(situation: Situation) -> dict[str, str]:
    own = {"finish", "ask_human"}
    return {name: purpose for name, purpose in situation.purposes.items() if name not in own}
