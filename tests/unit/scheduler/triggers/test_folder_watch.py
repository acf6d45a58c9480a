"""Watched folders: what is new, what has changed, what is still being written, and what is away."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from tests.support.trigger_desk import DIGEST, QUESTION, Desk

from fluxagents.flows.errors import FluxError
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.roles import EVERYWHERE, Grant, Role
from fluxagents.scheduler.triggers.event_trigger import FileSource
from fluxagents.scheduler.triggers.triggers import Triggers

SOURCE = FileSource(address="/data", pattern="*.xml", every_s=60.0, settle_s=90.0)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def add(desk: Desk, *, backlog: bool = False, **changes: Any) -> None:
    source = SOURCE.model_copy(update={"backlog": backlog})
    desk.add("files", **{"source": source, **changes})


def look(desk: Desk, times: int = 1) -> list[str]:
    """Look so many times, a minute between them; the digests of what runs were started for."""
    for _ in range(times):
        desk.look()
        desk.clock.at_ms += 60_000
    return [state.trigger.delivery.partition("|")[0] for state in desk.look() if state.trigger]


def digest(content: str) -> str:
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def test_a_new_file_starts_a_run_on_it_when_it_has_come_to_rest(desk: Desk) -> None:
    add(desk, inputs={}, expressions={"question": "'Is ' + name + ' sound?'"})
    assert look(desk) == []
    desk.folders.files["a.xml"] = ("1", "half")
    assert look(desk) == []
    desk.folders.files["a.xml"] = ("2", "whole")
    assert look(desk) == []
    assert look(desk, 3) == [digest("whole")]
    (state,) = desk.look()
    assert state.inputs["question"] == "Is a.xml sound?"
    assert state.model == digest("/data/a.xml")
    assert state.trigger is not None
    assert state.trigger.source == "file *.xml in /data"
    assert look(desk, 5) == [digest("whole")]


def test_files_of_the_first_look_count_only_where_that_was_chosen(desk: Desk) -> None:
    desk.folders.files |= {"a.xml": ("1", "old"), "b.txt": ("1", "no model")}
    add(desk)
    assert look(desk, 4) == []
    desk.folders.files["a.xml"] = ("2", "new")
    assert look(desk, 4) == [digest("new")]


def test_a_backlog_is_worked_off(desk: Desk) -> None:
    desk.folders.files |= {"a.xml": ("1", "a"), "b.xml": ("1", "b")}
    add(desk, backlog=True)
    assert sorted(look(desk, 4)) == sorted([digest("a"), digest("b")])


def test_the_same_content_never_counts_twice(desk: Desk) -> None:
    add(desk)
    look(desk)
    desk.folders.files["a.xml"] = ("1", "same")
    assert len(look(desk, 4)) == 1
    desk.folders.files["a.xml"] = ("2", "same")
    assert len(look(desk, 4)) == 1
    del desk.folders.files["a.xml"]
    look(desk, 2)
    desk.folders.files["a.xml"] = ("3", "same")
    assert len(look(desk, 4)) == 1
    desk.folders.files["a.xml"] = ("4", "other")
    assert len(look(desk, 4)) == 2


def test_a_folder_that_is_away_is_said_and_looked_at_again(desk: Desk) -> None:
    add(desk)
    look(desk)
    desk.folders.problem = "'/data' cannot be read: No such file or directory"
    look(desk, 2)
    status = desk.triggers.get("files")
    assert status.folder is not None
    assert status.folder.problem == desk.folders.problem
    desk.folders.problem = ""
    desk.folders.files["a.xml"] = ("1", "a")
    assert look(desk, 4) == [digest("a")]
    status = desk.triggers.get("files")
    assert status.folder is not None
    assert status.folder.problem == ""


def test_a_folder_that_was_never_there_has_no_backlog_until_it_comes(desk: Desk) -> None:
    desk.folders.problem = "it is away"
    add(desk)
    look(desk, 2)
    desk.folders.problem, desk.folders.files["a.xml"] = "", ("1", "a")
    assert look(desk, 4) == []


def test_a_worker_that_dies_after_it_told_of_a_file_starts_one_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(desk, backlog=True)
    desk.folders.files["a.xml"] = ("1", "a")
    look(desk)
    save = type(desk.ledger).save

    def die(ledger: Any, name: str, *words: Any, **more: Any) -> bool:
        if name == "folder:files" and '"is_taken":true' in words[0]:
            raise KeyboardInterrupt
        return save(ledger, name, *words, **more)

    with monkeypatch.context() as patch:
        patch.setattr(type(desk.ledger), "save", die)
        with pytest.raises(KeyboardInterrupt):
            look(desk, 3)
    assert look(desk, 3) == [digest("a")]


def test_a_fixed_model_is_used_instead_of_the_file(desk: Desk) -> None:
    add(desk, backlog=True, model="e_coli_core", inputs=QUESTION)
    desk.folders.files["a.xml"] = ("1", "a")
    look(desk, 4)
    (state,) = desk.look()
    assert (state.model, state.model_name) == (DIGEST, "e_coli_core")


def test_watching_takes_an_admin_and_an_address(desk: Desk) -> None:
    with pytest.raises(FluxError, match="cannot be watched"):
        add(desk, source=SOURCE.model_copy(update={"address": "relative"}))
    desk.client.authority.directory.save(
        Person(name="rob", grants=(Grant(role=Role.RUNNER, place=EVERYWHERE),)), before=None
    )
    rob = desk.client.acting_as(Actor(name="rob", channel="http", proof=Proof(kind="api-key", id="k")))
    triggers = Triggers(
        rob,
        desk.book,
        desk.engine,
        box=desk.box,
        endpoints=desk.endpoints,
        reader=desk.folders,
        clock=desk.clock,
    )
    with pytest.raises(FluxError, match="admin"):
        triggers.add("files", source=SOURCE, flow="metabolic_analysis", inputs=QUESTION)


def test_nothing_is_left_of_a_watch_that_is_removed(desk: Desk) -> None:
    add(desk)
    look(desk)
    desk.triggers.remove("files")
    assert desk.ledger.load("folder:files") is None
    assert look(desk, 3) == []
