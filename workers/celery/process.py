"""What the Celery tasks of one process use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.ports.run_store import RunStore
from fluxagents.scheduler.channels.bounces import Bounces
from fluxagents.scheduler.channels.carrying import Carry
from fluxagents.scheduler.channels.channel_relay import ChannelRelay
from fluxagents.scheduler.channels.lane import ChannelOutbox
from fluxagents.scheduler.channels.mail.digests import Digests
from fluxagents.scheduler.firings.lookout import Lookout
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.schedules.schedule_ticker import ScheduleTicker
from fluxagents.scheduler.triggers.folders.folder_watch import FolderWatch
from fluxagents.scheduler.triggers.trigger_engine import TriggerEngine
from fluxagents.scheduler.webhooks.endpoint_book import WebhookOutbox
from fluxagents.scheduler.webhooks.relay import WebhookRelay
from fluxagents.tasks.ports.refused_messages import RefusedMessages
from fluxagents.tasks.protocol import Act, StepPorts
from fluxagents.tasks.reconcile import ReconcilerPorts
from fluxagents.workers.observing.traces.trace_relay import TraceRelay


@dataclass(frozen=True, kw_only=True)
class Process:
    """Built once per process by the composition root; each task takes the part that it needs."""

    step_ports: StepPorts
    acts: Mapping[str, Act]
    """By kind of step."""
    reconciler_ports: ReconcilerPorts
    client: RunClient
    """For tasks that start runs."""
    store: RunStore
    refused_messages: RefusedMessages
    clock: Clock
    ticker: ScheduleTicker
    lookout: Lookout
    triggers: TriggerEngine
    folders: FolderWatch
    relay: WebhookRelay
    outbox: WebhookOutbox
    channel_relay: ChannelRelay
    digests: Digests
    bounces: Bounces
    channel_outbox: ChannelOutbox
    trace_relay: Callable[[], TraceRelay]
    """Sends spans; it brings OpenTelemetry."""
    carriers: Callable[[], Carry]
    """What carries a message of any lane; it brings the libraries of the channels that are set up."""
