"""The one place where it is decided who may act: every act that changes something asks here first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.humans.votes import Delegation
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import SYSTEM, Actor, Resource
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.people.members import Membership, Person, ServiceAccount
from fluxagents.flows.people.permission import (
    check_claim,
    check_permission,
    check_seat,
    find_seats,
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


@dataclass(frozen=True, slots=True)
class AnswerPermit(Permit):
    """That somebody may answer a request, and for whom they stand."""

    own_seats: tuple[str, ...]
    """Those of the people and groups that the request asks whom they are themselves."""
    seats: tuple[str, ...]
    """With those that were delegated to them."""
    for_people: tuple[str, ...]
    """Who delegated their vote to them."""


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
        details: Mapping[str, JsonValue] | None = None,
    ) -> Permit:
        """Check whether the actor may do this.

        Args:
            action: What is to be done.
            on: To what.
            by: The person in whose name; the actor's own if absent. See `check_claim` for another's.
            details: What else the log is to say.

        Returns:
            The permit, whose record whoever carries the act out must write with it.

        Raises:
            FluxError: `PERMISSION`, naming who, what, and what is missing.
        """
        who = self._check(action, on, by=by, named=False)
        return Permit(who.name, self._describe(action, on, who.name, details=details))

    def permit_answer(
        self,
        action: Action,
        on: Resource,
        request: HumanRequest,
        *,
        at_ms: int,
        by: str | None = None,
        details: Mapping[str, JsonValue] | None = None,
    ) -> AnswerPermit:
        """As `permit`, for an answer to a request, and whether the request is theirs to answer.

        Args:
            action: What is to be done.
            on: The request as a resource.
            request: The request, with the seats that it asks now.
            at_ms: Now (Unix time in ms): delegations end.
            by: As for `permit`; where a request names who must answer, nobody does in another's name.
            details: What else the log is to say.

        Raises:
            FluxError: `PERMISSION`, naming who, what, and what is missing.
        """
        who = self._check(action, on, by=by, named=not request.policy.is_open)
        own = find_seats(who, request.seats)
        passed_on = [
            each
            for each in request.delegations
            if each.to == who.name and each.holds(at_ms) and self._still_has(each, request)
        ]
        seats = dict.fromkeys((*own, *(seat for each in passed_on for seat in each.seats)))
        check_seat(who, request, seats)
        for_people = tuple(each.by for each in passed_on)
        all_details: dict[str, JsonValue] = dict(details or {})
        if for_people:
            all_details["for"] = list(for_people)
        record = self._describe(action, on, who.name, shown=request.digest, details=all_details)
        return AnswerPermit(who.name, record, own, tuple(seats), for_people)

    def check_delegate(self, name: str, action: Action, on: Resource, request: HumanRequest) -> None:
        """Refuse somebody who could not vote in another's place.

        Raises:
            FluxError: Naming them and what is missing.
        """
        delegate = self.directory.find(name)
        if delegate is None or not isinstance(delegate.member, Person):
            raise FluxError(
                ErrorClass.UNKNOWN_ID,
                f"{quote(name)} is no person of this installation",
                suggestions=("`fluxagents people list` shows them",),
            )
        check_permission(Actor(name=name, channel="client", proof=self.actor.proof), delegate, action, on)
        if name in request.barred:
            check_seat(delegate, request, ())
        if find_seats(delegate, request.seats):
            raise FluxError(
                ErrorClass.BAD_ARGUMENT,
                f"{quote(name)} is asked by request {request.id!r} already, and has one vote",
                suggestions=("delegate to somebody who is not",),
            )

    def _still_has(self, delegation: Delegation, request: HumanRequest) -> bool:
        """Whether who delegated still stands for what they passed on."""
        who = self.directory.find(delegation.by)
        return who is not None and set(delegation.seats) <= set(find_seats(who, request.seats))

    def _check(self, action: Action, on: Resource, *, by: str | None, named: bool) -> Membership:
        """The person in whose name the actor may do this."""
        actor = self.actor
        who = self._require(actor.name)
        check_permission(actor, who, action, on)
        person = actor.name if by is None else check_name(by, "a person")
        check_claim(who, person, named=named)
        if person == actor.name:
            return who
        claimed = self.directory.find(person)
        if isinstance(who.member, ServiceAccount):
            # A service lends its channel to a person, not its own rights.
            claimed = self._require(person)
            check_permission(actor, claimed, action, on)
        return claimed or Membership(member=Person.model_construct(name=person))

    def _describe(
        self,
        action: Action,
        on: Resource,
        person: str,
        *,
        shown: str = "",
        details: Mapping[str, JsonValue] | None = None,
    ) -> AuditRecord:
        actor = self.actor
        return AuditRecord(
            action=action,
            by=actor.name,
            for_person="" if person == actor.name else person,
            channel=actor.channel,
            proof=actor.proof,
            on=on,
            shown=shown,
            details=dict(details or {}),
        )

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
