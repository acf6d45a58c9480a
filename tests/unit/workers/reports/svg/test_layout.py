"""The layout: boxes and labels apart, lines from border to border, the same each time."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from fluxagents.workers.reports.svg.layout import (
    PORT_GAP,
    Box,
    Layout,
    Line,
    Point,
    Size,
    find_closing,
    lay_out,
)

NEAR = 0.05
"""Less than a tenth of a pixel is no distance."""

Given = tuple[list[Size], list[Line]]


@st.composite
def graphs(draw: st.DrawFn) -> Given:
    """Boxes as wide as their lines need, and lines between any of them, loops and doubles among them."""
    count = draw(st.integers(1, 14))
    places, labels = st.integers(0, count - 1), st.tuples(st.integers(15, 200), st.sampled_from([18, 32]))
    lines = draw(st.lists(st.builds(Line, places, places, st.none() | labels), max_size=24))
    ends = Counter(end for line in lines for end in (line.source, line.target))
    sizes = draw(
        st.lists(
            st.tuples(st.integers(12, 280), st.sampled_from([12, 46, 78])), min_size=count, max_size=count
        )
    )
    wide: list[Size] = [
        (max(width, (ends[place] + 2) * PORT_GAP), height) for place, (width, height) in enumerate(sizes)
    ]
    return wide, lines


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width <= other.x + NEAR
        or other.x + other.width <= one.x + NEAR
        or one.y + one.height <= other.y + NEAR
        or other.y + other.height <= one.y + NEAR
    )


def on_border(point: Point, box: Box) -> bool:
    across = min(abs(point[0] - box.x), abs(point[0] - box.x - box.width)) < NEAR
    along = min(abs(point[1] - box.y), abs(point[1] - box.y - box.height)) < NEAR
    within = (
        box.x - NEAR <= point[0] <= box.x + box.width + NEAR
        and box.y - NEAR <= point[1] <= box.y + box.height + NEAR
    )
    return within and (across or along)


def labels(layout: Layout) -> list[Box]:
    return [route.label for route in layout.routes if route.label]


@given(graphs())
@settings(deadline=None)
def test_no_box_and_no_label_overlaps_another(graph: Given) -> None:
    layout = lay_out(*graph)
    for one, other in combinations([*layout.boxes, *labels(layout)], 2):
        assert apart(one, other)


@given(graphs())
@settings(deadline=None)
def test_every_line_runs_from_the_border_of_one_box_to_that_of_the_other(graph: Given) -> None:
    sizes, lines = graph
    layout = lay_out(sizes, lines)
    assert len(layout.routes) == len(lines)
    for line, route in zip(lines, layout.routes, strict=True):
        assert on_border(route.points[0], layout.boxes[line.source])
        assert on_border(route.points[-1], layout.boxes[line.target])
        assert (route.label is None) == (line.label is None)


@given(graphs())
@settings(deadline=None)
def test_all_is_inside_and_has_the_size_that_was_asked_for(graph: Given) -> None:
    sizes, lines = graph
    layout = lay_out(sizes, lines)
    assert [(box.width, box.height) for box in layout.boxes] == [tuple(map(float, size)) for size in sizes]
    assert [(box.width, box.height) for box in labels(layout)] == [
        tuple(map(float, line.label)) for line in lines if line.label
    ]
    for box in (*layout.boxes, *labels(layout)):
        assert -NEAR <= box.x <= box.x + box.width <= layout.width + NEAR
        assert -NEAR <= box.y <= box.y + box.height <= layout.height + NEAR


@given(graphs())
@settings(deadline=None)
def test_the_same_graph_is_laid_out_alike_each_time(graph: Given) -> None:
    assert lay_out(*graph) == lay_out(*graph)


@given(graphs())
def test_without_the_lines_that_close_cycles_there_are_none(graph: Given) -> None:
    sizes, lines = graph
    left = {(line.source, line.target) for line, up in zip(lines, find_closing(lines), strict=True) if not up}
    boxes = set(range(len(sizes)))
    while boxes:
        free = boxes - {target for source, target in left if source in boxes}
        assert free, "a cycle is left"
        boxes -= free


def test_a_loop_runs_down_to_its_end_and_up_to_its_beginning() -> None:
    down, up = Line(0, 1), Line(1, 0, (60, 18))
    layout = lay_out([(160, 50), (160, 50)], [down, up])
    first, second = layout.boxes
    assert first.y + first.height < second.y
    assert find_closing([down, up]) == (False, True)
    heights = [point[1] for point in layout.routes[1].points]
    assert all(after <= before + NEAR for before, after in pairwise(heights))
