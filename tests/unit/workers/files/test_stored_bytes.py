"""A store that is full or away is an outage: said in a sentence, waited for, and over by itself."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from threading import Timer
from typing import NoReturn

import pytest

from fluxagents.flows.errors import FluxError
from fluxagents.tasks.ports.outage import StoreOutageError
from fluxagents.workers.files import stored_bytes
from fluxagents.workers.files.remote_files import is_passing
from fluxagents.workers.files.stored_bytes import StoredBytes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def fill(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing is written: the disk is full when the file is forced to it."""

    def full(_: int) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)


def test_a_full_store_is_named_with_what_the_system_says(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = StoredBytes(str(root))
    store.write("artifacts/a", b"old")
    fill(monkeypatch)
    with pytest.raises(StoreOutageError, match=r"store' cannot be used: No space left on device.*make room"):
        store.write("artifacts/a", b"new")
    assert store.read("artifacts/a") == b"old"
    assert [path.name for path in (root / "artifacts").iterdir()] == ["a"], "no draft takes room"
    assert "No space left on device" in store.find_problem()
    monkeypatch.undo()
    assert store.find_problem() == ""


def test_a_store_that_was_there_and_is_away_has_not_lost_its_contents(root: Path, tmp_path: Path) -> None:
    store = StoredBytes(str(root))
    store.write("artifacts/a", b"1")
    root.rename(tmp_path / "away")
    for attempt in (lambda: store.read("artifacts/a"), lambda: store.exists("artifacts/a")):
        with pytest.raises(StoreOutageError, match="was there before and is not now"):
            attempt()
    with pytest.raises(StoreOutageError):
        store.write("artifacts/b", b"2")
    root.mkdir()  # the place where it was mounted
    with pytest.raises(StoreOutageError):
        store.write("artifacts/b", b"2")
    root.rmdir()
    (tmp_path / "away").rename(root)
    assert store.read("artifacts/a") == b"1"


def test_patience_outlasts_an_outage(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_bytes, "FIRST_PAUSE_S", 0.01)
    store = StoredBytes(str(root), patience_s=30.0)
    store.write("artifacts/a", b"1")
    root.rename(tmp_path / "away")
    back = Timer(0.2, (tmp_path / "away").rename, [root])
    back.start()
    store.write("artifacts/b", b"2")
    back.join()
    assert sorted(store.names("artifacts")) == ["a", "b"]


def test_a_new_store_is_private_and_a_shared_one_stays_shared(root: Path) -> None:
    StoredBytes(str(root)).write("artifacts/ab/c", b"1")
    modes = {path.relative_to(root).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")}
    assert modes == {"artifacts": 0o700, "artifacts/ab": 0o700, "artifacts/ab/c": 0o600, ".store": 0o600}
    root.chmod(0o2775)
    StoredBytes(str(root)).write("artifacts/cd/e", b"1")
    assert stat.S_IMODE((root / "artifacts" / "cd").stat().st_mode) == 0o2775
    assert stat.S_IMODE((root / "artifacts" / "cd" / "e").stat().st_mode) == 0o664


def test_a_remote_store_is_out_when_it_is_not_reached_and_wrong_when_it_refuses() -> None:
    class EndpointConnectionError(ConnectionError):
        pass

    class StatusError(Exception):
        def __init__(self, status: int) -> None:
            self.status = status

    assert is_passing(EndpointConnectionError())
    assert is_passing(TimeoutError())
    assert is_passing(StatusError(503))
    assert not is_passing(StatusError(403))
    assert not is_passing(PermissionError())
    assert not is_passing(ImportError())


def test_an_outage_is_an_error_of_ours() -> None:
    assert issubclass(StoreOutageError, FluxError)
