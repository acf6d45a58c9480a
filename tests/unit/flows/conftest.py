"""A flow small enough to read beside its tests."""

from __future__ import annotations

import pytest

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.reading import flow_from_yaml

FLOW = """
flow: growth_check
version: 1
purpose: For tests.
inputs:
  question: {type: string, required: true}
  floor_per_h: {type: number, default: 0.1}
facts:
  growth_per_h: {type: number, unit: 1/h}
  status: {type: string}
start: measure
nodes:
  measure:
    kind: tool
    tool: fba
    args: {method: pfba, floor: =floor_per_h}
    facts: {growth_per_h: growth.value, status: status}
    next: grows
  grows:
    kind: branch
    cases:
      - {when: status == 'optimal' and growth_per_h > floor_per_h, to: ask}
    otherwise: agree
  ask:
    kind: decide
    prompt: tool_selection
    tools: [fba, change]
    max_steps: 4
    next: done
  agree:
    kind: approve
    question: Go on without growth?
    next: done
    on_reject: stopped
  done: {kind: end, message: nothing was answered}
  stopped: {kind: end, outcome: failed}
"""

TOOLS = {
    "fba": ToolFacts("fba"),
    "change": ToolFacts("change", needs_approval=True),
}


@pytest.fixture
def controller() -> FlowController:
    return FlowController(flow_from_yaml(FLOW), tools=TOOLS)
