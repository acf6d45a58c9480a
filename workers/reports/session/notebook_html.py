"""The notebook of a session as one HTML file, which needs nothing else to be read."""

from __future__ import annotations

from collections.abc import Sequence

from fluxagents.flows.ports.notebook import TextBlock
from fluxagents.flows.ports.session import SessionRecord
from fluxagents.flows.state import RunState
from fluxagents.workers.reports.html.elements import paragraph, text
from fluxagents.workers.reports.html.page import write_page
from fluxagents.workers.reports.html.run_card import draw_run


def write_notebook(session: SessionRecord, contents: Sequence[TextBlock | RunState]) -> bytes:
    """The file; the same notebook always gives the same bytes."""
    title = session.label or f"Session {session.name}"
    blocks = (
        paragraph(text(block.text)) if isinstance(block, TextBlock) else draw_run(block) for block in contents
    )
    return write_page(title, [f"<h1>{text(title)}</h1>", *blocks])
