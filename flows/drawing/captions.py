"""The texts of a picture, the same in every format."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from fluxagents.flows.drawing.durations import format_duration
from fluxagents.flows.drawing.picture import Mark, Picture, PictureEdge, PictureNode

MOVES_SHOWN = 3
"""An edge that was taken more often shows its first moves and the last one."""


def format_time(at_ms: int) -> str:
    """Write Unix time in ms as date and time of day in UTC."""
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def describe_mark(mark: Mark) -> str:
    """What a run did at a node, in one line."""
    if not mark.visits:
        return mark.status
    spent = format_duration(mark.spent_ms) if mark.spent_ms else ""
    parts = [
        mark.status,
        f"{mark.visits} times" if mark.visits > 1 else "",
        # A drawing cannot know how long the run is there by now.
        spent if mark.since_ms is None else f"since {format_time(mark.since_ms)}",
        _count(mark.errors, "error") if mark.errors else "",
    ]
    return " · ".join(part for part in parts if part)


def format_label(edge: PictureEdge) -> str:
    """Write why an edge is taken, and which moves of the run took it."""
    return f"{format_reason(edge)} {format_moves(edge)}".strip()


def format_reason(edge: PictureEdge) -> str:
    """Write why an edge is taken; empty for what simply comes next."""
    return edge.label if edge.declared else f"not in the flow {edge.label}".rstrip()


def format_moves(edge: PictureEdge) -> str:
    """Write the moves along an edge, as in `[3, 6]`, or of many runs how many; empty for one not taken."""
    if not edge.moves:
        return _count(edge.taken, "time") if edge.taken else ""
    numbers = [str(number) for number in edge.moves]
    if len(numbers) > MOVES_SHOWN + 1:
        numbers = [*numbers[:MOVES_SHOWN], "…", numbers[-1]]
    return f"[{', '.join(numbers)}]"


def describe_node(node: PictureNode) -> Sequence[str]:
    """Everything about a node, a line each: for tooltips."""
    lines = [f"{node.name} ({node.kind})", *([node.purpose] if node.purpose else []), *node.details]
    mark = node.mark
    if mark is None:
        return lines
    lines.append(describe_mark(mark))
    if mark.first_ms is not None and mark.last_ms is not None:
        lines.append(f"first {format_time(mark.first_ms)}, last {format_time(mark.last_ms)}")
    if mark.waited_ms:
        lines.append(f"{format_duration(mark.waited_ms)} of it waiting for a human")
    if mark.last_error:
        lines.append(f"last error: {mark.last_error}")
    return lines


def heading(picture: Picture) -> Sequence[str]:
    """What the picture is of, a line each: the flow, and the run if one is laid over."""
    lines = [f"{picture.flow} v{picture.version}"]
    if picture.runs:
        lines.append(f"moves of {_count(picture.runs, 'run')}")
    run = picture.run
    if run:
        model = f" on {run.model}" if run.model else ""
        lines.append(f"run {run.run_id}{model}")
        took = format_duration(max(run.updated_ms - run.started_ms, 0))
        lines.append(
            f"{run.status} · {_count(run.moves, 'move')} in {took} · from {format_time(run.started_ms)}"
        )
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
