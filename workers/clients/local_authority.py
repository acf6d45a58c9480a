"""Who acts in a script or a command: by key, or as the user of this machine."""

from __future__ import annotations

import sys
from functools import partial

from redis import Redis

from fluxagents.flows.memory.directory import MemoryDirectory
from fluxagents.flows.people.actor import Actor, Channel
from fluxagents.flows.ports.audit_log import AuditLog
from fluxagents.scheduler.people.api_keys import ApiKeys
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.people.local_user import identify_os_user
from fluxagents.workers.machine.os_user import current_os_user, owns_folder
from fluxagents.workers.redis.people.directory import RedisDirectory
from fluxagents.workers.redis.people.key_book import RedisKeyBook
from fluxagents.workers.redis.redis_clock import RedisClock
from fluxagents.workers.settings import Settings


def build_local_authority(settings: Settings, redis: Redis, log: AuditLog, channel: Channel) -> Authority:
    """Decides for whoever runs this process; who that is, it asks at the first act."""
    directory = RedisDirectory(redis, prefix=settings.key_prefix)

    def identify() -> Actor:
        if settings.api_key is not None:
            book = RedisKeyBook(redis, prefix=settings.key_prefix)
            keys = ApiKeys(book, directory, RedisClock(redis))
            return keys.identify(settings.api_key.get_secret_value(), channel)
        return identify_os_user(
            directory,
            log,
            current_os_user(),
            channel=channel,
            is_owner=owns_folder(settings.data_dir),
            tell=partial(print, file=sys.stderr),
        )

    return Authority(directory, log, identify)


def build_process_authority(log: AuditLog) -> Authority:
    """Decides for runs that live in this process, whose user is their admin."""
    directory = MemoryDirectory()
    return Authority(
        directory,
        log,
        lambda: identify_os_user(
            directory, log, current_os_user(), channel="process", is_owner=True, tell=lambda _: None
        ),
    )
