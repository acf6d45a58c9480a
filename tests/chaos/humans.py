"""Humans who control runs of the fault suite, as the command line and the client do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.chaos.cluster import Cluster
from tests.chaos.flows import TOOLS

from fluxagents.flows.language.catalog import ToolFacts
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.tasks.ports.results import Args, Result
from fluxagents.tasks.tool import Tool
from fluxagents.workers.celery.publisher import CeleryPublisher
from fluxagents.workers.clients.local_authority import build_local_authority
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.models.model_store import ModelFiles


class Withheld(CeleryPublisher):
    """Keeps what it was to send."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster.app, cluster.redis)
        self.kept: list[Outgoing] = []

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        self.kept += outgoing


def client_of(cluster: Cluster, publisher: CeleryPublisher | None = None) -> RunClient:
    """The client of a human on this installation."""
    return RunClient(
        store=cluster.store,
        publisher=publisher or cluster.publisher,
        clock=SystemClock(),
        models=ModelFiles(cluster.settings.artifact_url),
        flows=FlowLibrary(),
        tools={name: _declared(facts) for name, facts in TOOLS.items()},
        authority=build_local_authority(cluster.settings, cluster.redis, cluster.store.audit_log, "client"),
    )


class AnyAmount(Args):
    """What an approver may change."""

    amount: int = 0
    times: int = 0


def _declared(facts: ToolFacts) -> Tool:
    """A tool as its humans know it; only the workers run it."""
    return Tool(
        name=facts.name,
        purpose="Faults.",
        args=AnyAmount,
        result=Result,
        run=_not_here,
        change=_not_here if facts.needs_approval else None,
        reference="tests/chaos/tools.py",
    )


def _not_here(*_: object) -> Any:
    raise NotImplementedError
