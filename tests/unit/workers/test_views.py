from __future__ import annotations

from fluxagents.flows.events import Compaction, ContextCompacted
from fluxagents.workers.commands.views import event_line


def test_a_compacted_context_says_what_went_how_and_what_it_saved() -> None:
    event = ContextCompacted(
        seq=9,
        at_ms=0,
        node="answer",
        compacted=(
            Compaction(id="f2", strategy="reference", tokens=300),
            Compaction(id="f3", strategy="reference", tokens=200),
            Compaction(id="f2", strategy="budget", tokens=100),
        ),
        tokens=13_900,
        max_tokens=14_000,
    )
    assert event_line(event) == "600 tokens saved, 13900 of 14000 sent; reference: f2, f3; budget: f2"
