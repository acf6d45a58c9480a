"""One suite for both directories: in memory, and Redis."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from fluxagents.flows.memory.directory import MemoryDirectory
from fluxagents.flows.people.members import Group, Person, ServiceAccount
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.scheduler.people.directory import Directory
from fluxagents.workers.redis.people.directory import RedisDirectory

ANA = Person(name="ana", display="Ana", os_users=("ana", "amaria"), sign_ins=("https://id.lab 17",))
GATEWAY = ServiceAccount(name="mail", grants=(Grant(role=Role.RUNNER),), speaks_for_others=True)
CURATORS = Group(name="curators", members=("ana", "bob"), grants=(Grant(role=Role.APPROVER),))


@pytest.fixture(params=["memory", "redis"])
def directory(request: pytest.FixtureRequest, key_prefix: str) -> Directory:
    if request.param == "memory":
        return MemoryDirectory()
    return RedisDirectory(request.getfixturevalue("redis"), prefix=key_prefix)


def test_members_are_found_with_the_groups_that_name_them(directory: Directory) -> None:
    assert directory.save(GATEWAY, before=None)
    assert directory.save(ANA, before=None)
    assert directory.save_group(CURATORS, before=None)
    assert directory.members() == [ANA, GATEWAY]
    assert directory.groups() == [CURATORS]
    ana, mail = directory.find("ana"), directory.find("mail")
    assert ana is not None
    assert ana.member == ANA
    assert ana.groups == (CURATORS,)
    assert mail is not None
    assert mail.member == GATEWAY
    assert mail.groups == ()
    assert directory.find("bob") is None


def test_proofs_lead_to_the_person_who_has_them_now(directory: Directory) -> None:
    directory.save(ANA, before=None)
    assert directory.find_os_user("amaria") == "ana"
    assert directory.find_sign_in("https://id.lab 17") == "ana"
    renamed = ANA.model_copy(update={"os_users": ("ana",), "sign_ins": ()})
    assert directory.save(renamed, before=ANA)
    assert directory.find_os_user("ana") == "ana"
    assert directory.find_os_user("amaria") is None
    assert directory.find_sign_in("https://id.lab 17") is None
    assert directory.remove("ana")
    assert directory.find_os_user("ana") is None
    assert not directory.remove("ana")


def test_who_has_not_seen_the_last_change_changes_nothing(directory: Directory) -> None:
    directory.save(ANA, before=None)
    disabled = ANA.model_copy(update={"disabled": True})
    assert directory.save(disabled, before=ANA)
    assert not directory.save(ANA.model_copy(update={"email": "a@lab"}), before=ANA)
    assert not directory.save(ANA, before=None)
    assert directory.members() == [disabled]
    assert directory.save_group(CURATORS, before=None)
    assert not directory.save_group(CURATORS, before=None)
    assert directory.remove_group("curators")
    assert not directory.remove_group("curators")


def test_of_many_who_come_first_at_once_one_is_the_first(directory: Directory) -> None:
    people = [Person(name=f"person{number}") for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(directory.save_first, people))
    assert sum(first) == 1
    assert directory.members() == [people[first.index(True)]]
