"""A snapshot of everything that a Redis server holds at one moment, taken as a replica takes it.

The server forks and sends its data as an RDB file while it goes on to serve: `redis-cli --rdb` does the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.redis.connection import explain

SILENCE_S = 60.0
"""A server that forks sends a line end every second."""
CHUNK_BYTES = 1 << 20
MARK_BYTES = 40
"""The random mark that ends a file whose length the server does not know when it begins."""


def read_snapshot(url: str) -> Iterator[bytes]:
    """All databases of a server, as they are at one moment, in Redis' own format (RDB), in parts.

    Raises:
        FluxError: The server cannot be reached, refuses, or ends the connection too early.
    """
    client = Redis.from_url(url, socket_timeout=SILENCE_S, retry=Retry(NoBackoff(), 0))
    try:
        connection: Any = client.connection_pool.get_connection()
        connection.send_command("REPLCONF", "capa", "eof")
        connection.read_response()
        connection.send_command("SYNC")
        # What follows is no reply but a file: redis-py has no way to read one.
        with connection._sock.makefile("rb", CHUNK_BYTES) as stream:  # noqa: SLF001
            yield from _read_file(stream)
    except (RedisError, TimeoutError) as error:
        raise explain(error, url) from error
    finally:
        client.close()


def _read_file(stream: BufferedReader) -> Iterator[bytes]:
    header = _read_header(stream)
    if header.startswith(b"$EOF:"):
        return _read_to_mark(stream, header.removeprefix(b"$EOF:"))
    return _read_bytes(stream, int(header.removeprefix(b"$")))


def _read_header(stream: BufferedReader) -> bytes:
    """`$<bytes>` or `$EOF:<mark>`, after empty lines that say that the server is still there."""
    while line := stream.readline():
        header = line.strip()
        if header.startswith(b"$"):
            return header
        if header:
            raise _refusal(f"refuses a snapshot: {header.decode(errors='replace').removeprefix('-')}")
    raise _refusal("ended the connection before it sent a snapshot")


def _read_bytes(stream: BufferedReader, size: int) -> Iterator[bytes]:
    while size:
        chunk = stream.read1(min(size, CHUNK_BYTES))
        if not chunk:
            raise _refusal("ended the connection in the middle of a snapshot")
        size -= len(chunk)
        yield chunk


def _read_to_mark(stream: BufferedReader, mark: bytes) -> Iterator[bytes]:
    """What comes before the mark; the server may send after it what is written meanwhile."""
    held = b""
    while chunk := stream.read1(CHUNK_BYTES):
        held += chunk
        at = held.find(mark)
        if at >= 0:
            yield held[:at]
            return
        yield held[:-MARK_BYTES]
        held = held[-MARK_BYTES:]
    raise _refusal("ended the connection in the middle of a snapshot")


def _refusal(what: str) -> FluxError:
    return FluxError(
        ErrorClass.PROVIDER_OUTAGE,
        f"Redis {what}",
        suggestions=["its user needs the commands SYNC and REPLCONF", "or use the backups of who runs it"],
    )
