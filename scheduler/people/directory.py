"""The directory: who belongs to an installation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fluxagents.flows.errors import ErrorClass, FluxError, nearest
from fluxagents.flows.humans.seats import ANYONE, GROUP_PREFIX, SKILL_PREFIX
from fluxagents.flows.people.members import Group, Member, Membership, Person
from fluxagents.flows.texts.display import quote


class Directory(Protocol):
    """Keeps persons, services and groups. Every method is atomic and one round trip."""

    def find(self, name: str) -> Membership | None:
        """A member and their groups; None if there is nobody of this name."""
        ...

    def find_os_user(self, user: str) -> str | None:
        """The name of the person who is this user of the operating system."""
        ...

    def find_sign_in(self, sign_in: str) -> str | None:
        """The name of the person for whom an OpenID provider vouches as `ISSUER SUBJECT`."""
        ...

    def members(self) -> Sequence[Member]:
        """All persons and services, sorted by name."""
        ...

    def groups(self) -> Sequence[Group]:
        """All groups, sorted by name."""
        ...

    def save_first(self, member: Member) -> bool:
        """Keep the first member of all; False, and nothing done, if there is one already."""
        ...

    def save(self, member: Member, *, before: Member | None) -> bool:
        """Keep a member; False, and nothing done, unless it still is what it was before (None: is not there).

        The operating-system users and sign-ins of a person lead to that person from now on, and to no other.
        """
        ...

    def remove(self, name: str) -> bool:
        """Forget a member; False if there is none of this name."""
        ...

    def save_group(self, group: Group, *, before: Group | None) -> bool:
        """As `save`, for a group."""
        ...

    def remove_group(self, name: str) -> bool:
        """Forget a group; False if there is none of this name."""
        ...


def require_member(directory: Directory, name: str) -> Membership:
    """A member and their groups.

    Raises:
        FluxError: If there is nobody of this name.
    """
    who = directory.find(name)
    if who is None:
        names = [member.name for member in directory.members()]
        raise FluxError(
            ErrorClass.UNKNOWN_ID,
            f"there is no person or service {quote(name)}",
            suggestions=(*nearest(name, names), "`fluxagents people list` shows all"),
        )
    return who


def require_assignee(directory: Directory, name: str) -> str:
    """The name of somebody who can be asked: `anyone`, a member, a group as `group:NAME`, or `skill:NAME`.

    Raises:
        FluxError: If there is nobody of this name.
    """
    if name.startswith(GROUP_PREFIX):
        groups = [group.name for group in directory.groups()]
        if name.removeprefix(GROUP_PREFIX) not in groups:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"there is no group {quote(name.removeprefix(GROUP_PREFIX))}",
                suggestions=(
                    *nearest(name.removeprefix(GROUP_PREFIX), groups),
                    "`fluxagents people group list` shows the groups",
                ),
            )
    elif name.startswith(SKILL_PREFIX):
        skills = {skill for each in directory.members() if isinstance(each, Person) for skill in each.skills}
        if name.removeprefix(SKILL_PREFIX) not in skills:
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"nobody has the skill {quote(name.removeprefix(SKILL_PREFIX))}",
                suggestions=(
                    *nearest(name.removeprefix(SKILL_PREFIX), skills),
                    "an admin notes it: `fluxagents people change NAME --skill SKILL`",
                ),
            )
    elif name != ANYONE:
        require_member(directory, name)
    return name
