"""What a run that ends says of what it was asked: yes, partly or no, with what is open."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows.commands import AskedItem, ItemAnswer
from fluxagents.flows.engine.answered import judge_run
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import FlowRef
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.reading import flow_from_mapping
from fluxagents.flows.reducer import reduce
from fluxagents.flows.state import RunState, Streak

GROWTH = AskedItem(id="a1", quantity="growth", condition="acetate")
GENES = AskedItem(id="a2", quantity="essential genes")


def flow_of(**nodes: dict[str, Any]) -> Flow:
    document = {"flow": "main", "version": 1, "purpose": "p", "start": next(iter(nodes)), "nodes": nodes}
    return flow_from_mapping({**document, "inputs": {"question": {"type": "string"}}})


CHOOSING = flow_of(
    choose={"kind": "decide", "prompt": "tool_selection", "tools": ["fba"], "next": "done"},
    done={"kind": "end"},
)
TOOLS_ONLY = flow_of(
    fba={"kind": "tool", "tool": "fba", "next": "done", "on_error": "excuse"},
    excuse={"kind": "tool", "tool": "note", "next": "poor"},
    done={"kind": "end", "message": "It grows."},
    poor={"kind": "end", "message": "It could not be computed."},
)


def at_end(flow: Flow, node: str = "done", **fields: Any) -> RunState:
    state = RunState(
        run_id="r",
        session="s",
        flow=FlowRef(name="main", version=1, digest=flow.digest),
        inputs={"question": "How fast on acetate, and which genes?"},
        lane="interactive",
        started_ms=0,
        updated_ms=0,
        seq=5,
        status="running",
        node=node,
        model=None,
        keeps_list=True,
        visits={flow.start: 1, node: 1},
    )
    return state.model_copy(update=fields)


@pytest.mark.parametrize(
    ("answers", "answered", "unanswered"),
    [
        ([ItemAnswer(id="a1", finding="f3"), ItemAnswer(id="a2", finding="f4")], "yes", ()),
        (
            [ItemAnswer(id="a1", finding="f3"), ItemAnswer(id="a2", open="the model has no genes")],
            "partly",
            ("essential genes: the model has no genes",),
        ),
        (
            [],
            "no",
            (
                "growth under acetate: no finding was named for it",
                "essential genes: no finding was named for it",
            ),
        ),
    ],
)
def test_a_run_has_answered_as_much_as_findings_answer(
    answers: list[ItemAnswer], answered: str, unanswered: tuple[str, ...]
) -> None:
    state = at_end(CHOOSING, asked=(GROWTH, GENES), item_answers=tuple(answers))
    assert judge_run(CHOOSING, state) == (answered, unanswered)


@pytest.mark.parametrize("asked", [None, ()])
def test_a_chat_model_that_never_lists_what_is_asked_has_answered_nothing(
    asked: tuple[AskedItem, ...] | None,
) -> None:
    answered, unanswered = judge_run(CHOOSING, at_end(CHOOSING, asked=asked))
    assert answered == "no"
    assert "list" in unanswered[0]


@pytest.mark.parametrize(
    ("node", "streak", "answered"),
    [
        ("done", None, "yes"),
        ("done", Streak(kind=ErrorClass.SOLVER, count=1), "no"),
        ("poor", None, "no"),
    ],
)
def test_a_flow_of_tools_has_answered_unless_an_error_led_it_to_its_end(
    node: str, streak: Streak | None, answered: str
) -> None:
    error = FluxError(ErrorClass.SOLVER, "no solution was found").info("fba")
    errors = () if (node, streak) == ("done", None) else (error,)
    found, unanswered = judge_run(TOOLS_ONLY, at_end(TOOLS_ONLY, node, streak=streak, errors=errors))
    assert found == answered
    assert [line for line in unanswered if "no solution was found" not in line] == []


def test_logs_of_early_versions_do_not_say() -> None:
    assert judge_run(TOOLS_ONLY, at_end(TOOLS_ONLY, keeps_list=False)) == (None, ())


def test_the_end_of_a_run_records_it() -> None:
    state = at_end(CHOOSING, asked=(GROWTH,), item_answers=(ItemAnswer(id="a1", open="it failed"),))
    _, (finished,), _ = FlowController(CHOOSING, tools={}).advance(state, seq=state.seq, at_ms=1)
    ended = reduce(state, finished)
    assert (ended.status, ended.answered, ended.unanswered) == (
        "finished",
        "no",
        ("growth under acetate: it failed",),
    )
