"""Carries posts by Slack's Web API."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from fluxagents.scheduler.channels.carrying import DrawEffect
from fluxagents.scheduler.channels.lane import ChannelOutbox, Lane
from fluxagents.scheduler.channels.post import POST, DigestPost, NotePost, OutcomePost, PicturePost, Post
from fluxagents.scheduler.channels.slack.blocks import write_message
from fluxagents.scheduler.outbox.message import Message
from fluxagents.scheduler.outbox.outbox import Claim
from fluxagents.scheduler.outbox.retries import Response

TOTAL_S = 15
"""For each call."""

WAIT = Response(error="the message that it belongs to is not there yet")
NOTHING = Response(error="the message that it belongs to never arrived", is_refused=True)

TOKEN_ERRORS = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
)
"""An operator puts them right; the message waits until then."""
PASSING_ERRORS = frozenset({"ratelimited", "rate_limited", "service_unavailable", "request_timeout"})
DOUBTFUL_ERRORS = frozenset({"internal_error", "fatal_error"})
"""Some of it may have been done, Slack says."""


class SlackCarrier:
    """Posts and replaces messages.

    Args:
        token: Of the bot.
        url: Of the Web API.
        outbox: Knows what Slack calls messages that were posted before.
        draw_effect: Draws what is shared below a request.
    """

    def __init__(self, token: str, url: str, outbox: ChannelOutbox, draw_effect: DrawEffect) -> None:
        self._token = token
        self._url = url
        self._outbox = outbox
        self._draw_effect = draw_effect

    async def __call__(self, claim: Claim[Lane]) -> Response:
        """Make one attempt. A message that Slack may have posted is not posted again: it says so."""
        began, post = monotonic(), POST.validate_json(claim.message.body)
        try:
            response = await self._carry(post, claim.message)
        except SlackApiError as error:
            response = judge_refusal(error, can_repeat=isinstance(post, OutcomePost))
        except aiohttp.ClientConnectorError as error:
            response = Response(error=f"Slack cannot be reached: {error}"[:300])
        except (aiohttp.ClientError, SlackClientError, OSError) as error:
            why = str(error) or type(error).__name__
            response = Response(error=why[:300], is_doubtful=not isinstance(post, OutcomePost))
        return Response(
            status=response.status,
            error=response.error,
            retry_after_s=response.retry_after_s,
            duration_ms=round((monotonic() - began) * 1_000),
            is_refused=response.is_refused,
            is_doubtful=response.is_doubtful,
            receipt=response.receipt,
        )

    async def _carry(self, post: Post, message: Message) -> Response:
        if isinstance(post, DigestPost):
            return Response(error="a digest goes by mail", is_refused=True)
        if isinstance(post, PicturePost):
            return await self._share(post)
        text, blocks = write_message(post)
        if isinstance(post, OutcomePost):
            return await self._replace(post, text, blocks)
        place, _, thread = post.to.partition("/")
        if thread.startswith("@"):
            opener = self._outbox.message("slack", thread[1:])
            if opener is not None and opener.status == "pending":
                return WAIT
            # Where the message that was to open the thread never arrived, the channel gets the answer.
            place, thread = _split(opener.receipt) if opener and opener.receipt else (place, "")
        where: dict[str, Any] = {"channel": place, "thread_ts": thread or None}
        if isinstance(post, NotePost) and post.only_for:
            await self._client().chat_postEphemeral(user=post.only_for, text=text, blocks=blocks, **where)
            return Response(status=200)
        answer = await self._client().chat_postMessage(
            text=text,
            blocks=blocks,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": "fluxagents", "event_payload": {"message": message.id}},
            **where,
        )
        return Response(status=200, receipt=f"{answer['channel']} {answer['ts']}")

    async def _replace(self, post: OutcomePost, text: str, blocks: list[dict[str, Any]]) -> Response:
        asked = self._outbox.message("slack", post.of)
        if asked is not None and asked.status == "pending":
            return WAIT
        if asked is None or not asked.receipt:
            return NOTHING
        place, stamp = _split(asked.receipt)
        await self._client().chat_update(channel=place, ts=stamp, text=text, blocks=blocks)
        return Response(status=200)

    async def _share(self, post: PicturePost) -> Response:
        """Upload a picture into the thread of the message that it belongs to."""
        asked = self._outbox.message("slack", post.of)
        if asked is not None and asked.status == "pending":
            return WAIT
        if asked is None or not asked.receipt:
            return NOTHING
        content = await asyncio.to_thread(self._draw_effect, post.effect)
        if not content:
            return NOTHING
        place, stamp = _split(asked.receipt)
        await self._client().files_upload_v2(
            content=content,
            filename="effect.png",
            title="What the call would do",
            alt_txt="; ".join(post.effect.lines)[:1_000],
            channel=place,
            thread_ts=stamp,
        )
        return Response(status=200)

    def _client(self) -> AsyncWebClient:
        # Its own retries would post twice what Slack has taken.
        return AsyncWebClient(self._token, base_url=self._url, timeout=TOTAL_S, retry_handlers=[])


def judge_refusal(error: SlackApiError, *, can_repeat: bool) -> Response:
    """What follows from an answer of Slack that is no success."""
    why = str(error.response.get("error", "no reason")) if error.response is not None else str(error)
    headers = getattr(error.response, "headers", {}) or {}
    if why in PASSING_ERRORS:
        wait = str(headers.get("Retry-After", "0"))
        return Response(status=429, error=why, retry_after_s=int(wait) if wait.isdecimal() else 0)
    if why in DOUBTFUL_ERRORS:
        return Response(error=why, is_doubtful=not can_repeat)
    return Response(error=why, is_refused=why not in TOKEN_ERRORS)


def _split(receipt: str) -> tuple[str, str]:
    place, _, stamp = receipt.partition(" ")
    return place, stamp
