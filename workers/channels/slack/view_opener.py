"""Opens a modal view in Slack, within the three seconds that a press of a button allows."""

from __future__ import annotations

from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import WebClient

from fluxagents.flows.errors import ErrorClass, FluxError

TIMEOUT_S = 2
"""Slack takes a trigger for three seconds, and waits as long for an answer to the press."""


def open_view(token: str, url: str, trigger: str, view: dict[str, Any]) -> None:
    """Open a view for whoever pressed.

    Args:
        token: Of the bot.
        url: Of the Web API.
        trigger: Of the press.
        view: As Slack describes one.

    Raises:
        FluxError: If Slack did not open it.
    """
    try:
        client = WebClient(token, base_url=url, timeout=TIMEOUT_S, retry_handlers=[])
        client.views_open(trigger_id=trigger, view=view)
    except SlackApiError as error:
        raise FluxError(ErrorClass.BAD_ARGUMENT, f"Slack opens no form: {error.response['error']}") from error
    except (SlackClientError, OSError) as error:
        raise FluxError(ErrorClass.PROVIDER_OUTAGE, f"Slack opens no form: {error}") from error
