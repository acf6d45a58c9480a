"""Roles, and the places where they are held: everywhere, in the sessions of a project, or in one session."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fluxagents.flows.events import Frozen
from fluxagents.flows.texts.grammar import MAX_NAME

EVERYWHERE = "everywhere"
_PROJECT = "project:"
_SESSION = "session:"

Place = Annotated[str, Field(pattern=rf"^(everywhere|(project|session):\S(.{{0,{MAX_NAME}}}\S)?)$")]
"""`everywhere`, `project:NAME` or `session:NAME`."""


class Role(StrEnum):
    """What somebody may do; each role may do what those before it may."""

    VIEWER = "viewer"
    """Sees runs and results."""
    RUNNER = "runner"
    """Starts and controls runs, and answers questions."""
    APPROVER = "approver"
    """Agrees to changes and refuses them."""
    ADMIN = "admin"
    """Decides who may do what."""

    def includes(self, other: Role) -> bool:
        """Whether it may do all that the other one may."""
        return _RANKS[self] >= _RANKS[other]


_RANKS = {role: rank for rank, role in enumerate(Role)}


class Grant(Frozen):
    """A role at a place."""

    role: Role
    place: Place = EVERYWHERE

    def __str__(self) -> str:
        return self.role if self.place == EVERYWHERE else f"{self.role} in {self.place}"


def place_of(*, session: str = "", project: str = "") -> str:
    """The place that a session, a project or neither of them names."""
    if session:
        return _SESSION + session
    return _PROJECT + project if project else EVERYWHERE


def project_of(session: str) -> str:
    """The project of a session: what its name has before the first `/`; empty for none."""
    return session.partition("/")[0] if "/" in session else ""


def covers(place: str, session: str) -> bool:
    """Whether a place holds a session; what belongs to no session (empty) is only in `everywhere`."""
    if place == EVERYWHERE:
        return True
    if not session:
        return False
    if place.startswith(_SESSION):
        return place.removeprefix(_SESSION) == session
    return place.removeprefix(_PROJECT) == project_of(session)


def role_in(grants: Iterable[Grant], session: str) -> Role | None:
    """The highest role that grants give in a session; with an empty one, for what belongs to none."""
    roles = (grant.role for grant in grants if covers(grant.place, session))
    return max(roles, key=_RANKS.__getitem__, default=None)
