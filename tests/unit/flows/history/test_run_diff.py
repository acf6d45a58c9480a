"""Where two runs differ; numbers that only a solver's noise tells apart are the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.story import CHANGE, FBA, Story, decided, entered, failed, finished, succeeded, whole

from fluxagents.flows import events as e
from fluxagents.flows.commands import CallTool, Finish
from fluxagents.flows.history.run_diff import RunDifference, compare_runs
from fluxagents.flows.history.tolerance import ValueDifference, find_differences, is_same_text


def only(*differences: RunDifference) -> RunDifference:
    (found,) = differences
    return found


def answered(answer: str, **found: Any) -> tuple[e.Event, ...]:
    story = Story().step(1, succeeded(**found), entered("ask"))
    return tuple(story.step(2, decided(Finish(answer=answer)), entered("done"), finished(answer)).events)


def test_a_run_is_the_same_as_its_repetition() -> None:
    """Ids, times, durations and tokens are no difference."""
    found = compare_runs(whole("a"), whole("b", start_ms=9_000_000))
    assert found.same
    assert {side for side, _ in found.path} == {"both"}


def test_what_runs_began_with_is_compared() -> None:
    other = e.FlowRef(name="growth_check", version=2, digest="other")
    found = compare_runs(
        whole(inputs={"question": "a", "n": 1}), whole(inputs={"question": "b", "n": 1}, flow=other)
    )
    assert [(one.section, one.what, one.a, one.b) for one in found.differences] == [
        ("start", "flow version", 1, 2),
        ("start", "flow digest", "d", "other"),
        ("start", "inputs.question", "a", "b"),
    ]


def test_paths_are_aligned() -> None:
    one = Story().step(1, succeeded(), entered("grows"), entered("ask")).step(2, finished())
    other = (
        Story()
        .step(1, succeeded(), entered("grows"), entered("diagnose"), entered("ask"))
        .step(2, finished())
    )
    found = compare_runs(one.events, other.events)
    assert found.path == (("both", "measure"), ("both", "grows"), ("b", "diagnose"), ("both", "ask"))
    assert only(*found.differences).b == ["diagnose"]


def test_a_decision_that_only_one_made_does_not_shift_the_others() -> None:
    extra = CallTool(tool="sample")
    one = Story().step(1, decided(FBA)).step(2, succeeded()).step(3, decided(CHANGE)).step(4, failed())
    other = (
        Story().step(1, decided(FBA)).step(2, succeeded()).step(3, decided(extra)).step(4, succeeded(extra))
    )
    other.step(5, decided(CHANGE)).step(6, failed())
    found = compare_runs(one.events, other.events).differences
    assert [(item.section, item.what, item.a) for item in found] == [
        ("decisions", "2 at ask", None),
        ("calls", "2 sample", None),
    ]


def test_arguments_and_findings_are_compared() -> None:
    call = CallTool(tool="fba", args={"method": "fba"})
    one = Story().step(1, succeeded(growth_per_h=0.8739215069684, genes={"ids": ["a", "b"]}))
    other = Story().step(1, succeeded(call, growth_per_h=0.4, genes={"ids": ["b", "c"]}))
    found = {item.what: item for item in compare_runs(one.events, other.events).differences}
    assert (found["1 fba: method"].a, found["1 fba: method"].b) == ("pfba", "fba")
    assert found["1 fba: growth_per_h"].relative == pytest.approx(0.5423, abs=1e-4)
    genes = found["1 fba: genes.ids (only there)"]
    assert (genes.section, genes.a, genes.b) == ("findings", ["a"], ["c"])


def test_numbers_may_differ_by_the_tolerance_and_counts_may_not() -> None:
    one, other = (
        answered("0.873 of 137", growth=0.873, genes=137),
        answered("0.874 of 137", growth=0.874, genes=137),
    )
    assert [item.section for item in compare_runs(one, other).differences] == ["findings", "answer"]
    assert compare_runs(one, other, 0.01).same
    more = answered("0.873 of 138", growth=0.873, genes=138)
    assert [item.section for item in compare_runs(one, more, 0.01).differences] == ["findings", "answer"]
    noise = answered("0.8730000001 of 137", growth=0.8730000001, genes=137)
    assert compare_runs(one, noise).same
    assert not compare_runs(one, noise, 0.0).same


def test_outcomes_are_compared() -> None:
    error = failed().error  # type: ignore[union-attr] # a failure has one
    one = Story().step(1, succeeded(), finished("x"))
    other = Story().step(1, succeeded(), e.RunFailed(seq=0, at_ms=0, node="measure", error=error))
    found = {item.what: (item.a, item.b) for item in compare_runs(one.events, other.events).differences}
    assert found["status"] == ("finished", "failed")
    assert found["error"] == (None, "timeout: tool 'change' took more than 10 s")
    assert found["answer"] == ("x", None)


def test_what_humans_said_is_compared() -> None:
    log = whole()
    rejected = e.ApprovalRejected(seq=4, at_ms=log[6].at_ms, request_id="r.2", by="bo", reason="no")
    at = next(at for at, event in enumerate(log) if isinstance(event, e.ApprovalGranted))
    found = compare_runs(log, [*log[:at], rejected]).differences
    assert ("humans", "approval change: approved", None) in [(one.section, one.a, one.b) for one in found]


def test_texts_are_the_same_if_words_are_and_numbers_are_near() -> None:
    digest, other = "sha256:0a1", "sha256:9f2"
    assert is_same_text(f"growth 0.873921506 1/h, {digest}", f"growth 0.873921507 1/h, {other}", 1e-6)
    assert not is_same_text("growth 0.87 1/h", "growth 0.88 1/h", 1e-6)
    assert not is_same_text("gene b1000000", "gene b1000001", 1e-3)
    assert not is_same_text("1000000 genes", "1000001 genes", 1e-3)
    assert is_same_text("", "", 1e-6)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_a_document_does_not_differ_from_itself(document: Any) -> None:
    assert list(find_differences(document, document, 0.0)) == []


@given(JSON, JSON)
def test_documents_differ_both_ways_alike(a: Any, b: Any) -> None:
    there, back = list(find_differences(a, b, 1e-6)), list(find_differences(b, a, 1e-6))
    assert {one.path for one in there} == {one.path for one in back}


def test_a_truth_is_no_number() -> None:
    assert list(find_differences({"x": True}, {"x": 1}, 0.1)) == [ValueDifference("x", True, 1)]
    assert ValueDifference("x", True, 1).relative is None
