"""How a request differs from what somebody was shown is read from the log of its run."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.support.story import CHANGE, Story, asked, decided, entered, granted

from fluxagents.flows import events as e
from fluxagents.flows.humans.human_request import HumanRequest
from fluxagents.flows.reducer import fold
from fluxagents.scheduler.runs.request_changes import (
    ArgumentChange,
    RequestChange,
    explain_closing,
    find_change,
)
from fluxagents.tasks.registry import ToolEntry

TOOLS: Mapping[str, ToolEntry] = {}


def edited(digest: str, by: str = "bob", **args: float) -> e.Event:
    call = CHANGE.model_copy(update={"args": {**CHANGE.args, **args}})
    return e.RequestEdited(seq=0, at_ms=0, request_id="r.2", by=by, question="?", call=call, digest=digest)


@pytest.fixture
def story() -> Story:
    return Story().step(1, entered("ask")).step(2, decided(CHANGE), asked())


def request_of(story: Story) -> HumanRequest:
    request = fold(story.events).waiting_for
    assert request is not None
    return request


def test_what_others_changed_is_told_by_argument(story: Story) -> None:
    story.step(3, edited("y", uptake=12.0)).step(4, edited("z", by="eva", uptake=12.0, oxygen=0.0))
    change = find_change(story.events, request_of(story), "x", TOOLS)
    arguments = (ArgumentChange("uptake", 18.5, 12.0), ArgumentChange("oxygen", None, 0.0))
    assert change == RequestChange("eva", story.start_ms + 4_000, arguments)


def test_only_what_followed_what_was_shown_counts(story: Story) -> None:
    story.step(3, edited("y", uptake=12.0)).step(4, edited("z", by="eva", uptake=12.0, oxygen=0.0))
    change = find_change(story.events, request_of(story), "y", TOOLS)
    assert change is not None
    assert [each.path for each in change.arguments] == ["oxygen"]


def test_a_digest_that_it_never_had_tells_nothing(story: Story) -> None:
    story.step(3, edited("y", uptake=12.0))
    assert find_change(story.events, request_of(story), "forged", TOOLS) is None


def test_who_closed_it_is_told(story: Story) -> None:
    assert explain_closing(story.events, "r.2") == "does not wait for an answer"
    story.step(3, granted())
    assert explain_closing(story.events, "r.2") == "was answered already by 'ada'"
