"""The spans of a step, made from what it wrote into the log of its run. Pure.

The log is the one record that no crash tears, so its spans are neither lost nor sent under other ids: a
step that three workers began is one span, and says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event as SpanEvent
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.history.recorded_steps import duration_ms, prompt_of
from fluxagents.flows.texts.trace_context import (
    find_parent,
    find_run_span,
    find_step_span,
    find_trace,
    find_work_span,
)
from fluxagents.workers.observing.traces.traced_step import RUN_ATTRIBUTE, SERVICE, TracedStep

NS_PER_MS = 1_000_000

RESOURCE = Resource.create({"service.name": SERVICE, "service.version": version("fluxagents")})
SCOPE = InstrumentationScope("fluxagents", version("fluxagents"))

Attributes = dict[str, str | bool | int | float]

ANSWERS = (
    e.ApprovalGranted,
    e.ApprovalRejected,
    e.QuestionAnswered,
    e.VoteCast,
    e.CallTakenOver,
    e.RequestEdited,
    e.RequestExpired,
)
"""What ends the wait for a human, or is said during it."""

NAMES: Mapping[type[e.Event], str] = {
    e.RunStarted: "start",
    e.DecisionMade: "decide",
    e.DecisionRefused: "decide",
    e.DecisionDeferred: "decide",
    e.SummaryRefused: "decide",
    e.ContextSummarised: "decide",
    e.ToolSucceeded: "tool",
    e.ToolFailed: "tool",
    e.ToolSplit: "split",
    e.EffectComputed: "effect",
    e.RunsBegun: "begin runs",
    e.RunsJoined: "join runs",
    e.HumanNotified: "notify",
    e.ExplanationGiven: "explain",
    e.WaitEnded: "wait",
    **dict.fromkeys(ANSWERS, "human"),
}
"""What a step is called, by the first of its events that is listed here."""

QUOTING = (e.DecisionRefused, e.SummaryRefused)
"""Their errors quote what a chat model said."""


@dataclass(frozen=True, slots=True)
class SpanBuilder:
    """Builds the spans of steps.

    Args:
        content: Whether they hold what was asked and answered.
    """

    content: bool = False

    def build(self, step: TracedStep) -> list[ReadableSpan]:
        """The span of a step, those of the calls in it, and that of the whole run if the step ended it."""
        spans = [self._build_step(step), *self._build_work(step)]
        return [*spans, _build_run(step)] if step.state is not None else spans

    def _build_step(self, step: TracedStep) -> ReadableSpan:
        end_ns = step.at_ms * NS_PER_MS
        name = next((NAMES[type(event)] for event in step.events if type(event) in NAMES), "control")
        begins = step.events[0] is step.start
        attributes = {**_describe_run(step), "fluxagents.step": step.seq}
        if call := find_call(step):
            attributes["fluxagents.tool"] = call.tool
        if step.worker:
            attributes["fluxagents.worker"] = step.worker.rpartition("|")[0]
            attributes["fluxagents.deliveries"] = step.deliveries
            attributes["fluxagents.queued_ms"] = max(0, step.at_ms - step.since_ms - step.held_ms)
        events = [self._build_event(event) for event in step.events]
        if step.deliveries > 1:
            # A worker died, or gave the step back; the log says nothing of it.
            taken_ns = end_ns - step.held_ms * NS_PER_MS
            events.insert(0, SpanEvent("redelivered", {"fluxagents.deliveries": step.deliveries}, taken_ns))
        return _build_span(
            step,
            f"{name} {call.tool}" if call else name,
            find_step_span(step.run_id, step.seq),
            parent=find_run_span(step.run_id),
            kind=SpanKind.CONSUMER if step.worker else SpanKind.INTERNAL,
            start_ms=step.at_ms if begins else step.since_ms,
            attributes=attributes,
            events=events,
            links=[_link(step, find_step_span(step.run_id, seq)) for seq in find_causes(step)],
            error=next(filter(None, (vars(event).get("error") for event in step.events)), None),
        )

    def _build_event(self, event: e.Event) -> SpanEvent:
        attributes: Attributes = {}
        for name in ("node", "to", "request_id", "failures", "not_before_ms"):
            value = vars(event).get(name)
            if isinstance(value, str | int):
                attributes[f"fluxagents.{name}"] = value
        error = vars(event).get("error")
        if isinstance(error, ErrorInfo):
            attributes["exception.type"] = error.kind.value
            if self.content or not isinstance(event, QUOTING):
                attributes["exception.message"] = error.message
        return SpanEvent(event.type, attributes, event.at_ms * NS_PER_MS)

    def _build_work(self, step: TracedStep) -> Iterator[ReadableSpan]:
        for number, event in enumerate(step.events):
            prompt = prompt_of(event)
            if isinstance(event, e.ToolSucceeded | e.ToolFailed | e.EffectComputed):
                name, kind = f"execute_tool {event.call.tool}", SpanKind.INTERNAL
                attributes = self._describe_tool(event)
            elif prompt is not None and not prompt.cached:
                name, kind = f"chat {prompt.chat_model}", SpanKind.CLIENT
                attributes = self._describe_chat(event, prompt)
            else:
                continue
            error = vars(event).get("error")
            yield _build_span(
                step,
                name,
                find_work_span(step.run_id, step.seq, number),
                parent=find_step_span(step.run_id, step.seq),
                kind=kind,
                start_ms=event.at_ms - (duration_ms(event) or 0),
                end_ms=event.at_ms,
                attributes=attributes | ({"error.type": error.kind.value} if error else {}),
                error=error,
            )

    def _describe_tool(self, event: e.ToolSucceeded | e.ToolFailed | e.EffectComputed) -> Attributes:
        """By the conventions for generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/)."""
        attributes: Attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": event.call.tool,
        }
        if self.content:
            attributes["gen_ai.tool.call.arguments"] = json.dumps(event.call.args)
            if isinstance(event, e.ToolSucceeded):
                attributes["gen_ai.tool.call.result"] = json.dumps(event.key_findings)
        return attributes

    def _describe_chat(self, event: e.Event, prompt: e.PromptUse) -> Attributes:
        provider, _, model = prompt.chat_model.rpartition(":")
        attributes: Attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider or "fluxagents",
            "gen_ai.request.model": model,
            "gen_ai.usage.input_tokens": prompt.tokens_in,
            "gen_ai.usage.output_tokens": prompt.tokens_out,
            "fluxagents.prompt": prompt.name,
            "fluxagents.prompt.version": prompt.version,
        }
        if prompt.settings and "temperature" in prompt.settings:
            attributes["gen_ai.request.temperature"] = prompt.settings["temperature"]
        if self.content and isinstance(event, e.DecisionMade):
            answer = {"type": "text", "content": event.decision.model_dump_json()}
            attributes["gen_ai.output.messages"] = json.dumps([{"role": "assistant", "parts": [answer]}])
        return attributes


def find_call(step: TracedStep) -> CallTool | None:
    """The call of a tool that a step made."""
    made = (e.ToolSucceeded, e.ToolFailed, e.ToolSplit, e.EffectComputed)
    return next((event.call for event in step.events if isinstance(event, made)), None)


def find_causes(step: TracedStep) -> list[int]:
    """The steps that a step follows: the one before it, and the one that asked what a human answers in it."""
    causes = [step.seq - 1] if step.seq else []
    asked = (event.request_id for event in step.events if isinstance(event, ANSWERS))
    # The id of a request is that of the step which asked.
    causes += [int(number) for number in (text.rpartition(".")[2] for text in asked) if number.isdecimal()]
    return list(dict.fromkeys(seq for seq in causes if 0 <= seq < step.seq))


def _build_run(step: TracedStep) -> ReadableSpan:
    state = step.state
    assert state is not None
    parent, own = find_parent(step.start.trace), find_run_span(step.run_id)
    attributes = {**_describe_run(step), "fluxagents.status": state.status, "fluxagents.steps": state.seq}
    if state.answered:
        attributes["fluxagents.answered"] = state.answered
    return _build_span(
        step,
        f"run {state.flow.name}",
        own,
        parent="" if parent == own else parent,
        kind=SpanKind.INTERNAL,
        start_ms=state.started_ms,
        attributes=attributes,
        error=state.error,
    )


def _describe_run(step: TracedStep) -> Attributes:
    start = step.start
    return {
        RUN_ATTRIBUTE: step.run_id,
        "fluxagents.session": start.session,
        "fluxagents.flow": start.flow.name,
        "fluxagents.model": start.model_name,
        "fluxagents.lane": start.lane,
    }


def _build_span(
    step: TracedStep,
    name: str,
    span: str,
    *,
    parent: str,
    kind: SpanKind,
    start_ms: int,
    attributes: Attributes,
    end_ms: int | None = None,
    events: list[SpanEvent] | None = None,
    links: list[Link] | None = None,
    error: ErrorInfo | None = None,
) -> ReadableSpan:
    return ReadableSpan(
        name,
        context=_context(step, span),
        parent=_context(step, parent) if parent else None,
        resource=RESOURCE,
        attributes=attributes,
        events=events or (),
        links=links or (),
        kind=kind,
        status=Status(StatusCode.ERROR, error.kind.value) if error else Status(),
        start_time=start_ms * NS_PER_MS,
        end_time=(step.at_ms if end_ms is None else end_ms) * NS_PER_MS,
        instrumentation_scope=SCOPE,
    )


def _context(step: TracedStep, span: str) -> SpanContext:
    trace = find_trace(step.start.trace)
    return SpanContext(
        int(trace, 16), int(span, 16), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )


def _link(step: TracedStep, span: str) -> Link:
    return Link(_context(step, span))
