"""`make test-compose`: the installation of compose.yaml in real containers, used, broken, and taken down."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.compose.images import (
    ALERTMANAGER,
    BASE,
    PROMETHEUS,
    REDIS,
    build_base,
    build_monitoring,
    build_project,
)
from tests.compose.monitoring import DEBIAN, SERVICES, Monitoring
from tests.compose.podman import Podman, find_missing
from tests.compose.site import USER, Site

BEGAN = time.monotonic()


def say(line: str) -> None:
    sys.stderr.write(f"{time.monotonic() - BEGAN:5.0f} s  {line}\n")
    sys.stderr.flush()


def use(site: Site) -> list[str]:
    """See that all holds that must, a line each; the runs that were started."""
    site.up()
    say("all services are up and well")
    site.check_confinement()
    say("none is root, has a capability, writes its file system or has all memory")
    site.check_keys()
    say("each has the keys that it needs, and no other")
    site.check_flower()
    say("Flower asks for its login")
    say(f"the script of the README: {site.run_readme_script()}")
    runs = site.start_runs()
    site.await_step(runs)
    for service in ("worker-tools", "redis"):
        site.kill(service)
        say(f"{service} was killed and came back")
    site.await_runs(runs)
    say("the runs that went on meanwhile have finished")
    site.check_confinement()
    return runs


def watch(site: Site, monitoring: Monitoring, services: Sequence[str]) -> None:
    """Start the profile `monitoring` beside it, let an alert come, and take the profile down."""
    with monitoring.up() as receiver:
        site.check_confinement(services)
        say(f"{' and '.join(services)} are up and confined; Prometheus has {monitoring.check_scrapes()}")
        monitoring.check_alert(receiver)
        say("an alert came to its receiver, no other did, and it was resolved")
        monitoring.down()
        say("the profile is down, and what it watched goes on")


def move(site: Site, folder: Path, runs: list[str]) -> None:
    """Restore a backup into new volumes, and find the runs there."""
    folder.mkdir()
    os.chown(folder, USER, USER)
    site.write_backup(folder)
    site.down("--volumes")
    site.restore_backup(folder)
    site.up()
    site.await_runs(runs)
    say(f"a backup went into new volumes; its runs are there, and {site.run_readme_script()}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.compose", description=__doc__)
    parser.add_argument("--compose", default="podman-compose", help="the program podman-compose")
    parser.add_argument("--driver", choices=("overlay", "vfs"), default="overlay", help="storage of podman")
    parser.add_argument("--suite", default="trixie", help="the Debian that debootstrap makes")
    parser.add_argument("--mirror", default="http://deb.debian.org/debian")
    parser.add_argument("--published", action="store_true", help="pull the images that are named instead")
    parser.add_argument("--folder", default="/var/tmp", help="images and containers lie below it: 5 GB")
    options = parser.parse_args()
    missing = find_missing(options.compose)
    if missing:
        sys.exit("containers cannot run here yet:\n" + "\n".join(f"  {line}" for line in missing))
    variables = {
        "FLUXAGENTS_REDIS_PASSWORD": secrets.token_urlsafe(24),
        "FLUXAGENTS_MESSAGE_KEY": secrets.token_hex(32),
        "FLUXAGENTS_CHAT_API_KEY": "no key: the built-in planner is asked",
    }
    if not options.published:
        variables |= {
            "FLUXAGENTS_REDIS_IMAGE": REDIS,
            "FLUXAGENTS_PROMETHEUS_IMAGE": PROMETHEUS,
            "FLUXAGENTS_ALERTMANAGER_IMAGE": ALERTMANAGER,
        }
    folder = Path(tempfile.mkdtemp(prefix="fluxagents-compose-", dir=options.folder))
    try:
        with Podman(folder, driver=options.driver, compose=options.compose, variables=variables) as podman:
            if not options.published:
                build_base(podman, folder, suite=options.suite, mirror=options.mirror)
                build_monitoring(podman)
                say(f"a base of Debian {options.suite}, and Valkey, Prometheus and Alertmanager on it")
            build_project(podman, base=None if options.published else BASE)
            say("the image of the project")
            site = Site(podman)
            services = SERVICES if options.published else DEBIAN
            for service in sorted(set(SERVICES) - set(services)):
                say(f"{service} is not tried: Debian has no package of it (--published pulls its image)")
            try:
                runs = use(site)
                watch(site, Monitoring(site, podman, services), services)
                move(site, folder / "backups", runs)
            finally:
                site.down("--volumes")
                say("everything is down")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
