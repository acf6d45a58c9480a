"""Flower, the window on the workers: read-only, on loopback, behind a login."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.host.loopback import HOST, get_local
from fluxagents.workers.machine.private_files import make_private_folder, write_private
from fluxagents.workers.settings import Settings

USER = "fluxagents"
SERVER = "fluxagents.workers.host.flower_server"

COLUMNS = "name,uuid,state,kwargs,received,started,runtime,worker"
"""`kwargs` names the run and the step: a task's own id says nothing to a reader."""


def command(settings: Settings, *, port: int | None = None, extra: Sequence[str] = ()) -> list[str]:
    """The command of Flower; `extra` comes last, so that it overrides the defaults.

    It keeps no database: Flower pickles it, and the history of runs lies in the run store.
    """
    return [
        sys.executable,
        "-m",
        SERVER,
        f"--address={HOST}",
        f"--port={port or settings.flower_port}",
        "--read_only=true",
        f"--tasks_columns={COLUMNS}",
        "--purge_offline_workers=300",
        *extra,
    ]


def url(port: int) -> str:
    return f"http://{HOST}:{port}"


def make_password(settings: Settings) -> bool:
    """Choose a password unless there is one; whether it is new, so that it must be told once.

    Raises:
        OSError: It cannot be written.
    """
    if settings.flower_password is not None or settings.flower_password_file.exists():
        return False
    make_private_folder(settings.data_dir)
    write_private(settings.flower_password_file, secrets.token_urlsafe(16))
    return True


def read_password(settings: Settings) -> str:
    """The password of the user `fluxagents`.

    Raises:
        FluxError: There is none yet.
    """
    if settings.flower_password is not None:
        return settings.flower_password.get_secret_value()
    try:
        return settings.flower_password_file.read_text().strip()
    except FileNotFoundError:
        raise FluxError(
            ErrorClass.PERMISSION,
            f"Flower has no password yet: there is no {settings.flower_password_file}",
            suggestions=[
                "`fluxagents up` and `fluxagents flower` choose one",
                "or set FLUXAGENTS_FLOWER_PASSWORD",
            ],
        ) from None


def url_with_login(settings: Settings, address: str) -> str:
    """The address of Flower with its login, for a browser or a script.

    Raises:
        FluxError: There is no login yet.
    """
    password = quote(read_password(settings), safe="")
    return urlsplit(address)._replace(netloc=f"{USER}:{password}@{urlsplit(address).netloc}").geturl()


def answers(port: int, *, timeout_s: float = 1.0) -> bool:
    """Whether Flower on this port says that it is well."""
    return get_local(port, "/healthcheck", timeout_s=timeout_s) == b"OK"
