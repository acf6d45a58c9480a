"""Who acts on the machine itself: the user of the operating system, mapped to a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.actions import Action
from fluxagents.flows.people.actor import Actor, Channel, Proof, Resource
from fluxagents.flows.people.audit import AuditRecord
from fluxagents.flows.people.members import NAME, RESERVED, Person
from fluxagents.flows.people.roles import Grant, Role
from fluxagents.flows.ports.audit_log import AuditLog
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.people.directory import Directory


@dataclass(frozen=True, slots=True)
class OsUser:
    """A user of the operating system."""

    number: int
    name: str


def identify_os_user(
    directory: Directory,
    log: AuditLog,
    user: OsUser,
    *,
    channel: Channel,
    is_owner: bool,
    tell: Callable[[str], object],
) -> Actor:
    """The person who is this user. The first of an installation, who owns its data folder, becomes its admin.

    Args:
        directory: Who belongs to the installation.
        log: Where it is recorded who has become the admin.
        user: As the kernel knows them.
        channel: The door that they came through.
        is_owner: Whether the data folder is theirs.
        tell: Is told, once, who has become the admin.

    Raises:
        FluxError: `PERMISSION` if the user is nobody here.
    """
    proof = Proof(kind="os-user", id=str(user.number))
    name = directory.find_os_user(user.name)
    if name is None and is_owner:
        first = _first_admin(user)
        if directory.save_first(first):
            log.append(
                AuditRecord(
                    action=Action.PERSON_ADD,
                    by=first.name,
                    channel=channel,
                    proof=proof,
                    on=Resource(kind="person", id=first.name),
                    details={"first": True},
                )
            )
            tell(
                f"{first.name} (user {user.name} of this machine) is now the admin of this installation;"
                " `fluxagents people add` lets others in"
            )
        # Another process of the same user may have been faster.
        name = directory.find_os_user(user.name)
    if name is None:
        raise FluxError(
            ErrorClass.PERMISSION,
            f"user {quote(user.name)} of this machine is nobody in this installation",
            suggestions=(
                f"an admin adds them: `fluxagents people add {user.name} --os-user {user.name}`",
                "or act with a key: FLUXAGENTS_API_KEY",
            ),
        )
    return Actor(name=name, channel=channel, proof=proof)


def _first_admin(user: OsUser) -> Person:
    fits = re.fullmatch(NAME, user.name) and user.name not in RESERVED
    return Person(
        name=user.name if fits else "admin", os_users=(user.name,), grants=(Grant(role=Role.ADMIN),)
    )
