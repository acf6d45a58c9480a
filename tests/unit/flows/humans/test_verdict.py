"""What votes come to: an independent count, no order, no person twice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.depth import DEPTH

from fluxagents.flows.humans.policies import AllOf, AnyOf, Policy, Quorum, Rule
from fluxagents.flows.humans.verdict import describe_missing, judge
from fluxagents.flows.humans.votes import Delegation, Vote, VoteChoice, refuse_vote

GROUPS = {"group:curators": {"ana", "ben", "cat"}, "group:leads": {"cat", "dan"}}
PEOPLE = ("ana", "ben", "cat", "dan", "eve")


def seats_of(name: str) -> tuple[str, ...]:
    return ("anyone", name, *(group for group, members in GROUPS.items() if name in members))


def vote(by: str, choice: VoteChoice = "approve", **fields: Any) -> Vote:
    return Vote(**{"by": by, "choice": choice, "at_ms": 1, "digest": "d", "seats": seats_of(by), **fields})


def policy(written: Any) -> Policy:
    return Policy.model_validate(written)


SEATS = st.sampled_from([*PEOPLE, *GROUPS, "anyone"])


def compound(inner: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        several.map(lambda rules: AnyOf(any_of=rules)),
        several.map(lambda rules: AllOf(all_of=rules)),
        st.tuples(st.integers(1, 3), several).map(lambda both: Quorum(quorum=both[0], of=both[1])),
    )


RULES: st.SearchStrategy[Rule] = st.recursive(SEATS, compound, max_leaves=6)
CHOICES: tuple[VoteChoice, ...] = ("approve", "approve", "reject", "abstain", "recuse")


@st.composite
def draw_votes(draw: st.DrawFn) -> tuple[Vote, ...]:
    people = draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=5))
    return tuple(vote(name, draw(st.sampled_from(CHOICES))) for name in people)


VOTES = draw_votes()


def is_met(rule: Rule, people: set[str]) -> bool:
    """The definition, by trying: somebody for each seat, and as many people as a quorum says."""
    match rule:
        case AnyOf():
            return any(is_met(inner, people) for inner in rule.any_of)
        case AllOf():
            return all(is_met(inner, people) for inner in rule.all_of)
        case Quorum():
            seated = {name for name in people if set(seats_of(name)) & set(rule.of)}
            inside = [inner for inner in rule.of if not isinstance(inner, str) and is_met(inner, people)]
            behind = seated | {
                name for name in people for inner in inside if not is_met(inner, people - {name})
            }
            enough = len(seated) + len(inside) >= rule.quorum
            return enough and len(behind | _behind(inside, people)) >= rule.quorum
        case _:
            return any(rule in seats_of(name) for name in people)


def _behind(rules: Sequence[Rule], people: set[str]) -> set[str]:
    """Everybody who sits somewhere in a rule that is met."""
    names: set[str] = set()
    for rule in rules:
        if isinstance(rule, str):
            names |= {name for name in people if rule in seats_of(name)}
            continue
        inner = (
            rule.any_of if isinstance(rule, AnyOf) else rule.all_of if isinstance(rule, AllOf) else rule.of
        )
        names |= _behind([each for each in inner if is_met(each, people)], people)
    return names


@given(RULES, VOTES, st.randoms(use_true_random=False))
@settings(max_examples=400 * DEPTH, deadline=None)
def test_a_policy_is_met_by_its_definition_and_in_any_order(
    rule: Rule, votes: tuple[Vote, ...], rng: random.Random
) -> None:
    verdict = judge(Policy(rule=rule), votes)
    agreed = {each.by for each in votes if each.choice == "approve"}
    rejects = any(each.choice == "reject" for each in votes)
    assert (verdict.outcome == "rejected") == rejects
    if not rejects:
        assert (verdict.outcome == "approved") == is_met(rule, agreed)
    shuffled = list(votes)
    rng.shuffle(shuffled)
    again = judge(Policy(rule=rule), shuffled)
    assert (again.outcome, set(again.by)) == (verdict.outcome, set(verdict.by))
    missing = describe_missing(Policy(rule=rule), votes)
    assert bool(missing) != is_met(rule, agreed)


@given(RULES, VOTES)
@settings(max_examples=300 * DEPTH, deadline=None)
def test_what_is_stuck_stays_unmet_whoever_agrees_yet(rule: Rule, votes: tuple[Vote, ...]) -> None:
    quiet = tuple(each for each in votes if each.choice != "reject")
    if judge(Policy(rule=rule), quiet).outcome != "stuck":
        return
    voted = {each.by for each in quiet}
    rest = tuple(vote(name) for name in PEOPLE if name not in voted)
    assert judge(Policy(rule=rule), (*quiet, *rest)).outcome == "stuck"


def test_one_person_makes_no_quorum_of_two() -> None:
    nested = policy({"quorum": 2, "of": ["ana", {"any_of": ["ana", "group:curators"]}]})
    assert judge(nested, [vote("ana")]).outcome == "open"
    assert judge(nested, [vote("ana"), vote("ben")]).outcome == "approved"


def test_a_veto_decides_whatever_else_is_said() -> None:
    guarded = policy({"quorum": "2 of [group:curators]", "veto": ["dan"], "rejections": 3})
    agreed = [vote("ana"), vote("ben")]
    assert judge(guarded, [*agreed, vote("cat", "reject")]).outcome == "approved"
    vetoed = judge(guarded, [*agreed, vote("dan", "reject", comment="not sterile")])
    assert (vetoed.outcome, vetoed.by, vetoed.reason) == ("rejected", ("dan",), "not sterile")


def test_a_step_of_the_ladder_stands_beside_the_policy() -> None:
    two = policy({"quorum": "2 of [group:curators]"})
    assert judge(two, [vote("dan")]).outcome == "open"
    assert judge(two, [vote("dan")], escalated=["dan"]).outcome == "approved"


def test_who_can_agree_no_more_leaves_a_policy_stuck() -> None:
    both = policy({"all_of": ["ana", "ben"]})
    verdict = judge(both, [vote("ana", "recuse")])
    assert verdict.outcome == "stuck"
    assert "ana may not judge it" in verdict.reason
    assert judge(both, [], barred=["ana"]).outcome == "stuck"
    passed_on = Delegation(by="ana", to="eve", at_ms=0, seats=("ana",))
    assert judge(both, [], delegations=[passed_on], barred=["ana"]).outcome == "open"


@pytest.mark.parametrize(
    ("later", "why"),
    [
        (vote("ana"), "was answered already by 'ana': approve, by email"),
        (vote("ben", digest="old"), "was changed after it was shown to 'ben'"),
        (vote("rob"), "was wanted or edited by 'rob'"),
        (vote("eve", for_people=("ana",)), "was answered already by 'ana': approve"),
        (vote("eve", for_people=("ben",), at_ms=50), "is no more delegated by 'ben' to 'eve'"),
        (vote("eve", for_people=("ben",), at_ms=49), ""),
        (vote("ben"), ""),
    ],
)
def test_a_vote_that_cannot_count_says_why(later: Vote, why: str) -> None:
    refusal = refuse_vote(
        later,
        digest="d",
        votes=[vote("ana", channel="email")],
        barred=["rob"],
        delegations=[Delegation(by="ben", to="eve", at_ms=0, until_ms=50, seats=("ben",))],
    )
    assert refusal.startswith(why) if why else refusal == ""


def test_a_vote_before_an_edit_does_not_keep_its_person_from_the_next() -> None:
    before = vote("ana", digest="old")
    assert refuse_vote(vote("ana"), digest="d", votes=[before]) == ""
    stepped_out = vote("ana", "recuse", digest="old")
    assert refuse_vote(vote("ana"), digest="d", votes=[stepped_out]).startswith(
        "was answered already by 'ana'"
    )
