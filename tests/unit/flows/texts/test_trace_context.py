"""A run's trace follows from its id, or from the trace that it joins."""

from __future__ import annotations

import pytest

from fluxagents.flows.texts.trace_context import (
    begin_trace,
    build_step_context,
    find_parent,
    find_run_span,
    find_step_span,
    find_trace,
    pass_on,
    read_trace,
)

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("text", "trace"),
    [
        (f"00-{TRACE}-{SPAN}-01", TRACE),
        (f"00-{TRACE}-{SPAN}-00", TRACE),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", TRACE),
        (f"00-{TRACE}-{SPAN}-01-more", ""),
        (f"ff-{TRACE}-{SPAN}-01", ""),
        (f"00-{'0' * 32}-{SPAN}-01", ""),
        (f"00-{TRACE}-{'0' * 16}-01", ""),
        (f"00-{TRACE.upper()}-{SPAN}-01", ""),
        (f"00-{TRACE}-{SPAN}-01\n", ""),
        ("", ""),
    ],
)
def test_only_a_well_formed_header_names_a_trace(text: str, trace: str) -> None:
    assert read_trace(text) == trace


def test_a_run_of_its_own_is_its_own_parent_and_always_has_the_same_trace() -> None:
    context = begin_trace("r1", share=1.0)
    assert context == begin_trace("r1", share=1.0)
    assert read_trace(context) == find_trace(context)
    assert find_parent(context) == find_run_span("r1")
    assert find_trace(begin_trace("r2", share=1.0)) != find_trace(context)


def test_a_run_joins_the_trace_of_its_request_which_decides_whether_it_is_sent() -> None:
    joined = begin_trace("r1", share=0.001, parent=f"00-{TRACE}-{SPAN}-01")
    assert (find_trace(joined), find_parent(joined)) == (TRACE, SPAN)
    assert begin_trace("r1", share=1.0, parent=f"00-{TRACE}-{SPAN}-00") == ""
    assert begin_trace("r1", share=1.0, parent="nonsense") == begin_trace("r1", share=1.0)


def test_nothing_is_traced_where_traces_go_nowhere() -> None:
    assert begin_trace("r1", share=0.0, parent=f"00-{TRACE}-{SPAN}-01") == ""
    assert pass_on("", "r1", 4) == ""


def test_a_share_of_the_runs_is_traced() -> None:
    chosen = sum(bool(begin_trace(f"run-{number}", share=0.25)) for number in range(4_000))
    assert chosen == pytest.approx(1_000, abs=130)  # five standard deviations


def test_what_a_step_begins_has_its_span_for_a_parent() -> None:
    context = begin_trace("r1", share=1.0)
    passed = pass_on(context, "r1", 3)
    assert passed == build_step_context(find_trace(context), "r1", 3)
    assert (find_trace(passed), find_parent(passed)) == (find_trace(context), find_step_span("r1", 3))
