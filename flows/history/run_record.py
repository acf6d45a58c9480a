"""A run in numbers, from its log: records of the run, its steps and its requests to humans. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorInfo
from fluxagents.flows.history.recorded_steps import (
    Step,
    call_of,
    error_of,
    prompt_of,
    request_of,
    runs_begun,
    steps_of,
)
from fluxagents.flows.history.time_spans import SPENT, Spent, spans_of, totals_ms, work_ms
from fluxagents.flows.state import RunState, Status

StepKind = Literal["start", "decide", "tool", "split", "join", "notify", "human", "other"]
"""What a step was: one decision; one tool call; work that became runs of their own, and the joining of these;
telling a human; something that came from outside, as an answer or a pause."""

Outcome = Literal["open", "approved", "edited", "rejected", "answered", "expired", "dropped"]
"""What became of a request; `dropped` when its run ended before anybody answered."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step."""

    seq: int
    node: str
    kind: StepKind
    at_ms: int
    """When it was recorded (Unix time in ms)."""
    spent_ms: dict[Spent, int]
    """From the step before to this one."""
    work_ms: int | None
    """None if its events do not say."""
    tool: str = ""
    chat_model: str = ""
    prompt: str = ""
    prompt_version: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    """Those of `tokens_in` that the provider read from its cache."""
    kept: bool = False
    """Whether the answer is that of an earlier, equal request."""
    tokens_saved: int = 0
    """By compacting the context."""
    artifact: str = ""
    retry: bool = False
    """Whether it tries again what failed in the step before."""
    error: ErrorInfo | None = None
    shared: bool = False
    """Whether it is a step of the run that this one was forked from."""
    gives_up: bool = False
    """Whether the error is the one of a step before, which the run ended with."""
    status: Status = "running"
    """Of the run after it."""


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """Something that a human was asked."""

    id: str
    kind: str
    tool: str
    """That is to be approved; empty for a question."""
    asked_ms: int
    outcome: Outcome
    closed_ms: int | None
    """None while it is open."""
    by: str = ""

    @property
    def delay_ms(self) -> int | None:
        """From asking to answering; None if nobody answered."""
        answered = self.closed_ms is not None and self.outcome not in {"expired", "dropped"}
        return self.closed_ms - self.asked_ms if answered and self.closed_ms is not None else None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run."""

    state: RunState
    steps: tuple[StepRecord, ...]
    requests: tuple[RequestRecord, ...]
    spent_ms: dict[Spent, int]
    children: tuple[str, ...]
    """The runs that it began."""

    @property
    def duration_ms(self) -> int | None:
        """From start to end; None while it goes on."""
        return self.state.updated_ms - self.state.started_ms if self.state.has_ended else None

    @property
    def errors(self) -> tuple[StepRecord, ...]:
        """The steps at which something went wrong; an error that ended the run counts where it occurred."""
        return tuple(step for step in self.steps if step.error and not step.gives_up and not step.shared)

    @property
    def retries(self) -> int:
        return sum(step.retry for step in self.steps if not step.shared)


def record_of(events: Sequence[e.Event]) -> RunRecord:
    """A history in numbers.

    Raises:
        FluxError: As `fluxagents.flows.reducer.fold`.
    """
    steps = steps_of(events)
    state = steps[-1].after
    forked = max((event.origin_seq for event in events if isinstance(event, e.RunForked)), default=-1)
    records = tuple(_step_records(steps, forked))
    return RunRecord(
        state=state,
        steps=records,
        requests=_requests([event for event in events if event.seq > forked], ended=state.has_ended),
        spent_ms={spent: sum(step.spent_ms[spent] for step in records if not step.shared) for spent in SPENT},
        children=runs_begun(events),
    )


def _step_records(steps: Iterable[Step], forked: int) -> Iterator[StepRecord]:
    seen: ErrorInfo | None = None
    failed = False
    for step in steps:
        record = _step_record(step, seen, shared=step.seq <= forked, retry=failed)
        seen = record.error or seen
        failed = any(isinstance(event, e.RetryScheduled) for event in step.events)
        yield record


def _step_record(step: Step, seen: ErrorInfo | None, *, shared: bool, retry: bool) -> StepRecord:
    first = step.events[0]
    errors = [(event, error) for event in step.events if (error := error_of(event))]
    prompt = next((use for event in step.events if (use := prompt_of(event))), None)
    call = call_of(first)
    return StepRecord(
        seq=step.seq,
        node=step.node,
        kind=_kind(step),
        at_ms=step.at_ms,
        spent_ms=totals_ms(spans_of(step)),
        work_ms=work_ms(step),
        tool=call.tool if call else "",
        chat_model=prompt.chat_model if prompt else "",
        prompt=prompt.name if prompt else "",
        prompt_version=prompt.version if prompt else "",
        tokens_in=prompt.tokens_in if prompt else 0,
        tokens_out=prompt.tokens_out if prompt else 0,
        tokens_cached=prompt.tokens_cached if prompt else 0,
        kept=prompt.cached if prompt else False,
        tokens_saved=sum(
            event.tokens_saved for event in step.events if isinstance(event, e.ContextCompacted)
        ),
        artifact=str(vars(first).get("artifact") or ""),
        retry=retry,
        error=errors[0][1] if errors else None,
        shared=shared,
        status=step.after.status,
        gives_up=bool(errors) and errors[0][1] == seen and isinstance(errors[0][0], e.RunFailed),
    )


_KINDS: Mapping[type[object], StepKind] = {
    e.RunStarted: "start",
    e.ToolSplit: "split",
    e.RunsBegun: "split",
    e.RunsJoined: "join",
    e.HumanNotified: "notify",
}


def _kind(step: Step) -> StepKind:
    first = step.events[0]
    if type(first) in _KINDS:
        return _KINDS[type(first)]
    if prompt_of(first):
        return "decide"
    if isinstance(first, e.ToolSucceeded | e.ToolFailed):
        return "join" if step.before and step.before.joining else "tool"
    return "human" if "by" in vars(first) and not isinstance(first, e.WaitEnded) else "other"


CLOSES_REQUEST = (
    e.ApprovalGranted,
    e.ApprovalRejected,
    e.CallTakenOver,
    e.ConsultationClosed,
    e.QuestionAnswered,
    e.RequestExpired,
)


def _requests(events: Sequence[e.Event], *, ended: bool) -> tuple[RequestRecord, ...]:
    requests: dict[str, RequestRecord] = {}
    for event in events:
        request, closes = request_of(event), str(vars(event).get("request_id", ""))
        if request:
            tool = request.call.tool if request.call else ""
            requests[request.id] = RequestRecord(request.id, request.kind, tool, event.at_ms, "open", None)
        elif closes in requests and isinstance(event, CLOSES_REQUEST):
            requests[closes] = _close(requests[closes], event)
    if ended:
        end = events[-1].at_ms
        requests |= {id_: _drop(open_, end) for id_, open_ in requests.items() if open_.outcome == "open"}
    return tuple(requests.values())


def _close(asked: RequestRecord, event: e.Event) -> RequestRecord:
    by = str(vars(event).get("by", ""))
    return RequestRecord(asked.id, asked.kind, asked.tool, asked.asked_ms, _outcome(event), event.at_ms, by)


def _drop(asked: RequestRecord, at_ms: int) -> RequestRecord:
    return RequestRecord(asked.id, asked.kind, asked.tool, asked.asked_ms, "dropped", at_ms)


def _outcome(event: e.Event) -> Outcome:
    if isinstance(event, e.ApprovalGranted):
        return "edited" if event.edited else "approved"
    if isinstance(event, e.ApprovalRejected):
        return "rejected"
    return "expired" if isinstance(event, e.RequestExpired) else "answered"
