"""Real runs, with real tools, become scenarios that come to the same; flows of every kind of node."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from fluxagents.flows.errors import FluxError
from fluxagents.flows.testing.scenario import ScenarioFile
from fluxagents.flows.testing.scenario_reading import parse_scenarios
from fluxagents.flows.testing.scenario_result import ScenarioResult
from fluxagents.scheduler.flow_files.scenario_suites import load_suite, record_run
from fluxagents.scheduler.runs.run import Run
from fluxagents.workers.clients.local import LocalClient

GROWTH = {"growth": {"type": "number", "unit": "1/h"}}
END = {"kind": "end", "message": "{growth}"}
GROW = {"kind": "tool", "tool": "run_metabolic_fba", "facts": {"growth": "growth_per_h"}, "next": "end"}


class StoppedClock:
    """A time that only the test moves."""

    def __init__(self) -> None:
        self.at_ms = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.at_ms


class Recorder:
    """A client, a folder for flows, and what is recorded there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = StoppedClock()
        self.client = LocalClient(folder / "store", clock=self.clock, flow_folders=(folder,))
        self.client.models.add_named("e_coli_core")

    def start(self, name: str, nodes: dict[str, Any], *, flow: dict[str, Any], **inputs: Any) -> Run:
        self.write(name, nodes, **flow)
        return self.client.start(name, model="e_coli_core", **inputs)

    def write(self, name: str, nodes: dict[str, Any], **fields: Any) -> None:
        document = {"flow": name, "version": 1, "purpose": "p", "start": next(iter(nodes)), "nodes": nodes}
        (self.folder / f"{name}.yaml").write_text(yaml.safe_dump(document | fields, sort_keys=False))

    def wait_s(self, seconds: float) -> None:
        self.clock.at_ms += round(seconds * 1_000)
        self.client.tick()

    def record(self, run: Run) -> tuple[ScenarioFile, ScenarioResult]:
        """The scenario of a run as it is written, and what comes of it when it is read again."""
        text = record_run(self.client.store, run.id)
        path = self.folder / "recorded.scenarios.yaml"
        path.write_text(text)
        (case,) = load_suite(str(path), folders=[self.folder]).cases
        result = case.run()
        assert result.holds, str(result)
        assert result.run is not None
        assert result.run.path == tuple(way(run))
        assert result.run.facts == run.state.facts
        return parse_scenarios(text), result


def way(run: Run) -> list[str]:
    """The nodes that a run came to, as its log says."""
    log = run.events()
    return [
        *[event.start_node for event in log if event.type == "RunStarted"],
        *[
            event.node if event.type == "NodeEntered" else event.to
            for event in log
            if event.type in {"NodeEntered", "BranchTaken", "NodeSkipped"}
        ],
    ]


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path)


def test_a_question_that_the_planner_answered(recorder: Recorder) -> None:
    run = recorder.client.start(
        "metabolic_analysis", model="e_coli_core", question="Which genes are essential?"
    )
    assert run.status == "finished"
    file, result = recorder.record(run)
    (scenario,) = file.scenarios
    assert scenario.expect.facts["growth_per_h"] == pytest.approx(0.8739215069684, rel=1e-9)
    assert scenario.expect.answer is not None
    assert "b0720" in (scenario.expect.answer.text or "")
    assert result.run is not None
    assert [call.tool for call in result.run.calls][-1] == "analyze_essentiality"


def test_a_change_that_was_approved_with_other_arguments(recorder: Recorder) -> None:
    run = recorder.client.start(
        "metabolic_analysis", model="e_coli_core", question="Change the medium to anaerobic conditions"
    )
    request = run.state.waiting_for
    assert request is not None
    _, result = recorder.record(run)
    assert result.run is not None
    assert result.run.status == "waiting"
    recorder.client.approve(request.id, by="ada", args={"medium_changes": {"EX_o2_e": 1}})
    file, _ = recorder.record(run)
    answers = file.scenarios[0].world["answer"].answers
    assert [answer.by for answer in answers if answer.approve] == ["ada"]
    calls = file.scenarios[0].expect.calls
    assert calls is not None
    changed = [call.args for call in calls if call.tool == "apply_medium"]
    assert changed[0] is not None
    assert changed[0]["medium_changes"] == {"EX_o2_e": 1}


def test_retries_questions_waits_and_events(recorder: Recorder) -> None:
    nodes = {
        "ask": {
            "kind": "ask",
            "question": "How much?",
            "fact": "uptake",
            "timeout_s": 60,
            "retry": {"attempts": 2, "pause_s": 0},
            "next": "grow",
        },
        "grow": {**GROW, "args": {"medium_changes": {"EX_glc__D_e": "=uptake"}}, "next": "sleep"},
        "sleep": {"kind": "wait", "for_s": 100, "next": "wait"},
        "wait": {"kind": "wait", "event": "measured", "facts": {"seen": "a.b"}, "next": "bad"},
        "bad": {**GROW, "args": {"medium_changes": {"EX_no_e": 1}}, "on_error": "late", "facts": {}},
        "late": {"kind": "wait", "event": "never", "timeout_s": 9, "on_timeout": "end", "next": "end"},
        "end": {**END, "message": "{growth} {seen} {error.message}"},
    }
    facts = {**GROWTH, "uptake": {"type": "number"}, "seen": {"type": "string"}}
    run = recorder.start("long", nodes, flow={"facts": facts})
    recorder.wait_s(61)
    request = run.state.waiting_for
    assert request is not None
    recorder.client.reply(request.id, by="ada", answer="18.5")
    recorder.client.signal(run.id, "measured", by="lab", data={"a": {"b": "yes"}})
    recorder.wait_s(100)
    recorder.wait_s(9)
    assert run.status == "finished", run.state.error
    file, result = recorder.record(run)
    assert file.scenarios[0].world["ask"].answers[0].never
    assert result.run is not None
    assert result.run.facts["growth"] == pytest.approx(1.6530718512, rel=1e-9)
    assert result.run.retries == {"ask": 1}


def test_runs_that_were_begun(recorder: Recorder) -> None:
    recorder.write(
        "child",
        {"grow": {**GROW, "args": {"medium_changes": "=changes"}}, "end": END},
        facts=GROWTH,
        inputs={"changes": {"type": "object"}},
    )
    survey = {
        "kind": "map",
        "over": "uptakes",
        "each": "uptake",
        "tool": "run_metabolic_fba",
        "args": {"medium_changes": "=uptake"},
        "facts": {"growth": "growth_per_h"},
        "min_finished": 0.5,
        "next": "sub",
    }
    nodes = {
        "survey": survey,
        "sub": {
            "kind": "subflow",
            "flow": "child",
            "inputs": {"changes": {"EX_o2_e": 0}},
            "facts": {"anaerobic": "growth", "said": "answer"},
            "next": "fails",
        },
        "fails": {**survey, "over": "uptakes[1:]", "min_finished": 1, "on_error": "end", "next": "end"},
        "end": {**END, "message": "{anaerobic} {said} {error.kind}"},
    }
    facts = {"growth": {"type": "array"}, "anaerobic": {"type": "number"}, "said": {"type": "string"}}
    inputs = {"uptakes": {"type": "array", "required": True}}
    given = [{"EX_glc__D_e": 5}, {"EX_nothing_e": 5}]
    run = recorder.start("parent", nodes, flow={"facts": facts, "inputs": inputs}, uptakes=given)
    assert run.status == "finished", run.state.error
    file, result = recorder.record(run)
    (ran,) = file.scenarios[0].world["sub"].answers
    assert ran.run is not None
    assert ran.run.answer == "0.211663"
    assert result.run is not None
    assert result.run.facts["anaerobic"] == pytest.approx(0.2116629497353, rel=1e-9)


def test_runs_that_took_too_long(recorder: Recorder) -> None:
    asked = {"ask": {"kind": "ask", "question": "?", "fact": "growth", "next": "end"}, "end": END}
    recorder.write("child", asked, facts=GROWTH)
    sub = {"kind": "subflow", "flow": "child", "timeout_s": 60, "on_error": "end", "next": "end"}
    nodes = {"sub": sub, "end": {"kind": "end", "message": "{error.message}"}}
    run = recorder.start("parent", nodes, flow={})
    recorder.wait_s(61)
    assert run.answer == "1 of 1 runs of node 'sub' did not end in time"
    recorder.record(run)


def test_a_run_whose_time_counts_says_when_things_happened(recorder: Recorder) -> None:
    nodes = {
        "one": {"kind": "ask", "question": "?", "fact": "growth", "next": "two"},
        "two": {"kind": "wait", "for_s": 50, "next": "end"},
        "end": END,
    }
    run = recorder.start("slow", nodes, flow={"facts": GROWTH, "budget": {"wall_time_s": 100}})
    request = run.state.waiting_for
    assert request is not None
    recorder.wait_s(60.5)
    recorder.client.reply(request.id, by="ada", answer="1")
    recorder.wait_s(40)
    assert run.status == "failed"
    file, _ = recorder.record(run)
    assert file.scenarios[0].world["one"].answers[0].after_s == 60.5


def test_a_run_that_was_steered_is_not_recorded(recorder: Recorder) -> None:
    asked = {"ask": {"kind": "ask", "question": "?", "fact": "growth", "next": "end"}, "end": END}
    run = recorder.start("asking", asked, flow={"facts": GROWTH})
    run.pause()
    with pytest.raises(FluxError, match="is paused; only one that has ended or waits can be recorded"):
        record_run(recorder.client.store, run.id)
    run.resume()
    recorder.record(run)
    run.cancel("enough")
    with pytest.raises(FluxError, match=re.escape("was steered at step 4 (RunCancelled)")):
        record_run(recorder.client.store, run.id)
