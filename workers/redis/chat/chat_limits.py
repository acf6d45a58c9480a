"""The limit of a chat model over all workers: a line in Redis, by the clock of Redis."""

from __future__ import annotations

import json
from importlib.resources import files
from secrets import token_hex

from redis import Redis

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.tasks.ports.chat_limits import LimitReachedError

WINDOW_MS = 61_000
"""A minute, and a second for requests that are on their way for different times."""


class RedisChatLimits:
    """As `fluxagents.tasks.ports.chat_limits.ChatLimits`, for one chat model.

    In any stretch of time as long as the window, no more requests are sent and no more tokens asked for than
    the limit. Who must wait gets a time to come back at, behind all who wait, or, when a human waits for it,
    behind those for whom humans wait; nothing is held meanwhile.

    Args:
        redis: A client.
        chat_model: As events record it: all workers that ask it share the limit.
        requests: In a window; none for any number.
        tokens: In a window; none for any number.
        prefix: What every key begins with.
        window_ms: The length of the window.
    """

    def __init__(
        self,
        redis: Redis,
        chat_model: str,
        *,
        requests: int | None,
        tokens: int | None,
        prefix: str = "flux:",
        window_ms: int = WINDOW_MS,
    ) -> None:
        self._chat_model = chat_model
        self._keys = [f"{prefix}chat:{chat_model}:{part}" for part in ("sent", "waiting", "urgent", "cost")]
        self._requests = requests or 0
        self._tokens = tokens or 0
        self._window_ms = window_ms
        folder = files("fluxagents.workers.redis") / "lua"
        self._enter = redis.register_script((folder / "chat_enter.lua").read_text())
        self._leave = redis.register_script((folder / "chat_leave.lua").read_text())

    def enter(self, run_id: str, tokens: int, *, urgent: bool = True) -> str:
        request_id = f"{run_id}.{token_hex(8)}"
        document = {
            "run": run_id,
            "request": request_id,
            "tokens": tokens,
            "max_requests": self._requests,
            "max_tokens": self._tokens,
            "window_ms": self._window_ms,
            "urgent": urgent,
        }
        at = int(self._enter(keys=self._keys, args=[json.dumps(document)]))
        if at < 0:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"a request of {tokens} tokens with its answer is more than the {self._tokens} tokens "
                f"a minute of chat model '{self._chat_model}'",
                suggestions=("lower FLUXAGENTS_CHAT_REQUEST_TOKENS", "raise the limit of tokens per minute"),
            )
        if at > 0:
            raise LimitReachedError(self._chat_model, at)
        return request_id

    def leave(self, ticket: str, tokens: int) -> None:
        self._leave(keys=self._keys, args=[ticket, tokens])
