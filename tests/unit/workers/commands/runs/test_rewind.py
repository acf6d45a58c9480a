"""Runs that go back, fork and change their flow: in one process, with the real tools on a real model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from tests.unit.workers.clients.test_local import (
    CHILD,
    END,
    EVENT,
    GROW,
    GROWTH,
    LIST,
    SURVEY,
    UPTAKES,
    Desk,
    consistent,
    status,
    types,
)

from fluxagents.flows import events as e
from fluxagents.flows.commands import AskHuman
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.lineage import find_effective, open_steps
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.flows.reducer import fold
from fluxagents.flows.state import RunState
from fluxagents.scheduler.runs.run import Run
from fluxagents.tasks.ports.decisions import DecisionResult
from fluxagents.workers.clients.local import LocalClient
from fluxagents.workers.files.run_archive import Archive, retire


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store of models for all tests here, so that the model is parsed once."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def desk(tmp_path: Path, parsed: Path) -> Desk:
    (tmp_path / "store").symlink_to(parsed)
    return Desk(tmp_path)


def after(run: Run, kind: type[e.EventBase]) -> int:
    """The step that the first event of a kind belongs to."""
    return next(event.seq for event in run.events() if isinstance(event, kind))


def of(desk: Desk, state: RunState) -> Run:
    run = desk.client.get(state.run_id)
    assert fold(run.events()) == run.state
    return run


TWICE = {
    "first": {**GROW, "args": {"medium_changes": {"EX_glc__D_e": "=uptake"}}, "next": "second"},
    "second": {
        **GROW,
        "args": {"medium_changes": {"EX_glc__D_e": "=uptake", "EX_o2_e": 0}},
        "facts": {"anaerobic": "growth_per_h"},
    },
    "end": {**END, "message": "{growth} and {anaerobic} 1/h"},
}
TWICE_FIELDS: dict[str, Any] = {
    "inputs": {"uptake": {"type": "number", "default": 10}},
    "facts": {**GROWTH, "anaerobic": {"type": "number"}},
}
CHANGE = {
    "change": {"kind": "tool", "tool": "knock_out", "args": {"genes": ["b0720"]}, "next": "grow"},
    "grow": GROW,
    "end": {**END, "message": "{growth} 1/h"},
}


V1: dict[str, Any] = {
    "ask": {"kind": "ask", "question": "Which?", "fact": "uptake", "next": "grow"},
    "grow": {**GROW, "args": {"medium_changes": {"EX_glc__D_e": "=uptake"}}},
    "end": {**END, "message": "{growth} 1/h"},
}
V1_FACTS = {**GROWTH, "uptake": {"type": "number"}}


def test_a_fork_shares_what_was_and_goes_its_own_way(desk: Desk) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    before = run.events()
    assert run.answer == "0.873922 and 0.211663 1/h"
    fork = of(desk, desk.client.fork(run.id, at=1, values={"uptake": 18.5}, by="ada"))
    assert fork.answer == "0.873922 and 0.470565 1/h"
    assert (fork.state.origin, fork.state.inputs) == (run.id, {"uptake": 18.5})
    assert run.events() == before
    shared = [event for event in fork.events() if event.seq <= 1]
    assert [event.type for event in shared] == [event.type for event in before if event.seq <= 1]
    assert shared[1:] == [event for event in before if event.seq <= 1][1:]
    assert {state.run_id for state in desk.client.store.runs()} == {run.id, fork.id}


def test_a_fork_may_differ_in_a_fact(desk: Desk) -> None:
    branch = {"kind": "branch", "cases": [{"when": "growth > 0.5", "to": "end"}], "otherwise": "slow"}
    nodes = {"grow": {**GROW, "next": "wait"}, "wait": {"kind": "wait", "event": "go", "next": "fast"}}
    ends = {"fast": branch, "slow": {**END, "message": "slow"}, "end": END}
    run = desk.start(desk.flow("fact", {**nodes, **ends}, facts=GROWTH))
    fork = of(desk, desk.client.fork(run.id, values={"growth": 0.1}, by="ada"))
    desk.client.signal(fork.id, "go", by="ada")
    assert fork.answer == "slow"
    assert status(run) == "waiting"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"uptake": "much"}, "input 'uptake' of flow 'twice' is 'much', expected number"),
        ({"growth": "fast"}, "fact 'growth' of node 'second' is 'fast', declared as number"),
        ({"growht": 1}, "flow 'twice' has no input or fact 'growht'; nearest: growth"),
    ],
)
def test_a_value_that_does_not_fit_makes_no_fork(desk: Desk, values: dict[str, Any], said: str) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    with pytest.raises(FluxError, match=said):
        desk.client.fork(run.id, at=1, values=values, by="ada")
    assert len(desk.client.store.runs()) == 1


def test_where_a_run_had_ended_nothing_goes_on(desk: Desk) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    with pytest.raises(FluxError, match=r"was finished after step 2.*can go on from steps 0 to 1"):
        desk.client.fork(run.id, at=2, by="ada")
    with pytest.raises(FluxError, match="was finished after step 2"):
        desk.client.rollback(run.id, to=2, by="ada")
    with pytest.raises(FluxError, match="there is no step 7; the steps are 0 to 2"):
        desk.client.fork(run.id, at=7, by="ada")


def test_a_run_that_has_ended_goes_back_and_ends_anew(desk: Desk) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    answer = run.answer
    desk.client.rollback(run.id, to=0, by="ada", reason="once more")
    assert (status(run), run.answer) == ("finished", answer)
    assert [kind for kind in types(run) if kind in {"ToolSucceeded", "RunRolledBack", "RunFinished"}] == [
        *("ToolSucceeded", "ToolSucceeded", "RunFinished"),
        *("RunRolledBack", "ToolSucceeded", "ToolSucceeded", "RunFinished"),
    ]
    assert run.state.tool_calls == 2
    counted = [run.events()[place].type for place in find_effective(run.events())]
    assert counted.count("ToolSucceeded") == 2
    assert open_steps(run.events()) == (0, 1, 3, 4)
    consistent(desk, run)


def test_a_run_that_failed_goes_on_from_before_its_failure(desk: Desk) -> None:
    nodes = {**V1, "grow": {**GROW, "args": {"medium_changes": {"EX_glc_D_e": "=uptake"}}}}
    run = desk.start(desk.flow("asking", nodes, facts=V1_FACTS))
    request = run.state.waiting_for
    assert request is not None
    desk.client.reply(request.id, by="ada", answer="5")
    assert status(run) == "failed"
    answered = after(run, e.QuestionAnswered)
    desk.client.rollback(run.id, to=answered, by="ada")
    assert status(run) == "failed"
    assert run.state.facts["uptake"] == 5, "an answer before that step stays"
    consistent(desk, run)


def test_an_approved_call_is_asked_for_again(desk: Desk) -> None:
    run = desk.start(desk.flow("change", CHANGE, facts=GROWTH))
    first = run.state.waiting_for
    assert first is not None
    desk.client.approve(first.id, by="ada")
    granted = after(run, e.ApprovalGranted)
    fork = of(desk, desk.client.fork(run.id, at=granted, by="bob"))
    again = fork.state.waiting_for
    assert again is not None
    assert again.id == f"{fork.id}.{granted + 3}"
    assert again.digest == first.digest
    assert [event.request_id for event in fork.events() if isinstance(event, e.ApprovalGranted)] == [
        f"{fork.id}.{first.id.rpartition('.')[2]}"
    ]
    with pytest.raises(FluxError, match="answered already by 'ada'"):
        desk.client.approve(f"{fork.id}.{first.id.rpartition('.')[2]}", by="bob")
    desk.client.approve(again.id, by="bob")
    assert status(fork) == "finished"
    assert fork.answer == run.answer


def test_going_back_behind_a_change_names_what_stays_and_needs_a_confirmation(desk: Desk) -> None:
    run = desk.start(desk.flow("change", CHANGE, facts=GROWTH))
    model = run.state.model
    request = run.state.waiting_for
    assert request is not None
    desk.client.approve(request.id, by="ada")
    changed = run.state.model
    assert changed != model
    plan = desk.client.plan_rewind(run.id, to=0)
    assert [line[:30] for line in plan.report.compensated] == ["step 4: knock_out made model s"]
    assert "the run works on the model before again" in plan.report.compensated[0]
    asked, agreed = plan.report.irreversible
    assert asked.endswith("Run knock_out(genes=['b0720'])?")
    assert agreed == "step 3: ada agreed, and will be asked again: Run knock_out(genes=['b0720'])?"
    with pytest.raises(FluxError, match=r"cannot undo all that it did since step 0: .*ada agreed.*--yes"):
        desk.client.rollback(run.id, to=0, by="bob")
    desk.client.rollback(run.id, to=0, by="bob", confirmed=True)
    assert (status(run), run.state.model) == ("waiting", model)
    again = run.state.waiting_for
    assert again is not None
    assert again.id != request.id
    with pytest.raises(FluxError, match="answered already by 'ada'"):
        desk.client.approve(request.id, by="ada")
    desk.client.approve(again.id, by="bob")
    assert (status(run), run.state.model) == ("finished", changed)
    consistent(desk, run)


def test_a_question_that_waits_is_asked_anew(desk: Desk) -> None:
    run = desk.start(desk.flow("asking", V1, facts=V1_FACTS))
    request = run.state.waiting_for
    assert request is not None
    fork = of(desk, desk.client.fork(run.id, by="ada"))
    again = fork.state.waiting_for
    assert again is not None
    assert (again.question, again.id == request.id) == (request.question, False)
    desk.client.reply(again.id, by="ada", answer="18.5")
    assert fork.answer == "1.65307 1/h"
    assert run.state.waiting_for == request


def test_a_run_waits_again_for_its_whole_time(desk: Desk) -> None:
    run = desk.start(desk.flow("pause", {"wait": {"kind": "wait", "for_s": 60, "next": "end"}, "end": END}))
    desk.wait_s(50)
    fork = of(desk, desk.client.fork(run.id, by="ada"))
    desk.wait_s(11)
    assert (status(run), status(fork)) == ("finished", "waiting")
    desk.wait_s(50)
    assert status(fork) == "finished"


def test_what_was_sent_to_a_run_stays_sent(desk: Desk) -> None:
    nodes = {"sleep": {"kind": "wait", "for_s": 10, "next": "wait"}, **EVENT}
    run = desk.start(desk.flow("event", nodes, facts=GROWTH))
    desk.client.signal(run.id, "measured", by="lab", data={"growth": {"per_h": 0.7}})
    desk.client.rollback(run.id, to=0, by="ada")
    desk.wait_s(10)
    assert run.answer == "measured 0.7"
    consistent(desk, run)


def test_a_run_begins_again_at_a_node(desk: Desk) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    desk.client.restart(run.id, node="second", by="ada")
    assert status(run) == "finished"
    back = next(event for event in run.events() if isinstance(event, e.RunRolledBack))
    assert (back.to_seq, back.reason) == (1, "begin again at second")
    assert run.state.visits == {"first": 1, "second": 1, "end": 1}
    consistent(desk, run)


@pytest.mark.parametrize(
    ("node", "said"),
    [("end", "it ends there"), ("thrid", "it was never at it"), ("secnd", "nearest: second")],
)
def test_a_node_that_is_no_beginning_is_refused(desk: Desk, node: str, said: str) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    with pytest.raises(FluxError, match=said):
        desk.client.restart(run.id, node=node, by="ada")


def test_a_run_may_begin_again_at_a_branch(desk: Desk) -> None:
    nodes = {
        "grow": {**GROW, "next": "which"},
        "which": {"kind": "branch", "cases": [{"when": "growth > 0.5", "to": "end"}], "otherwise": "slow"},
        "slow": {**END, "message": "slow"},
        "end": {**END, "message": "fast"},
    }
    run = desk.start(desk.flow("which", nodes, facts=GROWTH))
    desk.client.restart(run.id, node="which", by="ada")
    assert run.answer == "fast"
    assert types(run)[-3:] == ["RunRolledBack", "BranchTaken", "RunFinished"]


def test_runs_that_were_begun_since_are_cancelled_and_begin_anew(desk: Desk) -> None:
    desk.flow("child", CHILD, facts=GROWTH, inputs={"changes": {"type": "object"}})
    sub = {"kind": "subflow", "flow": "child", "inputs": {"changes": {"EX_glc__D_e": 1}}, "next": "end"}
    run = desk.start(desk.flow("parent", {"sub": sub, "end": END}))
    ((first, _),) = desk.client.store.requests()
    with pytest.raises(FluxError, match="a run of child began; what they did stays done"):
        desk.client.rollback(run.id, to=0, by="ada")
    desk.client.rollback(run.id, to=0, by="ada", confirmed=True)
    ((second, request),) = desk.client.store.requests()
    assert desk.client.store.load(first).status == "cancelled"
    assert second != first
    desk.client.approve(request.id, by="ada")
    assert status(run) == "finished"
    consistent(desk, run)


def test_runs_that_were_begun_before_are_joined_again(desk: Desk) -> None:
    survey = {**SURVEY, "next": "wait"}
    nodes = {"survey": survey, "wait": {"kind": "wait", "event": "go", "next": "end"}, "end": END}
    run = desk.start(desk.flow("survey", nodes, inputs=UPTAKES, facts=LIST), uptakes=[10, 5])
    begun = after(run, e.RunsBegun)
    desk.client.rollback(run.id, to=begun, by="ada")
    assert types(run).count("RunsBegun") == 1
    assert types(run).count("RunsJoined") == 2
    desk.client.rollback(run.id, to=begun - 1, by="ada", confirmed=True)
    assert types(run).count("RunsBegun") == 2
    assert status(run) == "waiting"
    consistent(desk, run)


def test_a_run_that_was_paused_while_its_runs_ended_joins_them_at_once(desk: Desk) -> None:
    desk.flow("child", CHILD, facts=GROWTH, inputs={"changes": {"type": "object"}})
    sub = {"kind": "subflow", "flow": "child", "inputs": {"changes": {"EX_glc__D_e": 1}}, "next": "end"}
    run = desk.start(desk.flow("parent", {"sub": sub, "end": END}))
    run.pause()
    ((_, request),) = desk.client.store.requests()
    desk.client.approve(request.id, by="ada")
    run.resume()
    assert status(run) == "finished"


def test_a_fork_begins_runs_of_its_own_and_leaves_those_of_its_origin(desk: Desk) -> None:
    desk.flow("child", CHILD, facts=GROWTH, inputs={"changes": {"type": "object"}})
    sub = {"kind": "subflow", "flow": "child", "inputs": {"changes": {"EX_glc__D_e": 1}}, "next": "end"}
    run = desk.start(desk.flow("parent", {"sub": sub, "end": END}))
    begun = after(run, e.RunsBegun)
    fork = of(desk, desk.client.fork(run.id, at=begun, by="ada"))
    requests = dict(desk.client.store.requests())
    assert len(requests) == 2
    desk.client.rollback(fork.id, to=begun, by="ada", confirmed=True)
    desk.client.cancel(fork.id, by="ada", reason="enough")
    ((child, request),) = desk.client.store.requests()
    assert desk.client.store.load(child).parent == run.id
    desk.client.approve(request.id, by="ada")
    assert status(run) == "finished"
    consistent(desk, run)


def test_a_child_that_has_given_its_result_does_not_go_back(desk: Desk) -> None:
    run = desk.start(
        desk.flow("survey", {"survey": SURVEY, "end": END}, inputs=UPTAKES, facts=LIST), uptakes=[5]
    )
    child = next(state for state in desk.client.store.runs(session=run.id) if state.parent)
    with pytest.raises(FluxError, match=f"roll run '{run.id}' back"):
        desk.client.rollback(child.run_id, to=0, by="ada")
    fork = of(desk, desk.client.fork(child.run_id, at=0, by="ada"))
    assert (fork.status, fork.state.parent) == ("finished", "")


def test_a_long_rest_uses_no_time_and_a_used_budget_is_said(desk: Desk) -> None:
    name = desk.flow("twice", TWICE, **TWICE_FIELDS, budget={"wall_time_s": 100, "steps": 8})
    run = desk.start(name)
    desk.wait_s(1_000)
    desk.client.rollback(run.id, to=0, by="ada")
    assert status(run) == "finished"
    desk.client.rollback(run.id, to=0, by="ada")
    with pytest.raises(FluxError, match="it would not get far: the run used 9 steps"):
        desk.client.rollback(run.id, to=0, by="ada")
    fork = of(desk, desk.client.fork(run.id, at=0, by="ada"))
    assert fork.status == "finished"
    consistent(desk, run)


def test_a_stepwise_run_stops_before_it_goes_on(desk: Desk) -> None:
    run = desk.client.start(desk.flow("twice", TWICE, **TWICE_FIELDS), model="e_coli_core", stepwise=True)
    run.resume()
    assert types(run).count("ToolSucceeded") == 1
    desk.client.rollback(run.id, to=0, by="ada")
    assert status(run) == "paused"
    assert types(run)[-2:] == ["RunRolledBack", "RunPaused"]
    consistent(desk, run)


def test_a_run_that_moves_on_meanwhile_does_not_go_back(desk: Desk) -> None:
    run = desk.start(desk.flow("event", EVENT, facts=GROWTH))
    plan = desk.client.plan_rewind(run.id, to=0)
    desk.client.signal(run.id, "other", by="lab")
    with pytest.raises(FluxError, match="moved on meanwhile"):
        desk.client.rewind(plan, by="ada", reason="r")
    assert "RunRolledBack" not in types(run)


def test_the_earlier_names_of_a_rewind_still_work(desk: Desk) -> None:
    run = desk.start(desk.flow("event", EVENT, facts=GROWTH))
    way = desk.client.way_back(run.id, to=0)
    assert way == desk.client.plan_rewind(run.id, to=0)
    assert way.undone.compensated == way.report.compensated
    assert way.undone.lasting == way.report.irreversible
    desk.client.go_back(way, by="ada", reason="r")
    assert "RunRolledBack" in types(run)


def test_a_run_in_the_archive_can_be_forked_only(desk: Desk, tmp_path: Path) -> None:
    run = desk.start(desk.flow("twice", TWICE, **TWICE_FIELDS))
    archive = Archive(str(tmp_path / "archive"))
    assert retire(desk.client.store, archive, desk.clock.at_ms + 1) == [run.id]

    class Both:
        """The store, and behind it the archive, as the store on Redis reads it."""

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def load(self, run_id: str) -> RunState:
            return store.load(run_id) if store.holds(run_id) else archive.load(run_id)

        def events(self, run_id: str) -> Sequence[e.Event]:
            return store.events(run_id) if store.holds(run_id) else archive.events(run_id)

    store = desk.client.store
    both = cast("RunStore", Both())
    client = LocalClient(tmp_path / "store", clock=desk.clock, store=both, flow_folders=(tmp_path,))
    with pytest.raises(FluxError, match="is in the archive, where nothing goes on; fork it"):
        client.rollback(run.id, to=0, by="ada")
    assert client.fork(run.id, at=1, by="ada").origin == run.id


def test_a_run_that_waits_goes_on_with_a_new_version(desk: Desk) -> None:
    run = desk.start(desk.flow("asking", V1, facts=V1_FACTS))
    first = run.state.waiting_for
    assert first is not None
    new = {**V1, "ask": {**V1["ask"], "question": "How much glucose?"}, "grow": {**V1["grow"], "next": "say"}}
    new["say"] = {**END, "message": "it grows with {growth} 1/h in version 2"}
    del new["end"]
    desk.flow("asking", new, facts=V1_FACTS, version=2, inputs={"who": {"type": "string", "default": "ada"}})
    found = desk.client.migration(run.id, flow="asking")
    assert found.changes == (
        "version 1 becomes version 2",
        "node 'ask' differs in question",
        "node 'grow' differs in next",
        "node 'end' is gone",
        "node 'say' is new",
        "input 'who' is new",
    )
    assert run.state.flow.version == 1
    desk.client.migrate(run.id, flow="asking", by="ada")
    again = run.state.waiting_for
    assert again is not None
    assert (again.question, again.id == first.id) == ("How much glucose?", False)
    desk.client.reply(again.id, by="ada", answer="10")
    assert run.answer == "it grows with 0.873922 1/h in version 2"
    assert run.state.inputs == {"who": "ada"}
    consistent(desk, run)
    with pytest.raises(FluxError, match="it has ended"):
        desk.client.migrate(run.id, flow="asking", by="ada")


def test_a_run_goes_back_to_the_version_that_it_followed_then(desk: Desk) -> None:
    run = desk.start(desk.flow("asking", V1, facts=V1_FACTS))
    desk.flow("asking", {**V1, "ask": {**V1["ask"], "question": "How much?"}}, facts=V1_FACTS, version=2)
    desk.client.migrate(run.id, flow="asking", by="ada")
    desk.client.rollback(run.id, to=0, by="ada", confirmed=True)
    assert run.state.flow.version == 1
    request = run.state.waiting_for
    assert request is not None
    assert request.question == "Which?"
    consistent(desk, run)


def test_a_paused_run_stays_paused_with_its_new_version(desk: Desk) -> None:
    run = desk.start(desk.flow("asking", V1, facts=V1_FACTS))
    run.pause()
    desk.flow("asking", {**V1, "ask": {**V1["ask"], "question": "How much?"}}, facts=V1_FACTS, version=2)
    desk.client.migrate(run.id, flow="asking", by="ada")
    assert (status(run), run.state.waiting_for) == ("paused", None)
    run.resume()
    assert status(run) == "waiting"
    consistent(desk, run)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"nodes": {"aks": V1["ask"], **{k: v for k, v in V1.items() if k != "ask"}}, "start": "aks"},
            "nearest: aks",
        ),
        (
            {
                "nodes": {
                    **V1,
                    "ask": {"kind": "wait", "event": "e", "facts": {"uptake": "u"}, "next": "grow"},
                }
            },
            "was of kind 'ask' and is of",
        ),
        ({"inputs": {"who": {"type": "string", "required": True}}}, "needs the input 'who'"),
        ({"facts": {**V1_FACTS, "growth": {"type": "string"}}}, "declares it as string"),
        ({"budget": {"wall_time_s": 1}}, "the run used 5 seconds"),
        ({}, "it follows just that version already"),
    ],
)
def test_what_does_not_fit_is_no_migration(desk: Desk, change: dict[str, Any], said: str) -> None:
    nodes = {"before": {**GROW, "next": "ask"}, **V1}
    run = desk.start(desk.flow("asking", nodes, facts=V1_FACTS))
    desk.wait_s(5)
    changed = {"nodes": {**V1}, "facts": V1_FACTS, **change}
    begin = {"before": {**GROW, "next": changed.pop("start", "ask")}}
    desk.flow("asking", begin | changed.pop("nodes"), **changed)
    with pytest.raises(FluxError, match=said):
        desk.client.migrate(run.id, flow="asking", by="ada")
    assert run.state.flow.version == 1
    assert status(run) == "waiting"


def test_a_run_that_runs_or_another_flow_is_no_migration(desk: Desk) -> None:
    run = desk.start(desk.flow("asking", V1, facts=V1_FACTS))
    desk.flow("other", V1, facts=V1_FACTS)
    with pytest.raises(FluxError, match="it follows flow 'asking'"):
        desk.client.migrate(run.id, flow="other", by="ada")


def test_what_a_chat_model_asked_is_asked_anew_without_asking_it_again(tmp_path: Path) -> None:
    class Asks:
        """Asks a human first, whatever happens."""

        def __init__(self) -> None:
            self.decisions = 0

        def decide(self, state: RunState, _: Any) -> Any:
            self.decisions += 1
            use = e.PromptUse(name="p", version="1", digest="d", chat_model="m", tokens_in=10, tokens_out=2)
            return DecisionResult(
                prompt=use, decision=AskHuman(question=f"Which of {len(state.inputs)}?"), error=None
            )

        def explain(self, *_: Any) -> Any:
            raise AssertionError

        def summarise(self, *_: Any) -> None:
            """There is nothing to tell in fewer words."""

    chat = Asks()
    desk = Desk(tmp_path)
    desk.client = LocalClient(
        tmp_path / "store", clock=desk.clock, flow_folders=(tmp_path,), decider=lambda: chat
    )
    nodes = {"ask": {"kind": "decide", "prompt": "tool_selection", "next": "end"}, "end": END}
    name = desk.flow("deciding", nodes, inputs={"question": {"type": "string"}})
    run = desk.start(name, question="Why?")
    assert isinstance(run.state.pending, AskHuman)
    fork = of(desk, desk.client.fork(run.id, by="ada"))
    assert fork.state.waiting_for is not None
    assert fork.state.waiting_for.question == "Which of 1?"
    assert chat.decisions == 1
    with pytest.raises(FluxError, match="12 tokens were spent on 1 request to a chat model") as caught:
        desk.client.rollback(run.id, to=0, by="ada")
    assert caught.value.kind is ErrorClass.BAD_ARGUMENT
    desk.client.rollback(run.id, to=0, by="ada", confirmed=True)
    assert (chat.decisions, run.state.tokens_in) == (2, 20)
    consistent(desk, run)
