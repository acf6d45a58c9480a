"""A step's spans say what its log says, and hold no content unless they are to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from tests.support.story import Story

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Finish
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.texts.trace_context import begin_trace
from fluxagents.workers.observing.traces.step_spans import NS_PER_MS, SpanBuilder, find_causes
from fluxagents.workers.observing.traces.traced_step import TracedStep

CALL = CallTool(tool="run_fba", args={"objective": "growth of a secret strain"})
PROMPT = e.PromptUse(
    name="tool_selection",
    version="3",
    digest="d",
    chat_model="openai:gpt-test",
    tokens_in=900,
    tokens_out=30,
    duration_ms=700,
    settings={"temperature": 0.0},
)


def traced(*told: e.Event, since: float = 1, at: float = 3, **step: Any) -> TracedStep:
    """A step that was recorded `at` seconds after its run began, and the one before it at `since`."""
    story = Story("r", trace=begin_trace("r", share=1.0)).step(since).step(at, *told)
    start = story.events[0]
    assert isinstance(start, e.RunStarted)
    events, since_ms = tuple(story.events[1:]), story.start_ms + round(since * 1_000)
    return TracedStep(start=start, events=events, since_ms=since_ms, **step)


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def tell(**fields: Any) -> dict[str, Any]:
    return {"seq": 0, "at_ms": 0, "node": "n", **fields}


@pytest.mark.parametrize("content", [False, True])
def test_chat_calls_go_by_the_conventions_and_say_what_was_answered_only_when_told_to(content: bool) -> None:
    decided = e.DecisionMade(**tell(decision=Finish(answer="a secret answer"), prompt=PROMPT))
    step, chat = SpanBuilder(content=content).build(traced(decided))
    assert (step.name, chat.name) == ("decide", "chat openai:gpt-test")
    found = attributes(chat)
    assert found["gen_ai.operation.name"] == "chat"
    assert (found["gen_ai.provider.name"], found["gen_ai.request.model"]) == ("openai", "gpt-test")
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == (900, 30)
    assert chat.start_time is not None
    assert chat.end_time is not None
    assert chat.end_time - chat.start_time == 700 * NS_PER_MS
    assert chat.parent == step.context
    assert ("secret" in chat.to_json()) is content
    if content:
        (message,) = json.loads(found["gen_ai.output.messages"])
        assert "a secret answer" in message["parts"][0]["content"]


@pytest.mark.parametrize("content", [False, True])
def test_a_tool_that_fails_is_a_failed_span_and_a_retry_is_an_event(content: bool) -> None:
    error = FluxError(ErrorClass.TIMEOUT, "it took more than 10 s").info("n")
    failed = e.ToolFailed(**tell(call=CALL, error=error, duration_ms=1_500))
    retry = e.RetryScheduled(**tell(call=CALL, failures=1, not_before_ms=9))
    step, tool = SpanBuilder(content=content).build(
        traced(failed, retry, worker="w@h|7", deliveries=1, held_ms=1_600)
    )
    assert (step.name, tool.name) == ("tool run_fba", "execute_tool run_fba")
    assert not step.status.is_ok
    assert attributes(tool)["error.type"] == "timeout"
    assert [event.name for event in step.events] == ["ToolFailed", "RetryScheduled"]
    assert attributes(step)["fluxagents.queued_ms"] == 400  # of two seconds it was held for 1.6
    assert attributes(step)["fluxagents.worker"] == "w@h"
    assert ("secret" in tool.to_json()) is content


def test_a_refused_decision_does_not_quote_the_chat_model() -> None:
    error = FluxError(ErrorClass.BAD_ARGUMENT, "'a secret word' is no decision").info("n")
    refused = e.DecisionRefused(**tell(error=error, prompt=PROMPT))
    assert not any("secret" in span.to_json() for span in SpanBuilder().build(traced(refused)))


def test_an_answer_that_was_kept_is_no_call() -> None:
    kept = PROMPT.model_copy(update={"cached": True})
    decided = e.DecisionMade(**tell(decision=Finish(answer="42"), prompt=kept))
    assert [span.name for span in SpanBuilder().build(traced(decided))] == ["decide"]


def test_what_a_human_answers_follows_the_step_that_asked() -> None:
    story = Story("r", trace=begin_trace("r", share=1.0))
    for at in (1, 2, 3):
        story.step(at)
    story.step(9, e.ApprovalRejected(seq=0, at_ms=0, request_id="r.2", by="lea", reason="no"))
    events = tuple(story.events[1:])
    start = story.events[0]
    assert isinstance(start, e.RunStarted)
    step = TracedStep(start=start, events=events, since_ms=story.start_ms)
    assert find_causes(step) == [3, 2]
