"""Pictures as Mermaid text, which GitHub and most editors draw."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from fluxagents.flows.drawing.captions import edge_label, heading, mark_line
from fluxagents.flows.drawing.node_looks import look_of
from fluxagents.flows.drawing.picture import Picture, PictureEdge, PictureNode, Presence
from fluxagents.flows.drawing.presences import TINTS

_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAKEN = re.compile(
    r"end|graph|flowchart|subgraph|style|linkStyle|class|classDef|click|call|href|interpolate|default|direction"
    r"|start|node_\d+",
    re.IGNORECASE,
)
"""Words of Mermaid, and ids that are given here."""

_SPECIAL = re.compile(r"[^\w .,:!?'=+\-/·…()\[\]]")
_LIST_ITEM = re.compile(r"^(\d*)([.)+\-])(?=\s)")


def mermaid(picture: Picture) -> str:
    """A picture as a Mermaid flowchart."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    ids = {node.name: _id(number, node.name) for number, node in enumerate(picture.nodes)}
    yield "flowchart TD"
    yield f'    start(["{_label(heading(picture))}"]) --> {ids[picture.start]}'
    for node in picture.nodes:
        before, after = look_of(node.kind).mermaid
        yield f'    {ids[node.name]}{before}"{_label(_said(node))}"{after}'
    for edge in picture.edges:
        yield f"    {ids[edge.source]} {_link(picture, edge)} {ids[edge.target]}"
    if picture.run:
        yield from _classes(picture, ids)


def _id(number: int, name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) and not _TAKEN.fullmatch(name) else f"node_{number}"


def _said(node: PictureNode) -> Iterator[str]:
    yield node.name
    yield node.caption or node.kind
    if node.mark:
        yield mark_line(node.mark)


def _link(picture: Picture, edge: PictureEdge) -> str:
    line = "==>" if edge.moves else "-.->" if picture.run else "-->"
    said = edge_label(edge)
    return f'{line}|"{_escaped(said)}"|' if said else line


def _classes(picture: Picture, ids: Mapping[str, str]) -> Iterator[str]:
    marked: dict[Presence, list[str]] = {}
    for node in picture.nodes:
        if node.mark:
            marked.setdefault(node.mark.status, []).append(ids[node.name])
    for presence, names in marked.items():
        tint = TINTS[presence]
        dashes = ",stroke-dasharray:4 4" if tint.dashed else ""
        style = f"fill:{tint.fill},stroke:{tint.border},color:{tint.text},stroke-width:{tint.width}px{dashes}"
        name = presence.replace(" ", "_")
        yield f"    classDef {name} {style}"
        yield f"    class {','.join(names)} {name}"


def _label(lines: Iterable[str]) -> str:
    return "<br/>".join(_escaped(line) for line in lines)


def _escaped(text: str) -> str:
    """Text inside quotes: what Mermaid, Markdown or HTML could read as markup becomes a character code."""
    coded = _SPECIAL.sub(lambda found: f"#{ord(found[0])};", " ".join(text.split()))
    # A label that begins like an item of a list is refused.
    return _LIST_ITEM.sub(lambda found: f"{found[1]}#{ord(found[2])};", coded)
