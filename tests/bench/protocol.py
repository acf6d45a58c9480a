"""Steps per second through the whole protocol beside a plain Celery chain with a result backend.

Same workers, same Redis, same run; rounds alternate, so that a busy machine slows both alike.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from celery import chain
from redis import Redis
from tests.bench.app import STEPS, TOOLS, app, flow

from fluxagents.flows import events as e
from fluxagents.flows.controller import FlowController
from fluxagents.flows.ports import Commit
from fluxagents.flows.reducer import reduce
from fluxagents.scheduler.identity import run_id
from fluxagents.tasks.dispatch import settled
from fluxagents.workers.clock import SystemClock
from fluxagents.workers.publisher import CeleryPublisher
from fluxagents.workers.redis_store import RedisRunStore

RUNS = 40
ROUNDS = 11


@dataclass(frozen=True, slots=True)
class Rates:
    """Steps per second, a number a round."""

    protocol: list[float]
    plain_chain: list[float]

    @property
    def ratio(self) -> float:
        """Median over rounds of protocol / chain."""
        return statistics.median(
            ours / plain for ours, plain in zip(self.protocol, self.plain_chain, strict=True)
        )


def measure(url: str, prefix: str) -> Rates:
    """Run both in turns; the first round of each warms up and does not count."""
    redis = Redis.from_url(url)
    store = RedisRunStore(redis, prefix=prefix)
    publisher = CeleryPublisher(app, redis)
    _protocol(redis, store, publisher, prefix)
    _chains(redis)
    rates = Rates([], [])
    for _ in range(ROUNDS):
        rates.protocol.append(_protocol(redis, store, publisher, prefix))
        rates.plain_chain.append(_chains(redis))
    return rates


def _protocol(redis: Redis, store: RedisRunStore, publisher: CeleryPublisher, prefix: str) -> float:
    definition = flow()
    controller = FlowController(definition, tools=TOOLS)
    store.save_flow(definition)
    finished = redis.zcard(f"{prefix}status:finished")
    began = time.perf_counter()
    commits = [first(controller) for _ in range(RUNS)]
    issued = store.create_many([(commit, commit.state.model_dump_json()) for commit in commits])
    publisher.publish_many([outgoing for outgoing in issued if outgoing])
    while redis.zcard(f"{prefix}status:finished") < finished + RUNS:
        time.sleep(0.01)
    return RUNS * STEPS / (time.perf_counter() - began)


def first(controller: FlowController) -> Commit:
    """A new run of a flow."""
    now = SystemClock().now_ms()
    new = run_id(now)
    started = e.RunStarted(
        seq=0,
        at_ms=now,
        run_id=new,
        session="bench",
        flow=e.FlowRef(name="noops", version=1, digest=controller.flow.digest),
        start_node="n0",
        inputs={},
    )
    rest = settled(controller, reduce(None, started), [], seq=0, at_ms=now)
    return Commit(events=(started, *rest.events), state=rest.state, dispatch=rest.dispatch)


def _chains(redis: Redis) -> float:
    state = "x" * 700
    began = time.perf_counter()
    signature = app.tasks["plain.noop"]
    results = [
        chain(signature.s(state), *(signature.s() for _ in range(STEPS - 1))).apply_async(queue="tools")
        for _ in range(RUNS)
    ]
    keys = [app.backend.get_key_for_task(result.id) for result in results]
    while redis.exists(*keys) < RUNS:
        time.sleep(0.01)
    return RUNS * STEPS / (time.perf_counter() - began)
