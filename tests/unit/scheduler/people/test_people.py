"""People, groups and roles: who may change them, and what each change leaves in the log."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.memory.audit_log import MemoryAuditLog
from fluxagents.flows.memory.directory import MemoryDirectory
from fluxagents.flows.memory.key_book import MemoryKeyBook
from fluxagents.flows.memory.session_book import MemorySessionBook
from fluxagents.flows.people.absence import read_absence
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Actor, Proof
from fluxagents.flows.people.audit import find_faults
from fluxagents.flows.people.members import Group, Member, Person, ServiceAccount
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.scheduler.people.api_keys import ApiKeys
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.people.people import People
from fluxagents.workers.machine.clock import SystemClock


def actor(name: str) -> Actor:
    return Actor(name=name, channel="client", proof=Proof(kind="os-user", id="1000"))


def open_people(authority: Authority) -> People:
    clock = SystemClock()
    return People(authority, keys=MemoryKeyBook(), sessions=MemorySessionBook(clock), clock=clock)


@pytest.fixture
def authority() -> Authority:
    """Of ana, the first admin."""
    directory = MemoryDirectory()
    directory.save_first(Person(name="ana", os_users=("ana",), grants=(Grant(role=Role.ADMIN),)))
    return Authority(directory, MemoryAuditLog(SystemClock()), lambda: actor("ana"))


@pytest.fixture
def people(authority: Authority) -> People:
    return open_people(authority)


def test_each_change_is_one_entry_of_a_whole_log(people: People, authority: Authority) -> None:
    people.add(Person(name="bob", grants=(Grant(role=Role.VIEWER),)))
    people.add(ServiceAccount(name="ci", purpose="builds"))
    people.grant("bob", Role.RUNNER, place="session:nightly")
    people.add_to_group("curators", ["bob"])
    people.grant("group:curators", Role.APPROVER, place="project:yeast")
    people.change("bob", lambda member: member.model_copy(update={"disabled": True}))
    people.take_from_group("curators", ["bob"])
    people.remove("bob")
    people.remove_group("curators")
    entries = list(authority.log.entries())
    assert [(entry.act.action, str(entry.act.on), entry.act.by) for entry in entries] == [
        (Action.PERSON_ADD, "person bob", "ana"),
        (Action.SERVICE_ADD, "person ci", "ana"),
        (Action.ROLE_GRANT, "person bob", "ana"),
        (Action.GROUP_CHANGE, "group curators", "ana"),
        (Action.ROLE_GRANT, "group curators", "ana"),
        (Action.PERSON_CHANGE, "person bob", "ana"),
        (Action.GROUP_CHANGE, "group curators", "ana"),
        (Action.PERSON_REMOVE, "person bob", "ana"),
        (Action.GROUP_REMOVE, "group curators", "ana"),
    ]
    assert list(find_faults(entries, authority.log.head())) == []


def test_nobody_but_an_admin_changes_anything(people: People, authority: Authority) -> None:
    people.add(Person(name="bob", grants=(Grant(role=Role.APPROVER),)))
    people.add_to_group("curators", ["bob"])
    directory, entries = authority.directory, list(authority.log.entries())
    before = (list(directory.members()), list(directory.groups()))
    as_bob = open_people(authority.acting_as(actor("bob")))
    acts = (
        lambda: as_bob.add(Person(name="eve")),
        lambda: as_bob.grant("bob", Role.ADMIN),
        lambda: as_bob.grant("group:curators", Role.ADMIN),
        lambda: as_bob.change("bob", lambda member: member.model_copy(update={"email": "b@lab"})),
        lambda: as_bob.add_to_group("curators", ["ana"]),
        lambda: as_bob.take_from_group("curators", ["bob"]),
        lambda: as_bob.remove_group("curators"),
        lambda: as_bob.remove("bob"),
    )
    for act in acts:
        with pytest.raises(FluxError, match="it takes the role admin") as refused:
            act()
        assert refused.value.kind is ErrorClass.PERMISSION
    assert (list(directory.members()), list(directory.groups())) == before
    assert list(authority.log.entries()) == entries


def test_an_installation_keeps_an_admin(people: People) -> None:
    people.add(Person(name="bob", grants=(Grant(role=Role.ADMIN, place="session:s"),)))
    people.add(ServiceAccount(name="ci", grants=(Grant(role=Role.ADMIN),)))
    acts = (
        lambda: people.remove("ana"),
        lambda: people.grant("ana", None),
        lambda: people.grant("ana", Role.APPROVER),
        lambda: people.change("ana", lambda member: member.model_copy(update={"disabled": True})),
    )
    for act in acts:
        with pytest.raises(FluxError, match="'ana' is the last admin"):
            act()
    people.grant("bob", Role.ADMIN)
    people.remove("ana")


def test_a_name_means_one_thing(people: People) -> None:
    people.add(Person(name="bob"))
    people.add_to_group("curators", ["bob"])
    for name in ("bob", "curators", "ana"):
        with pytest.raises(FluxError, match=f"a person, service or group '{name}' already"):
            people.add(Person(name=name))
    with pytest.raises(FluxError, match="'bob' already"):
        people.add_to_group("bob", ["ana"])
    with pytest.raises(FluxError, match="a word of fluxagents"):
        people.add(Person(name="anyone"))


def test_a_proof_leads_to_one_person(people: People) -> None:
    with pytest.raises(FluxError, match="operating-system user 'ana' is ana already"):
        people.add(Person(name="bob", os_users=("ana",)))
    people.add(Person(name="bob", sign_ins=("https://id.lab 17",)))
    with pytest.raises(FluxError, match=r"sign-in 'https://id\.lab 17' is bob already"):
        people.change("ana", lambda member: member.model_copy(update={"sign_ins": ("https://id.lab 17",)}))


def test_who_is_removed_is_in_no_group_any_more(people: People) -> None:
    people.add(Person(name="bob"))
    people.add_to_group("curators", ["bob", "ana"])
    people.remove("bob")
    assert people.require_group("curators").members == ("ana",)
    # A new bob is not the old one.
    people.add(Person(name="bob"))
    who = people.directory.find("bob")
    assert who is not None
    assert who.groups == ()


def test_a_key_of_somebody_who_left_is_not_that_of_the_next_of_this_name(authority: Authority) -> None:
    book, clock = MemoryKeyBook(), SystemClock()
    sessions, keys = MemorySessionBook(clock), ApiKeys(book, authority.directory, clock)
    people = People(authority, keys=book, sessions=sessions, clock=clock)
    people.add(Person(name="bob"))
    text, _ = keys.create(authority, owner="bob")
    people.remove("bob")
    people.add(Person(name="bob"))
    with pytest.raises(FluxError, match="is revoked"):
        keys.identify(str(text), "http")


def test_what_is_not_there_is_named(people: People) -> None:
    people.add(Person(name="barbara"))
    with pytest.raises(FluxError, match="there is no person or service 'barbra'; nearest: barbara"):
        people.grant("barbra", Role.RUNNER)
    people.add_to_group("curators", ["barbara"])
    with pytest.raises(FluxError, match="there is no group 'curator'; nearest: curators"):
        people.remove_group("curator")
    with pytest.raises(FluxError, match="'ana' is not in group 'curators'; in it are: barbara"):
        people.take_from_group("curators", ["ana"])


def test_two_admins_at_once_do_not_overwrite_each_other(authority: Authority) -> None:
    class Slow(MemoryDirectory):
        """Somebody else changes a group between the look and the change."""

        def save_group(self, group: Group, *, before: Group | None) -> bool:
            if "eve" not in group.members:
                super().save_group(group.model_copy(update={"members": ("eve",)}), before=before)
            return super().save_group(group, before=before)

    directory = Slow()
    directory.save_first(Person(name="ana", grants=(Grant(role=Role.ADMIN),)))
    people = open_people(Authority(directory, authority.log, lambda: actor("ana")))
    with pytest.raises(FluxError, match="'curators' was changed by somebody else meanwhile"):
        people.add_to_group("curators", ["ana"])
    assert people.require_group("curators").members == ("eve",)


def test_an_address_is_one_persons_and_one_that_a_channel_needs(people: People) -> None:
    people.add(Person(name="bob", email="bob@lab.example", slack="UBOB", notify=("email",)))
    for other in (
        Person(name="eve", email="BOB@lab.example"),
        Person(name="eve", slack="UBOB"),
        Person(name="eve", email="bob@lab.example\r\nBcc: all@lab.example"),
        Person(name="eve", email="bob <bob@lab.example>"),
        Person(name="eve", notify=("slack",)),
    ):
        with pytest.raises(FluxError, match=r"is bob's already|is no mail address|no address is known"):
            people.add(other)


def test_people_say_themselves_how_they_are_told_and_no_more(people: People, authority: Authority) -> None:
    people.add(Person(name="bob", email="bob@lab.example", grants=(Grant(role=Role.VIEWER),)))
    own = open_people(authority.acting_as(actor("bob")))
    own.change("bob", lambda member: member.model_copy(update={"notify": ("email",)}))
    for change in ({"email": "eve@lab.example"}, {"notify": (), "grants": (Grant(role=Role.ADMIN),)}):
        with pytest.raises(FluxError, match=r"may not do person\.change"):
            own.change("bob", lambda member, change=change: member.model_copy(update=change))  # type: ignore[misc]
    with pytest.raises(FluxError, match=r"may not do person\.change"):
        own.change("ana", lambda member: member.model_copy(update={"quiet": None, "notify": ()}))


def set_fields(update: dict[str, Any], member: Member) -> Member:
    return member.model_copy(update=update)


def test_an_absence_is_ones_own_to_say_and_names_another_person(authority: Authority) -> None:
    people = open_people(authority)
    for name in ("bob", "cat"):
        people.add(Person(name=name, grants=(Grant(role=Role.APPROVER),)))
    people.add(ServiceAccount(name="ci"))
    away = read_absence("cat", "2027-07-05", "2027-07-23", now_ms=0)
    as_bob = open_people(authority.acting_as(actor("bob")))
    changed = as_bob.change("bob", lambda member: member.model_copy(update={"away": away}))
    assert isinstance(changed, Person)
    assert str(changed.away) == "2027-07-05 00:00 to 2027-07-24 00:00 UTC, cat stands in"
    assert list(authority.log.entries())[-1].act.action is Action.PERSON_PREFER
    with pytest.raises(FluxError, match="may not do"):
        as_bob.change("ana", lambda member: member.model_copy(update={"away": away}))
    with pytest.raises(FluxError, match="may not do"):
        as_bob.change("bob", lambda member: member.model_copy(update={"skills": ("yeast",)}))
    for nobody in ("bob", "ci", "dan"):
        update = {"away": away.model_copy(update={"to": nobody})}
        with pytest.raises(FluxError, match=nobody):
            people.change("bob", partial(set_fields, update))
    people.remove("cat")
    # What was said of the absence does not keep anything else from being changed.
    people.change("bob", lambda member: member.model_copy(update={"display": "Bob"}))


@pytest.mark.parametrize(
    ("begins", "ends", "why"),
    [
        ("", "soon", "is no day and no time"),
        ("", "9999-12-31", "is no day and no time"),
        ("2027-07-05", "2027-07-04", "is over before it begins"),
        ("", "1969-12-31T00:00+00:00", "is over before it begins"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(begins: str, ends: str, why: str) -> None:
    with pytest.raises(FluxError, match=why):
        read_absence("cat", begins, ends, now_ms=0)
    long = read_absence("cat", "1900-01-01", "9999-12-31T23:59-14:00", now_ms=0)
    assert str(long) == "1970-01-01 00:00 to 9999-12-31 00:00 UTC, cat stands in"
