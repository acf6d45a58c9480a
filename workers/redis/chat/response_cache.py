"""Answers of chat models in Redis, for as many days as the settings say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from langchain_core.messages import AIMessage, message_to_dict, messages_from_dict
from pydantic import JsonValue
from redis import Redis

from fluxagents.prompts.sections import compact

DAY_MS = 86_400_000


class RedisResponseCache:
    """As `fluxagents.tasks.ports.response_cache.ResponseCache`.

    Args:
        redis: A client that returns bytes.
        asked: The chat model and its settings; an answer under others is never returned.
        days: How long an answer is kept.
        prefix: What every key begins with.
    """

    def __init__(
        self, redis: Redis, asked: Mapping[str, JsonValue], *, days: float, prefix: str = "flux:"
    ) -> None:
        self._redis = redis
        self._asked = compact(dict(asked))
        self._px = round(days * DAY_MS)
        self._prefix = f"{prefix}chat:answer:"

    def get(self, request: str) -> AIMessage | None:
        text: bytes | None = self._redis.get(self._key(request))  # type: ignore[assignment] # not awaited
        if text is None:
            return None
        (message,) = messages_from_dict([json.loads(text)])
        assert isinstance(message, AIMessage)
        return message

    def put(self, request: str, answer: AIMessage) -> None:
        self._redis.set(self._key(request), json.dumps(message_to_dict(answer)), px=self._px)

    def _key(self, request: str) -> str:
        return self._prefix + hashlib.sha256(f"{self._asked}\n{request}".encode()).hexdigest()
