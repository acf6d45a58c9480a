"""Every kind of node that a flow may have does something, and is drawn."""

from fluxagents.flows.drawing.node_styles import KINDS as DRAWN
from fluxagents.flows.engine.kinds.table import NODE_KINDS
from fluxagents.flows.language.nodes import KINDS


def test_every_kind_of_the_language_has_a_row_in_the_tables() -> None:
    assert NODE_KINDS.keys() == KINDS.keys()
    assert KINDS.keys() <= DRAWN.keys()
