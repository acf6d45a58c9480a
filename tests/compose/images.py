"""The images of compose.yaml on a machine without a registry: on a Debian that debootstrap makes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.compose.podman import Podman
from tests.support.places import ROOT

BASE = "localhost/fluxagents-base"
REDIS = "localhost/fluxagents-redis"
PROMETHEUS = "localhost/fluxagents-prometheus"
ALERTMANAGER = "localhost/fluxagents-alertmanager"
PACKAGES = "ca-certificates,python3,python3-venv,valkey-server,valkey-tools"
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")

REDIS_FILE = f"""\
FROM {BASE}
RUN install --directory --owner=999 --group=999 /data \\
 && ln -s valkey-server /usr/bin/redis-server && ln -s valkey-cli /usr/bin/redis-cli
USER 999:999
WORKDIR /data
VOLUME /data
"""
"""As the official images of Valkey: the same user, folder and names of programs."""

MONITORING_FILE = f"""\
FROM {BASE}
WORKDIR /debs
RUN apt-get -qq update && apt-get -qq install --yes --no-install-recommends wget \\
 && apt-get -qq download prometheus prometheus-alertmanager \\
 && for deb in *.deb; do dpkg-deb --extract "$deb" /; done && rm -r /debs \\
 && install --directory --owner=65534 --group=65534 /prometheus /alertmanager
USER 65534:65534
WORKDIR /
"""
"""User and folders are those of the official images. Packages are unpacked only: none starts a service."""


def build_base(podman: Podman, folder: Path, *, suite: str, mirror: str) -> None:
    """A Debian with Python and Valkey, and the image of Redis on it."""
    root = folder / "root"
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, str(root), mirror],
        check=True,
        capture_output=True,
    )
    (root / "usr/bin/python").symlink_to("python3")
    if TRUSTED.exists():  # a network with a certificate of its own
        shutil.copyfile(TRUSTED, root / TRUSTED.relative_to("/"))
    podman.import_(root, BASE)
    shutil.rmtree(root)
    podman("build", "--quiet", "--tag", REDIS, "-", stdin=REDIS_FILE)


def build_monitoring(podman: Podman) -> None:
    """The images of Prometheus and Alertmanager, of Debian's packages on the base."""
    for image, program in ((PROMETHEUS, "prometheus"), (ALERTMANAGER, "prometheus-alertmanager")):
        file = f'{MONITORING_FILE}ENTRYPOINT ["{program}"]\n'
        podman("build", "--quiet", "--network", "host", "--tag", image, "-", stdin=file)


def build_project(podman: Podman, *, base: str | None) -> None:
    """The image of this project, on another base than the one that the Dockerfile names if there is one."""
    arguments = [] if base is None else ["--build-arg", f"BASE={base}"]
    podman("build", "--quiet", "--network", "host", *arguments, "--tag", "fluxagents:0.1.0", str(ROOT))
