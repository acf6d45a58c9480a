"""Whether Slack knows the bot."""

from __future__ import annotations

from slack_sdk.errors import SlackClientError
from slack_sdk.web import WebClient

TIMEOUT_S = 10


def greet_slack(token: str, url: str) -> str:
    """Who the bot is, as Slack says.

    Raises:
        ConnectionError: If Slack cannot be reached, or does not know the token.
    """
    try:
        answer = WebClient(token, base_url=url, timeout=TIMEOUT_S, retry_handlers=[]).auth_test()
    except (SlackClientError, OSError) as error:
        raise ConnectionError(f"Slack does not take the bot's token: {_shorten(error)}") from error
    return f"{answer['user']} in {answer['team']}"


def _shorten(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("error") if response is not None else error)[:200]
