"""How commands act: by the channel `command line`, as the user of this machine or by key."""

from __future__ import annotations

from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.scheduler.people.authority import Authority
from fluxagents.workers.clients.client import Client
from fluxagents.workers.clients.local_authority import build_local_authority
from fluxagents.workers.redis import connection, embedded_redis
from fluxagents.workers.redis.people.audit_log import RedisAuditLog
from fluxagents.workers.settings import Settings


class CommandClient(Client):
    """The client of a command."""

    def __init__(self) -> None:
        super().__init__(channel="command line")


def open_authority(settings: Settings) -> Authority:
    """What whoever runs this command may do, for acts on other things than runs.

    Raises:
        FluxError: If Redis cannot be reached or refuses the password.
    """
    redis = connection.connect(settings, decode_responses=False)
    log = RedisAuditLog(redis, prefix=settings.key_prefix)
    return build_local_authority(settings, redis, log, "command line")


def record_file_act(settings: Settings, action: Action, on: Resource) -> None:
    """Check and record an act on the files of the installation.

    Without Redis there are no people yet and nothing that could record it: then, as always, the rights on the
    files say who may write them.

    Raises:
        FluxError: If whoever runs this command may not, or the Redis of the settings cannot be reached.
    """
    if settings.redis_url is not None or embedded_redis.running_url(settings.redis_dir) is not None:
        open_authority(settings).record(action, on)
