"""`fluxagents runs show --sources`: each number of an answer with the computation that it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.event_text import describe_call
from fluxagents.flows.state import Finding, RunState
from fluxagents.flows.texts.display import visible
from fluxagents.tasks.audits.answer_sources import NumberSource, trace_answer
from fluxagents.tasks.ports.artifacts import Provenance
from fluxagents.workers.commands.display.output import echo, fold, print_table
from fluxagents.workers.files.artifact_store import ArtifactFiles

NOT_TRACED = "nothing that was recorded"


def sources_document(state: RunState, store: ArtifactFiles) -> dict[str, Any]:
    """The numbers of the answer, and the provenance of the findings behind them, as scripts read them."""
    numbers = trace_answer(state)
    return {
        "numbers": [
            {
                "said": number.said,
                "unit": number.unit or None,
                "value": None if number.value is None else float(number.value),
                "finding": number.finding or None,
                "key": number.key or None,
                "given_by": number.given_by or None,
            }
            for number in numbers
        ],
        "findings": [
            {
                "id": finding.id,
                "tool": finding.tool,
                "args": finding.args,
                "artifact": finding.artifact,
                "provenance": provenance.model_dump(mode="json") if provenance else None,
            }
            for finding, provenance in _list_provenance(state, store, numbers)
        ],
    }


def print_sources(state: RunState, store: ArtifactFiles) -> None:
    """Print a table of the numbers, then how each finding behind them was computed."""
    numbers = trace_answer(state)
    echo()
    print_table(
        ("number", "unit", "is", "of"),
        [(number.said, number.unit, *_describe_number(number)) for number in numbers],
        empty="the answer has no numbers",
    )
    for finding, provenance in _list_provenance(state, store, numbers):
        echo()
        call = describe_call(CallTool(tool=finding.tool, args=finding.args))
        echo(fold(f"{finding.id}  {visible(call)}"), bold=True)
        if provenance is None:
            echo("its artifact is not in this store, so how it was computed is not known here")
            continue
        rows = [(name, visible(text)) for name, text in describe_provenance(provenance).items() if text]
        print_table(("how", "value"), [*rows, ("artifact", finding.artifact or "")])


def _describe_number(number: NumberSource) -> tuple[str, str]:
    if number.value is None:
        return "", NOT_TRACED
    return str(number.value), f"{number.finding} {number.key}".strip() or number.given_by


def _list_provenance(
    state: RunState, store: ArtifactFiles, numbers: tuple[NumberSource, ...]
) -> Iterator[tuple[Finding, Provenance | None]]:
    """The findings behind the numbers, in their order; None for a result that is not in the store."""
    used = {number.finding for number in numbers}
    for finding in state.findings:
        if finding.id not in used:
            continue
        try:
            yield finding, store.manifest(finding.artifact).provenance if finding.artifact else None
        except FluxError as error:
            if error.kind is not ErrorClass.UNKNOWN_ID:
                raise
            yield finding, None


def describe_provenance(provenance: Provenance) -> Mapping[str, str]:
    """How a result was computed, by what a reader asks for; empty where the tool had no use for it."""
    seed = f", seed {provenance.seed}" if provenance.seed is not None else ""
    tolerance = f", tolerance {provenance.tolerance:g}" if provenance.tolerance is not None else ""
    further = "".join(f", {name} {version}" for name, version in provenance.further_solvers.items())
    objective = f"{provenance.objective_direction}imum of {provenance.objective}"
    return {
        "model": f"{provenance.model_id} {provenance.model_digest or ''}".strip(),
        "made from": " ← ".join(ancestor.digest for ancestor in provenance.lineage),
        "medium (mmol/gDW/h)": _join(provenance.medium_mmol_per_gdw_h),
        "bounds changed (mmol/gDW/h)": ", ".join(
            f"{reaction} {_format_bound(lower)} to {_format_bound(upper)}"
            for reaction, (lower, upper) in provenance.bounds_changed_mmol_per_gdw_h.items()
        ),
        "objective": objective if provenance.objective else "",
        "solver": f"{provenance.solver} {provenance.solver_version}{further}{tolerance}{seed}".strip(),
        "warnings of the file": "; ".join(provenance.model_warnings),
        "again": provenance.command,
    }


def _join(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


def _format_bound(value: float | None) -> str:
    return "no limit" if value is None else f"{value:g}"
