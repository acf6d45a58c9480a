"""Where a run stood, which of its events still count, and what going back leaves behind. Pure."""

from __future__ import annotations

import pytest

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Finish
from fluxagents.flows.errors import FluxError
from fluxagents.flows.history.lineage import find_effective, fork_history, open_steps, state_at
from fluxagents.flows.history.renaming import rename_run
from fluxagents.flows.history.rollback import find_child_runs, report_rollback
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.reducer import fold

FLOW = e.FlowRef(name="f", version=1, digest="d")
CALL = CallTool(tool="change", args={"amount": 1})
REQUEST = HumanRequest(
    id="r.2", kind="approval", node="a", question="Change it?", call=CALL, digest="sha256:0"
)
USE = e.PromptUse(name="p", version="1", digest="d", chat_model="m", tokens_in=90, tokens_out=10)

LOG: tuple[e.Event, ...] = (
    e.RunStarted(seq=0, at_ms=1, run_id="r", session="r", flow=FLOW, start_node="a", inputs={}, model="old"),
    e.DecisionMade(seq=1, at_ms=2, node="a", decision=CALL, prompt=USE),
    e.ApprovalRequested(seq=1, at_ms=2, request=REQUEST),
    e.HumanNotified(seq=2, at_ms=3, request_id="r.2", channels=("inbox", "mail")),
    e.ApprovalGranted(seq=3, at_ms=4, request_id="r.2", by="ada", call=CALL),
    e.ToolSucceeded(seq=4, at_ms=5, node="a", call=CALL, key_findings={}, model="old", new_model="new"),
    e.DecisionMade(seq=5, at_ms=6, node="a", decision=Finish(answer="42"), prompt=USE),
    e.RunFinished(seq=5, at_ms=6, node="a", answer="42"),
)


def back(log: tuple[e.Event, ...], to: int, at_ms: int = 10) -> tuple[e.Event, ...]:
    kept = sum(event.seq <= to for event in log)
    state = fold(log[:kept]).model_dump(mode="json")
    event = e.RunRolledBack(
        seq=log[-1].seq + 1, at_ms=at_ms, to_seq=to, kept=kept, state=state, by="ada", reason="r"
    )
    return (*log, event)


def test_the_state_of_then() -> None:
    assert state_at(LOG, 3).pending == CALL
    assert state_at(LOG, 4).model == "new"
    assert open_steps(LOG) == (0, 1, 2, 3, 4)
    with pytest.raises(FluxError, match="there is no step -1; the steps are 0 to 5"):
        state_at(LOG, -1)


def test_a_run_that_went_back_stands_where_it_stood_and_has_spent_what_it_spent() -> None:
    state = fold(back(LOG, 3))
    assert (state.status, state.model, state.pending) == ("running", "old", CALL)
    assert (state.approved, state.answer, state.findings, state.waiting_for) == (None, None, (), None)
    assert (state.tokens_in, state.tokens_out, state.seq) == (180, 20, 7)
    assert state.rested_ms == 4


def test_a_state_of_another_run_is_no_way_back() -> None:
    log = back(LOG, 3)
    event = log[-1]
    assert isinstance(event, e.RunRolledBack)
    other = event.model_copy(update={"state": {**event.state, "run_id": "s"}})
    with pytest.raises(FluxError, match="goes back to a state of run 's'"):
        fold((*log[:-1], other))


def test_only_what_no_rollback_went_behind_counts() -> None:
    once = back(LOG, 1)
    assert find_effective(LOG) == tuple(range(8))
    assert find_effective(once) == (0, 1, 2, 8)
    later = (*once, e.NodeEntered(seq=7, at_ms=11, node="b"))
    assert find_effective(back(later, 7)) == (0, 1, 2, 8, 9, 10)
    assert find_effective(back(later, 4)) == (0, 1, 2, 3, 4, 5, 10)
    assert find_effective(back(later, 0)) == (0, 10)


def test_a_fork_of_a_run_that_went_back_is_its_own_in_all_that_it_tells() -> None:
    log = back(LOG, 1)
    fork = fork_history(log, 6, "new", at_ms=20, by="ada")
    state = fold(fork)
    assert (state.run_id, state.origin, state.started_ms, state.seq) == ("new", "r", 20, 8)
    text = "".join(event.model_dump_json() for event in fork[:-1])
    assert '"r.2"' not in text
    assert '"run_id":"r"' not in text
    assert fork[3] == LOG[3].model_copy(update={"request_id": "new.2"})
    assert log[:8] == LOG


def test_an_import_under_another_id_takes_the_runs_along_that_it_began() -> None:
    split = e.ToolSplit(seq=1, at_ms=2, node="a", call=CALL, runs=("r.1.part0", "r.1.part1"))
    log: tuple[e.Event, ...] = back((LOG[0], split, e.RunPaused(seq=2, at_ms=3, by="ada")), 1)
    as_new = [rename_run(event, "r", "new", with_children=True) for event in log]
    assert fold(as_new).children == ("new.1.part0", "new.1.part1")
    assert fold(as_new).session == "new"
    assert find_child_runs(as_new) == ("new.1.part0", "new.1.part1")
    part = LOG[0].model_copy(update={"run_id": "r.1.part0", "session": "r", "parent": "r"})
    other = rename_run(part, "r", "new", with_children=True)
    assert isinstance(other, e.RunStarted)
    assert (other.run_id, other.session, other.parent) == ("new.1.part0", "new", "new")


def test_what_a_rollback_makes_good_and_what_it_leaves_behind() -> None:
    tools = {"change": ToolFacts("change", compensation="it works on the old one")}
    found = report_rollback(LOG, 3, tools)
    assert found.compensated == ("step 4: change made model new: it works on the old one",)
    assert found.irreversible == (
        "step 2: humans were told (inbox, mail): Change it?",
        "step 3: ada agreed, and will be asked again: Change it?",
        "100 tokens were spent on 1 request to a chat model",
    )
    assert (
        report_rollback(LOG, 1, tools).irreversible[-1]
        == "200 tokens were spent on 2 requests to a chat model"
    )
    assert report_rollback(LOG, 8, tools).irreversible == ()


def test_a_tool_without_a_compensation_leaves_its_effect_behind() -> None:
    (said, *_) = report_rollback(LOG, 5, {"change": ToolFacts("change")}).irreversible
    assert said == "step 4: change made model new: it declares no compensation"
    assert report_rollback(LOG, 5, {}).compensated == ()


def test_what_was_undone_before_is_not_told_again() -> None:
    log = back(LOG, 1)
    assert report_rollback(log, len(log) - 1, {}).irreversible == ()
    assert report_rollback(log, 1, {}).irreversible == ("100 tokens were spent on 1 request to a chat model",)
