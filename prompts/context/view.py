"""What a chat model sees of a run: the variables of a prompt, taken from its state."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from pydantic import JsonValue

from fluxagents.flows.commands import Decide
from fluxagents.flows.errors import ErrorClass, ErrorInfo
from fluxagents.flows.state import Finding, RunState
from fluxagents.prompts.context.strategies import Message
from fluxagents.prompts.sections import compact, filled, unescape

QUESTION = "question"
"""The input of a flow that holds what the user wants to know."""

Variables = dict[str, JsonValue]

OF_A_MOMENT = frozenset(
    {
        ErrorClass.INVALID_ANSWER,
        ErrorClass.PROVIDER_RATE_LIMIT,
        ErrorClass.PROVIDER_OUTAGE,
    }
)
"""Errors that say nothing once something has succeeded since; others stay true of the model or the call."""

SUMMARY = "summary"
"""The variable, and the id of the message, that stands for findings in fewer words."""

_BASIS = 1
"""Priority of the findings that the others rest on: the first one, and each change of the model."""


def view(state: RunState, command: Decide, purposes: Mapping[str, str]) -> Variables:
    """The variables that a prompt may declare, without those that `items` holds.

    Args:
        state: Of the run.
        command: The decision that is asked for.
        purposes: What each tool is for, in one line.
    """
    return {
        "question": str(state.inputs.get(QUESTION) or f"Carry out the flow {state.flow.name}."),
        "inputs": {
            name: value for name, value in state.inputs.items() if name != QUESTION and value is not None
        },
        "model": " ".join(part for part in (state.model_name, state.model) if part),
        "facts": dict(state.facts),
        "tools": [{"name": name, "purpose": purposes.get(name, "")} for name in command.tools],
        "steps_left": command.steps_left,
        "hypotheses": command.hypotheses,
    }


def items(state: RunState, names: Iterable[str]) -> list[Message]:
    """What grows with a run, as messages for a context: findings, errors, notes and the conclusion.

    A summary stands in place of the findings that it tells, if the prompt shows summaries.

    Args:
        state: Of the run.
        names: The variables that the prompt declares; what it does not show takes no room.
    """
    told = summarised(state, names)
    found: dict[str, Iterable[Message]] = {
        "conclusion": _conclusion(state),
        SUMMARY: _summary(state),
        "findings": [message for message in _findings(state) if message["id"] not in told],
        "errors": _errors(state),
        "humans": _notes(state),
    }
    shown = frozenset(names)
    return [message for name, messages in found.items() if name in shown for message in messages]


def summarised(state: RunState, names: Iterable[str]) -> frozenset[str]:
    """Ids of the findings that a prompt with these variables shows as a summary only."""
    return frozenset(state.summary.ids) if state.summary and SUMMARY in names else frozenset()


def told_in_full(state: RunState, ids: Iterable[str]) -> list[Message]:
    """The messages of findings, as they are where nothing is left out."""
    wanted = frozenset(ids)
    return [message for message in _findings(state) if message["id"] in wanted]


def shown(state: RunState, messages: Sequence[Message]) -> Variables:
    """The variables of what grows with a run, for what stayed of `items`, and `left_out` for what did not."""
    content = {str(message["id"]): unescape(message["content"]) for message in messages}
    gone = [finding for finding in state.findings if finding.id not in content]
    twins = {_same_as(finding) for finding in state.findings if finding.id in content}
    return {
        "conclusion": content.get("conclusion", ""),
        SUMMARY: content.get(SUMMARY, ""),
        "findings": [json.loads(content[one.id]) for one in state.findings if one.id in content],
        "left_out": [
            {"id": one.id, "tool": one.tool, "args": one.args, "artifact": one.artifact}
            for one in gone
            if _same_as(one) not in twins
        ],
        "errors": [json.loads(text) for id_, text in content.items() if id_.startswith("error ")],
        "humans": [
            {"by": note.by, "about": note.about, "said": content[f"note {at}"]}
            for at, note in enumerate(state.notes, start=1)
            if f"note {at}" in content
        ],
    }


def _findings(state: RunState) -> Iterator[Message]:
    for at, (finding, following) in enumerate(zip_longest(state.findings, state.findings[1:])):
        then = following.model if following else state.model
        yield {
            "id": finding.id,
            "content": filled(_finding(finding, state)),
            "priority": _BASIS if at == 0 or finding.model != then else 0,
            "same_as": _same_as(finding),
        }


def _same_as(finding: Finding) -> str:
    return compact([finding.tool, finding.args, finding.key_findings, finding.model])


def _finding(finding: Finding, state: RunState) -> JsonValue:
    """A tool's result as a prompt shows it."""
    superseded = finding.model is not None and finding.model != state.model
    return {
        "id": finding.id,
        "tool": finding.tool,
        "args": finding.args,
        **({"tests": finding.hypothesis} if finding.hypothesis else {}),
        "found": finding.key_findings,
        **({"artifact": finding.artifact} if finding.artifact else {}),
        **({"earlier_model": True} if superseded else {}),
    }


def _errors(state: RunState) -> Iterator[Message]:
    settled = len(state.errors) - (state.streak.count if state.streak else 0)
    for at, error in enumerate(state.errors):
        is_open = at >= settled
        yield {
            "id": f"error {error.fingerprint} {at + 1}",
            "content": filled(_error(error, is_open=is_open)),
            # How often a thing has failed in a row matters; how often it did so before that does not.
            "same_as": f"{error.fingerprint} {error.message} {at if is_open else ''}",
            "passed": not is_open and error.kind in OF_A_MOMENT,
            "keep": True,
        }


def _error(error: ErrorInfo, *, is_open: bool) -> JsonValue:
    """An error in one line: what, where, and the way out; `open` while nothing has succeeded since."""
    return {
        "error": str(error.kind),
        "at": error.where,
        "message": error.message,
        **({"try": list(error.suggestions)} if error.suggestions else {}),
        **({"open": True} if is_open else {}),
    }


def _notes(state: RunState) -> Iterator[Message]:
    for at, note in enumerate(state.notes, start=1):
        yield {
            "id": f"note {at}",
            "content": filled(note.text),
            "same_as": f"note {at}",
            "priority": _BASIS,
            "keep": True,
        }


def _summary(state: RunState) -> Iterator[Message]:
    if state.summary:
        yield {
            "id": SUMMARY,
            "content": filled(state.summary.text),
            "same_as": SUMMARY,
            "priority": _BASIS,
            "keep": True,
        }


def _conclusion(state: RunState) -> Iterator[Message]:
    if state.answer:
        yield {"id": "conclusion", "content": filled(state.answer), "same_as": "conclusion", "keep": True}
