"""Flows that cannot run say what is wrong with them."""

from __future__ import annotations

import pytest
import yaml

from fluxagents.flows.catalog import ToolFacts
from fluxagents.flows.controller import FlowController
from fluxagents.flows.definition import checked_inputs, flow_from_yaml
from fluxagents.flows.errors import FluxError

TOOLS = {"fba": ToolFacts("fba")}


def flow(**nodes: object) -> FlowController:
    document = {"flow": "f", "version": 1, "purpose": "p", "start": "a", "nodes": nodes}
    return FlowController(flow_from_yaml(yaml.safe_dump(document)), tools=TOOLS)


END = {"kind": "end"}


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        (
            {"a": {"kind": "tool", "tool": "fba", "next": "ennd"}, "end": END},
            "'ennd', which is no node; nearest: end",
        ),
        ({"a": END, "lost": END}, "node 'lost' cannot be reached"),
        (
            {
                "a": {"kind": "tool", "tool": "fba", "next": "b"},
                "b": {"kind": "tool", "tool": "fba", "next": "a"},
            },
            "leads to no end",
        ),
        (
            {"a": {"kind": "tool", "tool": "fbaa", "next": "e"}, "e": END},
            "tool 'fbaa', which does not exist; nearest: fba",
        ),
        (
            {
                "a": {"kind": "branch", "cases": [{"when": "growht > 1", "to": "e"}], "otherwise": "e"},
                "e": END,
            },
            "'growht' is neither an input nor a fact",
        ),
        (
            {"a": {"kind": "branch", "cases": [{"when": "1 >", "to": "e"}], "otherwise": "e"}, "e": END},
            "cannot be read",
        ),
    ],
)
def test_each_mistake_is_named(nodes: dict[str, object], problem: str) -> None:
    assert any(problem in found for found in flow(**nodes).validate_flow()), flow(**nodes).validate_flow()


def test_a_flow_without_mistakes_has_no_problems(controller: FlowController) -> None:
    assert controller.validate_flow() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a list", "not a mapping"),
        ("flow: [", "not YAML"),
        ("flow: f\nversion: 1\npurpose: p\nstart: a\nnodes: {a: {kind: tol}}", r"nodes\.a"),
        ("flow: f\nversion: 1\npurpose: p\nstart: a\nnodes: {}\nextra: 1", "extra"),
    ],
)
def test_what_is_no_flow_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(FluxError, match=message):
        flow_from_yaml(text, where="mine.yaml")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "needs the input 'question'"),
        ({"question": 3}, "'question' of flow 'growth_check' is 3, expected string"),
        ({"question": "q", "floor_per_h": True}, "expected number"),
        ({"question": "q", "qestion": 1}, "has no input 'qestion'"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(
    controller: FlowController, given: dict[str, object], message: str
) -> None:
    with pytest.raises(FluxError, match=message):
        checked_inputs(controller.flow, given)  # type: ignore[arg-type]


def test_inputs_get_their_defaults(controller: FlowController) -> None:
    assert checked_inputs(controller.flow, {"question": "q"}) == {"question": "q", "floor_per_h": 0.1}


def test_two_definitions_with_one_content_have_one_digest(controller: FlowController) -> None:
    again = flow_from_yaml(yaml.safe_dump(controller.flow.model_dump(mode="json")))
    assert again.digest == controller.flow.digest
