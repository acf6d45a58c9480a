"""A backup of an installation that runs, restored into an empty folder, where its runs go on."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from tests.support.stack import Stack, isolated

from fluxagents.flows.errors import FluxError
from fluxagents.workers.host.backup.backup import write_backup
from fluxagents.workers.host.backup.backup_file import BackupFile
from fluxagents.workers.host.backup.restore import restore_backup
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis, running_url
from fluxagents.workers.redis.snapshots.replication import read_snapshot
from fluxagents.workers.redis.snapshots.snapshot import restore_snapshot
from fluxagents.workers.settings import Settings

CHANGE = "Set the glucose uptake to 18.5 mmol/gDW/h for good. How fast does it grow then?"
ESSENTIAL = "Which genes are essential for growth?"
RUN = ("run", "metabolic_analysis", "--model")


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """An installation with a few keys and files, whose embedded Redis runs."""
    settings = Settings(data_dir=tmp_path / "first")
    with EmbeddedRedis(settings.redis_dir) as server, Redis.from_url(server.url) as redis:
        redis.hset("flux:run:1", mapping={"state": b"\x00\xff", "seq": 3})
        redis.xadd("flux:events:1", {"event": "RunStarted"})
        redis.set("flux:node:1", "alive", px=3_600_000)
        for name in ("store/artifacts/ab/abcd", "store/names/core", "flows/mine.yaml", "message.key"):
            path = settings.data_dir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        yield settings


def read_keys(url: str) -> dict[bytes, tuple[object, int]]:
    with Redis.from_url(url) as redis:
        return {key: (redis.dump(key), redis.pexpiretime(key)) for key in redis.scan_iter()}


def test_keys_and_files_are_those_that_were_there(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "x.backup.zip"
    written = write_backup(settings, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    other = Settings(data_dir=tmp_path / "second")
    assert restore_backup(other, file) == written
    for name in ("store/artifacts/ab/abcd", "store/names/core", "flows/mine.yaml", "message.key"):
        assert (other.data_dir / name).read_text() == name
        assert stat.S_IMODE((other.data_dir / name).stat().st_mode) == 0o600
    with EmbeddedRedis(other.redis_dir) as server:
        url = running_url(settings.redis_dir)
        assert url is not None
        assert read_keys(server.url) == read_keys(url)
    assert {path.name for path in other.data_dir.iterdir()} >= {"redis", "store", "flows"}
    assert not (other.data_dir / ".restoring").exists()


def test_an_installation_that_does_not_run_is_written_too_and_stays_stopped(
    settings: Settings, tmp_path: Path
) -> None:
    EmbeddedRedis(settings.redis_dir).stop()
    write_backup(settings, tmp_path / "x.backup.zip")
    assert running_url(settings.redis_dir) is None
    other = Settings(data_dir=tmp_path / "second")
    restore_backup(other, tmp_path / "x.backup.zip")
    with EmbeddedRedis(other.redis_dir) as server:
        assert len(read_keys(server.url)) == 3


def test_nothing_is_no_installation(tmp_path: Path) -> None:
    with pytest.raises(FluxError, match="no Redis is running"):
        write_backup(Settings(data_dir=tmp_path / "nothing"), tmp_path / "x.backup.zip")


def test_drafts_logs_and_passwords_of_the_old_redis_stay_behind(settings: Settings, tmp_path: Path) -> None:
    (settings.data_dir / "store" / "artifacts" / "ab" / "efgh.1234.draft").write_text("half")
    (settings.data_dir / "logs").mkdir()
    (settings.data_dir / "logs" / "tools.log").write_text("a line")
    write_backup(settings, tmp_path / "x.backup.zip")
    with BackupFile(tmp_path / "x.backup.zip") as backup:
        names = backup.manifest.members.keys()
    assert {name.partition("/")[0] for name in names} == {"redis.rdb", "store", "flows", "message.key"}
    assert not [name for name in names if name.endswith(".draft")]


def test_a_backup_never_replaces_another(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "x.backup.zip"
    file.write_text("precious")
    with pytest.raises(FluxError, match="exists already"):
        write_backup(settings, file)
    assert file.read_text() == "precious"


def test_a_folder_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(FluxError, match="there is no folder"):
        write_backup(settings, tmp_path / "away" / "x.backup.zip")


def test_nothing_is_left_of_a_backup_that_failed(settings: Settings, tmp_path: Path) -> None:
    url = running_url(settings.redis_dir)
    assert url is not None
    with Redis.from_url(url) as redis:
        redis.execute_command("ACL", "SETUSER", "default", "-sync")
        with pytest.raises(FluxError, match="refuses a snapshot: NOPERM"):
            write_backup(settings, tmp_path / "x.backup.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_what_is_not_empty_is_not_restored_into(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "x.backup.zip"
    write_backup(settings, file)
    other = Settings(data_dir=tmp_path / "second")
    (other.data_dir / "store" / "artifacts").mkdir(parents=True)
    with pytest.raises(FluxError, match="store is there already"):
        restore_backup(other, file)
    with pytest.raises(FluxError, match="empty installation only"):
        restore_backup(settings, file)
    with pytest.raises(FluxError, match="begin with 'flux:'"):
        restore_backup(Settings(data_dir=tmp_path / "third", key_prefix="other:"), file)


def test_a_redis_that_holds_keys_is_not_touched(settings: Settings, tmp_path: Path) -> None:
    url = running_url(settings.redis_dir)
    assert url is not None
    snapshot = tmp_path / "redis.rdb"
    snapshot.write_bytes(b"".join(read_snapshot(url)))
    with Redis.from_url(url) as target, pytest.raises(FluxError, match="holds 3 keys already"):
        restore_snapshot(snapshot, target, database=0)


def test_a_named_redis_and_a_store_elsewhere_are_filled(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "x.backup.zip"
    write_backup(settings, file)
    store = tmp_path / "shared"
    store.mkdir(mode=0o750)
    with EmbeddedRedis(tmp_path / "elsewhere") as server:
        named = Settings.model_validate(
            {"data_dir": tmp_path / "second", "store_url": str(store), "redis_url": f"{server.url[:-1]}5"}
        )
        restore_backup(named, file)
        with Redis.from_url(f"{server.url[:-1]}5") as redis:
            assert redis.dbsize() == 3
    assert (store / "names" / "core").read_text() == "store/names/core"
    assert stat.S_IMODE((store / "names" / "core").stat().st_mode) == 0o640
    assert not (named.data_dir / "redis").exists()


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environment = isolated(folder, FLUXAGENTS_CONCURRENCY_TOOLS="1", FLUXAGENTS_FLOWER_PORT=port)
    stack = Stack(environment, Settings(data_dir=folder, concurrency_tools=1), "")
    up = stack.process("up", "--detach", "--json")
    assert up.returncode == 0, up.stdout + up.stderr
    try:
        yield stack
    finally:
        down = stack.process("down")
    assert down.returncode == 0, down.stdout + down.stderr


@pytest.mark.long
def test_the_runs_of_a_backup_go_on_in_another_folder(tmp_path: Path) -> None:
    file = str(tmp_path / "x.backup.zip")
    first = Stack(isolated(tmp_path / "first"), Settings(data_dir=tmp_path / "first"), "")
    fingerprints = first.json("keys", "create")["messages"]["fingerprints"]
    with running(tmp_path / "first") as stack:
        finished = stack.json(*RUN, "e_coli_core", "--question", ESSENTIAL, "--wait")
        waiting = stack.json(*RUN, "e_coli_core", "--question", CHANGE, "--wait", status=3)
        going_on = stack.json(*RUN, "iJO1366", "--question", ESSENTIAL)["run_id"]
        stack.json("backup", file)
        stack.command("runs", "cancel", going_on)  # what happens later is not in the backup

    second = Stack(isolated(tmp_path / "second"), Settings(data_dir=tmp_path / "second"), "")
    assert second.json("restore", file, "--check")["restored"] is False
    assert second.json("restore", file)["restored"] is True
    with running(tmp_path / "second") as stack:
        assert stack.json("keys", "show")["messages"]["fingerprints"] == fingerprints
        assert stack.json("runs", "show", finished["run_id"])["answer"] == finished["answer"]
        assert stack.command("artifacts", "show", finished["artifacts"][0]).returncode == 0
        stack.json("approvals", "approve", waiting["waiting_for"]["id"], "--by", "ada")
        for run_id in (waiting["run_id"], going_on):
            assert stack.client().get(run_id).wait(240) == "finished"
