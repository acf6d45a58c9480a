"""API keys in this process's memory."""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock

from fluxagents.flows.people.api_key import ApiKey


class MemoryKeyBook:
    """Keys in memory."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._keys: dict[str, ApiKey] = {}

    def add(self, key: ApiKey) -> bool:
        with self._lock:
            return self._keys.setdefault(key.prefix, key) is key

    def get(self, prefix: str) -> ApiKey | None:
        return self._keys.get(prefix)

    def list(self) -> Sequence[ApiKey]:
        with self._lock:
            return sorted(self._keys.values(), key=lambda key: (-key.created_ms, key.prefix))

    def revoke(self, prefix: str, at_ms: int) -> bool:
        with self._lock:
            key = self._keys.get(prefix)
            if key is None or key.revoked_ms:
                return False
            self._keys[prefix] = key.model_copy(update={"revoked_ms": at_ms})
            return True

    def note_use(self, prefix: str, at_ms: int) -> None:
        with self._lock:
            self._keys[prefix] = self._keys[prefix].model_copy(update={"last_used_ms": at_ms})
