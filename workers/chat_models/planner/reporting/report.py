"""The answer to the user: what was asked first, and only what findings, humans and errors say."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.workers.chat_models.planner.calls.question_intents import Reading, Want
from fluxagents.workers.chat_models.planner.reporting.sentences import Asked, sentences
from fluxagents.workers.chat_models.planner.rules.intents import CHANGE_TOOL
from fluxagents.workers.chat_models.planner.situation import Entry, Situation

MAX_CHARACTERS = 8_000
"""As much as an answer may have."""

SIGNATURE = "Written by the offline planner from the findings, without a language model."


def report(now: Situation, understood: Reading) -> str:
    """The text of the answer."""
    asked = frozenset().union(*(want.asked for want in understood.wants))
    found = _unique([finding for want in understood.wants for finding in _answers(now, want)[:1]])
    blocks = [
        *(understood.troubles if found else [_no_answer(now, understood)]),
        *(_block(finding, asked) for finding in found),
        *_unanswered(now, understood),
        *_context(now, found, asked),
        *_humans(now),
        *_errors(now),
        *_left_out(now),
        SIGNATURE,
    ]
    return _bounded(blocks)


def _answers(now: Situation, want: Want) -> list[Entry]:
    """The findings that answer a part of the question, the newest first."""
    if want.after_change and not any(finding["tool"] == CHANGE_TOOL for finding in now.findings):
        return []
    return [finding for finding in reversed(now.findings) if want.is_met_by(finding, {})]


def _unique(findings: Sequence[Entry]) -> list[Entry]:
    return list({finding["id"]: finding for finding in findings}.values())


def _block(finding: Entry, asked: Asked) -> str:
    return f"{' '.join(sentences(finding, asked))} [{finding['id']}, {finding['tool']}]"


def _context(now: Situation, found: Sequence[Entry], asked: Asked) -> list[str]:
    """What else the same tools have found, or everything if the question has no answer."""
    tools = {finding["tool"] for finding in found}
    others = [finding for finding in now.findings if finding not in found]
    context = [finding for finding in others if finding["tool"] in tools or not found]
    if not context:
        return []
    blocks = [_block(finding, asked if found else frozenset()) for finding in context]
    return ["For comparison:" if found else "What was found:", *blocks]


def _no_answer(now: Situation, understood: Reading) -> str:
    reason = now.conclusion or " ".join(understood.troubles) or "No tool result answers it."
    return f"The question is not answered. {reason}"


def _unanswered(now: Situation, understood: Reading) -> list[str]:
    missing = [want for want in understood.wants if not _answers(now, want)]
    if not missing or len(missing) == len(understood.wants):
        return []
    tools = ", ".join(dict.fromkeys(want.tool for want in missing))
    return [f"Not answered is what needs {tools}."]


def _humans(now: Situation) -> list[str]:
    return [f"{note['by']} on {note['about']}: {note['said']}." for note in now.humans]


def _errors(now: Situation) -> list[str]:
    said = []
    for error in now.errors:
        hints = "".join(f"; {hint}" for hint in error.get("try", ()))
        said.append(f"Failed: {error['at']} ({error['error']}): {error['message']}{hints}.")
    return list(dict.fromkeys(said))


def _left_out(now: Situation) -> list[str]:
    if not now.left_out:
        return []
    names = (f"{entry['id']} ({entry['tool']}, artifact {entry.get('artifact')})" for entry in now.left_out)
    return [f"Not shown here for want of space: {', '.join(names)}."]


def _bounded(blocks: Sequence[str]) -> str:
    """The blocks that fit, and how many do not."""
    text = "\n\n".join(blocks)
    kept = list(blocks)
    while len(text) > MAX_CHARACTERS and len(kept) > 1:
        kept.pop()
        text = "\n\n".join([*kept, "(Further paragraphs did not fit.)", SIGNATURE])
    return text[:MAX_CHARACTERS]
