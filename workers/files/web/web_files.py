"""A file from a web server that anybody may name: bounded in size and time, from no private address."""

from __future__ import annotations

from collections.abc import Collection

import aiohttp
from fsspec.asyn import get_loop, sync

from fluxagents.workers.files.web.public_sockets import allow_public

MAX_REDIRECTS = 5
_CHUNK_BYTES = 1 << 20


def fetch(url: str, *, max_bytes: int, seconds: float, hosts: Collection[str] = ()) -> bytes:
    """The first bytes of a file of the web.

    Args:
        url: With `http` or `https`; so is each address that it leads to.
        max_bytes: More is not read.
        seconds: For all of it.
        hosts: Names of hosts that may have private addresses.

    Raises:
        TimeoutError: It takes longer.
        OSError: The server cannot be reached, or its address is private, or that of a redirect.
        aiohttp.ClientError: It does not give the file.
    """
    try:
        fetched: bytes = sync(get_loop(), _fetch, url, max_bytes, seconds, hosts)
    except aiohttp.ClientConnectorError as error:
        raise error.os_error from error
    return fetched


async def _fetch(url: str, max_bytes: int, seconds: float, hosts: Collection[str]) -> bytes:
    open_socket = allow_public(hosts, setting="FLUXAGENTS_MODEL_HOSTS")
    connector = aiohttp.TCPConnector(socket_factory=open_socket)
    timeout = aiohttp.ClientTimeout(total=seconds)
    headers = {"Accept-Encoding": "identity"}
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session,
        session.get(url, max_redirects=MAX_REDIRECTS, raise_for_status=True) as answer,
    ):
        whole = bytearray()
        async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
            whole += chunk
            if len(whole) >= max_bytes:
                break
        return bytes(whole[:max_bytes])
