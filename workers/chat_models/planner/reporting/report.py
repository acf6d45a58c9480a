"""The report to the user: the answer first, and only what findings, humans and errors state."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.errors import ErrorClass
from fluxagents.workers.chat_models.planner.calls.interpretation import Interpretation, PlannedCall
from fluxagents.workers.chat_models.planner.reporting.reported_finding import (
    OWN_MEDIUM,
    ReportedFinding,
    Topics,
)
from fluxagents.workers.chat_models.planner.reporting.sentences import describe_finding, describe_reference
from fluxagents.workers.chat_models.planner.rules.intents import CHANGE_TOOL
from fluxagents.workers.chat_models.planner.situation import Entry, Situation

MAX_CHARACTERS = 8_000
"""The longest report."""

SIGNATURE = "Written by the offline planner from the findings, without a language model."

MAX_COMPARED = 5
"""Findings that an answer is compared with."""


def write_report(situation: Situation, interpretation: Interpretation) -> str:
    """The text of the answer."""
    topics = frozenset().union(*(call.topics for call in interpretation.calls))
    newest = (finding for call in interpretation.calls for finding in _find_answers(situation, call)[:1])
    answers = list({finding["id"]: finding for finding in newest}.values())
    described = [_describe(finding, topics, situation) for finding in answers]
    compared = _select_compared(situation, answers)
    blocks = [
        *(interpretation.problems if answers else [_explain_no_answer(situation, interpretation)]),
        *described,
        *_list_unanswered(situation, interpretation),
        *_write_comparison(situation, compared, is_answered=bool(answers)),
        *_list_notes(situation),
        *_list_errors(situation),
        *_list_left_out(situation),
        _sign([*answers, *compared]),
    ]
    return _limit_length(blocks)


def _find_answers(situation: Situation, call: PlannedCall) -> list[Entry]:
    """The findings that answer a part of the question, the newest first."""
    if call.after_change and not any(finding["tool"] == CHANGE_TOOL for finding in situation.findings):
        return []
    return [finding for finding in reversed(situation.findings) if call.is_answered_by(finding, {})]


def _describe(finding: Entry, topics: Topics, situation: Situation) -> str:
    own_medium = _name_own_medium(finding, situation)
    return " ".join(describe_finding(ReportedFinding.of(finding, topics, situation.question, own_medium)))


def _without_question(finding: Entry, situation: Situation) -> ReportedFinding:
    return ReportedFinding.of(finding, own_medium=_name_own_medium(finding, situation))


def _name_own_medium(finding: Entry, situation: Situation) -> str:
    """What the medium of its model is called: two models of a run whose medium was changed have two."""
    if all(other["tool"] != CHANGE_TOOL for other in (*situation.findings, *situation.left_out)):
        return OWN_MEDIUM
    return "in the medium before the change" if finding.get("earlier_model") else "in the new medium"


def _select_compared(situation: Situation, answers: Sequence[Entry]) -> list[Entry]:
    """Other findings of the same tools, and the growth of the reference; all if nothing is answered."""
    tools = {finding["tool"] for finding in answers}
    others = [finding for finding in situation.findings if finding not in answers]
    compared = [finding for finding in others if finding["tool"] in tools or not answers]
    return compared[-MAX_COMPARED:]


def _write_comparison(situation: Situation, compared: Sequence[Entry], *, is_answered: bool) -> list[str]:
    if not compared:
        return []
    if not is_answered:
        return ["What was found:", *(_describe(finding, frozenset(), situation) for finding in compared)]
    references = "; ".join(
        f"{describe_reference(_without_question(finding, situation))} [{finding['id']}]"
        for finding in compared
    )
    return [f"For comparison: {references}."]


def _sign(findings: Sequence[Entry]) -> str:
    """The findings that were used, by their numbers, and who wrote."""
    sources = ", ".join(f"{finding['id']} ({finding['tool']})" for finding in findings)
    return f"Sources: {sources}. {SIGNATURE}" if sources else SIGNATURE


def _explain_no_answer(situation: Situation, interpretation: Interpretation) -> str:
    reason = situation.conclusion or " ".join(interpretation.problems) or "No tool result answers it."
    return f"The question is not answered. {reason}"


def _list_unanswered(situation: Situation, interpretation: Interpretation) -> list[str]:
    missing = [call for call in interpretation.calls if not _find_answers(situation, call)]
    if not missing or len(missing) == len(interpretation.calls):
        return []
    tools = ", ".join(dict.fromkeys(call.tool for call in missing))
    return [f"Not answered is what needs {tools}."]


def _list_notes(situation: Situation) -> list[str]:
    return [f"{note['by']} on {note['about']}: {note['said']}." for note in situation.humans]


def _list_errors(situation: Situation) -> list[str]:
    """What failed, but for names whose ids were found since."""
    lines = []
    for error in situation.errors:
        if error["error"] == ErrorClass.UNKNOWN_ID and not error.get("open"):
            continue
        hints = "".join(f"; {hint}" for hint in error.get("try", ()))
        lines.append(f"Failed: {error['at']} ({error['error']}): {error['message']}{hints}.")
    return list(dict.fromkeys(lines))


def _list_left_out(situation: Situation) -> list[str]:
    if not situation.left_out:
        return []
    names = (f"{entry['id']} ({entry['tool']})" for entry in situation.left_out)
    return [f"Not shown here for want of space: {', '.join(names)}."]


def _limit_length(blocks: Sequence[str]) -> str:
    """The text of the blocks that fit, with a note if some do not."""
    text = "\n\n".join(blocks)
    kept = list(blocks)
    while len(text) > MAX_CHARACTERS and len(kept) > 1:
        kept.pop()
        text = "\n\n".join([*kept, "(Further paragraphs did not fit.)", SIGNATURE])
    return text[:MAX_CHARACTERS]
