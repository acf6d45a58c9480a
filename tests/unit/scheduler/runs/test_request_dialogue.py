"""What people do with a request before they vote: look, try other arguments, ask back, take over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.flows.history.replay import replay_run
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.state import RunState
from fluxagents.workers.clients.local import LocalClient

FLOW = """
flow: mutant
version: 1
purpose: Knocks a gene out and measures growth.
inputs: {question: {type: string}}
facts: {growth: {type: number, unit: 1/h}}
start: change
nodes:
  change:
    kind: tool
    tool: knock_out
    args: {genes: [b4025]}
    facts: {growth: growth_per_h}
    on_error: refused
    next: done
  refused: {kind: end, message: "refused"}
  done: {kind: end, message: "It grows at {growth}."}
"""

Ask = Callable[[], tuple[LocalClient, HumanRequest]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """A run that waits for the approval of a knock-out."""

    def start() -> tuple[LocalClient, HumanRequest]:
        (tmp_path / "mutant.yaml").write_text(FLOW)
        client = LocalClient(tmp_path / "data")
        run = client.start(str(tmp_path / "mutant.yaml"), model="e_coli_core", question="Does PGI matter?")
        return client, waiting(client, run.id)

    return start


def waiting(client: LocalClient, run_id: str) -> HumanRequest:
    request = client.store.load(run_id).waiting_for
    assert request is not None
    return request


def log(client: LocalClient, state: RunState) -> list[str]:
    return [event.type for event in client.store.events(state.run_id)]


def test_the_view_has_all_that_is_needed_to_answer(ask: Ask) -> None:
    client, request = ask()
    view = client.show_request(request.id)
    assert (view.tool, view.run_question, view.asked_by) == (
        "knock_out",
        "Does PGI matter?",
        request_by(client),
    )
    assert [(row.path, row.value) for row in view.arguments] == [("genes", ["b4025"])]
    assert view.effect[0] == "growth, 1/h: 0.8739 → 0.8632 (-1.2 %)"
    assert view.if_nobody_answers.startswith("it waits until ")
    assert view.request.digest == request.digest


def request_by(client: LocalClient) -> str:
    return client.authority.actor.name


def test_the_form_says_what_may_be_given(ask: Ask) -> None:
    client, request = ask()
    first, *others = client.request_form(request.id)
    assert (first.name, first.type, first.given, first.value) == ("genes", "list", True, ["b4025"])
    assert {field.name for field in others} == {"reactions", "biomass"}
    assert not any(field.given for field in others)


def test_a_check_changes_nothing_and_names_what_does_not_fit(ask: Ask) -> None:
    client, request = ask()
    call = client.check_edit(request.id, {"genes": ["b0720"]})
    assert call.args == {"genes": ["b0720"]}
    with pytest.raises(FluxError, match="unknown argument 'gene'"):
        client.check_edit(request.id, {"gene": ["b0720"]})
    assert client.request(request.id) == request


def test_an_edit_makes_a_new_effect_and_a_new_digest(ask: Ask) -> None:
    client, request = ask()
    state = client.edit_request(request.id, {"genes": ["b0720"]})
    edited = waiting(client, state.run_id)
    assert (edited.id, edited.call and edited.call.args) == (request.id, {"genes": ["b0720"]})
    assert edited.digest != request.digest
    assert edited.effect is not None
    assert edited.effect.growth is not None
    assert edited.effect.growth.after_per_h == 0
    assert log(client, state)[-3:] == ["RequestEdited", "EffectComputed", "HumanNotified"]
    with pytest.raises(FluxError, match="changed after it was shown"):
        client.approve(request.id, digest=request.digest)
    client.approve(request.id, digest=edited.digest)
    ended = client.store.load(state.run_id)
    assert ended.status == "finished"
    assert ended.findings[-1].args == {"genes": ["b0720"]}


def test_what_is_asked_back_is_answered_from_the_findings_before_the_vote(ask: Ask) -> None:
    client, request = ask()
    state = client.ask_back(request.id, question="What is the growth rate after it?")
    question, answer = waiting(client, state.run_id).thread
    assert (question.kind, question.text) == ("question", "What is the growth rate after it?")
    assert (answer.kind, answer.by) == ("answer", "agent")
    assert answer.text.startswith(
        "What the step would do [effect]:\n- growth, 1/h: 0.8739 → 0.8632 (-1.2 %)\n"
    )
    assert answer.ungrounded == ()
    assert waiting(client, state.run_id).digest == request.digest, "what is voted on is the same"
    assert log(client, state)[-3:] == ["ExplanationAsked", "ExplanationGiven", "HumanNotified"]
    assert waiting(client, state.run_id).notice_key != request.notice_key, (
        "those who are asked get the answer"
    )
    client.approve(request.id)
    assert client.store.load(state.run_id).status == "finished"


def test_a_result_in_the_tools_place_is_a_humans_everywhere(ask: Ask) -> None:
    client, request = ask()
    state = client.take_over(request.id, value={"growth_per_h": 0.41}, source="chemostat, table 2")
    assert state.status == "finished"
    assert state.facts["growth"] == 0.41
    finding = state.findings[-1]
    assert (finding.stated_by, finding.source) == (request_by(client), "chemostat, table 2")
    assert finding.key_findings == {
        "stated_by": request_by(client),
        "source": "chemostat, table 2",
        "growth_per_h": 0.41,
    }
    assert state.answer is not None
    assert (
        f"Stated by {request_by(client)}, not computed: knock_out [f1] (chemostat, table 2)." in state.answer
    )
    assert "ToolSucceeded" not in log(client, state)
    assert state.model == client.store.events(state.run_id)[0].model, "the model is as it was"  # type: ignore[union-attr]


def test_the_planner_answers_with_a_result_that_a_human_stated(tmp_path: Path) -> None:
    client = LocalClient(tmp_path)
    question = "Knock out b4025 for good. How fast does it grow then?"
    run = client.start("metabolic_analysis", model="e_coli_core", question=question)
    request = waiting(client, run.id)
    client.take_over(request.id, value={"growth_per_h": 0.79}, source="chemostat")
    state = client.store.load(run.id)
    assert (state.status, state.untraced) == ("finished", ())
    assert state.answer is not None
    assert state.answer.startswith(
        f"{request_by(client)} states instead of knock_out (chemostat): growth per h: 0.79."
    )


def test_a_result_without_what_the_flow_takes_from_it_is_refused(ask: Ask) -> None:
    client, request = ask()
    with pytest.raises(FluxError, match="growth_per_h"):
        client.take_over(request.id, value={"growth": 0.41}, source="my notes")
    with pytest.raises(FluxError, match="takes the place of a tool's"):
        client.take_over(request.id, value={}, source="my notes")
    assert client.request(request.id) == request


def test_replayed_runs_are_the_same(ask: Ask) -> None:
    client, request = ask()
    client.edit_request(request.id, {"genes": ["b0008"]})
    client.ask_back(request.id, question="Why?")
    state = client.take_over(request.id, value={"growth_per_h": 0.5}, source="my notes")
    events = tuple(client.store.events(state.run_id))
    replay = replay_run(events, state, client.controllers)
    assert replay.divergence is None
    assert replay.same
    assert isinstance(events[-1], e.RunFinished)
