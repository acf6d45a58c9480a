"""The numbers of an answer that no result, no input and no human of the run gave."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.flows.state import RunState
from fluxagents.tasks.audits.number_trace import Recorded, Trace, numbers_in, values_in

MAX_LISTED = 20


def find_ungrounded(answer: str, state: RunState) -> tuple[str, ...]:
    """The numbers that an answer states and that cannot be traced to what the run knows, with their units.

    Args:
        answer: Written by a chat model.
        state: Of the run before it: what the chat model could have the numbers from.
    """
    trace = Trace(_values_of(state))
    ungrounded = [
        f"{number.text} {number.unit}".rstrip() for number in numbers_in(answer) if not trace.has(number)
    ]
    return tuple(dict.fromkeys(ungrounded))[:MAX_LISTED]


def _values_of(state: RunState) -> Iterator[Recorded]:
    yield from values_in(state.inputs, "inputs")
    yield from values_in(state.facts, "facts")
    for finding in state.findings:
        yield from values_in(finding.key_findings, f"{finding.id} {finding.tool}", finding.artifact or "")
        yield from values_in(finding.args, f"arguments of {finding.tool}")
    if state.summary:  # its numbers were checked against findings that may since have gone
        yield from values_in(state.summary.text, "summary")
    for error in state.errors:
        yield from values_in([error.message, *error.suggestions], f"error {error.where}")
    for note in state.notes:
        yield from values_in([note.about, note.text], note.by)
