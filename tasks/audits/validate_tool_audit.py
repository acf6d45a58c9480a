"""Whether a run's results are right: each tool is called again and compared with what was recorded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows.engine.model_warnings import MODEL_WARNINGS
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, RunStarted, ToolSucceeded
from fluxagents.tasks.audits.audited_run import REFERENCE, AuditArgs, AuditResult
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.fba.entities.entity_names import NAMES
from fluxagents.tasks.ports.artifacts import Manifest
from fluxagents.tasks.ports.models import ModelRef
from fluxagents.tasks.ports.outage import StoreOutageError
from fluxagents.tasks.ports.results import Result as ToolResult
from fluxagents.tasks.ports.sources import RepeatableTool, Sources
from fluxagents.tasks.tool import Tool

Verdict = Literal["same", "differs", "damaged", "failed", "not_recomputed"]

SMALLEST = 1e-6
"""Numbers nearer to each other than this are the same: ten times the solver's usual tolerance."""


class Args(AuditArgs):
    """Which run, and how near is the same."""

    steps: tuple[int, ...] | None = Field(
        default=None, min_length=1, description="Count of the run's steps; all that called a tool if absent."
    )
    tolerance_fraction: float = Field(
        default=1e-6, gt=0, le=0.1, description="Most difference, as a fraction of the greater number."
    )


class StepAudit(BaseModel):
    """What became of one recorded result."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: int = Field(description="Count of the run's steps.")
    tool: str
    artifact: str
    verdict: Verdict
    values_compared: int = Field(description="Count of numbers and texts.")
    greatest_difference_fraction: float | None = Field(
        description="Fraction of the greater of the two; None if nothing could be compared."
    )
    detail: str


class Result(AuditResult):
    """Passed if every result that was computed again is the same."""

    tolerance_fraction: float
    steps: tuple[StepAudit, ...]

    max_findings: ClassVar[int | None] = 20

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = [step.model_dump() for step in self.steps]
        table = pd.DataFrame(rows, columns=list(StepAudit.model_fields))
        return {"steps": table.astype({"greatest_difference_fraction": "float64"})}

    def display(self, limit: int) -> dict[str, JsonValue]:
        verdicts = [step.verdict for step in self.steps]
        wrong = [step for step in self.steps if step.verdict not in {"same", "not_recomputed"}]
        differences = [
            step.greatest_difference_fraction
            for step in self.steps
            if step.greatest_difference_fraction is not None
        ]
        shown: list[JsonValue] = [
            {
                "step": step.step,
                "tool": cut_text(step.tool),
                "verdict": step.verdict,
                "detail": cut_text(step.detail, 250),
            }
            for step in wrong[:limit]
        ]
        return {
            "run_id": cut_text(self.run_id),
            "passed": self.passed,
            "steps": len(self.steps),
            "same": verdicts.count("same"),
            "not_recomputed": verdicts.count("not_recomputed"),
            "wrong": {"count": len(wrong), "shown": len(shown), "steps": shown},
            "values_compared": sum(step.values_compared for step in self.steps),
            "greatest_difference_fraction": max(differences, default=None),
            "tolerance_fraction": self.tolerance_fraction,
        }


@dataclass(frozen=True, slots=True)
class _Recorded:
    """The results of a run, and the ways to read and to compute them again."""

    events: tuple[ToolSucceeded, ...]
    tools: Mapping[str, RepeatableTool]
    manifest: Callable[[str], Manifest]
    table: Callable[[str], pd.DataFrame]
    again: Callable[[ToolSucceeded], ToolResult]


def gather(sources: Sources, args: Args) -> _Recorded:
    """What the run recorded.

    Raises:
        FluxError: `UNKNOWN_ID` if there is no such run, `BAD_ARGUMENT` if it computed a part of a call only.
    """

    def again(event: ToolSucceeded) -> ToolResult:
        tool, model = sources.tools.get(event.call.tool), None
        if tool is None:
            raise FluxError(ErrorClass.UNKNOWN_ID, f"there is no tool '{event.call.tool}' here")
        if tool.needs_model and event.model is not None:
            model = sources.models.load(ModelRef(digest=event.model, name=event.model))
        return tool.carry_out(model, tool.parse(event.call.args), sources)

    events = sources.runs().events(args.run_id)
    _refuse_part(args.run_id, events)
    made = (event for event in events if isinstance(event, ToolSucceeded))
    return _Recorded(
        events=tuple(event for event in made if args.steps is None or event.seq in args.steps),
        tools=sources.tools,
        manifest=sources.artifacts.manifest,
        table=sources.artifacts.table,
        again=again,
    )


def _refuse_part(run_id: str, events: tuple[Event, ...]) -> None:
    started = events[0] if events else None
    if isinstance(started, RunStarted) and started.part is not None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run '{run_id}' computed one part of a call of run '{started.parent}'",
            suggestions=(f"audit run {started.parent}: its result is the whole",),
        )


def run(model: object, args: Args, recorded: _Recorded) -> Result:
    """Compute each result again and compare all tables and findings with the recorded ones."""
    del model
    steps = tuple(_audit_step(recorded, event, args.tolerance_fraction) for event in recorded.events)
    return Result(
        run_id=args.run_id,
        passed=all(step.verdict in {"same", "not_recomputed"} for step in steps),
        tolerance_fraction=args.tolerance_fraction,
        steps=steps,
    )


def _audit_step(recorded: _Recorded, event: ToolSucceeded, tolerance: float) -> StepAudit:
    comparison = _Comparison(tolerance)
    verdict, detail = _verdict(recorded, event, comparison)
    return StepAudit(
        step=event.seq,
        tool=event.call.tool,
        artifact=event.artifact or "",
        verdict=verdict,
        values_compared=comparison.count,
        greatest_difference_fraction=comparison.greatest if comparison.count else None,
        detail=detail,
    )


def _verdict(recorded: _Recorded, event: ToolSucceeded, comparison: _Comparison) -> tuple[Verdict, str]:
    tool = recorded.tools.get(event.call.tool)
    if tool is not None and issubclass(tool.result, AuditResult):
        return "not_recomputed", "an audit reads the log, which has grown since"
    try:
        manifest, tables = _read_artifact(recorded, event)
    except StoreOutageError:
        raise
    except FluxError as error:
        return "damaged", error.message
    try:
        result = recorded.again(event)
    except StoreOutageError:
        raise
    except FluxError as error:
        return "failed", f"computing it again: {error.message}"
    computed = result.tables()
    # The warnings about the model's file come from its record, and the names from the model: no result.
    recorded_findings = {
        key: value for key, value in event.key_findings.items() if key not in {MODEL_WARNINGS, NAMES}
    }
    if computed.keys() != tables.keys():
        return "differs", f"tables {', '.join(tables)} are now {', '.join(computed)}"
    differences = [
        *(
            difference
            for name, table in tables.items()
            for difference in comparison.of_tables(name, table, computed[name])
        ),
        *comparison.of_data("the summary", manifest.result, result.summary()),
        *comparison.of_data("the key findings", recorded_findings, result.key_findings()),
    ]
    return ("differs", differences[0]) if differences else ("same", "")


def _read_artifact(recorded: _Recorded, event: ToolSucceeded) -> tuple[Manifest, dict[str, pd.DataFrame]]:
    """The artifact of an event; raises `SCHEMA` if there is none, or it is another's."""
    if event.artifact is None:
        raise FluxError(ErrorClass.SCHEMA, "the result has no artifact")
    manifest = recorded.manifest(event.artifact)
    for difference in _not_of(manifest, event):
        raise FluxError(ErrorClass.SCHEMA, difference)
    return manifest, {name: recorded.table(ref.digest) for name, ref in manifest.tables.items()}


def _not_of(manifest: Manifest, event: ToolSucceeded) -> Iterator[str]:
    """The differences that show that an artifact is not that of an event."""
    made = manifest.provenance
    if made.tool != event.call.tool:
        yield f"the artifact is of tool '{made.tool}'"
    if made.model_digest not in {None, event.model}:
        yield f"the artifact is of model {made.model_digest}"
    unlike = [name for name, value in made.args.items() if event.call.args.get(name, value) != value]
    if unlike or any(name not in made.args for name in event.call.args):
        yield "the artifact was made with other arguments"


class _Comparison:
    """Counts what it compares and keeps the greatest difference."""

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self.count = 0
        self.greatest = 0.0

    def of_tables(self, name: str, recorded: pd.DataFrame, computed: pd.DataFrame) -> Iterator[str]:
        """The first difference of each column, in words."""
        if list(recorded.columns) != list(computed.columns) or len(recorded) != len(computed):
            yield f"table '{name}' had {recorded.shape} rows and columns and has {computed.shape} now"
            return
        for column in recorded.columns:
            pairs = zip(recorded[column].tolist(), computed[column].tolist(), strict=True)
            for row, (before, now) in enumerate(pairs):
                if not self._same(before, now):
                    label = str(recorded.iloc[row, 0])
                    yield f"table '{name}', {column} of {label}: recorded {before}, computed {now}"
                    break

    def of_data(self, where: str, recorded: JsonValue, computed: JsonValue, path: str = "") -> Iterator[str]:
        """The differences of nested data, in words."""
        if isinstance(recorded, dict) and isinstance(computed, dict) and recorded.keys() == computed.keys():
            for key, value in recorded.items():
                yield from self.of_data(where, value, computed[key], f"{path}.{key}" if path else key)
        elif isinstance(recorded, list) and isinstance(computed, list) and len(recorded) == len(computed):
            for index, (before, now) in enumerate(zip(recorded, computed, strict=True)):
                yield from self.of_data(where, before, now, f"{path}[{index}]")
        elif not self._same(recorded, computed):
            yield f"{where}, {path}: recorded {cut_text(str(recorded))}, computed {cut_text(str(computed))}"

    def _same(self, before: Any, now: Any) -> bool:
        self.count += 1
        if not _is_number(before) or not _is_number(now):
            return bool(_missing(before) and _missing(now)) or bool(before == now)
        if not (math.isfinite(before) and math.isfinite(now)):
            return bool(before == now) or (math.isnan(before) and math.isnan(now))
        difference = abs(before - now)
        if difference <= SMALLEST:
            return True  # numbers near zero have no meaningful fraction
        fraction = difference / max(abs(before), abs(now))
        self.greatest = max(self.greatest, fraction)
        return bool(fraction <= self._tolerance)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


TOOL = Tool(
    name="validate_tool_audit",
    purpose="Computes every recorded result of a run again and compares all values with the recorded ones.",
    answers=("audit",),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    needs_model=False,
    queue="tools.long",
    reference=REFERENCE,
    example={"run_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
)
