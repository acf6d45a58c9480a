"""A session as one file: all of it comes over, signed, and no altered file does."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.scheduler.sessions.test_sessions import ASK, finish, start

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.ports.session import SessionBudget
from fluxagents.workers.archive.checked_zip import MANIFEST, SIGNATURE
from fluxagents.workers.archive.session_bundle import export_session, import_session
from fluxagents.workers.clients.local import LocalClient


def open_client(folder: Path) -> LocalClient:
    (folder / "ask_twice.yaml").write_text(yaml.safe_dump(ASK, sort_keys=False))
    client = LocalClient(folder / "store", flow_folders=(folder,))
    client.models.add_named("e_coli_core")
    return client


@pytest.fixture
def here(tmp_path: Path) -> LocalClient:
    (tmp_path / "here").mkdir()
    return open_client(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> LocalClient:
    (tmp_path / "there").mkdir()
    return open_client(tmp_path / "there")


@pytest.fixture
def file(here: LocalClient, tmp_path: Path) -> Path:
    """A session of a run that has finished and one that waits."""
    here.sessions.create("s", label="Survey", budget=SessionBudget(runs=9))
    finish(here, start(here))
    start(here, topic="oxygen")
    path = tmp_path / "s.session.zip"
    export_session(here.sessions, here.bundle_stores(), "s", path)
    return path


def change(path: Path, changed: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    changed(members)
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def refusal(client: LocalClient, path: Path, **options: Any) -> FluxError:
    with pytest.raises(FluxError) as caught:
        import_session(client, client.bundle_stores(), path, **options)
    return caught.value


def test_a_session_comes_over_with_its_runs(here: LocalClient, there: LocalClient, file: Path) -> None:
    session, imported = import_session(there, there.bundle_stores(), file)
    assert (session.label, session.budget) == ("Survey", SessionBudget(runs=9))
    assert session.unverified.startswith("signed by the unknown key")
    assert [state.status for state in there.sessions.states("s")] == ["finished", "paused"]
    assert there.sessions.show("s").usage == here.sessions.show("s").usage
    assert {run for each in imported for run in each.written} == {
        state.run_id for state in here.sessions.states("s")
    }
    _, again = import_session(there, there.bundle_stores(), file)
    assert [each.written for each in again] == [(), ()]


def test_a_session_may_have_another_name_here(there: LocalClient, file: Path) -> None:
    there.sessions.create("s")
    assert "another session 's'" in refusal(there, file).message
    session, _ = import_session(there, there.bundle_stores(), file, new_name="theirs")
    assert session.name == "theirs"
    assert len(there.sessions.states("theirs")) == 2
    assert there.sessions.states("s") == []


def test_what_this_installation_signed_is_verified(here: LocalClient, file: Path) -> None:
    session, _ = import_session(here, here.bundle_stores(), file)
    assert session.unverified == ""


def test_a_file_of_a_session_that_is_here_changes_nothing_of_it(here: LocalClient, file: Path) -> None:
    here.sessions.limit("s", budget=SessionBudget(runs=20))
    start(here, topic="nitrogen")
    before = here.sessions.show("s")
    session, imported = import_session(here, here.bundle_stores(), file)
    assert here.sessions.show("s") == before
    assert session == before.session
    assert [each.written for each in imported] == [(), ()]


def test_a_session_that_only_runs_name_is_taken_in_by_its_file(there: LocalClient, file: Path) -> None:
    """As it is found by the call that follows an interrupted one."""
    start(there)
    session, _ = import_session(there, there.bundle_stores(), file)
    assert there.sessions.show("s").session == session
    assert len(there.sessions.states("s")) == 3


def test_the_same_session_gives_the_same_file(here: LocalClient, file: Path, tmp_path: Path) -> None:
    export_session(here.sessions, here.bundle_stores(), "s", tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == file.read_bytes()


def raise_the_budget(members: dict[str, bytes]) -> None:
    manifest = json.loads(members[MANIFEST])
    manifest["session"]["budget"]["runs"] = 1_000
    members[MANIFEST] = json.dumps(manifest).encode()


def cut_a_run(members: dict[str, bytes]) -> None:
    members["runs/0.run.zip"] = members["runs/0.run.zip"][:-10]


def drop_a_run(members: dict[str, bytes]) -> None:
    del members["runs/1.run.zip"]


def add_a_file(members: dict[str, bytes]) -> None:
    members["../evil"] = b"-"


def drop_the_manifest(members: dict[str, bytes]) -> None:
    del members[MANIFEST]


def drop_the_signature(members: dict[str, bytes]) -> None:
    del members[SIGNATURE]


def spoil_the_signature(members: dict[str, bytes]) -> None:
    members[SIGNATURE] = b"{}"


@pytest.mark.parametrize(
    "alter",
    [raise_the_budget, cut_a_run, drop_a_run, add_a_file, drop_the_manifest, spoil_the_signature],
    ids=lambda alter: alter.__name__,
)
def test_a_file_that_was_altered_writes_nothing(
    there: LocalClient, file: Path, alter: Callable[[dict[str, bytes]], None]
) -> None:
    assert refusal(there, change(file, alter)).kind is ErrorClass.SCHEMA
    assert there.sessions.page() == []
    assert there.store.counts()["finished"] == 0


def test_what_is_no_zip_is_refused(there: LocalClient, tmp_path: Path) -> None:
    path = tmp_path / "x.session.zip"
    path.write_bytes(b"nothing")
    assert refusal(there, path).kind is ErrorClass.SCHEMA


def test_an_unsigned_file_is_doubted(there: LocalClient, file: Path) -> None:
    change(file, drop_the_signature)
    session, _ = import_session(there, there.bundle_stores(), file)
    assert session.unverified == "not signed"
