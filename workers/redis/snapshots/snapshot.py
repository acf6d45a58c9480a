"""A snapshot of Redis put into an empty Redis again: a server reads the file, and its keys are copied."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ResponseError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.machine.private_files import make_private_folder, write_private
from fluxagents.workers.redis.embedded_redis import APPEND_ONLY_FOLDER, EmbeddedRedis

KEYS_AT_ONCE = 500
BASE = "appendonly.aof.1.base.rdb"
MANIFEST = "appendonly.aof.manifest"
NO_EXPIRY = 0
"""Of RESTORE; PEXPIRETIME answers a negative number."""


def restore_snapshot(snapshot: Path, target: Redis, *, database: int) -> int:
    """Copy the keys of one database of a snapshot, with the times at which they expire.

    Args:
        snapshot: An RDB file.
        target: Where the keys go; answers bytes.
        database: Its number in the snapshot.

    Returns:
        How many keys there are.

    Raises:
        FluxError: `BAD_ARGUMENT` if the target holds keys, or is too old for the snapshot;
            `PROVIDER_OUTAGE` if no server here reads the snapshot.
    """
    held = target.dbsize()
    if held:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"the Redis to restore into holds {held} keys already",
            suggestions=["name an empty database: another Redis, or another number at the end of its URL"],
        )
    with TemporaryDirectory(prefix=".redis-", dir=snapshot.parent) as folder:
        _place_snapshot(snapshot, Path(folder))
        with EmbeddedRedis(Path(folder)) as server, Redis.from_url(server.url, db=database) as source:
            _copy_keys(source, target)
    return target.dbsize()


def _place_snapshot(snapshot: Path, folder: Path) -> None:
    """Lay a snapshot where a server of this data folder reads it at its start, as its append-only file."""
    files = folder / APPEND_ONLY_FOLDER
    make_private_folder(files)
    shutil.copyfile(snapshot, files / BASE)
    write_private(files / MANIFEST, f"file {BASE} seq 1 type b\n")


def _copy_keys(source: Redis, target: Redis) -> None:
    cursor: int | None = None
    while cursor != 0:
        cursor, page = source.scan(cursor or 0, count=KEYS_AT_ONCE)
        keys: list[Any] = [*page]
        with source.pipeline(transaction=False) as reading:
            for key in keys:
                reading.dump(key)
                reading.pexpiretime(key)
            answers = reading.execute()
        with target.pipeline(transaction=False) as writing:
            for key, value, expires_ms in zip(keys, answers[::2], answers[1::2], strict=True):
                if value is not None:
                    # A scan may name a key twice.
                    writing.restore(key, max(expires_ms, NO_EXPIRY), value, replace=True, absttl=True)
            _write(writing)


def _write(pipeline: Pipeline) -> None:
    try:
        pipeline.execute()
    except ResponseError as error:
        if "DUMP payload" not in str(error):
            raise
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            "the Redis to restore into cannot read what the server here writes: it is another kind, or older",
            suggestions=["put a `redis-server` of its version on the PATH and restore again"],
        ) from error
