"""Sockets to addresses that others name: on the public internet, or of hosts that settings name."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable, Collection
from typing import Any

_MAPPED = ("ipv4_mapped", "sixtofour")
"""Attributes of an IPv6 address that hold the IPv4 address inside it."""

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses whose last 32 bits are an IPv4 address, which a translator leads to (RFC 6052)."""

_NOWHERE = (ipaddress.ip_network("64:ff9b:1::/48"), ipaddress.ip_network("::/96"))
"""For translators inside a network (RFC 8215), and out of use (RFC 4291), but global by their registers."""


def is_public(address: str) -> bool:
    """Whether an IP address is that of a host on the internet, of which everybody may ask."""
    parsed: Any = ipaddress.ip_address(address.partition("%")[0])
    inner = [getattr(parsed, name, None) for name in _MAPPED]
    if parsed in _TRANSLATED:
        inner.append(ipaddress.IPv4Address(parsed.packed[-4:]))
    return not any(parsed in network for network in _NOWHERE) and all(
        ip.is_global and not ip.is_multicast for ip in (parsed, *filter(None, inner))
    )


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
