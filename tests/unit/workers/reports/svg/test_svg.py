"""SVG documents: well-formed whatever a flow says, complete, and nothing overlaps or overflows."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from tests.support.drawn_flows import search_in_two_rounds, strain_search
from tests.support.linked_flows import flows

from fluxagents.flows.drawing.overlay import lay_over
from fluxagents.flows.drawing.picture import Picture, PictureNode, build_picture
from fluxagents.flows.language.definition import Flow
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary
from fluxagents.workers.reports.svg.card import build_card
from fluxagents.workers.reports.svg.layout import Box, Point
from fluxagents.workers.reports.svg.letters import width
from fluxagents.workers.reports.svg.markup import SVG, clean, number
from fluxagents.workers.reports.svg.svg import build_cards, build_layout, svg

NAMESPACE = {"svg": SVG}
SIZES = {"title": 18.0, "name": 14.0, "small": 12.0, "label": 11.5}


def run_picture() -> Picture:
    walk = search_in_two_rounds()
    return lay_over(build_picture(walk.controller.flow), walk.state, walk.events)


def documents() -> dict[str, Picture]:
    return {
        "library": build_picture(FlowLibrary().get("metabolic_analysis")),
        "large": build_picture(strain_search()),
        "run": run_picture(),
    }


@given(flows())
@settings(deadline=None)
def test_every_node_and_every_edge_of_any_flow_is_drawn_once(flow: Flow) -> None:
    picture = build_picture(flow)
    root = ET.fromstring(svg(picture))
    nodes = [one.get("data-node") for one in root.iterfind(".//svg:g[@data-node]", NAMESPACE)]
    edges = [
        (one.get("data-from"), one.get("data-to")) for one in root.iterfind(".//svg:g[@data-from]", NAMESPACE)
    ]
    # A reader turns white space inside attributes into spaces, and \r into \n.
    assert [flat(name) for name in nodes] == [flat(clean(node.name)) for node in picture.nodes]
    assert [(flat(source), flat(target)) for source, target in edges] == [
        (flat(clean(edge.source)), flat(clean(edge.target))) for edge in picture.edges
    ]
    assert {one.tag.removeprefix(f"{{{SVG}}}") for one in root.iter()} <= {
        "svg", "style", "g", "title", "rect", "path", "text", "circle",
    }  # fmt: skip


def flat(text: str | None) -> str:
    return re.sub(r"\s", " ", text or "")


@given(flows())
@settings(deadline=None)
def test_a_flow_gives_the_same_bytes_each_time(flow: Flow) -> None:
    assert svg(build_picture(flow)) == svg(build_picture(Flow.model_validate(flow.model_dump())))


@pytest.mark.parametrize("name", ["library", "large", "run"])
def test_no_line_runs_through_a_box_or_a_label(name: str) -> None:
    picture = documents()[name]
    layout = build_layout(picture, build_cards(picture))
    for route in layout.routes:
        others = [one.label for one in layout.routes if one.label and one is not route]
        for start, end in pairwise(route.points):
            for box in (*layout.boxes, *others):
                assert not crosses(start, end, box)


def crosses(start: Point, end: Point, box: Box) -> bool:
    left, right = sorted((start[0], end[0]))
    top, bottom = sorted((start[1], end[1]))
    return (
        right > box.x + 0.1
        and left < box.x + box.width - 0.1
        and bottom > box.y + 0.1
        and top < box.y + box.height - 0.1
    )


@pytest.mark.parametrize("name", ["library", "large", "run"])
def test_every_text_stays_inside_the_drawing_and_inside_its_box(name: str) -> None:
    root = ET.fromstring(svg(documents()[name]))
    whole = float(root.get("width", "0"))
    for text in root.iterfind("svg:text", NAMESPACE):
        assert float(text.get("x", "0")) + measure(text) <= whole
    for node in root.iterfind(".//svg:g[@data-node]", NAMESPACE):
        outline = node.find("svg:rect[@class='box']", NAMESPACE)
        path = node.find("svg:path[@class='box']", NAMESPACE)
        right = float(outline.get("width", "0")) if outline is not None else cut_width(path)
        for text in node.iterfind("svg:text", NAMESPACE):
            assert float(text.get("x", "0")) + measure(text) <= right - 8


def measure(text: ET.Element) -> float:
    first = text.get("class", "").split()[0]
    return width(text.text or "", SIZES[first], bold=first in {"title", "name"})


def cut_width(path: ET.Element | None) -> float:
    assert path is not None
    return max(float(x) for x in re.findall(r"[ML]([\d.]+) ", path.get("d", "")))


def test_what_is_long_is_cut_in_the_box_and_whole_in_the_tooltip() -> None:
    name = "a_name_that_no_box_can_hold_" * 4
    node = PictureNode(name=name, kind="ask", caption="Why " * 60)
    card = build_card(node, 2)
    assert card.width < 320
    assert card.name.endswith("…")
    picture = Picture(flow="f", version=1, digest="d", purpose="", start=name, nodes=(node,))
    (title,) = ET.fromstring(svg(picture)).iterfind(".//svg:g[@data-node]/svg:title", NAMESPACE)
    assert title.text is not None
    assert title.text.startswith(f"{name} (ask)")


def test_text_of_users_is_never_markup() -> None:
    bad = "</text><script>alert(1)</script>&\x00\ud800"
    node = PictureNode(name=bad, kind="tool", caption=bad, purpose=bad)
    picture = Picture.model_construct(
        flow=bad, version=1, digest="d", purpose=bad, start=bad, nodes=(node,), edges=(), run=None
    )
    text = svg(picture)
    assert "<script" not in text
    root = ET.fromstring(text)
    assert root.find(".//{*}script") is None
    assert "</text><script>alert(1)</script>&\ufffd\ufffd" in [one.text for one in root.iter()]


def test_a_run_shows_by_sign_by_word_by_border_and_in_a_legend() -> None:
    root = ET.fromstring(svg(run_picture()))
    (accept,) = root.iterfind(".//svg:g[@data-node='accept']", NAMESPACE)
    assert (accept.get("class"), accept.get("data-status")) == ("waiting", "waiting")
    assert accept.find("svg:path[@class='sign']", NAMESPACE) is not None
    assert "waiting · since 2026-11-23 09:10:11 UTC" in [
        one.text for one in accept.iterfind("svg:text", NAMESPACE)
    ]
    (title,) = accept.iterfind("svg:title", NAMESPACE)
    assert title.text is not None
    assert "1.0 s of it waiting for a human" in title.text
    (legend,) = root.iterfind(".//svg:g[@class='legend']", NAMESPACE)
    said = {one.text for one in legend.iterfind(".//svg:text", NAMESPACE)}
    assert said == {"not reached", "visited", "waiting", "taken; [2, 5] are its moves, in order", "not taken"}


def test_lines_that_a_run_took_differ_by_more_than_colour() -> None:
    text = svg(run_picture())
    assert re.search(r"\.edge\.walk\{stroke-width:3\}", text)
    assert re.search(r"\.edge\.faint\{stroke-dasharray:5 4\}", text)
    root = ET.fromstring(text)
    taken = {
        one.get("data-taken"): one.find("svg:path", NAMESPACE)
        for one in root.iterfind(".//svg:g[@data-from='baseline']", NAMESPACE)
    }
    walked, left = taken["2"], taken["0"]
    assert walked is not None
    assert left is not None
    assert (walked.get("class"), left.get("class")) == ("edge walk", "edge faint")


def test_without_a_run_there_is_no_legend() -> None:
    root = ET.fromstring(svg(build_picture(strain_search())))
    assert root.find(".//svg:g[@class='legend']", NAMESPACE) is None


@pytest.mark.parametrize(("value", "text"), [(-0.04, "0"), (3.0, "3"), (2.25, "2.2"), (1e6, "1000000")])
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text
