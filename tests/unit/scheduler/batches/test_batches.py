"""Batches: what is ordered, what is left to start, how they go and their tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.memory.run_store import MemoryRunStore
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import RunState, Status
from fluxagents.scheduler.batches.batch_tables import (
    all_findings,
    complete,
    findings_rows,
    summary_rows,
)
from fluxagents.scheduler.batches.batches import (
    Tally,
    build_specs,
    find_unstarted,
    load_states,
    progress,
    session_states,
)
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.runs.checked_batch import CheckedBatch
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.tasks.ports.models import ModelRef
from fluxagents.workers.machine.clock import SystemClock

FLOW: Flow = FlowLibrary().get("metabolic_analysis")
REF = e.FlowRef(name=FLOW.flow, version=FLOW.version, digest=FLOW.digest)
DIGEST = "sha256:" + "a" * 64


def log(run_id: str = "r1", *, tools: int = 1, session: str = "s", **inputs: Any) -> list[e.Event]:
    """The log of a run that has called so many tools."""
    started = e.RunStarted(
        seq=0,
        at_ms=1,
        run_id=run_id,
        session=session,
        flow=REF,
        start_node="describe",
        inputs=inputs or {"question": "Does it grow?", "medium": None},
        model=DIGEST,
        model_name="core",
    )
    call = CallTool(tool="run_metabolic_fba", args={})
    found = [
        e.ToolSucceeded(
            seq=seq,
            at_ms=2,
            node="baseline",
            call=call,
            key_findings={
                "growth_per_h": 0.1 * seq,
                "uptakes_mmol_per_gdw_h": {"b": 1, "a": 2.5},
                "status": "optimal",
            },
            facts={"growth_per_h": 0.1 * seq},
            artifact="sha256:" + "b" * 64,
        )
        for seq in range(1, tools + 1)
    ]
    return [started, *found]


def state(run_id: str = "r1", status: Status = "running", **changes: Any) -> RunState:
    return fold(log(run_id)).model_copy(update={"status": status, **changes})


def test_every_model_meets_every_question_in_every_medium() -> None:
    found = build_specs(
        {"a": [{"EX_o2_e": 0}, {"EX_o2_e": 5}], "b": [{"EX_o2_e": 0}, None]}, ["q", "r"], {"depth": 2}
    )
    assert len(found) == 8
    assert [order.model for order in found] == ["a"] * 4 + ["b"] * 4
    assert found[1].inputs == {"depth": 2, "question": "q", "medium": {"EX_o2_e": 5}}
    assert found[5].inputs == {"depth": 2, "question": "q"}


def test_without_questions_or_media_the_inputs_have_none() -> None:
    assert build_specs({"a": ()}) == [RunSpec(model="a", inputs={})]
    assert build_specs({}, ["q"]) == []


def test_what_is_named_twice_runs_once() -> None:
    assert len(build_specs({"a": [{"x": 1, "y": 2}, {"y": 2, "x": 1}]}, ["q", "q"])) == 1


def batch(*questions: str) -> CheckedBatch:
    found = tuple(RunSpec(model="core", inputs={"question": text, "medium": None}) for text in questions)
    return CheckedBatch("metabolic_analysis", FLOW, found, {"core": ModelRef(digest=DIGEST, name="core")})


def test_a_batch_goes_on_where_its_session_stopped() -> None:
    there = [state("r1", inputs={"medium": None, "question": "q"}, model="sha256:" + "c" * 64)]
    left, answered = find_unstarted(batch("q", "r"), there)
    assert [order.inputs["question"] for order in left] == ["r"]
    assert answered == ["r1"]


def test_runs_of_another_flow_model_or_medium_answer_nothing() -> None:
    same = {"question": "q", "medium": None}
    others = [
        state("r1", inputs=same, flow=REF.model_copy(update={"digest": "another"})),
        state("r2", inputs=same, model_name="another"),
        state("r3", inputs={**same, "medium": {"EX_o2_e": 0}}),
    ]
    left, answered = find_unstarted(batch("q"), others)
    assert (len(left), answered) == (1, [])


def test_a_tally_counts_what_needs_somebody_apart_from_what_goes_on() -> None:
    statuses: list[Status] = ["finished", "failed", "cancelled", "dead", "waiting", "paused", "running"]
    tally = Tally.of([state(status=status) for status in statuses], total=9)
    assert tally == Tally(finished=1, failed=3, waiting=2, running=3)
    assert (tally.total, tally.is_idle) == (9, False)
    assert str(tally) == "1 finished, 3 failed, 2 waiting, 3 running"
    assert Tally(1, 1, 1, 0).is_idle


def stored(store: MemoryRunStore, run_id: str, *, status: Status = "running", session: str = "s") -> None:
    found = state(run_id, status=status, session=session)
    store.create(Commit(events=(log(run_id)[0],), state=found, dispatch=None), found.model_dump_json())


class CountedStore(MemoryRunStore):
    """Notes which runs each look was at."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.looks: list[list[str]] = []

    def statuses(self, run_ids: Sequence[str]) -> list[Status]:
        self.looks.append(list(run_ids))
        return super().statuses(run_ids)

    def runs(self, **given: Any) -> list[RunState]:
        raise AssertionError(f"states were read to count runs: {given}")


def test_progress_counts_all_runs_at_once_until_none_goes_on() -> None:
    store = CountedStore()
    for number in range(3):
        stored(store, f"r{number}", status="finished")
    stored(store, "stranger")
    pauses: list[float] = []
    assert list(progress(store, ["r0", "r1", "r2"], sleep=pauses.append)) == [Tally(3, 0, 0, 0)]
    assert (store.looks, pauses) == ([["r0", "r1", "r2"]], [])


def test_progress_pauses_between_looks_and_gives_up_after_its_time() -> None:
    store = MemoryRunStore(SystemClock())
    stored(store, "r0")
    pauses: list[float] = []
    looks = progress(store, ["r0"], sleep=pauses.append)
    assert next(looks).running == 1
    assert next(looks).running == 1
    assert pauses
    assert 0.1 <= pauses[0] <= 10
    assert [tally.running for tally in progress(store, ["r0"], timeout_s=0)] == [1]


def test_progress_asks_no_more_for_runs_that_have_ended() -> None:
    store = CountedStore()
    stored(store, "r0", status="failed")
    stored(store, "r1", status="waiting")
    stored(store, "r2")
    looks = progress(store, ["r0", "r1", "r2"], sleep=lambda _: None)
    assert next(looks) == next(looks) == Tally(0, 1, 1, 1)
    assert store.looks == [["r0", "r1", "r2"], ["r1", "r2"]]


def test_states_of_runs_that_left_their_session_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryRunStore(SystemClock())
    stored(store, "r0", status="finished")
    stored(store, "r1")
    archived = store.load("r0")
    assert store.forget("r0", "s")
    monkeypatch.setattr(store, "load", {"r0": archived}.__getitem__)
    assert load_states(store, "s", ["r0", "r1"]) == [archived, *store.runs()]


def test_a_session_is_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fluxagents.scheduler.batches.batches.PAGE", 2)
    store = MemoryRunStore(SystemClock())
    for number in range(5):
        stored(store, f"r{number}")
    assert set(session_states(store, "s")) == {f"r{number}" for number in range(5)}


def test_a_finding_becomes_a_row_a_value_with_its_unit() -> None:
    rows = findings_rows([state(inputs={"question": "q", "medium": {"EX_o2_e": 0}})])
    assert [row.key for row in rows] == ["growth_per_h", "uptakes_mmol_per_gdw_h", "status"]
    growth, uptakes, status = rows
    assert growth._asdict() == {
        "run_id": "r1",
        "session": "s",
        "model": "core",
        "question": "q",
        "medium": '{"EX_o2_e": 0}',
        "finding": "f1",
        "tool": "run_metabolic_fba",
        "artifact": "sha256:" + "b" * 64,
        "key": "growth_per_h",
        "value": "0.1",
        "number": 0.1,
        "unit": "1/h",
    }
    assert (uptakes.value, uptakes.number, uptakes.unit) == ('{"a": 2.5, "b": 1}', None, "mmol/gDW/h")
    assert (status.value, status.number, status.unit) == ("optimal", None, "")


def test_truth_and_absence_are_no_numbers() -> None:
    finding = state().findings[0].model_copy(update={"key_findings": {"grows": True, "growth_per_h": None}})
    rows = findings_rows([state(findings=(finding,))])
    assert [(row.value, row.number) for row in rows] == [("true", None), ("null", None)]


def test_findings_that_the_state_dropped_come_from_the_log() -> None:
    store = MemoryRunStore(SystemClock())
    events = log(tools=30)
    full = fold(events)
    store.create(Commit(events=tuple(events), state=full, dispatch=None), full.model_dump_json())
    assert len(full.findings) < 30
    assert [finding.id for finding in all_findings(events)] == [f"f{number}" for number in range(1, 31)]
    rows = findings_rows(complete(store, [full]))
    assert len({row.finding for row in rows}) == 30
    short = state()
    assert complete(store, [short]) == [short]


def test_a_summary_says_what_matters_of_a_run_in_one_line() -> None:
    request = HumanRequest(id="r1.3", kind="question", node="answer", question="Which\nmedium?", digest="d")
    error = FluxError(ErrorClass.BUDGET, "the steps are used up").info("answer")
    finished, waiting, running, failed = summary_rows(
        [
            state(
                "r0",
                "finished",
                answer="\n  It grows.\nMore.",
                facts={"growth_per_h": 0.87},
                answered="partly",
            ),
            state("r1", "waiting", waiting_for=request),
            state("r2", facts={"growth_per_h": None}),
            state("r3", "failed", error=error),
        ]
    )
    assert (finished.answer, finished.growth_per_h) == ("It grows.", 0.87)
    assert (finished.answered, waiting.answered) == ("partly", "\u2013")
    assert waiting.answer == "r1.3: Which"
    assert (running.answer, running.growth_per_h) == ("", None)
    assert failed.answer == "the steps are used up"
