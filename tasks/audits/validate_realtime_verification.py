"""Whether every number in a run's answer was computed: each is traced to a recorded result, in its unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import Finish
from fluxagents.tasks.audits.audited_run import REFERENCE, AuditArgs, AuditedRun, AuditResult, gather
from fluxagents.tasks.audits.number_trace import Recorded, Said, Trace, numbers_in, values_in
from fluxagents.tasks.display import cut_text
from fluxagents.tasks.tool import Tool

Origin = Literal["result", "given", "untraced"]


class Args(AuditArgs):
    """Which run; its answer so far is looked at."""


class NumberSaid(BaseModel):
    """One number of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: int = Field(description="Count of the run's steps when it was said.")
    said: str
    unit: str = Field(default="", description="As the answer states it; empty if it states none.")
    origin: Origin
    source: str = Field(default="", description="What it is traced to, such as 'f3 run_metabolic_fba'.")
    artifact: str = Field(default="", description="With the whole result that it is traced to.")
    context: str


class Result(AuditResult):
    """Passed if no number is untraced. What a human or an argument gave is no result, and is told apart."""

    answers: int = Field(description="Count of answers that were looked at.")
    numbers: tuple[NumberSaid, ...]

    max_findings: ClassVar[int | None] = 20

    def tables(self) -> Mapping[str, pd.DataFrame]:
        rows = [number.model_dump() for number in self.numbers]
        return {"numbers": pd.DataFrame(rows, columns=list(NumberSaid.model_fields))}

    def display(self, limit: int) -> dict[str, JsonValue]:
        untraced = [number for number in self.numbers if number.origin == "untraced"]
        shown: list[JsonValue] = [
            {"step": number.step, "said": number.said, "context": cut_text(number.context)}
            for number in untraced[:limit]
        ]
        return {
            "run_id": cut_text(self.run_id),
            "passed": self.passed,
            "answers": self.answers,
            "numbers": len(self.numbers),
            "from_results": sum(number.origin == "result" for number in self.numbers),
            "given": sum(number.origin == "given" for number in self.numbers),
            "untraced": {"count": len(untraced), "shown": len(shown), "numbers": shown},
        }


_AROUND = 40
"""Characters of an answer before and after a number that a report quotes."""


def run(model: object, args: Args, audited: AuditedRun) -> Result:
    """Trace each number of each answer to what was recorded before it."""
    del model
    numbers: list[NumberSaid] = []
    answers: set[str] = set()
    for index, event in enumerate(audited.events):
        answer = _answer(event)
        if answer is None or any(answer.startswith(earlier) for earlier in answers):
            continue  # the end of a run repeats what was decided, and flags what is not traced
        answers.add(answer)
        before = audited.events[:index]
        results, inputs = Trace(_results(before)), Trace(_human_inputs(before))
        numbers += [_number_said(event.seq, answer, number, results, inputs) for number in numbers_in(answer)]
    return Result(
        run_id=args.run_id,
        passed=all(number.origin != "untraced" for number in numbers),
        answers=len(answers),
        numbers=tuple(numbers),
    )


def _answer(event: e.Event) -> str | None:
    if isinstance(event, e.DecisionMade) and isinstance(event.decision, Finish):
        return event.decision.answer
    return event.answer if isinstance(event, e.RunFinished) else None


def _results(events: Iterable[e.Event]) -> Iterable[Recorded]:
    """What tools found, and what they refused."""
    calls = 0
    for event in events:
        if isinstance(event, e.ToolSucceeded):
            calls += 1
            source, artifact = f"f{calls} {event.call.tool}", event.artifact or ""
            yield from values_in(event.key_findings, source, artifact)
            yield from values_in(event.facts, source, artifact)
        elif isinstance(event, e.ToolFailed):
            calls += 1
            yield from values_in([event.error.message, *event.error.suggestions], f"error {event.call.tool}")


def _human_inputs(events: Iterable[e.Event]) -> Iterable[Recorded]:
    """What the user and other humans said, and the arguments that tools were called with."""
    for event in events:
        if isinstance(event, e.RunStarted):
            yield from values_in(event.inputs, "inputs")
        elif isinstance(event, e.ToolSucceeded | e.ToolFailed):
            yield from values_in(event.call.args, f"arguments of {event.call.tool}")
        elif isinstance(event, e.QuestionAnswered):
            yield from values_in(event.answer, event.by)
        elif isinstance(event, e.ApprovalRejected):
            yield from values_in(event.reason, event.by)


def _number_said(step: int, answer: str, number: Said, results: Trace, inputs: Trace) -> NumberSaid:
    recorded = results.origin(number)
    origin: Origin = "result"
    if recorded is None:
        recorded = inputs.origin(number)
        origin = "given" if recorded else "untraced"
    return NumberSaid(
        step=step,
        said=number.text,
        unit=number.unit,
        origin=origin,
        source=recorded.source if recorded else "",
        artifact=recorded.artifact if recorded else "",
        context=_context(answer, number.text),
    )


def _context(answer: str, number: str) -> str:
    at = max(answer.find(number), 0)
    return " ".join(answer[max(at - _AROUND, 0) : at + len(number) + _AROUND].split())


TOOL = Tool(
    name="validate_realtime_verification",
    purpose="Whether every number in a run's answer traces to a recorded result; flags each that does not.",
    answers=("audit",),
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    needs_model=False,
    reference=REFERENCE,
    example={"run_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
)
