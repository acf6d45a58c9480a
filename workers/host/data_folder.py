"""The data folder: its owner's alone, there, and with room to write."""

from __future__ import annotations

import os
from pathlib import Path

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.workers.machine.private_files import close_to_others, make_private_folder
from fluxagents.workers.settings import Settings

NAMES = (
    "logs",
    "redis",
    "store",
    "reports",
    "media",
    "evaluations",
    "flows",
    "run.json",
    "run.lock",
    "biochem.sqlite",
    "flower.password",
    "message.key",
    "export.key",
    "session.key",
)
"""What this project writes there; anything else in the folder keeps its permissions."""

PROBE_BYTES = 64 * 1024
"""What must fit: more than a log line, less than anybody misses."""


def prepare(settings: Settings) -> str:
    """Make the data folder, or close one that other users can read.

    Returns:
        As `close`.

    Raises:
        FluxError: It cannot be made or written.
    """
    folder = settings.data_dir
    try:
        make_private_folder(folder)
    except OSError as error:
        raise unusable(folder, describe(error)) from error
    problem = find_problem(folder)
    if problem:
        raise unusable(folder, problem)
    return close(settings)


def close(settings: Settings) -> str:
    """Close a data folder that other users can read; one that is not there or not ours is left alone.

    Returns:
        What was closed, in a sentence; empty if nothing was open.
    """
    folder = settings.data_dir
    try:
        closed = close_to_others(folder, NAMES) if folder.is_dir() else []
    except OSError as error:
        return f"{folder} is open to other users and cannot be made private: {describe(error)}"
    if not closed:
        return ""
    return f"{folder} was open to other users; it is private now, and so is what lies in it"


def find_problem(folder: Path) -> str:
    """Why nothing can be written to the folder, in a few words; empty if it can."""
    probe = folder / f".probe.{os.getpid()}"
    try:
        probe.write_bytes(bytes(PROBE_BYTES))
    except OSError as error:
        return describe(error)
    finally:
        _remove(probe)
    return ""


def find_problems(settings: Settings) -> list[str]:
    """What cannot be written, a sentence each: the data folder, and the store if it is a folder."""
    problem = find_problem(settings.data_dir)
    found = [f"{settings.data_dir} cannot be written: {problem}"] if problem else []
    store = find_store_folder(settings)
    if store is not None and store.exists():
        problem = find_problem(store)
        found += [f"the store {store} cannot be written: {problem}"] if problem else []
    return found


def find_store_folder(settings: Settings) -> Path | None:
    """The folder of models and artifacts on this machine; None if they lie under a URL."""
    return None if "://" in settings.artifact_url else Path(settings.artifact_url)


def describe(error: OSError) -> str:
    """What the system says, without the path."""
    return (error.strerror or str(error)).lower()


def unusable(folder: Path, problem: str) -> FluxError:
    """The error for a folder that cannot be made, read or written."""
    return FluxError(
        ErrorClass.PERMISSION,
        f"the data folder {folder} cannot be used: {problem}",
        suggestions=["make room or correct its permissions", "or set FLUXAGENTS_DATA_DIR to another folder"],
    )


def _remove(probe: Path) -> None:
    try:
        probe.unlink(missing_ok=True)
    except OSError:
        return  # the folder itself is gone, or nobody may write: the probe was not written either
