"""What opens forms in Slack, as the settings say; Slack's library comes with the first of them."""

from __future__ import annotations

from typing import Any

from fluxagents.scheduler.channels.answer_desk import AnswerDesk
from fluxagents.scheduler.channels.slack.forms import SlackForms
from fluxagents.scheduler.runs.run_client import RunClient
from fluxagents.workers.channels.extras import import_extra
from fluxagents.workers.settings import Settings


def open_forms(settings: Settings, client: RunClient) -> SlackForms | None:
    """The forms of an installation; None where no bot could open them."""
    token = settings.slack_bot_token
    if token is None:
        return None

    def open_view(trigger: str, view: dict[str, Any]) -> None:
        opener: Any = import_extra("slack", "slack.view_opener")
        opener.open_view(token.get_secret_value(), settings.slack_url, trigger, view)

    return SlackForms(AnswerDesk(client), open_view)
