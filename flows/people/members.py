"""Who may act: persons, services, and the groups that they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field, TypeAdapter

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Frozen
from fluxagents.flows.humans.seats import GROUP_PREFIX, SKILL_PREFIX
from fluxagents.flows.people.absence import Absence
from fluxagents.flows.people.digest import Digest
from fluxagents.flows.people.quiet_hours import QuietHours
from fluxagents.flows.people.roles import Grant, Place, Role
from fluxagents.flows.texts.display import quote

NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.@+\-]{0,63}$"
"""Of a person, a service or a group; an e-mail address is one."""

RESERVED = frozenset({"anyone", "budget", "deadline", "fluxagents", "group", "policy", "skill"})
"""What the log of a run says where no person acted."""

SLACK_USER = r"[UW][A-Z0-9]{2,20}"
"""The id of a user of Slack."""

NotifyBy = Literal["email", "slack"]
"""A channel on which a person can be told of requests."""

CHANNELS: tuple[NotifyBy, ...] = get_args(NotifyBy)

SKILL = r"^[a-z0-9][a-z0-9_+\-]{0,39}$"
"""What somebody knows about, such as `yeast` or `flux-analysis`; a request asks `skill:yeast`."""

Skill = Annotated[str, Field(pattern=SKILL)]

MAX_SKILLS = 32

MemberName = Annotated[str, Field(pattern=NAME)]


def is_assignee(text: str) -> bool:
    """Whether a flow may ask this one: `anyone`, a member, `group:NAME` or `skill:NAME`."""
    if text.startswith(SKILL_PREFIX):
        return re.fullmatch(SKILL, text.removeprefix(SKILL_PREFIX)) is not None
    return re.fullmatch(NAME, text.removeprefix(GROUP_PREFIX)) is not None


class Person(Frozen):
    """A human."""

    kind: Literal["person"] = "person"
    name: MemberName
    display: str = ""
    """What others call them."""
    email: str = ""
    slack: str = Field(default="", pattern=rf"^({SLACK_USER})?$")
    """Their user id in Slack, such as `U012AB3CD`."""
    notify: tuple[NotifyBy, ...] = ()
    """How they are told of requests beside the inbox."""
    quiet: QuietHours | None = None
    """When they are told of nothing that can wait until then."""
    away: Absence | None = None
    """When another person answers for them; none once they are back."""
    skills: tuple[Skill, ...] = Field(default=(), max_length=MAX_SKILLS)
    """What they know about: whoever asks for a skill asks them as well."""
    digest: Digest | None = None
    """When one mail tells of all that can wait; each has its own mail where there is none."""
    os_users: tuple[str, ...] = ()
    """Users of the operating system who are this person."""
    sign_ins: tuple[str, ...] = ()
    """`ISSUER SUBJECT` of the OpenID providers that vouch for this person."""
    grants: tuple[Grant, ...] = ()
    disabled: bool = False
    """May do nothing any more; what they did stays theirs."""
    created_ms: int = 0


class ServiceAccount(Frozen):
    """A program with keys of its own."""

    kind: Literal["service"] = "service"
    name: MemberName
    purpose: str = ""
    grants: tuple[Grant, ...] = ()
    speaks_for_others: bool = False
    """May say for which person it acts, as a mail gateway that has checked the sender."""
    disabled: bool = False
    created_ms: int = 0


Member = Annotated[Person | ServiceAccount, Field(discriminator="kind")]
MEMBER: TypeAdapter[Member] = TypeAdapter(Member)
"""Reads and writes a person or a service as JSON."""


class Group(Frozen):
    """Members with roles in common; a request can be assigned to it as `group:NAME`."""

    name: MemberName
    members: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    created_ms: int = 0


class Membership(Frozen):
    """A member with the groups that they belong to: all that a decision about them needs."""

    member: Member
    groups: tuple[Group, ...] = ()

    @property
    def name(self) -> str:
        return self.member.name

    @property
    def grants(self) -> Iterator[Grant]:
        """Of the member and of the groups."""
        yield from self.member.grants
        for group in self.groups:
            yield from group.grants


def address_of(person: Person, channel: NotifyBy) -> str:
    """Where a channel reaches a person; empty if nowhere."""
    return person.email if channel == "email" else person.slack


def membership(member: Person | ServiceAccount, groups: Iterable[Group]) -> Membership:
    """A member with those of the groups that name it."""
    return Membership(member=member, groups=tuple(group for group in groups if member.name in group.members))


def grant_role(grants: Iterable[Grant], place: Place, role: Role | None) -> tuple[Grant, ...]:
    """The grants with this role at a place instead of the one before; without any there if it is None."""
    others = tuple(grant for grant in grants if grant.place != place)
    return others if role is None else (*others, Grant(role=role, place=place))


def check_member_name(name: str) -> str:
    """A name that a new person, service or group may have.

    Raises:
        FluxError: `BAD_ARGUMENT` if it may not.
    """
    if re.fullmatch(NAME, name) is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(name)} cannot name a person or group",
            suggestions=("use up to 64 letters, digits and `_ . @ + -`, beginning with a letter or digit",),
        )
    if name in RESERVED:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(name)} is a word of fluxagents and cannot name a person or group",
            suggestions=("choose another name",),
        )
    return name
