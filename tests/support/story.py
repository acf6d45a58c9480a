"""Histories told event by event, with times that can be added up by hand."""

from __future__ import annotations

from typing import Any

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Decision, Finish
from fluxagents.flows.errors import ErrorClass, ErrorInfo, FluxError
from fluxagents.flows.humans.human_request import HumanRequest

FBA = CallTool(tool="fba", args={"method": "pfba"})
CHANGE = CallTool(tool="change", args={"uptake": 18.5})
SLOW = FluxError(ErrorClass.TIMEOUT, "tool 'change' took more than 10 s").info("change")


class Story:
    """One run's log; each `at` is in seconds after the start."""

    def __init__(self, run_id: str = "r", *, start_ms: int = 1_000_000, **started: Any) -> None:
        self.start_ms = start_ms
        self.seq = 0
        details = {
            "session": "s",
            "flow": e.FlowRef(name="growth_check", version=1, digest="d"),
            "start_node": "measure",
            "inputs": {},
            "model_name": "e_coli_core",
        } | started
        self.events: list[e.Event] = [
            e.RunStarted.model_validate({"seq": 0, "at_ms": start_ms, "run_id": run_id, **details})
        ]

    def step(self, at: float, *told: e.Event) -> Story:
        """Record events at once, as the next step."""
        self.seq += 1
        at_ms = self.start_ms + round(at * 1_000)
        self.events += [event.model_copy(update={"seq": self.seq, "at_ms": at_ms}) for event in told]
        return self


def succeeded(call: CallTool = FBA, ms: int = 0, node: str = "measure", **found: Any) -> e.Event:
    return e.ToolSucceeded(seq=0, at_ms=0, node=node, call=call, key_findings=found, duration_ms=ms)


def failed(call: CallTool = CHANGE, ms: int = 0, error: ErrorInfo = SLOW) -> e.Event:
    return e.ToolFailed(seq=0, at_ms=0, node="ask", call=call, error=error, duration_ms=ms)


def use(ms: int, tokens_in: int, tokens_out: int) -> e.PromptUse:
    return e.PromptUse(
        name="tool_selection",
        version="1",
        digest="p",
        chat_model="m",
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        duration_ms=ms,
    )


def decided(decision: Decision, ms: int = 0, tokens_in: int = 0, tokens_out: int = 0) -> e.Event:
    prompt = use(ms, tokens_in, tokens_out)
    return e.DecisionMade(seq=0, at_ms=0, node="ask", decision=decision, prompt=prompt)


def entered(node: str) -> e.Event:
    return e.NodeEntered(seq=0, at_ms=0, node=node)


def retrying(start_ms: int, at: float) -> e.Event:
    not_before = start_ms + round(at * 1_000)
    return e.RetryScheduled(seq=0, at_ms=0, node="ask", call=CHANGE, failures=1, not_before_ms=not_before)


def asked(request_id: str = "r.2") -> e.Event:
    request = HumanRequest(
        id=request_id, kind="approval", node="ask", question="Run change?", call=CHANGE, digest="x"
    )
    return e.ApprovalRequested(seq=0, at_ms=0, request=request)


def granted(by: str = "ada", request_id: str = "r.2", *, edited: bool = False) -> e.Event:
    return e.ApprovalGranted(seq=0, at_ms=0, request_id=request_id, by=by, call=CHANGE, edited=edited)


def notified(request_id: str = "r.2") -> e.Event:
    return e.HumanNotified(seq=0, at_ms=0, request_id=request_id, channels=("inbox",))


def finished(answer: str = "0.87") -> e.Event:
    return e.RunFinished(seq=0, at_ms=0, node="done", answer=answer)


def whole(run_id: str = "r", **started: Any) -> tuple[e.Event, ...]:
    """A run of 87.5 s: a tool, a decision, an approval, a failure, a retry, an answer.

    Work 2 + 1 + 10 + 3 + 1.5 = 17.5 s, queue 3 + 2 + 2 + 1 + 0.5 = 8.5 s, human 60.5 s, retry 1 s.
    """
    story = Story(run_id, **started)
    request = f"{run_id}.2"
    story.step(5, succeeded(ms=2_000, growth_per_h=0.87), entered("ask"))
    story.step(8, decided(CHANGE, 1_000, 100, 20), asked(request))
    story.step(8.5, notified(request))
    story.step(68.5, granted(request_id=request))
    story.step(80.5, failed(ms=10_000), retrying(story.start_ms, 81.5))
    story.step(85.5, succeeded(CHANGE, 3_000, "ask"))
    story.step(87.5, decided(Finish(answer="0.87"), 1_500, 200, 30), entered("done"), finished())
    return tuple(story.events)


def split(run_id: str = "big") -> tuple[e.Event, ...]:
    """A run of 12 s whose only tool call was computed in two parts."""
    parts = (f"{run_id}.1.part0", f"{run_id}.1.part1")
    begun = e.ToolSplit(seq=0, at_ms=0, node="measure", call=FBA, runs=parts)
    story = Story(run_id).step(2, begun).step(12, succeeded(ms=500), entered("done"), finished())
    return tuple(story.events)


def part(index: int, run_id: str = "big") -> tuple[e.Event, ...]:
    """A part that waits 1 s and works 4 s."""
    story = Story(
        f"{run_id}.1.part{index}",
        start_ms=1_002_000,
        session=run_id,
        parent=run_id,
        flow=e.FlowRef(name="part_of_fba", version=1, digest="f"),
        part=e.Shard(index=index, of=2),
    )
    return tuple(story.step(5, succeeded(ms=4_000), finished("computed")).events)
