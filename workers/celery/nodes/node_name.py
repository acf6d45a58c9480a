"""The name of a worker, which no other one has while it lives: metrics and remote control know it by that."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from socket import gethostname
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError
from redis import Redis
from redis.exceptions import WatchError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.machine.process import ProcessId

LOOK_EVERY_S = 0.1


def name_key(prefix: str, name: str) -> str:
    """Key of who has a name; expires."""
    return f"{prefix}node-name:{name}"


class NameHolder(BaseModel):
    """The main process of a worker."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    machine: str
    process: ProcessId

    @classmethod
    def of_this_process(cls) -> Self:
        return cls(machine=gethostname(), process=ProcessId.of(os.getpid()))

    @property
    def is_gone(self) -> bool:
        """Whether it has ended for sure; of another machine nobody knows that here."""
        return self.machine == gethostname() and not self.process.alive()


def claim_name(redis: Redis, key: str, holder: NameHolder, *, ttl_s: float) -> None:
    """Take a name, whose holder says every few seconds that it lives.

    Returns at once if nobody has it or its holder's process has ended, else once the holder is silent for too
    long.

    Args:
        redis: A client that decodes its answers.
        key: Of the name.
        holder: Who takes it.
        ttl_s: After which a silent holder has lost it.

    Raises:
        FluxError: A live worker has it.
    """
    ttl_ms, left_ms = int(ttl_s * 1_000), 0
    while not redis.set(key, holder.model_dump_json(), nx=True, px=ttl_ms):
        text = redis.get(key)
        other = _read_holder(text)
        if other is None or other.is_gone:
            _free(redis, key, text)
            continue
        before_ms, left_ms = left_ms, int(redis.pttl(key))
        if before_ms and left_ms > before_ms:
            name = key.rpartition("node-name:")[2]
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"a worker named {name!r} runs already (process {other.process.pid} on {other.machine})",
                suggestions=(
                    f"stop that one, or give this one another name: `--hostname={_suggest_name(name)}`",
                ),
            )
        time.sleep(LOOK_EVERY_S)


def _free(redis: Redis, key: str, text: object) -> None:
    """Take a name from a holder, unless another one has it by now."""
    with redis.pipeline() as pipe:
        pipe.watch(key)  # type: ignore[no-untyped-call] # redis is half typed
        if pipe.get(key) != text:
            return
        pipe.multi()
        pipe.delete(key)
        with suppress(WatchError):
            pipe.execute()


def _read_holder(text: object) -> NameHolder | None:
    try:
        return NameHolder.model_validate_json(str(text))
    except ValidationError:
        return None


def _suggest_name(name: str) -> str:
    pool, _, machine = name.partition("@")
    return f"{pool}-2@{machine}" if machine else f"{name}-2"
