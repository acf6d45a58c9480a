"""What each kind of node does. A new kind has a file beside this one, a row here, and a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fluxagents.flows.commands import Command
from fluxagents.flows.engine.children import ChildPlan, on_child_runs
from fluxagents.flows.engine.kinds.approve import on_approve
from fluxagents.flows.engine.kinds.ask import on_ask
from fluxagents.flows.engine.kinds.branch import on_branch
from fluxagents.flows.engine.kinds.consult import on_consult
from fluxagents.flows.engine.kinds.decide import on_decide
from fluxagents.flows.engine.kinds.end import on_end
from fluxagents.flows.engine.kinds.map import plan_map
from fluxagents.flows.engine.kinds.subflow import plan_subflow
from fluxagents.flows.engine.kinds.tool import on_tool
from fluxagents.flows.engine.kinds.wait import on_wait
from fluxagents.flows.engine.node_context import NodeContext
from fluxagents.flows.events import Event


@dataclass(frozen=True, slots=True)
class NodeKind:
    """One kind of node."""

    transition: Callable[[NodeContext, Any], Event | Command]
    """The event that follows at a node of this kind, or the command that a step must carry out."""
    plan_runs: Callable[[NodeContext, Any], list[ChildPlan]] | None = None
    """The runs that the node begins; None for a kind that begins none."""
    handles_failures: bool = False
    """Whether the transition says itself what follows a failure that is not tried again."""


NODE_KINDS: Mapping[str, NodeKind] = {
    "tool": NodeKind(on_tool),
    "decide": NodeKind(on_decide, handles_failures=True),
    "branch": NodeKind(on_branch),
    "approve": NodeKind(on_approve),
    "ask": NodeKind(on_ask),
    "consult": NodeKind(on_consult),
    "wait": NodeKind(on_wait),
    "map": NodeKind(on_child_runs, plan_runs=plan_map),
    "subflow": NodeKind(on_child_runs, plan_runs=plan_subflow),
    "end": NodeKind(on_end),
}
