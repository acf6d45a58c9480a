"""A run laid over its flow: which nodes, how often, how long, in which order, and where it stands."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tests.support.drawn_flows import Walk, link_nodes, search_in_two_rounds, strain_search
from tests.support.places import HISTORIES

from fluxagents.flows import events as e
from fluxagents.flows.drawing.overlay import lay_over
from fluxagents.flows.drawing.picture import Mark, Picture, PictureEdge, build_picture
from fluxagents.flows.drawing.visits import split_visits
from fluxagents.flows.errors import ErrorClass, FluxError
from fluxagents.flows.history.json_lines import history_from_json_lines
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.flow_files.flow_library import FlowLibrary


def draw(walk: Walk) -> Picture:
    return lay_over(build_picture(walk.controller.flow), walk.state, walk.events)


def mark(picture: Picture, name: str) -> Mark:
    found = next(node.mark for node in picture.nodes if node.name == name)
    assert found is not None
    return found


def moves(picture: Picture) -> dict[tuple[str, str, str], tuple[int, ...]]:
    return {(edge.source, edge.target, edge.label): edge.moves for edge in picture.edges if edge.moves}


def test_a_run_that_waits_in_the_middle_of_its_loops() -> None:
    picture = draw(search_in_two_rounds())
    assert mark(picture, "accept").status == "waiting"
    assert mark(picture, "missing") == Mark()
    baseline, delete = mark(picture, "baseline"), mark(picture, "delete")
    assert (baseline.status, baseline.visits, baseline.errors) == ("visited", 2, 0)
    assert (delete.status, delete.visits, delete.errors) == ("visited", 2, 1)
    assert delete.last_error == "no growth after b0720, b1136"
    assert moves(picture) == {
        ("describe", "baseline", ""): (1,),
        ("baseline", "grows", ""): (2, 6),
        ("grows", "relax", "status == 'infeasible'"): (3,),
        ("relax", "mend", ""): (4,),
        ("mend", "baseline", "approved"): (5,),
        ("grows", "envelope", "status == 'optimal' and growth_per_h > 0.05"): (7,),
        ("envelope", "enough", ""): (8, 13),
        ("enough", "choose", "rounds > 0"): (9, 14),
        ("choose", "sound", ""): (10, 15),
        ("sound", "delete", "growth_per_h > 0"): (11, 16),
        ("delete", "envelope", ""): (12,),
        ("delete", "undo", "error"): (17,),
        ("undo", "weigh", ""): (18,),
        ("weigh", "accept", ""): (19,),
    }
    assert picture.run is not None
    assert (picture.run.moves, picture.run.status) == (19, "waiting")


def test_the_moves_of_a_run_are_a_walk_and_no_move_is_lost() -> None:
    picture = draw(search_in_two_rounds())
    walk = sorted((number, edge) for edge in picture.edges for number in edge.moves)
    assert [number for number, _ in walk] == list(range(1, 20))
    assert all(before.target == after.source for (_, before), (_, after) in pairwise(walk))
    assert all(edge.taken == len(edge.moves) for edge in picture.edges)


def test_time_is_counted_from_entering_to_leaving_over_all_visits() -> None:
    """The driver lets a second pass per effect; a human is notified and answers a second later."""
    picture = draw(search_in_two_rounds())
    first = mark(picture, "describe").first_ms
    assert first is not None
    assert mark(picture, "describe").spent_ms == 1_000
    assert mark(picture, "baseline").spent_ms == 2_000
    assert mark(picture, "grows").spent_ms == 0
    mend = mark(picture, "mend")
    assert (mend.spent_ms, mend.waited_ms) == (2_000, 2_000)
    assert (mend.first_ms, mend.last_ms) == (first + 3_000, first + 5_000)
    accept = mark(picture, "accept")
    assert (accept.since_ms, accept.last_ms) == (first + 14_000, first + 15_000)
    assert mend.since_ms is None
    spent = sum(mark(picture, node.name).spent_ms for node in picture.nodes)
    assert picture.run is not None
    assert spent == picture.run.updated_ms - picture.run.started_ms


def test_a_run_that_goes_on_is_at_its_node_until_the_last_event() -> None:
    walk = Walk(strain_search()).step()
    picture = draw(walk)
    assert (walk.state.status, mark(picture, "baseline").status) == ("running", "current")
    assert mark(picture, "describe").status == "visited"
    assert moves(picture) == {("describe", "baseline", ""): (1,)}


def test_a_run_that_finished_and_one_that_failed_end_at_their_node() -> None:
    good = draw(Walk(link_nodes({"a": ["done"], "done": []})).go())
    assert mark(good, "done").status == "finished"
    wrong = FluxError(ErrorClass.UNKNOWN_ID, "no reaction 'PFX'")
    bad = draw(Walk(link_nodes({"a": ["done"], "done": []}), {"a": [wrong]}).go())
    failed = mark(bad, "a")
    assert (failed.status, failed.errors, failed.last_error) == ("failed", 1, "no reaction 'PFX'")
    assert mark(bad, "done") == Mark()


@pytest.mark.parametrize(("yes", "label"), [(True, "approved"), (False, "rejected")])
def test_of_two_edges_to_one_node_the_one_with_the_reason_was_taken(yes: bool, label: str) -> None:
    document = link_nodes({"ask": ["done"], "done": []}).model_dump(mode="json")
    document["nodes"]["ask"] = {"kind": "approve", "question": "?", "next": "done", "on_reject": "done"}
    walk = Walk(type(strain_search()).model_validate(document)).go().answer_request(yes=yes)
    assert moves(draw(walk)) == {("ask", "done", label): (1,)}


def test_two_edges_that_are_the_same_are_both_kept() -> None:
    flow = link_nodes({"a": ["b", "b", "b"], "b": []})
    twice = flow.nodes["a"].model_dump(mode="json")
    twice["cases"] = [twice["cases"][0], twice["cases"][0]]
    document = flow.model_dump(mode="json")
    document["nodes"]["a"] = twice
    walk = Walk(type(flow).model_validate(document))
    assert len(draw(walk).edges) == 3


def test_a_paused_run_and_a_cancelled_one_say_so() -> None:
    walk = Walk(strain_search()).step().happens(lambda seq, at: e.RunPaused(seq=seq, at_ms=at, by="ada"))
    assert mark(draw(walk), "baseline").status == "paused"
    walk.happens(lambda seq, at: e.RunCancelled(seq=seq, at_ms=at, by="ada", reason="enough"))
    assert mark(draw(walk), "baseline").status == "cancelled"


def test_a_move_that_no_edge_stands_for_is_drawn_as_such() -> None:
    walk = Walk(strain_search()).step()
    walk.happens(lambda seq, at: e.NodeEntered(seq=seq, at_ms=at, node="report"))
    extra = [edge for edge in draw(walk).edges if not edge.declared]
    assert extra == [
        PictureEdge(source="baseline", target="report", label="", taken=1, moves=(2,), declared=False)
    ]


class Slept(e.EventBase):
    """An event of a later version."""

    node: str


def test_events_of_types_that_are_not_known_count_as_time_where_they_fall() -> None:
    walk = Walk(strain_search()).step()
    at_ms = walk.events[-1].at_ms + 5_000
    events = [*walk.events, Slept(seq=9, at_ms=at_ms, node="elsewhere")]
    last = split_visits(events)[-1]
    assert (last.node, last.last_ms - last.entered_ms, last.left_ms) == ("baseline", 5_000, None)


def test_a_log_without_events_has_no_stays() -> None:
    assert split_visits([]) == ()


def test_a_recorded_run_is_laid_over_with_its_own_times() -> None:
    events = history_from_json_lines((HISTORIES / "approved_change.v1.events.jsonl").read_text().splitlines())
    state = fold(events)
    flow = FlowLibrary().get("metabolic_analysis")
    # Tools were added since it was recorded; nodes and edges are the same.
    picture = lay_over(build_picture(flow).model_copy(update={"digest": state.flow.digest}), state, events)
    answer = mark(picture, "answer")
    assert (answer.status, answer.visits) == ("visited", 1)
    assert answer.waited_ms == 1795425014690 - 1795425007374
    assert mark(picture, "describe").spent_ms == 1795425005209 - 1795424997794
    assert mark(picture, "diagnose") == Mark()
    assert mark(picture, "done").status == "finished"
    assert [edge.target for edge in picture.edges if edge.moves] == [
        "baseline",
        "grows",
        "answer",
        "report",
        "done",
    ]


def test_a_run_of_another_version_is_refused() -> None:
    walk = Walk(link_nodes({"a": ["done"], "done": []}))
    with pytest.raises(FluxError, match="'01JBRUN' follows linked v1"):
        lay_over(build_picture(strain_search()), walk.state, walk.events)


def test_the_run_walks_only_along_edges_of_its_flow() -> None:
    flow = strain_search()
    declared = {(name, to, why) for name, node in flow.nodes.items() for why, to in node.edges}
    assert set(moves(draw(search_in_two_rounds()))) <= declared
