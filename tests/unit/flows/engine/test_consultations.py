"""Consultations from the question to the fact: enough opinions, too few, nobody left, and in any order."""

from __future__ import annotations

import itertools
import statistics
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.depth import DEPTH

from fluxagents.flows import events as e
from fluxagents.flows.commands import Consult, Decide, Decision
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.invariants import find_violations
from fluxagents.flows.errors import FluxError
from fluxagents.flows.humans.opinions import Opinion
from fluxagents.flows.humans.votes import Delegation, Vote
from fluxagents.flows.language.reading import flow_from_mapping
from fluxagents.flows.language.validation import find_problems
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import RunState

HOUR_MS = 3_600_000
ASKED = ["ana", "ben", "cat"]


def document(type_: str = "number", **fields: Any) -> dict[str, Any]:
    node = {
        "kind": "consult",
        "question": "How much glucose is taken up?",
        "assignees": ASKED,
        "fact": "uptake",
        "wanted": 3,
        "timeout_s": 3_600,
        "on_timeout": "late",
        "next": "done",
    }
    fact = {"type": type_, "unit": "mmol/gDW/h"} if type_ == "number" else {"type": type_}
    more = {name: {"type": "number"} for name in fields.get("facts", ())}
    return {
        "flow": "asking",
        "version": 1,
        "purpose": "Asks experts.",
        "facts": {"uptake": fact, **more},
        "start": "ask",
        "nodes": {
            "ask": {**node, **fields},
            "done": {"kind": "end", "message": "uptake {uptake}"},
            "late": {"kind": "end", "message": "nobody knows"},
        },
    }


def begin(controller: FlowController) -> RunState:
    started = e.RunStarted(
        seq=0,
        at_ms=0,
        run_id="r",
        session="r",
        flow=controller.flow.ref,
        start_node="ask",
        inputs={},
        requester="zoe",
    )
    return controller.advance(reduce(None, started), seq=0, at_ms=0)[0]


def give(controller: FlowController, state: RunState, by: str, answer: str) -> RunState:
    request = state.waiting_for
    assert request is not None
    assert request.answer is not None
    said = Opinion(by=by, at_ms=1, answer=answer, value=request.answer.read(answer))
    given = e.OpinionGiven(seq=state.seq, at_ms=1, request_id=request.id, opinion=said)
    return controller.advance(state, seq=state.seq, at_ms=1, after=[given])[0]


def step_out(controller: FlowController, state: RunState, by: str) -> RunState:
    request = state.waiting_for
    assert request is not None
    vote = Vote(by=by, choice="abstain", at_ms=1, digest=request.digest, seats=(by,))
    cast = e.VoteCast(seq=state.seq, at_ms=1, request_id=request.id, vote=vote)
    return controller.advance(state, seq=state.seq, at_ms=1, after=[cast])[0]


def expire(controller: FlowController, state: RunState) -> RunState:
    over = controller.on_expiry(state, HOUR_MS)
    return controller.advance(state, seq=state.seq, at_ms=HOUR_MS, after=[over])[0]


ANSWERS = {"ana": "8", "ben": "10", "cat": "13"}


@pytest.mark.parametrize("order", list(itertools.permutations(ANSWERS)))
def test_as_many_opinions_as_are_wanted_make_one_fact_in_any_order(order: tuple[str, ...]) -> None:
    controller = FlowController(document(facts={"low": "minimum", "width": "spread"}))
    state = begin(controller)
    for name in order:
        assert state.status == "waiting"
        state = give(controller, state, name, ANSWERS[name])
    assert state.facts == {"uptake": 10.0, "low": 8.0, "width": 0.5}
    assert state.answer is not None
    assert state.answer.startswith("uptake 10")
    assert "Stated by ana, ben, cat, not computed: consultation [f1] (median 10 mmol/gDW/h" in state.answer
    assert not find_violations(state, controller.flow)


def test_at_the_end_of_its_time_enough_opinions_count_and_too_few_do_not() -> None:
    controller = FlowController(document(at_least=2))
    two = give(controller, give(controller, begin(controller), "ana", "8"), "ben", "10")
    assert expire(controller, two).facts == {"uptake": 9.0}
    one = give(controller, begin(controller), "ana", "8")
    late = expire(controller, one)
    assert (late.node, late.facts) == ("late", {})
    assert late.notes[-1].text == "1 of at least 2 opinions came in time"
    assert expire(controller, begin(controller)).notes[-1].text == "nobody answered in time"


def test_it_ends_when_nobody_who_was_asked_is_left() -> None:
    controller = FlowController(document(at_least=2))
    state = give(controller, give(controller, begin(controller), "ana", "8"), "ben", "10")
    assert step_out(controller, state, "cat").facts == {"uptake": 9.0}
    alone = give(controller, begin(controller), "ana", "8")
    both = step_out(controller, step_out(controller, alone, "ben"), "cat")
    assert (both.node, both.status) == ("late", "finished")


def test_the_ladder_asks_others_at_once_where_nobody_is_left_and_its_end_takes_what_came() -> None:
    ladder = [{"after": "1h", "to": "lea"}, {"after": "2h", "then": "late"}]
    asked = document(wanted=2, assignees=["ana", "ben"], ladder=ladder, timeout_s=None, on_timeout=None)
    controller = FlowController(asked)
    state = step_out(controller, give(controller, begin(controller), "ana", "8"), "ben")
    assert state.waiting_for is not None
    assert state.waiting_for.level == 1
    assert state.waiting_for.missing == "1 more opinion of ana, ben, lea"
    assert give(controller, state, "lea", "10").facts == {"uptake": 9.0}
    told = e.HumanNotified(
        seq=state.seq, at_ms=2, request_id=state.waiting_for.id, channels=("inbox",), next_ms=HOUR_MS
    )
    waiting = controller.advance(state, seq=state.seq, at_ms=2, after=[told])[0]
    assert expire(controller, waiting).facts == {"uptake": 8.0}


def test_a_second_opinion_and_a_vote_of_the_same_person_are_impossible() -> None:
    controller = FlowController(document())
    state = give(controller, begin(controller), "ana", "8")
    with pytest.raises(FluxError, match="was answered already by 'ana'"):
        give(controller, state, "ana", "9")
    with pytest.raises(FluxError, match="was answered already by 'ana'"):
        step_out(controller, state, "ana")
    request = state.waiting_for
    assert request is not None
    forged = e.ConsultationClosed(
        seq=state.seq,
        at_ms=1,
        node="ask",
        request_id=request.id,
        by="ana",
        because="complete",
        summary="all",
        key_findings={},
    )
    with pytest.raises(FluxError, match="waits for 3 more opinions"):
        reduce(begin(FlowController(document(at_least=3))), forged.model_copy(update={"seq": 1}))


def test_a_log_of_a_consultation_folds_to_its_state() -> None:
    controller = FlowController(document(wanted=1))
    started = e.RunStarted(
        seq=0, at_ms=0, run_id="r", session="r", flow=controller.flow.ref, start_node="ask", inputs={}
    )
    state, walked, _ = controller.advance(reduce(None, started), seq=0, at_ms=0)
    request = state.waiting_for
    assert request is not None
    said = Opinion(by="ana", at_ms=1, answer="8", value=8.0)
    given = e.OpinionGiven(seq=state.seq, at_ms=1, request_id=request.id, opinion=said)
    end, events, _ = controller.advance(state, seq=state.seq, at_ms=1, after=[given])
    read = [e.EVENT.validate_json(event.model_dump_json()) for event in (started, *walked, *events)]
    assert fold(read) == end


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (document(at_least=4), "`at_least: 4` is more than `wanted: 3`"),
        (document(at_least=3, assignees=["ana", "ben"]), "needs 3 opinions and asks ana, ben alone"),
        (document("object"), "joins opinions into fact 'uptake', which is an object"),
        (document("string", file=[".tsv"]), "takes 3 files, and fact 'uptake' is one"),
        (document(facts={"low": "minmum"}), "takes 'minmum' into fact 'low'"),
        (document(policy={"all_of": ASKED}, assignees=["anyone"]), "takes one answer, and its policy"),
        (document(assignees=["skill:Not A Skill"]), "no `skill:NAME`"),
    ],
)
def test_a_consultation_that_makes_no_sense_is_refused_with_the_flow(
    asked: dict[str, Any], problem: str
) -> None:
    try:
        problems = [str(each) for each in find_problems(flow_from_mapping(asked), {})]
    except FluxError as error:
        problems = [str(error), *error.suggestions]
    assert any(problem in each for each in problems), problems


EXPERTS = {"assignees": ["skill:yeast", "ana"], "wanted": 2, "timeout_s": 3_600}


def decide(controller: FlowController, decision: Decision) -> RunState:
    """A run whose chat model has decided this."""
    use = e.PromptUse(name="p", version="1", digest="d", chat_model="m")
    state = begin(controller)
    made = e.DecisionMade(seq=state.seq, at_ms=1, node="ask", decision=decision, prompt=use)
    return controller.advance(state, seq=state.seq, at_ms=1, after=[made])[0]


def test_a_chat_model_consults_those_whom_its_node_names_and_goes_on_with_what_they_say() -> None:
    node = {"kind": "decide", "prompt": "p", "next": "done", "experts": EXPERTS}
    nodes = {"ask": node, "done": {"kind": "end"}}
    controller = FlowController({**document(), "facts": {}, "nodes": nodes})
    wants = controller.command(begin(controller))
    assert isinstance(wants, Decide)
    assert wants.experts
    state = decide(controller, Consult(question="Which source?", choices=("glucose", "acetate")))
    request = state.waiting_for
    assert request is not None
    assert (request.seats, request.missing) == (
        ("skill:yeast", "ana"),
        "2 more opinions of skill:yeast, ana",
    )
    state = give(controller, give(controller, state, "ana", "glucose"), "fay", "glucose")
    assert state.findings[0].source == "2 opinions: glucose 2"
    assert isinstance(controller.command(state), Decide)
    late = expire(controller, decide(controller, Consult(question="Which source?")))
    assert (late.node, late.notes[-1].text) == ("ask", "nobody answered in time")
    assert isinstance(controller.command(late), Decide)


def test_nobody_is_consulted_whom_the_flow_cannot_ask() -> None:
    node = {"kind": "decide", "prompt": "p", "next": "done"}
    bad = {**node, "experts": {"assignees": ["ana"], "wanted": 3, "at_least": 2}}
    document_ = {**document(), "facts": {}, "nodes": {"ask": bad, "done": {"kind": "end"}}}
    problems = [str(each) for each in find_problems(flow_from_mapping(document_), {})]
    assert problems == ["node 'ask' needs 2 opinions and asks ana alone"]


def acts(controller: FlowController, state: RunState) -> list[e.Event]:
    """What may happen to a consultation: answers and passes of anybody, a delegation, the clock, an end."""
    request = state.waiting_for
    assert request is not None
    head: dict[str, Any] = {"seq": state.seq, "at_ms": state.updated_ms}
    about: dict[str, Any] = {**head, "request_id": request.id}
    happens: list[e.Event] = [e.RunCancelled(**head, by="zoe", reason="enough")]
    for name, number in {"ana": 8.0, "ben": 10.0, "cat": 13.0, "lea": 20.0, "dan": 9.0}.items():
        for_people = tuple(each.by for each in request.delegations if each.to == name)
        if name == "dan" and not for_people:
            continue
        said: dict[str, Any] = {"by": name, "at_ms": state.updated_ms, "for_people": for_people}
        happens.append(e.OpinionGiven(**about, opinion=Opinion(**said, answer=str(number), value=number)))
        out = Vote(**said, choice="recuse", digest=request.digest)
        happens.append(e.VoteCast(**about, vote=out))
    passed_on = Delegation(by="ana", to="dan", at_ms=0, seats=("ana",))
    happens.append(e.VoteDelegated(**about, delegation=passed_on))
    if state.notified:
        happens.append(controller.on_expiry(state, request.next_ms))
    else:
        due = [round(step.after * 1_000) for step in request.ladder[request.level :]]
        happens.append(e.HumanNotified(**about, channels=("inbox",), next_ms=due[0] if due else 0))
    return happens


ENDS = (e.ConsultationClosed, e.RequestExpired, e.RunCancelled)


@given(st.data(), st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=40 * DEPTH, deadline=None)
def test_any_order_of_acts_has_one_end_with_each_person_once(
    draw: st.DataObject, wanted: int, at_least: int
) -> None:
    ladder = [{"after": "1h"}, {"after": "2h", "to": "lea"}, {"after": "3h", "then": "late"}]
    size: dict[str, Any] = {"wanted": wanted, "at_least": min(wanted, at_least)}
    controller = FlowController(document(**size, ladder=ladder, timeout_s=None, on_timeout=None))
    state, log, before = begin(controller), list[e.Event](), list[e.Event]()
    for _ in range(25):
        before = [*acts(controller, state), *before[:6]]
        event = before[draw.draw(st.integers(0, len(before) - 1))]
        at_ms = max(event.at_ms, state.updated_ms)
        try:
            state, events, _ = controller.advance(state, seq=state.seq, at_ms=at_ms, after=[event])
        except FluxError:
            continue
        log += events
        if state.waiting_for is None:
            break
        assert len(state.waiting_for.opinions) < wanted
    given_ = [each.opinion for each in log if isinstance(each, e.OpinionGiven)]
    people = [name for opinion in given_ for name in (opinion.by, *opinion.for_people)]
    assert len(people) == len(set(people))
    ends = [each for each in log if isinstance(each, ENDS)]
    assert len(ends) == (state.waiting_for is None)
    if ends and isinstance(ends[0], e.ConsultationClosed):
        assert size["at_least"] <= len(given_) <= wanted
        assert state.facts == {"uptake": statistics.median(float(each.answer) for each in given_)}
    elif ends and isinstance(ends[0], e.RequestExpired):
        assert len(given_) < size["at_least"]
        assert state.node == "late"
