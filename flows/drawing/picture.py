"""The picture of a flow: nodes and edges, and what a run did at each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from fluxagents.flows.drawing.node_styles import MISSING, caption_of
from fluxagents.flows.events import Frozen
from fluxagents.flows.language.definition import Flow
from fluxagents.flows.language.nodes import Node
from fluxagents.flows.state import Status

NodeStatus = Literal[
    "not reached", "visited", "current", "waiting", "paused", "finished", "failed", "cancelled"
]

DRAWN = frozenset({"kind", "purpose", "next", "cases", "otherwise"})
"""Fields that a picture shows in other ways; those that begin with `on_` are edges too."""


class Mark(Frozen):
    """What a run did at one node."""

    status: NodeStatus = "not reached"
    visits: int = 0
    errors: int = 0
    """Tool calls and decisions that failed here, also those from which a retry recovered."""
    first_ms: int | None = None
    last_ms: int | None = None
    """When it was entered first, and when it was left last or, while the run is there, wrote last (ms)."""
    since_ms: int | None = None
    """When the run came here, if it has not gone on nor ended since (Unix time, ms)."""
    spent_ms: int = 0
    """From entering to leaving, over all visits; to the last event while the run is there."""
    waited_ms: int = 0
    """The part of it in which a request was open to humans."""
    last_error: str = ""


class PictureNode(Frozen):
    name: str
    kind: str
    caption: str
    purpose: str = ""
    details: tuple[str, ...] = ()
    """What else its author wrote, a line each."""
    mark: Mark | None = None
    """None without a run."""


class PictureEdge(Frozen):
    source: str
    target: str
    label: str
    """Why it is taken; empty for what simply comes next."""
    taken: int = 0
    moves: tuple[int, ...] = ()
    """Which moves of the run's walk went along it, from 1 on."""
    declared: bool = True
    """False for a move of a run that the flow has no edge for, a restart for instance."""


class PictureRun(Frozen):
    run_id: str
    model: str
    status: Status
    started_ms: int
    updated_ms: int
    moves: int
    """Steps from node to node."""


class Picture(Frozen):
    """A flow as it is drawn, in every format."""

    flow: str
    version: int
    digest: str
    purpose: str
    start: str
    nodes: tuple[PictureNode, ...]
    edges: tuple[PictureEdge, ...] = Field(default=())
    run: PictureRun | None = None
    runs: int = 0
    """How many are laid over it as numbers of moves along each edge; 0 for none, and for one run alone."""

    @property
    def is_walked(self) -> bool:
        """Whether edges say if they were taken."""
        return self.run is not None or self.runs > 0


def build_picture(flow: Flow, *, digest: str = "") -> Picture:
    """Build the picture of a flow, also of one that cannot run: what it misses is shown as missing.

    Args:
        flow: The definition.
        digest: What it is stored under, if that was another version of this software.
    """
    edges = tuple(
        PictureEdge(source=name, target=target, label=why)
        for name, node in flow.nodes.items()
        for why, target in node.edges
    )
    named = dict.fromkeys([flow.start, *(edge.target for edge in edges)])
    missing = [name for name in named if name not in flow.nodes]
    return Picture(
        flow=flow.flow,
        version=flow.version,
        digest=digest or flow.digest,
        purpose=flow.purpose,
        start=flow.start,
        nodes=(
            *(_build_node(name, node) for name, node in flow.nodes.items()),
            *(PictureNode(name=name, kind=MISSING, caption=caption_of(MISSING, {})) for name in missing),
        ),
        edges=edges,
    )


def _build_node(name: str, node: Node) -> PictureNode:
    fields = node.model_dump(mode="json", exclude_defaults=True)
    return PictureNode(
        name=name,
        kind=node.kind,
        caption=caption_of(node.kind, node.model_dump(mode="json")),
        purpose=node.purpose,
        details=tuple(_details(fields)),
    )


def _details(fields: dict[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        if name not in DRAWN and not name.startswith("on_"):
            yield f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
