"""The installation that compose.yaml describes, up and running, and what it must keep."""

from __future__ import annotations

import os
import re
import signal
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from tests.compose.podman import Podman, container
from tests.support.places import ROOT
from tests.support.waiting import eventually

SERVICES: tuple[str, ...] = tuple(
    name
    for name, service in yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].items()
    if "profiles" not in service
)
"""Those that start without a profile: the listener needs a mailbox or Slack."""
SHELL = "worker-control"
"""The service in which commands are run."""
USER = 10001
"""Of the image of this project."""
ROOMY = "worker-tools"
"""The service with memory for all that Redis holds."""
KEYS = {
    "FLUXAGENTS_CHAT_API_KEY": {"worker-decide"},
    "FLUXAGENTS_MESSAGE_KEY": set(SERVICES) - {"redis", "flower"},
    "REDIS_PASSWORD": {"redis"},
}
"""Variable -> the services that have it."""
FLOWER = "http://127.0.0.1:5555/workers"
BACKUP = "/backups/site.backup.zip"

(README_SCRIPT,) = re.findall(
    r"```python\n(from fluxagents import Client.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
)
START = """
from fluxagents import Client

runs = [
    Client().start("metabolic_analysis", model="iJO1366", question=question).id
    for question in (
        "Which genes are essential for growth?",
        "Which reactions are essential for growth?",
        "Which genes are essential on acetate?",
        "Which reactions are essential without oxygen?",
    )
]
print(*runs)
"""
WAIT = """
import sys
from fluxagents import Client

for run_id in sys.argv[1:]:
    print(Client().get(run_id).wait(timeout=300))
"""


class Site:
    """All containers of compose.yaml."""

    def __init__(self, podman: Podman) -> None:
        self._podman = podman

    def up(self, *services: str) -> None:
        """Start services, all by default, and wait until each says that it is well."""
        self._podman.compose("up", "--detach", "--no-build", *services)
        for service in services or SERVICES:
            self.await_health(service)

    def down(self, *options: str) -> None:
        self._podman.compose("down", *options)

    def stop(self, service: str) -> None:
        self._podman.compose("stop", service)

    def check_confinement(self, services: Sequence[str] = SERVICES) -> None:
        """No service is root, has a capability, writes its file system or may take all memory."""
        for service in services:
            settings = self._podman.inspect(service)
            assert settings["HostConfig"]["ReadonlyRootfs"], service
            assert settings["HostConfig"]["Memory"] > 0, service
            status = self._podman.exec(service, "cat", "/proc/1/status")
            assert re.search(r"^Uid:\s+[1-9]", status, re.MULTILINE), service
            assert re.search(r"^Cap(Eff|Bnd):\s+0+$", status, re.MULTILINE), service
            assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE), service
            assert self._podman.try_("exec", container(service), "touch", "/usr/probe").returncode, service

    def check_keys(self) -> None:
        """A service has the keys that it needs, and no other."""
        for service in SERVICES:
            names = {line.partition("=")[0] for line in self._podman.exec(service, "env").splitlines()}
            assert names & set(KEYS) == {key for key, owners in KEYS.items() if service in owners}, service

    def check_flower(self) -> None:
        """Flower answers on this machine, and only to its login."""
        login = urlsplit(self._podman.exec("flower", "fluxagents", "url", "flower").strip())
        word = b64encode(f"{login.username}:{login.password}".encode()).decode()
        request = urllib.request.Request(FLOWER, headers={"Authorization": f"Basic {word}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(FLOWER, timeout=30)

    def run_readme_script(self) -> str:
        """What the script of the README prints."""
        printed = self._podman.exec(SHELL, "python", "-", stdin=README_SCRIPT)
        assert printed.startswith("finished "), printed
        return printed.splitlines()[0]

    def start_runs(self) -> list[str]:
        """The ids of runs that compute for a while."""
        return self._podman.exec(SHELL, "python", "-", stdin=START).split()

    def await_runs(self, runs: list[str]) -> None:
        """Wait until all have finished."""
        printed = self._podman.exec(SHELL, "python", "-", *runs, stdin=WAIT)
        assert printed.split() == ["finished"] * len(runs), printed

    def await_step(self, runs: list[str]) -> None:
        """Wait until the first tool of one of the runs has answered: what follows it takes longer."""
        eventually(lambda: any("ToolSucceeded" in self._show_events(run) for run in runs), every_s=1.0)

    def kill(self, service: str) -> None:
        """End the first process of a container, as lack of memory would, and see it come back."""
        before = self._podman.inspect(service)["State"]
        os.kill(before["Pid"], signal.SIGKILL)
        eventually(lambda: self._has_restarted(service, before), every_s=0.5)
        self.await_health(service)

    def write_backup(self, folder: Path) -> None:
        """Write a backup while everything runs."""
        self._run_once(folder, "backup", BACKUP)

    def restore_backup(self, folder: Path) -> None:
        """Put the backup into new volumes."""
        self.up("redis")
        self._run_once(folder, "restore", BACKUP)

    def _run_once(self, folder: Path, *words: str) -> None:
        """Run a command in a container of its own, with a folder of this machine."""
        self._podman.compose(
            "run", "--rm", "--no-deps", "-T", "--volume", f"{folder}:/backups", SHELL, *words
        )

    def _has_restarted(self, service: str, before: dict[str, Any]) -> bool:
        state = self._podman.inspect(service)["State"]
        return bool(state["Running"]) and state["StartedAt"] != before["StartedAt"]

    def _show_events(self, run_id: str) -> str:
        return self._podman.exec(SHELL, "fluxagents", "runs", "events", run_id)

    def await_health(self, service: str) -> None:
        """Wait until a service says that it is well."""
        check = ("healthcheck", "run", container(service))
        eventually(lambda: self._podman.try_(*check).returncode == 0, within_s=300.0, every_s=2.0)
