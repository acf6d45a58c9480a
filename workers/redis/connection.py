"""Which Redis this installation uses, and one clear line when it cannot be used."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.redis import embedded_redis
from fluxagents.workers.redis.refusals import explain_refusal, is_write_refused
from fluxagents.workers.redis.sentinel.sentinel_address import SentinelAddress
from fluxagents.workers.settings import SENTINEL_SCHEME, Settings

CONNECT_TIMEOUT_S = 3.0


def redis_url(settings: Settings) -> str:
    """The URL of the Redis to use: the one named in the settings, else the running embedded one.

    Raises:
        FluxError: None is named and the embedded one does not run.
    """
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    url = embedded_redis.running_url(settings.redis_dir)
    if url is None:
        raise FluxError(
            ErrorClass.PROVIDER_OUTAGE,
            f"no Redis is running for the data folder {settings.data_dir}",
            suggestions=["start one with `fluxagents up`", "or set FLUXAGENTS_REDIS_URL to yours"],
        )
    return url


def find_sentinels(url: str) -> SentinelAddress | None:
    """Whom to ask for the primary; None for the URL of one Redis.

    Raises:
        FluxError: It names sentinels in another form than it must.
    """
    return SentinelAddress.parse(url) if url.startswith(SENTINEL_SCHEME) else None


def open_client(url: str, **options: Any) -> Redis:
    """A client of the Redis at this URL, or of whichever is the primary; connects to nothing yet.

    Raises:
        FluxError: The URL names sentinels in another form than it must.
    """
    sentinels = find_sentinels(url)
    return Redis.from_url(url, **options) if sentinels is None else sentinels.open_client(**options)


def find_url(settings: Settings) -> str:
    """The `redis://` or `rediss://` URL of the Redis that is used now: behind Sentinel, that of the primary.

    Raises:
        FluxError: There is none, or no sentinel knows one.
    """
    url = redis_url(settings)
    sentinels = find_sentinels(url)
    if sentinels is None:
        return url
    try:
        return sentinels.find_primary_url()
    except RedisError as error:
        raise explain(error, url) from error


def connect(settings: Settings, *, decode_responses: bool = True) -> Redis:
    """A client that was answered once; text in and, unless told otherwise, text out.

    A server that can only read, since its disk is full, has answered.

    Raises:
        FluxError: Redis cannot be reached or refuses the password.
    """
    url = redis_url(settings)
    client = open_client(
        url,
        decode_responses=decode_responses,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=CONNECT_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        client.ping()
    except RedisError as error:
        if not is_write_refused(error):
            client.close()
            raise explain(error, url) from error
    return client


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    parts = urlsplit(url)._replace(query="")
    if parts.password is None and parts.username is None:
        return parts.geturl()
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"***@{host}").geturl()


def explain(error: BaseException, url: str) -> FluxError:
    """What went wrong with Redis in one line: the address without its password, and what to do."""
    where = without_password(url)
    text = str(error)
    if isinstance(error, AuthenticationError) or text.startswith(("NOAUTH", "WRONGPASS", "invalid username")):
        return FluxError(
            ErrorClass.PERMISSION,
            f"Redis at {where} refuses the password",
            suggestions=["put the right one into FLUXAGENTS_REDIS_URL (redis://:<password>@host:port/0)"],
        )
    if isinstance(error, RedisConnectionError | TimeoutError | OSError):
        return FluxError(
            ErrorClass.PROVIDER_OUTAGE,
            f"Redis at {where} cannot be reached: {text}",
            suggestions=["start it, or correct FLUXAGENTS_REDIS_URL", "`fluxagents doctor` checks the rest"],
        )
    refusal = explain_refusal(error, where)
    if refusal is not None:
        return refusal
    return FluxError(
        ErrorClass.PROVIDER_OUTAGE,
        f"Redis at {where} answers with an error: {text}",
        suggestions=["`fluxagents doctor` checks its configuration"],
    )
