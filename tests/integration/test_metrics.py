"""The store counts exactly what its logs say, in few series, and a scrape looks at no run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis
from redis.exceptions import RedisError

from fluxagents.flows import events as e
from fluxagents.flows.ports.commit import Commit, CommitStatus
from fluxagents.flows.ports.dispatch import Dispatch
from fluxagents.flows.ports.session import StepUsage
from fluxagents.flows.reducer import reduce
from fluxagents.workers.celery.queues import QUEUES
from fluxagents.workers.host.loopback import free_port
from fluxagents.workers.machine.clock import SystemClock
from fluxagents.workers.observing.metrics import catalog as m
from fluxagents.workers.observing.metrics.amounts import Tally
from fluxagents.workers.observing.metrics.api_metrics import ApiMetrics
from fluxagents.workers.observing.metrics.commit_counts import count_commit
from fluxagents.workers.observing.metrics.store_readings import Queue
from fluxagents.workers.redis.redis_clock import RedisClock
from fluxagents.workers.redis.runs.run_store import RedisRunStore

FLOWS = 20
MAX_SERIES = 1_500
"""Of 20 flows: some 30 of each, and what does not grow with them."""

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Installation:
    """A store whose runs end with their first step, and its page of metrics."""

    def __init__(self, redis: Redis, text: Redis, prefix: str, folder: Path) -> None:
        self.store = RedisRunStore(redis, prefix=prefix)
        self.store.beat("node", [1], 600_000)
        self.expected: Counter[str] = Counter()
        self._redis = redis
        self._prefix = prefix
        self._metrics = ApiMetrics(
            text,
            prefix=prefix,
            clock=RedisClock(text),
            queues=lambda: [Queue(name, 1) for name in QUEUES],
            folder=folder,
        )

    def run(self, flow: str, *, twice: bool = False) -> None:
        """One run, whose step may be delivered and committed twice."""
        run_id, now_ms = uuid4().hex, SystemClock().now_ms()
        started = e.RunStarted(
            seq=0,
            at_ms=now_ms,
            run_id=run_id,
            session=run_id,
            flow=e.FlowRef(name=flow, version=1, digest="d"),
            start_node="a",
            inputs={},
        )
        first = Commit(events=(started,), state=reduce(None, started), dispatch=Dispatch("t", "tools.new"))
        self.store.create(first, first.state.model_dump_json())
        finished = e.RunFinished(seq=1, at_ms=now_ms + 10, node="a", answer="done", answered="yes")
        last = Commit(
            events=(finished,), state=reduce(first.state, finished), dispatch=None, usage=StepUsage(work_ms=5)
        )
        claim = self.store.claim(
            run_id, 1, digest="", sequence_number=0, owner="node|1", max_deliveries=3, lease_ms=60_000
        )
        for status in (CommitStatus.OK, CommitStatus.STALE)[: 1 + twice]:
            assert self.store.commit(last, last.state.model_dump_json(), fence=claim.fence).status is status
        self.expected.update(count_commit(first).fields())
        self.expected.update(count_commit(last).fields())

    def counted(self) -> dict[str, int]:
        stored: dict[bytes, bytes] = self._redis.hgetall(f"{self._prefix}metrics")  # type: ignore[assignment]
        return {series.decode(): int(count) for series, count in stored.items()}

    def scrape(self) -> Samples:
        page, _ = self._metrics.write()
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(page.decode())
            for sample in family.samples
        }

    def count_commands(self) -> int:
        """How many commands a scrape takes."""

        def total() -> int:
            return int(self._redis.info("stats")["total_commands_processed"])

        before, idle = total(), total()
        self.scrape()
        return total() - idle - (idle - before)


@pytest.fixture
def installation(redis: Redis, redis_url: str, key_prefix: str, tmp_path: Path) -> Iterator[Installation]:
    with Redis.from_url(redis_url, decode_responses=True) as text:
        yield Installation(redis, text, key_prefix, tmp_path)


def test_what_is_delivered_twice_is_counted_once(installation: Installation) -> None:
    for _ in range(3):
        installation.run("f", twice=True)
    counted = installation.counted()
    assert {series: counted[series] for series in +installation.expected} == +installation.expected
    samples = installation.scrape()
    ended = (("answered", "yes"), ("flow", "f"), ("outcome", "finished"))
    assert samples["fluxagents_runs_ended_total", ended] == 3
    assert samples["fluxagents_runs", (("status", "finished"),)] == 3
    assert samples["fluxagents_first_step_wait_seconds_count", (("lane", "interactive"),)] == 3


def test_twenty_flows_have_few_series_and_a_scrape_does_not_look_at_runs(installation: Installation) -> None:
    for number in range(FLOWS):
        installation.run(f"flow-{number}")
    commands, series = installation.count_commands(), len(installation.scrape())
    for number in range(1_000 - FLOWS):
        installation.run(f"flow-{number % FLOWS}")
    # The first one also asks Redis for the time.
    assert installation.count_commands() <= commands
    samples = installation.scrape()
    assert len(samples) == series < MAX_SERIES
    assert (
        sum(value for (name, _), value in samples.items() if name == "fluxagents_runs_ended_total") == 1_000
    )


def test_labels_without_end_are_dropped_and_counted(
    installation: Installation, redis: Redis, key_prefix: str
) -> None:
    redis.hset(f"{key_prefix}metrics", mapping={f"fluxagents_old_total|{at}": 1 for at in range(20_000)})
    installation.run("one-too-many")
    counted = installation.counted()
    assert not any("one-too-many" in series for series in counted)
    assert counted["fluxagents_series_dropped_total"] >= len(installation.expected)


def test_a_run_that_is_put_back_was_counted_before(installation: Installation) -> None:
    commit = _begin()
    installation.store.put_back([(commit, commit.state.model_dump_json())])
    assert installation.counted() == {}


def test_what_an_outage_kept_from_the_store_is_counted_later() -> None:
    tally = Tally()
    tally.add(m.MODEL_CACHE, "hit")
    with Redis(port=free_port(0)) as away:
        store = RedisRunStore(away, tally=tally)
        with pytest.raises(RedisError):
            store.commit(_begin(), "", fence=None)
    assert list(tally.take().values()) == [1]


def _begin() -> Commit:
    started = e.RunStarted(
        seq=0,
        at_ms=SystemClock().now_ms(),
        run_id=uuid4().hex,
        session="s",
        flow=e.FlowRef(name="f", version=1, digest="d"),
        start_node="a",
        inputs={},
    )
    return Commit(events=(started,), state=reduce(None, started), dispatch=None)
