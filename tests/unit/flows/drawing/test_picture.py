"""What of a flow is drawn."""

from __future__ import annotations

from hypothesis import given
from tests.support.drawn_flows import link_nodes, strain_search
from tests.support.linked_flows import flows

from fluxagents.flows.drawing.node_styles import KINDS, MISSING, caption_of, find_style
from fluxagents.flows.drawing.picture import build_picture
from fluxagents.flows.language.definition import Flow


@given(flows())
def test_every_node_and_every_edge_is_in_the_picture_once(flow: Flow) -> None:
    picture = build_picture(flow)
    assert [one.name for one in picture.nodes] == list(flow.nodes)
    drawn = [(edge.source, edge.label, edge.target) for edge in picture.edges]
    assert drawn == [(name, why, target) for name, node in flow.nodes.items() for why, target in node.edges]


def test_a_node_says_what_its_author_wrote() -> None:
    picture = build_picture(strain_search())
    baseline, mend, weigh = (
        next(one for one in picture.nodes if one.name == name) for name in ("baseline", "mend", "weigh")
    )
    assert (baseline.kind, baseline.caption) == ("tool", "run_metabolic_fba")
    assert baseline.purpose == "Growth and secretion of the wild type."
    assert 'args: {"method": "pfba"}' in baseline.details
    assert not any(line.startswith(("next", "on_error", "kind")) for line in baseline.details)
    assert mend.caption.endswith("measure the wild type again? · within 1 d")
    assert weigh.caption == "at most 2 steps"


def test_what_a_flow_leads_to_and_does_not_have_is_drawn_as_missing() -> None:
    picture = build_picture(link_nodes({"a": ["b"]}))
    assert [(one.name, one.kind) for one in picture.nodes] == [("a", "tool"), ("b", MISSING)]


def test_every_kind_of_the_language_has_a_look_of_its_own() -> None:
    kinds = ("tool", "decide", "branch", "approve", "ask", "wait", "map", "subflow", "end")
    assert len({find_style(kind).icon for kind in kinds}) == len(kinds)
    assert set(kinds) <= set(KINDS)


def test_a_kind_that_is_not_in_the_table_is_a_plain_box() -> None:
    assert find_style("new").outline == "round"
    assert caption_of("new", {"tool": "x"}) == ""


def test_a_caption_says_numbers_with_their_name_and_lists_by_their_length() -> None:
    assert caption_of("decide", {"tools": ["a", "b"], "max_steps": 4}) == "2 tools · at most 4 steps"
    assert caption_of("wait", {"for_s": 5_400, "event": None}) == "for 1 h 30 min"
    assert caption_of("map", {"over": "media", "tool": "fba", "width": 8}) == "media · fba · width 8"
