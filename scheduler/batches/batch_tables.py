"""The tables of a batch: one row per run, and one row per finding."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pydantic import JsonValue

from fluxagents.flows.engine.model_warnings import list_messages_of_answer
from fluxagents.flows.events import Event, ToolSucceeded
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import FINDINGS_KEPT, Finding, RunState
from fluxagents.flows.texts.units import unit_of
from fluxagents.scheduler.batches.asked_conditions import (
    GROWTH,
    describe_medium,
    list_asked_conditions,
    read_number,
)
from fluxagents.scheduler.runs.run import RunReader
from fluxagents.tasks.fba.entities.entity_names import NAMES

NOT_KNOWN = "\u2013"
"""Whether a run has answered that has not ended, or whose log is of an early version."""


class SummaryRow(NamedTuple):
    """One run of a batch, under one condition that its question asks for."""

    run_id: str
    model: str
    question: str
    medium: str
    """JSON; empty for the model's own."""
    condition: str
    """The medium of the run as it was named, and what the question changes; empty for the model's own."""
    status: str
    answered: str
    """`yes`, `partly` or `no`; a dash while it is not known."""
    growth_per_h: float | None
    """Under the condition."""
    reference_growth_per_h: float | None
    """In the medium of the run, whatever the question changes."""
    answer: str
    """The first line of the answer, or of what went wrong, or of what a human is asked."""
    model_warnings: tuple[str, ...] = ()
    """What was left out or guessed in the model's file and can change the answer."""
    unverified: str = ""
    """Why nobody known vouches for a run that was imported; empty otherwise."""
    numbers: Mapping[str, float] = MappingProxyType({})
    """Other key numbers under the condition; their names end with the unit, or with `_count`."""


class FindingRow(NamedTuple):
    """One value that a tool found."""

    run_id: str
    session: str
    model: str
    question: str
    medium: str
    """JSON; empty for the model's own."""
    finding: str
    tool: str
    artifact: str
    """Of the full data; empty if there is none."""
    key: str
    value: str
    """As text; a nested value, true, false and null as JSON."""
    number: float | None
    """The value, if it is a number."""
    unit: str
    """If the key says it, else empty."""


def summary_rows(
    states: Iterable[RunState], media: Mapping[str, str] = MappingProxyType({})
) -> list[SummaryRow]:
    """A row for each run and each condition that its question asks for.

    Args:
        states: The runs.
        media: What to call a medium: its JSON -> its name.
    """
    return [
        SummaryRow(
            run_id=state.run_id,
            model=state.model_name,
            question=_text(state.inputs.get("question")),
            medium=_text(state.inputs.get("medium")),
            condition="; ".join(filter(None, (_name_medium(state, media), condition.label))),
            status=state.status,
            answered=state.answered or NOT_KNOWN,
            growth_per_h=condition.growth_per_h,
            reference_growth_per_h=read_number(state.facts.get(GROWTH)),
            answer=_first_line(state),
            model_warnings=tuple(list_messages_of_answer(state.answer or "", state.findings)),
            unverified=state.unverified,
            numbers=condition.numbers,
        )
        for state in states
        for condition in list_asked_conditions(state)
    ]


def findings_rows(states: Iterable[RunState]) -> list[FindingRow]:
    """A row for each key finding of each run; numbers in full precision."""
    return [
        FindingRow(
            run_id=state.run_id,
            session=state.session,
            model=state.model_name,
            question=_text(state.inputs.get("question")),
            medium=_text(state.inputs.get("medium")),
            finding=finding.id,
            tool=finding.tool,
            artifact=finding.artifact or "",
            key=key,
            value=value if isinstance(value, str) else _json(value),
            number=read_number(value),
            unit=unit_of(key),
        )
        for state in states
        for finding in state.findings
        for key, value in finding.key_findings.items()
        if key != NAMES
    ]


def complete(store: RunReader, states: Iterable[RunState]) -> list[RunState]:
    """The states with all their findings: a state keeps the last ones, the run's log has them all."""
    return [
        state.model_copy(update={"findings": all_findings(store.events(state.run_id))})
        if len(state.findings) >= FINDINGS_KEPT
        else state
        for state in states
    ]


def all_findings(events: Iterable[Event]) -> tuple[Finding, ...]:
    """Every finding of a run's log, numbered as the run numbered them."""
    state: RunState | None = None
    findings: list[Finding] = []
    for event in events:
        state = reduce(state, event)
        if isinstance(event, ToolSucceeded):
            findings.append(state.findings[-1])
    return tuple(findings)


def _first_line(state: RunState) -> str:
    text = state.answer or ""
    if state.waiting_for is not None:
        text = f"{state.waiting_for.id}: {state.waiting_for.question}"
    elif state.error is not None:
        text = state.error.message
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def medium_key(medium: JsonValue) -> str:
    """A medium as the tables write it; empty for none."""
    return _text(medium)


def _name_medium(state: RunState, media: Mapping[str, str]) -> str:
    medium = state.inputs.get("medium")
    named = media.get(medium_key(medium), "")
    return named or (describe_medium(medium) if isinstance(medium, dict) and medium else "")


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else _json(value)


def _json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
