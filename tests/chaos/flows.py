"""The flows of the fault suite: ten steps each, made of tiny tools that misbehave on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.reading import flow_from_mapping

STEPS = 10

NAMES = (
    "noop",
    "slow",
    "held",
    "killer",
    "hungry",
    "effect",
    "torn",
    "flaky",
    "guarded",
    "guarded_flaky",
    "parts",
    "stubborn",
    "stored",
)


TOOLS = {
    name: ToolFacts(name, needs_approval=name.startswith("guarded"), has_effect=name.startswith("guarded"))
    for name in NAMES
}

TIME_LIMITS_S = {"stubborn": (0.5, 1.5)}
"""Soft and hard limit of the tools that have one."""

Call = tuple[str, dict[str, Any]]
NOOP: Call = ("noop", {})
EFFECT: Call = ("effect", {})


def _flow(name: str, calls: Sequence[Call], *, asks: bool = False, approvals: Any = None) -> Flow:
    """Ten steps; the first one may ask a chat model instead of running a tool.

    Args:
        name: Of the flow.
        calls: Its first steps; the others do nothing.
        asks: Whether the first one asks.
        approvals: How those of its tools are decided.
    """
    calls = [*calls, *[NOOP] * (STEPS - len(calls))]
    nodes: dict[str, Any] = {
        f"n{number}": {"kind": "tool", "tool": tool, "args": args, "next": f"n{number + 1}"}
        for number, (tool, args) in enumerate(calls)
    }
    if asks:
        nodes["n0"] = {"kind": "decide", "prompt": "tool_selection", "next": "n1"}
    nodes[f"n{STEPS}"] = {"kind": "end", "message": "done"}
    return flow_from_mapping(
        {
            "flow": name,
            "version": 1,
            "purpose": "Faults.",
            "start": "n0",
            "nodes": nodes,
            "approvals": approvals or {},
        }
    )


def _slow(seconds: float) -> Call:
    return ("slow", {"seconds": seconds})


def _guarded(amount: int) -> Call:
    return ("guarded", {"amount": amount})


def _guarded_flaky(amount: int) -> Call:
    return ("guarded_flaky", {"amount": amount, "times": 1})


VOTED = {
    "policy": {"quorum": "2 of [group:curators]", "four_eyes": True, "rejections": 2},
    "ladder": [{"after": "2s"}, {"after": "6s", "to": "lea"}, {"after": "20s", "then": "deny"}],
}
"""Two of three, reminded soon and then helped by a fourth, while everything around them dies.

Where so many of them have edited it that nobody is left who may agree, it is denied in the end.
"""

SIGNED = {
    "policy": {"quorum": "2 of [group:signers]"},
    "ladder": [{"after": "3s", "via": ["slack", "email"]}, {"after": "5m", "then": "deny"}],
}
"""Two of three whom mail and Slack reach; all are reached by both after a while."""

OVERDUE = {"ladder": [{"after": "1s"}, {"after": "10m", "then": "deny"}]}
"""Nobody is there when it should be decided."""

POSTED = flow_from_mapping(
    {
        "flow": "posted",
        "version": 1,
        "purpose": "Ends at once.",
        "inputs": {"number": {"type": "integer", "purpose": "Of the delivery.", "required": True}},
        "start": "done",
        "nodes": {"done": {"kind": "end", "message": "{number}"}},
    }
)

FLOWS = {
    flow.flow: flow
    for flow in (
        _flow("plain", []),
        _flow("mixed", [NOOP, _slow(0.1), EFFECT, NOOP, _slow(0.2), EFFECT, NOOP, EFFECT]),
        _flow("blocking", [_slow(4.0), EFFECT]),
        _flow("held", [("held", {}), EFFECT]),
        _flow("fragile", [NOOP, ("killer", {"times": 2}), EFFECT]),
        _flow("poison", [EFFECT, ("killer", {"times": 1_000})]),
        _flow("hungry", [NOOP, ("hungry", {}), EFFECT]),
        _flow("split", [NOOP, ("parts", {}), EFFECT]),
        _flow("stored", [("stored", {})] * 5),
        _flow("voted", [_guarded(3), NOOP, _guarded(5), EFFECT], approvals={"guarded": VOTED}),
        _flow("signed", [_guarded(3), EFFECT], approvals={"guarded": SIGNED}),
        _flow("asking", [NOOP, EFFECT], asks=True),
        _flow("torn", [NOOP, ("torn", {"times": 2}), EFFECT]),
        _flow("stubborn", [NOOP, ("stubborn", {"times": 1}), EFFECT]),
        _flow("endless", [("stubborn", {"times": 1_000})]),
        _flow("flaky", [("flaky", {"times": 1})] * 3),
        _flow("gated", [NOOP, _guarded(1), ("flaky", {"times": 1}), _guarded_flaky(2), EFFECT, _guarded(3)]),
        _flow("overdue", [_guarded(3)], approvals={"guarded": OVERDUE}),
        _flow("guarded", [NOOP, ("guarded", {"amount": 3}), EFFECT]),
        POSTED,
    )
}
