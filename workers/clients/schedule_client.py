"""The schedules of an installation, for commands and scripts."""

from __future__ import annotations

from fluxagents.scheduler.schedules.schedule_ticker import ScheduleTicker
from fluxagents.scheduler.schedules.schedules import Schedules
from fluxagents.workers.celery.app import create_app
from fluxagents.workers.celery.redbeat_schedules import RedbeatSchedules
from fluxagents.workers.clients.client import Client
from fluxagents.workers.redis.triggers.firing_ledger import RedisFiringLedger


def open_schedules(client: Client) -> Schedules:
    """The schedules where a client is connected."""
    app = create_app(client.settings)
    ledger = RedisFiringLedger(client.redis, prefix=client.settings.key_prefix)
    ticker = ScheduleTicker(client, ledger, app.time)
    return Schedules(client, RedbeatSchedules(app), ticker, app.time)
