"""The one place where it is decided who may act: every act that changes something asks here first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.seats import ANYONE
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import SYSTEM, Actor, Resource
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.people.members import Membership, ServiceAccount
from fluxagents.flows.people.permission import (
    check_assigned,
    check_claim,
    check_permission,
    may,
)
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.flows.ports.audit_log import AuditLog
from fluxagents.flows.texts.checks import check_name
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.people.directory import Directory

INSTALLATION = Membership(
    member=ServiceAccount(
        name=SYSTEM, purpose="acts for the installation itself", grants=(Grant(role=Role.ADMIN),)
    )
)
"""Stands for the workers: for what nobody asked them to do in person. It is in no directory."""


@dataclass(frozen=True, slots=True)
class Permit:
    """That somebody may do something, and what the audit log will say of it."""

    by: str
    """The person in whose name it is done."""
    record: AuditRecord


class Authority:
    """Decides what one actor may do, and records what they did.

    Args:
        directory: Who belongs to the installation.
        log: Where acts are recorded.
        identify: Who acts. It is asked once, at the first act; reading asks nobody.
    """

    def __init__(self, directory: Directory, log: AuditLog, identify: Callable[[], Actor]) -> None:
        self.directory = directory
        self.log = log
        self._identify = identify

    @cached_property
    def actor(self) -> Actor:
        """Who acts, by which channel and with which proof.

        Raises:
            FluxError: If that cannot be said.
        """
        return self._identify()

    def acting_as(self, actor: Actor) -> Authority:
        """The same for another actor, as a service needs it for each request."""
        return Authority(self.directory, self.log, lambda: actor)

    def permit(
        self,
        action: Action,
        on: Resource,
        *,
        by: str | None = None,
        assignees: Iterable[str] = (ANYONE,),
        shown: str = "",
        details: Mapping[str, JsonValue] | None = None,
    ) -> Permit:
        """Check whether the actor may do this.

        Args:
            action: What is to be done.
            on: To what.
            by: The person in whose name; the actor's own if absent. See `check_claim` for another's.
            assignees: Of an answer to a request: who may give it.
            shown: Of an answer: the sha256 of what was shown.
            details: What else the log is to say.

        Returns:
            The permit, whose record whoever carries the act out must write with it.

        Raises:
            FluxError: `PERMISSION`, naming who, what, and what is missing.
        """
        actor = self.actor
        who = self._require(actor.name)
        check_permission(actor, who, action, on)
        person = actor.name if by is None else check_name(by, "a person")
        assignees = tuple(assignees)
        check_claim(who, person, named=ANYONE not in assignees)
        if person != actor.name and isinstance(who.member, ServiceAccount):
            # A service lends its channel to a person, not its own rights.
            who = self._require(person)
            check_permission(actor, who, action, on)
        if ANYONE not in assignees:
            check_assigned(who, assignees, on.id)
        record = AuditRecord(
            action=action,
            by=actor.name,
            for_person="" if person == actor.name else person,
            channel=actor.channel,
            proof=actor.proof,
            on=on,
            shown=shown,
            details=dict(details or {}),
        )
        return Permit(person, record)

    def record(
        self,
        action: Action,
        on: Resource,
        *,
        by: str | None = None,
        details: Mapping[str, JsonValue] | None = None,
    ) -> str:
        """As `permit`, and write the entry at once: for acts on what no run store keeps.

        Call it before the act: an entry too many is found and understood, an act without one is not.

        Returns:
            The person in whose name it is done.
        """
        permit = self.permit(action, on, by=by, details=details)
        self.log.append(permit.record)
        return permit.by

    def may(self, action: Action, on: Resource) -> bool:
        """Whether the actor may do this; for lists that show only what one may see."""
        return may(self.actor, self._require(self.actor.name), action, on)

    def _require(self, name: str) -> Membership:
        if name == SYSTEM:
            return INSTALLATION
        who = self.directory.find(name)
        if who is None:
            raise FluxError(
                ErrorClass.PERMISSION,
                f"{quote(name)} is no person or service of this installation any more",
                suggestions=(f"an admin adds them: `fluxagents people add {name}`",),
            )
        return who
