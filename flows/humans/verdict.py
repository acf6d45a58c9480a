"""What the votes on a request come to. It depends on the votes that count, and not on their order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fluxagents.flows.humans.policies import AllOf, AnyOf, Policy, Quorum, Rule, inner_rules
from fluxagents.flows.humans.seats import holds_many
from fluxagents.flows.humans.votes import Delegation, Vote


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a request has come to."""

    outcome: Literal["open", "approved", "rejected", "stuck"]
    """Stuck: nobody who is left can make the policy met."""
    by: tuple[str, ...] = ()
    """Whose votes decided, in the order in which they came."""
    reason: str = ""
    """Of a rejection: what was said."""


def judge(
    policy: Policy,
    votes: Sequence[Vote],
    *,
    escalated: Sequence[Rule] = (),
    barred: Collection[str] = (),
    delegations: Sequence[Delegation] = (),
) -> Verdict:
    """Compute what votes come to.

    A rejection counts before any agreement: of two who decide at once, no is the answer.

    Args:
        policy: Whose agreement is needed.
        votes: Those that count, each of another person.
        escalated: The rules of the steps of the ladder that were reached: each stands beside the policy's.
        barred: Who has no vote.
        delegations: Who lets whom vote.
    """
    against = [vote for vote in votes if vote.choice == "reject"]
    vetoes = [vote for vote in against if set(vote.seats) & set(policy.veto)]
    if vetoes or len(against) >= policy.rejections:
        deciding = vetoes or against
        return Verdict("rejected", tuple(vote.by for vote in deciding), _reasons(deciding))
    rule = widen(policy.rule, escalated)
    agreed = [vote for vote in votes if vote.choice == "approve"]
    supporters = _supporters(rule, agreed)
    if supporters is not None:
        return Verdict("approved", tuple(vote.by for vote in agreed if vote.by in supporters))
    if not _can_be_met(rule, _Rest.of(votes, barred, delegations)):
        return Verdict("stuck", reason=_explain(votes, barred))
    return Verdict("open")


def widen(rule: Rule, escalated: Sequence[Rule]) -> Rule:
    """The rule with those of the ladder beside it."""
    return AnyOf(any_of=(rule, *escalated)) if escalated else rule


def _supporters(rule: Rule, agreed: Sequence[Vote]) -> frozenset[str] | None:
    """The people whose agreement meets a rule; None while it is not met."""
    match rule:
        case AnyOf():
            met = [people for inner in rule.any_of if (people := _supporters(inner, agreed))]
            return frozenset().union(*met) or None
        case AllOf():
            met = [people for inner in rule.all_of if (people := _supporters(inner, agreed))]
            return frozenset().union(*met) if len(met) == len(rule.all_of) else None
        case Quorum():
            return _quorum_supporters(rule, agreed)
        case _:
            return frozenset(vote.by for vote in agreed if rule in vote.seats) or None


def _quorum_supporters(rule: Quorum, agreed: Sequence[Vote]) -> frozenset[str] | None:
    """As `_supporters`: so many counts, and at least as many different people behind them."""
    people = frozenset(vote.by for vote in agreed if not set(rule.of).isdisjoint(vote.seats))
    count = len(people)
    for inner in rule.of:
        if not isinstance(inner, str):
            supporters = _supporters(inner, agreed) or frozenset()
            count += bool(supporters)
            people |= supporters
    return people if count >= rule.quorum and len(people) >= rule.quorum else None


@dataclass(frozen=True, slots=True)
class _Rest:
    """What may still come."""

    agreed: frozenset[str]
    """Seats that somebody has agreed for."""
    dead: frozenset[str]
    """People who cannot agree any more."""
    passed_on: frozenset[str]
    """Seats that somebody else may still agree for."""

    @classmethod
    def of(cls, votes: Sequence[Vote], barred: Collection[str], delegations: Sequence[Delegation]) -> _Rest:
        voted = {vote.by for vote in votes}
        silent = {vote.by for vote in votes if vote.choice != "approve"} | set(barred)
        open_delegations = [each for each in delegations if each.to not in voted and each.to not in barred]
        return cls(
            agreed=frozenset(seat for vote in votes if vote.choice == "approve" for seat in vote.seats),
            dead=frozenset(silent),
            passed_on=frozenset(seat for each in open_delegations for seat in each.seats),
        )

    def can_agree(self, seat: str) -> bool:
        if holds_many(seat):
            return True
        return seat in self.agreed or seat in self.passed_on or seat not in self.dead


def _can_be_met(rule: Rule, rest: _Rest) -> bool:
    """Whether those who are left could still meet a rule. How many belong to a group is not known here."""
    match rule:
        case AllOf():
            return all(_can_be_met(inner, rest) for inner in rule.all_of)
        case Quorum():
            if any(isinstance(inner, str) and holds_many(inner) for inner in rule.of):
                return True
            return sum(_can_be_met(inner, rest) for inner in rule.of) >= rule.quorum
        case AnyOf():
            return any(_can_be_met(inner, rest) for inner in rule.any_of)
        case _:
            return rest.can_agree(rule)


def describe_missing(policy: Policy, votes: Sequence[Vote], escalated: Sequence[Rule] = ()) -> str:
    """Whose agreement is missing, in a few words: `1 more of group:curators`; empty when none is."""
    agreed = [vote for vote in votes if vote.choice == "approve"]
    return _missing(widen(policy.rule, escalated), agreed)


def _missing(rule: Rule, agreed: Sequence[Vote]) -> str:
    if _supporters(rule, agreed) is not None:
        return ""
    match rule:
        case AnyOf():
            return " or ".join(_parts(rule, agreed))
        case AllOf():
            return " and ".join(_parts(rule, agreed))
        case Quorum():
            seated = {vote.by for vote in agreed if set(rule.of) & set(vote.seats)}
            met = sum(not isinstance(each, str) and _supporters(each, agreed) is not None for each in rule.of)
            count = max(rule.quorum - len(seated) - met, 1)
            return f"{count} more of {', '.join(_parts(rule, agreed))}"
        case _:
            return rule


def _parts(rule: Rule, agreed: Sequence[Vote]) -> Iterator[str]:
    for inner in inner_rules(rule):
        many = isinstance(rule, Quorum) and isinstance(inner, str) and holds_many(inner)
        text = str(inner) if many else _missing(inner, agreed)
        if text:
            yield text if isinstance(inner, str) else f"({text})"


def _reasons(votes: Sequence[Vote]) -> str:
    if len(votes) == 1:
        return votes[0].comment or "no reason given"
    return "; ".join(f"{vote.by}: {vote.comment or 'no reason given'}" for vote in votes)


def _explain(votes: Sequence[Vote], barred: Collection[str]) -> str:
    said = {"reject": "rejected it", "abstain": "abstained", "recuse": "may not judge it"}
    parts = [f"{vote.by} {said[vote.choice]}" for vote in votes if vote.choice in said]
    parts += [f"{name} wanted or edited it" for name in barred]
    return f"nobody who is left can meet the policy: {', '.join(parts) or 'it names nobody'}"
