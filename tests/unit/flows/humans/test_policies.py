"""Policies as people write them: short and long forms, and what is said of a mistake."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.policies import AllOf, AnyOf, Policy, Quorum, find_excess


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("ana", "ana"),
        (["ana", "group:curators"], AnyOf(any_of=("ana", "group:curators"))),
        ({"any_of": ["ana"]}, AnyOf(any_of=("ana",))),
        ({"quorum": "2 of [group:curators]"}, Quorum(quorum=2, of=("group:curators",))),
        ({"quorum": "2 of ['group:curators', ana]"}, Quorum(quorum=2, of=("group:curators", "ana"))),
        ({"quorum": 1, "of": ["ana", "ben"]}, Quorum(quorum=1, of=("ana", "ben"))),
        (
            {"all_of": ["ana", {"any_of": ["ben", "group:leads"]}]},
            AllOf(all_of=("ana", AnyOf(any_of=("ben", "group:leads")))),
        ),
        ({"four_eyes": True}, "anyone"),
    ],
)
def test_a_policy_is_written_in_short(written: Any, rule: Any) -> None:
    policy = Policy.model_validate(written)
    assert policy.rule == rule
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"any": ["ana"]}, "there is no 'any' in a policy"),
        ({"any_of": ["ana"], "all_of": ["ben"]}, "a rule is one of any_of, all_of, quorum"),
        ({"any_of": []}, "`any_of` is no list that names somebody"),
        ({"any_of": "ana"}, "`any_of` is no list that names somebody"),
        ({"quorum": "two of [ana]"}, "is not like `2 of \\[group:curators\\]`"),
        ({"quorum": 0, "of": ["ana"]}, "is no number of people from 1"),
        ({"quorum": 3, "of": ["ana", "ben"]}, "a quorum of 3 can never be met by 2: ana, ben"),
        ({"any_of": ["ana"], "of": ["ben"]}, "`of` goes with `quorum`"),
        (7, "names nobody; such as `ana`"),
        ({"rule": "ana", "rejections": 0}, "greater than or equal to 1"),
    ],
)
def test_a_mistake_says_what_a_policy_looks_like(written: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Policy.model_validate(written)


def test_a_policy_reads_as_a_sentence() -> None:
    policy = Policy.model_validate(
        {"quorum": "2 of [group:curators, ana]", "four_eyes": True, "veto": ["group:safety"]}
    )
    assert str(policy) == "2 of group:curators, ana; nobody who wanted or edited it; veto: group:safety"
    assert policy.seats == ("group:curators", "ana", "group:safety")


def test_a_policy_is_bounded() -> None:
    deep: Any = "ana"
    for _ in range(5):
        deep = {"any_of": [deep]}
    assert "at most 4 rules" in find_excess(Policy.model_validate(deep))
    assert "at most 32" in find_excess(Policy.model_validate([f"p{number}" for number in range(33)]))
    assert find_excess(Policy.model_validate("ana")) == ""


def test_what_early_versions_asked_is_a_policy_of_any_of_them() -> None:
    fields: dict[str, Any] = {"id": "r.1", "kind": "approval", "node": "n", "question": "?", "digest": "d"}
    old = HumanRequest.model_validate({**fields, "assignees": ["ana", "group:curators"]})
    assert old.policy == Policy(rule=AnyOf(any_of=("ana", "group:curators")))
    assert HumanRequest.model_validate(fields).policy.is_open
    new = HumanRequest(**fields, policy=Policy(rule=Quorum(quorum=2, of=("ana", "ben"))))
    assert new.assignees == ("ana", "ben")
