"""Flows that cannot be read or cannot run say what is wrong with them, and where."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import FluxError
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow, flow_schema
from fluxagents.flows.language.inputs import check_inputs
from fluxagents.flows.language.pinning import pin_subflows
from fluxagents.flows.language.reading import flow_from_mapping, flow_from_yaml

TOOLS = {"fba": ToolFacts("fba")}
PROMPTS = ("tool_selection",)
END = {"kind": "end"}


def document(**nodes: object) -> dict[str, Any]:
    return {"flow": "f", "version": 1, "purpose": "p", "start": "a", "nodes": {**nodes, "e": END}}


CHILD = flow_from_mapping(
    document(a={"kind": "tool", "tool": "fba", "facts": {"growth": "x"}, "next": "e"})
    | {
        "flow": "child",
        "inputs": {"needed": {"type": "string", "required": True}},
        "facts": {"growth": {"type": "number"}},
    }
)


def tool(**fields: object) -> dict[str, object]:
    return {"kind": "tool", "tool": "fba", "next": "e", **fields}


def approve(*assignees: str) -> dict[str, object]:
    return {"kind": "approve", "question": "?", "next": "e", "on_reject": "e", "assignees": assignees}


def problems(found: dict[str, Any]) -> list[str]:
    flow = flow_from_mapping(found)
    return FlowController(flow, tools=TOOLS, prompts=PROMPTS, flows={"child": CHILD}).validate_flow()


@pytest.mark.parametrize(
    ("flow", "problem"),
    [
        (document(a=tool(next="ee")), "leads to 'ee', which is no node; nearest: e"),
        (document(a=tool()) | {"start": "aa"}, "start names 'aa', which is no node; nearest: a"),
        (
            document(a=approve("ada", "a b")),
            "node 'a' asks 'a b', which is no person, no `group:NAME` and no `skill:NAME`",
        ),
        (
            document(a=approve()),
            "node 'a' asks nobody; name `assignees`, or leave them out for anyone",
        ),
        (document(a=END, lost=END), "node 'lost' cannot be reached from 'a'; lead to it or delete it"),
        (document(a=tool(next="a")), "leads to no end; add an `end` node"),
        (
            document(a=tool(next="b"), b=tool(on_error="a")),
            "on a cycle without a budget: a → b → a; give one of its nodes `max_visits`",
        ),
        (document(a=tool(tool="fbaa")), "names the tool 'fbaa', which does not exist; nearest: fba"),
        (
            document(a={"kind": "map", "over": "x", "tool": "fbaa", "next": "e"}),
            "names the tool 'fbaa', which does not exist",
        ),
        (
            document(a={"kind": "decide", "prompt": "tool_selektion", "next": "e"}),
            "names the prompt 'tool_selektion', which does not exist; nearest: tool_selection",
        ),
        (
            document(a={"kind": "subflow", "flow": "chil", "next": "e"}),
            "runs the flow 'chil', which does not exist; nearest: child",
        ),
        (
            document(a={"kind": "subflow", "flow": "child", "next": "e"}),
            "does not give 'needed', which flow 'child' needs",
        ),
        (
            document(a={"kind": "subflow", "flow": "child", "inputs": {"neded": 1}, "next": "e"}),
            "gives 'neded', which is no input of flow 'child'; nearest: needed",
        ),
        (
            document(a={"kind": "subflow", "flow": "child", "facts": {"x": "groth"}, "next": "e"}),
            "takes 'groth', which is no fact of flow 'child'; nearest: growth",
        ),
        (
            document(a={"kind": "branch", "cases": [{"when": "growht > 1", "to": "e"}], "otherwise": "e"}),
            "speaks of 'growht', which is neither an input nor a fact",
        ),
        (
            document(a={"kind": "branch", "cases": [{"when": "1 >", "to": "e"}], "otherwise": "e"}),
            "expression '1 >' cannot be read",
        ),
        (document(a=tool(when="size > 1")), "speaks of 'size'"),
        (document(a=tool(args={"deep": [{"x": "=size"}]})), "speaks of 'size'"),
        (
            document(a={"kind": "ask", "question": "{size}?", "fact": "x", "next": "e"}),
            "speaks of 'size'",
        ),
        (document(a={"kind": "wait", "for_s": "=size", "next": "e"}), "speaks of 'size'"),
        (document(a=tool(facts={"x": "y"})), "the fact 'x', whose type is not declared"),
        (
            document(a=tool()) | {"facts": {"x": {"type": "number"}}},
            "fact 'x' is found by no node; delete it",
        ),
        (
            document(a=tool()) | {"inputs": {"n": {"type": "number", "default": "two"}}},
            "input 'n' has the default 'two', which is no number",
        ),
        (
            document(a=tool(facts={"n": "y"}))
            | {"inputs": {"n": {"type": "number"}}, "facts": {"n": {"type": "number"}}},
            "the fact 'n', which is also the name of an input",
        ),
        (
            document(a=tool()) | {"inputs": {"error": {"type": "string"}}},
            "'error' is the name of the last error",
        ),
    ],
)
def test_each_mistake_is_named(flow: dict[str, Any], problem: str) -> None:
    assert any(problem in found for found in problems(flow)), problems(flow)


def test_an_item_may_be_spoken_of_where_it_is_and_nowhere_else() -> None:
    survey = {"kind": "map", "over": "cs", "each": "c", "tool": "fba", "args": {"medium": "=c"}, "next": "b"}
    inputs = {"inputs": {"cs": {"type": "array", "required": True}}}
    assert problems(document(a=survey, b=tool()) | inputs) == []
    found = problems(document(a=survey, b=tool(args={"medium": "=c"})) | inputs)
    assert found == ["node 'b' speaks of 'c', which is neither an input nor a fact; nearest: cs"]


def test_a_cycle_with_a_budget_may_run() -> None:
    assert problems(document(a=tool(next="b", max_visits=3), b=tool(on_error="a"))) == []


def test_a_flow_without_mistakes_has_no_problems(controller: FlowController) -> None:
    assert controller.validate_flow() == []


HEAD = "flow: f\nversion: 1\npurpose: p\nstart: a\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a list", "mine.yaml is not a mapping"),
        ("flow: [", "mine.yaml is not YAML"),
        (f"{HEAD}nodes: {{}}\nextra: 1", r"mine.yaml:6: extra: there is no such field 'extra'"),
        (
            f"{HEAD}nodes:\n  a:\n    kind: tol\n",
            r"mine.yaml:6: node 'a': its kind is 'tol'; nearest: tool; kinds: tool, decide",
        ),
        (f"{HEAD}nodes:\n  a:\n    purpose: x\n", "mine.yaml:6: node 'a': it has no kind"),
        (
            f"{HEAD}nodes:\n  a:\n    kind: tool\n    tool: fba\n    nxt: e\n",
            r"mine.yaml:9: node 'a', nxt: there is no such field 'nxt'; nearest: next",
        ),
        (
            f"{HEAD}nodes:\n  b:\n    kind: decide\n    prompt: p\n    max_steps: 0\n    next: a\n",
            r"mine.yaml:9: node 'b', max_steps: .*greater than or equal to 1; it is 0",
        ),
        (
            f"{HEAD}nodes:\n  a:\n    kind: wait\n    for_s: 1\n    event: x\n    next: b\n",
            "mine.yaml:6: node 'a': a wait node has one of for_s, until and event",
        ),
        (
            f"{HEAD}nodes:\n  a:\n    kind: map\n    over: x\n    next: b\n",
            "node 'a': a map node has either a tool",
        ),
        (
            f"{HEAD}nodes:\n  a:\n    kind: approve\n    question: q\n    next: b\n",
            "mine.yaml:6: node 'a', on_reject: it is missing",
        ),
        (
            f"{HEAD}nodes:\n  a: {{kind: end}}\n  a: {{}}\n",
            "mine.yaml:7: node 'a' stands there twice",
        ),
        (
            f"{HEAD}nodes:\n  a:\n    kind: end\n    retry: {{attempts: 2}}\n",
            r"node 'a', retry: there is no such field 'retry'; fields: purpose, kind, outcome, message",
        ),
    ],
)
def test_what_is_no_flow_is_refused_with_its_line_and_the_way_out(text: str, message: str) -> None:
    with pytest.raises(FluxError, match=message):
        flow_from_yaml(text, where="mine.yaml")


def test_all_mistakes_of_a_file_are_named_at_once() -> None:
    text = f"{HEAD}nodes:\n  a:\n    kind: tool\n    next: e\n  e:\n    kind: ende\n"
    with pytest.raises(FluxError) as caught:
        flow_from_yaml(text, where="mine.yaml")
    assert "mine.yaml:6: node 'a', tool: it is missing" in caught.value.message
    assert any("mine.yaml:9: node 'e': its kind is 'ende'" in other for other in caught.value.suggestions)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "needs the input 'question'"),
        ({"question": 1}, "expected string"),
        ({"question": "q", "floor_per_h": True}, "expected number"),
        ({"question": "q", "flor": 1}, "has no input 'flor'; nearest: floor_per_h"),
    ],
)
def test_inputs_are_checked(controller: FlowController, given: dict[str, Any], message: str) -> None:
    with pytest.raises(FluxError) as caught:
        check_inputs(controller.flow, given)
    assert message in str(caught.value)


def test_inputs_have_defaults(controller: FlowController) -> None:
    assert check_inputs(controller.flow, {"question": "q"}) == {"question": "q", "floor_per_h": 0.1}


def test_the_digest_is_of_what_the_flow_says(controller: FlowController) -> None:
    same = flow_from_mapping(controller.flow.model_dump(mode="json"))
    other = controller.flow.model_copy(update={"version": 2})
    assert same.digest == controller.flow.digest != other.digest
    assert Flow.model_validate_json(controller.flow.model_dump_json()) == controller.flow


def test_a_flow_is_linked_to_the_versions_of_the_flows_that_it_runs() -> None:
    middle = flow_from_mapping(
        document(a={"kind": "map", "over": "[1]", "flow": "child", "next": "e"}) | {"flow": "middle"}
    )
    top = flow_from_mapping(document(a={"kind": "subflow", "flow": "middle", "next": "e"}))
    pinned_top, others = pin_subflows(top, {"middle": middle, "child": CHILD}.__getitem__)
    assert [other.flow for other in others] == ["child", "middle"]
    assert pinned_top.nodes["a"].digest == others[1].digest  # type: ignore[union-attr] # a subflow
    assert others[1].nodes["a"].digest == CHILD.digest  # type: ignore[union-attr] # a map
    changed = CHILD.model_copy(update={"version": 2})
    again, _ = pin_subflows(top, {"middle": middle, "child": changed}.__getitem__)
    assert again.digest != pinned_top.digest


def test_flows_that_run_each_other_are_refused() -> None:
    one = flow_from_mapping(document(a={"kind": "subflow", "flow": "two", "next": "e"}) | {"flow": "one"})
    two = flow_from_mapping(document(a={"kind": "subflow", "flow": "one", "next": "e"}) | {"flow": "two"})
    with pytest.raises(FluxError, match="circle: one → two → one"):
        pin_subflows(one, {"one": one, "two": two}.__getitem__)


def test_the_schema_for_editors_accepts_what_ships_and_names_every_kind() -> None:
    schema = flow_schema()
    assert schema["properties"]["nodes"]["additionalProperties"]["discriminator"]["mapping"].keys() == {
        "tool", "decide", "branch", "approve", "ask", "consult", "wait", "map", "subflow", "end"
    }  # fmt: skip
    assert schema["additionalProperties"] is False
    assert yaml.safe_dump(schema)
