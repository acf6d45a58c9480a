"""One whole installation, for tests that need workers."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from base64 import b64encode
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.request import Request

import pytest

from fluxagents import Client
from fluxagents.workers.cli import main
from fluxagents.workers.host import flower
from fluxagents.workers.settings import Settings


@dataclass(frozen=True)
class Stack:
    """Everything that `fluxagents up` runs, on loopback, with a data folder of its own."""

    environment: dict[str, str]
    settings: Settings
    flower: str

    def client(self) -> Client:
        return Client(settings=self.settings)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What `fluxagents` says, in this process."""
        return run_here(self.environment, *words)

    def process(self, *words: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        """Run `fluxagents` in a process of its own, as a user would."""
        command = [sys.executable, "-m", "fluxagents.workers.cli", *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    def ask_flower(self, path: str, data: bytes) -> Request:
        """A POST to Flower with its login."""
        user = f"{flower.USER}:{flower.read_password(self.settings)}"
        login = f"Basic {b64encode(user.encode()).decode()}"
        return Request(f"{self.flower}{path}", data=data, headers={"Authorization": login})

    def json(self, *words: str, status: int = 0) -> Any:
        """The JSON document that a command prints."""
        done = self.command(*words, "--json")
        assert done.returncode == status, done.stdout + done.stderr
        return json.loads(done.stdout)


def run_here(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run `fluxagents` in this process: Python would start longer than most commands take."""
    stdout, stderr = _Captured(), _Captured()
    with (
        patch.dict(os.environ, environment, clear=True),
        patch("sys.stdin", io.StringIO()),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
        pytest.raises(SystemExit) as ended,
    ):
        main(words)
    assert isinstance(ended.value.code, int)
    return subprocess.CompletedProcess(words, ended.value.code, stdout.read_all(), stderr.read_all())


class _Captured(io.TextIOWrapper):
    """Text and bytes that a command writes."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", write_through=True)

    def read_all(self) -> str:
        return self._bytes.getvalue().decode()


def isolated(folder: Path, **variables: str) -> dict[str, str]:
    """The environment of a command that knows nothing of this machine's settings."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("FLUXAGENTS_", "CELERY_"))
    }
    return kept | {"FLUXAGENTS_DATA_DIR": str(folder), "COLUMNS": "200", **variables}
