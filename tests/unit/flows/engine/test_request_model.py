"""Every sequence of up to six acts of three people, the clock and a canceller, on several policies.

States that are the same are looked at once, so the search covers all sequences. What the engine makes of
each is held against a count of the log by hand, and against the log folded anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.depth import DEPTH

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, call_digest
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.engine.invariants import find_violations
from fluxagents.flows.errors import FluxError
from fluxagents.flows.humans.votes import Delegation, Vote, VoteChoice
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.reducer import fold, reduce
from fluxagents.flows.state import RunState

PEOPLE = ("ana", "ben", "cat")
CURATORS = {"ana", "ben", "cat"}
ACTS = 6
LADDER = [{"after": "1h"}, {"after": "2h", "to": "cat"}, {"after": "3h", "then": "deny"}]


def build(policy: Any, ladder: Any = LADDER) -> FlowController:
    approval = {"policy": policy, "ladder": ladder}
    flow = {
        "flow": "checked",
        "version": 1,
        "purpose": "p",
        "start": "change",
        "nodes": {
            "change": {
                "kind": "tool",
                "tool": "change",
                "next": "end",
                "on_error": "end",
                "approval": approval,
            },
            "end": {"kind": "end", "message": "done"},
        },
    }
    return FlowController(flow, tools={"change": ToolFacts("change", needs_approval=True)})


@dataclass(frozen=True)
class Way:
    """A state, and the log that led there."""

    state: RunState
    log: tuple[e.Event, ...]


def begin(controller: FlowController) -> Way:
    started = e.RunStarted(
        seq=0,
        at_ms=0,
        run_id="r",
        session="r",
        flow=controller.flow.ref,
        start_node="change",
        inputs={},
        model="sha256:m",
        requester="ana",
    )
    state, walked, _ = controller.advance(reduce(None, started), seq=0, at_ms=0)
    return Way(state, (started, *walked))


def seats_of(name: str) -> tuple[str, ...]:
    return (name, "group:curators")


def votes(way: Way) -> Iterator[e.Event]:
    """What each person may try: yes, no and out, to what is shown now and to what was shown at first."""
    request = way.state.waiting_for
    assert request is not None
    first = next(each.request for each in way.log if isinstance(each, e.ApprovalRequested))
    for name in PEOPLE:
        choices: tuple[VoteChoice, ...] = ("approve", "reject", "recuse")
        for choice in choices:
            for digest in {request.digest, first.digest}:
                passed_on = [each for each in request.delegations if each.to == name]
                vote = Vote(
                    by=name,
                    choice=choice,
                    at_ms=way.state.updated_ms,
                    digest=digest,
                    seats=seats_of(name),
                    for_people=tuple(each.by for each in passed_on),
                )
                yield e.VoteCast(
                    seq=way.state.seq, at_ms=way.state.updated_ms, request_id=request.id, vote=vote
                )


def others(way: Way, controller: FlowController) -> Iterator[e.Event]:
    """An edit, a delegation to somebody from outside who then votes, the clock, and a cancellation."""
    state, request = way.state, way.state.waiting_for
    assert request is not None
    assert request.call is not None
    head: dict[str, Any] = {"seq": state.seq, "at_ms": state.updated_ms}
    call = CallTool(tool="change", args={"x": 0 if request.call.args == {"x": 1} else 1})
    digest = call_digest("change", call.args, state.model)
    yield e.RequestEdited(**head, request_id=request.id, by="ben", question="?", call=call, digest=digest)
    delegation = Delegation(by="cat", to="dan", at_ms=0, seats=seats_of("cat"))
    yield e.VoteDelegated(**head, request_id=request.id, delegation=delegation)
    if any(each.to == "dan" for each in request.delegations):
        vote = Vote(
            by="dan",
            choice="approve",
            at_ms=state.updated_ms,
            digest=request.digest,
            seats=seats_of("cat"),
            for_people=("cat",),
        )
        yield e.VoteCast(**head, request_id=request.id, vote=vote)
    if state.notified and state.status == "waiting":
        yield controller.on_expiry(state, request.next_ms)
    else:
        hours = [round(step.after * 1_000) for step in request.ladder]
        due = hours[request.level] if request.level < len(hours) else 0
        yield e.HumanNotified(**head, request_id=request.id, channels=("inbox",), next_ms=due)
    yield e.RunCancelled(**head, by="ana", reason="enough")


def rarer(way: Way) -> Iterator[e.Event]:
    """An abstention, a delegation that lapses within the hour and its vote, a pause and its end."""
    state, request = way.state, way.state.waiting_for
    assert request is not None
    head: dict[str, Any] = {"seq": state.seq, "at_ms": state.updated_ms}
    shown: dict[str, Any] = {"at_ms": state.updated_ms, "digest": request.digest}
    for name in PEOPLE:
        vote = Vote(by=name, choice="abstain", seats=seats_of(name), **shown)
        yield e.VoteCast(**head, request_id=request.id, vote=vote)
    until_ms = state.updated_ms + 1_800_000
    lapsing = Delegation(by="ben", to="eve", at_ms=state.updated_ms, until_ms=until_ms, seats=seats_of("ben"))
    yield e.VoteDelegated(**head, request_id=request.id, delegation=lapsing)
    vote = Vote(by="eve", choice="approve", seats=seats_of("ben"), for_people=("ben",), **shown)
    yield e.VoteCast(**head, request_id=request.id, vote=vote)
    yield e.RunPaused(**head, by="ana") if state.status == "waiting" else e.RunResumed(**head, by="ana")


def follow(way: Way, controller: FlowController) -> Iterator[Way]:
    """Where each act leads; one that is refused leads nowhere."""
    for event in (*votes(way), *others(way, controller)):
        at_ms = max(event.at_ms, way.state.updated_ms)
        try:
            state, events, _ = controller.advance(way.state, seq=way.state.seq, at_ms=at_ms, after=[event])
        except FluxError:
            continue
        yield Way(state, (*way.log, *events))


def key(state: RunState) -> str:
    """States are the same if they differ in the order of votes and the number of steps only."""
    request = state.waiting_for
    if request is None:
        return f"{state.status} {state.outcome} {state.approved}"
    votes = sorted((vote.by, vote.choice, vote.digest, vote.for_people) for vote in request.votes)
    rest = (request.digest, request.level, request.next_ms, state.notified, request.barred)
    return repr((votes, request.delegations, rest, state.status))


Count = Callable[[set[str], bool], bool]
"""Whether the people who agreed are enough, before and after `cat` was asked by the ladder."""

CASES: tuple[tuple[str, Any, Count], ...] = (
    (
        "any",
        ["ana", "ben"],
        lambda agreed, asked: bool(agreed & {"ana", "ben"}) or (asked and "cat" in agreed),
    ),
    (
        "all",
        {"all_of": ["ana", "ben"]},
        lambda agreed, asked: agreed >= {"ana", "ben"} or (asked and "cat" in agreed),
    ),
    (
        "two of a group",
        {"quorum": "2 of [group:curators]"},
        lambda agreed, asked: len(agreed & CURATORS) >= 2 or (asked and "cat" in agreed),
    ),
    (
        "two of a group, four eyes",
        {"quorum": "2 of [group:curators]", "four_eyes": True},
        lambda agreed, asked: "ana" not in agreed and (len(agreed) >= 2 or (asked and "cat" in agreed)),
    ),
)


def count(log: tuple[e.Event, ...]) -> tuple[set[str], bool, set[str]]:
    """Who agreed to the arguments that stand at the end, each once; whether cat was asked; who edited."""
    agreed: set[str] = set()
    asked, editors = False, set[str]()
    for event in log:
        if isinstance(event, e.RequestEdited):
            agreed, editors = set(), editors | {event.by}
        if isinstance(event, e.LadderStepReached):
            asked = asked or event.level >= 2
        if isinstance(event, e.VoteCast) and event.vote.choice == "approve":
            # A delegate is counted as the one whose seat they fill.
            agreed |= set(event.vote.for_people) or {event.vote.by}
    return agreed, asked, editors


@pytest.mark.parametrize(("policy", "enough"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_way_of_six_acts_has_one_sound_end(policy: Any, enough: Count) -> None:
    controller = build(policy)
    frontier = [begin(controller)]
    seen: set[str] = set()
    ends: dict[str, int] = {}
    for _ in range(ACTS):
        reached: list[Way] = []
        for way in frontier:
            for after in follow(way, controller):
                name = key(after.state)
                if after.state.waiting_for is not None:
                    assert not enough(*count(after.log)[:2]), after.log
                    if name not in seen:
                        seen.add(name)
                        reached.append(after)
                    continue
                check_end(after, controller, enough)
                last = next(type(event).__name__ for event in after.log[::-1] if isinstance(event, ENDS))
                ends[last] = ends.get(last, 0) + 1
        frontier = reached
    assert set(ends) == {"ApprovalGranted", "ApprovalRejected", "RequestExpired", "RunCancelled"}
    assert len(seen) > 100


@given(st.data(), st.sampled_from(CASES))
@settings(max_examples=30 * DEPTH, deadline=None)
def test_longer_ways_have_one_sound_end_too(draw: st.DataObject, case: tuple[str, Any, Count]) -> None:
    """Up to thirty acts of all kinds, some of them again, late, or after somebody else's."""
    _, policy, enough = case
    controller = build(policy)
    way, acts = begin(controller), list[e.Event]()
    for _ in range(30):
        acts = [*votes(way), *others(way, controller), *rarer(way), *acts[:4]]
        event = acts[draw.draw(st.integers(0, len(acts) - 1))]
        at_ms = max(event.at_ms, way.state.updated_ms)
        try:
            again, events, _ = controller.advance(way.state, seq=way.state.seq, at_ms=at_ms, after=[event])
        except FluxError:
            continue
        assert controller.advance(way.state, seq=way.state.seq, at_ms=at_ms, after=[event])[0] == again
        way = Way(again, (*way.log, *events))
        if again.waiting_for is None:
            check_end(way, controller, enough)
            return
        assert not enough(*count(way.log)[:2])
    assert fold(way.log) == way.state


ENDS = (e.ApprovalGranted, e.ApprovalRejected, e.RequestExpired, e.RunCancelled)


def check_end(way: Way, controller: FlowController, enough: Count) -> None:
    """One end, once in the log; an approval only if enough people agreed to just these arguments."""
    state, log = way.state, way.log
    ends = [event for event in log if isinstance(event, ENDS)]
    assert len(ends) == 1, log
    assert fold(log) == state
    assert find_violations(state, controller.flow) == []
    rejected = any(isinstance(event, e.VoteCast) and event.vote.choice == "reject" for event in log)
    if isinstance(ends[0], e.ApprovalGranted):
        agreed, asked, editors = count(log)
        assert enough(agreed, asked)
        call = state.pending
        assert isinstance(call, CallTool)
        assert state.approved == call_digest(call.tool, call.args, state.model)
        if controller.flow.nodes["change"].approval.policy.four_eyes:  # type: ignore[union-attr]
            assert not agreed & {"ana", *editors}
    else:
        assert state.approved is None
        assert state.pending is None or isinstance(ends[0], e.RunCancelled)
        assert rejected or not isinstance(ends[0], e.ApprovalRejected) or ends[0].by == "policy"
