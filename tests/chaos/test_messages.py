"""Messages that come again, late, to the wrong task, or from another version of this software."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.chaos import tools
from tests.chaos.cluster import WORKERS, Cluster, arguments, first
from tests.chaos.flows import FLOWS, TOOLS
from tests.chaos.humans import Withheld, client_of
from tests.chaos.odd_worker import KNOWS_TASK, READS_SCHEMA, VISIBILITY, only_worker

from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.events import SCHEMA_VERSION, RunStarted
from fluxagents.flows.ports.dispatch import Outgoing
from fluxagents.tasks.dispatch import first_commit
from fluxagents.tasks.protocol import StepPorts

pytestmark = pytest.mark.long

TASK_OF_TOMORROW = "tool.of_tomorrow"
WRONG_TASKS = ("step.decide", "human.notify", "run.expire")


def field(cluster: Cluster, run: str, name: str) -> str:
    found = cluster.redis.hget(f"flux:run:{run}", name)
    return found.decode() if isinstance(found, bytes) else ""


def send(cluster: Cluster, messages: list[Outgoing]) -> None:
    """Publish, and wait until workers have dealt with all of it."""
    r: Any = cluster.redis
    left_by_the_dead = set(r.hkeys("unacked"))
    cluster.publisher.publish(messages)
    cluster.eventually(
        lambda: cluster.publisher.is_idle("tools") and not set(r.hkeys("unacked")) - left_by_the_dead
    )


def misdirected(one: Outgoing, tasks: tuple[str, ...] = WRONG_TASKS) -> list[Outgoing]:
    return [replace(one, dispatch=replace(one.dispatch, task=task)) for task in tasks]


def test_a_step_longer_than_the_visibility_timeout_runs_once(cluster: Cluster) -> None:
    with only_worker(cluster, **{VISIBILITY: "1"}) as name:
        log = cluster.folder / f"{name}.log"
        before = log.read_text().count("leased")
        # A worker that was killed while it restored messages keeps others from it for five minutes.
        cluster.redis.delete("unacked_mutex")
        (run,) = cluster.start("held")
        try:
            cluster.eventually(lambda: log.read_text().count("leased") > before, within_s=60)
        finally:
            cluster.redis.rpush(f"{tools.LET_GO}{run.run_id}", "enough")
        cluster.settle()
    assert cluster.ran(run.run_id, 1) == 1


def test_a_state_of_a_newer_version_waits_for_a_newer_worker(cluster: Cluster) -> None:
    attempts = StepPorts.max_deliveries + 2
    with only_worker(cluster, **{READS_SCHEMA: str(SCHEMA_VERSION - 1)}):
        in_message, in_store = cluster.start("plain", 2, publish=False)
        cluster.publisher.publish([in_message, replace(in_store, state="")])
        runs = [in_message.run_id, in_store.run_id]
        cluster.eventually(
            lambda: all(int(field(cluster, run, "attempt")) > attempts for run in runs), within_s=60
        )
        cluster.eventually(lambda: all(field(cluster, run, "deliveries") == "0" for run in runs))
        assert {cluster.store.load(run).status for run in runs} == {"running"}
        assert [cluster.ran(run, 1) for run in runs] == [0, 0]
    cluster.settle()
    assert {cluster.store.load(run).status for run in runs} == {"finished"}


def test_a_flow_of_a_newer_version_waits_for_a_newer_worker(cluster: Cluster) -> None:
    (commit,) = first("plain", 1)
    started = commit.events[0]
    assert isinstance(started, RunStarted)
    # No worker of the suite has it at hand, so it is read from the store.
    flow = FLOWS["plain"].model_copy(update={"purpose": "Of tomorrow."})
    reference = started.flow.model_copy(update={"digest": flow.digest})
    controller = FlowController(flow, tools=TOOLS)
    newer = first_commit(controller, started.model_copy(update={"flow": reference}))
    key, text = f"flux:flow:{flow.digest}", flow.model_dump_json()
    cluster.redis.set(key, text.replace('"kind":"tool"', '"kind":"of_tomorrow"'))
    issued = cluster.store.create(newer, newer.state.model_dump_json())
    assert issued is not None
    cluster.started.add(issued.run_id)
    cluster.publisher.publish([issued])
    wait_for_attempts(cluster, issued.run_id)
    cluster.redis.set(key, text)
    cluster.settle()
    assert cluster.store.load(issued.run_id).status == "finished"


def test_a_task_of_a_newer_version_waits_for_a_newer_worker(cluster: Cluster) -> None:
    (commit,) = first("plain", 1)
    assert commit.dispatch is not None
    newer = replace(commit, dispatch=replace(commit.dispatch, task=TASK_OF_TOMORROW))
    issued = cluster.store.create(newer, newer.state.model_dump_json())
    assert issued is not None
    cluster.started.add(issued.run_id)
    cluster.publisher.publish([issued])
    wait_for_attempts(cluster, issued.run_id)
    name = WORKERS[0]
    cluster.kill(name)
    cluster.spawn(name, *arguments(name), **{KNOWS_TASK: TASK_OF_TOMORROW})
    cluster.settle()
    assert cluster.store.load(issued.run_id).status == "finished"
    cluster.kill(name)


def wait_for_attempts(cluster: Cluster, run: str) -> None:
    """Until a step was delivered more often than a step may be that kills its worker."""
    enough = StepPorts.max_deliveries + 2
    cluster.eventually(lambda: int(field(cluster, run, "attempt")) > enough, within_s=60)
    cluster.eventually(lambda: field(cluster, run, "deliveries") == "0")
    assert cluster.store.load(run).status == "running"
    assert cluster.ran(run, 1) == 0


def test_a_state_of_an_older_version_is_read(cluster: Cluster) -> None:
    """It lacks every field that has a default now: fields come with one."""
    (commit,) = first("plain", 1)
    state = commit.state.model_dump(mode="json", exclude_defaults=True)
    issued = cluster.store.create(commit, json.dumps(state | {"schema_version": SCHEMA_VERSION}))
    assert issued is not None
    cluster.started.add(issued.run_id)
    cluster.publisher.publish([issued])
    cluster.settle()
    assert cluster.store.load(issued.run_id).status == "finished"


def test_a_first_step_that_was_lost_is_found_while_other_runs_are_under_way(cluster: Cluster) -> None:
    (lost,) = cluster.start("plain", publish=False)
    others = cluster.start("mixed", 10)
    cluster.settle()
    assert {cluster.store.load(one.run_id).status for one in (lost, *others)} == {"finished"}
    assert cluster.ran(lost.run_id, 1) == 1


def test_a_state_sent_to_the_wrong_task_runs_nothing_that_is_not_due(cluster: Cluster) -> None:
    (run,) = cluster.start("guarded", publish=False)
    send(cluster, misdirected(run))
    cluster.settle()
    waiting = cluster.store.load(run.run_id)
    assert waiting.status == "waiting"
    assert waiting.waiting_for is not None
    withheld = Withheld(cluster)
    client_of(cluster, withheld).approve(waiting.waiting_for.id, by="ada")
    (guarded,) = withheld.kept
    send(cluster, [*misdirected(guarded), *misdirected(guarded, ("tool.noop",)) * 2])
    cluster.settle()
    assert cluster.store.load(run.run_id).status == "finished"
    assert cluster.ran(run.run_id, guarded.seq) == 1


def test_messages_of_steps_that_are_at_work_paused_or_cancelled_change_nothing(cluster: Cluster) -> None:
    paused, cancelled = cluster.start("blocking", 2)
    humans = client_of(cluster)
    cluster.eventually(lambda: cluster.ran(paused.run_id, 1) + cluster.ran(cancelled.run_id, 1) == 2)
    late = [one for one in (paused, cancelled) for _ in range(3)]
    cluster.publisher.publish(late)
    humans.pause(paused.run_id, by="ada")
    humans.cancel(cancelled.run_id, by="ada", reason="enough")
    cluster.eventually(lambda: cluster.store.load(paused.run_id).status == "paused")
    state = cluster.store.load(paused.run_id)
    text = state.model_dump_json()
    late += [replace(one, seq=seq, state=sent) for one in late for seq in range(4) for sent in ("", text)]
    send(cluster, late)
    assert cluster.store.load(paused.run_id) == state
    assert cluster.ran(paused.run_id, 2) == 0
    humans.resume(paused.run_id, by="ada")
    cluster.settle()
    assert cluster.store.load(paused.run_id).status == "finished"
    assert cluster.store.load(cancelled.run_id).status == "cancelled"
    assert [cluster.ran(one.run_id, 1) for one in (paused, cancelled)] == [1, 1]
