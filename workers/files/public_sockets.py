"""Sockets to addresses that others name: on the public internet, or of hosts that settings name."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable, Collection
from typing import Any

_MAPPED = ("ipv4_mapped", "sixtofour")
"""Attributes of an IPv6 address that hold the IPv4 address inside it."""


def is_public(address: str) -> bool:
    """Whether an IP address is that of a host on the internet, of which everybody may ask."""
    parsed: Any = ipaddress.ip_address(address.partition("%")[0])
    inner = (getattr(parsed, name, None) for name in _MAPPED)
    return all(ip.is_global and not ip.is_multicast for ip in (parsed, *filter(None, inner)))


def allow_public(hosts: Collection[str], *, setting: str) -> Callable[[Any], socket.socket]:
    """Make what opens the sockets of an HTTP client.

    It looks at the address that a name was resolved to and that is then connected to: neither a redirect nor
    a name that changes its address leads elsewhere.

    Args:
        hosts: Names of hosts that may have private addresses; looked up now.
        setting: The variable that names them, for the error.
    """
    allowed = frozenset(str(info[4][0]) for host in hosts for info in socket.getaddrinfo(host, None))

    def open_socket(info: Any) -> socket.socket:
        family, kind, protocol, _, (address, *_) = info
        if address not in allowed and not is_public(address):
            exception = f"{setting} names hosts that may be asked nevertheless"
            raise OSError(errno.EACCES, f"the address {address} is not of the public internet; {exception}")
        return socket.socket(family, kind, protocol)

    return open_socket
