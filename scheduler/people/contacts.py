"""Who is meant by an address: of mail, or a user of Slack."""

from __future__ import annotations

import re

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.people.members import NotifyBy, Person, address_of
from fluxagents.flows.texts.display import quote
from fluxagents.scheduler.people.directory import Directory

MAIL_ADDRESS = re.compile(r"[^\s@<>\",;:\\()\[\]]{1,64}@[A-Za-z0-9.\-]{1,253}")
SLACK_PLACE = re.compile(r"[CDGUW][A-Z0-9]{2,20}(/[0-9]{1,12}\.[0-9]{1,8})?")
"""A channel or a user, and the thread in it."""


def find_contact(directory: Directory, channel: NotifyBy, address: str) -> Person | None:
    """The one person whom a channel reaches at an address; None for nobody, and for one of several."""
    wanted = address.casefold()
    persons = [
        member
        for member in directory.members()
        if isinstance(member, Person) and wanted and address_of(member, channel).casefold() == wanted
    ]
    return persons[0] if len(persons) == 1 else None


def check_reply_to(directory: Directory, text: str) -> str:
    """Where a run's end may be told: a webhook, `email:ADDRESS` of a person, or `slack:CHANNEL`.

    Raises:
        FluxError: `BAD_ARGUMENT` if it is none of them, or mail would go to a stranger.
    """
    channel, colon, place = text.partition(":")
    if not colon:
        return text
    if channel == "email" and find_contact(directory, "email", place) is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(place)} is the mail address of nobody here, and what runs find goes to no stranger",
            suggestions=("an admin notes it: `fluxagents people change NAME --email ADDRESS`",),
        )
    if channel == "slack" and not SLACK_PLACE.fullmatch(place):
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"{quote(place)} is no channel of Slack",
            suggestions=(
                "give its id, such as `slack:C012AB3CD`; Slack shows it with the channel's details",
            ),
        )
    if channel not in {"email", "slack"}:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"replies cannot go to {quote(text)}",
            suggestions=("name a webhook, `email:ADDRESS` or `slack:CHANNEL`",),
        )
    return text
