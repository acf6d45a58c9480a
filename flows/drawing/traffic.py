"""How often many runs took each edge, laid over the picture of their flow."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from fluxagents.flows import events as e
from fluxagents.flows.drawing.overlay import find_edge
from fluxagents.flows.drawing.picture import Picture, PictureEdge
from fluxagents.flows.drawing.visits import split_visits


def lay_over_runs(picture: Picture, logs: Iterable[Iterable[e.EventBase]]) -> Picture:
    """Add to a picture how often runs took each edge; a move without an edge adds one.

    Args:
        picture: Of the flow that the runs follow.
        logs: The whole log of each run.
    """
    edges, taken, runs = [*picture.edges], [0] * len(picture.edges), 0
    for events in logs:
        runs += 1
        for previous, entered in pairwise(split_visits(events)):
            index = find_edge(edges, previous.node, entered)
            if index == len(edges):
                label = entered.because
                edges.append(
                    PictureEdge(source=previous.node, target=entered.node, label=label, declared=False)
                )
                taken.append(0)
            taken[index] += 1
    counted = tuple(
        edge.model_copy(update={"taken": times}) for edge, times in zip(edges, taken, strict=True)
    )
    return picture.model_copy(update={"edges": counted, "runs": runs})
