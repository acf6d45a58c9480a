"""Takes what Slack tells: keeps it and answers at once, for Slack waits three seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from fluxagents.flows.ports.clock import Clock
from fluxagents.scheduler.channels.lane import ChannelOutbox, Lane
from fluxagents.scheduler.channels.slack.forms import SlackForms
from fluxagents.scheduler.channels.slack.slack_event import FORM, SLACK_EVENT, Press, Question, read_event
from fluxagents.scheduler.outbox.message import Message, name_message

LANE = "slack-in"


class SlackInbox:
    """Keeps events until a worker deals with them; the same event twice is one.

    Args:
        outbox: Has a lane for them.
        clock: The time.
        nudge: Calls a worker; one looks every few seconds in any case.
        forms: Opens the forms of buttons; without it a worker says that it cannot.
    """

    def __init__(
        self,
        outbox: ChannelOutbox,
        clock: Clock,
        nudge: Callable[[], object],
        forms: SlackForms | None = None,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._nudge = nudge
        self._forms = forms

    def receive(self, kind: str, payload: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Keep an event.

        Args:
            kind: As Socket Mode calls it: `slash_commands`, `events_api` or `interactive`.
            payload: As Slack sent it.

        Returns:
            What Slack is answered; nothing where it wants no answer.
        """
        event = read_event(kind, payload)
        if event is None or self._opens_form(event):
            return {}
        message = Message(
            endpoint=LANE,
            id=name_message(LANE, event.delivery),
            type=event.kind,
            body=SLACK_EVENT.dump_json(event).decode(),
            created_ms=self._clock.now_ms(),
        )
        self._outbox.add(Lane(name=LANE))
        self._outbox.put([message])
        self._nudge()
        is_command = isinstance(event, Question) and kind == "slash_commands"
        return {"response_type": "ephemeral", "text": "On it."} if is_command else {}

    def _opens_form(self, event: Question | Press) -> bool:
        """Open the form of a button; where that fails, the press is kept, and a worker tells why."""
        if self._forms is None or not isinstance(event, Press):
            return False
        return event.action.startswith(FORM) and self._forms.show(event)
