"""The worker nodes that are alive, as their heartbeats tell."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from redis import Redis

from fluxagents.workers.celery.nodes.heartbeat import node_key, nodes_key


class Node(BaseModel):
    """What a worker says about itself: see `fluxagents.workers.celery.nodes.heartbeat.describe`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    hostname: str
    pid: int
    pool: str
    concurrency: int
    queues: tuple[str, ...]
    version: str
    visibility_timeout_s: int
    started_at: str
    ready: bool


def live_nodes(client: Redis, prefix: str) -> list[Node]:
    """The nodes whose heartbeat has not expired, by name. The client must decode its answers."""
    descriptions: dict[str, str] = client.hgetall(nodes_key(prefix))  # type: ignore[assignment] # redis types async and sync as one
    alive = [name for name in sorted(descriptions) if client.exists(node_key(prefix, name))]
    return [Node.model_validate_json(descriptions[name]) for name in alive]
