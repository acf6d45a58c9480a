"""Any flow, for properties that hold for all: nodes with any names, and edges between any of them."""

from __future__ import annotations

from hypothesis import strategies as st
from tests.support.drawn_flows import link_nodes

from fluxagents.flows.language.definition import Flow

NASTY = (
    "end", "graph", "style", "interpolate", "start", "node_1", "a b", 'say "so"', "<b>&amp;</b>", "#35;",
    "a|b", "%%{init: {}}%%", "`x`", "1. one", "- two", "back\\slash", "new\nline", "tab\t", "[x](y)", "a-->b",
    "日本語", "🧬", "\x07", "]]>",
)  # fmt: skip

NAMES = st.one_of(st.sampled_from(NASTY), st.text(min_size=1, max_size=8))


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """A flow of up to 12 nodes, each with up to three edges."""
    # What differs in white space alone is drawn alike.
    names = draw(st.lists(NAMES, min_size=1, max_size=12, unique_by=lambda name: " ".join(name.split())))
    links = {name: draw(st.lists(st.sampled_from(names), max_size=3)) for name in names}
    return link_nodes(links)
