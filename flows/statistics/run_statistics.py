"""What many runs say together: a fold over their records, in memory that does not grow with their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fluxagents.flows.history.run_record import RequestRecord, RunRecord, StepRecord
from fluxagents.flows.history.time_spans import SPENT
from fluxagents.flows.statistics.distribution import Distribution
from fluxagents.flows.statistics.run_figures import (
    ChatFigures,
    ErrorFigures,
    Figures,
    FlowFigures,
    RequestFigures,
    StepFigures,
    ToolFigures,
)

K = TypeVar("K", str, tuple[str, str, str])
V = TypeVar("V")
F = TypeVar("F", bound=Figures)


@dataclass(slots=True)
class Statistics:
    """Adds up records of runs. A run that another one began is no run of its own, but its work counts."""

    runs: int = 0
    children: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    """When the first and the last run started (Unix time in ms)."""
    status: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    """Finished runs by whether all that was asked is answered."""
    flows: dict[str, FlowFigures] = field(default_factory=dict)
    spent_ms: Counter[str] = field(default_factory=Counter)
    """Where the time of the runs went, without that of the runs that they began."""
    steps: dict[tuple[str, str, str], StepFigures] = field(default_factory=dict)
    tools: dict[str, ToolFigures] = field(default_factory=dict)
    chat_models: dict[str, ChatFigures] = field(default_factory=dict)
    errors: dict[str, ErrorFigures] = field(default_factory=dict)
    requests: dict[str, RequestFigures] = field(default_factory=dict)
    humans: dict[str, RequestFigures] = field(default_factory=dict)
    retries: int = 0
    compactions: int = 0
    tokens_saved: int = 0

    def add(self, run: RunRecord) -> None:
        """Count a run of its own."""
        state = run.state
        self.runs += 1
        self.first_ms = min(state.started_ms, self.first_ms or state.started_ms)
        self.last_ms = max(state.started_ms, self.last_ms or state.started_ms)
        self.status[state.status] += 1
        flow = self.flows.setdefault(_flow(run), FlowFigures())
        flow.status[state.status] += 1
        if state.status == "finished" and state.answered:
            self.answered[state.answered] += 1
            flow.answered[state.answered] += 1
        flow.steps += state.seq - 1
        if run.duration_ms is not None:
            flow.duration.add(run.duration_ms)
        self.spent_ms.update(run.spent_ms)
        self._work(run, flow)

    def add_child(self, run: RunRecord, root: RunRecord) -> None:
        """Count the work of a run that another one began, at last the run `root`."""
        self.children += 1
        self._work(run, self.flows.setdefault(_flow(root), FlowFigures()))

    def _work(self, run: RunRecord, flow: FlowFigures) -> None:
        # What a fork shares with the run that it was made from was done once.
        for step in (own for own in run.steps if not own.shared):
            self._step(run, step)
            flow.tokens += step.tokens_in + step.tokens_out
        for request in run.requests:
            self._request(request)
        for fingerprint in {step.error.fingerprint for step in run.errors if step.error}:
            self.errors[fingerprint].runs += 1

    def _step(self, run: RunRecord, step: StepRecord) -> None:
        self.retries += step.retry
        self.compactions += step.tokens_saved > 0
        self.tokens_saved += step.tokens_saved
        if step.error and not step.gives_up:
            errors = self.errors.setdefault(
                step.error.fingerprint, ErrorFigures(step.error.kind, step.error.where, "")
            )
            errors.message, errors.times = step.error.message, errors.times + 1
        if step.kind not in {"start", "human"}:
            figures = self.steps.setdefault((_flow(run), step.node, step.kind), StepFigures())
            figures.count += 1
            _add_times(step, figures.queue, figures.work)
        if step.kind in {"tool", "join"} and step.tool:
            self._tool(run, step)
        if step.chat_model:
            self._chat(step)

    def _tool(self, run: RunRecord, step: StepRecord) -> None:
        figures = self.tools.setdefault(step.tool, ToolFigures())
        is_part = run.state.part is not None
        figures.parts += is_part
        figures.calls += not is_part
        figures.failed += step.error is not None and not is_part
        figures.retries += step.retry
        if step.kind == "tool":
            _add_times(step, figures.queue, figures.work)

    def _chat(self, step: StepRecord) -> None:
        figures = self.chat_models.setdefault(step.chat_model, ChatFigures())
        figures.calls += 1
        figures.refused += step.error is not None
        figures.kept += step.kept
        # Who gives no answer sends no bill.
        if not step.error or step.tokens_out or step.kept:
            figures.tokens_in += step.tokens_in
            figures.tokens_cached += step.tokens_cached
            figures.tokens_out += step.tokens_out
        if step.work_ms is not None:
            figures.work.add(step.work_ms)

    def _request(self, request: RequestRecord) -> None:
        kind = self.requests.setdefault(request.kind, RequestFigures())
        kind.outcomes[request.outcome] += 1
        if request.delay_ms is not None:
            human = self.humans.setdefault(request.by, RequestFigures())
            human.outcomes[request.outcome] += 1
            kind.delay.add(request.delay_ms)
            human.delay.add(request.delay_ms)

    def document(self) -> dict[str, Any]:
        """Everything as plain data; times in seconds, the most frequent or longest first."""
        return {
            "runs": self.runs,
            "children": self.children,
            "status": dict(self.status.most_common()),
            "answered": dict(self.answered.most_common()),
            "spent_s": {spent: self.spent_ms[spent] / 1_000 for spent in SPENT},
            "retries": self.retries,
            "compactions": self.compactions,
            "tokens_saved": self.tokens_saved,
            "flows": _rows("flow", self.flows, lambda figures: figures.status.total()),
            "steps": [
                {"flow": flow, "node": node, "kind": kind, **figures.row()}
                for (flow, node, kind), figures in _sort_descending(self.steps, lambda row: row.work.total_ms)
            ],
            "tools": _rows("tool", self.tools, lambda figures: figures.work.total_ms),
            "chat_models": _rows("chat_model", self.chat_models, lambda figures: figures.calls),
            "errors": _rows("fingerprint", self.errors, lambda figures: figures.times),
            "requests": _rows("kind", self.requests, lambda figures: figures.outcomes.total()),
            "humans": _rows("by", self.humans, lambda figures: figures.delay.count),
        }


def _flow(run: RunRecord) -> str:
    return f"{run.state.flow.name} v{run.state.flow.version}"


def _add_times(step: StepRecord, queue: Distribution, work: Distribution) -> None:
    """Queue and work, where the step says how long it worked."""
    if step.work_ms is None:
        return
    work.add(step.work_ms)
    if not any(step.spent_ms[waited] for waited in ("human", "pause", "children", "timer", "dead")):
        queue.add(step.spent_ms["queue"])


def _sort_descending(figures: Mapping[K, V], measure: Callable[[V], int]) -> list[tuple[K, V]]:
    return sorted(figures.items(), key=lambda item: (-measure(item[1]), item[0]))


def _rows(label: str, figures: Mapping[str, F], measure: Callable[[F], int]) -> list[dict[str, Any]]:
    return [{label: name, **row.row()} for name, row in _sort_descending(figures, measure)]
