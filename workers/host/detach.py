"""A supervisor in the background: started, heard of when everything answers, stopped by its pid."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.host import run_file, supervisor
from fluxagents.workers.host.run_file import RunStatus, ServiceStatus, State
from fluxagents.workers.machine.private_files import append_private, make_private_folder
from fluxagents.workers.redis.embedded_redis import EmbeddedRedis
from fluxagents.workers.settings import Settings

READY_TIMEOUT_S = 180.0
"""Importing the solvers takes a cold machine long."""

READY = "ready"


LOOK_EVERY_S = 0.5

Show = Callable[[RunStatus | None], None]
"""Is told how far a start has come; None before the supervisor says anything."""


def start(settings: Settings, show: Show) -> RunStatus:
    """Start a supervisor that outlives this process; return when everything answers.

    Args:
        settings: Of the installation.
        show: Is called again and again meanwhile.

    Raises:
        FluxError: It runs already, or something does not come up.
    """
    make_private_folder(settings.log_dir)
    log = settings.log_dir / "supervisor.log"
    hear, tell = os.pipe()
    with os.fdopen(hear, "rb") as inbox:
        with append_private(log) as output:
            process = subprocess.Popen(  # noqa: S603 # our own command line, no shell
                [sys.executable, "-m", "fluxagents.workers.cli", "up", f"--ready-fd={tell}"],
                env=os.environ | {"FLUXAGENTS_DATA_DIR": str(settings.data_dir)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(tell,),
                start_new_session=True,
            )
        os.close(tell)
        line = _read_line(inbox.fileno(), lambda: show(_read_status(settings, process.pid)))
    status = run_file.read(settings.run_file)
    if line == READY and status is not None:
        # It is not ours to wait for any more, and Popen should not warn about that.
        process.returncode = 0
        return status
    if process.poll() is None:
        process.terminate()
    process.wait(settings.soft_shutdown_timeout_s + 4 * supervisor.PATIENCE_S)
    raise _why(line, status, log)


def tell_ready(descriptor: int) -> None:
    """Tell the command that started this supervisor that everything answers."""
    os.write(descriptor, f"{READY}\n".encode())
    os.close(descriptor)


def tell_error(descriptor: int, error: FluxError) -> None:
    """Tell it why nothing will answer."""
    document = {"kind": error.kind, "message": error.message, "suggestions": error.suggestions}
    os.write(descriptor, f"{json.dumps(document)}\n".encode())
    os.close(descriptor)


def stays_down(service: ServiceStatus) -> FluxError:
    """Why an installation did not come up."""
    return FluxError(
        ErrorClass.PROVIDER_OUTAGE,
        f"{service.name} stays down: it {service.detail}; everything was stopped again",
        suggestions=[f"read {service.log}"],
    )


def stop(settings: Settings) -> list[str]:
    """Stop the supervisor of this data folder and whatever a killed one has left running.

    Returns:
        The names of the services that were stopped.
    """
    status = run_file.read(settings.run_file)
    stopped: list[str] = []
    if status is not None and status.running():
        stopped = [service.name for service in status.services if service.process is not None]
        os.kill(status.supervisor.pid, signal.SIGTERM)
        if not status.supervisor.wait(settings.soft_shutdown_timeout_s + 6 * supervisor.PATIENCE_S):
            os.kill(status.supervisor.pid, signal.SIGKILL)
            status.supervisor.wait(supervisor.PATIENCE_S)
    stopped += supervisor.end_leftovers(settings)
    redis = EmbeddedRedis(settings.redis_dir)
    if settings.redis_dir.exists() and redis.instance is not None:
        redis.stop()
        stopped.append(supervisor.REDIS)
    return stopped


def _read_line(descriptor: int, look: Callable[[], None]) -> str:
    """One line from the supervisor, with looks until it comes; empty if it ended or took too long."""
    deadline = monotonic() + READY_TIMEOUT_S
    line = b""
    while not line.endswith(b"\n"):
        look()
        left_s = max(0.0, deadline - monotonic())
        readable, _, _ = select.select([descriptor], [], [], min(left_s, LOOK_EVERY_S))
        if not readable and left_s:
            continue
        chunk = os.read(descriptor, 4096) if readable else b""
        if not chunk:
            return ""
        line += chunk
    return line.decode().strip()


def _read_status(settings: Settings, supervisor_pid: int) -> RunStatus | None:
    """What this supervisor has written; none where only an earlier one has."""
    status = run_file.read(settings.run_file)
    return status if status is not None and status.supervisor.pid == supervisor_pid else None


def _why(line: str, status: RunStatus | None, log: Path) -> FluxError:
    if line.startswith("{"):
        document = json.loads(line)
        return FluxError(
            ErrorClass(document["kind"]), document["message"], suggestions=document["suggestions"]
        )
    if status is None:
        what = "the supervisor ended before it had started anything"
    else:
        silent = ", ".join(service.name for service in status.services if service.state is not State.RUNNING)
        what = f"{silent} did not answer within {READY_TIMEOUT_S:.0f} s; everything was stopped again"
    return FluxError(
        ErrorClass.TIMEOUT,
        what,
        suggestions=[f"read the logs in {log.parent}", "or run `fluxagents up` in the foreground"],
    )
