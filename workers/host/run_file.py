"""What `fluxagents up` writes down about itself, so that other commands find it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.machine.private_files import append_private, make_private_folder, write_private
from fluxagents.workers.machine.process import ProcessId


class State(StrEnum):
    """Where a service stands."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting to restart"
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


class ServiceStatus(BaseModel):
    """One service as `fluxagents status` shows it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    state: State
    process: ProcessId | None = None
    restarts: int = 0
    log: str
    address: str = ""
    detail: str = ""


class RunStatus(BaseModel):
    """Everything that one `fluxagents up` runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    supervisor: ProcessId
    redis: str
    """URL without its password."""
    flower: str
    api: str = ""
    """Empty where an earlier version runs."""
    services: tuple[ServiceStatus, ...]
    problem: str = ""
    """What keeps the supervisor from its work, such as a full disk."""

    @property
    def ready(self) -> bool:
        return all(service.state is State.RUNNING for service in self.services)

    def without_ended(self) -> RunStatus:
        """The same, but a service whose process has ended since is not said to run."""
        return self.model_copy(update={"services": tuple(map(_check_process, self.services))})

    def running(self) -> bool:
        """Whether the supervisor that wrote this still runs."""
        return self.supervisor.alive()

    @property
    def mark(self) -> str:
        """What the environment of everything that this supervisor started says."""
        return f"{self.supervisor.pid}@{self.supervisor.started_at}"


def _check_process(service: ServiceStatus) -> ServiceStatus:
    if service.process is None or service.process.alive():
        return service
    changes = {"state": State.FAILED, "process": None, "detail": "its process has ended"}
    return service.model_copy(update=changes)


def read(path: Path) -> RunStatus | None:
    """What was written, or none.

    Raises:
        FluxError: The file is not one of ours.
    """
    try:
        return RunStatus.model_validate_json(path.read_text())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise FluxError(
            ErrorClass.INTERNAL,
            f"{path} is not readable: {error.error_count()} problems",
            suggestions=["remove it if no service runs"],
        ) from error


def write(path: Path, status: RunStatus) -> None:
    """Replace the file in one go: a reader sees the old or the new one.

    Raises:
        OSError: It cannot be written.
    """
    write_private(path, status.model_dump_json(indent=2))


def lock_file(path: Path) -> Path:
    """The file beside it that one `fluxagents up` holds locked."""
    return path.with_suffix(".lock")


def try_lock(path: Path) -> BinaryIO | None:
    """The lock of one `fluxagents up` per data folder, or none if another one holds it.

    The kernel frees it with the process, however that ends.
    """
    make_private_folder(path.parent)
    file = append_private(lock_file(path))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Keep `fluxagents up` from starting on a data folder for as long as the block takes.

    Raises:
        FluxError: One runs, or another command holds the lock.
    """
    lock = try_lock(path)
    if lock is None:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"services run on {path.parent}",
            suggestions=["stop them with `fluxagents down`, or name another folder in FLUXAGENTS_DATA_DIR"],
        )
    with lock:
        yield
