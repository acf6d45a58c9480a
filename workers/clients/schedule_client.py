"""The schedules of an installation, for commands, scripts and the API."""

from __future__ import annotations

from redis import Redis

from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.scheduler.schedules.schedule_ticker import ScheduleTicker
from fluxagents.scheduler.schedules.schedules import Schedules
from fluxagents.workers.celery.app import FluxApp
from fluxagents.workers.celery.redbeat_schedules import RedbeatSchedules
from fluxagents.workers.redis.triggers.firing_ledger import RedisFiringLedger


def open_schedules(client: RunClient, app: FluxApp, redis: Redis) -> Schedules:
    """The schedules where a client is connected, for whoever it acts as."""
    ledger = RedisFiringLedger(redis, prefix=app.settings.key_prefix)
    ticker = ScheduleTicker(client, ledger, app.time)
    return Schedules(client, RedbeatSchedules(app), ticker, app.time)
