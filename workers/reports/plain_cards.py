"""Runs, results and groups in plain text: for a shell, and for whoever reads a notebook without HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fluxagents.flows.state import RunState
from fluxagents.flows.texts.display import visible
from fluxagents.flows.texts.units import unit_of
from fluxagents.scheduler.batches.batches import Tally
from fluxagents.tasks.ports.artifacts import Manifest
from fluxagents.workers.reports.html.values import format_value


def write_run(state: RunState) -> str:
    """Status, question, answer and what is open, or what is missing."""
    return "\n".join(_list_run_lines(state))


def _list_run_lines(state: RunState) -> Iterator[str]:
    yield f"{state.status}  {visible(state.model_name)}  {state.flow.name}  {state.run_id}"
    if state.inputs.get("question"):
        yield visible(str(state.inputs["question"]))
    if state.unverified:
        yield f"unverified: {visible(state.unverified)}"
    if state.answer:
        yield visible(state.answer)
    if state.answered:
        yield f"answered: {state.answered}"
    yield from (f"open: {visible(part)}" for part in state.unanswered)
    if state.waiting_for is not None:
        yield f"waits for somebody: {visible(state.waiting_for.question)} ({state.waiting_for.id})"
        effect = state.waiting_for.effect
        yield from (f"it would do: {visible(line)}" for line in (effect.lines if effect else ()))
    if state.error is not None:
        yield f"error: {visible(state.error.message)}"


def write_result(digest: str, manifest: Manifest) -> str:
    """The values of a result with their units, and its tables."""
    head = f"{manifest.provenance.tool}  {visible(manifest.provenance.model_id)}  {digest}"
    values = (
        f"{key}: {visible(str(format_value(value)))} {unit_of(key)}".rstrip()
        for key, value in manifest.result.items()
    )
    tables = (f"table {name}: {ref.rows} rows" for name, ref in manifest.tables.items())
    return "\n".join([head, *values, *tables])


def write_group(title: str, states: Sequence[RunState]) -> str:
    """How many runs are in which state, and a line for each."""
    lines = (
        f"{state.run_id}  {state.status}  {state.answered or '-':6}  {visible(state.model_name)}"
        for state in states
    )
    return "\n".join([f"{title}: {Tally.of(states, total=len(states))}", *lines])
