"""The Lua scripts of the store."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from redis import Redis


def register_script(redis: Redis, *names: str) -> Any:
    """A script put together from the files `lua/<name>.lua`; those before the last one are shared parts."""
    folder = files("fluxagents.workers.redis") / "lua"
    parts = [(folder / f"{name}.lua").read_text() for name in ("keys", *names)]
    return redis.register_script("\n".join(parts))
