"""Who may do what: roles at places, scopes of keys, assignees, and names of others."""

from __future__ import annotations

from typing import Any

import pytest

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.people.actions import NEEDS, Action, Scope
from fluxagents.flows.people.actor import Actor, Proof, Resource
from fluxagents.flows.people.members import Group, Membership, Person, ServiceAccount
from fluxagents.flows.people.permission import check_claim, check_permission, check_seat, find_seats, may
from fluxagents.flows.people.roles import Grant, Role, covers, project_of, role_in

ROLES = list(Role)


def person(
    name: str = "ana", *grants: Grant, groups: tuple[Group, ...] = (), disabled: bool = False
) -> Membership:
    return Membership(member=Person(name=name, grants=grants, disabled=disabled), groups=groups)


def actor(name: str = "ana", scopes: frozenset[Scope] | None = None) -> Actor:
    return Actor(name=name, channel="http", proof=Proof(kind="api-key", id="flux_01234567"), scopes=scopes)


def request(**fields: Any) -> HumanRequest:
    return HumanRequest(id="r.4", kind="approval", node="n", question="?", digest="d", **fields)


def run(session: str = "yeast/2026") -> Resource:
    return Resource(kind="run", id="r", session=session)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_it_takes_and_nothing_above(role: Role, action: Action) -> None:
    needed = NEEDS[action].role
    allowed = needed is None or ROLES.index(role) >= ROLES.index(needed)
    assert may(actor(), person("ana", Grant(role=role)), action, run()) is allowed


def test_who_has_no_role_may_look_at_nothing() -> None:
    with pytest.raises(FluxError, match="ana is nothing there") as refused:
        check_permission(actor(), person(), Action.RUN_READ, run())
    assert refused.value.kind is ErrorClass.PERMISSION
    assert refused.value.suggestions == ("an admin grants it: `fluxagents people role ana viewer`",)


@pytest.mark.parametrize(
    ("place", "session", "held"),
    [
        ("everywhere", "", True),
        ("everywhere", "yeast/2026", True),
        ("session:yeast/2026", "yeast/2026", True),
        ("session:yeast/2026", "yeast/2027", False),
        ("session:yeast", "yeast/2026", False),
        ("project:yeast", "yeast/2026", True),
        ("project:yeast", "yeast2/2026", False),
        ("project:yeast", "yeast", False),
        ("project:yeast", "", False),
        ("session:yeast", "", False),
    ],
)
def test_a_place_holds_its_sessions_only(place: str, session: str, held: bool) -> None:
    assert covers(place, session) is held


def test_a_project_is_what_a_session_has_before_its_first_slash() -> None:
    assert project_of("yeast/2026/may") == "yeast"
    assert project_of("yeast") == ""
    assert project_of("") == ""


def test_the_highest_role_counts_wherever_it_comes_from() -> None:
    group = Group(
        name="curators", members=("ana",), grants=(Grant(role=Role.APPROVER, place="project:yeast"),)
    )
    who = person("ana", Grant(role=Role.VIEWER), groups=(group,))
    assert role_in(who.grants, "yeast/2026") is Role.APPROVER
    assert role_in(who.grants, "coli") is Role.VIEWER
    assert role_in((), "coli") is None


def test_a_key_is_good_for_its_scopes_only_whatever_its_owner_may() -> None:
    admin = person("ana", Grant(role=Role.ADMIN))
    reads = actor(scopes=frozenset({Scope.READ}))
    check_permission(reads, admin, Action.RUN_READ, run())
    with pytest.raises(FluxError, match="api-key flux_01234567 has not the scope 'runs'"):
        check_permission(reads, admin, Action.RUN_START, run())


def test_who_is_disabled_may_do_nothing() -> None:
    with pytest.raises(FluxError, match="ana is disabled"):
        check_permission(
            actor(), person("ana", Grant(role=Role.ADMIN), disabled=True), Action.RUN_READ, run()
        )


CURATORS = Group(name="curators", members=("ana",))


@pytest.mark.parametrize(
    ("assignees", "meant"),
    [
        (("anyone",), True),
        (("ana",), True),
        (("bob", "ana"), True),
        (("group:curators",), True),
        (("bob",), False),
        (("group:others",), False),
        (("curators",), False),
        (("Ana",), False),
        ((), False),
    ],
)
def test_a_request_is_meant_for_those_whom_it_names(assignees: tuple[str, ...], meant: bool) -> None:
    assert bool(find_seats(person("ana", groups=(CURATORS,)), assignees)) is meant


def test_a_refused_answer_names_those_who_are_asked() -> None:
    with pytest.raises(
        FluxError, match=r"request 'r\.4' is assigned to bob, group:curators; 'ana' is not among"
    ):
        check_seat(person("ana"), request(assignees=("bob", "group:curators")), ())


def test_who_wanted_or_edited_it_has_no_vote_where_other_eyes_are_needed() -> None:
    with pytest.raises(FluxError, match=r"'ana' wanted or edited request 'r\.4'"):
        check_seat(person("ana"), request(assignees=("ana",), barred=("ana",)), ("ana",))


def test_nobody_takes_anothers_name_without_the_right_to() -> None:
    admin = person("ana", Grant(role=Role.ADMIN))
    service = Membership(member=ServiceAccount(name="mail", speaks_for_others=True))
    check_claim(person("ana"), "ana", named=True)
    check_claim(admin, "bob", named=False)
    check_claim(service, "bob", named=True)
    refused = [
        (person("ana", Grant(role=Role.APPROVER)), False),
        (person("ana", Grant(role=Role.ADMIN, place="session:s")), False),
        (admin, True),
        (Membership(member=ServiceAccount(name="ci", grants=(Grant(role=Role.ADMIN),))), False),
    ]
    for who, named in refused:
        with pytest.raises(FluxError, match=f"'{who.name}' may not act as 'bob'"):
            check_claim(who, "bob", named=named)
