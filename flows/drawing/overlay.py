"""A run laid over the picture of its flow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from fluxagents.flows import events as e
from fluxagents.flows.drawing.picture import Mark, NodeStatus, Picture, PictureEdge, PictureRun
from fluxagents.flows.drawing.visits import Visit, split_visits
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.state import RunState, Status

NODE_STATUSES: dict[Status, NodeStatus] = {
    "running": "current",
    "waiting": "waiting",
    "paused": "paused",
    "finished": "finished",
    "failed": "failed",
    "cancelled": "cancelled",
    "dead": "failed",
}
"""Status of a run -> status of the node that it stands at."""


def lay_over(picture: Picture, state: RunState, events: Iterable[e.EventBase]) -> Picture:
    """Add to a picture what a run did.

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
    visits = split_visits(events)
    return picture.model_copy(
        update={
            "nodes": tuple(
                node.model_copy(update={"mark": _build_mark(node.name, visits, state)})
                for node in picture.nodes
            ),
            "edges": _number_moves(picture.edges, visits),
            "run": PictureRun(
                run_id=state.run_id,
                model=state.model_name,
                status=state.status,
                started_ms=state.started_ms,
                updated_ms=state.updated_ms,
                moves=max(len(visits) - 1, 0),
            ),
        }
    )


def _build_mark(node: str, visits: Sequence[Visit], state: RunState) -> Mark:
    visits = [visit for visit in visits if visit.node == node]
    if not visits:
        return Mark()
    errors = [error for visit in visits for error in visit.errors]
    is_current = node == state.node
    if is_current and state.error and errors[-1:] != [state.error.message]:
        errors.append(state.error.message)
    return Mark(
        status=NODE_STATUSES[state.status] if is_current else "visited",
        visits=len(visits),
        errors=len(errors),
        first_ms=visits[0].entered_ms,
        last_ms=visits[-1].last_ms,
        since_ms=visits[-1].entered_ms if is_current and not state.has_ended else None,
        spent_ms=sum(visit.last_ms - visit.entered_ms for visit in visits),
        waited_ms=sum(visit.waited_ms for visit in visits),
        last_error=errors[-1] if errors else "",
    )


def _number_moves(edges: Sequence[PictureEdge], visits: Sequence[Visit]) -> tuple[PictureEdge, ...]:
    """Number the moves along each edge; a move without an edge adds one."""
    known, moves = [*edges], [list[int]() for _ in edges]
    for number, (previous, entered) in enumerate(pairwise(visits), start=1):
        index = find_edge(known, previous.node, entered)
        if index == len(known):
            known.append(
                PictureEdge(source=previous.node, target=entered.node, label=entered.because, declared=False)
            )
            moves.append([])
        moves[index].append(number)
    return tuple(
        edge.model_copy(update={"taken": len(numbers), "moves": tuple(numbers)})
        for edge, numbers in zip(known, moves, strict=True)
    )


def find_edge(edges: Sequence[PictureEdge], source: str, visit: Visit) -> int:
    """The index of the edge of a move; of several between two nodes that with its reason; else a new one."""
    between = [
        index for index, edge in enumerate(edges) if (edge.source, edge.target) == (source, visit.node)
    ]
    matching = [index for index in between if edges[index].label == visit.because]
    return [*matching, *between, len(edges)][0]
