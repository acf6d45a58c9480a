"""Which act carries out which kind of step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.notifier import Notifier
from fluxagents.flows.ports.remedy_book import RemedyBook
from fluxagents.flows.ports.standing_votes import StandingVotes
from fluxagents.prompts.statistics.costs import Prices
from fluxagents.prompts.versions.manager import PromptManager
from fluxagents.tasks import dispatch
from fluxagents.tasks.acts.begin_children import begin_children
from fluxagents.tasks.acts.call_tool import ToolPorts, call_tool
from fluxagents.tasks.acts.child_runs import ChildRuns
from fluxagents.tasks.acts.compute_effect import EffectPorts, compute_call_effect
from fluxagents.tasks.acts.decide import DecidePorts, decide
from fluxagents.tasks.acts.expire_run import expire_run
from fluxagents.tasks.acts.explain_request import explain_request
from fluxagents.tasks.acts.join_children import ChildRunPorts, join_children
from fluxagents.tasks.acts.notify_human import HumanPorts, notify_human
from fluxagents.tasks.ports.artifacts import ArtifactStore
from fluxagents.tasks.ports.decisions import DecisionMaker
from fluxagents.tasks.ports.models import ModelStore
from fluxagents.tasks.ports.sources import Sources
from fluxagents.tasks.protocol import Act
from fluxagents.tasks.tool import Tool


def build_acts(
    *,
    clock: Clock,
    decider: Callable[[], DecisionMaker],
    notifier: Notifier,
    standing: StandingVotes,
    prompts: Callable[[], PromptManager],
    tools: Mapping[str, Tool],
    models: ModelStore,
    artifacts: ArtifactStore,
    sources: Sources,
    remedies: RemedyBook,
    children: ChildRuns,
    prices: Prices | None = None,
) -> Mapping[str, Act]:
    """Hand each act its ports; the acts by kind of step, see `fluxagents.tasks.dispatch.step_kind`."""
    decide_ports = DecidePorts(clock=clock, decider=decider)
    human_ports = HumanPorts(clock=clock, notifier=notifier, prompts=prompts, standing=standing)
    tool_ports = ToolPorts(
        clock=clock,
        tools=tools,
        models=models,
        artifacts=artifacts,
        sources=sources,
        remedies=remedies,
        children=children,
    )
    effect_ports = EffectPorts(
        clock=clock, tools=tools, models=models, artifacts=artifacts, sources=sources, prices=prices
    )
    child_ports = ChildRunPorts(
        clock=clock, tools=tools, models=models, artifacts=artifacts, children=children
    )
    return MappingProxyType(
        {
            dispatch.DECIDE: partial(decide, decide_ports),
            dispatch.TOOL: partial(call_tool, tool_ports),
            dispatch.EFFECT: partial(compute_call_effect, effect_ports),
            dispatch.EXPLAIN: partial(explain_request, decide_ports),
            dispatch.NOTIFY: partial(notify_human, human_ports),
            dispatch.EXPIRE: partial(expire_run, clock),
            dispatch.BEGIN: partial(begin_children, child_ports),
            dispatch.JOIN: partial(join_children, child_ports),
        }
    )
