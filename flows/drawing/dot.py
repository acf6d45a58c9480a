"""Pictures as DOT text, which Graphviz draws."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fluxagents.flows.drawing.captions import edge_label, heading, mark_line, node_details
from fluxagents.flows.drawing.node_looks import look_of
from fluxagents.flows.drawing.picture import Picture, PictureEdge, PictureNode
from fluxagents.flows.drawing.presences import TINTS

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def dot(picture: Picture) -> str:
    """A picture as a DOT digraph."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    entry = "start"
    while any(node.name == entry for node in picture.nodes):
        entry += "_"
    yield f"digraph {_quoted([picture.flow])} {{"
    yield f"    graph [label={_quoted([*heading(picture), picture.purpose])}, labelloc=t, rankdir=TB]"
    yield '    node [fontname="Helvetica", fontsize=12]'
    yield '    edge [fontname="Helvetica", fontsize=10]'
    yield f'    {_quoted([entry])} [shape=point, width=0.15, label=""]'
    for node in picture.nodes:
        yield f"    {_quoted([node.name])} [{_node(node)}]"
    yield f"    {_quoted([entry])} -> {_quoted([picture.start])}"
    for edge in picture.edges:
        yield f"    {_quoted([edge.source])} -> {_quoted([edge.target])}{_edge(picture, edge)}"
    yield "}"


def _node(node: PictureNode) -> str:
    said = [node.name, node.caption or node.kind, *([mark_line(node.mark)] if node.mark else [])]
    shape, *styles = look_of(node.kind).dot
    parts = [f"label={_quoted(said)}", f"tooltip={_quoted(node_details(node))}", f"shape={shape}"]
    if node.mark:
        tint = TINTS[node.mark.status]
        styles += ["filled", *(["dashed"] if tint.dashed else [])]
        parts += [
            f'fillcolor="{tint.fill}"',
            f'color="{tint.border}"',
            f'fontcolor="{tint.text}"',
            f"penwidth={tint.width}",
        ]
    return ", ".join([*parts, *([f'style="{",".join(styles)}"'] if styles else [])])


def _edge(picture: Picture, edge: PictureEdge) -> str:
    said = edge_label(edge)
    parts = [f"label={_quoted([said])}"] if said else []
    if edge.moves:
        parts.append("penwidth=2.5")
    elif picture.run:
        parts.append("style=dashed")
    return f" [{', '.join(parts)}]" if parts else ""


def _quoted(lines: Iterable[str]) -> str:
    """A quoted string of some lines; a backslash of the text stays one."""
    plain = (_CONTROL.sub(" ", line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(plain) + '"'
