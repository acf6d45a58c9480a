"""Podman with storage, settings and a copy of compose.yaml of its own; nothing is left of them."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.places import ROOT

PROJECT = "fluxagents-test"
MAX_FILES = 4096

PACKAGES = {
    "podman": "podman",
    "runc": "runc",
    "debootstrap": "debootstrap",
    "iptables": "iptables",
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/podman/aardvark-dns": "aardvark-dns",
    "catatonit": "catatonit",
}
"""Program -> package of Debian."""


def find_missing(compose: str) -> list[str]:
    """What has to be done before containers can run on this machine, a sentence each."""
    packages = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
    missing = [f"apt install --no-install-recommends {' '.join(packages)}"] if packages else []
    if shutil.which(compose) is None:
        missing.append(
            "pip install 'podman-compose>=1.6', and name it with --compose if it is not on the PATH"
        )
    if os.geteuid():
        missing.append("run this as root: debootstrap needs it")
    return missing


class Podman:
    """Runs podman, and podman-compose on a copy of this project's compose.yaml and the files that it mounts.

    Args:
        folder: Where images, containers and the copy lie; the caller removes it.
        driver: Of the storage: `overlay`, or `vfs` where the file system has no overlays.
        compose: The program podman-compose.
        variables: What `.env` says.
    """

    def __init__(self, folder: Path, *, driver: str, compose: str, variables: dict[str, str]) -> None:
        self._folder = folder
        self._compose = compose
        self.site = folder / "site"
        """The copy: whoever operates an installation writes keys and receivers into it."""
        shutil.copytree(ROOT / "deploy", self.site / "deploy")
        shutil.copy(ROOT / "compose.yaml", self.site)
        files = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], MAX_FILES)
        settings: dict[str, dict[str, dict[str, Any]]] = {
            "containers.conf": {
                # A container may not have higher limits than this process.
                "containers": {"default_ulimits": [f"nofile={files}:{files}", "nproc=4096:4096"]},
                "engine": {"cgroup_manager": "cgroupfs", "events_logger": "file", "runtime": "runc"},
                "network": {"network_backend": "netavark", "network_config_dir": str(folder / "networks")},
            },
            "storage.conf": {
                "storage": {
                    "driver": driver,
                    "graphroot": str(folder / "storage"),
                    "runroot": str(folder / "run"),
                }
            },
        }
        for name, sections in settings.items():
            (folder / name).write_text(_to_toml(sections))
        self._environment = {
            **os.environ,
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            **variables,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for words in (("rm", "--all", "--force", "--time=0"), ("volume", "prune", "--force")):
            self.try_(*words)
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in sorted(
            (path for path in mounts if Path(path).is_relative_to(self._folder)), reverse=True
        ):
            subprocess.run(["umount", mount], check=False)

    def try_(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run podman, whatever its exit status."""
        return self._run(["podman", *words], stdin=stdin)

    def __call__(self, *words: str, stdin: str = "") -> str:
        """What podman prints; fails with what it says."""
        return _check(self.try_(*words, stdin=stdin))

    def compose(self, *words: str) -> str:
        """What podman-compose prints on this project."""
        return _check(self._run([self._compose, "--project-name", PROJECT, *words], cwd=self.site))

    def import_(self, root: Path, image: str) -> None:
        """Make an image of a folder that is a root file system."""
        with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as tar:
            words = ["podman", "import", "--quiet", "-", image]
            subprocess.run(words, stdin=tar.stdout, env=self._environment, check=True, capture_output=True)

    def exec(self, service: str, *words: str, stdin: str = "") -> str:
        """What a command in the container of a service prints."""
        return self("exec", "--interactive", container(service), *words, stdin=stdin)

    def inspect(self, service: str) -> dict[str, Any]:
        """What podman knows of the container of a service."""
        (found,) = json.loads(self("container", "inspect", container(service)))
        return dict(found)

    def find_gateway(self) -> str:
        """The address of this machine in the network of the containers."""
        (network,) = json.loads(self("network", "inspect", f"{PROJECT}_default"))
        return str(network["subnets"][0]["gateway"])

    def _run(
        self, words: list[str], *, stdin: str = "", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, input=stdin, env=self._environment, cwd=cwd, capture_output=True, text=True, check=False
        )


def container(service: str) -> str:
    """The name that podman-compose gives to the container of a service."""
    return f"{PROJECT}_{service}_1"


def _check(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, f"{done.args}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def _to_toml(sections: dict[str, dict[str, Any]]) -> str:
    # A list or string of JSON is one of TOML.
    lines = []
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
    return "\n".join(lines) + "\n"
