"""A run laid over the picture of its flow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from fluxagents.flows import events as e
from fluxagents.flows.drawing.picture import Mark, Picture, PictureEdge, PictureRun, Presence
from fluxagents.flows.drawing.stays import Stay, stays_of
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.state import RunState, Status

PRESENCES: dict[Status, Presence] = {
    "running": "current",
    "waiting": "waiting",
    "paused": "paused",
    "finished": "finished",
    "failed": "failed",
    "cancelled": "cancelled",
    "dead": "failed",
}
"""What the run's status makes of the node that it stands at."""


def lay_over(picture: Picture, state: RunState, events: Iterable[e.EventBase]) -> Picture:
    """The picture with what a run did.

    Args:
        picture: Of the flow that the run keeps, of that very version.
        state: The run as it is now.
        events: Its whole log.

    Raises:
        FluxError: If the picture is of another flow or another version of it.
    """
    if state.flow.digest != picture.digest:
        raise FluxError(
            ErrorClass.BAD_ARGUMENT,
            f"run {state.run_id!r} follows {state.flow.name} v{state.flow.version} {state.flow.digest[:12]}, "
            f"the picture is of {picture.flow} v{picture.version} {picture.digest[:12]}",
        )
    stays = stays_of(events)
    return picture.model_copy(
        update={
            "nodes": tuple(
                node.model_copy(update={"mark": _mark(node.name, stays, state)}) for node in picture.nodes
            ),
            "edges": _walked(picture.edges, stays),
            "run": PictureRun(
                run_id=state.run_id,
                model=state.model_name,
                status=state.status,
                started_ms=state.started_ms,
                updated_ms=state.updated_ms,
                moves=max(len(stays) - 1, 0),
            ),
        }
    )


def _mark(node: str, stays: Sequence[Stay], state: RunState) -> Mark:
    here = [stay for stay in stays if stay.node == node]
    if not here:
        return Mark()
    errors = [error for stay in here for error in stay.errors]
    at_it = node == state.node
    if at_it and state.error and errors[-1:] != [state.error.message]:
        errors.append(state.error.message)
    return Mark(
        status=PRESENCES[state.status] if at_it else "visited",
        visits=len(here),
        errors=len(errors),
        first_ms=here[0].entered_ms,
        last_ms=here[-1].last_ms,
        since_ms=here[-1].entered_ms if at_it and not state.ended else None,
        spent_ms=sum(stay.last_ms - stay.entered_ms for stay in here),
        waited_ms=sum(stay.waited_ms for stay in here),
        last_error=errors[-1] if errors else "",
    )


def _walked(edges: Sequence[PictureEdge], stays: Sequence[Stay]) -> tuple[PictureEdge, ...]:
    """The edges with the moves along each, then the moves that no edge stands for."""
    known, moves = [*edges], [list[int]() for _ in edges]
    for number, (left, entered) in enumerate(pairwise(stays), start=1):
        place = _edge(known, left.node, entered)
        if place == len(known):
            known.append(
                PictureEdge(source=left.node, target=entered.node, label=entered.because, declared=False)
            )
            moves.append([])
        moves[place].append(number)
    return tuple(
        edge.model_copy(update={"taken": len(numbers), "moves": tuple(numbers)})
        for edge, numbers in zip(known, moves, strict=True)
    )


def _edge(edges: Sequence[PictureEdge], source: str, stay: Stay) -> int:
    """Which edge a move went along: of several between two nodes the one with its reason; else a new one."""
    between = [place for place, edge in enumerate(edges) if (edge.source, edge.target) == (source, stay.node)]
    right = [place for place in between if edges[place].label == stay.because]
    return [*right, *between, len(edges)][0]
