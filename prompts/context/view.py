"""What a chat model sees of a run: the variables of a prompt, taken from its state."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from pydantic import JsonValue

from fluxagents.flows.commands import Decide
from fluxagents.flows.errors import ErrorClass, ErrorInfo
from fluxagents.flows.state import Finding, RunState
from fluxagents.prompts.context.checklist import QUESTION, checklist_stage
from fluxagents.prompts.context.strategies import Message
from fluxagents.prompts.sections import compact, render_value, unescape

Variables = dict[str, JsonValue]

PASSING_ERRORS = frozenset(
    {
        ErrorClass.INVALID_ANSWER,
        ErrorClass.PROVIDER_RATE_LIMIT,
        ErrorClass.PROVIDER_OUTAGE,
    }
)
"""Errors that are over after the next success; others stay true of the model or the call."""

SUMMARY = "summary"
"""The variable, and the id of the message, that stands for findings in fewer words."""

_BASIS = 1
"""Priority of the findings that others depend on: the first one, and each change of the model."""


def build_variables(state: RunState, command: Decide, purposes: Mapping[str, str]) -> Variables:
    """The variables that a prompt may declare, without those of `list_messages`.

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
        "checklist": checklist_stage(state, command),
        "asked": [item.model_dump(mode="json", exclude_defaults=True) for item in state.asked or ()],
    }


def list_messages(state: RunState, names: Iterable[str]) -> list[Message]:
    """What grows with a run, as messages for a context: findings, errors, notes and the conclusion.

    A summary replaces the findings that it covers, if the prompt shows summaries.

    Args:
        state: Of the run.
        names: The variables that the prompt declares; other variables take no space.
    """
    summarised = list_summarised_ids(state, names)
    messages_by_variable: dict[str, Iterable[Message]] = {
        "conclusion": _list_conclusion(state),
        SUMMARY: _list_summary(state),
        "findings": [message for message in _list_findings(state) if message["id"] not in summarised],
        "errors": _list_errors(state),
        "humans": _list_notes(state),
    }
    declared = frozenset(names)
    return [
        message for name, messages in messages_by_variable.items() if name in declared for message in messages
    ]


def list_summarised_ids(state: RunState, names: Iterable[str]) -> frozenset[str]:
    """Ids of the findings that a prompt with these variables shows as a summary only."""
    return frozenset(state.summary.ids) if state.summary and SUMMARY in names else frozenset()


def list_full_findings(state: RunState, ids: Iterable[str]) -> list[Message]:
    """The messages of some findings, unshortened."""
    selected = frozenset(ids)
    return [message for message in _list_findings(state) if message["id"] in selected]


def build_growing_variables(state: RunState, messages: Sequence[Message]) -> Variables:
    """The variables of what grows with a run: the messages that stayed, and `left_out` for the others."""
    content = {str(message["id"]): unescape(message["content"]) for message in messages}
    left_out = [finding for finding in state.findings if finding.id not in content]
    twins = {_identify(finding) for finding in state.findings if finding.id in content}
    return {
        "conclusion": content.get("conclusion", ""),
        SUMMARY: content.get(SUMMARY, ""),
        "findings": [json.loads(content[finding.id]) for finding in state.findings if finding.id in content],
        "left_out": [
            {"id": finding.id, "tool": finding.tool, "args": finding.args, "artifact": finding.artifact}
            for finding in left_out
            if _identify(finding) not in twins
        ],
        "errors": [json.loads(text) for id_, text in content.items() if id_.startswith("error ")],
        "humans": [
            {"by": note.by, "about": note.about, "said": content[f"note {at}"]}
            for at, note in enumerate(state.notes, start=1)
            if f"note {at}" in content
        ],
    }


def _list_findings(state: RunState) -> Iterator[Message]:
    for at, (finding, following) in enumerate(zip_longest(state.findings, state.findings[1:])):
        then = following.model if following else state.model
        yield {
            "id": finding.id,
            "content": render_value(_describe_finding(finding, state)),
            "priority": _BASIS if at == 0 or finding.model != then else 0,
            "same_as": _identify(finding),
        }


def _identify(finding: Finding) -> str:
    return compact([finding.tool, finding.args, finding.key_findings, finding.model])


def _describe_finding(finding: Finding, state: RunState) -> JsonValue:
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


def _list_errors(state: RunState) -> Iterator[Message]:
    resolved = len(state.errors) - (state.streak.count if state.streak else 0)
    for at, error in enumerate(state.errors):
        is_open = at >= resolved
        yield {
            "id": f"error {error.fingerprint} {at + 1}",
            "content": render_value(_describe_error(error, is_open=is_open)),
            # Only the failures since the last success count.
            "same_as": f"{error.fingerprint} {error.message} {at if is_open else ''}",
            "passed": not is_open and error.kind in PASSING_ERRORS,
            "keep": True,
        }


def _describe_error(error: ErrorInfo, *, is_open: bool) -> JsonValue:
    """An error in one line: what, where, and what to do; `open` until the next success."""
    return {
        "error": str(error.kind),
        "at": error.where,
        "message": error.message,
        **({"try": list(error.suggestions)} if error.suggestions else {}),
        **({"open": True} if is_open else {}),
    }


def _list_notes(state: RunState) -> Iterator[Message]:
    for at, note in enumerate(state.notes, start=1):
        yield {
            "id": f"note {at}",
            "content": render_value(note.text),
            "same_as": f"note {at}",
            "priority": _BASIS,
            "keep": True,
        }


def _list_summary(state: RunState) -> Iterator[Message]:
    if state.summary:
        yield {
            "id": SUMMARY,
            "content": render_value(state.summary.text),
            "same_as": SUMMARY,
            "priority": _BASIS,
            "keep": True,
        }


def _list_conclusion(state: RunState) -> Iterator[Message]:
    if state.answer:
        yield {
            "id": "conclusion",
            "content": render_value(state.answer),
            "same_as": "conclusion",
            "keep": True,
        }
