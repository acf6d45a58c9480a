"""Steps per second through the whole protocol beside plain Celery, with and without results.

Same workers, same Redis, same run; rounds alternate, so that a busy machine slows all alike.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from celery import chain
from redis import Redis
from tests.bench.app import BARE_DONE, app
from tests.bench.noops import STEPS, TOOLS, first, flow

from fluxagents.flows.engine.controller import FlowController
from fluxagents.workers.celery.publisher import CeleryPublisher
from fluxagents.workers.redis.runs.run_store import RedisRunStore

RUNS = 40
ROUNDS = 11
STATE = "x" * 1_080
"""What a plain task passes on: as long as the state of a run of no-ops is on average."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Steps per second, a number a round."""

    protocol: list[float]
    chain: list[float]
    """A plain Celery chain whose results are kept in Redis."""
    bare: list[float]
    """Tasks without results, each of which sends the next."""

    def lines(self) -> list[str]:
        """What was measured, with the targets."""
        return [
            f"no-op steps through the protocol     {statistics.median(self.protocol):8.0f} steps/s",
            f"plain Celery chain, result backend   {statistics.median(self.chain):8.0f} steps/s",
            f"bare self-chaining tasks, no results {statistics.median(self.bare):8.0f} steps/s",
            f"protocol / chain, median of rounds   {_ratio(self.protocol, self.chain):8.2f}   target >= 1.0",
            f"protocol / bare, median of rounds    {_ratio(self.protocol, self.bare):8.2f}   target >= 0.8",
        ]


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def measure(url: str, prefix: str) -> Rates:
    """Run all in turns; the first round of each warms up and does not count."""
    redis = Redis.from_url(url)
    store = RedisRunStore(redis, prefix=prefix)
    publisher = CeleryPublisher(app, redis)
    rates = Rates([], [], [])
    for _ in range(ROUNDS + 1):
        rates.protocol.append(_protocol(redis, store, publisher, prefix))
        rates.bare.append(_bare(redis))
        rates.chain.append(_chains(redis))
    return Rates(rates.protocol[1:], rates.chain[1:], rates.bare[1:])


def _protocol(redis: Redis, store: RedisRunStore, publisher: CeleryPublisher, prefix: str) -> float:
    definition = flow()
    controller = FlowController(definition, tools=TOOLS)
    store.save_flow(definition)
    finished = redis.zcard(f"{prefix}status:finished")
    began = time.perf_counter()
    commits = [first(controller) for _ in range(RUNS)]
    issued = store.create_many([(commit, commit.state.model_dump_json()) for commit in commits])
    publisher.publish([outgoing for outgoing in issued if outgoing])
    while redis.zcard(f"{prefix}status:finished") < finished + RUNS:
        time.sleep(0.01)
    return RUNS * STEPS / (time.perf_counter() - began)


def _bare(redis: Redis) -> float:
    redis.delete(BARE_DONE)
    began = time.perf_counter()
    for number in range(RUNS):
        app.send_task("bare.noop", kwargs={"run": f"bare-{number}", "seq": 1, "state": STATE}, queue="tools")
    while int(redis.get(BARE_DONE) or 0) < RUNS:
        time.sleep(0.01)
    return RUNS * STEPS / (time.perf_counter() - began)


def _chains(redis: Redis) -> float:
    began = time.perf_counter()
    signature = app.tasks["plain.noop"]
    results = [
        chain(signature.s(STATE), *(signature.s() for _ in range(STEPS - 1))).apply_async(queue="tools")
        for _ in range(RUNS)
    ]
    keys = [app.backend.get_key_for_task(result.id) for result in results]
    while redis.exists(*keys) < RUNS:
        time.sleep(0.01)
    return RUNS * STEPS / (time.perf_counter() - began)
