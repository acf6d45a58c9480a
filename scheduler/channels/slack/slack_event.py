"""What Slack tells us, reduced to what concerns us: no tokens, no addresses to answer to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, TypeAdapter

from fluxagents.flows.events import Frozen
from fluxagents.flows.texts.display import visible

_MENTION = re.compile(r"<@[UW][A-Z0-9]+(\|[^>]*)?>")
_LINK = re.compile(r"<(?:https?|mailto):[^>|]*\|([^>]*)>|<((?:https?|mailto):[^>|]*)>")


class Question(Frozen):
    """Somebody asks, by `/flux` or by a mention."""

    kind: Literal["question"] = "question"
    delivery: str
    user: str
    place: str
    """The channel."""
    thread: str = ""
    """The time stamp of the message under which the answer goes; empty for a command, which has none."""
    text: str


class Press(Frozen):
    """Somebody pressed a button, or sent the form that it opened."""

    kind: Literal["press"] = "press"
    delivery: str
    user: str
    place: str
    action: str
    """`approve`, `reject`, `reply`, `ask`, `edit`, `abstain` or `recuse`; `form-…` opens the form of one."""
    request: str
    digest: str
    text: str = ""
    """The reason, the question or the answer."""
    values: Mapping[str, str] = {}
    """Arguments as they were edited."""


SlackEvent = Annotated[Question | Press, Field(discriminator="kind")]
SLACK_EVENT: TypeAdapter[SlackEvent] = TypeAdapter(SlackEvent)
"""Reads and writes an event as JSON."""

REASON = "reason"
"""The field in which a reason, a question or an answer is written."""

FORM = "form-"
"""Before the action of a button that opens a form for it."""


def read_event(kind: str, payload: Mapping[str, JsonValue]) -> Question | Press | None:
    """The event of a payload; None for one that concerns us not.

    Args:
        kind: As Socket Mode calls it: `slash_commands`, `events_api` or `interactive`.
        payload: As Slack sent it.
    """
    readers = {"slash_commands": _read_command, "events_api": _read_mention, "interactive": _read_press}
    try:
        return readers[kind](dict(payload)) if kind in readers else None
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        return None


def _read_command(payload: dict[str, Any]) -> Question:
    return Question(
        delivery=payload["trigger_id"],
        user=payload["user_id"],
        place=payload["channel_id"],
        text=plain_text(payload.get("text", "")),
    )


def _read_mention(payload: dict[str, Any]) -> Question | None:
    event = payload["event"]
    # What a bot says, this one too, asks nothing.
    if event["type"] != "app_mention" or event.get("bot_id") or "user" not in event:
        return None
    return Question(
        delivery=payload["event_id"],
        user=event["user"],
        place=event["channel"],
        thread=event.get("thread_ts") or event["ts"],
        text=plain_text(event["text"]),
    )


def _read_press(payload: dict[str, Any]) -> Press | None:
    if payload["type"] == "view_submission":
        return _read_form(payload)
    if payload["type"] != "block_actions":
        return None
    action = payload["actions"][0]
    name, _, request = action["action_id"].partition("|")
    digest, _, choice = action["value"].partition("|")
    fields = payload.get("state", {}).get("values", {}).get(REASON, {})
    return Press(
        delivery=payload["trigger_id"],
        user=payload["user"]["id"],
        place=payload["channel"]["id"],
        action=name.partition(".")[0],
        request=request,
        digest=digest,
        text=choice or (fields.get(REASON, {}).get("value") or ""),
    )


def _read_form(payload: dict[str, Any]) -> Press:
    view = payload["view"]
    fields = {
        name: value
        for elements in view["state"]["values"].values()
        for name, element in elements.items()
        if (value := _read_element(element)) is not None
    }
    return Press(
        # A view is sent once: it closes whatever comes of it.
        delivery=view["id"],
        user=payload["user"]["id"],
        action=view["callback_id"],
        text=fields.pop(REASON, ""),
        values=fields,
        **json.loads(view["private_metadata"]),
    )


def _read_element(element: dict[str, Any]) -> str | None:
    """What was written or chosen; None for a choice that nobody made."""
    if "selected_option" in element:
        option = element["selected_option"]
        return None if option is None else str(option["value"])
    return str(element.get("value") or "")


def plain_text(text: str) -> str:
    """A text of Slack without mentions, and with links and signs as they were typed."""
    text = _LINK.sub(lambda found: found[1] or found[2], _MENTION.sub("", text))
    return visible(unescape(text)).strip()
