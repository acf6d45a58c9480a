"""An OpenID provider as a process of its own on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from tests.support.waiting import eventually


@contextmanager
def run_provider(folder: Path) -> Iterator[str]:
    """The address of a provider that believes whoever signs in."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with (
        (folder / "provider.log").open("w") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as provider,
    ):
        try:
            eventually(lambda: _answers(address), within_s=120)
            yield address
        finally:
            provider.terminate()


def _answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/.well-known/openid-configuration").is_success
    except httpx2.TransportError:
        return False
