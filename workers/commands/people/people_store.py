"""Where the commands about people find them."""

from __future__ import annotations

from fluxagents.scheduler.people.api_keys import ApiKeys
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.people.people import People
from fluxagents.workers.commands.command_client import open_authority
from fluxagents.workers.redis import connection
from fluxagents.workers.redis.people.key_book import RedisKeyBook
from fluxagents.workers.redis.people.session_book import RedisSessionBook
from fluxagents.workers.redis.redis_clock import RedisClock
from fluxagents.workers.settings import Settings


def open_people() -> People:
    """The people of the installation, as whoever runs this command may change them."""
    settings = Settings.load()
    redis = connection.connect(settings, decode_responses=False)
    return People(
        open_authority(settings),
        keys=RedisKeyBook(redis, prefix=settings.key_prefix),
        sessions=RedisSessionBook(redis, prefix=settings.key_prefix),
        clock=RedisClock(redis),
    )


def open_keys() -> tuple[ApiKeys, Authority]:
    """The API keys of the installation, and what whoever runs this command may do."""
    settings = Settings.load()
    authority = open_authority(settings)
    redis = connection.connect(settings, decode_responses=False)
    book = RedisKeyBook(redis, prefix=settings.key_prefix)
    return ApiKeys(book, authority.directory, RedisClock(redis)), authority
