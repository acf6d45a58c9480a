"""The world answers every kind of node; an answer that is missing is named."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.simulated_flows import document, simulate_nodes

from fluxagents.flows import events as e
from fluxagents.flows.reducer import fold
from fluxagents.flows.testing.scenario_result import ScenarioResult
from fluxagents.flows.testing.simulated_run import SimulatedRun

GROWTH = {"growth": {"type": "number", "unit": "1/h"}}
TOOL = {"kind": "tool", "tool": "fba", "facts": {"growth": "growth.value"}, "next": "end"}
DECIDE = {"kind": "decide", "prompt": "p", "tools": ["fba", "change"], "next": "end"}
END = {"kind": "end", "message": "done"}
SORRY = {"kind": "end", "message": "{error.kind}: {error.message}"}


def good(result: ScenarioResult) -> SimulatedRun:
    assert result.holds, str(result)
    assert result.run is not None
    assert fold(result.run.events) == result.run.state
    return result.run


def refusal(result: ScenarioResult) -> str:
    assert result.error is not None, str(result)
    return str(result)


def test_a_tool_finds_what_the_scenario_states() -> None:
    nodes = {"grow": {**TOOL, "args": {"x": "=glucose"}}, "end": {**END, "message": "{growth}"}}
    flow = {"facts": GROWTH, "inputs": {"glucose": {"type": "number"}}}
    world = {"grow": [{"summary": {"growth": {"value": 0.5}}, "after_s": 3}]}
    expect = {
        "path": ["grow", "end"],
        "facts": {"growth": 0.5},
        "answer": "0.5",
        "calls": [{"tool": "fba", "node": "grow", "args": {"x": 10}}],
    }
    run = good(simulate_nodes(nodes, world, expect, flow=flow, inputs={"glucose": 10}))
    assert run.seconds == 3
    assert [type(event).__name__ for event in run.events] == [
        "RunStarted",
        "ToolSucceeded",
        "NodeEntered",
        "RunFinished",
    ]


def test_a_summary_without_the_fact_fails_as_it_would_in_a_run() -> None:
    nodes = {"grow": {**TOOL, "on_error": "sorry"}, "end": END, "sorry": SORRY}
    world = {"grow": {"summary": {"growth": {"rate": 1}}}}
    run = good(simulate_nodes(nodes, world, {"path": ["grow", "sorry"]}, flow={"facts": GROWTH}))
    assert run.answer is not None
    assert "the summary of fba has no 'value' on the way 'growth.value'" in run.answer


def test_arguments_that_the_tool_refuses_need_no_answer() -> None:
    nodes = {
        "grow": {**TOOL, "facts": {}, "args": {"y": 1}, "on_error": "sorry"},
        "end": END,
        "sorry": SORRY,
    }
    run = good(simulate_nodes(nodes, {}, {"path": ["grow", "sorry"]}))
    assert run.answer == "bad_argument: 'fba' got the unknown argument 'y'"
    result = simulate_nodes(nodes, {"grow": [{"summary": {}}]}, {"path": ["grow", "end"]})
    assert "bad_argument: 'fba' got the unknown argument 'y'" in str(result.differences[0])


def test_failures_are_tried_again_by_the_clock_of_the_scenario() -> None:
    nodes = {"grow": {**TOOL, "facts": {}, "retry": {"attempts": 3, "pause_s": 60}}, "end": END}
    world = {"grow": [{"error": {"kind": "solver"}}, {"error": {"kind": "solver"}}, {"summary": {}}]}
    run = good(simulate_nodes(nodes, world, {"retries": {"grow": 2}, "calls": ["fba"] * 3}))
    assert 90 <= run.seconds <= 180


def test_answers_by_tool_serve_where_the_node_says_nothing() -> None:
    nodes = {
        "one": {**TOOL, "facts": {}, "next": "two"},
        "two": {"kind": "tool", "tool": "change", "args": {"x": 1}, "next": "end"},
        "end": END,
    }
    tools = {"fba": [{"summary": {}}], "change": {"approve": True, "summary": {}, "new_model": "changed"}}
    run = good(simulate_nodes(nodes, {}, {"questions": ["Run change(x=1)?"]}, tools=tools))
    assert run.state.model == "changed"


def test_a_chat_model_decides_what_the_scenario_states() -> None:
    world = {
        "think": [
            {"call_tool": "fba", "args": {"x": 1}, "summary": {"a": 1}},
            {"refused": {"kind": "invalid_answer"}},
            {"ask_human": "which?", "answer": "the first"},
            {"call_tool": "change", "approve": {"args": {"x": 2}}, "error": {"kind": "infeasible"}},
            {"call_tool": "change", "reject": "no", "by": "ada"},
            {"finish": "that"},
        ]
    }
    expect = {
        "answer": "that",
        "questions": [
            {"kind": "question", "text": "which?"},
            {"kind": "approval"},
            {"kind": "approval", "contains": "change", "node": "think"},
        ],
        "calls": [{"tool": "fba", "args": {"x": 1}}, {"tool": "change", "args": {"x": 2}}],
    }
    run = good(simulate_nodes({"think": DECIDE, "end": END}, world, expect))
    assert run.state.notes[-1].text == "rejected: no"
    assert run.state.decisions == 6


def test_a_single_answer_is_given_each_time() -> None:
    world = {"think": {"call_tool": "fba", "summary": {}}}
    run = good(simulate_nodes({"think": {**DECIDE, "max_steps": 3}, "end": END}, world, {"answer": "done"}))
    assert len(run.calls) == 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"call_tool": "fab"}, "tool 'fab' is not offered there\nnearest: fba"),
        ({"call_tool": "fba", "args": {"y": 1}}, "got the unknown argument 'y'"),
        ({"ask_human": ""}, "at least 1 character"),
    ],
)
def test_a_decision_that_would_be_refused_is_one_of_the_scenario(answer: dict[str, Any], said: str) -> None:
    result = simulate_nodes({"think": DECIDE, "end": END}, {"think": [answer]})
    assert "node 'think': a decision like this would be refused" in refusal(result)
    assert said in str(result)


@pytest.mark.parametrize(("asked", "stated"), [(True, ""), (False, "it grows")])
def test_a_hypothesis_is_stated_where_one_is_asked_for(asked: bool, stated: str) -> None:
    nodes = {"think": {**DECIDE, "hypotheses": asked}, "end": END}
    call = {"call_tool": "fba", "summary": {}}
    assert "hypothesis" in refusal(
        simulate_nodes(nodes, {"think": [{**call, **({"hypothesis": stated} if stated else {})}]})
    )
    right = {**call, "hypothesis": "it grows"} if asked else call
    run = good(simulate_nodes(nodes, {"think": [right, {"finish": "that", "untraced": ["7"]}]}))
    assert run.state.findings[0].hypothesis == ("it grows" if asked else "")
    assert "do not rely on: 7" in (run.answer or "")


def test_tokens_count_for_the_budget() -> None:
    call = {"call_tool": "fba", "tokens": 600}
    world = {"think": [{**call, "summary": {}}, call]}
    expect = {"status": "failed", "error": {"kind": "budget", "contains": "1200 tokens"}}
    good(simulate_nodes({"think": DECIDE, "end": END}, world, expect, flow={"budget": {"tokens": 1000}}))


APPROVE = {
    "ok": {
        "kind": "approve",
        "question": "Go on?",
        "timeout_s": 60,
        "on_reject": "no",
        "on_timeout": "late",
        "next": "end",
    },
    "end": END,
    "no": END,
    "late": END,
}


@pytest.mark.parametrize(
    ("answer", "end", "seconds"),
    [({"approve": True}, "end", 0), ({"reject": "no", "after_s": 9}, "no", 9), ({"never": True}, "late", 60)],
)
def test_an_approval_leads_where_it_is_answered(answer: dict[str, Any], end: str, seconds: float) -> None:
    run = good(simulate_nodes(APPROVE, {"ok": answer}, {"path": ["ok", end]}))
    assert run.seconds == seconds


def test_an_answer_that_comes_too_late_is_refused() -> None:
    result = simulate_nodes(APPROVE, {"ok": {"approve": True, "after_s": 61}})
    assert "the answer comes after 61 s, and the time is over after 60 s" in refusal(result)


ASK = {
    "ask": {"kind": "ask", "question": "How much?", "fact": "growth", "next": "end"},
    "end": {**END, "message": "{growth}"},
}


def test_an_answer_becomes_a_fact_of_its_type() -> None:
    good(simulate_nodes(ASK, {"ask": {"answer": 0.25}}, {"facts": {"growth": 0.25}}, flow={"facts": GROWTH}))
    result = simulate_nodes(ASK, {"ask": {"answer": "a lot"}}, flow={"facts": GROWTH})
    assert "node 'ask': the answer 'a lot' is not a number" in refusal(result)


def test_a_scenario_may_end_while_the_run_waits() -> None:
    expect = {"status": "waiting", "path": ["ask"], "questions": ["How much?"]}
    run = good(simulate_nodes(ASK, {"ask": {"open": True}}, expect, flow={"facts": GROWTH}))
    assert run.state.waiting_for is not None


WAIT = {
    "sleep": {"kind": "wait", "for_s": 100, "next": "wait"},
    "wait": {
        "kind": "wait",
        "event": "measured",
        "facts": {"growth": "per_h"},
        "timeout_s": 50,
        "on_timeout": "late",
        "next": "end",
    },
    "end": END,
    "late": END,
}


@pytest.mark.parametrize(
    ("world", "end", "seconds"),
    [
        ({"wait": [{"event": "measured", "data": {"per_h": 1}, "after_s": 7}]}, "end", 107),
        ({"sleep": [{"event": "measured", "data": {"per_h": 1}, "after_s": 7}]}, "end", 100),
        (
            {"wait": [{"event": "other", "after_s": 1}, {"event": "measured", "data": {"per_h": 1}}]},
            "end",
            101,
        ),
        ({"wait": {"never": True}}, "late", 150),
    ],
)
def test_time_passes_and_events_come(world: dict[str, Any], end: str, seconds: float) -> None:
    run = good(simulate_nodes(WAIT, world, {"path": ["sleep", "wait", end]}, flow={"facts": GROWTH}))
    assert run.seconds == seconds


def test_a_run_waits_for_a_time_of_day_from_when_it_begins() -> None:
    nodes = {"wait": {"kind": "wait", "until": "2026-12-01T06:00:00+01:00", "next": "end"}, "end": END}
    run = good(simulate_nodes(nodes, {}, begins="2026-12-01T04:59:00Z"))
    assert run.seconds == 60


def test_the_time_of_a_run_is_bounded_by_its_budget() -> None:
    expect = {"status": "failed", "error": {"kind": "budget"}}
    good(
        simulate_nodes(
            ASK, {"ask": {"never": True}}, expect, flow={"facts": GROWTH, "budget": {"wall_time_s": 10}}
        )
    )


def test_a_tool_that_takes_longer_than_its_node_allows_does_not_succeed() -> None:
    nodes = {"grow": {**TOOL, "facts": {}, "timeout_s": 5, "on_error": "sorry"}, "end": END, "sorry": SORRY}
    result = simulate_nodes(nodes, {"grow": {"summary": {}, "after_s": 6}})
    assert "fba() takes 6 s, and is stopped after 5 s" in refusal(result)
    good(
        simulate_nodes(
            nodes, {"grow": {"error": {"kind": "timeout"}, "after_s": 5}}, {"path": ["grow", "sorry"]}
        )
    )


MAP = {
    "kind": "map",
    "over": "items",
    "tool": "fba",
    "args": {"x": "=item"},
    "facts": {"growth": "value"},
    "min_finished": 0.5,
    "timeout_s": 60,
    "on_error": "sorry",
    "next": "end",
}
MANY = {
    "facts": {"growth": {"type": "array"}},
    "inputs": {"items": {"type": "array", "default": [1, 2, 3]}},
}


@pytest.mark.parametrize(
    ("answer", "growth", "end"),
    [
        ({"each": {"facts": {"growth": "=item / 10"}}}, [0.1, 0.2, 0.3], "end"),
        ({"each": {"summary": {"value": "=item / 10"}}}, [0.1, 0.2, 0.3], "end"),
        (
            {"each": [{"when": "item == 2", "error": {"kind": "infeasible"}}, {"facts": {"growth": 1}}]},
            [1, None, 1],
            "end",
        ),
        (
            {
                "runs": [
                    {"facts": {"growth": 1}},
                    {"error": {"kind": "solver"}},
                    {"error": {"kind": "solver"}},
                ]
            },
            [1, None, None],
            "sorry",
        ),
        (
            {"runs": [{"facts": {"growth": 1}, "after_s": 59}, {"facts": {}}, {"facts": {}}]},
            [1, None, None],
            "end",
        ),
        ({"runs": [{"facts": {"growth": 1}, "after_s": 61}, {"facts": {}}, {"facts": {}}]}, None, "sorry"),
        ({"each": {"never": True}}, None, "sorry"),
        ({"error": {"kind": "unknown_id"}}, None, "sorry"),
    ],
)
def test_a_map_joins_what_its_runs_found(
    answer: dict[str, Any], growth: list[float] | None, end: str
) -> None:
    nodes = {"map": MAP, "end": END, "sorry": SORRY}
    run = good(simulate_nodes(nodes, {"map": [answer]}, {"path": ["map", end]}, flow=MANY))
    assert run.facts.get("growth") == (pytest.approx(growth) if growth else None)


def test_the_runs_that_a_map_begins_can_be_looked_at() -> None:
    nodes = {"map": {**MAP, "model": "'m' if item > 1 else 'n'"}, "end": END, "sorry": SORRY}
    expect = {"runs": [{"node": "map", "inputs": {"x": 1}, "model": "n"}, {"inputs": {"x": 2}, "model": "m"}]}
    world = {"map": [{"each": {"facts": {"growth": 1}}}]}
    good(simulate_nodes(nodes, world, expect, flow=MANY, inputs={"items": [1, 2]}))
    result = simulate_nodes(
        nodes, world, {"runs": [{"inputs": {"x": 1}}]}, flow=MANY, inputs={"items": [4, 2]}
    )
    assert [difference.what for difference in result.differences] == [
        "run 1 of a node is another",
        "nodes begin so many runs",
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"runs": [{"facts": {}}]}, "node 'map' begins 3 runs, and the scenario states 1"),
        ({"each": {"when": "item > 1", "facts": {}}}, "no case of `each` holds for item = 1"),
        ({"each": {"facts": {"growht": 1}}}, "finds no fact 'growht'\nnearest: growth"),
        ({"each": {"facts": {"growth": "=thing"}}}, "names 'thing', which is neither"),
        ({"run": {"facts": {}}}, "begins 3 runs of fba, and the scenario has no answer to it"),
    ],
)
def test_runs_that_do_not_fit_are_refused(answer: dict[str, Any], said: str) -> None:
    result = simulate_nodes({"map": MAP, "end": END, "sorry": SORRY}, {"map": [answer]}, flow=MANY)
    assert said in refusal(result)


@pytest.mark.parametrize(
    ("least", "items", "path", "growth"),
    [
        (0.5, [1, "a"], ("map", "end"), [1, None]),
        (1, [1, "a"], ("map", "sorry"), None),
        (0, ["a", "b"], ("map", "end"), [None, None]),
    ],
)
def test_a_run_whose_inputs_do_not_fit_fails_alone_where_it_may(
    least: float, items: list[Any], path: tuple[str, ...], growth: list[Any] | None
) -> None:
    child = document({"end": END}, flow="child", inputs={"x": {"type": "number"}})
    child |= {"start": "grow", "nodes": {"grow": TOOL, "end": END}, "facts": GROWTH}
    flow_map = {name: value for name, value in MAP.items() if name not in {"tool", "args"}}
    node = {**flow_map, "flow": "child", "inputs": {"x": "=item"}, "facts": {"growth": "growth"}}
    nodes = {"map": {**node, "min_finished": least}, "end": END, "sorry": SORRY}
    world = {"map": [{"each": {"facts": {"growth": 1}}}]} if growth and any(growth) else {}
    run = good(
        simulate_nodes(nodes, world, {"path": path}, flow=MANY, inputs={"items": items}, others=(child,))
    )
    assert run.facts.get("growth") == growth


def test_a_map_over_nothing_asks_nothing() -> None:
    run = good(simulate_nodes({"map": MAP, "end": END, "sorry": SORRY}, {}, flow=MANY, inputs={"items": []}))
    assert run.facts == {"growth": []}


CHILD = document(
    {
        "grow": {**TOOL, "next": "ask"},
        "ask": {**ASK["ask"], "fact": "more"},
        "end": {**END, "message": "{more}"},
    },
    flow="child",
    facts={**GROWTH, "more": {"type": "number"}},
)
SUB = {
    "sub": {
        "kind": "subflow",
        "flow": "child",
        "facts": {"growth": "growth", "said": "answer"},
        "timeout_s": 60,
        "on_error": "sorry",
        "next": "end",
    },
    "end": END,
    "sorry": SORRY,
}
SAID = {"facts": {**GROWTH, "said": {"type": "string"}}}
WORLD = {"grow": [{"summary": {"growth": {"value": 0.5}}}], "ask": [{"answer": 3, "after_s": 10}]}


@pytest.mark.parametrize(
    ("run", "facts", "end"),
    [
        ({"facts": {"growth": 0.5}, "answer": "3"}, {"growth": 0.5, "said": "3"}, "end"),
        ({"error": {"kind": "solver"}}, {"growth": None, "said": None}, "sorry"),
        ({"never": True}, {}, "sorry"),
    ],
)
def test_a_subflow_may_be_stated(run: dict[str, Any], facts: dict[str, Any], end: str) -> None:
    found = good(
        simulate_nodes(SUB, {"sub": {"run": run}}, {"path": ["sub", end]}, flow=SAID, others=(CHILD,))
    )
    assert (found.facts, found.children) == (facts, {})


@pytest.mark.parametrize(
    ("ask", "facts", "end", "way"),
    [
        ({"answer": 3, "after_s": 10}, {"growth": 0.5, "said": "3"}, "end", ("grow", "ask", "end")),
        ({"open": True}, {}, "sorry", ("grow", "ask")),
        ({"answer": 3, "after_s": 61}, {}, "sorry", ("grow", "ask", "end")),
    ],
)
def test_a_subflow_may_be_played(
    ask: dict[str, Any], facts: dict[str, Any], end: str, way: tuple[str, ...]
) -> None:
    world = {"sub": {"run": {"world": {**WORLD, "ask": [ask]}}}}
    found = good(simulate_nodes(SUB, world, {"path": ["sub", end]}, flow=SAID, others=(CHILD,)))
    assert found.facts == facts
    assert [child.path for child in found.children.values()] == [way]


def test_what_a_played_child_does_not_ask_for_is_named() -> None:
    world = {"sub": {"run": {"world": {**WORLD, "end": [{"never": True}]}}}}
    result = simulate_nodes(SUB, world, flow=SAID, others=(CHILD,))
    assert "run rehearsal.1.run0: node 'end': answer 1 (never) was never asked for" in str(result)


def test_a_call_without_an_answer_shows_what_to_add() -> None:
    nodes = {"grow": {**TOOL, "args": {"x": 1}, "next": "think"}, "think": DECIDE, "end": END}
    said = refusal(simulate_nodes(nodes, {}, flow={"facts": GROWTH}))
    assert said.splitlines() == [
        "node 'grow' calls fba(x=1), and the scenario has no answer to it",
        "add to its world:",
        "      grow:",
        "      - summary:",
        "          growth:",
        "            value: …",
        "or, instead of summary: error",
        "so far: grow",
    ]
    world = {"grow": {"summary": {"growth": {"value": 1}}}, "think": [{"call_tool": "fba"}, {"finish": "x"}]}
    said = refusal(simulate_nodes(nodes, world, flow={"facts": GROWTH}))
    assert (
        "node 'think' calls fba(), and the scenario has no answer to it; its next answer is 'finish x'"
        in said
    )
    assert said.endswith("so far: grow → think")


def test_an_answer_that_was_not_used_is_a_difference() -> None:
    nodes = {"grow": {**TOOL, "facts": {}}, "end": END}
    result = simulate_nodes(
        nodes, {"grow": [{"summary": {}}, {"error": {"kind": "solver"}}]}, tools={"change": {"approve": True}}
    )
    (unused,) = result.differences
    assert (unused.found, *unused.notes) == (
        "node 'grow': answer 2 (error) was never asked for",
        "tool 'change': answer 1 (approve) was never asked for",
    )


def test_a_node_that_the_flow_does_not_have_is_named() -> None:
    result = simulate_nodes({"grow": {**TOOL, "facts": {}}, "end": END}, {"grwo": {"summary": {}}})
    assert "has no node 'grwo' that could be answered\nnearest: grow" in refusal(result)


def test_inputs_that_the_flow_does_not_take_are_refused() -> None:
    result = simulate_nodes({"grow": {**TOOL, "facts": {}}, "end": END}, {}, inputs={"x": 1})
    assert "flow 'main' has no input 'x'" in refusal(result)


def test_a_world_without_an_end_is_stopped() -> None:
    nodes = {"wait": {"kind": "wait", "event": "measured", "next": "end"}, "end": END}
    flow = {"budget": {"steps": 1_000_000}}
    result = simulate_nodes(nodes, {"wait": {"event": "other"}}, flow=flow)
    assert "took 20000 steps and came to no end; last node 'wait'" in refusal(result)


def test_the_log_is_that_of_a_run() -> None:
    run = good(simulate_nodes(APPROVE, {"ok": {"approve": True, "by": "ada"}}))
    granted = next(event for event in run.events if isinstance(event, e.ApprovalGranted))
    assert (granted.by, granted.request_id) == ("ada", "rehearsal.1")
    assert [event.seq for event in run.events] == [0, 0, 1, 2, 2, 2, 2]
