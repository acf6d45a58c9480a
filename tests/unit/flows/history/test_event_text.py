from __future__ import annotations

from typing import Any, Literal

from fluxagents.flows.commands import Finish
from fluxagents.flows.events import (
    BranchTaken,
    Compaction,
    ContextCompacted,
    DecisionDeferred,
    DecisionMade,
    EventBase,
    PromptUse,
)
from fluxagents.flows.history.event_text import describe_event, summarise_event


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
    assert summarise_event(event) == "600 tokens saved, 13900 of 14000 sent; reference: f2, f3; budget: f2"


class WaitBegan(EventBase):
    """As a later version may bring it."""

    type: Literal["WaitBegan"] = "WaitBegan"
    until: str
    steps: tuple[int, ...] = ()


def test_an_event_of_an_unknown_type_is_shown_by_its_fields() -> None:
    event: Any = WaitBegan(seq=1, at_ms=2, until="noon", steps=(1, 2))
    assert describe_event(event) == "until: noon, steps: [1, 2]"


def test_a_branch_says_why_it_was_taken_and_what_it_saw() -> None:
    event = BranchTaken(
        seq=1,
        at_ms=0,
        node="grows",
        to="answer",
        because="status == 'optimal'",
        seen={"status": "optimal", "growth_per_h": 0.87},
    )
    assert (
        describe_event(event)
        == """grows → answer because status == 'optimal'; saw status = "optimal", growth_per_h = 0.87"""
    )


def test_a_deferred_decision_names_the_chat_model_and_the_time() -> None:
    event = DecisionDeferred(seq=1, at_ms=0, node="n", chat_model="openai:tiny", not_before_ms=61_000)
    assert summarise_event(event) == (
        "the limit of openai:tiny is used up, not before 1970-01-01T00:01:01.000+00:00"
    )


def test_a_decision_says_who_made_it_and_in_whose_place() -> None:
    use = PromptUse(
        name="p",
        version="1",
        digest="d",
        chat_model="openai:other",
        instead_of="anthropic:tiny",
        cached=True,
    )
    event = DecisionMade(seq=1, at_ms=0, node="n", decision=Finish(answer="done"), prompt=use)
    assert summarise_event(event) == "finish: done [openai:other instead of anthropic:tiny, kept answer]"
