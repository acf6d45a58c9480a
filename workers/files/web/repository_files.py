"""Files of repositories at GitHub, or at a forge that speaks its API: bounded, from no private address.

https://docs.github.com/en/rest/repos/contents
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import quote

import aiohttp
from fsspec.asyn import get_loop, sync

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.scheduler.webhooks.commit_status import build_repository_headers
from fluxagents.scheduler.webhooks.endpoint import Endpoint
from fluxagents.workers.files.web.public_sockets import allow_public

MAX_BYTES = 100_000_000
"""More is given by no repository at GitHub."""

TOTAL_S = 60.0
"""For all of a file."""
CONNECT_S = 5.0

RAW = "application/vnd.github.raw+json"

_CHUNK_BYTES = 1 << 20
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class RepositoryFiles:
    """As `fluxagents.scheduler.triggers.intake.file_fetcher.FileFetcher`.

    Args:
        hosts: Names of hosts that may have private addresses.
    """

    def __init__(self, hosts: Collection[str] = ()) -> None:
        self._hosts = frozenset(hosts)

    def fetch(self, repository: Endpoint, path: str, commit: str) -> bytes | None:
        what = f"{path} at {commit[:7]} of repository {repository.name!r}"
        try:
            status, data = sync(get_loop(), self._get, repository, path, commit)
        except (aiohttp.ClientError, OSError) as error:
            reason = str(error) or f"no answer within {TOTAL_S:g} s"
            raise FluxError(ErrorClass.PROVIDER_OUTAGE, f"{what} cannot be fetched: {reason}") from error
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise FluxError(ErrorClass.PROVIDER_OUTAGE, f"{what} cannot be fetched now: HTTP {status}")
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise FluxError(
                ErrorClass.PERMISSION,
                f"the token may not read {what}: HTTP {status}",
                suggestions=(f"`fluxagents webhooks rotate {repository.name} --secret …` takes another one",),
            )
        if status != HTTPStatus.OK:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"{what} is not given: HTTP {status}")
        if len(data) > MAX_BYTES:
            raise FluxError(ErrorClass.BAD_ARGUMENT, f"{what} has more than {MAX_BYTES // 1_000_000} MB")
        return bytes(data)

    async def _get(self, repository: Endpoint, path: str, commit: str) -> tuple[int, bytes]:
        open_socket = allow_public(self._hosts, setting="FLUXAGENTS_WEBHOOK_HOSTS")
        connector = aiohttp.TCPConnector(socket_factory=open_socket, force_close=True)
        headers = build_repository_headers(repository.secrets[0].text) | {"accept": RAW}
        timeout = aiohttp.ClientTimeout(total=TOTAL_S, sock_connect=CONNECT_S)
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=timeout, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
            ) as session,
            # A redirect could lead the token elsewhere.
            session.get(
                f"{repository.url}/contents/{quote(path)}", params={"ref": commit}, allow_redirects=False
            ) as answer,
        ):
            whole = bytearray()
            async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
                whole += chunk
                if len(whole) > MAX_BYTES:
                    break
            return answer.status, bytes(whole)
