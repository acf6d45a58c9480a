"""DOT text: nothing of a flow is lost, and every string is one string."""

from __future__ import annotations

import re

from hypothesis import given
from tests.support.drawn_flows import linked, search_in_two_rounds
from tests.support.linked_flows import flows

from fluxagents.flows.drawing.captions import edge_label
from fluxagents.flows.drawing.dot import dot
from fluxagents.flows.drawing.overlay import laid_over
from fluxagents.flows.drawing.picture import picture_of
from fluxagents.flows.language.definition import Flow

STRING = r'"((?:[^"\\]|\\.)*)"'
ATTRIBUTES = rf'(?: \[((?:[^"\]]|{STRING})*)\])?'
NODE = re.compile(rf"    {STRING}{ATTRIBUTES}")
EDGE = re.compile(rf"    {STRING} -> {STRING}{ATTRIBUTES}")
LABEL = re.compile(rf"label={STRING}")


def plain(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)


def unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def label(attributes: str | None) -> str:
    found = LABEL.search(attributes or "")
    return unquoted(found[1]) if found else ""


def read(text: str) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Names of nodes, and edges, as a reader of DOT finds them; without the point where a run begins."""
    nodes, edges = [], []
    for line in text.split("\n"):
        if found := EDGE.fullmatch(line):
            edges.append((unquoted(found[1]), unquoted(found[2]), label(found[3])))
        elif found := NODE.fullmatch(line):
            nodes.append(unquoted(found[1]))
            assert label(found[2]).split("\n")[0] in {nodes[-1], ""}
    return nodes[1:], edges[1:]


@given(flows())
def test_every_node_and_every_edge_of_any_flow_can_be_read_back(flow: Flow) -> None:
    picture = picture_of(flow)
    nodes, edges = read(dot(picture))
    assert nodes == [plain(node.name) for node in picture.nodes]
    assert edges == [
        (plain(edge.source), plain(edge.target), plain(edge_label(edge))) for edge in picture.edges
    ]


def test_the_point_where_a_run_begins_is_no_node_of_the_flow() -> None:
    text = dot(picture_of(linked({"start": ["start_"], "start_": []})))
    assert '    "start__" -> "start"\n' in text


def test_a_run_shows_by_word_by_border_and_by_line() -> None:
    walk = search_in_two_rounds()
    text = dot(laid_over(picture_of(walk.controller.flow), walk.state, walk.events))
    waiting = next(line for line in text.splitlines() if line.startswith('    "accept" ['))
    assert "waiting · since 2026-11-23 09:10:11 UTC" in waiting
    assert "penwidth=3" in waiting
    assert '    "baseline" -> "grows" [label="[2, 6]", penwidth=2.5]\n' in text
    assert '    "mend" -> "refused" [label="rejected", style=dashed]\n' in text
