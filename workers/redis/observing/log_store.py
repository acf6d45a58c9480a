"""The last log lines about runs of all nodes, and the levels of logs, in Redis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from redis import Redis
from redis.exceptions import RedisError

from fluxagents.flows.errors import FluxError
from fluxagents.workers.observing.log_link import LogLink
from fluxagents.workers.observing.run_lines import RunLine, RunLines
from fluxagents.workers.redis import connection
from fluxagents.workers.settings import Settings

PAGE = 1_000

PATIENCE = {"socket_connect_timeout": 2.0, "socket_timeout": 5.0}
"""Lines wait meanwhile, and nothing else does."""


def open_log_store(settings: Settings, redis: Redis) -> RedisLogStore:
    """The log lines of an installation.

    Args:
        settings: Of the installation.
        redis: A client that returns bytes.
    """
    return RedisLogStore(redis, prefix=settings.key_prefix, max_lines=settings.log_lines)


def open_log_link(settings: Settings, url: str, lines: RunLines) -> LogLink:
    """What ties the logs of this process to those of all others; it connects when it is started.

    Args:
        settings: Of the installation.
        url: Of its Redis.
        lines: Those of this process.
    """
    return LogLink(
        lines,
        lambda: open_log_store(settings, connection.open_client(url, **PATIENCE)),
        errors=(RedisError, FluxError),
        keeps_lines=settings.log_lines > 0,
    )


class RedisLogStore:
    """As `LogStore`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
        max_lines: About how many lines are kept, the latest ones.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:", max_lines: int) -> None:
        self._redis = redis
        self._stream = f"{prefix}logs"
        self._levels = f"{prefix}logs:levels"
        self._max_lines = max_lines

    def append(self, lines: Sequence[RunLine]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for line in lines:
            pipe.xadd(
                self._stream,
                {"run": line.run_id, "line": line.text},
                maxlen=self._max_lines,
                approximate=True,
            )
        pipe.execute()

    def read_levels(self) -> Mapping[str, str]:
        levels: dict[bytes, bytes] = self._redis.hgetall(self._levels)  # type: ignore[assignment]
        return {area.decode(): level.decode() for area, level in levels.items()}

    def set_level(self, area: str, level: str) -> None:
        """Let an area log at a level in all processes; an empty one lets it go by the settings again."""
        if level:
            self._redis.hset(self._levels, area, level)
        else:
            self._redis.hdel(self._levels, area)

    def find(self, run_id: str, *, after: str = "") -> Iterator[tuple[str, str]]:
        """The lines of a run and of those that it began, the oldest first, each with its place.

        Args:
            run_id: The run.
            after: The place after which to begin.
        """
        children = f"{run_id}.".encode()
        last = f"({after}" if after else "-"
        while rows := self._read(last):
            for place, fields in rows:
                name = fields[b"run"]
                if name == run_id.encode() or name.startswith(children):
                    yield place.decode(), fields[b"line"].decode()
            last = f"({rows[-1][0].decode()}"

    def _read(self, first: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
        rows: list[tuple[bytes, dict[bytes, bytes]]] = self._redis.xrange(  # type: ignore[assignment]
            self._stream, min=first, count=PAGE
        )
        return rows
