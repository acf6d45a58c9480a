"""Flower, the window on the workers: read-only, on loopback."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException

from fluxagents.workers.host import launch
from fluxagents.workers.settings import Settings

HOST = "127.0.0.1"

COLUMNS = "name,uuid,state,kwargs,received,started,runtime,worker"
"""`kwargs` names the run and the step: a task's own id says nothing to a reader."""


def command(settings: Settings, *, port: int | None = None, extra: Sequence[str] = ()) -> list[str]:
    """The command of Flower; `extra` comes last, so that it overrides the defaults.

    It keeps no database: Flower pickles it, and the history of runs lies in the run store.
    """
    return launch.celery(
        "flower",
        f"--address={HOST}",
        f"--port={port or settings.flower_port}",
        "--read_only=true",
        f"--tasks_columns={COLUMNS}",
        "--purge_offline_workers=300",
        *extra,
    )


def url(port: int) -> str:
    return f"http://{HOST}:{port}"


def answers(port: int, *, timeout_s: float = 1.0) -> bool:
    """Whether Flower on this port says that it is well."""
    connection = HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        connection.request("GET", "/healthcheck")
        response = connection.getresponse()
        return response.status == 200 and response.read() == b"OK"  # noqa: PLR2004 # HTTP
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


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
