"""The user of the machine as a person: the first one is the admin, others must be let in."""

from __future__ import annotations

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.memory.audit_log import MemoryAuditLog
from fluxagents.flows.memory.directory import MemoryDirectory
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.members import Person
from fluxagents.flows.people.roles import Role, role_in
from fluxagents.scheduler.people.local_user import OsUser, identify_os_user
from fluxagents.workers.machine.clock import SystemClock


def identify(directory: MemoryDirectory, user: OsUser, told: list[str], *, is_owner: bool = True) -> Actor:
    return identify_os_user(
        directory, MemoryAuditLog(SystemClock()), user, channel="client", is_owner=is_owner, tell=told.append
    )


def test_the_first_owner_of_the_data_folder_is_the_admin_and_is_told_once() -> None:
    directory, told = MemoryDirectory(), list[str]()
    first = identify(directory, OsUser(1000, "ana"), told)
    again = identify(directory, OsUser(1000, "ana"), told)
    assert first == again == Actor(name="ana", channel="client", proof=Proof(kind="os-user", id="1000"))
    assert len(told) == 1
    assert "ana (user ana of this machine) is now the admin" in told[0]
    ana = directory.find("ana")
    assert ana is not None
    assert role_in(ana.grants, "") is Role.ADMIN


def test_how_the_first_admin_came_to_be_is_the_first_entry_of_the_log() -> None:
    directory, log = MemoryDirectory(), MemoryAuditLog(SystemClock())
    for _ in range(2):
        identify_os_user(directory, log, OsUser(7, "ana"), channel="client", is_owner=True, tell=str)
    (entry,) = log.entries()
    assert (entry.act.action, entry.act.by, str(entry.act.proof)) == ("person.add", "ana", "os-user 7")


def test_the_next_user_is_nobody_until_an_admin_adds_them() -> None:
    directory, told = MemoryDirectory(), list[str]()
    identify(directory, OsUser(1000, "ana"), told)
    with pytest.raises(FluxError, match="user 'bob' of this machine is nobody") as refused:
        identify(directory, OsUser(1001, "bob"), told)
    assert refused.value.kind is ErrorClass.PERMISSION
    directory.save(Person(name="robert", os_users=("bob",)), before=None)
    assert identify(directory, OsUser(1001, "bob"), told).name == "robert"


def test_who_does_not_own_the_data_folder_never_becomes_the_admin() -> None:
    directory = MemoryDirectory()
    with pytest.raises(FluxError, match="is nobody in this installation"):
        identify(directory, OsUser(1000, "ana"), [], is_owner=False)
    assert directory.members() == []


@pytest.mark.parametrize("name", ["anyone", "lab\\ana", "a b", ""])
def test_a_user_whose_name_no_person_can_have_is_called_admin(name: str) -> None:
    directory = MemoryDirectory()
    assert identify(directory, OsUser(1000, name), []).name == "admin"
    assert directory.find_os_user(name) == "admin"
