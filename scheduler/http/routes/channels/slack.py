"""`/slack`: where Slack sends commands, mentions and presses of buttons, signed.

One address for all three; with Socket Mode it is not needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import JsonValue
from starlette.responses import JSONResponse, Response

from fluxagents.scheduler.http.access import Ports
from fluxagents.scheduler.http.problems import ProblemError
from fluxagents.scheduler.webhooks.incoming import SlackScheme

router = APIRouter(include_in_schema=False)


@router.post("/slack")
async def receive(ports: Ports, request: Request) -> Response:
    """Keep what Slack says, and answer at once."""
    if ports.slack is None:
        raise ProblemError("no_such_page", "Slack is not set up here: FLUXAGENTS_SLACK_SIGNING_SECRET")
    body, headers = await request.body(), {name.lower(): value for name, value in request.headers.items()}
    now_s = ports.clock.now_ms() // 1_000
    if not SlackScheme().is_signed(ports.slack.secrets, headers, body, now_s=now_s):
        raise ProblemError("unauthenticated", "Slack has not signed this, or not now")
    kind, payload = read_request(headers.get("content-type", ""), body)
    if payload.get("type") == "url_verification":
        return JSONResponse({"challenge": str(payload.get("challenge", ""))})
    answer = await run_sync(ports.slack.inbox.receive, kind, payload)
    return JSONResponse(answer) if answer else Response()


def read_request(content_type: str, body: bytes) -> tuple[str, Mapping[str, JsonValue]]:
    """The kind of a request, as Socket Mode calls it, and its payload.

    Raises:
        ProblemError: If it is none of Slack's.
    """
    try:
        is_json = content_type.startswith("application/json")
        form = {} if is_json else dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50))
        document = json.loads(body if is_json else form.get("payload", "{}"))
    except ValueError as error:
        raise ProblemError("invalid_request", "this is no request of Slack") from error
    if not isinstance(document, dict):
        raise ProblemError("invalid_request", "this is no request of Slack")
    if is_json:
        return "events_api", document
    return ("interactive", document) if "payload" in form else ("slash_commands", {**form})
