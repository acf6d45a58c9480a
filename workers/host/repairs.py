"""What `doctor` can mend by itself: each repair belongs to a check, and says what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from redis.exceptions import RedisError

from fluxagents.workers.host import data_folder
from fluxagents.workers.host.checks import CheckResult, CheckStatus
from fluxagents.workers.redis import connection
from fluxagents.workers.settings import Settings

Repair = Callable[[Settings], str]
"""What it did, in a sentence; empty where there was nothing for it to do."""


def repair(settings: Settings, results: Sequence[CheckResult]) -> Iterator[tuple[str, str]]:
    """Mend what can be mended of the checks that are not well.

    Yields:
        The name of a check, and what was done, or why it could not be.
    """
    for result in results:
        if result.verdict is CheckStatus.OK or result.name not in REPAIRS:
            continue
        try:
            done = REPAIRS[result.name](settings)
        except RedisError as error:
            done = f"Redis does not let it be set: {error}"
        if done:
            yield result.name, done


def _configure(settings: Settings, name: str, value: str) -> str:
    """Set Redis, and write it into its file where it has one."""
    with connection.connect(settings) as redis:
        redis.config_set(name, value)
        has_file = bool(redis.info("server").get("config_file"))
        if has_file:
            redis.config_rewrite()
    kept = "and its file" if has_file else "until it restarts: it has no file"
    return f"set `{name} {value}` in Redis {kept}"


REPAIRS: Mapping[str, Repair] = {
    "data folder": data_folder.close,
    "eviction": lambda settings: _configure(settings, "maxmemory-policy", "noeviction"),
    "append-only file": lambda settings: _configure(settings, "appendonly", "yes"),
}
