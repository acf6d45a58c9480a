"""Whether every number in a run's answer was computed: each is traced to a recorded result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fluxagents.flows import events as e
from fluxagents.flows.commands import Finish
from fluxagents.tasks.fba.audited_run import REFERENCE, AuditArgs, AuditedRun, AuditResult, gather
from fluxagents.tasks.fba.display import fitted, text
from fluxagents.tasks.fba.number_trace import Said, Trace, numbers_in, values_in
from fluxagents.tasks.fba.tool import KEY_FINDINGS_BYTES, SUMMARY_BYTES, Tool

if TYPE_CHECKING:
    import pandas as pd

Origin = Literal["result", "given", "untraced"]


class Args(AuditArgs):
    """Which run; its answer so far is looked at."""


class NumberSaid(BaseModel):
    """One number of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: int = Field(description="Count of the run's steps when it was said.")
    said: str
    origin: Origin
    context: str


class Result(AuditResult):
    """Passed if no number is untraced. What a human or an argument gave is no result, and is told apart."""

    answers: int = Field(description="Count of answers that were looked at.")
    numbers: tuple[NumberSaid, ...]

    def key_findings(self) -> dict[str, JsonValue]:
        return fitted(lambda most: self._display(min(most, 20)), KEY_FINDINGS_BYTES)

    def summary(self) -> dict[str, JsonValue]:
        return fitted(self._display, SUMMARY_BYTES)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        import pandas as pd

        rows = [number.model_dump() for number in self.numbers]
        return {"numbers": pd.DataFrame(rows, columns=list(NumberSaid.model_fields))}

    def _display(self, most: int) -> dict[str, JsonValue]:
        untraced = [number for number in self.numbers if number.origin == "untraced"]
        shown: list[JsonValue] = [
            {"step": number.step, "said": number.said, "context": text(number.context)}
            for number in untraced[:most]
        ]
        return {
            "run_id": text(self.run_id),
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
    for place, event in enumerate(audited.events):
        said = _answer(event)
        if said is None or said in answers:
            continue  # the end of a run repeats what was decided
        answers.add(said)
        before = audited.events[:place]
        results, given = Trace(_results(before)), Trace(_given(before))
        numbers += [
            NumberSaid(
                step=event.seq,
                said=number.text,
                origin=_origin(number, results, given),
                context=_context(said, number.text),
            )
            for number in numbers_in(said)
        ]
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


def _results(events: Iterable[e.Event]) -> Iterable[Decimal]:
    """What tools found, and what they refused."""
    for event in events:
        if isinstance(event, e.ToolSucceeded):
            yield from values_in(event.key_findings)
            yield from values_in(event.facts)
        elif isinstance(event, e.ToolFailed):
            yield from values_in([event.error.message, *event.error.suggestions])


def _given(events: Iterable[e.Event]) -> Iterable[Decimal]:
    """What the user and other humans said, and the arguments that tools were called with."""
    for event in events:
        if isinstance(event, e.RunStarted):
            yield from values_in(event.inputs)
        elif isinstance(event, e.ToolSucceeded | e.ToolFailed):
            yield from values_in(event.call.args)
        elif isinstance(event, e.QuestionAnswered):
            yield from values_in(event.answer)
        elif isinstance(event, e.ApprovalRejected):
            yield from values_in(event.reason)


def _origin(number: Said, results: Trace, given: Trace) -> Origin:
    if results.has(number):
        return "result"
    return "given" if given.has(number) else "untraced"


def _context(answer: str, number: str) -> str:
    at = max(answer.find(number), 0)
    return " ".join(answer[max(at - _AROUND, 0) : at + len(number) + _AROUND].split())


TOOL = Tool(
    name="validate_realtime_verification",
    purpose="Whether every number in a run's answer traces to a recorded result; flags each that does not.",
    args=Args,
    result=Result,
    run=run,
    gather=gather,
    needs_model=False,
    reference=REFERENCE,
    example={"run_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
)
