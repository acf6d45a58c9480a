"""The API as a process of this machine."""

from __future__ import annotations

import sys

from fluxagents.workers.host.loopback import HOST, get_local

SERVER = "fluxagents.workers.host.api.server"
"""Named, not imported: commands start it in a process of its own."""


def command(*, port: int, host: str = HOST, processes: int = 1) -> list[str]:
    """The command of the API."""
    return [
        sys.executable,
        "-m",
        SERVER,
        f"--host={host}",
        f"--port={port}",
        f"--processes={processes}",
    ]


def url(port: int) -> str:
    return f"http://{HOST}:{port}"


def answers(port: int, *, timeout_s: float = 1.0) -> bool:
    """Whether the API on this port can serve requests."""
    return get_local(port, "/readyz", timeout_s=timeout_s) is not None
