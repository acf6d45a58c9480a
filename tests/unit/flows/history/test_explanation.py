"""One step from all sides, and what it changed in the state."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.story import FBA, Story, succeeded, whole

from fluxagents.flows.commands import CallTool, Decide
from fluxagents.flows.engine.controller import FlowController
from fluxagents.flows.errors import FluxError
from fluxagents.flows.history.explanation import explain_step
from fluxagents.flows.history.state_diff import Change, changes


def test_a_step_is_explained_by_what_the_state_called_for_and_what_it_changed(
    controller: FlowController,
) -> None:
    log = whole(inputs={"question": "?", "floor_per_h": 0.1})
    found = explain_step(log, 1, lambda _: controller)
    assert found.command == CallTool(tool="fba", args={"method": "pfba", "floor": 0.1})
    changed = {one.path: (one.kind, one.after) for one in found.changes}
    assert changed["node"] == ("changed", "ask")
    assert changed["findings"][0] == "added"
    assert (found.record.kind, found.step.after.node) == ("tool", "ask")
    assert isinstance(explain_step(log, 2, lambda _: controller).command, Decide)


def test_the_start_is_a_step_without_a_before(controller: FlowController) -> None:
    found = explain_step(whole(), 0, lambda _: controller)
    assert (found.step.before, found.command) == (None, None)
    assert Change("run_id", "added", None, "r") in found.changes


def test_artifacts_are_named(controller: FlowController) -> None:
    made = succeeded(FBA).model_copy(update={"artifact": "sha256:1"})
    assert explain_step(Story().step(1, made).events, 1, lambda _: controller).artifacts == ("sha256:1",)


def test_an_unknown_step_is_met_with_those_that_are_there(controller: FlowController) -> None:
    with pytest.raises(FluxError, match="has no step 99") as caught:
        explain_step(whole(), 99, lambda _: controller)
    assert "7 (DecisionMade)" in caught.value.suggestions[0]


def test_a_list_that_lost_its_first_items_is_understood() -> None:
    assert changes({"x": [1, 2, 3]}, {"x": [2, 3, 4]}) == (
        Change("x[0]", "removed", 1, None),
        Change("x[2]", "added", None, 4),
    )
    assert changes({"x": [1]}, {"x": [1, 2]}) == (Change("x[1]", "added", None, 2),)
    assert changes({"x": [{"a": 1}]}, {"x": [{"a": 2}]}) == (Change("x[0].a", "changed", 1, 2),)
    assert changes({"x": "ab"}, {"x": "ac"}) == (Change("x", "changed", "ab", "ac"),)
    assert changes({"a": None}, {"b": 1}) == (
        Change("a", "removed", None, None),
        Change("b", "added", None, 1),
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON)
def test_nothing_changed_only_if_documents_are_equal(before: Any, after: Any) -> None:
    assert changes(before, before) == ()
    if not changes(before, after):
        assert before == after
