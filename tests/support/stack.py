"""One whole installation, for tests that need workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request

from fluxagents import Client
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

    def command(self, *words: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        """Run `fluxagents` as a user would."""
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


def isolated(folder: Path, **variables: str) -> dict[str, str]:
    """The environment of a command that knows nothing of this machine's settings."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("FLUXAGENTS_", "CELERY_"))
    }
    return kept | {"FLUXAGENTS_DATA_DIR": str(folder), "COLUMNS": "200", **variables}
