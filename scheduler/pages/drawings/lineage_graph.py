"""A family of models as a tree that is drawn from left to right: what was made from what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fluxagents.tasks.ports.models import ModelRecord

WIDTH, HEIGHT = 220, 52
"""Of the box of a model, in pixels."""
GAP_X, GAP_Y = 36, 14
MARGIN = 6
MAX_DRAWN = 60
"""Models of a larger family that are drawn, those that are nearest first."""


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A model at its place."""

    record: ModelRecord
    parent: ModelRecord | None
    """What it was made from; None for the first, and where that is not stored any more."""
    x: int
    y: int
    is_shown: bool
    """Whether the page is about it."""


@dataclass(frozen=True, slots=True)
class LineageGraph:
    """All models of a family, parents before what was made from them."""

    nodes: tuple[LineageNode, ...]
    lines: tuple[str, ...]
    """Paths of SVG, from each model to each that was made from it."""
    width: int
    height: int
    left_out: int
    """Models of the family that are not drawn."""


def build_lineage(shown: ModelRecord, stored: Iterable[ModelRecord]) -> LineageGraph:
    """Draw the family of a model.

    Args:
        shown: The model that the page is about.
        stored: All models.
    """
    records = {record.digest: record for record in stored} | {shown.digest: shown}
    children: dict[str, list[ModelRecord]] = {}
    for record in records.values():
        if record.parent:
            children.setdefault(record.parent, []).append(record)
    ancestors = _list_ancestors(shown, records)
    drawn = {record.digest for record in ancestors[:MAX_DRAWN]}
    root = ancestors[: len(drawn)][-1]
    family = _list_below(ancestors[-1], children)
    for record in (*_list_below(shown, children), *family):
        if len(drawn) < MAX_DRAWN and (record.parent in drawn or record.digest == root.digest):
            drawn.add(record.digest)
    below = {
        parent: [record for record in group if record.digest in drawn] for parent, group in children.items()
    }
    places = _place(root, below)
    nodes = tuple(
        LineageNode(
            record=record,
            parent=records.get(record.parent or ""),
            x=MARGIN + column * (WIDTH + GAP_X),
            y=MARGIN + row * (HEIGHT + GAP_Y),
            is_shown=record.digest == shown.digest,
        )
        for record, column, row in places
    )
    return LineageGraph(
        nodes=nodes,
        lines=tuple(_draw_lines(nodes)),
        width=max(node.x for node in nodes) + WIDTH + MARGIN,
        height=max(node.y for node in nodes) + HEIGHT + MARGIN,
        left_out=len(family) - len(nodes),
    )


def _list_ancestors(shown: ModelRecord, records: Mapping[str, ModelRecord]) -> list[ModelRecord]:
    """The model and what it was made from, the oldest last, as far as that is stored."""
    line = [shown]
    while (parent := records.get(line[-1].parent or "")) and parent not in line:
        line.append(parent)
    return line


def _list_below(root: ModelRecord, children: Mapping[str, Sequence[ModelRecord]]) -> list[ModelRecord]:
    """A model and all that was made from it, generation by generation."""
    found = {root.digest: root}
    todo = [root]
    while todo:
        record = todo.pop(0)
        for child in children.get(record.digest, ()):
            if child.digest not in found:
                found[child.digest] = child
                todo.append(child)
    return [*found.values()]


def _place(
    root: ModelRecord, children: Mapping[str, Sequence[ModelRecord]]
) -> list[tuple[ModelRecord, int, int]]:
    """Column and row of each model; the first that was made from one stands beside it, the others below."""
    places: list[tuple[ModelRecord, int, int]] = []
    seen = set[str]()
    row = -1
    todo = [(root, 0, True)]
    while todo:
        record, column, is_first = todo.pop()
        if record.digest in seen:
            continue
        seen.add(record.digest)
        row = row if is_first and places else row + 1
        places.append((record, column, row))
        group = sorted(children.get(record.digest, ()), key=lambda each: (each.name, each.digest))
        todo += [(child, column + 1, index == 0) for index, child in reversed([*enumerate(group)])]
    return places


def _draw_lines(nodes: Sequence[LineageNode]) -> Iterable[str]:
    at = {node.record.digest: node for node in nodes}
    for node in nodes:
        if parent := at.get(node.record.parent or ""):
            x, y = parent.x + WIDTH, parent.y + HEIGHT // 2
            yield f"M{x} {y}h{GAP_X // 2}V{node.y + HEIGHT // 2}H{node.x}"
