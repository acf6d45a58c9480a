"""The address of a Redis that Sentinel watches: which sentinels to ask, and for which primary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.settings import SENTINEL_SCHEME

FORM = f"{SENTINEL_SCHEME}[[user]:password@]host[:port],host[:port]/primary[/db][?sentinel_password=…]"

PORT = 26_379
TIMEOUT_S = 2.0
"""A sentinel that does not answer within it is left out for another."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentinelAddress:
    """Read from a URL."""

    sentinels: tuple[tuple[str, int], ...]
    primary: str
    """The name under which the sentinels know it, such as `mymaster`."""
    database: int
    username: str | None
    password: str | None
    sentinel_password: str | None

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `redis+sentinel://:password@host:port,host:port/mymaster/0`.

        Raises:
            FluxError: It has another form; the message shows no password.
        """
        parts = urlsplit(url)
        login, _, hosts = parts.netloc.rpartition("@")
        found = [_HOST.fullmatch(host) for host in hosts.split(",")]
        path = re.fullmatch(r"/([^/]+)(?:/(\d+))?/?", parts.path)
        if path is None or not all(found):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"FLUXAGENTS_REDIS_URL names no sentinels: {SENTINEL_SCHEME}{hosts}{parts.path}",
                suggestions=[f"give it the form {FORM}"],
            )
        username, _, password = login.partition(":")
        return cls(
            sentinels=tuple((host[1].strip("[]"), int(host[2] or PORT)) for host in found if host),
            primary=unquote(path[1]),
            database=int(path[2] or 0),
            username=unquote(username) or None,
            password=unquote(password) or None,
            sentinel_password=parse_qs(parts.query).get("sentinel_password", [None])[0],
        )

    @property
    def sentinel_options(self) -> dict[str, Any]:
        """How sentinels are asked: the next one at once when one does not answer."""
        return {
            "socket_timeout": TIMEOUT_S,
            "socket_connect_timeout": TIMEOUT_S,
            "retry": Retry(NoBackoff(), 0),
            "password": self.sentinel_password,
        }

    def open_client(self, **options: Any) -> Redis:
        """A client of whichever Redis is the primary when it connects; connects to nothing yet."""
        watched: Any = self._open_sentinels()
        login = {"username": self.username, "password": self.password, "db": self.database}
        client: Redis = watched.master_for(self.primary, **login, **options)
        return client

    def find_primary_url(self) -> str:
        """The `redis://` URL of the primary of this moment, password included.

        Raises:
            redis.sentinel.MasterNotFoundError: No sentinel answers, or none knows the primary.
        """
        with self._open_sentinels() as watched:
            host, port = watched.discover_master(self.primary)
        return f"redis://{self._login}{host}:{port}/{self.database}"

    @property
    def broker_url(self) -> str:
        """As kombu wants it: a URL for each sentinel."""
        addresses = (f"{_bracket(host)}:{port}" for host, port in self.sentinels)
        return ";".join(f"sentinel://{self._login}{address}/{self.database}" for address in addresses)

    @property
    def broker_options(self) -> dict[str, Any]:
        """What kombu takes from the transport options."""
        return {"master_name": self.primary, "sentinel_kwargs": self.sentinel_options}

    @property
    def redbeat_options(self) -> dict[str, Any]:
        """What celery-redbeat wants beside a URL that begins with `redis-sentinel`."""
        return {
            "sentinels": list(self.sentinels),
            "service_name": self.primary,
            "db": self.database,
            "username": self.username,
            "password": self.password,
            "sentinel_kwargs": self.sentinel_options,
        }

    def _open_sentinels(self) -> Sentinel:
        return Sentinel(self.sentinels, sentinel_kwargs=self.sentinel_options)  # type: ignore[no-untyped-call] # redis is half typed

    @property
    def _login(self) -> str:
        if self.username is None and self.password is None:
            return ""
        return f"{quote(self.username or '', safe='')}:{quote(self.password or '', safe='')}@"


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
