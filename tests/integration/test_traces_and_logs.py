"""Whatever dies, the traces of real runs reach a receiver whole, and the lines of all nodes come together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.chaos.cluster import WORKERS, Cluster, first
from tests.chaos.flows import TOOLS
from tests.support.otlp_receiver import OtlpReceiver, Span, receive_traces

from fluxagents.flows.events import RunStarted
from fluxagents.flows.ports.commit import Commit
from fluxagents.flows.texts.trace_context import begin_trace, find_trace
from fluxagents.tasks.dispatch import TRACE, cache_controllers, first_commit
from fluxagents.workers.redis.observing.log_store import RedisLogStore

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
OUTSIDE = f"00-{TRACE_ID}-{SPAN_ID}-01"

SECRETS = {"headers": "seeded-key-of-traces", "chat": "seeded-key-of-chat"}
TOKEN = "sk-seeded0123456789abcdef"
"""Looks like a key, and is the id of a run: each line about it names it."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[OtlpReceiver]:
    with receive_traces() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, receiver: OtlpReceiver) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("traces"))
    cluster.environment |= {
        "FLUXAGENTS_TRACE_URL": receiver.url,
        "FLUXAGENTS_TRACE_HEADERS": f"x-api-key={SECRETS['headers']}",
        "FLUXAGENTS_CHAT_API_KEY": SECRETS["chat"],
    }
    try:
        cluster.up()
        yield cluster
    finally:
        left = cluster.down()
    assert left == []


def start(cluster: Cluster, flow: str, parent: str = "", run_id: str = "") -> str:
    """Start a run that is traced."""
    (commit,) = first(flow, 1)
    started = commit.events[0]
    assert isinstance(started, RunStarted)
    if run_id:
        started = started.model_copy(update={"run_id": run_id})
    trace = begin_trace(started.run_id, share=1.0, parent=parent)
    controller = cache_controllers(cluster.store, TOOLS)(started.flow.digest)
    traced: Commit = first_commit(controller, started.model_copy(update={"trace": trace}))
    outgoing = cluster.store.create(traced, traced.state.model_dump_json())
    assert outgoing is not None
    assert outgoing.dispatch.label[TRACE] == find_trace(trace)
    cluster.started.add(started.run_id)
    cluster.publisher.publish([outgoing])
    return started.run_id


def wait_for_trace(cluster: Cluster, receiver: OtlpReceiver, run_id: str) -> list[Span]:
    """The whole trace of a run once its last span has come."""
    cluster.settle()
    cluster.eventually(lambda: any(span.name.startswith("run ") for span in receiver.of(run_id)))
    (trace,) = {span.trace for span in receiver.of(run_id)}
    return [span for span in receiver.spans.values() if span.trace == trace]


def test_a_run_whose_worker_is_killed_is_one_tree_of_spans_without_a_gap(
    cluster: Cluster, receiver: OtlpReceiver
) -> None:
    cluster.up()
    run_id = start(cluster, "blocking")
    cluster.eventually(lambda: cluster.ran(run_id, 1) == 1)
    (killed,) = (name for name in WORKERS if cluster.busy(name))
    cluster.kill(killed)
    spans = wait_for_trace(cluster, receiver, run_id)
    (root,) = (span for span in spans if not span.parent)
    assert root.name == "run blocking"
    ids = {span.id for span in spans}
    assert all(span.parent in ids for span in spans if span is not root)
    state = cluster.store.load(run_id)
    numbered = [span for span in spans if "fluxagents.step" in span.attributes]
    steps = {span.attributes["fluxagents.step"]: span for span in numbered}
    assert sorted(steps) == list(range(state.seq))
    slow = steps[1]
    assert slow.attributes["fluxagents.deliveries"] == 2
    assert "redelivered" in slow.events
    assert not slow.attributes["fluxagents.worker"].startswith(f"{killed}@")
    assert all(steps[seq - 1].id in steps[seq].links for seq in range(1, state.seq))
    (work,) = (span for span in spans if span.parent == slow.id)
    assert work.name == "execute_tool slow"
    assert slow.start_ns <= work.start_ns <= work.end_ns <= slow.end_ns


def test_shards_hang_below_the_step_that_began_them_and_the_run_below_the_request(
    cluster: Cluster, receiver: OtlpReceiver
) -> None:
    run_id = start(cluster, "split", OUTSIDE)
    spans = wait_for_trace(cluster, receiver, run_id)
    by_id = {span.id: span for span in spans}
    assert {span.trace for span in spans} == {TRACE_ID}
    (outermost,) = (span for span in spans if span.parent not in by_id)
    assert (outermost.name, outermost.parent) == ("run split", SPAN_ID)
    shards = [span for span in spans if span.name.startswith("run ") and span is not outermost]
    assert len(shards) >= 2
    assert {by_id[span.parent].name for span in shards} == {"split parts"}
    assert {by_id[span.parent].attributes["fluxagents.run"] for span in shards} == {run_id}


def test_spans_that_are_not_taken_are_sent_again_and_the_key_goes_with_them(
    cluster: Cluster, receiver: OtlpReceiver
) -> None:
    receiver.status = 400
    run_id = start(cluster, "plain")
    cluster.settle()
    log = cluster.folder / "control.log"
    cluster.eventually(lambda: "spans were not taken" in log.read_text())
    assert receiver.of(run_id) == []
    receiver.status = 200
    assert len(wait_for_trace(cluster, receiver, run_id)) > 10
    assert receiver.headers[-1]["x-api-key"] == SECRETS["headers"]
    assert SECRETS["headers"] not in log.read_text()


def read_lines(cluster: Cluster, run_id: str) -> list[dict[str, Any]]:
    store = RedisLogStore(cluster.redis, max_lines=1)
    return [json.loads(line) for _, line in store.find(run_id)]


def test_the_lines_of_a_run_come_from_all_nodes_that_worked_for_it(cluster: Cluster) -> None:
    run_id = start(cluster, "split")
    cluster.settle()
    state = cluster.store.load(run_id)
    shards = [f"{run_id}.2.part{index}" for index in range(2)]

    def has_all() -> bool:
        lines = read_lines(cluster, run_id)
        steps = {line["fluxagents.step"] for line in lines if line["fluxagents.run"] == run_id}
        runs = {line["fluxagents.run"] for line in lines}
        return steps >= set(range(1, state.seq - 1)) and runs >= set(shards)

    cluster.eventually(has_all)
    nodes = [cluster.pid(name) for name in (*WORKERS, "control")]
    pids = {*nodes, *(child for name in WORKERS for child in cluster.children(name))}
    assert {line["process.pid"] for line in read_lines(cluster, run_id)} <= pids


def test_no_log_holds_a_secret_of_the_settings_or_what_looks_like_one(cluster: Cluster) -> None:
    start(cluster, "plain", run_id=TOKEN)
    cluster.settle()
    cluster.eventually(lambda: "***" in "".join(map(json.dumps, read_lines(cluster, TOKEN))))
    assert cluster.settings.redis_url is not None
    password = urlsplit(cluster.settings.redis_url.get_secret_value()).password
    assert password
    logs = [path.read_text() for path in cluster.folder.glob("*.log")]
    stream = cluster.redis.xrange("flux:logs")
    assert len(logs) >= 4
    for text in (*logs, repr(stream).replace(f"b'run': b'{TOKEN}'", "")):
        for secret in (*SECRETS.values(), TOKEN, password):
            assert secret not in text
