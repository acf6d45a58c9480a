"""The picture that a command was asked for, and its text in a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from fluxagents.flows.drawing.picture import Picture
    from fluxagents.flows.events import Event
    from fluxagents.flows.language.definition import Flow
    from fluxagents.flows.state import RunState


def picture_for(flow: str | None, run_id: str | None) -> Picture:
    """The picture of a flow, or of a run on the version of the flow that it keeps.

    Raises:
        click.UsageError: If neither is named.
        FluxError: If there is no such flow or run, or the run follows another flow.
    """
    from fluxagents.flows.drawing.picture import picture_of
    from fluxagents.workers.commands.flows.flows import library

    named = library().get(flow) if flow else None
    if run_id:
        return _of_run(run_id, named)
    if named is None:
        raise click.UsageError("name a flow or a YAML file, or a run with --run")
    return picture_of(named)


def written(picture: Picture, form: str) -> str:
    """A picture as text: `mermaid`, `dot` or `svg`."""
    if form == "mermaid":
        from fluxagents.flows.drawing.mermaid import mermaid

        return mermaid(picture)
    if form == "dot":
        from fluxagents.flows.drawing.dot import dot

        return dot(picture)
    from fluxagents.workers.reports.svg.svg import svg

    return svg(picture)


def _of_run(run_id: str, named: Flow | None) -> Picture:
    from fluxagents.flows.drawing.overlay import laid_over
    from fluxagents.flows.drawing.picture import picture_of
    from fluxagents.flows.errors import ErrorClass, FluxError

    kept, state, events = _recorded(run_id, named)
    if named and named.flow != kept.flow:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run {run_id!r} follows the flow {kept.flow!r}, not {named.flow!r}",
            suggestions=(f"fluxagents flows graph --run {run_id}",),
        )
    if named and named.digest != kept.digest:
        click.echo(f"drawn is v{kept.version} ({kept.digest[:12]}), which the run keeps", err=True)
    return laid_over(picture_of(kept, digest=state.flow.digest), state, events)


def _recorded(run_id: str, named: Flow | None) -> tuple[Flow, RunState, tuple[Event, ...]]:
    """A run with the flow that it keeps: the one named if it is that very version, else the stored one."""
    from fluxagents.workers.client import Client

    store = Client().store
    state = store.load(run_id)
    kept = named if named and named.digest == state.flow.digest else store.flow(state.flow.digest)
    return kept, state, store.events(run_id)
