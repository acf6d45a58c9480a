"""What a chat model sees of a run: the variables of a prompt, taken from its state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from fluxagents.flows.commands import Decide
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.state import Finding, RunState

QUESTION = "question"
"""The input of a flow that holds what the user wants to know."""

Variables = dict[str, JsonValue]


def view(state: RunState, command: Decide, purposes: Mapping[str, str]) -> Variables:
    """The variables that a prompt may declare, all findings included.

    Args:
        state: Of the run.
        command: The decision that is asked for.
        purposes: What each tool is for, in one line.
    """
    open_errors = state.streak.count if state.streak else 0
    settled = len(state.errors) - open_errors
    return {
        "question": str(state.inputs.get(QUESTION) or f"Carry out the flow {state.flow.name}."),
        "inputs": {
            name: value for name, value in state.inputs.items() if name != QUESTION and value is not None
        },
        "model": " ".join(part for part in (state.model_name, state.model) if part),
        "facts": dict(state.facts),
        "findings": [finding_view(finding, state) for finding in state.findings],
        "left_out": [],
        "conclusion": state.answer or "",
        "errors": [error_view(error, is_open=at >= settled) for at, error in enumerate(state.errors)],
        "humans": [{"by": note.by, "about": note.about, "said": note.text} for note in state.notes],
        "tools": [{"name": name, "purpose": purposes.get(name, "")} for name in command.tools],
        "steps_left": command.steps_left,
    }


def finding_view(finding: Finding, state: RunState) -> JsonValue:
    """A tool's result as a prompt shows it."""
    superseded = finding.model is not None and finding.model != state.model
    return {
        "id": finding.id,
        "tool": finding.tool,
        "args": finding.args,
        "found": finding.key_findings,
        **({"artifact": finding.artifact} if finding.artifact else {}),
        **({"earlier_model": True} if superseded else {}),
    }


def error_view(error: ErrorInfo, *, is_open: bool) -> JsonValue:
    """An error in one line: what, where, and the way out; `open` while nothing has succeeded since."""
    return {
        "error": str(error.kind),
        "at": error.where,
        "message": error.message,
        **({"try": list(error.suggestions)} if error.suggestions else {}),
        **({"open": True} if is_open else {}),
    }


def without(state: RunState, left_out: Iterable[str]) -> Variables:
    """The variables `findings` and `left_out` when these finding ids do not fit into the budget."""
    gone = frozenset(left_out)
    return {
        "findings": [finding_view(finding, state) for finding in state.findings if finding.id not in gone],
        "left_out": [
            {"id": finding.id, "tool": finding.tool, "args": finding.args, "artifact": finding.artifact}
            for finding in state.findings
            if finding.id in gone
        ],
    }
