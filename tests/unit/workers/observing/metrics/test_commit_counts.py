"""What a step counts follows from its events."""

from __future__ import annotations

import pytest

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import reduce
from fluxagents.flows.texts.trace_context import begin_trace, find_trace
from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.amounts import read_trace_mark
from fluxagents.workers.observing.metrics.commit_counts import count_commit

USE = e.PromptUse(name="tool_selection", version="3", digest="d", chat_model="m", duration_ms=700)


def refuse(kind: ErrorClass, *, trace: str = "") -> Commit:
    """A decision that is refused."""
    started = e.RunStarted(
        seq=0,
        at_ms=1,
        run_id="r",
        session="s",
        flow=e.FlowRef(name="f", version=1, digest="d"),
        start_node="a",
        inputs={},
        trace=trace,
    )
    error = FluxError(kind, "no").info("m")
    refused = e.DecisionRefused(seq=1, at_ms=2_000, node="a", error=error, prompt=USE)
    return Commit(events=(refused,), state=reduce(reduce(None, started), refused), dispatch=None)


@pytest.mark.parametrize(
    ("kind", "invalid"), [(ErrorClass.INVALID_ANSWER, 1), (ErrorClass.PROVIDER_OUTAGE, 0)]
)
def test_an_invalid_answer_is_no_outage(kind: ErrorClass, invalid: int) -> None:
    counts = count_commit(refuse(kind)).fields()
    assert counts[m.CHAT_REQUESTS.series("m", "refused")] == 1
    assert counts.get(m.CHAT_INVALID.series("m", "tool_selection", "3"), 0) == invalid


def test_a_traced_run_marks_the_buckets_that_it_is_counted_in() -> None:
    trace = begin_trace("r", share=1.0)
    amounts = count_commit(refuse(ErrorClass.PROVIDER_OUTAGE, trace=trace))
    marks = {series: read_trace_mark(text) for series, text in amounts.exemplars().items()}
    (bucket,) = (series for series in marks if series.startswith(m.CHAT_SECONDS.name))
    assert (marks[bucket].trace, marks[bucket].ms, marks[bucket].at_ms) == (find_trace(trace), 700, 2_000)
    assert set(marks) <= set(amounts.fields())
    assert count_commit(refuse(ErrorClass.PROVIDER_OUTAGE)).exemplars() == {}
