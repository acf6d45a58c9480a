"""Mermaid text: nothing of a flow is lost, and nothing of it is read as markup."""

from __future__ import annotations

import re

from hypothesis import given
from tests.support.drawn_flows import link_nodes, search_in_two_rounds
from tests.support.linked_flows import flows

from fluxagents.flows.drawing.captions import format_label
from fluxagents.flows.drawing.mermaid import mermaid
from fluxagents.flows.drawing.overlay import lay_over
from fluxagents.flows.drawing.picture import Picture, build_picture
from fluxagents.flows.language.definition import Flow
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary

NODE = re.compile(r'    (\w+)[\[({/\\]+"([^"]*)"[\])}/\\]+')
EDGE = re.compile(r'    (\w+) (?:-->|==>|-\.->)(?:\|"([^"]*)"\|)? (\w+)')


def flat(text: str) -> str:
    return " ".join(text.split())


def decode(text: str) -> str:
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


def read(text: str) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """Names by id, and edges by names, as a reader of Mermaid finds them."""
    nodes, edges = {}, []
    for line in text.splitlines()[2:]:
        if found := NODE.fullmatch(line):
            nodes[found[1]] = decode(found[2].split("<br/>")[0])
        elif found := EDGE.fullmatch(line):
            edges.append((nodes[found[1]], nodes[found[3]], decode(found[2] or "")))
        else:
            assert line.startswith(("    classDef ", "    class ")), line
    return nodes, edges


def in_it(picture: Picture) -> tuple[list[str], list[tuple[str, str, str]]]:
    names = [flat(node.name) for node in picture.nodes]
    return names, [(flat(edge.source), flat(edge.target), flat(format_label(edge))) for edge in picture.edges]


@given(flows())
def test_every_node_and_every_edge_of_any_flow_can_be_read_back(flow: Flow) -> None:
    picture = build_picture(flow)
    nodes, edges = read(mermaid(picture))
    assert (list(nodes.values()), edges) == in_it(picture)


@given(flows())
def test_a_flow_gives_the_same_text_each_time(flow: Flow) -> None:
    assert mermaid(build_picture(flow)) == mermaid(build_picture(Flow.model_validate(flow.model_dump())))


def test_words_of_mermaid_are_no_ids() -> None:
    text = mermaid(build_picture(link_nodes({"end": ["graph"], "graph": ["node_9"], "node_9": []})))
    assert "    node_0 --> node_1" in text
    assert "    node_1 --> node_2" in text


def test_plain_names_are_kept_so_that_the_text_reads_like_the_flow() -> None:
    text = mermaid(build_picture(FlowLibrary().get("metabolic_analysis")))
    assert text.startswith('flowchart TD\n    start(["metabolic_analysis v1"]) --> describe\n')
    assert "    grows -->|\"status == 'optimal'\"| answer\n" in text


def test_no_directive_comes_through_a_label() -> None:
    text = mermaid(build_picture(link_nodes({"%%{init: {'theme': 'dark'}}%%": []})))
    assert "%%" not in text
    assert "{" not in text


def test_a_run_shows_by_class_by_word_and_by_line() -> None:
    walk = search_in_two_rounds()
    picture = lay_over(build_picture(walk.controller.flow), walk.state, walk.events)
    text = mermaid(picture)
    nodes, edges = read(text)
    assert (list(nodes.values()), edges) == in_it(picture)
    assert "    class accept waiting\n" in text
    assert "<br/>waiting · since 2026-11-23 09:10:11 UTC" in text
    assert '    baseline ==>|"[2, 6]"| grows\n' in text
    assert '    mend -.->|"rejected"| refused\n' in text
    assert "classDef current" not in text
