"""Notebooks of sessions on Redis, which forgets links to them when their time is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis import Redis
from redis.exceptions import WatchError

from fluxagents.flows.ports.notebook import Notebook, NotebookLink


class RedisNotebookBook:
    """As `fluxagents.flows.ports.notebook.NotebookBook`, under one key prefix.

    Args:
        redis: A client that returns bytes.
        prefix: What every key begins with.
    """

    def __init__(self, redis: Redis, *, prefix: str = "flux:") -> None:
        self._redis = redis
        self._notebooks = f"{prefix}notebook:"
        self._links = f"{prefix}notebook-link:"
        self._links_to = f"{prefix}notebook-links:"

    def get(self, session: str) -> Notebook:
        return _read(session, self._redis.get(self._notebooks + session))

    def replace(self, before: Notebook, after: Notebook) -> bool:
        key = self._notebooks + before.session
        with self._redis.pipeline() as pipe:
            pipe.watch(key)  # type: ignore[no-untyped-call] # redis is half typed
            if _read(before.session, pipe.get(key)) != before:
                return False
            pipe.multi()
            pipe.set(key, after.model_dump_json())
            try:
                pipe.execute()
            except WatchError:
                return False
        return True

    def add_link(self, digest: str, link: NotebookLink) -> None:
        pipe = self._redis.pipeline()
        pipe.set(self._links + digest, link.model_dump_json(), pxat=link.expires_ms)
        pipe.zadd(self._links_to + link.session, {digest: link.created_ms})
        pipe.execute()

    def find_link(self, digest: str) -> NotebookLink | None:
        document: Any = self._redis.get(self._links + digest)
        return None if document is None else NotebookLink.model_validate_json(document)

    def list_links(self, session: str) -> Sequence[NotebookLink]:
        links = {digest: self.find_link(digest) for digest in self._list_digests(session)}
        expired = [digest for digest, link in links.items() if link is None]
        if expired:
            self._redis.zrem(self._links_to + session, *expired)
        return [link for link in links.values() if link is not None]

    def remove_link(self, link: NotebookLink) -> None:
        for digest in self._list_digests(link.session):
            if digest.startswith(link.id):
                pipe = self._redis.pipeline()
                pipe.delete(self._links + digest)
                pipe.zrem(self._links_to + link.session, digest)
                pipe.execute()

    def _list_digests(self, session: str) -> list[str]:
        digests: Any = self._redis.zrange(self._links_to + session, 0, -1)
        return [digest.decode() for digest in digests]


def _read(session: str, document: Any) -> Notebook:
    return Notebook(session=session) if document is None else Notebook.model_validate_json(document)
