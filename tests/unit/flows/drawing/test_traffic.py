"""Many runs laid over their flow: how often each edge was taken."""

from __future__ import annotations

from tests.support.drawn_flows import search_in_two_rounds
from tests.support.story import whole

from fluxagents.flows.drawing.captions import format_label, heading
from fluxagents.flows.drawing.mermaid import mermaid
from fluxagents.flows.drawing.picture import Picture, build_picture
from fluxagents.flows.drawing.traffic import lay_over_runs


def count(picture: Picture, source: str, target: str) -> int:
    return sum(edge.taken for edge in picture.edges if (edge.source, edge.target) == (source, target))


def test_moves_of_all_runs_are_counted_by_edge() -> None:
    walk = search_in_two_rounds()
    picture = lay_over_runs(build_picture(walk.controller.flow), [walk.events, walk.events, walk.events[:1]])
    assert picture.runs == 3
    assert count(picture, "baseline", "grows") == 4
    assert count(picture, "mend", "baseline") == 2
    assert count(picture, "delete", "undo") == 2
    assert "moves of 3 runs" in heading(picture)
    assert "4 times" in {format_label(edge) for edge in picture.edges if edge.source == "baseline"}
    assert "==>" in mermaid(picture)


def test_a_move_without_an_edge_is_shown_as_one() -> None:
    flow = search_in_two_rounds().controller.flow
    picture = lay_over_runs(build_picture(flow), [whole(), whole("s")])
    (added,) = [edge for edge in picture.edges if not edge.declared and edge.source == "measure"]
    assert (added.target, added.taken) == ("ask", 2)


def test_without_runs_nothing_says_whether_it_was_taken() -> None:
    picture = build_picture(search_in_two_rounds().controller.flow)
    assert lay_over_runs(picture, []) == picture
