"""Pictures as Mermaid text, which GitHub and most editors draw."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from fluxagents.flows.drawing.captions import describe_mark, format_label, heading
from fluxagents.flows.drawing.node_styles import find_style
from fluxagents.flows.drawing.picture import NodeStatus, Picture, PictureEdge, PictureNode
from fluxagents.flows.drawing.tints import TINTS

_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED = re.compile(
    r"end|graph|flowchart|subgraph|style|linkStyle|class|classDef|click|call|href|interpolate|default|direction"
    r"|start|node_\d+",
    re.IGNORECASE,
)
"""Words of Mermaid, and ids that this module assigns."""

_SPECIAL = re.compile(r"[^\w .,:!?'=+\-/·…()\[\]]")
_LIST_ITEM = re.compile(r"^(\d*)([.)+\-])(?=\s)")


def mermaid(picture: Picture) -> str:
    """Write a picture as a Mermaid flowchart."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    ids = {node.name: _id(number, node.name) for number, node in enumerate(picture.nodes)}
    yield "flowchart TD"
    yield f'    start(["{_label(heading(picture))}"]) --> {ids[picture.start]}'
    for node in picture.nodes:
        before, after = find_style(node.kind).mermaid
        yield f'    {ids[node.name]}{before}"{_label(_node_lines(node))}"{after}'
    for edge in picture.edges:
        yield f"    {ids[edge.source]} {_link(picture, edge)} {ids[edge.target]}"
    if picture.run:
        yield from _classes(picture, ids)


def _id(number: int, name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) and not _RESERVED.fullmatch(name) else f"node_{number}"


def _node_lines(node: PictureNode) -> Iterator[str]:
    yield node.name
    yield node.caption or node.kind
    if node.mark:
        yield describe_mark(node.mark)


def _link(picture: Picture, edge: PictureEdge) -> str:
    line = "==>" if edge.taken else "-.->" if picture.is_walked else "-->"
    label = format_label(edge)
    return f'{line}|"{_escape(label)}"|' if label else line


def _classes(picture: Picture, ids: Mapping[str, str]) -> Iterator[str]:
    marked: dict[NodeStatus, list[str]] = {}
    for node in picture.nodes:
        if node.mark:
            marked.setdefault(node.mark.status, []).append(ids[node.name])
    for status, names in marked.items():
        tint = TINTS[status]
        dashes = ",stroke-dasharray:4 4" if tint.dashed else ""
        style = f"fill:{tint.fill},stroke:{tint.border},color:{tint.text},stroke-width:{tint.width}px{dashes}"
        name = status.replace(" ", "_")
        yield f"    classDef {name} {style}"
        yield f"    class {','.join(names)} {name}"


def _label(lines: Iterable[str]) -> str:
    return "<br/>".join(_escape(line) for line in lines)


def _escape(text: str) -> str:
    """Escape text inside quotes: what Mermaid, Markdown or HTML could read as markup becomes a code."""
    coded = _SPECIAL.sub(lambda match: f"#{ord(match[0])};", " ".join(text.split()))
    # A label that begins like an item of a list is refused.
    return _LIST_ITEM.sub(lambda match: f"{match[1]}#{ord(match[2])};", coded)
