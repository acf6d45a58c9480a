"""Where the commands about people find them."""

from __future__ import annotations

from fluxagents.scheduler.people.api_keys import ApiKeys
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.people.people import People
from fluxagents.workers.commands.command_client import open_authority
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.key_book import RedisKeyBook
from fluxagents.workers.settings import Settings


def open_people() -> People:
    """The people of the installation, as whoever runs this command may change them."""
    settings = Settings.load()
    return People(open_authority(settings), _key_book(settings), SystemClock())


def open_keys() -> tuple[ApiKeys, Authority]:
    """The API keys of the installation, and what whoever runs this command may do."""
    settings = Settings.load()
    authority = open_authority(settings)
    return ApiKeys(_key_book(settings), authority.directory, SystemClock()), authority


def _key_book(settings: Settings) -> RedisKeyBook:
    redis = connection.connect(settings, decode_responses=False)
    return RedisKeyBook(redis, prefix=settings.key_prefix)
