"""A file from a web server that anybody may name: bounded in size and time, from no private address."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Collection
from functools import partial
from typing import Any

import aiohttp
from fsspec.asyn import get_loop, sync

MAX_REDIRECTS = 5
_CHUNK_BYTES = 1 << 20
_MAPPED = ("ipv4_mapped", "sixtofour")
"""Attributes of an IPv6 address that hold the IPv4 address inside it."""


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
        fetched: bytes = sync(get_loop(), _fetch, url, max_bytes, seconds, _find_addresses(hosts))
    except aiohttp.ClientConnectorError as error:
        raise error.os_error from error
    return fetched


def is_public(address: str) -> bool:
    """Whether an IP address is that of a host on the internet, of which everybody may ask."""
    parsed: Any = ipaddress.ip_address(address.partition("%")[0])
    inner = (getattr(parsed, name, None) for name in _MAPPED)
    return all(one.is_global and not one.is_multicast for one in (parsed, *filter(None, inner)))


async def _fetch(url: str, max_bytes: int, seconds: float, allowed: frozenset[str]) -> bytes:
    # Each connection asks, so that neither a redirect nor a name that changes its address leads elsewhere.
    connector = aiohttp.TCPConnector(socket_factory=partial(_open_socket, allowed))
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


def _open_socket(allowed: frozenset[str], info: Any) -> socket.socket:
    """A socket for an address that may be asked."""
    family, kind, protocol, _, (address, *_) = info
    if address not in allowed and not is_public(address):
        way_out = "FLUXAGENTS_MODEL_HOSTS names hosts that may be asked nevertheless"
        raise OSError(errno.EACCES, f"the address {address} is not of the public internet; {way_out}")
    return socket.socket(family, kind, protocol)


def _find_addresses(hosts: Collection[str]) -> frozenset[str]:
    return frozenset(str(info[4][0]) for host in hosts for info in socket.getaddrinfo(host, None))
