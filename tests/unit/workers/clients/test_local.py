"""Runs in one process: every kind of node, with the real tools on a real model."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.places import DOCS

from fluxagents.flows import events as e
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.runs.run import Run
from fluxagents.scheduler.runs.run_starter import RunSpec
from fluxagents.workers.clients.local import LocalClient

GROWTH = {"growth": {"type": "number", "unit": "1/h"}}


class StoppedClock:
    """A time that only the test moves."""

    def __init__(self) -> None:
        self.at_ms = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.at_ms


class Desk:
    """A client and a folder for flows."""

    def __init__(self, folder: Path, clock: StoppedClock | None = None) -> None:
        self.folder = folder
        self.clock = clock or StoppedClock()
        self.client = LocalClient(folder / "store", clock=self.clock, flow_folders=(folder,))
        self.client.models.add_named("e_coli_core")

    def flow(self, name: str, nodes: dict[str, Any], **fields: Any) -> str:
        document = {"flow": name, "version": 1, "purpose": "p", "start": next(iter(nodes)), "nodes": nodes}
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(document | fields, sort_keys=False))
        return name

    def start(self, name: str, **inputs: Any) -> Run:
        return self.client.start(name, model="e_coli_core", **inputs)

    def wait_s(self, seconds: float) -> None:
        self.clock.at_ms += round(seconds * 1_000)
        self.client.tick()


class RunningClock(StoppedClock):
    """A time that goes on with each look at it."""

    def now_ms(self) -> int:
        self.at_ms += 1
        return self.at_ms


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def status(run: Run) -> str:
    """Of the run now; the type checker must not believe that it stays."""
    return run.status


END = {"kind": "end", "message": "done"}
GROW = {"kind": "tool", "tool": "run_metabolic_fba", "facts": {"growth": "growth_per_h"}, "next": "end"}


def types(run: Run) -> list[str]:
    return [event.type for event in run.events()]


def consistent(desk: Desk, run: Run) -> None:
    """Every run of the session folds to what is stored."""
    for state in desk.client.store.runs(session=run.id, limit=1_000):
        assert fold(desk.client.store.events(state.run_id)) == state


SURVEY = {
    "kind": "map",
    "over": "uptakes",
    "each": "uptake",
    "tool": "run_metabolic_fba",
    "args": {"method": "fba", "medium_changes": {"EX_glc__D_e": "=uptake"}},
    "facts": {"growth": "growth_per_h"},
    "width": 2,
    "next": "end",
}
UPTAKES = {"uptakes": {"type": "array", "required": True}}
LIST = {"growth": {"type": "array"}}


def test_a_map_does_the_same_for_each_item_and_joins_in_order(desk: Desk) -> None:
    name = desk.flow("survey", {"survey": SURVEY, "end": END}, inputs=UPTAKES, facts=LIST)
    run = desk.start(name, uptakes=[10, 5, 18.5, 0, 1])
    assert status(run) == "finished", run.state.error
    growth = run.state.facts["growth"]
    assert isinstance(growth, list)
    assert growth[0] == pytest.approx(0.8739215069684, rel=1e-9)
    assert growth[2] == pytest.approx(1.6530718512, rel=1e-9)
    assert growth[3] is None, "infeasible is no growth of zero"
    begun = next(event for event in run.events() if isinstance(event, e.RunsBegun))
    assert [one.inputs["medium_changes"] for one in begun.runs][1] == {"EX_glc__D_e": 5}
    children = [desk.client.store.load(one.run_id) for one in begun.runs]
    assert {child.parent for child in children} == {run.id}
    assert {child.status for child in children} == {"finished"}
    (finding,) = run.findings
    assert finding.key_findings["finished"] == 5
    assert finding.artifact is not None
    artifacts = desk.client.artifacts
    table = artifacts.table(artifacts.manifest(finding.artifact).tables["runs"].digest)
    assert table["growth"].tolist() == pytest.approx([one or math.nan for one in growth], nan_ok=True)
    assert [state.run_id for state in desk.client.store.runs()] == [run.id]
    consistent(desk, run)


def test_a_map_over_nothing_finds_nothing(desk: Desk) -> None:
    name = desk.flow("survey", {"survey": SURVEY, "end": END}, inputs=UPTAKES, facts=LIST)
    run = desk.start(name, uptakes=[])
    assert (run.status, run.state.facts) == ("finished", {"growth": []})


def test_a_map_over_no_list_says_so(desk: Desk) -> None:
    inputs = {"uptakes": {"type": "number", "required": True}}
    name = desk.flow("survey", {"survey": SURVEY, "end": END}, inputs=inputs, facts=LIST)
    run = desk.start(name, uptakes=3)
    assert run.state.error is not None
    assert "maps over 'uptakes', which is 3 and no list" in run.state.error.message


BAD_ITEM = {**SURVEY, "args": {"medium_changes": "=uptake"}}


@pytest.mark.parametrize(("least", "end"), [(1.0, "failed"), (0.6, "finished")])
def test_some_items_may_fail_if_the_flow_allows_it(desk: Desk, least: float, end: str) -> None:
    survey = {**BAD_ITEM, "min_finished": least}
    name = desk.flow("survey", {"survey": survey, "end": END}, inputs=UPTAKES, facts=LIST)
    run = desk.start(name, uptakes=[{"EX_glc__D_e": 5}, {"EX_nothing_e": 5}, {"EX_glc__D_e": 1}])
    assert status(run) == end
    growth = run.state.facts["growth"]
    assert isinstance(growth, list)
    assert growth[1] is None
    (finding,) = run.findings
    assert finding.key_findings["failed"] == 1
    assert "EX_nothing_e" in str(finding.key_findings["failures"])
    if end == "failed":
        assert run.state.error is not None
        assert "2 of 3 runs finished" in run.state.error.message
    consistent(desk, run)


def test_arguments_that_no_tool_takes_fail_before_a_run_begins(desk: Desk) -> None:
    survey = {**SURVEY, "args": {"medum_changes": "=uptake"}}
    name = desk.flow("survey", {"survey": survey, "end": END}, inputs=UPTAKES, facts=LIST)
    run = desk.start(name, uptakes=[1])
    assert run.state.error is not None
    assert run.state.error.kind is ErrorClass.BAD_ARGUMENT
    assert "medum_changes" in run.state.error.message
    assert "RunsBegun" not in types(run)


def test_a_map_may_work_on_many_models(desk: Desk) -> None:
    desk.client.models.add_named("textbook")
    survey = {
        "kind": "map",
        "over": "models",
        "each": "which",
        "model": "which",
        "tool": "analyze_metabolic_model",
        "facts": {"names": "model"},
        "next": "end",
    }
    inputs = {"models": {"type": "array", "required": True}}
    name = desk.flow(
        "many", {"survey": survey, "end": END}, inputs=inputs, facts={"names": {"type": "array"}}
    )
    run = desk.start(name, models=["e_coli_core", "textbook"])
    assert status(run) == "finished", run.state.error
    begun = next(event for event in run.events() if isinstance(event, e.RunsBegun))
    assert [one.model_name for one in begun.runs] == ["e_coli_core", "textbook"]
    wrong = desk.start(name, models=["e_coli_cor"])
    assert wrong.state.error is not None
    assert "e_coli_core" in str(wrong.state.error.suggestions)


def test_an_item_that_cannot_work_fails_alone_if_the_flow_allows_it(desk: Desk) -> None:
    survey = {
        "kind": "map",
        "over": "models",
        "each": "which",
        "model": "which",
        "tool": "analyze_metabolic_model",
        "facts": {"names": "model"},
        "min_finished": 0.5,
        "next": "end",
    }
    inputs = {"models": {"type": "array", "required": True}}
    facts = {"names": {"type": "array"}}
    name = desk.flow("many", {"survey": survey, "end": END}, inputs=inputs, facts=facts)
    run = desk.start(name, models=["e_coli_cor", "e_coli_core"])
    assert run.status == "finished", run.state.error
    names = run.state.facts["names"]
    assert isinstance(names, list)
    assert names[0] is None
    assert names[1] is not None
    assert "there is no model 'e_coli_cor'" in str(run.findings[0].key_findings["failures"])
    consistent(desk, run)


CHILD = {
    "grow": {**GROW, "args": {"medium_changes": "=changes"}, "next": "enough"},
    "enough": {
        "kind": "branch",
        "cases": [{"when": "growth > 0.1", "to": "end"}],
        "otherwise": "agree",
    },
    "agree": {
        "kind": "approve",
        "question": "It grows with {growth} 1/h. Is that enough?",
        "next": "end",
        "on_reject": "no",
    },
    "no": {"kind": "end", "outcome": "failed"},
    "end": {"kind": "end", "message": "growth is {growth} 1/h"},
}
CHANGES = {"inputs": {"changes": {"type": "object"}}}


def test_a_subflow_is_a_run_of_its_own_with_its_facts_and_its_answer(desk: Desk) -> None:
    desk.flow("child", CHILD, facts=GROWTH, **CHANGES)
    sub = {
        "kind": "subflow",
        "flow": "child",
        "inputs": {"changes": {"EX_o2_e": 0}},
        "facts": {"anaerobic": "growth", "said": "answer"},
        "next": "end",
    }
    facts = {"anaerobic": {"type": "number"}, "said": {"type": "string"}}
    name = desk.flow("parent", {"sub": sub, "end": {**END, "message": "{said}!"}}, facts=facts)
    run = desk.start(name)
    assert run.state.facts["anaerobic"] == pytest.approx(0.2116629497353, rel=1e-9)
    assert run.answer == "growth is 0.211663 1/h!"
    consistent(desk, run)


def test_a_parent_waits_for_the_human_of_its_child(desk: Desk) -> None:
    desk.flow("child", CHILD, facts=GROWTH, **CHANGES)
    sub = {"kind": "subflow", "flow": "child", "inputs": {"changes": {"EX_glc__D_e": 1}}, "next": "end"}
    name = desk.flow(
        "parent",
        {"sub": {**sub, "on_error": "sorry"}, "end": END, "sorry": {**END, "message": "{error.message}"}},
    )
    run = desk.start(name)
    assert status(run) == "running"
    ((child, request),) = desk.client.store.requests()
    assert request.question == "It grows with 0.048385 1/h. Is that enough?"
    desk.client.reject(request.id, by="ada", reason="it starves")
    assert status(run) == "finished"
    assert run.answer is not None
    assert run.answer.startswith(f"0 of 1 runs finished; run {child} is failed: ")
    consistent(desk, run)


def test_children_that_take_too_long_are_cancelled(desk: Desk) -> None:
    desk.flow("child", CHILD, facts=GROWTH, **CHANGES)
    sub = {"kind": "subflow", "flow": "child", "inputs": {"changes": {"EX_glc__D_e": 1}}, "next": "end"}
    name = desk.flow("parent", {"sub": {**sub, "timeout_s": 60}, "end": END})
    run = desk.start(name)
    desk.wait_s(59)
    assert status(run) == "running"
    desk.wait_s(2)
    assert status(run) == "failed"
    assert run.state.error is not None
    assert run.state.error.kind is ErrorClass.TIMEOUT
    assert desk.client.store.requests() == []
    children = [state for state in desk.client.store.runs(session=run.id) if state.parent]
    assert [child.status for child in children] == ["cancelled"]


def test_a_cancelled_parent_takes_its_children_with_it(desk: Desk) -> None:
    desk.flow("child", CHILD, facts=GROWTH, **CHANGES)
    sub = {"kind": "subflow", "flow": "child", "inputs": {"changes": {"EX_glc__D_e": 1}}, "next": "end"}
    run = desk.start(desk.flow("parent", {"sub": sub, "end": END}))
    run.cancel("enough")
    assert {state.status for state in desk.client.store.runs(session=run.id)} == {"cancelled"}


ASK = {
    "kind": "ask",
    "question": "How much glucose (mmol/gDW/h)?",
    "fact": "uptake",
    "timeout_s": 100,
    "next": "grow",
}
ASKED = {
    "ask": ASK,
    "grow": {**GROW, "args": {"medium_changes": {"EX_glc__D_e": "=uptake"}}},
    "late": {**END, "message": "nobody knew"},
    "end": {**END, "message": "{growth} 1/h"},
}


def test_an_answer_becomes_a_typed_fact(desk: Desk) -> None:
    nodes = {**ASKED, "ask": {**ASK, "on_timeout": "late"}}
    run = desk.start(desk.flow("asking", nodes, facts={**GROWTH, "uptake": {"type": "number"}}))
    request = run.state.waiting_for
    assert request is not None
    with pytest.raises(FluxError, match="'a lot' is not a number"):
        desk.client.reply(request.id, by="ada", answer="a lot")
    desk.client.reply(request.id, by="ada", answer=" 18.5 ")
    assert run.answer == "1.65307 1/h"
    assert run.state.facts["uptake"] == 18.5


def test_a_choice_is_one_of_those_that_were_offered(desk: Desk) -> None:
    ask = {**ASK, "fact": "which", "choices": ["glucose", "acetate"], "next": "end"}
    run = desk.start(desk.flow("asking", {"ask": ask, "end": END}, facts={"which": {"type": "string"}}))
    request = run.state.waiting_for
    assert request is not None
    assert request.choices == ("glucose", "acetate")
    with pytest.raises(FluxError, match="none of the choices; expected: one of: glucose, acetate"):
        desk.client.reply(request.id, by="ada", answer="lactate")


def test_a_question_is_asked_again_before_it_is_given_up(desk: Desk) -> None:
    ask = {**ASK, "on_timeout": "late", "retry": {"attempts": 2, "pause_s": 0}}
    run = desk.start(
        desk.flow("asking", {**ASKED, "ask": ask}, facts={**GROWTH, "uptake": {"type": "number"}})
    )
    first = run.state.waiting_for
    desk.wait_s(101)
    second = run.state.waiting_for
    assert first is not None
    assert second is not None
    assert first.id != second.id
    with pytest.raises(FluxError, match="was not answered in time"):
        desk.client.reply(first.id, by="ada", answer="1")
    desk.wait_s(101)
    assert run.answer == "nobody knew"


def test_a_run_waits_for_a_time_in_the_store(desk: Desk) -> None:
    run = desk.start(desk.flow("pause", {"wait": {"kind": "wait", "for_s": 60, "next": "end"}, "end": END}))
    assert (run.status, run.state.needs_somebody) == ("waiting", False)
    desk.wait_s(59)
    assert status(run) == "waiting"
    desk.wait_s(1)
    assert status(run) == "finished"
    consistent(desk, run)


def test_a_run_waits_until_a_time_of_day(desk: Desk) -> None:
    nodes = {"wait": {"kind": "wait", "until": "=when", "next": "end"}, "end": END}
    name = desk.flow("pause", nodes, inputs={"when": {"type": "string", "required": True}})
    run = desk.start(name, when="2023-11-14T23:14:20+01:00")
    assert run.state.wait is not None
    assert run.state.wait.until_ms == desk.clock.at_ms + 60_000
    desk.wait_s(60)
    assert status(run) == "finished"
    wrong = desk.start(name, when="tomorrow")
    assert wrong.state.error is not None
    assert "'tomorrow', which is no time with its offset" in wrong.state.error.message


EVENT = {
    "wait": {
        "kind": "wait",
        "event": "measured",
        "facts": {"growth": "growth.per_h"},
        "timeout_s": 60,
        "on_timeout": "late",
        "next": "end",
    },
    "end": {**END, "message": "measured {growth}"},
    "late": {**END, "message": "too late"},
}


def test_a_run_waits_for_a_named_event(desk: Desk) -> None:
    run = desk.start(desk.flow("event", EVENT, facts=GROWTH))
    assert run.state.needs_somebody
    desk.client.signal(run.id, "other", by="lab")
    assert status(run) == "waiting"
    desk.client.signal(run.id, "measured", by="lab", data={"growth": {"per_h": 0.7}})
    assert run.answer == "measured 0.7"
    consistent(desk, run)


def test_an_event_that_comes_early_is_not_lost(desk: Desk) -> None:
    nodes = {"sleep": {"kind": "wait", "for_s": 10, "next": "wait"}, **EVENT}
    run = desk.start(desk.flow("event", nodes, facts=GROWTH))
    desk.client.signal(run.id, "measured", by="lab", data={"growth": {"per_h": 0.7}})
    assert status(run) == "waiting"
    desk.wait_s(10)
    assert run.answer == "measured 0.7"


def test_an_event_that_does_not_come_leads_elsewhere(desk: Desk) -> None:
    run = desk.start(desk.flow("event", EVENT, facts=GROWTH))
    desk.wait_s(61)
    assert run.answer == "too late"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"growth": {"rate": 1}}, "fact 'growth': event 'measured' has no 'per_h' on the way 'growth.per_h'"),
        ({"growth": {"per_h": "fast"}}, "fact 'growth' of node 'wait' is 'fast', declared as number"),
    ],
)
def test_an_event_with_other_data_fails_the_node(desk: Desk, data: dict[str, Any], said: str) -> None:
    run = desk.start(desk.flow("event", EVENT, facts=GROWTH))
    desk.client.signal(run.id, "measured", by="lab", data=data)
    assert run.state.error is not None
    assert said in run.state.error.message


def test_a_node_whose_condition_does_not_hold_is_passed_by(desk: Desk) -> None:
    nodes = {"grow": {**GROW, "when": "really"}, "end": END}
    name = desk.flow("maybe", nodes, inputs={"really": {"type": "boolean"}}, facts=GROWTH)
    skipped = desk.start(name, really=False)
    event = next(event for event in skipped.events() if isinstance(event, e.NodeSkipped))
    assert (event.because, event.seen) == ("really", {"really": False})
    assert skipped.state.facts == {}
    assert desk.start(name, really=True).state.facts["growth"] == pytest.approx(0.8739215, rel=1e-6)


def test_an_error_leads_where_the_node_says_and_can_be_spoken_of(desk: Desk) -> None:
    bad = {**GROW, "args": {"medium_changes": {"EX_no_e": 1}}, "on_error": "sorry"}
    nodes = {"grow": bad, "sorry": {**END, "message": "{error.kind}: {error.message}"}, "end": END}
    run = desk.start(desk.flow("sorry", nodes, facts=GROWTH))
    assert run.answer is not None
    assert run.answer.startswith("medium: ")
    assert "EX_no_e" in run.answer


def test_a_fact_that_the_tool_does_not_find_is_an_error_with_what_it_finds(desk: Desk) -> None:
    nodes = {"grow": {**GROW, "facts": {"growth": "growht_per_h"}}, "end": END}
    run = desk.start(desk.flow("typo", nodes, facts=GROWTH))
    assert run.state.error is not None
    assert "has no 'growht_per_h' on the way" in run.state.error.message
    assert "nearest: growth_per_h" in str(run.state.error.suggestions)


def test_a_loop_ends_with_its_budget(desk: Desk) -> None:
    nodes = {
        "grow": {**GROW, "max_visits": 3, "on_error": "enough", "next": "again"},
        "again": {"kind": "branch", "cases": [{"when": "growth < 0", "to": "end"}], "otherwise": "grow"},
        "enough": {**END, "message": "{error.message}"},
        "end": END,
    }
    run = desk.start(desk.flow("loop", nodes, facts=GROWTH))
    assert run.answer == "node 'grow' was reached 4 times; max_visits allows 3"
    assert run.state.visits == {"grow": 4, "again": 3, "enough": 1}


def test_a_loop_through_a_node_that_is_passed_by_ends_with_its_budget(desk: Desk) -> None:
    nodes = {
        "never": {**GROW, "when": "1 > 2", "max_visits": 3, "on_error": "enough", "next": "again"},
        "again": {"kind": "branch", "cases": [{"when": "growth == 1", "to": "end"}], "otherwise": "never"},
        "enough": {**END, "message": "{error.message}"},
        "end": END,
    }
    run = desk.start(desk.flow("loop", nodes, facts=GROWTH))
    assert run.answer == "node 'never' was reached 4 times; max_visits allows 3"


def test_step_by_step_a_run_stops_before_every_command_and_may_be_edited(desk: Desk) -> None:
    nodes = {"grow": GROW, "end": {**END, "message": "{growth} 1/h"}}
    name = desk.flow("steps", nodes, facts=GROWTH)
    run = desk.client.start(name, model="e_coli_core", stepwise=True)
    assert status(run) == "paused"
    assert "ToolSucceeded" not in types(run)
    desk.client.edit(run.id, {"medium_changes": {"EX_o2_e": 0}}, by="ada")
    assert status(run) == "paused"
    with pytest.raises(FluxError, match="medium_chnges"):
        desk.client.edit(run.id, {"medium_chnges": {}}, by="ada")
    run.resume()
    assert (run.status, run.answer) == ("finished", "0.211663 1/h")
    consistent(desk, run)


def test_an_edited_call_needs_its_approval_all_the_same(desk: Desk) -> None:
    nodes = {
        "change": {"kind": "tool", "tool": "knock_out", "args": {"genes": ["b0720"]}, "next": "end"},
        "end": END,
    }
    run = desk.client.start(desk.flow("change", nodes), model="e_coli_core", stepwise=True)
    request = run.state.waiting_for
    assert request is not None
    desk.client.approve(request.id, by="ada")
    assert status(run) == "paused"
    desk.client.edit(run.id, {"genes": ["b1779"]}, by="eve")
    run.resume()
    again = run.state.waiting_for
    assert again is not None
    assert again.call is not None
    assert again.call.args == {"genes": ["b1779"]}


def test_parts_that_take_longer_than_their_node_allows_are_cancelled(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.client.models.add_named("salmonella")
    publisher = desk.client._publisher
    carry_out = publisher.carry_out
    assert carry_out is not None

    def without_parts(outgoing: Outgoing) -> None:
        if ".part" not in outgoing.run_id:
            carry_out(outgoing)

    monkeypatch.setattr(publisher, "carry_out", without_parts)
    work = {"kind": "tool", "tool": "run_flux_variability_analysis", "timeout_s": 60, "on_error": "late"}
    nodes = {"work": {**work, "next": "end"}, "late": {**END, "message": "{error.message}"}, "end": END}
    run = desk.client.start(desk.flow("late", nodes), model="salmonella")
    split = next(event for event in run.events() if isinstance(event, e.ToolSplit))
    desk.wait_s(59)
    assert status(run) == "running"
    desk.wait_s(2)
    assert {desk.client.store.load(part).status for part in split.runs} == {"cancelled"}
    # A timeout of a tool is tried once more by its policy, in parts of its own.
    desk.wait_s(3)
    desk.wait_s(60)
    assert run.answer == "4 of 4 parts of 'run_flux_variability_analysis' did not end in time"
    consistent(desk, run)


def test_the_example_of_the_guide_runs(desk: Desk) -> None:
    guide = (DOCS / "flows.md").read_text(encoding="utf-8")
    example = guide.partition("```yaml\n")[2].partition("```")[0]
    (desk.folder / "richer_glucose.yaml").write_text(example)
    run = desk.start("richer_glucose")
    request = run.state.waiting_for
    assert request is not None
    desk.client.reply(request.id, by="ada", answer="18.5")
    assert run.answer == "Growth 0.873922, 1.33225, 1.79057 1/h; realistic: 18.5."


def test_a_batch_finishes_each_run_before_the_next_begins(tmp_path: Path) -> None:
    desk = Desk(tmp_path, RunningClock())
    flow = desk.flow("twice", {"first": GROW | {"next": "again"}, "again": GROW, "end": END}, facts=GROWTH)
    specs = [RunSpec(model="e_coli_core", inputs={}) for _ in range(3)]
    logs = [run.events() for run in list(desk.client.batch(flow, specs))]
    worked = [[event.at_ms for event in log if isinstance(event, e.ToolSucceeded)] for log in logs]
    assert [len(times) for times in worked] == [2, 2, 2]
    assert all(before[-1] < after[0] for before, after in pairwise(worked))
