"""A start under an id that is taken: the same start again is no start, another one is refused."""

from __future__ import annotations

from collections.abc import Iterator

from fluxagents.flows.errors import ConflictError
from fluxagents.flows.events import FlowRef, RunStarted
from fluxagents.flows.texts.display import quote

_SHORT_DIGEST = 12


def refuse_other_start(known: RunStarted, wanted: RunStarted) -> None:
    """Refuse to take a run for another one.

    Args:
        known: How the run with this id began.
        wanted: How a run with the same id was to begin.

    Raises:
        FluxError: `BAD_ARGUMENT`, naming what differs.
    """
    differences = list(find_differences(known, wanted))
    if differences:
        raise ConflictError(
            f"there is a run {quote(known.run_id)} already, with {'; '.join(differences)}",
            suggestions=(
                f"`fluxagents runs show {known.run_id}` shows it",
                "start the other one under an id of its own, or without one",
            ),
        )


def find_differences(known: RunStarted, wanted: RunStarted) -> Iterator[str]:
    """What differs between two starts, a phrase each; the lane and the time are no part of what was asked."""
    # Inputs are compared as the store keeps them.
    wanted = RunStarted.model_validate_json(wanted.model_dump_json())
    if known.flow.digest != wanted.flow.digest:
        yield f"flow {_describe_flow(known.flow)}, not {_describe_flow(wanted.flow)}"
    if known.model != wanted.model:
        yield f"model {_describe_model(known)}, not {_describe_model(wanted)}"
    # Without a session a run is its own.
    if wanted.session not in {known.session, wanted.run_id}:
        yield f"session {quote(known.session)}, not {quote(wanted.session)}"
    for name in sorted({*known.inputs, *wanted.inputs}):
        before, after = known.inputs.get(name), wanted.inputs.get(name)
        if before != after:
            yield f"{name} {quote(before)}, not {quote(after)}"


def _describe_flow(flow: FlowRef) -> str:
    return f"{flow.name} v{flow.version} ({flow.digest[:_SHORT_DIGEST]})"


def _describe_model(started: RunStarted) -> str:
    digest = (started.model or "none").removeprefix("sha256:")[:_SHORT_DIGEST]
    return f"{started.model_name or 'without a name'} ({digest})"
