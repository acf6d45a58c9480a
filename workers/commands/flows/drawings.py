"""The formats of a drawing, and the picture of a flow with a run laid over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from fluxagents.flows.drawing.mermaid import mermaid
from fluxagents.flows.drawing.overlay import lay_over
from fluxagents.flows.drawing.picture import Picture, build_picture
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.language.definition import Flow
from fluxagents.workers.commands.command_client import CommandClient
from fluxagents.workers.commands.display.output import echo
from fluxagents.workers.reports.svg.svg import svg

WRITERS: Mapping[str, Callable[[Picture], str]] = {"mermaid": mermaid, "svg": svg}

SUFFIXES = {".mmd": "mermaid", ".mermaid": "mermaid", ".svg": "svg"}
"""Ending of a file -> the format that it names."""

NO_DOT = (
    "DOT is no longer written; use svg to look at a flow, mermaid for text, or --json for nodes and edges"
)


def parse_format(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Check the value of `--format`; DOT, which older versions wrote, is refused with what to use instead."""
    if value == "dot":
        raise click.BadParameter(NO_DOT)
    if value is not None:
        click.Choice(list(WRITERS)).convert(value, param, ctx)
    return value


def format_of(path: Path | None) -> str:
    """The format that the ending of a file names; Mermaid without a file."""
    if path is None:
        return "mermaid"
    suffix = path.suffix.lower()
    if suffix in {".dot", ".gv"}:
        raise click.UsageError(f"{path.name}: {NO_DOT}")
    if suffix not in SUFFIXES:
        raise click.UsageError(
            f"no format is known for {path.name!r}; end the name with {', '.join(SUFFIXES)}, or give --format"
        )
    return SUFFIXES[suffix]


def draw_run(run_id: str, flow: Flow | None) -> Picture:
    """Draw a run on the version of the flow that it keeps.

    Args:
        run_id: The run.
        flow: The flow that was named; None to take that of the run.

    Raises:
        FluxError: If there is no such run, or it follows another flow.
    """
    store = CommandClient().store
    state = store.load(run_id)
    kept = flow if flow and flow.digest == state.flow.digest else store.flow(state.flow.digest)
    if flow and flow.flow != kept.flow:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run {run_id!r} follows the flow {kept.flow!r}, not {flow.flow!r}",
            suggestions=(f"fluxagents flows graph --run {run_id}",),
        )
    if flow and flow.digest != kept.digest:
        echo(f"drawn is v{kept.version} ({kept.digest[:12]}), which the run keeps", err=True)
    return lay_over(build_picture(kept, digest=state.flow.digest), state, store.events(run_id))
