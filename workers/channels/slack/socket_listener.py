"""Listens to Slack by Socket Mode: a connection from here, so that nothing here is reachable from outside."""

from __future__ import annotations

import asyncio
import logging
from threading import Event

import aiohttp
from redis.exceptions import RedisError
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from fluxagents.scheduler.channels.slack.slack_inbox import SlackInbox
from fluxagents.workers.channels.health_notes import HealthNotes

LOOK_S = 3.0
"""How often it is looked whether the connection is there."""
CONNECT_S = 20.0

# Its own log repeats addresses that hold tickets.
QUIET = logging.getLogger("slack_sdk.socket_mode.fluxagents")
QUIET.setLevel(logging.CRITICAL + 1)


def listen_to_slack(token: str, url: str, inbox: SlackInbox, notes: HealthNotes, stop: Event) -> None:
    """Listen until told to stop; a connection that is lost is opened again.

    Args:
        token: Of the app, `xapp-…`.
        url: Of the Web API.
        inbox: Keeps what comes.
        notes: Says how it is.
        stop: Set to stop.
    """
    asyncio.run(_listen(token, url, inbox, notes, stop))


async def _listen(token: str, url: str, inbox: SlackInbox, notes: HealthNotes, stop: Event) -> None:
    web = AsyncWebClient(base_url=url, timeout=int(CONNECT_S), logger=QUIET, retry_handlers=[])
    client = SocketModeClient(token, logger=QUIET, web_client=web)

    async def take(socket: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        try:
            answer = await asyncio.to_thread(inbox.receive, request.type, request.payload)
        except RedisError as error:
            # Slack sends again what is not acknowledged.
            notes.say(str(error))
            return
        payload = answer if request.accepts_response_payload and answer else None
        await socket.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))

    client.socket_mode_request_listeners.append(take)
    try:
        while not stop.is_set():
            notes.say(await _connect(client))
            await asyncio.to_thread(stop.wait, LOOK_S)
    finally:
        await client.close()  # type: ignore[no-untyped-call] # it is half typed


async def _connect(client: SocketModeClient) -> str:
    """Connect unless it is; what is wrong, empty if nothing is."""
    if await client.is_connected():
        return ""
    try:
        await asyncio.wait_for(client.connect_to_new_endpoint(), CONNECT_S)
    except TimeoutError:
        return f"Slack did not connect within {CONNECT_S:g} s"
    except SlackClientError as error:
        response = getattr(error, "response", None)
        return f"Slack refuses: {response['error'] if response is not None else error}"
    except (aiohttp.ClientError, OSError) as error:
        return str(error) or type(error).__name__
    return ""
