"""Ports of this machine, and whether a service answers on one."""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPException

HOST = "127.0.0.1"
OK = 200


def get_local(port: int, path: str, *, timeout_s: float) -> bytes | None:
    """What a service on this port answers with status 200; None for anything else."""
    connection = HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return body if response.status == OK else None


def free_port(preferred: int) -> int:
    """`preferred` if nobody listens there, else a free port."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            free: int = probe.getsockname()[1]
            return free
    raise OSError(f"no free port on {HOST}")
