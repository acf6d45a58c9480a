"""Policies, ladders and escalations in rehearsals: who says what, and when nobody says anything."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.simulated_flows import simulate_nodes
from tests.unit.flows.testing.test_simulator import DECIDE, END, good, refusal

from fluxagents.flows import events as e
from fluxagents.flows.engine.kinds.escalations import count_conflicts
from fluxagents.flows.state import Finding

NO = {"kind": "end", "message": "no"}
ASK = {"kind": "approve", "question": "Go on?", "next": "end", "on_reject": "no"}
TWO = {**ASK, "policy": {"quorum": "2 of [group:curators]", "four_eyes": True}}


def path(nodes: dict[str, Any], world: dict[str, Any]) -> tuple[str, ...]:
    return good(simulate_nodes({**nodes, "end": END, "no": NO}, world)).path


def test_a_quorum_needs_an_answer_of_each_person() -> None:
    yes = [{"approve": True, "by": "ana"}, {"approve": True, "by": "ben"}]
    assert path({"ok": TWO}, {"ok": yes}) == ("ok", "end")
    assert path({"ok": TWO}, {"ok": [yes[0], {"reject": "no", "by": "ben"}]}) == ("ok", "no")
    twice = simulate_nodes({"ok": TWO, "end": END, "no": NO}, {"ok": [yes[0], yes[0]]})
    assert "was answered already by 'ana'" in refusal(twice)
    assert "say who votes with `by`" in refusal(twice)
    stranger = simulate_nodes(
        {"ok": {**ASK, "policy": "ana"}, "end": END, "no": NO}, {"ok": {"approve": True, "by": "eve"}}
    )
    assert "is assigned to ana, and not to 'eve'" in refusal(stranger)


LADDER = [{"after": "2h"}, {"after": "1d", "to": "lea"}]


@pytest.mark.parametrize(
    ("answer", "levels", "end"),
    [
        ({"approve": True, "by": "ana", "after_s": 3_600}, [], "end"),
        ({"approve": True, "by": "ana", "after_s": 10_000}, [1], "end"),
        ({"approve": True, "by": "lea", "after_s": 90_000}, [1, 2], "end"),
        ({"never": True}, [1, 2], "no"),
    ],
)
def test_an_answer_comes_after_the_steps_that_were_due_before(
    answer: dict[str, Any], levels: list[int], end: str
) -> None:
    node = {**ASK, "policy": "ana", "ladder": [*LADDER, {"after": "3d", "then": "deny"}]}
    run = good(simulate_nodes({"ok": node, "end": END, "no": NO}, {"ok": answer}))
    assert [each.level for each in run.events if isinstance(each, e.LadderStepReached)] == levels
    assert run.path == ("ok", end)
    assert run.seconds == answer.get("after_s", 3 * 86_400)


def escalate(rule: dict[str, Any], *answers: dict[str, Any]) -> tuple[list[str], str | None]:
    """The questions that a rule puts, and the answer of the run."""
    nodes = {"ask": {**DECIDE, "max_steps": 4, "escalate": [rule]}, "end": {"kind": "end"}}
    run = good(simulate_nodes(nodes, {"ask": list(answers)}))
    return [request.question for request in run.questions if request.kind == "escalation"], run.answer


def test_numbers_that_nothing_traces_call_a_human_before_the_run_goes_on() -> None:
    questions, answer = escalate(
        {"when": "untraced > 0", "policy": "lea"},
        {"finish": "it grows at 0.7", "untraced": ["0.7"]},
        {"answer": "compute it", "by": "lea"},
        {"finish": "it grows"},
    )
    assert questions == ["untraced > 0. What should be done? (untraced = 1)"]
    assert answer == "it grows"


def test_a_rule_calls_once_at_a_visit() -> None:
    finish = {"finish": "0.7", "untraced": ["0.7"]}
    questions, answer = escalate({"when": "untraced > 0"}, finish, {"answer": "leave it"}, finish)
    assert len(questions) == 1
    assert answer is not None
    assert "Not traced" in answer


def test_failures_and_budgets_call_a_human() -> None:
    failed = {"call_tool": "fba", "error": {"kind": "infeasible", "message": "no flux"}}
    questions, answer = escalate(
        {"when": "failures >= 2", "question": "It fails."},
        failed,
        failed,
        {"answer": "stop"},
        {"finish": "stopped"},
    )
    assert questions == ["It fails. (failures = 2)"]
    assert answer == "stopped"
    spent = {"finish": "long", "tokens": 1_500_000}
    questions, _ = escalate({"when": "budget_used > 0.5"}, spent, {"answer": "go on"}, {"finish": "done"})
    assert questions == ["budget_used > 0.5. What should be done? (budget_used = 0.75)"]


def finding(name: str, model: str = "m", **key_findings: Any) -> Finding:
    args = {"uptake": 10, "method": name}
    return Finding(id=name, tool="fba", args=args, key_findings=key_findings, model=model)


def test_findings_that_name_one_number_and_differ_are_in_conflict() -> None:
    same = finding("a", growth=0.87), finding("b", growth=0.8701)
    other = finding("c", growth=0.4)
    assert count_conflicts(same) == 0
    assert count_conflicts([*same, other]) == 2
    assert count_conflicts([same[0], finding("c", model="n", growth=0.4)]) == 0
    assert count_conflicts([same[0], finding("c", yield_=0.4)]) == 0
