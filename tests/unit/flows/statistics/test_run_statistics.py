"""What runs say in numbers, against sums made by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.story import (
    CHANGE,
    FBA,
    SLOW,
    Story,
    asked,
    decided,
    entered,
    failed,
    finished,
    granted,
    part,
    split,
    succeeded,
    use,
    whole,
)

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.flows.history.recorded_steps import runs_begun, step_at, steps_of
from fluxagents.flows.history.run_record import record_of
from fluxagents.flows.history.time_spans import spans_of
from fluxagents.flows.statistics.distribution import Distribution
from fluxagents.flows.statistics.run_statistics import Statistics


def test_the_time_of_a_run_is_told_by_what_it_was_spent_on() -> None:
    run = record_of(whole())
    assert run.duration_ms == 87_500
    spent = {spent: ms for spent, ms in run.spent_ms.items() if ms}
    assert spent == {"work": 17_500, "queue": 8_500, "human": 60_500, "retry": 1_000}


def test_no_time_is_lost_or_counted_twice() -> None:
    for events in (whole(), split(), part(0)):
        spans = [span for step in steps_of(events) for span in spans_of(step)]
        assert spans[0].from_ms == events[0].at_ms
        assert spans[-1].to_ms == events[-1].at_ms
        assert all(one.to_ms == other.from_ms for one, other in pairwise(spans))


def test_a_step_says_what_it_was_and_what_it_cost() -> None:
    start, tool, decision, told, answer, failure, again, last = record_of(whole()).steps
    assert [one.kind for one in (start, tool, told, answer)] == ["start", "tool", "notify", "human"]
    assert (tool.tool, tool.work_ms, tool.spent_ms["queue"]) == ("fba", 2_000, 3_000)
    assert (decision.kind, decision.chat_model, decision.tokens_in, decision.tokens_out) == (
        "decide",
        "m",
        100,
        20,
    )
    assert (failure.error, failure.retry, again.retry, again.error) == (SLOW, False, True, None)
    assert (again.spent_ms["retry"], again.spent_ms["queue"], again.work_ms) == (1_000, 1_000, 3_000)
    assert (last.prompt, last.prompt_version, last.node) == ("tool_selection", "1", "ask")


def test_an_approval_lasts_from_asking_to_the_answer() -> None:
    (request,) = record_of(whole()).requests
    assert (request.kind, request.tool, request.outcome, request.by) == (
        "approval",
        "change",
        "approved",
        "ada",
    )
    assert request.delay_ms == 60_500


def test_what_became_of_a_request() -> None:
    def of(*after: e.Event) -> tuple[str, int | None]:
        story = Story().step(1, succeeded(), entered("ask")).step(2, asked())
        for at, event in enumerate(after, start=3):
            story.step(at, event)
        (request,) = record_of(story.events).requests
        return request.outcome, request.delay_ms

    assert of() == ("open", None)
    assert of(granted(edited=True)) == ("edited", 1_000)
    assert of(e.ApprovalRejected(seq=0, at_ms=0, request_id="r.2", by="bo", reason="no")) == (
        "rejected",
        1_000,
    )
    assert of(e.RequestExpired(seq=0, at_ms=0, request_id="r.2")) == ("expired", None)
    assert of(e.RunCancelled(seq=0, at_ms=0, by="bo", reason="no")) == ("dropped", None)


def test_an_error_that_ends_a_run_counts_where_it_occurred() -> None:
    failure = failed(FBA)
    ended = e.RunFailed(seq=0, at_ms=0, node="measure", error=SLOW)
    in_one_step = record_of(Story().step(1, failure, ended).events)
    later = record_of(Story().step(1, failure).step(2, ended).events)
    alone = record_of(Story().step(1, ended).events)
    assert [len(one.errors) for one in (in_one_step, later, alone)] == [1, 1, 1]


def test_a_decision_that_waits_for_a_limit_is_no_retry() -> None:
    deferred = e.DecisionDeferred(seq=0, at_ms=0, node="ask", chat_model="m", not_before_ms=1_006_000)
    story = Story().step(1, deferred).step(8, decided(FBA, 1_000, 10, 2))
    run = record_of(story.events)
    assert run.retries == 0
    assert (run.spent_ms["retry"], run.spent_ms["queue"], run.spent_ms["work"]) == (5_000, 1_000, 1_000)


def test_requests_without_an_answer_take_no_tokens() -> None:
    prompt = use(500, 100, 0)
    silent = e.DecisionRefused(seq=0, at_ms=0, node="ask", error=SLOW, prompt=prompt)
    kept = e.DecisionMade(
        seq=0, at_ms=0, node="ask", decision=FBA, prompt=use(0, 0, 0).model_copy(update={"cached": True})
    )
    found = Statistics()
    found.add(record_of(Story().step(1, silent).step(2, kept).step(3, succeeded()).events))
    (chat,) = found.document()["chat_models"]
    assert (chat["calls"], chat["refused"], chat["kept"], chat["tokens_in"]) == (2, 1, 1, 0)


def test_a_pause_and_a_dead_letter_are_no_queue() -> None:
    story = (
        Story().step(1, e.RunPaused(seq=0, at_ms=0, by="ada")).step(5, e.RunResumed(seq=0, at_ms=0, by="ada"))
    )
    story.step(6, e.RunDeadLettered(seq=0, at_ms=0, error=SLOW))
    story.step(9, e.RunRetried(seq=0, at_ms=0, by="ada"))
    spent = record_of(story.events).spent_ms
    assert (spent["pause"], spent["dead"], spent["queue"]) == (4_000, 3_000, 0)


def test_work_that_seems_longer_than_the_time_there_was_fills_it() -> None:
    """Clocks of two machines differ."""
    spent = record_of(Story().step(1, succeeded(ms=5_000)).events).spent_ms
    assert (spent["work"], spent["queue"]) == (1_000, 0)


def test_parts_are_no_runs_but_their_work_counts() -> None:
    found, root = Statistics(), record_of(split())
    found.add(root)
    for index in range(2):
        found.add_child(record_of(part(index)), root)
    assert root.children == ("big.1.part0", "big.1.part1")
    assert (root.spent_ms["children"], root.spent_ms["work"]) == (9_500, 500)
    told = found.document()
    assert (told["runs"], told["children"], told["status"]) == (1, 2, {"finished": 1})
    assert [(row["flow"], row["runs"]) for row in told["flows"]] == [("growth_check v1", 1)]
    (tool,) = told["tools"]
    assert (tool["calls"], tool["parts"], tool["failed"]) == (1, 2, 0)
    assert (tool["work_s"]["count"], tool["work_s"]["total"], tool["queue_s"]["median"]) == (2, 8.0, 1.0)


def test_runs_are_added_up() -> None:
    found = Statistics()
    for number in range(3):
        found.add(record_of(whole(f"r{number}")))
    found.add(record_of(whole("waits")[:6]))
    told = found.document()
    (flow,) = told["flows"]
    assert flow["status"] == told["status"] == {"finished": 3, "waiting": 1}
    assert (flow["runs"], flow["duration_s"]["count"], flow["duration_s"]["median"]) == (4, 3, 87.5)
    assert flow["tokens"] == 3 * 350 + 120
    (chat,) = told["chat_models"]
    assert (chat["calls"], chat["tokens_in"], chat["tokens_out"]) == (7, 3 * 300 + 100, 3 * 50 + 20)
    assert chat["work_s"]["total"] == 3 * 2.5 + 1
    tools = {row["tool"]: row for row in told["tools"]}
    assert (tools["change"]["calls"], tools["change"]["failed"], tools["change"]["retries"]) == (6, 3, 3)
    assert (tools["change"]["work_s"]["median"], tools["change"]["work_s"]["max"]) == (6.5, 10.0)
    (error,) = told["errors"]
    assert (error["fingerprint"], error["kind"], error["times"], error["runs"]) == (
        SLOW.fingerprint,
        "timeout",
        3,
        3,
    )
    (request,) = told["requests"]
    assert (request["count"], request["outcomes"]) == (4, {"approved": 3, "open": 1})
    (human,) = told["humans"]
    assert (human["by"], human["count"], human["delay_s"]["p90"]) == ("ada", 3, 60.5)
    assert told["retries"] == 3


def test_steps_are_told_apart_by_node_and_kind() -> None:
    found = Statistics()
    found.add(record_of(whole()))
    steps = {(row["node"], row["kind"]): row for row in found.document()["steps"]}
    assert steps["ask", "tool"]["count"] == 2
    assert (steps["ask", "tool"]["work_s"]["total"], steps["ask", "tool"]["queue_s"]["total"]) == (13.0, 3.0)
    assert (steps["ask", "decide"]["work_s"]["total"], steps["ask", "decide"]["queue_s"]["total"]) == (
        2.5,
        2.5,
    )
    assert ("ask", "human") not in steps


def mapped() -> Story:
    """A run that waits 8 s for two runs of its own, and then 30 s for a time."""
    flow = e.FlowRef(name="each_fba", version=1, digest="f")
    runs = tuple(e.RunBegun(run_id=f"r.1.run{at}", inputs={}, model=None) for at in range(2))
    begun = e.RunsBegun(seq=0, at_ms=0, node="all", flow=flow, start_node="work", runs=runs, width=2)
    joined = e.RunsJoined(seq=0, at_ms=0, node="all", what="fba", finished=2, failed=0, key_findings={})
    story = Story(start_node="all").step(2, begun)
    story.step(10, joined, entered("wait"), e.WaitStarted(seq=0, at_ms=0, node="wait", until_ms=1_040_000))
    return story.step(40, e.WaitEnded(seq=0, at_ms=0, node="wait", by="time"), entered("done"), finished())


def test_waiting_for_runs_and_for_a_time_is_told_apart() -> None:
    run = record_of(mapped().events)
    spent = {spent: ms for spent, ms in run.spent_ms.items() if ms}
    assert spent == {"other": 2_000, "children": 8_000, "timer": 30_000}
    assert [step.kind for step in run.steps] == ["start", "split", "join", "other"]
    assert run.children == ("r.1.run0", "r.1.run1")
    found = Statistics()
    found.add(run)
    assert found.document()["tools"] == []


def test_what_a_fork_shares_with_its_origin_counts_once() -> None:
    forked = e.RunForked(seq=0, at_ms=0, origin="r", origin_seq=5, by="ada")
    story = Story("fork")
    story.events += whole("fork")[1:9]
    story.seq = 5
    story.step(100, forked).step(103, succeeded(CHANGE, 2_000, "ask"))
    run = record_of(story.events)
    assert [step.seq for step in run.steps if not step.shared] == [6, 7]
    assert (run.spent_ms["work"], run.errors, run.requests) == (2_000, (), ())
    found = Statistics()
    found.add(run)
    assert (found.document()["chat_models"], found.document()["tools"][0]["calls"]) == ([], 1)


def test_runs_that_were_begun_are_named() -> None:
    assert runs_begun(split()) == ("big.1.part0", "big.1.part1")
    assert runs_begun(whole()) == ()


def test_a_step_that_is_not_there_is_met_with_those_that_are() -> None:
    steps = steps_of(split())
    assert step_at(steps, 2).node == "measure"
    with pytest.raises(FluxError, match="run 'big' has no step 7") as caught:
        step_at(steps, 7)
    assert caught.value.suggestions == ("its steps: 0 (RunStarted), 1 (ToolSplit), 2 (ToolSucceeded)",)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
def test_quantiles_are_those_of_numpy_to_four_digits(values: list[int], share: float) -> None:
    found = Distribution()
    for value in values:
        found.add(value)
    expected = float(np.quantile(values, share))
    assert found.quantile_ms(share) == pytest.approx(expected, rel=5.1e-4, abs=1e-6)
    assert (found.count, found.total_ms, found.least_ms, found.greatest_ms) == (
        len(values),
        sum(values),
        min(values),
        max(values),
    )


def test_below_ten_seconds_quantiles_are_exact() -> None:
    found = Distribution()
    for value in (9_999, 1, 1_234):
        found.add(value)
    assert found.quantile_ms(0.5) == 1_234
    assert Distribution().quantile_ms(0.5) is None
    assert Distribution().document()["median"] is None


def test_memory_does_not_grow_with_the_number_of_runs() -> None:
    found = Distribution()
    for value in range(0, 3_000_000, 7):
        found.add(value)
    assert found.count == 428_572
    assert len(found._bins) < 40_000
