"""`/v1/people/…/skills` and `…/absence`: what a person knows about, and who answers while they are away."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.absence import Absence, read_absence
from fluxagents.flows.people.members import MAX_SKILLS, Member, MemberName, Person, ServiceAccount, Skill
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.http.access import Body, Client, Ports
from fluxagents.scheduler.http.times import Time

router = APIRouter()


class Skills(Body):
    """What a person knows about."""

    skills: set[Skill] = Field(max_length=MAX_SKILLS, examples=[["fermentation", "yeast"]])
    """A request that asks `skill:NAME` asks whoever has it."""


class NewAbsence(Body):
    """When a person is out of office, and who answers meanwhile."""

    to: MemberName
    """The person who stands in."""
    begins: Time | None = None
    """Now if absent."""
    ends: Time
    """When they are back."""


@router.put("/people/{name}/skills", summary="Set skills", tags=["people"])
def set_skills(name: str, body: Skills, client: Client, ports: Ports) -> Person | ServiceAccount:
    """Say what a person knows about, instead of what was said before; for admins."""
    return ports.people(client).change(name, lambda member: _set(member, skills=tuple(sorted(body.skills))))


@router.put("/people/{name}/absence", summary="Go out of office", tags=["people"])
def set_absence(name: str, body: NewAbsence, client: Client, ports: Ports) -> Person | ServiceAccount:
    """Let another person vote and answer in one's place for a time; in another's place for an admin."""
    absence = read_absence(
        body.to,
        body.begins.isoformat() if body.begins else "",
        body.ends.isoformat(),
        now_ms=ports.clock.now_ms(),
    )
    return ports.people(client).change(name, lambda member: _set(member, away=absence))


@router.delete("/people/{name}/absence", summary="Come back", tags=["people"])
def end_absence(name: str, client: Client, ports: Ports) -> Person | ServiceAccount:
    """Say that a person is back: nobody stands in for them any more."""
    return ports.people(client).change(name, lambda member: _set(member, away=None))


def _set(member: Member, **update: tuple[str, ...] | Absence | None) -> Member:
    if not isinstance(member, Person):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT, f"{quote(member.name)} is a service, and services are asked nothing"
        )
    return member.model_copy(update=update)
