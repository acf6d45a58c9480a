"""What a scrape of the metrics costs beside many runs: processor time of this process and of Redis."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from redis import Redis
from tests.bench.looks import fill

from fluxagents.workers.celery.queues import QUEUES
from fluxagents.workers.observing.metrics.api_metrics import ApiMetrics
from fluxagents.workers.observing.metrics.store_readings import Queue
from fluxagents.workers.redis.redis_clock import RedisClock
from fluxagents.workers.redis.runs.run_store import RedisRunStore

ROUNDS = 20
PREFIX = "full:"
TARGET_S = 0.3


def lines(url: str, folder: Path, runs: int) -> Iterator[str]:
    """Fill the store, scrape it, and say what was found."""
    with Redis.from_url(url) as redis, Redis.from_url(url, decode_responses=True) as text:
        fill(RedisRunStore(redis, prefix=PREFIX), runs)
        metrics = ApiMetrics(
            text,
            prefix=PREFIX,
            clock=RedisClock(text),
            queues=lambda: [Queue(name, 1) for name in QUEUES],
            folder=folder,
        )
        rounds = [_measure(text, metrics) for _ in range(ROUNDS)]
    own_s, redis_s = (statistics.median(column) for column in zip(*rounds, strict=True))
    yield (
        f"a scrape beside {runs} runs: {own_s:.3f} s of a processor, {redis_s:.3f} s of that of Redis"
        f"   target < {TARGET_S} s"
    )


def _measure(redis: Redis, metrics: ApiMetrics) -> tuple[float, float]:
    """Processor seconds of this process, and of Redis."""
    before_s, began_s = _read_processor_time(redis), time.process_time()
    metrics.write("application/openmetrics-text")
    own_s = time.process_time() - began_s
    return own_s, _read_processor_time(redis) - before_s


def _read_processor_time(redis: Redis) -> float:
    info = redis.info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])
