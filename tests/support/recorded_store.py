"""Loads a store that `tests/support/record_store.py` has recorded."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from redis import Redis


def load_keys(redis: Redis, file: Path) -> None:
    """Write every recorded key into an empty database, with the time that it had left."""
    assert redis.dbsize() == 0
    pipe: Any = redis.pipeline()
    for entry in json.loads(file.read_text()):
        key, value = entry["key"], entry["value"]
        match entry["type"]:
            case "string":
                pipe.set(key, _bytes(value))
            case "hash":
                pipe.hset(key, mapping={_bytes(field): _bytes(content) for field, content in value})
            case "list":
                pipe.rpush(key, *map(_bytes, value))
            case "set":
                pipe.sadd(key, *map(_bytes, value))
            case "zset":
                pipe.zadd(key, {_bytes(member): score for member, score in value})
            case kind:
                raise AssertionError(f"key {key!r} is a {kind}")
        if entry["ttl_ms"] is not None:
            pipe.pexpire(key, entry["ttl_ms"])
    pipe.execute()


def recorded_logs(file: Path) -> dict[str, list[str]]:
    """The events of each run in Redis, a line each, as they were recorded."""
    entries = json.loads(file.read_text())
    return {
        entry["key"].removeprefix("flux:run:").removesuffix(":events"): entry["value"]
        for entry in entries
        if entry["key"].startswith("flux:run:") and entry["key"].endswith(":events")
    }


def _bytes(value: str | dict[str, str]) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])
