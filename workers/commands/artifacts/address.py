"""How commands name an artifact, and the file that they write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.events import Event, ToolSucceeded
from fluxagents.workers.files.artifact_store import ArtifactFiles
from fluxagents.workers.redis.store_access import open_run_store
from fluxagents.workers.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


def address_options(command: Command) -> Command:
    """Give a command the argument and the options that name an artifact."""
    for decorate in (
        click.option("--step", type=int, help="The step of the run; `fluxagents runs events RUN` shows it."),
        click.option("--run", "run_id", metavar="RUN", help="Instead of ID: the run that made it."),
        click.argument("artifact", metavar="[ID]", required=False),
    ):
        command = decorate(command)
    return command


def artifact_store() -> ArtifactFiles:
    return ArtifactFiles(Settings.load().artifact_url)


def find_digest(store: ArtifactFiles, artifact: str | None, run_id: str | None, step: int | None) -> str:
    if (artifact is None) == (run_id is None):
        raise click.UsageError("name an artifact by its ID, or by --run and --step")
    if artifact is not None:
        return store.find(artifact)
    assert run_id is not None
    events = open_run_store(Settings.load()).events(run_id)
    return _find_artifact(run_id, events, step)


def _find_artifact(run_id: str, events: tuple[Event, ...], step: int | None) -> str:
    with_artifact = [event for event in events if isinstance(event, ToolSucceeded) and event.artifact]
    chosen = [event for event in with_artifact if step in {None, event.seq}]
    if len(chosen) == 1 and chosen[0].artifact:
        return chosen[0].artifact
    which = (
        "more than one step"
        if step is None and with_artifact
        else f"no step {'' if step is None else step}".strip()
    )
    known = ", ".join(f"{event.seq} ({event.call.tool})" for event in with_artifact) or "none"
    raise FluxError(
        ErrorClass.UNKNOWN_ID,
        f"run {run_id} has {which} with an artifact",
        suggestions=(f"steps with an artifact: {known}",),
    )


def output_path(output: str | None) -> Path | None:
    if output is None or output == "-":
        return None
    path = Path(output)
    if path.is_dir() or not path.parent.is_dir():
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"file {output!r} cannot be written",
            suggestions=("name a file in a folder that exists",),
        )
    return path
