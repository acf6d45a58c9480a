"""Notebooks of sessions, wired to Redis for whoever a client acts for."""

from __future__ import annotations

from fluxagents.scheduler.sessions.notebooks import Notebooks
from fluxagents.workers.clients.client import Client
from fluxagents.workers.redis.people.notebook_book import RedisNotebookBook


def open_notebooks(client: Client) -> Notebooks:
    """What is done with notebooks."""
    return Notebooks(client, RedisNotebookBook(client.redis, prefix=client.settings.key_prefix))
