"""What can be wrong with how a request to humans is decided, beside its shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fluxagents.flows.humans.calendars import find_fault
from fluxagents.flows.humans.ladders import LAST_RESORTS
from fluxagents.flows.humans.policies import AllOf, Policy, Quorum, find_excess, inner_rules
from fluxagents.flows.language.node_base import RequestRules
from fluxagents.flows.people.members import CHANNELS, is_assignee

VIA = ("inbox", *CHANNELS)
"""By which people can be reached; the inbox always has everything."""

RuleProblem = tuple[tuple[str | int, ...], str]
"""Where something is wrong below the rules, and what: it goes on after the name of the node."""


def find_rule_problems(rules: RequestRules) -> Iterator[RuleProblem]:
    """What is wrong with the policy, the ladder and the calendar."""
    if rules.policy is not None:
        yield from _bad_seats(rules.policy.seats, "policy")
        excess = find_excess(rules.policy)
        if excess:
            yield ("policy",), f"has a policy that nobody can follow: {excess}"
    for index, step in enumerate(rules.ladder):
        yield from _bad_seats(step.seats, "ladder", index, "to")
        for channel in step.via:
            if channel not in VIA:
                message = f"reaches people by {channel!r}, which is none of {', '.join(VIA)}"
                yield ("ladder", index, "via"), message
    if rules.calendar is not None:
        fault = find_fault(rules.calendar)
        if fault:
            yield ("calendar",), f"has a calendar that makes no sense: {fault}"


def find_question_problems(rules: RequestRules) -> Iterator[RuleProblem]:
    """What a question cannot have: it takes one answer, and there is nothing to agree to."""
    if rules.policy is not None and _takes_several(rules.policy):
        message = "takes one answer, and its policy wants several; name people with `any_of`"
        yield ("policy",), message
    for index, step in enumerate(rules.ladder):
        if step.then in LAST_RESORTS and step.then != "fail":
            message = f"has nothing to {step.then}; say `then: fail`, or the node that the flow goes on at"
            yield ("ladder", index, "then"), message


def find_branch_problems(rules: RequestRules) -> Iterator[RuleProblem]:
    """Ladders that lead to a node where only a node's own ladder can."""
    if rules.last_branch:
        message = f"leads to {rules.last_branch!r}, and only the ladder of a node or its `approval` leads on"
        yield ("ladder", len(rules.ladder) - 1, "then"), message


def _takes_several(policy: Policy) -> bool:
    parts = [policy.rule, *inner_rules(policy.rule)]
    needs_more = any(
        isinstance(part, AllOf) or (isinstance(part, Quorum) and part.quorum > 1) for part in parts
    )
    return needs_more or bool(policy.veto) or policy.rejections > 1


def _bad_seats(seats: Iterable[str], *field: str | int) -> Iterator[RuleProblem]:
    for seat in seats:
        if not is_assignee(seat):
            yield field, f"asks {seat!r}, which is no person, no `group:NAME` and no `skill:NAME`"
