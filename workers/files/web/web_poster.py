"""Posts messages of webhooks by aiohttp: bounded in time, to no private address, without redirects."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from email.utils import parsedate_to_datetime
from time import monotonic, time

import aiohttp

from fluxagents.scheduler.outbox.retries import Response
from fluxagents.workers.files.web.public_sockets import allow_public

TOTAL_S = 15.0
"""For all of a request: a receiver says that it has a message, and does its work afterwards."""
CONNECT_S = 5.0
MAX_ANSWER_BYTES = 1_024
"""Read of an answer, so that its connection may end well; nothing is made of it."""


class WebPoster:
    """As `fluxagents.scheduler.webhooks.poster.Poster`.

    Args:
        hosts: Names of hosts that may have private addresses, and be asked without encryption.
        resolver: Finds addresses; that of the system when absent.
    """

    def __init__(
        self, hosts: Collection[str] = (), *, resolver: aiohttp.abc.AbstractResolver | None = None
    ) -> None:
        self._hosts = frozenset(hosts)
        self._resolver = resolver

    def may_be_plain(self, host: str) -> bool:
        return host in self._hosts

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        began = monotonic()
        try:
            status, retry_after_s = await self._post(url, body, headers)
        except aiohttp.ClientConnectorDNSError as error:
            return _failure(f"the host is not known: {error.host}", began)
        except aiohttp.ClientConnectorError as error:
            return _failure(_describe(error.os_error), began)
        except TimeoutError:
            return _failure(f"no answer within {TOTAL_S:g} s", began)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _failure(f"{type(error).__name__}: {error}", began)
        return Response(status=status, retry_after_s=retry_after_s, duration_ms=_since(began))

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, int]:
        """The status of the answer, and the pause in s that it asks for."""
        open_socket = allow_public(self._hosts, setting="FLUXAGENTS_WEBHOOK_HOSTS")
        # One connection per message: a receiver that keeps connections open holds nothing of ours.
        connector = aiohttp.TCPConnector(
            socket_factory=open_socket, resolver=self._resolver, force_close=True
        )
        timeout = aiohttp.ClientTimeout(total=TOTAL_S, sock_connect=CONNECT_S)
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
            ) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            await answer.content.read(MAX_ANSWER_BYTES)
            return answer.status, read_retry_after(answer.headers.get("retry-after", ""), now_s=time())


def read_retry_after(text: str, *, now_s: float) -> int:
    """The header `Retry-After`, a number of seconds or a date, in s from now; 0 if it says nothing."""
    if text.isascii() and text.isdecimal():
        return int(text[:9])
    try:
        return max(0, round(parsedate_to_datetime(text).timestamp() - now_s))
    except ValueError:
        return 0


def _describe(error: OSError) -> str:
    """Why there is no connection; asyncio says only that, where the system says why."""
    text = error.strerror or str(error)
    return os.strerror(error.errno) if error.errno and text.startswith("Connect call failed") else text


def _failure(error: str, began: float) -> Response:
    return Response(error=error[:300], duration_ms=_since(began))


def _since(began: float) -> int:
    return round((monotonic() - began) * 1_000)
