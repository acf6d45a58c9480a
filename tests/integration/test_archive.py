"""Retention on a real Redis: it stays bounded, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from redis import Redis

from fluxagents.flows import events as e
from fluxagents.flows.errors import FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.ports.claim import ClaimStatus
from fluxagents.flows.ports.commit import Commit, CommitStatus
from fluxagents.flows.ports.dispatch import Dispatch
from fluxagents.flows.reducer import fold, reduce
from fluxagents.scheduler.runs.run_ids import run_id
from fluxagents.workers.cli import cli
from fluxagents.workers.files.run_archive import Archive, retire
from fluxagents.workers.redis.runs.run_store import RedisRunStore

FLOW = e.FlowRef(name="f", version=1, digest="d")
TOOL = Dispatch("tool.noop", "tools")


@pytest.fixture
def store(redis: Redis, key_prefix: str) -> RedisRunStore:
    store = RedisRunStore(redis, prefix=key_prefix)
    store.beat("node-1", [1], 600_000)
    return store


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(str(tmp_path / "store"))


@pytest.fixture
def whole(redis: Redis, key_prefix: str, archive: Archive) -> RedisRunStore:
    """The store of an installation: it knows what left Redis."""
    return RedisRunStore(redis, prefix=key_prefix, archive=archive)


def begun(run_id: str) -> Commit:
    started = e.RunStarted(seq=0, at_ms=1, run_id=run_id, session="s", flow=FLOW, start_node="a", inputs={})
    return Commit(events=(started,), state=reduce(None, started), dispatch=TOOL)


def lived(store: RedisRunStore, run_id: str, end: str) -> None:
    """A run that was created, claimed, asked a human, and came to this end; an empty one goes on."""
    state = begun(run_id).state
    store.create(begun(run_id), state.model_dump_json())
    claim = store.claim(
        run_id, 1, digest="", sequence_number=1, owner="node-1|1", max_deliveries=3, lease_ms=60_000
    )
    request = HumanRequest(id=f"{run_id}.1", kind="question", node="a", question="which?", digest="x")
    asked = e.QuestionAsked(seq=1, at_ms=2, request=request)
    state = reduce(state, asked)
    commit = Commit(events=(asked,), state=state, dispatch=TOOL)
    assert store.commit(commit, state.model_dump_json(), fence=claim.fence).status is CommitStatus.OK
    ends: dict[str, e.Event] = {
        "finished": e.RunFinished(seq=2, at_ms=3, node="a", answer="42"),
        "cancelled": e.RunCancelled(seq=2, at_ms=3, by="ada", reason="enough"),
    }
    if end:
        state = reduce(state, ends[end])
        commit = Commit(events=(ends[end],), state=state, dispatch=None)
        assert store.commit(commit, state.model_dump_json(), fence=None).status is CommitStatus.OK


def keys(redis: Redis, prefix: str) -> set[str]:
    return {key.decode().removeprefix(prefix) for key in redis.scan_iter(f"{prefix}*", count=1_000)}


def test_redis_stays_bounded_and_keeps_no_orphans(
    store: RedisRunStore, archive: Archive, redis: Redis, key_prefix: str
) -> None:
    sizes = []
    for generation in range(3):
        for number in range(60):
            lived(store, f"r{generation}-{number}", ("finished", "cancelled")[number % 2])
        assert len(retire(store, archive, 10)) == 60
        sizes.append(len(keys(redis, key_prefix)))
    assert len(set(sizes)) == 1
    of_the_installation = {"ticket:tools", "seen:tools", "node:node-1", "live", "metrics"}
    of_the_session = {"sessions:open", "session-usage:s"}
    assert keys(redis, key_prefix) <= of_the_installation | of_the_session


def test_an_archived_run_is_identical(store: RedisRunStore, archive: Archive) -> None:
    lived(store, "r", "finished")
    state, events = store.load("r"), store.events("r")
    assert retire(store, archive, 10) == ["r"]
    assert (archive.load("r"), archive.events("r")) == (state, events)
    assert fold(archive.events("r")) == archive.load("r")
    claim = store.claim(
        "r", 2, digest="", sequence_number=1, owner="node-1|1", max_deliveries=3, lease_ms=60_000
    )
    assert claim.status is ClaimStatus.UNKNOWN


def test_a_run_that_has_not_ended_is_never_archived(store: RedisRunStore, archive: Archive) -> None:
    lived(store, "waits", "")
    lived(store, "done", "finished")
    assert retire(store, archive, 10, max_kept=0) == ["done"]
    assert not store.forget("waits", "s")
    assert store.load("waits").status == "waiting"
    assert [run_id for run_id, _ in store.requests()] == ["waits"]
    assert len(store.events("waits")) == 2


@pytest.mark.parametrize("run_id", ["mine", run_id(5, key="a tick")])
def test_an_archived_run_is_still_there_and_never_begins_anew(
    store: RedisRunStore, whole: RedisRunStore, archive: Archive, run_id: str
) -> None:
    lived(store, run_id, "finished")
    state, events = store.load(run_id), store.events(run_id)
    assert retire(whole, archive, 10) == [run_id]
    assert (whole.load(run_id), whole.events(run_id)) == (state, events)
    again = begun(run_id)
    assert whole.create(again, again.state.model_dump_json()) is None
    other, text = begun("other"), begun("other").state.model_dump_json()
    issued = whole.create_many([(again, text), (other, text), (again, text)])
    assert [one and one.run_id for one in issued] == [None, "other", None]
    assert [found.run_id for found in whole.runs()] == ["other"]
    assert retire(whole, archive, 10) == []


def test_what_is_in_neither_place_is_unknown(whole: RedisRunStore) -> None:
    with pytest.raises(FluxError, match="run 'nobody' does not exist"):
        whole.load("nobody")
    with pytest.raises(FluxError, match="run 'nobody' does not exist"):
        whole.events("nobody")


def test_the_commands_find_archived_runs(
    store: RedisRunStore, redis_url: str, key_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUXAGENTS_REDIS_URL", redis_url)
    monkeypatch.setenv("FLUXAGENTS_KEY_PREFIX", key_prefix)
    monkeypatch.setenv("FLUXAGENTS_STORE_URL", str(tmp_path))
    lived(store, "r", "finished")

    def said(*words: str) -> object:
        done = CliRunner().invoke(cli, ["runs", *words, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        found: object = json.loads(done.stdout)
        return found

    before = [said("show", "r"), said("events", "r")]
    assert said("archive", "--older-than", "30d") == {"archived": ["r"]}
    assert said("archive", "--older-than", "30d") == {"archived": []}
    assert [said("show", "r"), said("events", "r")] == before
    assert said("list") == []


def test_a_run_with_the_name_of_a_key_blocks_no_other(
    store: RedisRunStore, redis: Redis, key_prefix: str
) -> None:
    """Early versions took `victim:events` for an id; such a run is still there."""
    ghost = begun("victim:events")
    store.create(ghost, ghost.state.model_dump_json())
    before = keys(redis, key_prefix)
    victim = begun("victim")
    with pytest.raises(FluxError, match="run 'victim' cannot begin"):
        store.create(victim, victim.state.model_dump_json())
    assert keys(redis, key_prefix) == before, "nothing is written half"
    assert [state.run_id for state in store.runs()] == ["victim:events"]
    assert store.load("victim:events") == ghost.state
    other = begun("other")
    assert store.create(other, other.state.model_dump_json()) is not None


@pytest.mark.parametrize("suffix", [":events", ":open", ":followers", ":events:events"])
def test_what_an_id_that_is_none_leads_to_is_no_run(store: RedisRunStore, suffix: str) -> None:
    lived(store, "r1", "")
    with pytest.raises(FluxError, match="does not exist"):
        store.load(f"r1{suffix}")
    with pytest.raises(FluxError, match="does not exist"):
        store.events(f"r1{suffix}")
    claim = store.claim(
        f"r1{suffix}", 1, digest="", sequence_number=1, owner="node-1|1", max_deliveries=3, lease_ms=60_000
    )
    assert claim.status is ClaimStatus.UNKNOWN
