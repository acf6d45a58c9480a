"""People of an installation: added, given roles, grouped, disabled and removed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.humans.seats import GROUP_PREFIX
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Resource
from fluxagents.flows.people.members import (
    CHANNELS,
    Group,
    Member,
    Person,
    ServiceAccount,
    address_of,
    check_member_name,
    grant_role,
)
from fluxagents.flows.people.roles import EVERYWHERE, Role, role_in
from fluxagents.flows.ports.clock import Clock
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.people.api_keys import KeyBook
from fluxagents.scheduler.people.authority import Authority
from fluxagents.scheduler.people.contacts import MAIL_ADDRESS
from fluxagents.scheduler.people.directory import Directory, require_member
from fluxagents.scheduler.people.sign_in import SessionBook

PREFERENCES = frozenset({"notify", "quiet", "digest", "away"})
"""What a person may change about themselves."""

M = TypeVar("M", Person, ServiceAccount)


class People:
    """Changes the directory for whoever may; every change is in the audit log.

    Args:
        authority: Of whoever acts.
        keys: Those of a member end with the member.
        sessions: As the keys.
        clock: The time.
    """

    def __init__(self, authority: Authority, *, keys: KeyBook, sessions: SessionBook, clock: Clock) -> None:
        self._authority = authority
        self._keys = keys
        self._sessions = sessions
        self._clock = clock

    @property
    def directory(self) -> Directory:
        """Who belongs to the installation."""
        return self._authority.directory

    def add(self, member: M) -> M:
        """Let a person or a service in.

        Raises:
            FluxError: If whoever acts may not, the name is bad or taken, or an operating-system user or a
                sign-in is another person's.
        """
        check_member_name(member.name)
        self._check_free(member.name)
        self._check_proofs(member)
        action = Action.PERSON_ADD if isinstance(member, Person) else Action.SERVICE_ADD
        self._authority.record(
            action, _person(member.name), details={"grants": [str(grant) for grant in member.grants]}
        )
        member = member.model_copy(update={"created_ms": self._clock.now_ms()})
        if not self.directory.save(member, before=None):
            raise _refuse_taken(member.name)
        return member

    def change(self, name: str, change: Callable[[Member], Member]) -> Member:
        """Change what is known of a member, not their name; their preferences they may change themselves.

        Args:
            name: Of the member.
            change: The member as they are to be, from the member as they are.

        Raises:
            FluxError: If whoever acts may not, there is nobody of this name, a proof is another person's, or
                the change would leave nobody who is an admin.
        """
        before = require_member(self.directory, name).member
        after = change(before)
        assert after.name == before.name
        self._check_proofs(after)
        if isinstance(after, Person) and isinstance(before, Person) and after.away != before.away:
            self._check_stand_in(after)
        self._keep_an_admin(name, after)
        changed: list[JsonValue] = [
            field for field in type(after).model_fields if getattr(after, field) != getattr(before, field)
        ]
        is_own = name == self._authority.actor.name and PREFERENCES.issuperset(map(str, changed))
        action = Action.PERSON_PREFER if is_own else Action.PERSON_CHANGE
        self._authority.record(action, _person(name), details={"changed": changed})
        self._save(after, before)
        return after

    def remove(self, name: str) -> None:
        """Forget a member, end their keys, sessions and memberships; what they did stays theirs.

        Raises:
            FluxError: If whoever acts may not, there is nobody of this name, or they are the last admin.
        """
        require_member(self.directory, name)
        self._keep_an_admin(name, None)
        self._authority.record(Action.PERSON_REMOVE, _person(name))
        # Somebody else may be called the same later.
        for key in self._keys.list():
            if key.owner == name:
                self._keys.revoke(key.prefix, self._clock.now_ms())
        self._sessions.close_all_of(name)
        for group in self.directory.groups():
            if name in group.members:
                self._save_group(_without(group, {name}), group)
        self.directory.remove(name)

    def grant(self, name: str, role: Role | None, *, place: str = EVERYWHERE) -> Member | Group:
        """Give a member or a group (`group:NAME`) a role at a place instead of the one before; None takes it.

        Raises:
            FluxError: If whoever acts may not, there is nobody of this name, or the last admin would be none
                any more.
        """
        details = {"role": role or "none", "place": place}
        if name.startswith(GROUP_PREFIX):
            group = self.require_group(name.removeprefix(GROUP_PREFIX))
            changed = group.model_copy(update={"grants": grant_role(group.grants, place, role)})
            self._authority.record(Action.ROLE_GRANT, _group(group.name), details=details)
            self._save_group(changed, group)
            return changed
        before = require_member(self.directory, name).member
        after = before.model_copy(update={"grants": grant_role(before.grants, place, role)})
        self._keep_an_admin(name, after)
        self._authority.record(Action.ROLE_GRANT, _person(name), details=details)
        self._save(after, before)
        return after

    def add_to_group(self, name: str, members: Collection[str]) -> Group:
        """Take members into a group, which begins to exist if there is none of this name.

        Raises:
            FluxError: If whoever acts may not, the name cannot be one, or a member is not known.
        """
        known = {group.name: group for group in self.directory.groups()}
        before = known.get(name)
        for member in members:
            require_member(self.directory, member)
        if before is None:
            self._check_free(check_member_name(name))
        group = before or Group(name=name, created_ms=self._clock.now_ms())
        after = group.model_copy(update={"members": tuple(sorted({*group.members, *members}))})
        self._authority.record(Action.GROUP_CHANGE, _group(name), details={"added": [*sorted(members)]})
        self._save_group(after, before)
        return after

    def take_from_group(self, name: str, members: Collection[str]) -> Group:
        """Take members out of a group.

        Raises:
            FluxError: If whoever acts may not, there is no such group, or one of them is not in it.
        """
        group = self.require_group(name)
        for member in members:
            if member not in group.members:
                raise FluxError(
                    ErrorClass.UNKNOWN_ID,
                    f"{quote(member)} is not in group {quote(name)}",
                    suggestions=(f"in it are: {', '.join(group.members) or 'nobody'}",),
                )
        self._authority.record(Action.GROUP_CHANGE, _group(name), details={"removed": [*sorted(members)]})
        after = _without(group, members)
        self._save_group(after, group)
        return after

    def remove_group(self, name: str) -> None:
        """Forget a group; its members stay.

        Raises:
            FluxError: If whoever acts may not, or there is no such group.
        """
        self.require_group(name)
        self._authority.record(Action.GROUP_REMOVE, _group(name))
        self.directory.remove_group(name)

    def require_group(self, name: str) -> Group:
        """The group of this name.

        Raises:
            FluxError: If there is none.
        """
        groups = {group.name: group for group in self.directory.groups()}
        if name not in groups:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no group {quote(name)}",
                suggestions=(*nearest(name, groups), "`fluxagents people group list` shows the groups"),
            )
        return groups[name]

    def _check_free(self, name: str) -> None:
        """Refuse a name that a member or a group has: one name never means two."""
        groups = (group.name for group in self.directory.groups())
        if self.directory.find(name) is not None or name in groups:
            raise _refuse_taken(name)

    def _check_proofs(self, member: Member) -> None:
        """Refuse a proof that leads to another person already."""
        if not isinstance(member, Person):
            return
        self._check_contacts(member)
        owners = [
            *(("operating-system user", user, self.directory.find_os_user(user)) for user in member.os_users),
            *(("sign-in", text, self.directory.find_sign_in(text)) for text in member.sign_ins),
        ]
        for kind, proof, owner in owners:
            if owner not in {None, member.name}:
                raise FluxError(
                    ErrorClass.BAD_ARGUMENT,
                    f"{kind} {quote(proof)} is {owner} already",
                    suggestions=(f"take it from {owner} first: `fluxagents people change {owner}`",),
                )

    def _check_contacts(self, person: Person) -> None:
        """Refuse an address that is none, or another person's: what comes from it is taken as theirs."""
        if person.email and not MAIL_ADDRESS.fullmatch(person.email):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{quote(person.email)} is no mail address",
                suggestions=("write it as `ada@lab.example`",),
            )
        others = [each for each in self.directory.members() if each.name != person.name]
        for channel in CHANNELS:
            address = address_of(person, channel).casefold()
            for other in others:
                if address and isinstance(other, Person) and address_of(other, channel).casefold() == address:
                    raise FluxError(
                        ErrorClass.BAD_ARGUMENT,
                        f"{quote(address)} is {other.name}'s already",
                        suggestions=(
                            f"take it from {other.name} first: `fluxagents people change {other.name}`",
                        ),
                    )
        missing = [channel for channel in person.notify if not address_of(person, channel)]
        if missing:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{quote(person.name)} cannot be told by {missing[0]}: no address is known",
                suggestions=(f"add `--{missing[0]} ADDRESS`",),
            )
        if person.digest and "email" not in person.notify:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{quote(person.name)} cannot have a digest: it is a mail, and they are told nothing by mail",
                suggestions=("add `--notify email`, or take the digest away with `--digest ''`",),
            )

    def _check_stand_in(self, person: Person) -> None:
        """Refuse an absence in which nobody could answer."""
        if person.away is None:
            return
        if person.away.to == person.name:
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{quote(person.name)} cannot stand in for themselves",
                suggestions=("name another person",),
            )
        if not isinstance(require_member(self.directory, person.away.to).member, Person):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT, f"{quote(person.away.to)} is a service, and services do not vote"
            )

    def _keep_an_admin(self, name: str, after: Member | None) -> None:
        """Refuse a change after which nobody could let anybody in."""
        members: Sequence[Member] = self.directory.members()
        others = [member for member in members if member.name != name]
        before = [member for member in members if _is_admin(member)]
        if before and not any(map(_is_admin, (*others, *([after] if after else [])))):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{quote(name)} is the last admin, and an installation needs one",
                suggestions=("make another person admin first: `fluxagents people role NAME admin`",),
            )

    def _save(self, after: Member, before: Member) -> None:
        if not self.directory.save(after, before=before):
            raise _changed_meanwhile(after.name)

    def _save_group(self, after: Group, before: Group | None) -> None:
        if not self.directory.save_group(after, before=before):
            raise _changed_meanwhile(after.name)


def _is_admin(member: Member) -> bool:
    """Whether it is an active person who is admin everywhere in their own right, not by a group."""
    is_person = isinstance(member, Person) and not member.disabled
    return is_person and role_in(member.grants, "") is Role.ADMIN


def _without(group: Group, members: Collection[str]) -> Group:
    rest = tuple(member for member in group.members if member not in members)
    return group.model_copy(update={"members": rest})


def _person(name: str) -> Resource:
    return Resource(kind="person", id=name)


def _group(name: str) -> Resource:
    return Resource(kind="group", id=name)


def _refuse_taken(name: str) -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"there is a person, service or group {quote(name)} already",
        suggestions=("`fluxagents people list` shows all",),
    )


def _changed_meanwhile(name: str) -> FluxError:
    return FluxError(
        ErrorClass.BAD_ARGUMENT,
        f"{quote(name)} was changed by somebody else meanwhile",
        suggestions=("look again, and repeat the change if it is still wanted",),
    )
